package io.heddle.race.kernels;

import static io.heddle.Go.go;
import static io.heddle.race.kernels.Kernel.both;
import static io.heddle.race.kernels.Kernel.pair;
import static io.heddle.race.kernels.Kernel.racy;
import static io.heddle.race.kernels.Kernel.silent;
import static io.heddle.race.kernels.Kernel.together;

import io.heddle.Chan;
import io.heddle.Cond;
import io.heddle.Goroutine;
import io.heddle.Locker;
import io.heddle.Mutex;
import io.heddle.Once;
import io.heddle.RWMutex;
import io.heddle.Semaphore;
import io.heddle.TaskGroup;
import io.heddle.WaitGroup;
import io.heddle.race.unseen.Order;
import java.util.List;

/** mutex_test.go, rwmutex_test.go, sync_test.go, waitgroup_test.go. */
final class SyncKernels {
  private SyncKernels() {}

  static List<Kernel> all() {
    return List.of(
        racy("Mutex", () -> outside()),
        racy("Mutex2", () -> twoMutexes(new Mutex(), new Mutex())),
        racy("MutexRWMutex", () -> twoMutexes(new Mutex(), new RWMutex())),
        racy("MutexOverwrite", () -> overwrite()),
        racy("RWMutexMultipleReaders", () -> writesUnderReadLock()),
        racy("Cond", () -> cond(true)),
        racy("WaitGroup", () -> doneOrdersNobody()),
        racy("WaitGroupAsMutex", () -> asMutex()),
        racy("WaitGroupWrongWait", () -> wrongWait()),
        racy("GoroutinesOfGoroutines", () -> chain()),
        racy("OneThreadForTwoGoroutines", () -> shortGoroutines()),
        silent("Mutex", () -> inside(new Mutex())),
        silent("MutexPureHappensBefore", () -> pureHappensBefore()),
        silent("MutexExampleFromHtml", () -> handOff()),
        silent("MutexUnlockedByAnother", () -> unlockedByAnother()),
        silent("RWMutex", () -> inside(new RWMutex())),
        silent("RWMutexReaders", () -> readers()),
        silent("Cond", () -> cond(false)),
        silent("WaitGroup", () -> waitGroup(2)),
        silent("WaitGroupMultipleWait", () -> multipleWait()),
        silent("WaitGroupReuse", () -> reuse()),
        silent("Join", () -> join()),
        silent("JoinIsDone", () -> isDone()),
        silent("Await", () -> await()),
        silent("Once", () -> once()),
        silent("Semaphore", () -> semaphore()),
        silent("TaskGroup", () -> group()),
        silent("Start", () -> start()));
  }

  /**
   * Neither blocks, so the second may get the thread of the first. The order of a thread must not
   * stand for one between goroutines.
   */
  private static void shortGoroutines() throws Exception {
    Vars v = new Vars();
    Goroutine<?> first = go(() -> v.x = 1);
    Goroutine<?> second = go(() -> v.x = 2);
    first.join();
    second.join();
  }

  private static void outside() throws Exception {
    Vars v = new Vars();
    Mutex mutex = new Mutex();
    both(
        () -> {
          v.x = 1;
          mutex.lock();
          v.y = 1;
          mutex.unlock();
        },
        () -> {
          v.x = 2;
          mutex.lock();
          v.y = 2;
          mutex.unlock();
        });
  }

  private static void inside(Locker lock) throws Exception {
    Vars v = new Vars();
    both(
        () -> {
          lock.lock();
          v.x = 1;
          lock.unlock();
        },
        () -> {
          lock.lock();
          v.x = 2;
          lock.unlock();
        });
  }

  private static void twoMutexes(Locker first, Locker second) throws Exception {
    Vars v = new Vars();
    both(
        () -> {
          first.lock();
          v.x = 1;
          first.unlock();
        },
        () -> {
          second.lock();
          v.x = 2;
          second.unlock();
        });
  }

  private static final class Holder {
    Mutex mutex = new Mutex();
  }

  private static void overwrite() throws Exception {
    Holder h = new Holder();
    pair(() -> h.mutex = new Mutex(), () -> h.mutex.lock());
  }

  private static void writesUnderReadLock() throws Exception {
    Vars v = new Vars();
    RWMutex mutex = new RWMutex();
    both(
        () -> {
          mutex.reading().lock();
          v.y = 1;
          mutex.reading().unlock();
        },
        () -> {
          mutex.reading().lock();
          v.y = 2;
          mutex.reading().unlock();
        });
  }

  private static void readers() throws Exception {
    Vars v = new Vars();
    RWMutex mutex = new RWMutex();
    Chan<Boolean> done = Chan.buffered(4);
    for (int i = 0; i < 3; i++) {
      go(() -> {
        for (int round = 0; round < 50; round++) {
          mutex.reading().lock();
          Vars.use(v.x);
          mutex.reading().unlock();
        }
        done.send(true);
      });
    }
    go(() -> {
      for (int round = 0; round < 50; round++) {
        mutex.lock();
        v.x++;
        mutex.unlock();
      }
      done.send(true);
    });
    for (int i = 0; i < 4; i++) {
      done.receive();
    }
  }

  private static void pureHappensBefore() throws Exception {
    Vars v = new Vars();
    Mutex mutex = new Mutex();
    together(
        () -> {
          v.x = 1;
          mutex.lock();
          v.flag = true;
          mutex.unlock();
        },
        () -> {
          boolean seen = false;
          while (!seen) {
            mutex.lock();
            seen = v.flag;
            mutex.unlock();
          }
          v.x = 2;
        });
  }

  private static void handOff() throws Exception {
    Vars v = new Vars();
    Mutex mutex = new Mutex();
    mutex.lock();
    go(() -> {
      v.text = "hello";
      mutex.unlock();
    });
    mutex.lock();
    Vars.use(v.text);
  }

  private static void unlockedByAnother() throws Exception {
    Vars v = new Vars();
    Mutex mutex = new Mutex();
    mutex.lock();
    v.x = 1;
    Goroutine<?> other = go(() -> mutex.unlock());
    mutex.lock();
    v.x = 2;
    mutex.unlock();
    other.join();
  }

  private static void cond(boolean afterwards) throws Exception {
    Vars v = new Vars();
    Mutex mutex = new Mutex();
    Cond cond = new Cond(mutex);
    Order order = new Order();
    together(
        () -> {
          v.x = 1;
          mutex.lock();
          v.flag = true;
          cond.signal();
          mutex.unlock();
          if (afterwards) {
            order.await(1);
            mutex.lock();
            v.x = 3;
            mutex.unlock();
          }
        },
        () -> {
          mutex.lock();
          while (!v.flag) {
            cond.await();
          }
          mutex.unlock();
          v.x = 2;
          order.reach();
        });
  }

  private static void waitGroup(int goroutines) throws Exception {
    Vars v = new Vars();
    WaitGroup group = new WaitGroup();
    Mutex mutex = new Mutex();
    for (int i = 0; i < goroutines; i++) {
      group.go(() -> {
        mutex.lock();
        v.x++;
        mutex.unlock();
      });
    }
    group.await();
    v.x = 0;
  }

  private static void doneOrdersNobody() throws Exception {
    Vars v = new Vars();
    WaitGroup group = new WaitGroup();
    group.add(2);
    both(
        () -> {
          v.x = 1;
          group.done();
        },
        () -> {
          v.x = 2;
          group.done();
        });
    group.await();
  }

  private static void asMutex() throws Exception {
    Vars v = new Vars();
    WaitGroup group = new WaitGroup();
    both(
        () -> {
          group.add(1);
          v.x = 1;
          group.done();
        },
        () -> {
          group.add(1);
          v.x = 2;
          group.done();
        });
  }

  private static void wrongWait() throws Exception {
    Vars v = new Vars();
    WaitGroup group = new WaitGroup();
    both(
        () -> {
          group.await();
          v.x = 1;
        },
        () -> {
          group.add(1);
          v.x = 2;
          group.done();
        });
  }

  private static void multipleWait() throws Exception {
    Vars v = new Vars();
    WaitGroup group = new WaitGroup();
    Chan<Boolean> done = Chan.buffered(3);
    group.add(2);
    go(() -> {
      v.x = 1;
      group.done();
    });
    go(() -> {
      v.y = 1;
      group.done();
    });
    for (int i = 0; i < 3; i++) {
      go(() -> {
        group.await();
        Vars.use(v.x + v.y);
        done.send(true);
      });
    }
    for (int i = 0; i < 3; i++) {
      done.receive();
    }
  }

  private static void reuse() throws Exception {
    Vars v = new Vars();
    WaitGroup group = new WaitGroup();
    for (int round = 0; round < 3; round++) {
      group.add(1);
      go(() -> {
        v.x++;
        group.done();
      });
      group.await();
    }
  }

  private static void chain() throws Exception {
    Vars v = new Vars();
    Chan<Boolean> done = Chan.buffered(3);
    for (int i = 0; i < 3; i++) {
      go(() -> {
        go(() -> {
          v.x++;
          done.send(true);
        });
      });
    }
    for (int i = 0; i < 3; i++) {
      done.receive();
    }
  }

  private static void join() throws Exception {
    Vars v = new Vars();
    Goroutine<?> goroutine =
        go(() -> {
          v.x = 1;
        });
    goroutine.join();
    v.x = 2;
    goroutine.join();
  }

  @SuppressWarnings("ThreadPriorityCheck") // Go's polls, too
  private static void isDone() throws Exception {
    Vars v = new Vars();
    Goroutine<?> goroutine =
        go(() -> {
          v.x = 1;
        });
    while (!goroutine.isDone()) {
      Thread.yield();
    }
    v.x = 2;
  }

  private static void await() throws Exception {
    Vars v = new Vars();
    Goroutine<Vars> goroutine =
        go(() -> {
          v.x = 1;
          return v;
        });
    goroutine.await().x = 2;
  }

  private static void once() throws Exception {
    Vars v = new Vars();
    Once once = new Once();
    Chan<Boolean> done = Chan.buffered(4);
    for (int i = 0; i < 4; i++) {
      go(() -> {
        once.run(() -> v.x = 1);
        Vars.use(v.x);
        done.send(true);
      });
    }
    for (int i = 0; i < 4; i++) {
      done.receive();
    }
  }

  private static void semaphore() throws Exception {
    Vars v = new Vars();
    Semaphore semaphore = new Semaphore(1);
    both(
        () -> {
          semaphore.acquire();
          v.x = 1;
          semaphore.release();
        },
        () -> {
          semaphore.acquire();
          v.x = 2;
          semaphore.release();
        });
  }

  private static void group() throws Exception {
    Vars v = new Vars();
    try (var group = new TaskGroup<Integer>()) {
      group.go(() -> v.x = 1);
      group.go(() -> v.y = 1);
      Vars.use(group.await());
    }
    v.x = 2;
    v.y = 2;
  }

  private static void start() throws Exception {
    Vars v = new Vars();
    v.x = 1;
    go(
            () -> {
              v.x = 2;
            })
        .join();
  }
}

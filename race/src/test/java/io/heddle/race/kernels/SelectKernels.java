package io.heddle.race.kernels;

import static io.heddle.Go.go;
import static io.heddle.Select.otherwise;
import static io.heddle.Select.select;
import static io.heddle.race.kernels.Kernel.both;
import static io.heddle.race.kernels.Kernel.pair;
import static io.heddle.race.kernels.Kernel.racy;
import static io.heddle.race.kernels.Kernel.silent;
import static io.heddle.race.kernels.Kernel.together;

import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Mutex;
import io.heddle.RWMutex;
import io.heddle.WaitGroup;
import io.heddle.race.unseen.Order;
import java.util.List;

/** select_test.go, and the cases that Go has not. */
final class SelectKernels {
  private SelectKernels() {}

  static List<Kernel> all() {
    return List.of(
        racy("Select1", () -> twoSenders()),
        racy("Select2", () -> closeThenWrite()),
        racy("Select4", () -> fallback()),
        racy("Select5", () -> onlyTheChosenCase()),
        racy("SelectReadWriteAsync", () -> unrelated(10)),
        racy("SelectReadWriteSync", () -> unrelated(1)),
        silent("Select1", () -> sendAndReceive(0)),
        silent("Select1Async", () -> sendAndReceive(10)),
        silent("Select2", () -> writeThenClose()),
        silent("Select4", () -> taskAndReply()),
        silent("Select5", () -> selectOnOneSide()),
        silent("SelectMutex", () -> mutexByChannels()),
        silent("SelectLock", () -> lockBySelect()),
        silent("SelectReadLock", () -> readLockBySelect()),
        silent("SelectWaitGroup", () -> waitGroup()),
        silent("SelectJoin", () -> join()),
        silent("ContextCancel", () -> cancel(true)),
        silent("ContextIsDone", () -> cancel(false)),
        silent("ContextException", () -> contextException()));
  }

  private static void twoSenders() throws Exception {
    Vars v = new Vars();
    Chan<Integer> c = Chan.unbuffered();
    Chan<Integer> never = Chan.unbuffered();
    Chan<Boolean> done = Chan.buffered(2);
    for (int i = 0; i < 2; i++) {
      go(() -> {
        select(c.onSend(1, () -> 1), never.onReceive(value -> 2));
        v.x = 1;
        done.send(true);
      });
    }
    c.receive();
    c.receive();
    done.receive();
    done.receive();
  }

  private static void closeThenWrite() throws Exception {
    Vars v = new Vars();
    Chan<Integer> c = Chan.unbuffered();
    pair(
        () -> {
          c.close();
          v.x = 1;
        },
        () -> {
          v.x = 2;
          Vars.use(select(c.onReceive(value -> "closed")));
        });
  }

  private static void fallback() throws Exception {
    Vars v = new Vars();
    Chan<Integer> c = Chan.unbuffered();
    both(
        () -> {
          select(c.onReceive(value -> 1), otherwise(() -> v.x = 2));
        },
        () -> Vars.use(v.x));
  }

  private static void onlyTheChosenCase() throws Exception {
    Vars v = new Vars();
    Chan<Integer> c = Chan.buffered(1);
    Chan<Integer> full = Chan.unbuffered();
    both(
        () -> {
          if (select(c.onSend(1, () -> 1), full.onSend(1, () -> 2)) == 1) {
            v.x = 1;
          } else {
            v.y = 1;
          }
        },
        () -> Vars.use(v.x + v.y));
  }

  private static void unrelated(int capacity) throws Exception {
    Vars v = new Vars();
    Chan<Integer> c1 = Chan.buffered(capacity);
    Chan<Integer> c2 = Chan.buffered(capacity);
    c2.send(1);
    both(
        () -> {
          select(c1.onSend(v.x, () -> 1));
        },
        () -> {
          select(c2.onReceive(value -> v.x = value));
        });
  }

  private static void sendAndReceive(int capacity) throws Exception {
    Vars v = new Vars();
    Chan<Integer> c = Chan.buffered(capacity);
    Chan<Integer> other = Chan.unbuffered();
    together(
        () -> {
          v.x = 1;
          select(c.onSend(1, () -> 1), other.onReceive(value -> 2));
        },
        () -> {
          select(c.onReceive(value -> 1), other.onReceive(value -> 2));
          v.x = 2;
        });
  }

  private static void writeThenClose() throws Exception {
    Vars v = new Vars();
    Chan<Integer> c = Chan.unbuffered();
    Chan<Integer> other = Chan.unbuffered();
    together(
        () -> {
          select(c.onReceive(value -> 1), other.onReceive(value -> 2));
          v.x = 2;
        },
        () -> {
          v.x = 1;
          c.close();
        });
  }

  private static void taskAndReply() throws Exception {
    Chan<Vars> tasks = Chan.unbuffered();
    Chan<Boolean> replies = Chan.unbuffered();
    Chan<Integer> never = Chan.unbuffered();
    go(() -> {
      Vars v = select(tasks.onReceive(task -> task), never.onReceive(value -> null));
      v.x = 1;
      select(replies.onSend(true, () -> 1), never.onReceive(value -> 2));
    });
    Vars v = new Vars();
    v.x = 2;
    select(tasks.onSend(v, () -> 1), never.onReceive(value -> 2));
    select(replies.onReceive(value -> 1), never.onReceive(value -> 2));
    v.x = 3;
  }

  private static void selectOnOneSide() throws Exception {
    for (boolean late : new boolean[] {false, true}) {
      Vars v = new Vars();
      Chan<Integer> c = Chan.unbuffered();
      Chan<Integer> other = Chan.unbuffered();
      Order order = new Order();
      together(
          () -> {
            v.x = 1;
            if (!late) {
              order.reach();
            }
            c.send(1);
          },
          () -> {
            if (!late) {
              order.await(1);
            }
            select(c.onReceive(value -> 1), other.onReceive(value -> 2));
            v.x = 2;
          });
    }
  }

  private static void mutexByChannels() throws Exception {
    Vars v = new Vars();
    Chan<Boolean> lock = Chan.buffered(1);
    Chan<Integer> never = Chan.unbuffered();
    Chan<Boolean> done = Chan.buffered(3);
    for (int i = 0; i < 3; i++) {
      go(() -> {
        for (int round = 0; round < 100; round++) {
          select(lock.onSend(true, () -> 1), never.onReceive(value -> 2));
          v.x++;
          select(lock.onReceive(value -> 1), never.onReceive(value -> 2));
        }
        done.send(true);
      });
    }
    for (int i = 0; i < 3; i++) {
      done.receive();
    }
  }

  private static void lockBySelect() throws Exception {
    Vars v = new Vars();
    Mutex mutex = new Mutex();
    mutex.lock();
    together(
        () -> {
          select(mutex.onLock(() -> 1));
          v.x = 2;
          mutex.unlock();
        },
        () -> {
          v.x = 1;
          mutex.unlock();
          select(mutex.onLock(() -> 1));
          v.x = 3;
          mutex.unlock();
        });
  }

  private static void readLockBySelect() throws Exception {
    Vars v = new Vars();
    RWMutex mutex = new RWMutex();
    both(
        () -> {
          select(mutex.onLock(() -> 1));
          v.x = 1;
          mutex.unlock();
          select(mutex.reading().onLock(() -> 1));
          Vars.use(v.x);
          mutex.reading().unlock();
        },
        () -> {
          select(mutex.reading().onLock(() -> 1));
          Vars.use(v.x);
          mutex.reading().unlock();
          select(mutex.onLock(() -> 1));
          v.x = 2;
          mutex.unlock();
        });
  }

  private static void waitGroup() throws Exception {
    Vars v = new Vars();
    WaitGroup group = new WaitGroup();
    group.go(() -> v.x = 1);
    select(group.onAwait(() -> 1));
    v.x = 2;
  }

  private static void join() throws Exception {
    Vars v = new Vars();
    var goroutine = go(() -> v.x = 1);
    Vars.use(select(goroutine.onJoin(value -> 1)));
    v.x = 2;
    Vars.use(select(goroutine.onJoin(value -> 1)));
  }

  @SuppressWarnings("ThreadPriorityCheck") // polls
  private static void cancel(boolean waits) throws Exception {
    Vars v = new Vars();
    try (var context = Context.background().withCancel()) {
      together(
          () -> {
            v.x = 1;
            context.cancel();
          },
          () -> {
            if (waits) {
              select(context.onDone(() -> 1));
            } else {
              while (context.error() == null) {
                Thread.yield();
              }
            }
            v.x = 2;
          });
    }
  }

  private static void contextException() throws Exception {
    Vars v = new Vars();
    Chan<Integer> never = Chan.unbuffered();
    try (var context = Context.background().withCancel()) {
      together(
          () -> {
            v.x = 1;
            context.cancel();
          },
          () -> {
            try {
              never.receive(context);
            } catch (ContextException e) {
              v.x = 2;
            }
          });
    }
  }
}

package io.heddle.race.kernels;

import static io.heddle.race.kernels.Kernel.both;
import static io.heddle.race.kernels.Kernel.pair;
import static io.heddle.race.kernels.Kernel.racy;
import static io.heddle.race.kernels.Kernel.silent;
import static io.heddle.race.kernels.Kernel.together;

import io.heddle.race.unseen.Order;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** atomic_test.go, map_test.go, and what Java has and Go has not. */
@SuppressWarnings({
  "LockNotBeforeTry", // nothing is thrown in between
  "SynchronizeOnNonFinalField" // that is one of the mistakes
})
final class JdkKernels {
  private static final VarHandle FLAG;

  static {
    try {
      FLAG = MethodHandles.lookup().findVarHandle(Shared.class, "flag", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private JdkKernels() {}

  private static final class Shared {
    int x;
    int flag;
    volatile boolean seen;
    boolean plain;
    Object monitorField = new Object();
    private static int counter;

    synchronized void add() {
      x++;
    }

    synchronized void fail() {
      x++;
      throw new IllegalStateException();
    }

    static synchronized void count() {
      counter++;
      Vars.use(counter);
    }
  }

  static List<Kernel> all() {
    return List.of(
        racy("AtomicAddInt64", () -> atomicAdd(1)),
        racy("MissingVolatile", () -> missingVolatile()),
        racy("DifferentMonitors", () -> differentMonitors()),
        racy("LockOnOneSide", () -> lockOnOneSide()),
        racy("ReadLockWrites", () -> readLockWrites()),
        racy("MapRW", () -> maps(true)),
        racy("MapRange", () -> mapRange()),
        racy("ListAdd", () -> lists()),
        racy("UnsafePublication", () -> unsafePublication()),
        racy("CountDownTooEarly", () -> countDown(true)),
        racy("FutureBeside", () -> futureBeside()),
        racy("OneAfterTheEndOfTheOther", () -> afterTheEnd()),
        silent("AtomicAddInt64", () -> atomicAdd(2)),
        silent("Volatile", () -> withVolatile()),
        silent("VarHandle", () -> withVarHandle()),
        silent("AtomicSpin", () -> atomicSpin()),
        silent("Monitor", () -> monitor()),
        silent("SynchronizedMethod", () -> synchronizedMethod()),
        silent("SynchronizedLeftByException", () -> leftByException()),
        silent("WaitNotify", () -> waitNotify()),
        silent("ReentrantLock", () -> reentrantLock()),
        silent("Condition", () -> condition()),
        silent("ReadWriteLock", () -> readWriteLock()),
        silent("MapRR", () -> maps(false)),
        silent("ConcurrentMap", () -> concurrentMap()),
        silent("SynchronizedMap", () -> synchronizedMap()),
        silent("BlockingQueue", () -> blockingQueue()),
        silent("CountDownLatch", () -> countDown(false)),
        silent("CyclicBarrier", () -> barrier()),
        silent("Thread", () -> thread()),
        silent("InterruptedWaitInAMonitor", () -> interruptedWait(true)),
        silent("InterruptedWaitForACondition", () -> interruptedWait(false)),
        silent("InterruptIsSeen", () -> interrupt(true)),
        silent("InterruptIsAskedFor", () -> interrupt(false)),
        silent("ThreadIsNotAlive", () -> isAlive()),
        silent("VirtualThread", () -> virtualThread()),
        silent("Executor", () -> executor()),
        silent("CompletableFuture", () -> completableFuture()),
        silent("ClassInitialisation", () -> classInitialisation()),
        silent("FinalFields", () -> finalFields()));
  }

  private static void atomicAdd(int last) throws Exception {
    Vars v = new Vars();
    AtomicLong s = new AtomicLong();
    both(
        () -> {
          v.own1 = 1;
          if (s.addAndGet(1) == last) {
            v.own2 = 2;
          }
        },
        () -> {
          v.own2 = 1;
          if (s.addAndGet(1) == last) {
            v.own1 = 2;
          }
        });
  }

  private static void missingVolatile() throws Exception {
    Shared s = new Shared();
    pair(
        () -> {
          s.x = 1;
          s.plain = true;
        },
        () -> {
          if (s.plain) {
            Vars.use(s.x);
          }
        });
  }

  private static void withVolatile() throws Exception {
    Shared s = new Shared();
    together(
        () -> {
          s.x = 1;
          s.seen = true;
        },
        () -> {
          while (!s.seen) {
            Thread.onSpinWait();
          }
          s.x = 2;
        });
  }

  private static void withVarHandle() throws Exception {
    Shared s = new Shared();
    together(
        () -> {
          s.x = 1;
          FLAG.setRelease(s, 1);
        },
        () -> {
          while ((int) FLAG.getAcquire(s) == 0) {
            Thread.onSpinWait();
          }
          s.x = 2;
        });
  }

  private static void atomicSpin() throws Exception {
    Vars v = new Vars();
    AtomicInteger a = new AtomicInteger();
    together(
        () -> {
          v.x = 1;
          a.compareAndSet(0, 1);
        },
        () -> {
          while (a.get() == 0) {
            Thread.onSpinWait();
          }
          v.x = 2;
        });
  }

  private static void monitor() throws Exception {
    Vars v = new Vars();
    Object lock = new Object();
    both(
        () -> {
          synchronized (lock) {
            v.x = 1;
          }
        },
        () -> {
          synchronized (lock) {
            v.x = 2;
          }
        });
  }

  private static void differentMonitors() throws Exception {
    Shared s = new Shared();
    both(
        () -> {
          synchronized (s.monitorField) {
            s.x = 1;
          }
        },
        () -> {
          synchronized (s) {
            s.x = 2;
          }
        });
  }

  private static void lockOnOneSide() throws Exception {
    Shared s = new Shared();
    both(() -> s.add(), () -> s.x++);
  }

  private static void synchronizedMethod() throws Exception {
    Shared s = new Shared();
    both(
        () -> {
          s.add();
          Shared.count();
        },
        () -> {
          s.add();
          Shared.count();
        });
  }

  private static void leftByException() throws Exception {
    Shared s = new Shared();
    both(
        () -> {
          try {
            s.fail();
          } catch (IllegalStateException e) {
            Vars.use(e);
          }
        },
        () -> s.add());
  }

  private static void waitNotify() throws Exception {
    Shared s = new Shared();
    together(
        () -> {
          s.x = 1;
          synchronized (s) {
            s.plain = true;
            s.notifyAll();
          }
        },
        () -> {
          synchronized (s) {
            while (!s.plain) {
              s.wait();
            }
          }
          s.x = 2;
        });
  }

  private static void reentrantLock() throws Exception {
    Vars v = new Vars();
    ReentrantLock lock = new ReentrantLock();
    both(
        () -> {
          lock.lock();
          try {
            v.x = 1;
          } finally {
            lock.unlock();
          }
        },
        () -> {
          if (lock.tryLock()) {
            try {
              v.x = 2;
            } finally {
              lock.unlock();
            }
          }
        });
  }

  private static void condition() throws Exception {
    Vars v = new Vars();
    ReentrantLock lock = new ReentrantLock();
    Condition ready = lock.newCondition();
    together(
        () -> {
          lock.lock();
          v.flag = true;
          ready.signal();
          lock.unlock();
        },
        () -> {
          lock.lock();
          while (!v.flag) {
            ready.await();
          }
          v.flag = false;
          lock.unlock();
        });
  }

  private static void readWriteLock() throws Exception {
    Vars v = new Vars();
    ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    both(
        () -> {
          lock.writeLock().lock();
          v.x = 1;
          lock.writeLock().unlock();
          lock.readLock().lock();
          Vars.use(v.x);
          lock.readLock().unlock();
        },
        () -> {
          lock.readLock().lock();
          Vars.use(v.x);
          lock.readLock().unlock();
          lock.writeLock().lock();
          v.x = 2;
          lock.writeLock().unlock();
        });
  }

  private static void readLockWrites() throws Exception {
    Vars v = new Vars();
    ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    both(
        () -> {
          lock.readLock().lock();
          v.x = 1;
          lock.readLock().unlock();
        },
        () -> {
          lock.readLock().lock();
          v.x = 2;
          lock.readLock().unlock();
        });
  }

  private static void maps(boolean firstWrites) throws Exception {
    Map<String, Integer> map = new HashMap<>();
    map.put("a", 1);
    both(
        () -> {
          if (firstWrites) {
            map.put("b", 2);
          } else {
            Vars.use(map.get("a"));
          }
        },
        () -> Vars.use(map.get("a")));
  }

  private static void mapRange() throws Exception {
    Map<String, Integer> map = new HashMap<>();
    both(
        () -> {
          for (String key : map.keySet()) {
            Vars.use(key);
          }
        },
        () -> map.put("a", 1));
  }

  private static void lists() throws Exception {
    List<Integer> list = new ArrayList<>();
    both(() -> list.add(1), () -> list.add(2));
  }

  private static Shared published;

  private static void unsafePublication() throws Exception {
    published = null;
    pair(
        () -> {
          Shared made = new Shared();
          made.x = 5;
          published = made;
        },
        () -> {
          if (published != null) {
            Vars.use(published.x);
          }
        });
  }

  private static void concurrentMap() throws Exception {
    Map<String, Vars> map = new ConcurrentHashMap<>();
    together(
        () -> {
          Vars v = new Vars();
          v.x = 1;
          map.put("a", v);
        },
        () -> {
          Vars v = map.get("a");
          while (v == null) {
            v = map.get("a");
          }
          v.x = 2;
        });
  }

  private static void synchronizedMap() throws Exception {
    Map<String, Integer> map = Collections.synchronizedMap(new HashMap<>());
    both(() -> map.put("a", 1), () -> map.put("b", 1));
  }

  private static void blockingQueue() throws Exception {
    LinkedBlockingQueue<Vars> queue = new LinkedBlockingQueue<>();
    together(
        () -> {
          Vars v = new Vars();
          v.x = 1;
          queue.put(v);
        },
        () -> queue.take().x = 2);
  }

  private static void countDown(boolean tooEarly) throws Exception {
    Vars v = new Vars();
    CountDownLatch latch = new CountDownLatch(1);
    pair(
        () -> {
          if (tooEarly) {
            latch.countDown();
          }
          v.x = 1;
          latch.countDown();
        },
        () -> {
          if (!tooEarly) {
            latch.await();
          }
          v.x = 2;
        });
  }

  private static void barrier() throws Exception {
    Vars v = new Vars();
    CyclicBarrier barrier = new CyclicBarrier(2);
    together(
        () -> {
          v.x = 1;
          barrier.await();
          Vars.use(v.y);
        },
        () -> {
          v.y = 1;
          barrier.await();
          Vars.use(v.x);
        });
  }

  private static void thread() throws Exception {
    Vars v = new Vars();
    v.x = 1;
    Thread thread = new Thread(() -> v.x = 2);
    thread.start();
    thread.join();
    v.x = 3;
  }

  /** The interrupt comes before the write, but the wait only ends when the lock is free. */
  private static void interruptedWait(boolean isMonitor) throws Exception {
    Vars v = new Vars();
    Order order = new Order();
    ReentrantLock lock = new ReentrantLock();
    Condition condition = lock.newCondition();
    Thread waiter =
        Thread.ofVirtual()
            .start(() -> {
              if (isMonitor) {
                waitInMonitor(v, order);
              } else {
                lock.lock();
                try {
                  order.reach();
                  while (v.y == 0) {
                    condition.await();
                  }
                } catch (InterruptedException e) {
                  v.x = 2;
                } finally {
                  lock.unlock();
                }
              }
            });
    order.await(1);
    if (isMonitor) {
      synchronized (v) {
        waiter.interrupt();
        v.x = 1;
      }
    } else {
      lock.lock();
      try {
        waiter.interrupt();
        v.x = 1;
      } finally {
        lock.unlock();
      }
    }
    waiter.join();
  }

  private static void waitInMonitor(Vars v, Order order) {
    synchronized (v) {
      try {
        order.reach();
        while (v.y == 0) {
          v.wait();
        }
      } catch (InterruptedException e) {
        v.x = 2;
      }
    }
  }

  private static void interrupt(boolean sleeps) throws Exception {
    Vars v = new Vars();
    Thread thread =
        Thread.ofVirtual()
            .start(() -> {
              try {
                while (sleeps || !Thread.interrupted()) {
                  Thread.sleep(sleeps ? 100_000 : 0);
                }
              } catch (InterruptedException e) {
                Vars.use(e);
              }
              v.x = 2;
            });
    v.x = 1;
    thread.interrupt();
    thread.join();
    v.x = 3;
  }

  private static void isAlive() {
    Vars v = new Vars();
    Thread thread = Thread.ofPlatform().start(() -> v.x = 1);
    while (thread.isAlive()) {
      Thread.onSpinWait();
    }
    v.x = 2;
  }

  private static void virtualThread() throws Exception {
    Vars v = new Vars();
    v.x = 1;
    Thread thread = Thread.ofVirtual().start(() -> v.x = 2);
    thread.join();
    v.x = 3;
  }

  /** Nothing comes back from a thread that is never joined. */
  private static void afterTheEnd() {
    Vars v = new Vars();
    for (int i = 0; i < 2; i++) {
      Order.awaitEnd(Thread.ofVirtual().start(() -> v.x = 1));
    }
  }

  private static void executor() throws Exception {
    Vars v = new Vars();
    try (ExecutorService executor = Executors.newFixedThreadPool(2)) {
      v.x = 1;
      Future<Integer> first = executor.submit(() -> v.x = 2);
      Vars.use(first.get());
      v.x = 3;
      Future<?> second =
          executor.submit(() -> {
            v.x = 4;
          });
      second.get();
    }
    v.x = 5;
  }

  private static void completableFuture() throws Exception {
    Vars v = new Vars();
    v.x = 1;
    CompletableFuture<Integer> future =
        CompletableFuture.supplyAsync(() -> v.x = 2).thenApply(value -> v.x = 3);
    Vars.use(future.join());
    v.x = 4;
  }

  private static void futureBeside() throws Exception {
    Vars v = new Vars();
    CompletableFuture<Integer> future = new CompletableFuture<>();
    pair(
        () -> {
          future.complete(1);
          v.x = 1;
        },
        () -> {
          Vars.use(future.join());
          Vars.use(v.x);
        });
  }

  /** Initialised by the first caller. */
  private static final class Lazy {
    static final List<String> NAMES = new ArrayList<>();
    static int count;

    static {
      NAMES.add("a");
      count = 1;
    }

    static int size() {
      return count;
    }
  }

  private static void classInitialisation() throws Exception {
    both(
        () -> Vars.use(Lazy.size() + Lazy.NAMES.size()),
        () -> Vars.use(Lazy.size() + Lazy.NAMES.size()));
  }

  private record Point(int x, int y) {}

  private static void finalFields() throws Exception {
    Point point = new Point(1, 2);
    both(() -> Vars.use(point.x()), () -> Vars.use(point.y()));
  }
}

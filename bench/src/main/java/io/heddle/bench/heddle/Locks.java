package io.heddle.bench.heddle;

import static io.heddle.Go.go;

import io.heddle.Chan;
import io.heddle.Cond;
import io.heddle.Locker;
import io.heddle.Mutex;
import io.heddle.Once;
import io.heddle.OnceValue;
import io.heddle.RWMutex;
import io.heddle.Semaphore;
import io.heddle.Task;
import io.heddle.WaitGroup;
import io.heddle.bench.peer.Round;
import io.heddle.bench.peer.Work;
import io.heddle.bench.peer.Workloads;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The benchmarks of Go's {@code sync}: mutexes, conditions, once, wait groups. */
final class Locks {
  private Locks() {}

  static void addTo(Workloads workloads) {
    workloads
        .add("MutexUncontended", Locks::mutexUncontended)
        .add("Mutex", r -> mutex(r, 1, null))
        .add("MutexSlack", r -> mutex(r, 10, null))
        .add("MutexWork", r -> mutex(r, 1, Work.LOCAL))
        .add("MutexWorkSlack", r -> mutex(r, 10, Work.LOCAL))
        .add("MutexNoSpin", Locks::mutexNoSpin)
        .add("MutexSpin", Locks::mutexSpin)
        .add("RWMutexUncontended", Locks::rwMutexUncontended)
        .add("RWMutexWrite100", r -> rwMutex(r, 100, null))
        .add("RWMutexWrite10", r -> rwMutex(r, 10, null))
        .add("RWMutexWorkWrite100", r -> rwMutex(r, 100, Work.LOCAL))
        .add("RWMutexWorkWrite10", r -> rwMutex(r, 10, Work.LOCAL));
    for (int waiters = 1; waiters <= 32; waiters *= 2) {
      int w = waiters;
      workloads.add("Cond" + w, r -> cond(r, w));
    }
    workloads
        .add("Once", Locks::once)
        .add("OnceFunc/Once", Locks::onceFuncOnce)
        .add("OnceFunc/Global", r -> onceFunc(r, ONCE_FUNC))
        .add("OnceFunc/Local", r -> onceFunc(r, OnceValue.of(() -> true)))
        .add("OnceValue/Once", Locks::onceValueOnce)
        .add("OnceValue/Global", r -> onceValue(r, ONCE_VALUE))
        .add("OnceValue/Local", r -> onceValue(r, OnceValue.of(() -> 42)))
        .add("UncontendedSemaphore", Locks::semaphoreUncontended)
        .add("ContendedSemaphore", Locks::semaphoreContended)
        .add("SemaUncontended", Locks::semaphoreOfOnesOwn)
        .add("SemaSyntNonblock", r -> semaphore(r, false, null))
        .add("SemaSyntBlock", r -> semaphore(r, true, null))
        .add("SemaWorkNonblock", r -> semaphore(r, false, Work.LOCAL))
        .add("SemaWorkBlock", r -> semaphore(r, true, Work.LOCAL))
        .add("WaitGroupUncontended", Locks::waitGroupUncontended)
        .add("WaitGroupAddDone", r -> waitGroupAddDone(r, null))
        .add("WaitGroupAddDoneWork", r -> waitGroupAddDone(r, Work.LOCAL))
        .add("WaitGroupWait", r -> waitGroupWait(r, null))
        .add("WaitGroupWaitWork", r -> waitGroupWait(r, Work.LOCAL))
        .add("WaitGroupActuallyWait", Locks::waitGroupActuallyWait);
  }

  private static void mutexUncontended(Round r) throws Exception {
    r.runParallel(share -> {
      Mutex mutex = new Mutex();
      while (share.next()) {
        mutex.lock();
        mutex.unlock();
      }
    });
  }

  private static void mutex(Round r, int parallelism, @Nullable Work work) throws Exception {
    Mutex mutex = new Mutex();
    long[] locked = {0};
    r.runParallel(
        parallelism,
        share -> {
          while (share.next()) {
            mutex.lock();
            locked[0]++;
            mutex.unlock();
            Channels.work(work);
          }
        });
    r.check("the count under the lock", locked[0], r.n());
  }

  /** More goroutines than processors, so that goroutines give up the processor. */
  private static void mutexNoSpin(Round r) throws Exception {
    Mutex mutex = new Mutex();
    long[] sums = {0, 0};
    AtomicLong turns = new AtomicLong();
    r.runParallel(
        4,
        share -> {
          Chan<Boolean> c = Chan.unbuffered();
          long[] data = new long[4 << 10];
          long locked = 0;
          for (long turn = 0; share.next(); turn++) {
            if (turn % 4 == 0) {
              mutex.lock();
              sums[0]++;
              sums[1] += 2;
              mutex.unlock();
              locked++;
            } else {
              for (int i = 0; i < data.length; i += 4) {
                data[i]++;
              }
              go(() -> c.send(true));
              c.receive();
            }
          }
          Work.consume(data[0]);
          turns.addAndGet(locked);
        });
    r.check("the count under the lock", sums[1], 2 * turns.get());
  }

  private static void mutexSpin(Round r) throws Exception {
    Mutex mutex = new Mutex();
    long[] sums = {0, 0};
    r.runParallel(share -> {
      long[] data = new long[16 << 10];
      while (share.next()) {
        mutex.lock();
        sums[0]++;
        sums[1] += 2;
        mutex.unlock();
        for (int i = 0; i < data.length; i += 4) {
          data[i]++;
        }
      }
      Work.consume(data[0]);
    });
    r.check("the count under the lock", sums[1], 2 * r.n());
  }

  private static void rwMutexUncontended(Round r) throws Exception {
    r.runParallel(share -> {
      RWMutex mutex = new RWMutex();
      Locker reading = mutex.reading();
      while (share.next()) {
        reading.lock();
        reading.lock();
        reading.unlock();
        reading.unlock();
        mutex.lock();
        mutex.unlock();
      }
    });
  }

  private static void rwMutex(Round r, int writeRatio, @Nullable Work work) throws Exception {
    RWMutex mutex = new RWMutex();
    Locker reading = mutex.reading();
    r.runParallel(share -> {
      int turn = 0;
      while (share.next()) {
        if (++turn % writeRatio == 0) {
          mutex.lock();
          mutex.unlock();
        } else {
          reading.lock();
          Channels.work(work);
          reading.unlock();
        }
      }
    });
  }

  /** All goroutines wait for the last one, which wakes the others. */
  private static void cond(Round r, int waiters) throws Exception {
    Mutex mutex = new Mutex();
    Cond cond = new Cond(mutex);
    WaitGroup group = new WaitGroup();
    group.add(waiters + 1);
    int[] arrived = {0};
    long[] rounds = {0};
    for (int routine = 0; routine <= waiters; routine++) {
      go(() -> {
        for (long i = 0; i < r.n(); i++) {
          mutex.lock();
          if (++arrived[0] == waiters + 1) {
            arrived[0] = 0;
            rounds[0]++;
            cond.broadcast();
          } else {
            // No goroutine passes twice before all have passed once. No predicate is needed,
            // because there are no spurious wake-ups.
            cond.await();
          }
          mutex.unlock();
        }
        group.done();
      });
    }
    group.await();
    r.check("rounds", rounds[0], r.n());
  }

  private static void once(Round r) throws Exception {
    Once once = new Once();
    long[] ran = {0};
    Task action = () -> ran[0]++;
    r.runParallel(share -> {
      while (share.next()) {
        once.run(action);
      }
    });
    r.check("how often it ran", ran[0], 1);
  }

  private static final OnceValue<Boolean> ONCE_FUNC = OnceValue.of(() -> true);
  private static final Once ONCE_FUNC_ONCE = new Once();
  private static final OnceValue<Integer> ONCE_VALUE = OnceValue.of(() -> 42);
  private static final Once ONCE_VALUE_ONCE = new Once();
  private static int onceValue;

  private static void onceFuncOnce(Round r) throws Exception {
    for (long i = 0; i < r.n(); i++) {
      ONCE_FUNC_ONCE.run(() -> {});
    }
  }

  private static void onceFunc(Round r, OnceValue<Boolean> value) throws Exception {
    for (long i = 0; i < r.n(); i++) {
      value.get();
    }
  }

  private static void onceValueOnce(Round r) throws Exception {
    for (long i = 0; i < r.n(); i++) {
      ONCE_VALUE_ONCE.run(() -> onceValue = 42);
      if (onceValue != 42) {
        throw new IllegalStateException("another value");
      }
    }
  }

  private static void onceValue(Round r, OnceValue<Integer> value) throws Exception {
    for (long i = 0; i < r.n(); i++) {
      if (value.get() != 42) {
        throw new IllegalStateException("another value");
      }
    }
  }

  private static void hammer(Semaphore semaphore, long turns) throws InterruptedException {
    for (long i = 0; i < turns; i++) {
      semaphore.acquire(1);
      semaphore.release(1);
    }
  }

  private static void semaphoreUncontended(Round r) throws Exception {
    hammer(new Semaphore(1), r.n());
  }

  private static void semaphoreContended(Round r) throws Exception {
    Semaphore semaphore = new Semaphore(1);
    WaitGroup group = new WaitGroup();
    for (int i = 0; i < 2; i++) {
      group.go(() -> hammer(semaphore, r.n() / 2));
    }
    group.await();
    r.check("permits", semaphore.available(), 1);
  }

  private static void semaphoreOfOnesOwn(Round r) throws Exception {
    r.runParallel(share -> {
      Semaphore semaphore = empty(1);
      while (share.next()) {
        semaphore.release(1);
        semaphore.acquire(1);
      }
    });
  }

  /** A semaphore without permits, as Go's runtime semaphores begin; its capacity is the limit. */
  private static Semaphore empty(int capacity) throws InterruptedException {
    Semaphore semaphore = new Semaphore(capacity);
    semaphore.acquire(capacity);
    return semaphore;
  }

  /** On request, another goroutine waits for a permit that is released only at the end. */
  private static void semaphore(Round r, boolean block, @Nullable Work work) throws Exception {
    Semaphore semaphore = empty(2 * r.procs());
    WaitGroup group = new WaitGroup();
    if (block) {
      group.go(() -> {
        for (int i = 0; i < r.procs() / 2; i++) {
          semaphore.acquire(1);
        }
      });
    }
    r.runParallel(share -> {
      while (share.next()) {
        semaphore.release(1);
        Channels.work(work);
        semaphore.acquire(1);
      }
      semaphore.release(1);
    });
    group.await();
  }

  private static void waitGroupUncontended(Round r) throws Exception {
    r.runParallel(share -> {
      WaitGroup group = new WaitGroup();
      while (share.next()) {
        group.add(1);
        group.done();
        group.await();
      }
    });
  }

  private static void waitGroupAddDone(Round r, @Nullable Work work) throws Exception {
    WaitGroup group = new WaitGroup();
    r.runParallel(share -> {
      while (share.next()) {
        group.add(1);
        Channels.work(work);
        group.done();
      }
    });
    group.await();
  }

  private static void waitGroupWait(Round r, @Nullable Work work) throws Exception {
    WaitGroup group = new WaitGroup();
    r.runParallel(share -> {
      while (share.next()) {
        group.await();
        Channels.work(work);
      }
    });
  }

  private static void waitGroupActuallyWait(Round r) throws Exception {
    r.runParallel(share -> {
      while (share.next()) {
        WaitGroup group = new WaitGroup();
        group.add(1);
        go(group::done);
        group.await();
      }
    });
  }
}

package io.heddle.bench.heddle;

import static io.heddle.Go.go;

import io.heddle.Cond;
import io.heddle.Locker;
import io.heddle.Mutex;
import io.heddle.Once;
import io.heddle.OnceValue;
import io.heddle.RWMutex;
import io.heddle.WaitGroup;
import io.heddle.bench.peer.Round;
import io.heddle.bench.peer.Work;
import io.heddle.bench.peer.Workloads;
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
        .add("OnceFunc", Locks::onceFunc)
        .add("OnceValue", Locks::onceValue)
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
    r.check("what was counted under the lock", locked[0], r.n());
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
    r.check("what was counted under the lock", sums[1], 2 * r.n());
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

  /** All wait for the last of them, who wakes the rest. */
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
            // Nobody passes twice before all have passed once: no predicate is needed, for
            // there are no spurious wake-ups.
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
    Runnable action = () -> ran[0]++;
    r.runParallel(share -> {
      while (share.next()) {
        once.run(action);
      }
    });
    r.check("how often it ran", ran[0], 1);
  }

  private static void onceFunc(Round r) throws Exception {
    long[] ran = {0};
    OnceValue<Boolean> value =
        OnceValue.of(() -> {
          ran[0]++;
          return true;
        });
    value.get();
    r.resetTimer();
    for (long i = 0; i < r.n(); i++) {
      value.get();
    }
    r.check("how often it ran", ran[0], 1);
  }

  private static void onceValue(Round r) throws Exception {
    OnceValue<Integer> value = OnceValue.of(() -> 42);
    value.get();
    r.resetTimer();
    for (long i = 0; i < r.n(); i++) {
      if (value.get() != 42) {
        throw new IllegalStateException("another value");
      }
    }
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

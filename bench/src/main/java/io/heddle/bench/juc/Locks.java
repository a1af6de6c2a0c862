package io.heddle.bench.juc;

import io.heddle.bench.peer.Round;
import io.heddle.bench.peer.Work;
import io.heddle.bench.peer.Workloads;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Phaser;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/** Locks of java.util.concurrent; a Phaser for a wait group that is used again. */
@SuppressWarnings("LockNotBeforeTry") // nothing between lock and unlock can throw
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
        .add("UncontendedSemaphore", r -> hammer(new Semaphore(1), r.n()))
        .add("ContendedSemaphore", Locks::semaphoreContended)
        .add("WaitGroupAddDone", r -> addDone(r, null))
        .add("WaitGroupAddDoneWork", r -> addDone(r, Work.LOCAL));
  }

  private static void mutexUncontended(Round r) throws Exception {
    r.runParallel(share -> {
      ReentrantLock lock = new ReentrantLock();
      while (share.next()) {
        lock.lock();
        lock.unlock();
      }
    });
  }

  private static void mutex(Round r, int parallelism, @Nullable Work work) throws Exception {
    ReentrantLock lock = new ReentrantLock();
    long[] locked = {0};
    r.runParallel(
        parallelism,
        share -> {
          while (share.next()) {
            lock.lock();
            locked[0]++;
            lock.unlock();
            run(work);
          }
        });
    r.check("the count under the lock", locked[0], r.n());
  }

  private static void mutexSpin(Round r) throws Exception {
    ReentrantLock lock = new ReentrantLock();
    long[] sums = {0, 0};
    r.runParallel(share -> {
      long[] data = new long[16 << 10];
      while (share.next()) {
        lock.lock();
        sums[0]++;
        sums[1] += 2;
        lock.unlock();
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
      ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
      while (share.next()) {
        lock.readLock().lock();
        lock.readLock().lock();
        lock.readLock().unlock();
        lock.readLock().unlock();
        lock.writeLock().lock();
        lock.writeLock().unlock();
      }
    });
  }

  private static void rwMutex(Round r, int writeRatio, @Nullable Work work) throws Exception {
    ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    r.runParallel(share -> {
      int turn = 0;
      while (share.next()) {
        if (++turn % writeRatio == 0) {
          lock.writeLock().lock();
          lock.writeLock().unlock();
        } else {
          lock.readLock().lock();
          run(work);
          lock.readLock().unlock();
        }
      }
    });
  }

  private static void cond(Round r, int waiters) throws Exception {
    ReentrantLock lock = new ReentrantLock();
    Condition all = lock.newCondition();
    CountDownLatch group = new CountDownLatch(waiters + 1);
    int[] arrived = {0};
    long[] rounds = {0};
    for (int routine = 0; routine <= waiters; routine++) {
      Thread.startVirtualThread(() -> {
        for (long i = 0; i < r.n(); i++) {
          lock.lock();
          try {
            long round = rounds[0];
            if (++arrived[0] == waiters + 1) {
              arrived[0] = 0;
              rounds[0]++;
              all.signalAll();
            } else {
              // Unlike Go's, these conditions may wake up spuriously.
              while (round == rounds[0]) {
                all.awaitUninterruptibly();
              }
            }
          } finally {
            lock.unlock();
          }
        }
        group.countDown();
      });
    }
    group.await();
    r.check("rounds", rounds[0], r.n());
  }

  private static void hammer(Semaphore semaphore, long turns) throws InterruptedException {
    for (long i = 0; i < turns; i++) {
      semaphore.acquire();
      semaphore.release();
    }
  }

  private static void semaphoreContended(Round r) throws Exception {
    Semaphore semaphore = new Semaphore(1);
    CountDownLatch group = new CountDownLatch(2);
    for (int i = 0; i < 2; i++) {
      Thread.startVirtualThread(() -> {
        try {
          hammer(semaphore, r.n() / 2);
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
        group.countDown();
      });
    }
    group.await();
    r.check("permits", semaphore.availablePermits(), 1);
  }

  private static void addDone(Round r, @Nullable Work work) throws Exception {
    Phaser group = new Phaser(1);
    r.runParallel(share -> {
      while (share.next()) {
        group.register();
        run(work);
        group.arriveAndDeregister();
      }
    });
    r.check("who is left", group.getRegisteredParties(), 1);
  }

  private static void run(@Nullable Work work) {
    if (work != null) {
      work.run();
    }
  }
}

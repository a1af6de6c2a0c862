package io.heddle.bench.juc;

import io.heddle.bench.peer.Round;
import io.heddle.bench.peer.Workloads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Timers: a ScheduledThreadPoolExecutor, whose tasks are started in virtual threads, as Go's
 * AfterFunc starts a goroutine; and sleeping virtual threads.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a latch tells that they have run
final class Timers {
  private Timers() {}

  private static final int PENDING_FOR_EACH_PROCESSOR = 1 << 15;

  private static final ScheduledThreadPoolExecutor TIMERS = timers();

  private static ScheduledThreadPoolExecutor timers() {
    ScheduledThreadPoolExecutor timers =
        new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().daemon().factory());
    timers.setRemoveOnCancelPolicy(true);
    return timers;
  }

  static void addTo(Workloads workloads) {
    add(workloads, "AfterFunc1000", Timers::afterFuncChain);
    add(workloads, "Stop/func", Timers::stopFunc);
    add(workloads, "SimultaneousAfterFunc1000", Timers::simultaneous);
    add(workloads, "Sleep1000", Timers::sleeping);
  }

  private static void add(Workloads workloads, String name, Workloads.Body body) {
    workloads.add(
        name,
        r -> {
          List<ScheduledFuture<?>> pending = new ArrayList<>();
          for (int i = 0; i < PENDING_FOR_EACH_PROCESSOR * r.procs(); i++) {
            pending.add(TIMERS.schedule(() -> {}, 1, TimeUnit.HOURS));
          }
          r.resetTimer();
          body.run(r);
          r.stopTimer();
          pending.forEach(one -> one.cancel(false));
        });
  }

  private static ScheduledFuture<?> after(long nanos, Runnable task) {
    return TIMERS.schedule(
        () -> {
          Thread.startVirtualThread(task);
        },
        nanos,
        TimeUnit.NANOSECONDS);
  }

  private static void afterFuncChain(Round r) throws Exception {
    r.runParallel(share -> {
      while (share.next()) {
        CountDownLatch done = new CountDownLatch(1);
        after(0, () -> next(1_000, done));
        done.await();
      }
    });
  }

  private static void next(int left, CountDownLatch done) {
    if (left == 1) {
      done.countDown();
    } else {
      after(0, () -> next(left - 1, done));
    }
  }

  private static void stopFunc(Round r) throws Exception {
    r.runParallel(share -> {
      while (share.next()) {
        after(1_000_000_000, () -> {}).cancel(false);
      }
    });
  }

  private static void simultaneous(Round r) throws Exception {
    r.runParallel(share -> {
      while (share.next()) {
        CountDownLatch group = new CountDownLatch(1_000);
        for (int i = 0; i < 1_000; i++) {
          after(0, group::countDown);
        }
        group.await();
      }
    });
  }

  private static void sleeping(Round r) throws Exception {
    r.runParallel(share -> {
      while (share.next()) {
        CountDownLatch group = new CountDownLatch(1_000);
        for (int i = 0; i < 1_000; i++) {
          Thread.startVirtualThread(() -> {
            try {
              Thread.sleep(0, 1);
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            group.countDown();
          });
        }
        group.await();
      }
    });
  }
}

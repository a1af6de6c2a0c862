package io.heddle.bench.heddle;

import io.heddle.Chan;
import io.heddle.Semaphore;
import io.heddle.TaskGroup;
import io.heddle.bench.peer.Round;
import io.heddle.bench.peer.Workloads;
import io.heddle.rate.RateLimiter;
import io.heddle.rate.Sometimes;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The benchmarks of Go's x/sync and x/time: error groups, weighted semaphores, rate limits. */
final class Extensions {
  private Extensions() {}

  /** Capacity of the semaphore, permits per acquisition, and acquisitions before a release. */
  private static final int[][] SEQUENCES = {
    {1, 1, 1}, {2, 1, 1}, {16, 1, 1}, {128, 1, 1}, {2, 2, 1},
    {16, 2, 8}, {128, 2, 64}, {2, 1, 2}, {16, 8, 2}, {128, 64, 2}
  };

  static void addTo(Workloads workloads) {
    workloads.add("ErrGroup", Extensions::errGroup);
    for (int capacity : new int[] {1, 128}) {
      workloads
          .add("NewSeq/Weighted/" + capacity, r -> newSemaphores(r, capacity))
          .add("NewSeq/chan/" + capacity, r -> newChannels(r, capacity));
    }
    for (int[] s : SEQUENCES) {
      String name = s[0] + "-" + s[1] + "-" + s[2];
      workloads
          .add("AcquireSeq/Weighted/" + name, r -> acquire(r, s[0], s[1], s[2], false))
          .add("TryAcquireSeq/Weighted/" + name, r -> acquire(r, s[0], s[1], s[2], true))
          .add("AcquireSeq/chan/" + name, r -> acquireByChannel(r, s[0], s[1], s[2], false))
          .add("TryAcquireSeq/chan/" + name, r -> acquireByChannel(r, s[0], s[1], s[2], true));
    }
    workloads
        .add("AllowN", Extensions::allow)
        .add("WaitNNoDelay", Extensions::waitWithoutDelay)
        .add("Sometimes/Every10", r -> sometimes(r, new Sometimes().every(10), r.n() / 10))
        .add(
            "Sometimes/Interval",
            r -> sometimes(r, new Sometimes().interval(Duration.ofHours(1)), 1));
  }

  private static void errGroup(Round r) throws Exception {
    TaskGroup<Void> group = new TaskGroup<>();
    AtomicLong ran = new AtomicLong();
    for (long i = 0; i < r.n(); i++) {
      group.go(ran::incrementAndGet);
    }
    group.await();
    r.check("goroutines", ran.get(), r.n());
  }

  /** Keeps the compiler from removing unused semaphores. */
  private static @Nullable Semaphore lastSemaphore;

  private static @Nullable Chan<?> lastChannel;

  private static void newSemaphores(Round r, int capacity) {
    for (long i = 0; i < r.n(); i++) {
      lastSemaphore = new Semaphore(capacity);
    }
    r.check("permits", lastSemaphore == null ? 0 : lastSemaphore.available(), capacity);
  }

  private static void newChannels(Round r, int capacity) {
    for (long i = 0; i < r.n(); i++) {
      lastChannel = Chan.buffered(capacity);
    }
    r.check("capacity", lastChannel == null ? 0 : lastChannel.cap(), capacity);
  }

  private static void acquire(Round r, int capacity, int size, int count, boolean trying)
      throws Exception {
    Semaphore semaphore = new Semaphore(capacity);
    for (long op = 0; op < r.n(); op++) {
      for (int i = 0; i < count; i++) {
        if (!trying) {
          semaphore.acquire(size);
        } else if (!semaphore.tryAcquire(size)) {
          throw new IllegalStateException("no permits");
        }
      }
      for (int i = 0; i < count; i++) {
        semaphore.release(size);
      }
    }
    r.check("permits", semaphore.available(), capacity);
  }

  private static void acquireByChannel(Round r, int capacity, int size, int count, boolean trying)
      throws Exception {
    Chan<Boolean> semaphore = Chan.buffered(capacity);
    for (long op = 0; op < r.n(); op++) {
      for (int i = 0; i < count; i++) {
        if (trying && semaphore.len() + size > semaphore.cap()) {
          throw new IllegalStateException("no permits");
        }
        for (int permit = 0; permit < size; permit++) {
          semaphore.send(true);
        }
      }
      for (int i = 0; i < count * size; i++) {
        semaphore.receive();
      }
    }
    r.check("permits taken", semaphore.len(), 0);
  }

  private static void allow(Round r) throws Exception {
    RateLimiter limiter = RateLimiter.every(Duration.ofSeconds(1), 1);
    AtomicLong allowed = new AtomicLong();
    long start = System.nanoTime();
    r.runParallel(share -> {
      long mine = 0;
      while (share.next()) {
        mine += limiter.tryAcquire(1) ? 1 : 0;
      }
      allowed.addAndGet(mine);
    });
    long most = 2 + (System.nanoTime() - start) / 1_000_000_000;
    if (allowed.get() < 1 || allowed.get() > most) {
      throw new IllegalStateException("allowed " + allowed + ", which is not from 1 to " + most);
    }
  }

  private static void waitWithoutDelay(Round r) throws Exception {
    RateLimiter limiter = RateLimiter.perSecond((double) r.n(), r.n());
    for (long i = 0; i < r.n(); i++) {
      limiter.acquire(1);
    }
  }

  private static void sometimes(Round r, Sometimes sometimes, long expected) {
    long[] ran = {0};
    for (long i = 0; i < r.n(); i++) {
      sometimes.run(() -> ran[0]++);
    }
    if (Math.abs(ran[0] - expected) > 1) {
      throw new IllegalStateException("ran " + ran[0] + " times instead of " + expected);
    }
  }
}

package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** What the tests of this package share: waiting for a state instead of for time to pass. */
final class TestSupport {
  /** Generous, as it only decides how soon a test that hangs anyway is given up. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  /** An option that has the goroutines of another JVM run on the scheduler of this one's. */
  static final String SAME_SCHEDULER =
      "jdk".equals(System.getProperty("heddle.scheduler"))
          ? "-Dheddle.scheduler=jdk"
          : "--add-opens=java.base/java.lang=ALL-UNNAMED";

  private static final int SPINS = 1_000;

  private static final long POLL_NANOS = 20_000;

  private TestSupport() {}

  /** Waits until the goroutine sleeps for the reason, in the words of a goroutine dump. */
  static void awaitBlocked(Goroutine<?> goroutine, String reason) {
    awaitBlocked(goroutine.thread(), reason);
  }

  /** Waits until the thread, of whatever kind, sleeps in Heddle for the reason. */
  static void awaitBlocked(Thread thread, String reason) {
    await(() -> isBlocked(thread, reason), () -> thread + " to sleep in " + reason);
  }

  /** Waits until the thread, of whatever kind, is parked or blocked, in Heddle or elsewhere. */
  static void awaitBlocked(Thread thread) {
    await(() -> isParked(thread), () -> thread + " to sleep");
  }

  /** Waits until a condition holds that other threads bring about. */
  static void await(String what, BooleanSupplier condition) {
    await(condition, () -> what);
  }

  private static void await(BooleanSupplier condition, Supplier<String> what) {
    long start = System.nanoTime();
    for (int looks = 0; !condition.getAsBoolean(); looks++) {
      if (System.nanoTime() - start > PATIENCE.toNanos()) {
        fail("waited in vain for " + what.get());
      }
      if (looks < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(
            POLL_NANOS); // yields alone can keep a new virtual thread from starting
      }
    }
  }

  /**
   * Waits until the collector has taken objects that nothing should refer to any more. A collection
   * stops all threads, so those that are told what was collected need time between two.
   */
  static void awaitCollected(String what, BooleanSupplier condition) {
    long start = System.nanoTime();
    long pause = 1_000_000;
    while (true) {
      System.gc();
      if (condition.getAsBoolean()) {
        return;
      }
      if (System.nanoTime() - start > PATIENCE.toNanos()) {
        fail("waited in vain for the collection of " + what + "; what is alive is in " + dump());
      }
      LockSupport.parkNanos(pause);
      pause = Math.min(2 * pause, 100_000_000);
    }
  }

  /** Writes the objects that are alive to a file, which shows what refers to which. */
  private static Path dump() {
    Path file = Path.of("target", "alive-" + ProcessHandle.current().pid() + ".hprof");
    try {
      Files.deleteIfExists(file);
      ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
          .dumpHeap(file.toString(), true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file.toAbsolutePath();
  }

  private static boolean isBlocked(Thread thread, String reason) {
    Waiter waiter = Routine.of(thread);
    if (waiter == null && LockSupport.getBlocker(thread) instanceof Waiter blocker) {
      waiter = blocker;
    }
    return waiter != null
        && waiter.isWaiting()
        && Objects.toString(waiter.reason()).equals(reason)
        && isParked(thread);
  }

  private static boolean isParked(Thread thread) {
    return switch (thread.getState()) {
      case WAITING, TIMED_WAITING, BLOCKED -> true;
      case NEW, RUNNABLE -> false;
      case TERMINATED -> fail(thread + " has ended instead of going to sleep");
    };
  }

  /**
   * The number of nodes in the queue of senders, those of waits that are over included: a thread
   * that was claimed takes its other nodes out only when it runs.
   */
  static int queuedSenders(Chan<?> channel) {
    return queued(channel, channel.senders);
  }

  /** The number of nodes in the queue of receivers, those of waits that are over included. */
  static int queuedReceivers(Source<?> source) {
    return queued(source, source.receivers);
  }

  private static int queued(Waitable on, WaitQueue queue) {
    on.enter();
    int n = queue.size();
    on.exit();
    return n;
  }

  /** Asserts that no wait has left anything behind in the channels. */
  static void assertNobodyQueued(Chan<?>... channels) {
    for (Chan<?> channel : channels) {
      assertEquals(0, queuedSenders(channel), "senders left in " + channel);
      assertEquals(0, queuedReceivers(channel), "receivers left in " + channel);
    }
  }

  /** The kinds of threads that may call Heddle. */
  enum Caller {
    GOROUTINE {
      @Override
      Thread startThread(Runnable task) {
        return Go.go(task::run).thread();
      }
    },
    VIRTUAL_THREAD {
      @Override
      Thread startThread(Runnable task) {
        return Thread.ofVirtual().start(task);
      }
    },
    PLATFORM_THREAD {
      @Override
      Thread startThread(Runnable task) {
        return Thread.ofPlatform().daemon().start(task);
      }
    };

    abstract Thread startThread(Runnable task);

    /** Starts a task whose failure, unlike a goroutine's, waits for {@link Call#join}. */
    Call start(Task task) {
      FutureTask<Void> future =
          new FutureTask<>(() -> {
            task.run();
            return null;
          });
      return new Call(startThread(future), future);
    }
  }

  /** A task that runs on a thread of some kind. */
  record Call(Thread thread, FutureTask<Void> future) {
    /** Waits until the task has ended. Throws what it threw. */
    void join() {
      try {
        future.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        fail(thread + " does not end", e);
      } catch (java.util.concurrent.ExecutionException e) {
        throw new AssertionError("in " + thread, e.getCause());
      } catch (InterruptedException e) {
        fail("interrupted while waiting for " + thread, e);
      }
    }

    void awaitBlocked(String reason) {
      TestSupport.awaitBlocked(thread, reason);
    }
  }
}

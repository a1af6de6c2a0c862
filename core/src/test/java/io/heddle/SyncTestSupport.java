package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the tests of locks, conditions, groups, semaphores and onces share. */
final class SyncTestSupport {
  /** How often a race is run. To look for a rare failure: {@code -Dheddle.test.rounds=20000}. */
  static final int ROUNDS = Integer.getInteger("heddle.test.rounds", 100);

  private static final long PATIENCE_SECONDS = 60;

  private SyncTestSupport() {}

  /** Waits until so many waiters are queued on the object. */
  static void awaitQueued(Waitable on, int count) {
    awaitUntil(() -> queued(on) == count, () -> on + " has " + queued(on) + " waiters");
  }

  static void awaitUntil(BooleanSupplier condition, Supplier<String> state) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS)) {
        fail("waited in vain: " + state.get());
      }
      Go.gosched();
    }
  }

  /**
   * Four threads lock and unlock so fast that they meet at the lock, until it has passed from one
   * to another 50,000 times. That takes some milliseconds; on a busy machine it ends after two
   * seconds.
   *
   * @return how often two goroutines had the lock at the same time
   */
  static int meetings(Runnable lock, Runnable unlock) throws InterruptedException {
    AtomicInteger holders = new AtomicInteger();
    AtomicInteger meetings = new AtomicInteger();
    AtomicInteger changes = new AtomicInteger();
    AtomicReference<@Nullable Thread> last = new AtomicReference<>();
    long start = System.nanoTime();
    Task holds =
        () -> {
          Thread self = Thread.currentThread();
          while (changes.get() < 50_000 && System.nanoTime() - start < 2_000_000_000L) {
            lock.run();
            if (holders.incrementAndGet() > 1) {
              meetings.incrementAndGet();
            }
            if (last.get() != self) {
              last.set(self);
              changes.incrementAndGet();
            }
            holders.decrementAndGet();
            unlock.run();
          }
        };
    List<Call> calls = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      calls.add(Caller.PLATFORM_THREAD.start(holds));
    }
    for (Call call : calls) {
      call.join();
    }
    return meetings.get();
  }

  /** How many waiters are queued on the object. */
  static int queued(Waitable on) {
    int count = 0;
    on.enter();
    for (Field field : on.getClass().getDeclaredFields()) {
      if (field.getType() == WaitQueue.class) {
        count += ((WaitQueue) valueOf(field, on)).size();
      }
    }
    on.exit();
    return count;
  }

  /** Fails unless the object is as new: not held, no waiter, no bit left behind. */
  static void assertClean(Waitable on) {
    assertEquals(0, queued(on), () -> "waiters left on " + on);
    if (on instanceof Semaphore semaphore) {
      assertEquals(semaphore.size(), semaphore.available(), "permits of " + semaphore);
    } else if (!(on instanceof Cond)) {
      assertEquals(0L, ((Number) valueOf("state", on)).longValue(), () -> "state of " + on);
    }
  }

  /** The value of a private field. */
  static Object valueOf(String field, Object of) {
    try {
      return valueOf(of.getClass().getDeclaredField(field), of);
    } catch (NoSuchFieldException e) {
      throw new AssertionError(e);
    }
  }

  private static Object valueOf(Field field, Object of) {
    try {
      field.setAccessible(true);
      return field.get(of);
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  /** The kinds of thread that may call anything in Heddle. */
  enum Caller {
    GOROUTINE {
      @Override
      Thread launch(Task task) {
        return Go.go(task).thread();
      }
    },
    VIRTUAL_THREAD {
      @Override
      Thread launch(Task task) {
        return Thread.startVirtualThread(() -> quietly(task));
      }
    },
    PLATFORM_THREAD {
      @Override
      Thread launch(Task task) {
        return Thread.ofPlatform().daemon().start(() -> quietly(task));
      }
    };

    private static final List<Caller> ALL = List.of(values());

    /** Each in turn. */
    static Caller ofRound(int round) {
      return ALL.get(round % ALL.size());
    }

    abstract Thread launch(Task task);

    /** Starts a call whose outcome the test must ask for. */
    Call start(Task task) {
      Call call = new Call();
      call.thread = launch(() -> call.run(task));
      return call;
    }

    private static void quietly(Task task) {
      try {
        task.run();
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }
  }

  /** A call on a thread of its own. */
  static final class Call {
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable Throwable failure;
    private @Nullable Thread thread;

    private void run(Task task) {
      try {
        task.run();
      } catch (Throwable e) {
        failure = e;
      } finally {
        ended.countDown();
      }
    }

    void interrupt() {
      thread.interrupt();
    }

    /** Interrupts it in a wait that goes on all the same, and waits until it has looked. */
    void interruptUntilNoted() {
      thread.interrupt();
      awaitUntil(() -> !thread.isInterrupted(), () -> "the interrupt of " + thread);
    }

    boolean hasEnded() {
      return ended.getCount() == 0;
    }

    /** Waits for its end, and returns what it threw. */
    @Nullable Throwable failure() throws InterruptedException {
      if (!ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        AssertionError hangs = new AssertionError("the call hangs on " + thread);
        hangs.setStackTrace(thread.getStackTrace());
        throw hangs;
      }
      return failure;
    }

    /** Waits for its end; fails if it threw anything. */
    void join() throws InterruptedException {
      Throwable thrown = failure();
      if (thrown != null) {
        throw new AssertionError("the call failed", thrown);
      }
    }
  }
}

package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.TestSupport.Call;
import io.heddle.TestSupport.Caller;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("slow")
final class SpinLockTest {
  @Test
  void onlyOneOfThoseWhoMeetAtItHasIt() throws Exception {
    SpinLock lock = new SpinLock() {};
    assertEquals(0, SyncTestSupport.meetings(lock::enter, lock::exit));
  }

  /**
   * A holder may be off its carrier: a select that holds one lock naps while it waits for the next.
   * Those who wait for the first must not keep all carriers, even if they cannot nap.
   */
  @Test
  @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void thoseWhoWaitInterruptedLetAHolderRunThatIsOffItsCarrier() throws Exception {
    waitInterruptedForAHolder();
  }

  /** A bubble's clock moves only when no goroutine is interrupted, and must still see that. */
  @Test
  @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void thoseWhoWaitInterruptedInABubbleLetItRunToo() throws Exception {
    assertNull(
        new BubbleClock()
            .run(() -> {
              waitInterruptedForAHolder();
              assertEquals(0, Go.nanoTime());
            }));
  }

  private static void waitInterruptedForAHolder() {
    SpinLock lock = new SpinLock() {};
    AtomicBoolean mayExit = new AtomicBoolean();
    AtomicBoolean holds = new AtomicBoolean();
    AtomicInteger entered = new AtomicInteger();
    Call holder =
        Caller.GOROUTINE.start(() -> {
          lock.enter();
          holds.set(true);
          while (!mayExit.get()) {
            LockSupport.park();
          }
          lock.exit();
        });
    TestSupport.await("the holder", holds::get);

    int carriers = Runtime.getRuntime().availableProcessors();
    AtomicInteger waiting = new AtomicInteger();
    List<Call> waiters = new ArrayList<>();
    for (int i = 0; i < 2 * carriers; i++) {
      waiters.add(
          Caller.GOROUTINE.start(() -> {
            Thread.currentThread().interrupt();
            waiting.incrementAndGet();
            lock.enter();
            entered.incrementAndGet();
            lock.exit();
            assertTrue(Thread.interrupted(), "the interrupt is pending still");
          }));
    }
    try {
      TestSupport.await("all carriers to be taken", () -> waiting.get() >= carriers);
      mayExit.set(true);
      LockSupport.unpark(holder.thread());
      holder.join();
    } finally {
      lock.exit(); // if it is held still, a failure of this test disturbs no other
    }
    waiters.forEach(Call::join);
    assertEquals(2 * carriers, entered.get());
  }
}

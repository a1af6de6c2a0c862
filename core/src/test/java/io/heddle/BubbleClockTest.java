package io.heddle;

import static io.heddle.Go.go;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.TestSupport.Call;
import io.heddle.TestSupport.Caller;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The machinery of bubbles; what they promise is tested with the testing module. */
@Timeout(60)
final class BubbleClockTest {
  @Test
  void anHourTakesNoTime() throws Exception {
    long start = System.nanoTime();
    assertNull(
        new BubbleClock()
            .run(() -> {
              Go.sleep(Duration.ofHours(1));
              assertEquals(BubbleClock.START.plusSeconds(3600), Go.now());
            }));
    assertEquals(0, Duration.ofNanos(System.nanoTime() - start).toMinutes());
  }

  @Test
  void aWakerThatGoesToSleepDoesNotLetTimePassItsPartner() throws Exception {
    BubbleClock bubble = new BubbleClock();
    assertNull(
        bubble.run(() -> {
          Chan<Integer> there = Chan.unbuffered();
          Chan<Integer> back = Chan.unbuffered();
          go(() -> {
            for (int i : there) {
              back.send(i);
            }
            back.close();
          });
          for (int i = 0; i < 10_000; i++) {
            there.send(i);
            assertEquals(i, back.receive(Duration.ofNanos(1)));
          }
          there.close();
          assertNull(back.receive());
          assertEquals(0, Go.nanoTime());
        }));
  }

  /** The clock looks for interrupts, with the guard held, before it moves. */
  @Test
  void whoWaitsForTheGuardInterruptedIsSeenToBe() throws Exception {
    BubbleClock bubble = new BubbleClock();
    AtomicReference<Member> running = new AtomicReference<>();
    AtomicBoolean interrupted = new AtomicBoolean();
    Call clock =
        Caller.PLATFORM_THREAD.start(() -> {
          TestSupport.await("the goroutine", () -> running.get() != null);
          bubble.guard.enter();
          try {
            TestSupport.await("its interrupt", interrupted::get);
            Member member = running.get();
            Thread thread = member.routine.thread();
            for (int naps = 0; naps < 100; ) {
              naps += thread.getState() == Thread.State.TIMED_WAITING ? 1 : 0;
              assertTrue(thread.isInterrupted() || member.interrupted, "not seen");
            }
          } finally {
            bubble.guard.exit();
          }
        });
    assertNull(
        bubble.run(() -> {
          Member self = Routine.of(Thread.currentThread()).member();
          running.set(self);
          TestSupport.await("the guard to be taken", () -> !bubble.guard.isFree());
          Thread.currentThread().interrupt();
          interrupted.set(true);
          bubble.guard.enter();
          bubble.guard.exit();
          assertFalse(self.interrupted);
          assertTrue(Thread.interrupted());
        }));
    clock.join();
  }
}

package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Waiter.Seen;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A wait that an observer has marked is a wait like any other. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SeenWaitTest {
  private final Waiter waiter = new CallbackWaiter(() -> {});
  private final Seen mark = new Seen();

  @Test
  void hasOneMarkUntilItIsOver() {
    assertSame(mark, waiter.see(mark));
    assertSame(mark, waiter.see(new Seen()));
    assertTrue(waiter.isWaiting());
    assertTrue(waiter.claim(waiter));
    assertNull(waiter.see(new Seen()));
    waiter.prepare();
    assertNull(waiter.seen());
  }

  @Test
  void isClaimedOnce() {
    waiter.see(mark);
    assertTrue(waiter.claim(waiter));
    assertFalse(waiter.claim(new CallbackWaiter(() -> {})));
    assertFalse(waiter.abandon());
    assertSame(waiter, waiter.claimedBy());
  }

  @Test
  void isGivenUpOnce() {
    waiter.see(mark);
    assertTrue(waiter.abandon());
    assertFalse(waiter.isWaiting());
    assertFalse(waiter.claim(waiter));
  }

  /** Waits until it sleeps, and has its wait marked, by us or by whoever looked before. */
  private void look(Goroutine<?> goroutine) {
    TestSupport.awaitBlocked(goroutine, "chan receive");
    assertNotNull(((Routine) goroutine).see(mark));
  }

  @Test
  void endsByTheOperation() throws Exception {
    Go.run(() -> {
      Chan<String> channel = Chan.unbuffered();
      Goroutine<?> waits = Go.go(() -> assertEquals("sent", channel.receive()));
      look(waits);
      assertTrue(channel.trySend("sent"));
      waits.join();
    });
  }

  @Test
  void endsByAnInterrupt() throws Exception {
    Go.run(() -> {
      Chan<String> channel = Chan.unbuffered();
      Goroutine<?> waits =
          Go.go(() -> assertThrows(InterruptedException.class, () -> channel.receive()));
      look(waits);
      waits.thread().interrupt();
      waits.join();
      TestSupport.assertNobodyQueued(channel);
    });
  }

  @Test
  void endsByTheEndOfItsContext() throws Exception {
    Go.run(() -> {
      Chan<String> channel = Chan.unbuffered();
      CancelContext context = Context.background().withCancel();
      Goroutine<?> waits =
          Go.go(() -> assertThrows(ContextException.class, () -> channel.receive(context)));
      look(waits);
      context.cancel();
      waits.join();
      TestSupport.assertNobodyQueued(channel);
    });
  }

  @Test
  void endsByItsDeadline() throws Exception {
    VirtualClock.run(clock -> {
      Chan<String> channel = Chan.unbuffered();
      Duration second = Duration.ofSeconds(1);
      Goroutine<?> waits =
          Go.go(() -> assertThrows(TimeoutException.class, () -> channel.receive(second)));
      look(waits);
      clock.advance(second);
      waits.join();
      TestSupport.assertNobodyQueued(channel);
    });
  }
}

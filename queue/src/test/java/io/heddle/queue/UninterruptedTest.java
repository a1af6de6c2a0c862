package io.heddle.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class UninterruptedTest {
  private static String interruptible(AtomicInteger calls) throws InterruptedException {
    calls.incrementAndGet();
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    return "value";
  }

  @Test
  void anInterruptStartsTheWaitAgainAndStaysSet() {
    AtomicInteger calls = new AtomicInteger();
    Thread.currentThread().interrupt();
    assertEquals("value", Uninterrupted.await(() -> interruptible(calls)));
    assertTrue(Thread.interrupted());
    assertEquals(2, calls.get());
  }

  @Test
  void anInterruptStaysSetIfTheWaitFails() {
    AtomicInteger calls = new AtomicInteger();
    Thread.currentThread().interrupt();
    assertThrows(
        IllegalStateException.class,
        () ->
            Uninterrupted.await(() -> {
              throw new IllegalStateException(interruptible(calls));
            }));
    assertTrue(Thread.interrupted());
    assertEquals(2, calls.get());
  }
}

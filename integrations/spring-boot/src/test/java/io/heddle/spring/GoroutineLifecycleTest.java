package io.heddle.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.testing.Bubble;
import io.heddle.testing.Bubbled;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

@Bubbled
final class GoroutineLifecycleTest {
  private final GoroutineLifecycle lifecycle = new GoroutineLifecycle(Duration.ofSeconds(5));

  @Test
  void itsEndCancelsTasksAndWaitsForThem() throws Exception {
    AtomicBoolean cleanedUp = new AtomicBoolean();
    var task =
        lifecycle
            .executor()
            .submit(() -> {
              try {
                Go.sleep(Duration.ofDays(1));
              } finally {
                Go.sleep(Duration.ofSeconds(1)); // the interrupt is over
                cleanedUp.set(true);
              }
              return 1;
            });
    lifecycle.start();
    Bubble.settle();
    lifecycle.stop();
    assertFalse(lifecycle.isRunning());
    assertTrue(cleanedUp.get());
    assertTrue(task.isDone());
    assertThrows(RejectedExecutionException.class, () -> lifecycle.executor().submit(() -> 1));
  }

  @Test
  void itWaitsForATaskThatDoesNotEndNoLongerThanTheTimeout() throws Exception {
    var task =
        lifecycle
            .executor()
            .submit(() -> {
              try {
                Go.sleep(Duration.ofDays(1));
              } catch (InterruptedException e) {
                Go.sleep(Duration.ofMinutes(1));
              }
              return 1;
            });
    Bubble.settle();
    Instant begin = Go.now();
    lifecycle.stop();
    assertEquals(Duration.ofSeconds(5), Duration.between(begin, Go.now()));
    assertFalse(task.isDone());
    assertEquals(1, task.get());
  }
}

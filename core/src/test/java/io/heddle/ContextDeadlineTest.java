package io.heddle;

import static io.heddle.ContextAssertions.assertDone;
import static io.heddle.ContextAssertions.assertOpen;
import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.heddle.ForeignContexts.Wrapper;
import java.time.Duration;
import java.time.Instant;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class ContextDeadlineTest {
  private static final Duration SHORT = Duration.ofMillis(1);
  private static final Duration LONG = Duration.ofHours(1000);

  private static void assertExpires(Context context) throws InterruptedException {
    context.done().receive();
    assertDone(context, DeadlineExceededException.class);
  }

  @Test
  void aTimeoutEndsIt() throws InterruptedException {
    VirtualClock.run(clock -> {
      Context context = Context.background().withTimeout(SHORT);
      assertNotNull(context.deadline());
      assertExpires(context);
      assertSame(context.error(), context.cause());
    });
  }

  @Test
  void aTimeoutEndsItEvenIfTheWallClockWasSetPastItsParentsDeadline() throws InterruptedException {
    ManualClock clock = new ManualClock();
    new Program(clock)
        .run(() -> {
          Context parent = Context.background().withTimeout(Duration.ofHours(1));
          clock.setWallAhead(Duration.ofHours(2));
          Context child = parent.withTimeout(Duration.ofSeconds(1));
          clock.advance(Duration.ofSeconds(1));
          assertDone(child, DeadlineExceededException.class);
          assertNull(parent.error());
        });
  }

  @Test
  void aDeadlineEndsIt() throws InterruptedException {
    VirtualClock.run(clock -> {
      Instant deadline = Go.now().plus(SHORT);
      Context context = Context.background().withDeadline(deadline);
      assertEquals(deadline, context.deadline());
      assertExpires(context);
      assertEquals(deadline, Go.now());
    });
  }

  @ParameterizedTest
  @MethodSource("io.heddle.ContextTest#layers")
  void itReachesThroughLayers(UnaryOperator<Context> layer) throws InterruptedException {
    VirtualClock.run(clock -> {
      assertExpires(layer.apply(Context.background().withTimeout(SHORT)));
      assertExpires(layer.apply(Context.background().withDeadline(Go.now().plus(SHORT))));
      assertExpires(layer.apply(Context.background()).withTimeout(SHORT));
    });
  }

  @Test
  void aLongerTimeoutDoesNotOutliveItsParent() throws InterruptedException {
    VirtualClock.run(clock -> {
      Context parent = Context.background().withTimeout(SHORT);
      Context child = parent.withTimeout(LONG);
      assertEquals(parent.deadline(), child.deadline());
      assertExpires(child);
      assertSame(parent.error(), child.error());
    });
  }

  @Test
  void aShorterTimeoutLeavesItsParentOpen() throws InterruptedException {
    VirtualClock.run(clock -> {
      Context parent = Context.background().withTimeout(LONG);
      assertExpires(parent.withTimeout(SHORT));
      assertOpen(parent);
    });
  }

  @ParameterizedTest
  @MethodSource
  void aTimeThatHasPassedEndsItAtOnce(UnaryOperator<Context> expired) throws InterruptedException {
    run(() -> assertDone(expired.apply(Context.background()), DeadlineExceededException.class));
  }

  static Stream<UnaryOperator<Context>> aTimeThatHasPassedEndsItAtOnce() {
    return Stream.of(
        c -> c.withTimeout(Duration.ZERO),
        c -> c.withTimeout(Duration.ofSeconds(-1)),
        c -> c.withTimeout(Duration.ofSeconds(Long.MIN_VALUE)),
        c -> c.withDeadline(Instant.now()),
        c -> c.withDeadline(Instant.now().minusSeconds(1)),
        c -> c.withDeadline(Instant.MIN));
  }

  @Test
  void aTimeOutOfRangeNeverComes() throws InterruptedException {
    run(() -> {
      Duration max = Duration.ofSeconds(Long.MAX_VALUE, 999_999_999);
      try (CancelContext timeout = Context.background().withTimeout(max);
          CancelContext deadline = Context.background().withDeadline(Instant.MAX)) {
        assertOpen(timeout);
        assertOpen(deadline);
        assertEquals(Instant.MAX, deadline.deadline());
      }
    });
  }

  @Test
  void cancellingComesFirst() throws InterruptedException {
    run(() -> {
      CancelContext context = Context.background().withTimeout(LONG);
      context.cancel();
      assertDone(context, CancelledException.class);
      CancelContext parent = Context.background().withCancel();
      Context child = new Wrapper(parent.withTimeout(LONG)).withCancel();
      parent.cancel();
      assertDone(child, CancelledException.class);
    });
  }

  @Test
  void cancellingOrTheParentsEndTakesTheAlarmBack() throws InterruptedException {
    ManualClock clock = new ManualClock();
    new Program(clock)
        .run(() -> {
          Context.background().withTimeout(LONG).cancel();
          assertEquals(0, clock.alarms());

          CancelContext parent = Context.background().withCancel();
          Context child = parent.withTimeout(LONG);
          assertEquals(1, clock.alarms());
          assertEquals(clock.instant(0, 0).plus(LONG), child.deadline());
          parent.cancel();
          assertEquals(0, clock.alarms());

          assertDone(parent.withTimeout(LONG), CancelledException.class);
          assertEquals(0, clock.alarms());

          CancelContext outer = Context.background().withTimeout(SHORT);
          Context inner = outer.withTimeout(LONG);
          assertEquals(1, clock.alarms(), "the outer alarm ends both");
          clock.advance(SHORT);
          assertDone(inner, DeadlineExceededException.class);
          assertEquals(0, clock.alarms());
        });
  }

  @Test
  void cancelRacingWithTheDeadlineGivesOneOfBothErrors() throws InterruptedException {
    run(() -> {
      for (int i = 0; i < 500; i++) {
        CancelContext context = Context.background().withTimeout(Duration.ofNanos(i * 200L));
        Goroutine<?> canceller = go(() -> context.cancel());
        context.done().receive();
        ContextException error = context.error();
        assertNotNull(error);
        canceller.join();
        assertSame(error, context.error());
      }
    });
  }

  @Test
  void anOperationFailsWithTheDeadlinesException() throws InterruptedException {
    VirtualClock.run(clock -> {
      Context context = Context.background().withTimeout(SHORT);
      var e =
          assertThrows(
              DeadlineExceededException.class, () -> Chan.<String>never().receive(context));
      assertEquals("chan receive: " + context.error().getMessage(), e.getMessage());
    });
  }
}

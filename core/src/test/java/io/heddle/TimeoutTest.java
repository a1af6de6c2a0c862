package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.heddle.rate.RateLimiter;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The time-out of a single operation: what it says, and that it is no cancellation. */
@Tag("clock")
final class TimeoutTest {
  private static final Duration BRIEF = Duration.ofMillis(1500);

  static Stream<Arguments> operations() {
    Chan<String> never = Chan.never();
    return Stream.of(
        operation("chan send", () -> never.send("a", BRIEF)),
        operation("chan receive", () -> never.receive(BRIEF)),
        operation("select", () -> Select.of(Chan.unbuffered().onReceive()).await(BRIEF)),
        operation("select (no cases)", () -> Select.of().await(BRIEF)),
        operation("timer receive", () -> Go.after(Duration.ofDays(1)).receive(BRIEF)),
        operation("Context.done", () -> openContext().done().receive(BRIEF)),
        operation("Mutex.lock", () -> locked(new Mutex()).lock(BRIEF)),
        operation("RWMutex.lock", () -> locked(new RWMutex()).lock(BRIEF)),
        operation(
            "RWMutex.reading().lock",
            () -> ((RWMutex) locked(new RWMutex())).reading().lock(BRIEF)),
        operation("Cond.await", () -> new Cond(locked(new Mutex())).await(BRIEF)),
        operation("WaitGroup.await", () -> busyGroup().await(BRIEF)),
        operation("Semaphore.acquire", () -> new Semaphore(0).acquire(BRIEF)),
        operation("Semaphore.acquire", () -> new Semaphore(1).acquire(2, BRIEF)),
        operation("Goroutine.join", () -> sleeper().join(BRIEF)),
        operation("race", () -> Race.race(BRIEF, TimeoutTest::sleep)),
        operation(
            "SingleFlight.run", () -> new SingleFlight<>().run("key", TimeoutTest::sleep, BRIEF)));
  }

  private static Arguments operation(String name, Task task) {
    return Arguments.of(name, task);
  }

  private static Context openContext() {
    return Context.background().withTimeout(Duration.ofDays(1));
  }

  private static Locker locked(Locker locker) throws InterruptedException {
    locker.lock();
    return locker;
  }

  private static WaitGroup busyGroup() {
    WaitGroup group = new WaitGroup();
    group.add(1);
    return group;
  }

  private static Goroutine<?> sleeper() {
    return Go.go(TimeoutTest::sleep);
  }

  private static Void sleep() throws InterruptedException {
    Go.sleep(Duration.ofMinutes(1));
    return null;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("operations")
  void itNamesTheOperationAndTheTime(String name, Task operation) throws Exception {
    VirtualClock.run(_ -> {
      var e = assertThrows(TimeoutException.class, operation::run);
      assertEquals(name + ": timed out after 1.5s", e.getMessage());
    });
  }

  @ParameterizedTest
  @CsvSource({"PT0S, 0s", "PT-2S, -2s", "PT0.00025S, 0.00025s", "PT1H2M3S, 1h2m3s", "P3D, 72h"})
  void theTimeIsWrittenAsGoWritesIt(Duration timeout, String text) {
    assertEquals("test: timed out after " + text, Waiter.timedOut("test", timeout).getMessage());
  }

  @Test
  void itPassesACatchOfCancellations() {
    assertThrows(
        TimeoutException.class,
        () -> {
          try {
            Chan.never().receive(Duration.ZERO);
          } catch (ContextException e) {
            throw new AssertionError("nothing was cancelled", e);
          }
        });
  }

  @Test
  void theEndOfAContextIsNoTimeout() {
    try (CancelContext context = Context.background().withTimeout(Duration.ZERO)) {
      assertThrows(DeadlineExceededException.class, () -> Chan.never().receive(context));
      assertThrows(
          DeadlineExceededException.class, () -> RateLimiter.perSecond(1, 1).acquire(1, context));
    }
  }

  @Test
  void aRaceTellsItsOwnTimeFromThatOfTheCallersContext() throws Exception {
    VirtualClock.run(_ -> {
      Chan<Throwable> thrown = Chan.buffered(1);
      try (CancelContext context = Context.background().withTimeout(BRIEF)) {
        Go.go(
            context.withoutInterrupts(),
            () ->
                thrown.send(
                    assertThrows(
                        Exception.class, () -> Race.race(Duration.ofDays(1), TimeoutTest::sleep))));
        assertInstanceOf(DeadlineExceededException.class, thrown.receive());
      }
    });
  }

  /** An InterruptedException or a ContextException would be taken for the answer to the cancel. */
  @Test
  void aGoroutineThatWasCancelledFailsWithItAllTheSame() {
    var panic =
        assertThrows(
            PanicException.class,
            () ->
                Go.run(() -> {
                  CancelContext context = Context.background().withCancel();
                  Go.go(
                          context,
                          () -> {
                            context.cancel();
                            assertThrows(InterruptedException.class, () -> Chan.never().receive());
                            Chan.never().receive(Duration.ZERO);
                          })
                      .join();
                }));
    assertInstanceOf(TimeoutException.class, panic.getCause());
  }

  @Test
  void aTaskOfARaceThatTimesOutHasFailed() throws Exception {
    assertEquals(
        "slow but sure",
        Race.race(() -> Chan.<String>never().receive(Duration.ZERO), () -> "slow but sure"));
  }

  @Test
  void aLimiterThatWouldComeTooLateSaysSoAtOnce() throws Exception {
    RateLimiter limiter = RateLimiter.perSecond(1, 1);
    limiter.acquire();
    var e = assertThrows(TimeoutException.class, () -> limiter.acquire(Duration.ofMillis(1)));
    assertEquals("RateLimiter.acquire: would take longer than 0.001s", e.getMessage());
    try (CancelContext context = Context.background().withTimeout(Duration.ofMillis(1))) {
      assertThrows(DeadlineExceededException.class, () -> limiter.acquire(context));
    }
  }
}

package io.heddle.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Feed;
import io.heddle.Go;
import io.heddle.interop.GoroutineExecutor;
import io.heddle.interop.ReceiverPublisher;
import io.heddle.interop.StructuredTaskScope;
import io.heddle.interop.StructuredTaskScope.Joiner;
import io.heddle.interop.StructuredTaskScope.Subtask;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Executors, feeds, publishers and scopes in virtual time, and under many schedules. */
@Timeout(60)
final class InteropTest {
  private static Callable<String> after(Duration delay, String value) {
    return () -> {
      Go.sleep(delay);
      return value;
    };
  }

  private static void assertTook(Duration expected, Instant start) {
    assertEquals(expected, Duration.between(start, Go.now()));
  }

  @Test
  @Bubbled
  void waitsTakeVirtualTime() throws Exception {
    Instant start = Go.now();
    try (var executor = new GoroutineExecutor()) {
      Future<String> future = executor.submit(after(Duration.ofHours(2), "late"));
      assertThrows(TimeoutException.class, () -> future.get(1, TimeUnit.HOURS));
      assertTook(Duration.ofHours(1), start);
      assertEquals("late", future.get());
      assertTook(Duration.ofHours(2), start);
      Future<String> _ = executor.submit(after(Duration.ofDays(3), "later"));
      executor.shutdown();
      assertFalse(executor.awaitTermination(1, TimeUnit.DAYS));
      assertTook(Duration.ofHours(26), start);
    }
    assertTook(Duration.ofHours(74), start);
  }

  @Test
  @Bubbled
  void limitsOfSeveralTasksAreExact() throws Exception {
    Instant start = Go.now();
    try (var executor = new GoroutineExecutor()) {
      List<Callable<String>> tasks =
          List.of(after(Duration.ofMinutes(1), "early"), after(Duration.ofMinutes(3), "late"));
      List<Future<String>> futures = executor.invokeAll(tasks, 2, TimeUnit.MINUTES);
      assertTook(Duration.ofMinutes(2), start);
      assertEquals("early", futures.getFirst().get());
      assertTrue(futures.getLast().isCancelled());
      assertEquals("early", executor.invokeAny(tasks, 2, TimeUnit.MINUTES));
      assertTook(Duration.ofMinutes(3), start);
      assertThrows(TimeoutException.class, () -> executor.invokeAny(tasks, 30, TimeUnit.SECONDS));
      assertTook(Duration.ofMinutes(3).plusSeconds(30), start);
    }
    assertTook(Duration.ofMinutes(3).plusSeconds(30), start);
  }

  /** With a limit of a day at a time, time would pass forever. */
  @Test
  void aCloseThatNothingCanEndIsADeadlock() {
    assertThrows(
        DeadlockError.class,
        () ->
            Bubble.run(() -> {
              try (var executor = new GoroutineExecutor()) {
                executor.execute(() -> {
                  for (Object never : Chan.never()) {
                    throw new AssertionError(never);
                  }
                });
              }
            }));
  }

  @Test
  @Explored(schedules = 300)
  void aCancelledTaskIsInterruptedOrNeverBegins() throws Exception {
    boolean[] began = {false};
    boolean[] ended = {false};
    try (var executor = new GoroutineExecutor()) {
      Future<?> future =
          executor.submit(() -> {
            began[0] = true;
            try {
              return Chan.never().receive();
            } finally {
              ended[0] = true;
            }
          });
      Go.go(() -> future.cancel(true));
    }
    assertEquals(began[0], ended[0]);
  }

  @Test
  @Explored(schedules = 300)
  void aTaskRunsBeforeTheTerminationOrIsRejected() throws Exception {
    boolean[] ran = {false};
    boolean[] rejected = {false};
    var executor = new GoroutineExecutor();
    Go.go(() -> {
      try {
        executor.execute(() -> ran[0] = true);
      } catch (RejectedExecutionException e) {
        rejected[0] = true;
      }
    });
    executor.shutdown();
    assertTrue(executor.awaitTermination(1, TimeUnit.DAYS));
    boolean ranBefore = ran[0];
    Go.sleep(Duration.ofDays(1));
    assertEquals(ranBefore, ran[0]);
    assertEquals(ran[0], !rejected[0]);
  }

  @Test
  @Bubbled
  void theTimeLimitOfAScopeIsExact() throws Exception {
    Instant start = Go.now();
    try (var scope =
        StructuredTaskScope.open(
            Joiner.<String>awaitAll(), config -> config.withTimeout(Duration.ofHours(1)))) {
      Subtask<String> early = scope.fork(after(Duration.ofMinutes(59), "early"));
      Subtask<String> late = scope.fork(after(Duration.ofMinutes(61), "late"));
      assertThrows(StructuredTaskScope.TimeoutException.class, scope::join);
      assertTook(Duration.ofHours(1), start);
      assertEquals("early", early.get());
      assertEquals(Subtask.State.UNAVAILABLE, late.state());
    }
    assertTook(Duration.ofHours(1), start);
  }

  @Test
  @Explored(schedules = 300)
  void oneSubtaskWinsAndTheOthersAreGone() throws Exception {
    Chan<String> results = Chan.unbuffered();
    try (var scope = StructuredTaskScope.open(Joiner.<String>anySuccessfulResultOrThrow())) {
      for (String name : List.of("a", "b", "c")) {
        scope.fork(() -> name);
        scope.fork(() -> {
          results.send(name);
          return "sent";
        });
      }
      assertTrue(List.of("a", "b", "c").contains(scope.join()));
    }
    assertNull(results.tryReceive());
  }

  /** A source that is a goroutine longer than its feed would be left in the bubble. */
  @Test
  @Explored(schedules = 300)
  void aFeedThatIsClosedAtAnyTimeIsGone() throws Exception {
    boolean[] closed = {false};
    Feed<Integer> feed = Feed.from(Stream.iterate(0, i -> i + 1).onClose(() -> closed[0] = true));
    Go.go(() -> {
      for (int i = 0; i < 3; i++) {
        Integer value = feed.receive();
        assertTrue(value == null || value == i);
      }
    });
    feed.close();
    assertTrue(closed[0]);
    assertNull(feed.receive());
  }

  @Test
  @Explored(schedules = 300)
  void aPublisherAndAFeedPassOnEveryValueAndTheEnd() throws Exception {
    Chan<Integer> numbers = Chan.buffered(1);
    Go.go(() -> {
      for (int i = 0; i < 5; i++) {
        numbers.send(i);
      }
      numbers.close();
    });
    try (Feed<Integer> feed = Feed.from(new ReceiverPublisher<>(numbers), 2)) {
      assertEquals(List.of(0, 1, 2, 3, 4), feed.stream().toList());
    }
  }

  /** Values that were not requested are left for others. */
  @Test
  @Explored(schedules = 300)
  void aFeedThatLeavesItsPublisherTakesNoMoreThanItRequested() throws Exception {
    Chan<Integer> numbers = Chan.buffered(10);
    for (int i = 0; i < 10; i++) {
      numbers.send(i);
    }
    try (Feed<Integer> feed = Feed.from(new ReceiverPublisher<>(numbers), 2)) {
      assertEquals(0, feed.receive());
    }
    Go.sleep(Duration.ofSeconds(1)); // the subscription has ended
    assertTrue(numbers.len() >= 6, "left: " + numbers.len());
  }
}

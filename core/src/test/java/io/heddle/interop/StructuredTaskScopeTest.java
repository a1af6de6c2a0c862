package io.heddle.interop;

import static io.heddle.Go.go;
import static java.time.Duration.ofDays;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofNanos;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.CancelledException;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.PanicException;
import io.heddle.interop.StructuredTaskScope.FailedException;
import io.heddle.interop.StructuredTaskScope.Joiner;
import io.heddle.interop.StructuredTaskScope.Subtask;
import io.heddle.interop.StructuredTaskScope.Subtask.State;
import io.heddle.interop.StructuredTaskScope.TimeoutException;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Scopes with the names and the rules of JDK 25's preview. */
@Timeout(60)
final class StructuredTaskScopeTest {
  /** A subtask that only an interrupt ends. */
  private static final class Endless implements Callable<String> {
    final CountDownLatch started = new CountDownLatch(1);
    final CountDownLatch interrupted = new CountDownLatch(1);

    @Override
    public String call() throws InterruptedException {
      started.countDown();
      try {
        Chan.never().receive();
        throw new AssertionError("received from a channel that is never ready");
      } catch (InterruptedException e) {
        interrupted.countDown();
        throw e;
      }
    }
  }

  private static Callable<String> failing(Exception failure) {
    return () -> {
      throw failure;
    };
  }

  // The shape: what is written for the JDK's compiles with ours.

  private static Set<String> methods(Class<?> type) {
    return Arrays.stream(type.getDeclaredMethods())
        .filter(method -> Modifier.isPublic(method.getModifiers()))
        .filter(method -> !method.isSynthetic())
        .map(StructuredTaskScopeTest::signature)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String signature(Method method) {
    return method.getName()
        + Arrays.stream(method.getParameterTypes()).map(Class::getSimpleName).toList()
        + " "
        + method.getReturnType().getSimpleName();
  }

  @Test
  void itHasTheMethodsOfTheJdks() throws Exception {
    String jdk = "java.util.concurrent.StructuredTaskScope";
    for (String nested : List.of("", "$Joiner", "$Subtask", "$Configuration")) {
      Set<String> theirs = methods(Class.forName(jdk + nested));
      theirs.remove("withThreadFactory[ThreadFactory] Configuration"); // all are goroutines
      assertEquals(
          theirs, methods(Class.forName(StructuredTaskScope.class.getName() + nested)), nested);
    }
    assertEquals(
        Arrays.toString(Class.forName(jdk + "$Subtask$State").getEnumConstants()),
        Arrays.toString(State.values()));
  }

  // The default policy

  @Test
  void theResultsOfSubtasksAreThereAfterTheJoin() throws Exception {
    try (var scope = StructuredTaskScope.open()) {
      Subtask<String> user = scope.fork(() -> "user");
      Subtask<Integer> order = scope.fork(() -> 42);
      Subtask<?> action = scope.fork(() -> {});
      assertNull(scope.join());
      assertEquals("user", user.get());
      assertEquals(42, order.get());
      assertNull(action.get());
      assertEquals(State.SUCCESS, user.state());
      assertThrows(IllegalStateException.class, user::exception);
      assertFalse(scope.isCancelled());
    }
  }

  @Test
  void subtasksAreGoroutinesWithTheNameOfTheScope() throws Exception {
    try (var scope =
        StructuredTaskScope.<String, @Nullable Void>open(
            Joiner.awaitAll(), config -> config.withName("fetch"))) {
      Subtask<String> name = scope.fork(() -> Goroutine.current().name());
      scope.join();
      assertEquals("fetch", name.get());
    }
  }

  @Test
  void theFirstFailureCancelsTheOthersAndIsThrown() throws Exception {
    IOException failure = new IOException("disk");
    Endless endless = new Endless();
    try (var scope = StructuredTaskScope.open()) {
      Subtask<String> left = scope.fork(endless);
      endless.started.await();
      Subtask<String> failed = scope.fork(failing(failure));
      FailedException thrown = assertThrows(FailedException.class, scope::join);
      assertSame(failure, thrown.getCause());
      assertEquals(State.FAILED, failed.state());
      assertSame(failure, failed.exception());
      assertThrows(IllegalStateException.class, failed::get);
      endless.interrupted.await();
      assertEquals(State.UNAVAILABLE, left.state());
      assertThrows(IllegalStateException.class, left::get);
      assertThrows(IllegalStateException.class, left::exception);
      assertTrue(scope.isCancelled());
    }
  }

  @Test
  void aSubtaskOfACancelledScopeDoesNotStart() throws Exception {
    AtomicInteger ran = new AtomicInteger();
    Joiner<Integer, @Nullable Void> cancelling =
        new Joiner<>() {
          @Override
          public boolean onFork(Subtask<? extends Integer> subtask) {
            return true;
          }

          @Override
          public @Nullable Void result() {
            return null;
          }
        };
    try (var scope = StructuredTaskScope.open(cancelling)) {
      Subtask<Integer> subtask = scope.fork(ran::incrementAndGet);
      assertTrue(scope.isCancelled());
      scope.join();
      assertEquals(State.UNAVAILABLE, subtask.state());
    }
    assertEquals(0, ran.get());
  }

  // The other policies

  @Test
  void allSuccessfulYieldsTheSubtasksInTheOrderOfTheirForks() throws Exception {
    Chan<String> between = Chan.unbuffered();
    try (var scope = StructuredTaskScope.open(Joiner.<@Nullable String>allSuccessfulOrThrow())) {
      scope.fork(() -> between.receive());
      scope.fork(() -> {
        between.send("first");
        return "second";
      });
      assertEquals(List.of("first", "second"), scope.join().map(Subtask::get).toList());
    }
    IOException failure = new IOException("disk");
    try (var scope = StructuredTaskScope.open(Joiner.<String>allSuccessfulOrThrow())) {
      scope.fork(failing(failure));
      assertSame(failure, assertThrows(FailedException.class, scope::join).getCause());
    }
  }

  @Test
  void anySuccessfulYieldsTheFirstSuccessAndCancelsTheOthers() throws Exception {
    Endless endless = new Endless();
    try (var scope = StructuredTaskScope.open(Joiner.<String>anySuccessfulResultOrThrow())) {
      scope.fork(failing(new IOException("one")));
      scope.fork(endless);
      endless.started.await();
      scope.fork(() -> "winner");
      assertEquals("winner", scope.join());
      endless.interrupted.await();
    }
  }

  @Test
  void anySuccessfulThrowsAFailureIfAllFail() throws Exception {
    IOException failure = new IOException("one");
    try (var scope = StructuredTaskScope.open(Joiner.<String>anySuccessfulResultOrThrow())) {
      scope.fork(failing(failure));
      assertSame(failure, assertThrows(FailedException.class, scope::join).getCause());
    }
    try (var scope = StructuredTaskScope.open(Joiner.<String>anySuccessfulResultOrThrow())) {
      assertInstanceOf(
          NoSuchElementException.class,
          assertThrows(FailedException.class, scope::join).getCause());
    }
  }

  @Test
  void awaitAllWaitsForAllWhetherTheyFailOrNot() throws Exception {
    try (var scope = StructuredTaskScope.open(Joiner.<String>awaitAll())) {
      Callable<String> throwing =
          () -> {
            throw new AssertionError("an error, too");
          };
      Subtask<String> failed = scope.fork(throwing);
      Subtask<String> succeeded = scope.fork(() -> "value");
      scope.join();
      assertEquals(State.FAILED, failed.state());
      assertEquals("value", succeeded.get());
    }
  }

  @Test
  void allUntilCancelsWhenASubtaskMeetsTheCondition() throws Exception {
    Endless endless = new Endless();
    AtomicInteger failures = new AtomicInteger();
    Joiner<String, Stream<Subtask<String>>> untilTwoFailed =
        Joiner.allUntil(
            subtask -> subtask.state() == State.FAILED && failures.incrementAndGet() == 2);
    try (var scope = StructuredTaskScope.open(untilTwoFailed)) {
      scope.fork(endless);
      scope.fork(failing(new IOException("one")));
      scope.fork(failing(new IOException("two")));
      assertEquals(
          List.of(State.UNAVAILABLE, State.FAILED, State.FAILED),
          scope.join().map(Subtask::state).toList());
      assertTrue(scope.isCancelled());
    }
  }

  // Time limits, contexts, interrupts

  @Test
  void aScopeWhoseTimeIsOverIsCancelled() throws Exception {
    Endless endless = new Endless();
    try (var scope =
        StructuredTaskScope.open(
            Joiner.<String>awaitAll(), config -> config.withTimeout(ofMillis(1)))) {
      scope.fork(endless);
      assertThrows(TimeoutException.class, scope::join);
      assertTrue(scope.isCancelled());
    }
    try (var scope =
        StructuredTaskScope.open(
            Joiner.<String>awaitAll(), config -> config.withTimeout(ofNanos(0)))) {
      Subtask<String> never = scope.fork(() -> "value");
      assertThrows(TimeoutException.class, scope::join);
      assertEquals(State.UNAVAILABLE, never.state());
    }
    try (var scope =
        StructuredTaskScope.open(
            Joiner.<String>anySuccessfulResultOrThrow(),
            config -> config.withName("timely").withTimeout(ofDays(1)))) {
      scope.fork(() -> "in time");
      assertEquals("in time", scope.join());
    }
  }

  /** The joiner cancels as well: its result must not hide from the owner that it is cancelled. */
  @Test
  void theEndOfTheOwnersContextIsThrownEvenIfTheJoinerHasAResult() throws Exception {
    for (int round = 0; round < 100; round++) {
      CancelContext context = Context.background().withCancel();
      Joiner<String, String> joiner =
          new Joiner<>() {
            @Override
            public boolean onComplete(Subtask<? extends String> subtask) {
              context.cancel();
              return true;
            }

            @Override
            public String result() {
              return "result";
            }
          };
      Goroutine<?> owner =
          go(
              context,
              () -> {
                try (var scope = StructuredTaskScope.open(joiner)) {
                  scope.fork(() -> "value");
                  assertThrows(CancelledException.class, scope::join);
                }
                assertFalse(Thread.currentThread().isInterrupted());
              });
      owner.await();
    }
  }

  @Test
  void theEndOfTheOwnersContextIsThrownByTheJoin() throws Exception {
    Endless endless = new Endless();
    try (CancelContext context = Context.background().withCancel()) {
      Goroutine<Throwable> owner =
          go(
              context.withoutInterrupts(),
              () -> {
                try (var scope = StructuredTaskScope.open()) {
                  scope.fork(endless);
                  return assertThrows(CancelledException.class, scope::join);
                }
              });
      endless.started.await();
      context.cancel();
      assertInstanceOf(CancelledException.class, owner.await());
    }
  }

  @Test
  void anInterruptedJoinLeavesTheScopeToItsClose() throws Exception {
    Endless endless = new Endless();
    try (var scope = StructuredTaskScope.open()) {
      scope.fork(endless);
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, scope::join);
      assertFalse(scope.isCancelled());
      Thread.currentThread().interrupt();
    }
    assertTrue(Thread.interrupted());
    endless.interrupted.await();
  }

  // Joiners that throw

  private record Throwing(@Nullable RuntimeException onFork, @Nullable RuntimeException onComplete)
      implements Joiner<Object, String> {
    @Override
    public boolean onFork(Subtask<?> subtask) {
      if (onFork != null) {
        throw onFork;
      }
      return false;
    }

    @Override
    public boolean onComplete(Subtask<?> subtask) {
      if (onComplete != null) {
        throw onComplete;
      }
      return false;
    }

    @Override
    public String result() {
      throw new IllegalArgumentException("result");
    }
  }

  @Test
  void aJoinerThatThrowsAtAForkStartsNothing() throws Exception {
    var failure = new IllegalStateException("onFork");
    try (var scope = StructuredTaskScope.open(new Throwing(failure, null))) {
      assertSame(
          failure,
          assertThrows(
              IllegalStateException.class,
              () ->
                  scope.fork(() -> {
                    throw new AssertionError("started");
                  })));
      var failed = assertThrows(FailedException.class, scope::join);
      assertEquals("result", failed.getCause().getMessage());
    }
  }

  @RepeatedTest(50)
  void aJoinerThatThrowsAtTheEndOfASubtaskEndsTheProgram() {
    var failure = new IllegalStateException("onComplete");
    PanicException panic =
        assertThrows(
            PanicException.class,
            () ->
                Go.run(() -> {
                  try (var scope = StructuredTaskScope.open(new Throwing(null, failure))) {
                    scope.fork(() -> "value");
                    try {
                      scope.join();
                    } catch (FailedException | InterruptedException e) {
                      // the joiner's result, or the end of the program
                    }
                  }
                }));
    assertSame(failure, panic.getCause());
  }

  // The rules

  @Test
  void onlyTheOwnerUsesAScope() throws Exception {
    try (var scope = StructuredTaskScope.<String>open()) {
      Goroutine<@Nullable Void> other =
          go(() -> {
            assertThrows(WrongThreadException.class, () -> scope.fork(() -> "value"));
            assertThrows(WrongThreadException.class, scope::join);
            assertThrows(WrongThreadException.class, scope::close);
          });
      other.join();
      assertNull(other.failure());
      scope.join();
    }
  }

  @Test
  void aScopeIsForkedThenJoinedThenClosed() throws Exception {
    try (var scope = StructuredTaskScope.<String>open()) {
      Subtask<String> subtask = scope.fork(() -> "value");
      assertThrows(IllegalStateException.class, subtask::get);
      scope.join();
      assertThrows(IllegalStateException.class, scope::join);
      assertThrows(IllegalStateException.class, () -> scope.fork(() -> "value"));
      assertEquals("value", subtask.get());
    }
    StructuredTaskScope<String, @Nullable Void> forgotten = StructuredTaskScope.open();
    Subtask<String> subtask = forgotten.fork(new Endless());
    assertThrows(IllegalStateException.class, forgotten::close);
    assertEquals(State.UNAVAILABLE, subtask.state());
    forgotten.close();
    StructuredTaskScope<String, @Nullable Void> unused = StructuredTaskScope.open();
    unused.close();
    assertThrows(IllegalStateException.class, unused::join);
  }

  @Test
  void nullsAreRefused() throws Exception {
    assertThrows(NullPointerException.class, () -> StructuredTaskScope.open(null));
    assertThrows(
        NullPointerException.class, () -> StructuredTaskScope.open(Joiner.awaitAll(), null));
    assertThrows(NullPointerException.class, () -> Joiner.allUntil(null));
    try (var scope = StructuredTaskScope.open()) {
      assertThrows(NullPointerException.class, () -> scope.fork((Callable<String>) null));
      assertThrows(NullPointerException.class, () -> scope.fork((Runnable) null));
    }
  }

  @Test
  void aScopeIsNotLeftBeforeItsSubtasks() throws Exception {
    Chan<String> never = Chan.never();
    for (int i = 0; i < 100; i++) {
      AtomicInteger begun = new AtomicInteger();
      AtomicInteger ended = new AtomicInteger();
      try (var scope =
          StructuredTaskScope.open(Joiner.<@Nullable String>anySuccessfulResultOrThrow())) {
        for (int k = 0; k < 10; k++) {
          scope.fork(() -> {
            begun.incrementAndGet();
            try {
              return never.receive();
            } finally {
              ended.incrementAndGet();
            }
          });
        }
        scope.fork(() -> "winner");
        assertEquals("winner", scope.join());
      }
      assertEquals(begun.get(), ended.get());
    }
  }
}

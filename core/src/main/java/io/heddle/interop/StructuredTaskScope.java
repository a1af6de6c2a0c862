package io.heddle.interop;

import io.heddle.Context;
import io.heddle.internal.Failures;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Structured concurrency with the names of JDK 25's preview {@code
 * java.util.concurrent.StructuredTaskScope}, on goroutines: a program that is written for that
 * moves here by changing an import, and needs no {@code --enable-preview}.
 *
 * {@snippet :
 * try (var scope = StructuredTaskScope.open()) {
 *   Subtask<String> user = scope.fork(() -> findUser());
 *   Subtask<Integer> order = scope.fork(() -> fetchOrder());
 *   scope.join();                          // throws FailedException if either fails
 *   return new Response(user.get(), order.get());
 * }
 * }
 *
 * <p>In new code, {@link io.heddle.Race} and groups of tasks do the same with fewer calls.
 *
 * <p>The thread that opens a scope owns it: only that thread may fork, join and close. Subtasks are
 * goroutines below the owner's {@linkplain Context#current current} context. When the joiner
 * cancels the scope, its time is over, or that context is done, they are interrupted, even below
 * {@link Context#withoutInterrupts}. A failed subtask never ends the program; what a {@link Joiner}
 * throws in one of its callbacks on a subtask's goroutine does.
 *
 * <p>Differences from the JDK's: there is no {@code withThreadFactory}, as all subtasks are
 * goroutines; {@link #join} throws a {@link io.heddle.ContextException} if the owner's context
 * ends; scopes may be closed in any order; the name of a scope is that of its goroutines; and the
 * failures of an inner scope or group stand in the place of the exception that reports them.
 * Waiting takes virtual time in a bubble of {@code io.heddle.testing}.
 *
 * <p>What the owner does before {@link #fork} happens before the subtask, and what the subtask does
 * happens before {@link Joiner#onComplete}, {@link #join} returns, and {@link Subtask#get} does.
 *
 * @param <T> what the subtasks yield
 * @param <R> what {@link #join} yields
 */
public sealed interface StructuredTaskScope<T extends @Nullable Object, R extends @Nullable Object>
    extends AutoCloseable permits GoroutineScope {

  /**
   * Opens a scope that is cancelled by the first failure, which {@link #join} throws.
   *
   * @param <T> what the subtasks yield
   * @return a new scope; close it
   */
  static <T extends @Nullable Object> StructuredTaskScope<T, @Nullable Void> open() {
    return open(Joiner.awaitAllSuccessfulOrThrow());
  }

  /**
   * Opens a scope with a policy.
   *
   * @param <T> what the subtasks yield
   * @param <R> what {@link #join} yields
   * @param joiner decides when the scope is cancelled, and makes its outcome
   * @return a new scope; close it
   */
  static <T extends @Nullable Object, R extends @Nullable Object> StructuredTaskScope<T, R> open(
      Joiner<? super T, ? extends R> joiner) {
    return open(joiner, config -> config);
  }

  /**
   * Opens a scope with a policy, a name or a time limit.
   *
   * @param <T> what the subtasks yield
   * @param <R> what {@link #join} yields
   * @param joiner decides when the scope is cancelled, and makes its outcome
   * @param config returns what it is given with changes, such as {@code cf ->
   *     cf.withTimeout(ofSeconds(2))}
   * @return a new scope; close it
   */
  static <T extends @Nullable Object, R extends @Nullable Object> StructuredTaskScope<T, R> open(
      Joiner<? super T, ? extends R> joiner, Function<Configuration, Configuration> config) {
    return GoroutineScope.open(joiner, config);
  }

  /**
   * Starts a subtask, unless the scope is cancelled: then it stays {@link
   * Subtask.State#UNAVAILABLE}.
   *
   * @param <U> what it yields
   * @param task what to run
   * @return the subtask
   * @throws WrongThreadException if the caller does not own the scope
   * @throws IllegalStateException if the owner has joined or closed the scope
   */
  <U extends T> Subtask<U> fork(Callable<? extends U> task);

  /**
   * Starts a subtask that yields null, unless the scope is cancelled.
   *
   * @param <U> what it yields
   * @param task what to run
   * @return the subtask
   * @throws WrongThreadException if the caller does not own the scope
   * @throws IllegalStateException if the owner has joined or closed the scope
   */
  <U extends T> Subtask<U> fork(Runnable task);

  /**
   * Waits until all subtasks have ended or the scope is cancelled.
   *
   * @return the joiner's {@link Joiner#result result}
   * @throws FailedException with what the joiner's result throws as its cause
   * @throws TimeoutException if the scope's time is over
   * @throws io.heddle.ContextException if the owner's context has ended
   * @throws WrongThreadException if the caller does not own the scope
   * @throws IllegalStateException if the owner has joined or closed the scope
   * @throws InterruptedException if the thread is interrupted; it may join again
   */
  R join() throws InterruptedException;

  /**
   * Whether subtasks are, or would be, interrupted.
   *
   * @return whether the joiner, the time limit, the owner's context or {@link #close} has cancelled
   *     the scope
   */
  boolean isCancelled();

  /**
   * Cancels the scope unless it was joined, and waits until the goroutines of all subtasks have
   * ended, even if interrupted: then the interrupt status is set again.
   *
   * @throws IllegalStateException afterwards, if the owner has forked and not joined
   * @throws WrongThreadException if the caller does not own the scope
   */
  @Override
  void close();

  /**
   * A task of a scope.
   *
   * @param <T> what it yields
   */
  sealed interface Subtask<T extends @Nullable Object> extends Supplier<T>
      permits GoroutineScope.Fork {
    /** How far a subtask is. */
    enum State {
      /** It has not ended, or only after the scope was cancelled, or it never began. */
      UNAVAILABLE,
      /** It has yielded its result. */
      SUCCESS,
      /** It has thrown an exception. */
      FAILED
    }

    /**
     * How far it is.
     *
     * @return the state
     */
    State state();

    /**
     * Its result.
     *
     * @throws IllegalStateException if it has no result, or if the owner asks before it has joined
     */
    @Override
    T get();

    /**
     * What it threw.
     *
     * @return the failure
     * @throws IllegalStateException if it has not failed, or if the owner asks before it has joined
     */
    Throwable exception();
  }

  /**
   * Decides when a scope is cancelled, and what {@link StructuredTaskScope#join} yields. A joiner
   * serves one scope.
   *
   * @param <T> what the subtasks yield
   * @param <R> the result
   */
  interface Joiner<T extends @Nullable Object, R extends @Nullable Object> {
    /**
     * Called by the owner when it forks a subtask, which has not begun.
     *
     * @param subtask what is about to start
     * @return true to cancel the scope
     */
    default boolean onFork(Subtask<? extends T> subtask) {
      if (subtask.state() != Subtask.State.UNAVAILABLE) {
        throw new IllegalArgumentException("the subtask has ended");
      }
      return false;
    }

    /**
     * Called by the goroutine of a subtask that has succeeded or failed before the scope was
     * cancelled. Several may do so at the same time.
     *
     * @param subtask what has ended
     * @return true to cancel the scope
     */
    default boolean onComplete(Subtask<? extends T> subtask) {
      if (subtask.state() == Subtask.State.UNAVAILABLE) {
        throw new IllegalArgumentException("the subtask has not ended");
      }
      return false;
    }

    /**
     * Called by the owner when it has joined.
     *
     * @return what the join returns
     * @throws Throwable the cause of the {@link FailedException} that the join throws
     */
    R result() throws Throwable;

    /**
     * Waits for all, and cancels at the first failure.
     *
     * @param <T> what the subtasks yield
     * @return a joiner that yields all subtasks in the order of their forks, or throws the failure
     */
    static <T extends @Nullable Object> Joiner<T, Stream<Subtask<T>>> allSuccessfulOrThrow() {
      return new Joiners.AllSuccessful<>();
    }

    /**
     * Waits for the first success, and cancels then.
     *
     * @param <T> what the subtasks yield
     * @return a joiner that yields the result, or throws the failures, or a {@link
     *     java.util.NoSuchElementException} if no subtask has ended
     */
    static <T extends @Nullable Object> Joiner<T, T> anySuccessfulResultOrThrow() {
      return new Joiners.AnySuccessful<>();
    }

    /**
     * Waits for all, and cancels at the first failure.
     *
     * @param <T> what the subtasks yield
     * @return a joiner that yields null, or throws the failure
     */
    static <T extends @Nullable Object> Joiner<T, @Nullable Void> awaitAllSuccessfulOrThrow() {
      return new Joiners.AwaitSuccessful<>();
    }

    /**
     * Waits for all, and never cancels.
     *
     * @param <T> what the subtasks yield
     * @return a joiner that yields null
     */
    static <T extends @Nullable Object> Joiner<T, @Nullable Void> awaitAll() {
      return () -> null;
    }

    /**
     * Waits for all, and cancels when a subtask that has ended meets a condition.
     *
     * @param <T> what the subtasks yield
     * @param isDone the condition; called as {@link #onComplete} is
     * @return a joiner that yields all subtasks in the order of their forks
     */
    static <T extends @Nullable Object> Joiner<T, Stream<Subtask<T>>> allUntil(
        Predicate<Subtask<? extends T>> isDone) {
      return new Joiners.AllUntil<>(isDone);
    }
  }

  /** What can be chosen for a scope besides its joiner. */
  sealed interface Configuration permits GoroutineScope.Settings {
    /**
     * Names the scope's goroutines.
     *
     * @param name the name
     * @return a configuration with it
     */
    Configuration withName(String name);

    /**
     * Limits the time of the scope.
     *
     * @param timeout the time from its opening until it is cancelled
     * @return a configuration with it
     */
    Configuration withTimeout(Duration timeout);
  }

  /**
   * The outcome of a scope is a failure, which is the cause. If the joiner has failures of several
   * subtasks, the others are suppressed. The failures of an inner scope or group stand in its
   * place.
   */
  final class FailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    static {
      Failures.registerReport(FailedException.class);
    }

    FailedException(String message, Throwable failure) {
      super(message, failure);
    }
  }

  /** The time of a scope was over before it was joined. */
  final class TimeoutException extends RuntimeException {
    private static final long serialVersionUID = 1;

    TimeoutException(Duration timeout) {
      super("scope: not joined within " + timeout);
    }
  }
}

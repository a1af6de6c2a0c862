package io.heddle;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Says when work should stop, and carries values that belong to it: Go's {@code context.Context}.
 *
 * <p>Contexts form a tree. Cancelling one cancels all below it:
 *
 * {@snippet :
 * try (var context = Context.background().withTimeout(ofSeconds(1))) {   // defer cancel()
 *   go(context, () -> process(jobs));
 *   String answer = answers.receive(context);
 * }
 * }
 *
 * <p>Every blocking operation of Heddle takes a context, and {@link #onDone} is a case of select. A
 * goroutine {@linkplain Go#go(Context, Task) started under} a context is also interrupted when it
 * is cancelled, so that blocking I/O, {@code Process.waitFor} and the like stop too, which Go
 * cannot do. See {@link #withoutInterrupts} for work that must not be.
 *
 * <p>The interface can be implemented, usually by wrapping another context: {@link #done}, {@link
 * #error}, {@link #cause}, {@link #deadline} and {@link #value} are all a context is. All methods
 * may be called from any thread at any time.
 *
 * <p>A context that is implemented elsewhere ends the contexts below it when its {@link #done}
 * channel is closed, without being asked anything. Its {@link #error} and {@link #cause} are called
 * when a context below it is first asked for its own, on the thread that asks. If they throw, the
 * context below is cancelled with what they threw as its cause.
 *
 * <p>A cancellation happens before everything that sees it: {@link #error} not null, {@link #done}
 * received, an operation that ends because of it.
 */
public interface Context {
  /**
   * The root: never cancelled, without deadline or values. Go's {@code context.Background()}.
   *
   * @return the background
   */
  static Context background() {
    return RootContext.BACKGROUND;
  }

  /**
   * The root for code that has yet to be given a context: Go's {@code context.TODO()}.
   *
   * @return a context like the background
   */
  static Context todo() {
    return RootContext.TODO;
  }

  /**
   * The context that the calling goroutine runs under: the one it was {@linkplain Go#go(Context,
   * Task) started under}, the scope of its group, race, flight or pipeline, or else the background.
   * On a thread that is not a goroutine, virtual or not, it is the background.
   *
   * <p>{@link Go#go(Task)} starts a goroutine under the background wherever it is called, as in Go:
   * {@code go(Context.current(), task)} starts one that is cancelled with its creator. An operation
   * that waits for its tasks, such as {@link Race}, runs them below the caller's context unless it
   * is given another.
   *
   * <p>A task of {@link #afterFunc} runs under that context's {@link #withoutCancel}; one of {@link
   * Go#afterFunc} runs under the background.
   *
   * @return the calling goroutine's context; always the same for one goroutine
   */
  static Context current() {
    return Routine.currentContext();
  }

  /**
   * Makes a key for a value in contexts. Two keys are different even if their names are the same.
   *
   * @param <T> the type of the values
   * @param name what {@code toString} shows
   * @return a new key
   */
  static <T> Key<T> key(String name) {
    return new Key<>(name);
  }

  /**
   * A context that is done as soon as one of several is. Its deadline is the earliest of theirs;
   * its values, and whether it {@linkplain #interrupts interrupts}, are those of the first.
   *
   * @param first the parent
   * @param others the other contexts whose end is the end of this one
   * @return a new context
   */
  static CancelContext merge(Context first, Context... others) {
    return CancelContext.merged(first, others);
  }

  /**
   * A context that is cancelled when the process is asked to end, by Ctrl-C for one: Go's {@code
   * signal.NotifyContext}. If it has not been closed thirty seconds after that, the process is
   * ended. {@link ShutdownContext} says what happens at which signal.
   *
   * {@snippet :
   * try (var context = Context.untilShutdown()) {
   *   serve(context);
   * }
   * }
   *
   * @return a new context; close it when the work below it has ended
   */
  static ShutdownContext untilShutdown() {
    return ShutdownContext.open(ShutdownContext.GRACE);
  }

  /**
   * A context that is cancelled when the process is asked to end, as {@link #untilShutdown()}, with
   * a grace period of its own. Make it shorter than what the platform allows before it kills the
   * process: Kubernetes waits for thirty seconds, Docker for ten.
   *
   * @param grace how long the context may stay open after it was cancelled before the process is
   *     ended; zero or less ends the process at once
   * @return a new context; close it when the work below it has ended
   */
  static ShutdownContext untilShutdown(Duration grace) {
    return ShutdownContext.open(grace);
  }

  /**
   * When the context will be cancelled: Go's {@code ctx.Deadline()}.
   *
   * @return the deadline, null if absent
   */
  @Nullable Instant deadline();

  /**
   * A channel that is closed when the context is done: Go's {@code ctx.Done()}.
   *
   * @return the channel; always the same for one context
   */
  Receiver<Void> done();

  /**
   * Why the context is done: Go's {@code ctx.Err()}.
   *
   * @return {@link CancelledException} or {@link DeadlineExceededException}, always the same; null
   *     while the context is not done
   */
  @Nullable ContextException error();

  /**
   * Why the context was cancelled: Go's {@code context.Cause(ctx)}.
   *
   * @return the cause given when it, or the context above it, was cancelled; {@link #error} if none
   *     was; null while the context is not done
   */
  default @Nullable Throwable cause() {
    return error();
  }

  /**
   * The value for a key, in this context or the nearest one above: Go's {@code ctx.Value(key)}.
   *
   * @param <T> the type of the value
   * @param key the key
   * @return the value, null if absent
   */
  <T> @Nullable T value(Key<T> key);

  /**
   * Whether goroutines started under this context are interrupted when it is cancelled.
   *
   * @return true, except below {@link #withoutInterrupts}; always the same for one context
   */
  default boolean interrupts() {
    return true;
  }

  /**
   * Whether the context is done.
   *
   * @return whether {@link #error} is not null
   */
  default boolean isDone() {
    return error() != null;
  }

  /**
   * Throws if the context is done, for long work between blocking calls.
   *
   * @throws ContextException if the context is done
   */
  default void check() {
    if (error() != null) {
      throw ContextException.of("context", this);
    }
  }

  /**
   * A case that is chosen when the context is done.
   *
   * @return the case; its result is null
   */
  default Case<@Nullable Void> onDone() {
    return ReceiveCase.ofEnd(this, closed -> null);
  }

  /**
   * A case that is chosen when the context is done.
   *
   * @param <R> the result
   * @param result called when the case is chosen
   * @return the case
   */
  default <R extends @Nullable Object> Case<R> onDone(Supplier<? extends R> result) {
    Objects.requireNonNull(result, "result");
    return ReceiveCase.ofEnd(this, closed -> result.get());
  }

  /**
   * A context below this one that can be cancelled: Go's {@code context.WithCancel}.
   *
   * @return a new context; close or cancel it when its work is done, or it stays attached to this
   */
  default CancelContext withCancel() {
    return CancelContext.child(this);
  }

  /**
   * A context below this one that is cancelled after some time: Go's {@code context.WithTimeout}.
   *
   * @param timeout the time from now; zero or less cancels at once
   * @return a new context; close or cancel it when its work is done
   */
  default CancelContext withTimeout(Duration timeout) {
    return CancelContext.timeout(this, timeout, null);
  }

  /**
   * A context below this one that is cancelled after some time, with a cause: Go's {@code
   * context.WithTimeoutCause}.
   *
   * @param timeout the time from now; zero or less cancels at once
   * @param cause its {@link #cause} if the time is over
   * @return a new context; close or cancel it when its work is done
   */
  default CancelContext withTimeout(Duration timeout, Throwable cause) {
    return CancelContext.timeout(this, timeout, Objects.requireNonNull(cause, "cause"));
  }

  /**
   * A context below this one that is cancelled at some time: Go's {@code context.WithDeadline}.
   *
   * @param deadline when; a time that has passed cancels at once
   * @return a new context; close or cancel it when its work is done
   */
  default CancelContext withDeadline(Instant deadline) {
    return CancelContext.deadline(this, deadline, null);
  }

  /**
   * A context below this one that is cancelled at some time, with a cause: Go's {@code
   * context.WithDeadlineCause}.
   *
   * @param deadline when; a time that has passed cancels at once
   * @param cause its {@link #cause} if the time has come
   * @return a new context; close or cancel it when its work is done
   */
  default CancelContext withDeadline(Instant deadline, Throwable cause) {
    return CancelContext.deadline(this, deadline, Objects.requireNonNull(cause, "cause"));
  }

  /**
   * A context below this one that carries a value: Go's {@code context.WithValue}.
   *
   * @param <T> the type of the value
   * @param key the key, made by {@link #key}; code that has the key can read the value
   * @param value the value
   * @return a new context
   */
  default <T> Context withValue(Key<T> key, T value) {
    return new DerivedContext.Value<>(
        this, Objects.requireNonNull(key, "key"), Objects.requireNonNull(value, "value"));
  }

  /**
   * A context with the values of this one, but not cancelled when this is, and without its
   * deadline: Go's {@code context.WithoutCancel}.
   *
   * @return a new context
   */
  default Context withoutCancel() {
    return new DerivedContext.WithoutCancel(this);
  }

  /**
   * This context for goroutines that must not be interrupted when it is cancelled, because they
   * have to finish what they began. They can still see that it is done.
   *
   * @return a new context, done when this one is
   */
  default Context withoutInterrupts() {
    return new DerivedContext.WithoutInterrupts(this);
  }

  /**
   * Runs a task in a goroutine of its own once the context is done, at once if it is: Go's {@code
   * context.AfterFunc}. The goroutine has this context's values, but runs under {@link
   * #withoutCancel}: it would be interrupted from the start otherwise.
   *
   * <p>In a bubble of {@code io.heddle.testing}, a context from outside may end at any moment of
   * real time. Until it does, or the task is stopped, a goroutine of the bubble waits for that, and
   * the bubble's time stands still.
   *
   * @param task what to run
   * @return stops it
   */
  default AfterFunc afterFunc(Task task) {
    return CancelContext.afterFunc(this, task);
  }

  /**
   * Names a value in contexts: see {@link Context#key}.
   *
   * @param <T> the type of the values
   */
  @SuppressWarnings("UnusedTypeParameter") // it types the values
  final class Key<T> {
    private final String name;

    private Key(String name) {
      this.name = Objects.requireNonNull(name, "name");
    }

    /** The name that was given. */
    @Override
    public String toString() {
      return name;
    }
  }
}

package io.heddle;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A handle to a goroutine: see {@link Go#go(Task)} and {@link Go#go(Callable)}. Go has no handles;
 * a program in Go uses a channel or a wait group instead.
 *
 * <p>{@link #join} waits until the goroutine has ended, in whatever way; {@link #await} also
 * returns what its {@link Callable} returned. As a failure ends the program, code after an {@code
 * await} need not handle one; tasks that are expected to fail belong in a group.
 *
 * <p>What a goroutine did happens before {@link #join} or {@link #await} returns, {@link #isDone}
 * is true, or {@link #onJoin} is chosen. What the starter did happens before the goroutine's task
 * begins.
 *
 * <p>A failure that ends the {@linkplain Go#run program} also ends the joins in it. When a
 * goroutine of a program has failed, {@link #join} on another goroutine of that program throws
 * {@link InterruptedException} instead of returning, and a select throws it instead of choosing
 * {@link #onJoin}. So the code after a join does not run as if the goroutine had succeeded. The
 * failure itself is known by then: {@link #isDone} is true and {@link #failure} returns it. Each
 * goroutine is notified once, by this exception or by the interrupt that ends the program. After
 * that it can join others, to clean up. (In Go, the process has exited by then.) Outside of any
 * program, and in a program with a {@link FailureHandler}, a join of a goroutine that failed
 * returns normally.
 *
 * @param <T> what its {@link Callable} returns; {@link Void} if it runs a {@link Task}, whose value
 *     is null
 */
public sealed interface Goroutine<T extends @Nullable Object> permits Routine {
  /**
   * The goroutine that calls, if it is one.
   *
   * @return the handle, null on a thread that was not started as a goroutine
   */
  static @Nullable Goroutine<?> current() {
    return Routine.of(Thread.currentThread());
  }

  /**
   * The goroutine's number in its program. The main one is 1.
   *
   * @return a positive number
   */
  long id();

  /**
   * The goroutine's name.
   *
   * @return the name it was given, else "goroutine" and its number
   */
  String name();

  /**
   * The thread that runs it, a virtual thread. Whoever asks for it while the goroutine has not
   * ended may interrupt it or wait for its end at any time: no other goroutine will run on it.
   *
   * <p>Otherwise a goroutine that never blocks may leave its thread to the next one when it ends. A
   * thread that the goroutine itself has passed on as {@link Thread#currentThread()} must therefore
   * not be interrupted after the goroutine's end. Thread locals are never passed on. With {@code
   * -Dheddle.threads=own}, and on the JDK's scheduler, every goroutine has a thread of its own.
   *
   * @return always the same thread, once it was asked for before the goroutine's end; one that has
   *     ended if the goroutine has ended and left its thread to another
   */
  Thread thread();

  /**
   * Where it was created, as a stack trace shows it.
   *
   * <p>For a lambda this is where the first goroutine with this lambda was started, as finding it
   * out each time would cost more than the goroutine.
   *
   * @return the place, with the number of the goroutine that was there if it was one
   */
  String createdBy();

  /**
   * Waits until it has ended.
   *
   * @throws InterruptedException if the calling thread is interrupted, or its program has failed
   */
  void join() throws InterruptedException;

  /**
   * Waits until it has ended, unless the context is done first.
   *
   * @param context ends the wait
   * @throws ContextException if the context is done
   * @throws InterruptedException if the calling thread is interrupted, or its program has failed
   */
  void join(Context context) throws InterruptedException;

  /**
   * Waits a limited time until it has ended.
   *
   * @param timeout how long to wait at most; zero or less does not wait
   * @throws TimeoutException if the time is over
   * @throws InterruptedException if the calling thread is interrupted, or its program has failed
   */
  void join(Duration timeout) throws InterruptedException, TimeoutException;

  /**
   * Waits until it has ended, and returns its value.
   *
   * @return what its task returned; null if that is a {@link Task}
   * @throws CompletionException if its task threw something, which is the cause
   * @throws InterruptedException if the calling thread is interrupted, or its program has failed
   */
  T await() throws InterruptedException;

  /**
   * Waits until it has ended, unless the context is done first, and returns its value.
   *
   * @param context ends the wait
   * @return what its task returned; null if that is a {@link Task}
   * @throws CompletionException if its task threw something, which is the cause
   * @throws ContextException if the context is done
   * @throws InterruptedException if the calling thread is interrupted, or its program has failed
   */
  T await(Context context) throws InterruptedException;

  /**
   * Waits a limited time until it has ended, and returns its value.
   *
   * @param timeout how long to wait at most; zero or less does not wait
   * @return what its task returned; null if that is a {@link Task}
   * @throws CompletionException if its task threw something, which is the cause
   * @throws TimeoutException if the time is over
   * @throws InterruptedException if the calling thread is interrupted, or its program has failed
   */
  T await(Duration timeout) throws InterruptedException, TimeoutException;

  /**
   * The value of a goroutine that has ended, without waiting.
   *
   * @return what its task returned; null if that is a {@link Task}
   * @throws IllegalStateException if it has not ended, or its task threw something, which is then
   *     the cause
   */
  T result();

  /**
   * A case that is chosen when it has ended.
   *
   * @return the case; its result is what {@link #await} returns or throws
   */
  Case<T> onJoin();

  /**
   * A case that is chosen when it has ended.
   *
   * @param <R> the result
   * @param result called with what {@link #await} returns when the case is chosen; if {@code await}
   *     throws, the case's result throws the same
   * @return the case
   */
  <R extends @Nullable Object> Case<R> onJoin(Function<? super T, ? extends R> result);

  /**
   * Whether it has ended.
   *
   * @return true once its task has returned or thrown
   */
  boolean isDone();

  /**
   * What its task threw. It is set before {@link #isDone} becomes true, and before other goroutines
   * are interrupted because the failure ends the program.
   *
   * @return the throwable, null if the task has not ended or ended normally
   */
  @Nullable Throwable failure();

  /**
   * Interrupts it. What it throws because of that, an {@link InterruptedException}, a {@link
   * ContextException}, or the exception of I/O that an interrupt stopped, ends it quietly. Does
   * nothing to one that has ended.
   */
  void cancel();
}

package io.heddle;

import io.heddle.scheduler.Headroom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Goroutines and time, for {@code import static io.heddle.Go.*}.
 *
 * {@snippet :
 * void main() throws Exception {
 *   run(() -> {
 *     Chan<String> messages = Chan.unbuffered();
 *     go(() -> messages.send("Hello from a goroutine!"));
 *     IO.println(messages.receive());
 *   });
 * }
 * }
 */
public final class Go {
  private Go() {}

  /**
   * Starts a goroutine: Go's {@code go f()}. It runs on a virtual thread of its own.
   *
   * <p>An exception that the task lets out ends the {@linkplain #run program} that the goroutine
   * belongs to; outside of any, it goes to the default uncaught exception handler.
   *
   * <p>A lambda expression that can return a value is taken for a {@link Callable}. A reference to
   * an overloaded method can be either, which does not compile: write a lambda expression instead.
   *
   * @param task what to run
   * @return a handle
   */
  public static Goroutine<@Nullable Void> go(Task task) {
    return go(Context.background(), task);
  }

  /**
   * Starts a goroutine that returns a value, for {@link Goroutine#await()}. In everything else this
   * is {@link #go(Task)}: what the task throws ends the program. Tasks that may fail belong in a
   * group.
   *
   * {@snippet :
   * Goroutine<Page> page = go(() -> fetch(uri));
   * Template template = load(name);
   * return template.render(page.await());
   * }
   *
   * @param <T> the value
   * @param task what to run
   * @return a handle
   */
  public static <T extends @Nullable Object> Goroutine<T> go(Callable<? extends T> task) {
    return go(Context.background(), task);
  }

  /**
   * Starts a goroutine with a name, for dumps and thread lists.
   *
   * @param name its name
   * @param task what to run
   * @return a handle
   */
  public static Goroutine<@Nullable Void> go(String name, Task task) {
    return go(Context.background(), name, task);
  }

  /**
   * Starts a goroutine with a name that returns a value: see {@link #go(Callable)}.
   *
   * @param <T> the value
   * @param name its name
   * @param task what to run
   * @return a handle
   */
  public static <T extends @Nullable Object> Goroutine<T> go(
      String name, Callable<? extends T> task) {
    return go(Context.background(), name, task);
  }

  /**
   * Starts a goroutine under a context. When the context is done the goroutine is interrupted, and
   * what it throws because of that, an {@link InterruptedException}, a {@link ContextException}, or
   * the exception of I/O that an interrupt stopped, ends it quietly.
   *
   * <p>The interrupt is taken back if the goroutine learns of the end of its context otherwise: by
   * {@link Context#onDone} or a {@link ContextException}. So it can clean up with blocking
   * operations. Under {@link Context#withoutInterrupts} there is no interrupt.
   *
   * @param context whose end is to interrupt it
   * @param task what to run
   * @return a handle
   */
  public static Goroutine<@Nullable Void> go(Context context, Task task) {
    return Routine.start(Program.current(), null, Objects.requireNonNull(context, "context"), task)
        .handle();
  }

  /**
   * Starts a goroutine that returns a value under a context: see {@link #go(Context, Task)} and
   * {@link #go(Callable)}.
   *
   * @param <T> the value
   * @param context whose end is to interrupt it
   * @param task what to run
   * @return a handle
   */
  public static <T extends @Nullable Object> Goroutine<T> go(
      Context context, Callable<? extends T> task) {
    return Routine.startReturning(
            Program.current(), null, Objects.requireNonNull(context, "context"), task)
        .handle();
  }

  /**
   * Starts a goroutine with a name under a context.
   *
   * @param context whose end is to interrupt it
   * @param name its name
   * @param task what to run
   * @return a handle
   */
  public static Goroutine<@Nullable Void> go(Context context, String name, Task task) {
    return Routine.start(
            Program.current(),
            Objects.requireNonNull(name, "name"),
            Objects.requireNonNull(context, "context"),
            task)
        .handle();
  }

  /**
   * Starts a goroutine with a name that returns a value under a context: see {@link #go(Context,
   * Task)} and {@link #go(Callable)}.
   *
   * @param <T> the value
   * @param context whose end is to interrupt it
   * @param name its name
   * @param task what to run
   * @return a handle
   */
  public static <T extends @Nullable Object> Goroutine<T> go(
      Context context, String name, Callable<? extends T> task) {
    return Routine.startReturning(
            Program.current(),
            Objects.requireNonNull(name, "name"),
            Objects.requireNonNull(context, "context"),
            task)
        .handle();
  }

  /**
   * Runs a program: the main function as goroutine 1, and those it starts, directly and indirectly.
   * As in Go, the program ends when main returns; goroutines that are left are interrupted.
   *
   * <p>An exception that leaves the task of any of its goroutines ends the program, too. This
   * method then throws a {@link PanicException}, and if that leaves {@code main}, the JVM prints it
   * as Go prints a panic, with every goroutine's trace, and exits with status 2. Exceptions of
   * other goroutines while the program ends are suppressed in it, unless they come from an
   * interrupt.
   *
   * <p>When this method returns, its goroutines have ended, except for those that ignore an
   * interrupt for a second.
   *
   * @param main the main function
   * @throws PanicException if a goroutine failed; if the calling thread was interrupted at the same
   *     time, it still is
   * @throws InterruptedException if the calling thread is interrupted; the program's goroutines
   *     are, too
   */
  public static void run(Task main) throws InterruptedException {
    Program program = new Program(Program.current().clock());
    program.start(main);
    main = null; // else what the main function alone refers to would be reachable from here
    awaitEnd(program);
  }

  /**
   * Runs a program in which a goroutine may fail without ending it: for servers, where one failed
   * request must not end the others. An exception that a goroutine lets out goes to the handler.
   * What {@linkplain #go(Context, Task) ends a goroutine quietly} does not.
   *
   * <p>Everything else is as for {@link #run(Task)}. The failure of the main function ends the
   * program with a {@link PanicException}, and so do a {@linkplain DeadlockException deadlock} and
   * an exception that the handler itself throws. A {@link Goroutine#join} on a goroutine that
   * failed returns, once the handler has.
   *
   * <p>When the main function has returned, goroutines that are left are interrupted. The handler
   * is not told of what they throw because of that.
   *
   * {@snippet :
   * run(() -> serve(requests), FailureHandler.logging());
   * }
   *
   * @param main the main function
   * @param handler takes the failures of goroutines other than the main one
   * @throws PanicException if the main function or the handler threw an exception
   * @throws InterruptedException if the calling thread is interrupted; the program's goroutines
   *     are, too
   */
  public static void run(Task main, FailureHandler handler) throws InterruptedException {
    Program program =
        new Program(Program.current().clock(), Objects.requireNonNull(handler, "handler"));
    program.start(main);
    main = null; // as above
    awaitEnd(program);
  }

  private static void awaitEnd(Program program) throws InterruptedException {
    try {
      program.awaitEnd();
    } catch (PanicException e) {
      e.endMainThread();
      throw e;
    }
  }

  /**
   * Lets other goroutines run: Go's {@code runtime.Gosched()}. Neither waits for anything nor heeds
   * an interrupt.
   *
   * <p>The caller gets its turn again, also next to goroutines that hand over to each other without
   * a pause. On the JDK's scheduler that may take some milliseconds, and may not happen next to
   * virtual threads that hand over by other means than Heddle's.
   */
  public static void gosched() {
    Routine.yieldNow();
  }

  /**
   * Waits: Go's {@code time.Sleep(d)}.
   *
   * @param duration how long; zero or less does not wait
   * @throws InterruptedException if the thread is interrupted
   */
  public static void sleep(Duration duration) throws InterruptedException {
    doSleep(duration, null);
  }

  /**
   * Waits, unless the context is done first.
   *
   * @param duration how long; zero or less does not wait
   * @param context ends the wait
   * @throws ContextException if the context is done before the time is over
   * @throws InterruptedException if the thread is interrupted
   */
  public static void sleep(Duration duration, Context context) throws InterruptedException {
    doSleep(duration, Objects.requireNonNull(context, "context"));
  }

  private static void doSleep(Duration duration, @Nullable Context context)
      throws InterruptedException {
    Headroom.forTaking();
    Waiter.check(WaitReason.SLEEP, context);
    if (duration.isPositive()) {
      Waiter self = Waiter.current();
      self.prepare();
      Waiter.End end;
      try {
        end = self.sleep(WaitReason.SLEEP, context, self.clock().deadline(duration), true);
      } catch (Throwable e) { // a foreign context fails, or the bubble is given up
        self.abandon();
        throw e;
      }
      if (end != Waiter.End.EXPIRED) {
        throw Waiter.failure(end, WaitReason.SLEEP, context);
      }
    }
  }

  /**
   * A channel that yields the time once, after a delay: Go's {@code time.After(d)}. It costs no
   * thread and no timer task, only an object.
   *
   * @param delay the time until it yields; zero or less is at once
   * @return the channel
   */
  public static Receiver<Instant> after(Duration delay) {
    return Timer.start(delay);
  }

  /**
   * A channel that yields the time at a fixed interval: Go's {@code time.Tick(d)}.
   *
   * @param period the time between two ticks
   * @return the channel
   * @throws IllegalArgumentException if the period is not positive; Go returns a nil channel
   */
  public static Receiver<Instant> tick(Duration period) {
    return Ticker.start(period);
  }

  /**
   * Runs a task in a goroutine of its own after some time: Go's {@code time.AfterFunc(d, f)}.
   *
   * @param delay the time until it runs; zero or less is at once
   * @param task what to run
   * @return stops or postpones it
   */
  public static AfterFunc.Timed afterFunc(Duration delay, Task task) {
    return new TimedAfterFunc(delay, task);
  }

  /**
   * The time: Go's {@code time.Now()}. It comes from the clock of the program, so that it agrees
   * with its timers when a test replaces that.
   *
   * @return the time of day
   */
  public static Instant now() {
    return Program.current().clock().now();
  }

  /**
   * The reading of the program's monotonic clock, for measuring how long something takes.
   *
   * @return nanoseconds since some fixed moment, never negative
   */
  public static long nanoTime() {
    return Program.current().clock().nanoTime();
  }

  /**
   * The program's clock for libraries that take one.
   *
   * @return a source that reads the clock of whichever program calls it
   */
  public static InstantSource clock() {
    return Go::now;
  }
}

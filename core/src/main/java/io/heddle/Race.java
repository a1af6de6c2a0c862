package io.heddle;

import io.heddle.scheduler.Headroom;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Runs several tasks for one answer: the first that succeeds wins, and the rest is cancelled. For
 * {@code import static io.heddle.Race.race}.
 *
 * {@snippet :
 * String page = race(ofSeconds(2), () -> fetch(mirror1), () -> fetch(mirror2));
 * }
 *
 * <p>Each task has a goroutine of its own, under a context that is done when the race is over: when
 * one has succeeded or all have failed, and when the caller is interrupted, its context is done or
 * its time over. The goroutines that still run are then interrupted, and a race does not return
 * before they have ended, so that nothing is left of it. A task that does not heed interrupts
 * therefore holds it up. What a task returns that has not won is dropped.
 *
 * <p>The context of the tasks, which {@link Context#current} returns in them, is below the one
 * given to the race, or else below the caller's own.
 *
 * <p>Tasks are interrupted also where the race's context {@linkplain Context#withoutInterrupts does
 * not interrupt}: a task has no other means to learn that the race is over. Work that must be
 * finished belongs in a goroutine of its own.
 *
 * <p>If all tasks fail, the first failure is the cause of an {@link ExecutionException}. That one
 * has the others as {@linkplain Throwable#getSuppressed suppressed} exceptions, the first 16 of
 * them, and tells in its message how many there were. Whatever a task throws is its failure, an
 * {@link Error} as well as an exception.
 *
 * <p>What happens before a race happens before its tasks; what the tasks do happens before it
 * returns.
 *
 * <p>Go has no such function; there one combines a context with a channel that has room for all
 * answers.
 */
public final class Race {
  private Race() {}

  /**
   * Returns what the first task to succeed returns.
   *
   * @param <T> the answer
   * @param tasks at least one
   * @return the winner's answer
   * @throws ExecutionException if all tasks fail
   * @throws ContextException if the context that the caller runs under is done
   * @throws IllegalArgumentException if there are no tasks
   * @throws InterruptedException if the thread is interrupted
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <T extends @Nullable Object> T race(Callable<? extends T>... tasks)
      throws ExecutionException, InterruptedException {
    return race(Context.current(), List.of(tasks));
  }

  /**
   * Returns what the first task to succeed returns, unless a context is done first.
   *
   * @param <T> the answer
   * @param context ends the race
   * @param tasks at least one
   * @return the winner's answer
   * @throws ExecutionException if all tasks fail
   * @throws ContextException if the context is done; if it is from the start, no task begins
   * @throws IllegalArgumentException if there are no tasks
   * @throws InterruptedException if the thread is interrupted
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <T extends @Nullable Object> T race(Context context, Callable<? extends T>... tasks)
      throws ExecutionException, InterruptedException {
    return race(context, List.of(tasks));
  }

  /**
   * Returns what the first task to succeed returns, if that happens in time.
   *
   * @param <T> the answer
   * @param timeout how long the race lasts at most; with zero or less no task begins
   * @param tasks at least one
   * @return the winner's answer
   * @throws TimeoutException if the time is over
   * @throws ContextException if the {@linkplain Context#current() caller's context} is done
   * @throws ExecutionException if all tasks fail
   * @throws IllegalArgumentException if there are no tasks
   * @throws InterruptedException if the thread is interrupted
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <T extends @Nullable Object> T race(
      Duration timeout, Callable<? extends T>... tasks)
      throws ExecutionException, InterruptedException, TimeoutException {
    TimeoutException late = Waiter.timedOut("race", timeout);
    try (CancelContext context = Context.current().withTimeout(timeout, late)) {
      return race(context, List.of(tasks));
    } catch (DeadlineExceededException e) { // of this race, or of the caller's context
      if (e.getCause() == late) {
        for (Throwable failure : e.getSuppressed()) {
          late.addSuppressed(failure);
        }
        throw late;
      }
      throw e;
    }
  }

  /**
   * Returns what the first task to succeed returns, unless a context is done first.
   *
   * @param <T> the answer
   * @param context ends the race
   * @param tasks at least one
   * @return the winner's answer
   * @throws ExecutionException if all tasks fail
   * @throws ContextException if the context is done; if it is from the start, no task begins
   * @throws IllegalArgumentException if there are no tasks
   * @throws InterruptedException if the thread is interrupted
   */
  public static <T extends @Nullable Object> T race(
      Context context, Collection<? extends Callable<? extends T>> tasks)
      throws ExecutionException, InterruptedException {
    Headroom.forScope();
    List<Callable<? extends T>> field = List.copyOf(tasks);
    if (field.isEmpty()) {
      throw new IllegalArgumentException("race of no tasks");
    }
    Waiter.check(WaitReason.JOIN, context);
    return new Contest<T>(context).run(field);
  }

  private record Success<T extends @Nullable Object>(T value) {}

  /** One race. */
  private static final class Contest<T extends @Nullable Object> {
    private final TaskGroup<@Nullable Void> group;
    private final AtomicReference<@Nullable Success<T>> winner = new AtomicReference<>();

    Contest(Context context) {
      this.group = TaskGroup.<@Nullable Void>interrupting("race", context).keepGoing();
    }

    T run(List<Callable<? extends T>> tasks) throws ExecutionException, InterruptedException {
      try {
        runAll(tasks);
      } catch (InterruptedException | ContextException e) {
        if (winner.get() == null) {
          group.addFailuresTo(e);
          throw e;
        } else if (e instanceof InterruptedException) {
          Thread.currentThread().interrupt(); // it came too late
        }
      }
      if (winner.get() == null) {
        group.outcome(); // throws
      }
      return Objects.requireNonNull(winner.get(), "a winner, as no task failed").value();
    }

    private void runAll(List<Callable<? extends T>> tasks) throws InterruptedException {
      try {
        for (Callable<? extends T> task : tasks) {
          group.start(new GroupTask<>(group, () -> attempt(task)), task);
        }
        group.awaitEnd(group.context());
      } finally {
        group.finish();
      }
    }

    private void attempt(Callable<? extends T> task) throws Exception {
      if (winner.compareAndSet(null, new Success<>(task.call()))) {
        group.cancel();
      }
    }
  }
}

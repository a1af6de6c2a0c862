package io.heddle;

import io.heddle.scheduler.Headroom;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Runs several tasks for one answer: the first that succeeds wins, and the others are cancelled.
 * Meant for {@code import static io.heddle.Race.race}.
 *
 * {@snippet :
 * String page = race(ofSeconds(2), () -> fetch(mirror1), () -> fetch(mirror2));
 * }
 *
 * <p>Each task has a goroutine of its own. The race is over when one task has succeeded or all have
 * failed, or when the caller is interrupted, its context is done or its time-out expires.
 * Goroutines that still run are then interrupted, and the race returns when they have ended: no
 * goroutine outlives it. A task that ignores interrupts therefore delays it. The results of tasks
 * that have not won are dropped.
 *
 * <p>The context of the tasks, which {@link Context#current} returns in them, is below the one
 * given to the race, or else below the caller's own.
 *
 * <p>Tasks are interrupted even if the race's context {@linkplain Context#withoutInterrupts does
 * not interrupt}, because they have no other way to learn that the race is over. Work that must be
 * finished belongs in a goroutine of its own.
 *
 * <p>If all tasks fail, the race throws an {@link ExecutionException} whose cause is the first
 * failure, an exception or an {@link Error}. Up to 16 others are {@linkplain
 * Throwable#getSuppressed suppressed} in it, and its message gives the number of all failures. If
 * the race ends otherwise without a winner, the failures until then are suppressed in the exception
 * that it throws.
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
    TimeoutException late = Waiter.timedOut(WaitReason.RACE, timeout);
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
    Waiter.check(WaitReason.RACE, context);
    return new Contest<T>(context).run(field);
  }

  private record Success<T extends @Nullable Object>(T value) {}

  /** One race. */
  private static final class Contest<T extends @Nullable Object> {
    private final TaskGroup<@Nullable Void> group;
    private final AtomicReference<@Nullable Success<T>> winner = new AtomicReference<>();

    Contest(Context context) {
      this.group = TaskGroup.<@Nullable Void>interrupting(WaitReason.RACE, context).keepGoing();
    }

    T run(List<Callable<? extends T>> tasks) throws ExecutionException, InterruptedException {
      InterruptedException interrupt = null;
      boolean cancelled;
      try {
        startAll(tasks);
        group.awaitEndOrCancellation();
      } catch (InterruptedException e) {
        interrupt = e;
      } finally {
        cancelled = group.isCancelled(); // by the winner or from above
        group.finish(WaitReason.RACE);
      }
      Success<T> won = winner.get();
      if (won != null) {
        if (interrupt != null) {
          Thread.currentThread().interrupt(); // it came too late
        }
        return won.value();
      }
      if (cancelled) {
        throw group.addFailuresTo(group.cancellation());
      }
      if (interrupt != null) {
        throw group.addFailuresTo(interrupt);
      }
      group.outcome(); // throws
      throw new AssertionError("neither a winner nor a failure");
    }

    /** Stops when the group is cancelled: a task may win before the others begin. */
    private void startAll(List<Callable<? extends T>> tasks) {
      for (Callable<? extends T> task : tasks) {
        if (!group.tryStart(new GroupTask<>(group, () -> attempt(task)), task)) {
          return;
        }
      }
    }

    private void attempt(Callable<? extends T> task) throws Exception {
      if (winner.compareAndSet(null, new Success<>(task.call()))) {
        group.cancel();
      }
    }
  }
}

package io.heddle;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that work on one thing together: {@code golang.org/x/sync/errgroup}'s {@code Group}. It
 * waits for all of them, passes on the first error, and can cancel the others because of it.
 *
 * {@snippet :
 * ErrGroup group = ErrGroup.withContext(context).limit(10);
 * for (URI page : pages) {
 *   group.go(() -> fetch(page));       // interrupted as soon as another one fails
 * }
 * group.await();                       // throws what the first one failed with
 * }
 *
 * <p>Whatever a task throws is its error and does not end the program, an {@link Error} as well as
 * an exception. The first error is the group's, for good: every wait throws it as the cause of an
 * {@link ExecutionException}. That one has the errors of other tasks as {@linkplain
 * Throwable#getSuppressed suppressed} exceptions, the first 16 of them, and tells in its message
 * how many there were.
 *
 * <p>A group made by {@link #withContext} has a context of its own, under which its tasks run. It
 * is done after the first error, with that as its {@linkplain Context#cause cause}, and at the
 * latest when a wait for the group returns. An {@link InterruptedException} or {@link
 * ContextException} that a task throws after that only echoes the end of the context, and is not
 * counted. It is the group's error, though, if there is none before it, because the context ended
 * from above; instead of an InterruptedException it is then a ContextException that says why.
 *
 * <p>A group can be used again once all waits of its last use have returned, except that the tasks
 * of one made by {@link #withContext} then find their context done.
 *
 * <p>What {@link #go} was called after happens before the task; what the task does happens before
 * the return of every wait for it.
 */
public final class ErrGroup {
  // The counter of tasks includes those that go still has to find a place for. So an await waits
  // for them too, and a task that gives up its place to one of them cannot end the wait in between.
  // A task gives up its place before it is counted out: when a wait returns all places are free.

  private final WaitGroup tasks = new WaitGroup();
  private final Failures failures = new Failures();
  private final @Nullable CancelContext scope;

  /** A permit for each task that may be active; null if there is no limit. */
  private volatile @Nullable Semaphore places;

  /** Makes a group in which an error of one task does not concern the others. */
  public ErrGroup() {
    this.scope = null;
  }

  private ErrGroup(CancelContext scope) {
    this.scope = scope;
  }

  /**
   * Makes a group in which the first error cancels the other tasks: {@code
   * errgroup.WithContext(ctx)}.
   *
   * @param parent the context below which the group has its own
   * @return a new group; wait for it or cancel the parent, or it stays attached to that
   */
  public static ErrGroup withContext(Context parent) {
    return new ErrGroup(parent.withCancel());
  }

  /**
   * The context that the tasks run under, for their blocking operations and for contexts below it.
   *
   * @return the group's own context, the background if it has none
   */
  public Context context() {
    return scope != null ? scope : Context.background();
  }

  /**
   * Sets how many tasks may be active at a time: {@code g.SetLimit(n)}. There is no limit at first.
   *
   * @param max the number; zero lets no task start, a negative one takes the limit away
   * @return this group
   * @throws IllegalStateException if tasks are active, or wait in {@link #go} for a place
   */
  public ErrGroup limit(int max) {
    if (!tasks.tryAwait()) {
      throw new IllegalStateException("limit of an ErrGroup whose tasks are active");
    }
    places = max < 0 ? null : new Semaphore(max, tasks.bubble); // the group's tasks release them
    return this;
  }

  /**
   * Starts a task in a goroutine of its own under the group's {@linkplain #context context}: {@code
   * g.Go(f)}. If the group has a limit, waits until fewer tasks are active; those who wait come in
   * order.
   *
   * <p>The task is started even if the group has failed or its context is done; it then starts out
   * interrupted. There is no form with a context or a time limit for the wait: as in {@link
   * WaitGroup#go(Context, Task)}, a context would be taken for the task's. {@link #tryGo} does not
   * wait; a {@link Semaphore} instead of a limit waits in any form.
   *
   * @param task what to run
   * @return a handle, whose {@link Goroutine#failure} is the task's error
   * @throws InterruptedException if the thread is interrupted; nothing is started
   * @throws IllegalStateException if no task is active and an {@link #await} has not returned yet
   */
  public Goroutine<?> go(Task task) throws InterruptedException {
    Objects.requireNonNull(task, "go of a null task");
    Waiter.check(WaitReason.SEMAPHORE, null);
    tasks.add(1);
    Semaphore place = places;
    if (place != null) {
      acquire(place);
    }
    return start(task, place);
  }

  private void acquire(Semaphore place) throws InterruptedException {
    boolean acquired = false;
    try {
      place.acquire();
      acquired = true;
    } finally {
      if (!acquired) {
        tasks.done();
      }
    }
  }

  /**
   * Starts a task as {@link #go} does, unless as many are active as may be: {@code g.TryGo(f)}.
   *
   * @param task what to run
   * @return whether it was started
   * @throws IllegalStateException if no task is active and an {@link #await} has not returned yet
   */
  public boolean tryGo(Task task) {
    Objects.requireNonNull(task, "go of a null task");
    tasks.add(1);
    Semaphore place = places;
    if (place != null && !place.tryAcquire()) {
      tasks.done();
      return false;
    }
    start(task, place);
    return true;
  }

  private Goroutine<?> start(Task task, @Nullable Semaphore place) {
    boolean started = false;
    try {
      Goroutine<?> goroutine =
          Routine.start(Program.current(), null, context(), () -> run(task, place), task);
      started = true;
      return goroutine;
    } finally {
      if (!started) {
        leave(place);
      }
    }
  }

  private void run(Task task, @Nullable Semaphore place) {
    try {
      task.run();
    } catch (Throwable e) {
      Routine.caught(e);
      failed(e);
    } finally {
      leave(place);
    }
  }

  private void leave(@Nullable Semaphore place) {
    if (place != null) {
      place.release();
    }
    tasks.done();
  }

  private void failed(Throwable thrown) {
    if (!isEcho(thrown)) {
      if (failures.add(thrown) && scope != null) {
        scope.cancel(thrown);
      }
    } else if (failures.isEmpty()) {
      failures.addFirst(explained(thrown));
    }
  }

  /** Whether the error says no more than that the group's context is done. */
  private boolean isEcho(Throwable thrown) {
    return (thrown instanceof InterruptedException || thrown instanceof ContextException)
        && context().isDone();
  }

  /** Whether a task learns of the context by an interrupt or otherwise is chance: one error. */
  private Throwable explained(Throwable echo) {
    if (echo instanceof ContextException) {
      return echo;
    }
    ContextException error = ContextException.of("task of an ErrGroup", context());
    error.addSuppressed(echo);
    return error;
  }

  /**
   * Waits until all tasks have ended: {@code g.Wait()}.
   *
   * @throws ExecutionException if a task has failed; see {@link ErrGroup}
   * @throws InterruptedException if the thread is interrupted; the tasks go on
   */
  public void await() throws ExecutionException, InterruptedException {
    tasks.await();
    finish();
  }

  /**
   * Waits until all tasks have ended, unless a context is done first. To have the tasks end with
   * the context, make the group with it.
   *
   * @param context ends the wait; the tasks go on
   * @throws ExecutionException if a task has failed; see {@link ErrGroup}
   * @throws ContextException if the context is done
   * @throws InterruptedException if the thread is interrupted; the tasks go on
   */
  public void await(Context context) throws ExecutionException, InterruptedException {
    tasks.await(context);
    finish();
  }

  /**
   * Waits a limited time until all tasks have ended.
   *
   * @param timeout how long to wait at most; zero or less does not wait
   * @throws ExecutionException if a task has failed; see {@link ErrGroup}
   * @throws TimeoutException if the time is over; the tasks go on
   * @throws InterruptedException if the thread is interrupted; the tasks go on
   */
  public void await(Duration timeout)
      throws ExecutionException, InterruptedException, TimeoutException {
    tasks.await(timeout);
    finish();
  }

  /**
   * Does what {@link #await()} does if that returns at once.
   *
   * @return false if there are tasks that have not ended
   * @throws ExecutionException if all have ended and one has failed; see {@link ErrGroup}
   */
  public boolean tryAwait() throws ExecutionException {
    if (!tasks.tryAwait()) {
      return false;
    }
    finish();
    return true;
  }

  /**
   * A case that is chosen when all tasks have ended.
   *
   * @return the case; its result is null, or a {@link java.util.concurrent.CompletionException} is
   *     thrown in the place of {@link #await}'s ExecutionException
   */
  public Case<@Nullable Void> onAwait() {
    return onAwait(() -> null);
  }

  /**
   * A case that is chosen when all tasks have ended.
   *
   * @param <R> the result
   * @param result called when the case is chosen and no task has failed; if one has, a {@link
   *     java.util.concurrent.CompletionException} is thrown in the place of {@link #await}'s
   *     ExecutionException
   * @return the case
   */
  public <R extends @Nullable Object> Case<R> onAwait(Supplier<? extends R> result) {
    Objects.requireNonNull(result, "result");
    return tasks.onAwait(
        () -> {
          if (!failures.isEmpty()) {
            throw failures.completionException();
          }
          return result.get();
        },
        this::end);
  }

  private void finish() throws ExecutionException {
    end();
    if (!failures.isEmpty()) {
      throw failures.executionException();
    }
  }

  private void end() {
    if (scope != null) {
      scope.cancel();
    }
  }
}

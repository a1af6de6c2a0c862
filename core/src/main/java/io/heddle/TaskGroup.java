package io.heddle;

import io.heddle.internal.Failures;
import io.heddle.internal.Uninterruptibly;
import io.heddle.scheduler.Headroom;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that work on one thing together, and end together: {@code golang.org/x/sync/errgroup}'s
 * {@code Group}, with results. Java's {@code StructuredTaskScope} and Kotlin's {@code
 * coroutineScope} are alike.
 *
 * {@snippet :
 * try (var fetches = new TaskGroup<Page>(context).limit(4).timeout(ofSeconds(2))) {
 *   for (URI uri : uris) {
 *     fetches.go(() -> fetch(uri));
 *   }
 *   return fetches.await();            // in the order of go; throws the first failure
 * }
 * }
 *
 * <p><b>Results.</b> {@link #await} returns what the {@linkplain #go(Callable) callables} have
 * returned, in the order in which they were started. {@link #results} yields the same in the order
 * in which they end, while others still run. A {@link Task} has no result, so a group of tasks may
 * run indefinitely without using more memory; such a group is a {@code TaskGroup<Void>}.
 *
 * <p><b>Failures.</b> A task fails by throwing an exception or an {@link Error}. This does not end
 * the program. The first failure cancels the other tasks, unless the group is set to {@linkplain
 * #keepGoing keep going}. When all tasks have ended, every wait throws an {@link
 * ExecutionException} whose cause is the first failure. Up to 16 other failures are {@linkplain
 * Throwable#getSuppressed suppressed} in it, and its message gives the number of all failures. If a
 * task waits for an inner group, race or pipeline and lets the exception of that wait out, the
 * failures of the inner tasks are recorded instead of that exception. So the cause is always the
 * original exception.
 *
 * <p><b>Cancellation.</b> The tasks run under a {@linkplain #context context} of the group. It ends
 * after the first failure, with that as its {@linkplain Context#cause cause}; when the context
 * above it ends; after the {@linkplain #timeout timeout}; and when the group is closed. Tasks are
 * then interrupted, except under {@link Context#withoutInterrupts}. An exception that a task throws
 * because of this cancellation is no failure: an {@link InterruptedException} or a {@link
 * ContextException}, also as the cause of another exception, the exception of I/O that an interrupt
 * has stopped, or the context's cause itself. If the context above kept tasks from succeeding, and
 * no task had failed before, waits throw a {@link ContextException} instead. If the timeout did,
 * that is the group's failure: waits throw an ExecutionException whose cause is a {@link
 * TimeoutException}.
 *
 * <p>{@link #go} starts nothing once the group is cancelled. After a failure or the timeout it
 * returns a handle of a goroutine that was never started, so that a loop that starts tasks reaches
 * its {@code await}, which throws the failure; an endless loop should check {@link #context}. After
 * the end of the context above it throws a {@link ContextException}.
 *
 * <p><b>The end.</b> A group is for one use. It is over when no task is active and a wait returns
 * because of that; from then on {@code go} throws {@link IllegalStateException}. Until then tasks
 * can be started, also by tasks of the group, and while others wait. {@link #close} cancels what
 * still runs and waits for it, so that nothing is left of a group outside of its {@code try}.
 *
 * <p>What the caller of {@link #go} did before happens before the task; what the tasks did happens
 * before the return of every wait for the group, and a task's result is received after all that the
 * task did.
 *
 * @param <T> the results
 */
public final class TaskGroup<T extends @Nullable Object> implements AutoCloseable {
  private final Context parent;
  private final ActiveTasks tasks;
  private final Results<T> results = new Results<>();
  private final Failures failures = new Failures();

  // Set up before the first task.
  private CancelContext scope;
  private GroupInterrupter interrupter;
  private @Nullable Semaphore places;
  private boolean keepsGoing;

  /** What the group fails with when its time is over. */
  private @Nullable TimeoutException overdue;

  /** Whether it has been used, so that it cannot be set up any more. */
  private volatile boolean inUse;

  private volatile boolean isStreamed;

  /** Makes a group below the {@linkplain Context#current context that the caller runs under}. */
  public TaskGroup() {
    this(Context.current());
  }

  /**
   * Makes a group: {@code errgroup.WithContext(ctx)}.
   *
   * @param parent the context below which the group has its own
   */
  public TaskGroup(Context parent) {
    this(WaitReason.TASK_GROUP, parent, scopeBelow(parent));
  }

  private static CancelContext scopeBelow(Context parent) {
    Headroom.forScope();
    return Objects.requireNonNull(parent, "context").withCancel();
  }

  private TaskGroup(WaitReason reason, Context parent, CancelContext scope) {
    this.parent = parent;
    this.tasks = new ActiveTasks(reason);
    this.interrupter = new GroupInterrupter(tasks);
    this.scope = scope.interrupts(interrupter);
  }

  /**
   * Makes a group whose tasks are interrupted in any case.
   *
   * @param reason what a wait for the group is called
   */
  static <T extends @Nullable Object> TaskGroup<T> interrupting(WaitReason reason, Context parent) {
    Headroom.forScope();
    return new TaskGroup<>(reason, parent, CancelContext.interrupting(parent));
  }

  /**
   * Sets how many tasks may be active at a time: {@code g.SetLimit(n)}. There is no limit at first.
   *
   * @param max the number, at least one
   * @return this group
   * @throws IllegalArgumentException if it is less than one; the group is then cancelled
   * @throws IllegalStateException if the group has been used already
   */
  public TaskGroup<T> limit(int max) {
    checkUnused("limit");
    if (max < 1) {
      scope.close(); // in the header of a try, the caller has no reference yet
      throw new IllegalArgumentException("limit of a TaskGroup: " + max + " is not positive");
    }
    places = new Semaphore(max, tasks.bubble); // the group's tasks release them
    return this;
  }

  /**
   * Cancels the group some time from now, unless it is over by then. If that keeps a task from
   * succeeding, and no task had failed before, the group has failed with a {@link
   * TimeoutException}.
   *
   * @param timeout how long; zero or less cancels at once
   * @return this group
   * @throws IllegalStateException if the group has been used already
   */
  public TaskGroup<T> timeout(Duration timeout) {
    checkUnused("timeout");
    scope.close(); // even if there will be no other
    interrupter = new GroupInterrupter(tasks);
    overdue = Waiter.timedOut(tasks.reason(), timeout);
    scope = parent.withTimeout(timeout, overdue).interrupts(interrupter);
    return this;
  }

  /**
   * Lets the other tasks continue when one has failed: Kotlin's {@code supervisorScope}.
   *
   * @return this group
   * @throws IllegalStateException if the group has been used already
   */
  public TaskGroup<T> keepGoing() {
    checkUnused("keepGoing");
    keepsGoing = true;
    return this;
  }

  private void checkUnused(String what) {
    if (inUse) {
      throw new IllegalStateException(what + " of a TaskGroup that is in use: set it up first");
    }
  }

  /** Writes once: a volatile write for each task would slow down both the caller and the tasks. */
  private void use() {
    if (!inUse) {
      inUse = true;
    }
  }

  /**
   * The context that the tasks run under, which {@link Context#current} returns in them.
   *
   * @return the group's own context
   */
  public Context context() {
    use();
    return scope;
  }

  /**
   * Starts a task that returns a result, in a goroutine of its own: {@code g.Go(f)}. If the group
   * has a {@linkplain #limit limit}, waits until fewer tasks are active; callers that wait are
   * served in order. A task that starts others while all places are taken by such tasks waits for
   * ever.
   *
   * @param task what to run
   * @return a handle, which has the result, and the failure
   * @throws ContextException if the context above has ended or the group is being closed; nothing
   *     is started
   * @throws IllegalStateException if the group is over
   * @throws InterruptedException if the thread is interrupted; nothing is started
   */
  public Goroutine<T> go(Callable<? extends T> task) throws InterruptedException {
    return start(new GroupTask<>(this, task), task).handle();
  }

  /**
   * Starts a task that has no result: see {@link #go(Callable)}. A lambda expression that calls a
   * method with a value of another type than the group's results is also a Task: its value is
   * dropped, and is missing from what {@link #await} returns.
   *
   * @param task what to run
   * @return a handle, which has the failure
   * @throws ContextException if the context above has ended or the group is being closed; nothing
   *     is started
   * @throws IllegalStateException if the group is over
   * @throws InterruptedException if the thread is interrupted; nothing is started
   */
  public Goroutine<@Nullable Void> go(Task task) throws InterruptedException {
    return start(new GroupTask<>(this, task), task).handle();
  }

  /**
   * Starts a task, or returns the handle of one that is not started.
   *
   * @param origin the task that the user passed
   */
  Routine start(GroupTask<T> task, Object origin) throws InterruptedException {
    Headroom.forScope();
    Waiter.check(WaitReason.TASK_GROUP_GO, null);
    enter();
    Routine routine = null;
    try {
      if (!isCancelled() && takePlace(task)) {
        routine = launch(task, origin);
      }
    } finally {
      if (routine == null) {
        task.leave();
      }
    }
    return routine != null ? routine : refuse(origin);
  }

  /** Counts a task in. */
  private void enter() {
    use();
    if (!tasks.add()) {
      throw new IllegalStateException(
          "go of a TaskGroup that is over: no task was active when await, results or closeWhenDone "
              + "was called. Start the tasks before that, or make a new group");
    }
  }

  /** Contexts end from above: for a moment, only the one above may be done. */
  boolean isCancelled() {
    return scope.isDone() || isParentDone();
  }

  private boolean isParentDone() {
    try {
      return parent.isDone();
    } catch (Throwable e) { // of foreign code; the end of its channel cancels the scope
      return false;
    }
  }

  /** The context whose end a wait reports. */
  private Context end() {
    return isParentDone() ? parent : scope;
  }

  /** Waits for a place; false if the group is cancelled. */
  private boolean takePlace(GroupTask<T> task) throws InterruptedException {
    Semaphore permits = places;
    if (permits == null) {
      return true;
    }
    if (!permits.tryAcquire()) {
      var place = permits.onAcquire();
      var end = ReceiveCase.ofEndUntold(scope); // else the caller would not be interrupted
      if (Select.inOrder(end, place).await(WaitReason.TASK_GROUP_GO, null, Clock.NEVER) == end) {
        return false;
      }
    }
    task.takes(permits);
    return !isCancelled();
  }

  private Routine launch(GroupTask<T> task, Object origin) {
    if (task.returns()) {
      results.started(task);
    }
    try {
      return Routine.start(Program.current(), null, scope, task, origin);
    } catch (Throwable e) { // out of memory or threads: there is a result missing
      failures.add(e);
      throw e;
    }
  }

  private Routine refuse(Object origin) {
    Throwable first = failures.first();
    TimeoutException late = lateness();
    if (late != null) {
      failures.addCancelled(late, late); // a task that is not started does not succeed
      first = late;
    }
    if (first == null || scope.cause() != first) { // a failure is not what has ended it
      throw ContextException.of(WaitReason.TASK_GROUP_GO.toString(), end());
    }
    return Routine.refused(
        Program.current(), origin, new CancelledException("the group has failed before", first));
  }

  /**
   * Starts a task as {@link #go(Callable)} does, unless as many are active as may be, or the group
   * is cancelled: {@code g.TryGo(f)}.
   *
   * @param task what to run
   * @return whether it was started
   * @throws IllegalStateException if the group is over
   */
  public boolean tryGo(Callable<? extends T> task) {
    return tryStart(new GroupTask<>(this, task), task);
  }

  /**
   * Starts a task as {@link #go(Task)} does, unless as many are active as may be, or the group is
   * cancelled: {@code g.TryGo(f)}.
   *
   * @param task what to run
   * @return whether it was started
   * @throws IllegalStateException if the group is over
   */
  public boolean tryGo(Task task) {
    return tryStart(new GroupTask<>(this, task), task);
  }

  /** Starts a task, unless as many are active as may be, or the group is cancelled. */
  boolean tryStart(GroupTask<T> task, Object origin) {
    Headroom.forScope();
    enter();
    boolean started = false;
    try {
      Semaphore permits = places;
      if (!isCancelled() && (permits == null || permits.tryAcquire())) {
        if (permits != null) {
          task.takes(permits);
        }
        launch(task, origin);
        started = true;
      }
    } finally {
      if (!started) {
        task.leave();
      }
    }
    return started;
  }

  CancelContext scope() {
    return scope;
  }

  GroupInterrupter interrupter() {
    return interrupter;
  }

  /** Called by a task that has returned. */
  void returned(GroupTask<T> task) {
    results.ended(task);
  }

  /** Called by a task that has thrown. */
  void failed(Throwable thrown) {
    if (!isCancelled()) {
      if (failures.add(thrown) && !keepsGoing) {
        scope.cancel(Objects.requireNonNull(failures.first()));
      }
    } else {
      failures.addCancelled(thrown, scope.cause());
    }
  }

  /** Called when a task's goroutine has ended. */
  void left() {
    interrupter.ended(tasks.remove());
  }

  /**
   * Waits until all tasks have ended: {@code g.Wait()}.
   *
   * @return what the callables returned, in the order in which they were started; cannot be changed
   * @throws ContextException if the context above kept a task from succeeding
   * @throws ExecutionException if a task has failed; see {@link TaskGroup}
   * @throws IllegalStateException if a task of the group calls, which would wait for itself
   * @throws InterruptedException if the thread is interrupted; the tasks continue
   */
  public List<T> await() throws ExecutionException, InterruptedException {
    beginWait("await");
    tasks.receive();
    return outcome();
  }

  /**
   * Waits until all tasks have ended, unless a context is done first. To have the tasks end with
   * the context, make the group with it.
   *
   * @param context ends the wait; the tasks continue
   * @return what the callables returned, in the order in which they were started; cannot be changed
   * @throws ContextException if the context is done, or if the context above the group kept a task
   *     from succeeding
   * @throws ExecutionException if a task has failed; see {@link TaskGroup}
   * @throws IllegalStateException if a task of the group calls, which would wait for itself
   * @throws InterruptedException if the thread is interrupted; the tasks continue
   */
  public List<T> await(Context context) throws ExecutionException, InterruptedException {
    beginWait("await");
    tasks.receive(context);
    return outcome();
  }

  /**
   * Waits a limited time until all tasks have ended.
   *
   * @param timeout how long to wait at most; zero or less does not wait
   * @return what the callables returned, in the order in which they were started; cannot be changed
   * @throws ContextException if the context above kept a task from succeeding
   * @throws ExecutionException if a task has failed; see {@link TaskGroup}
   * @throws IllegalStateException if a task of the group calls, which would wait for itself
   * @throws InterruptedException if the thread is interrupted; the tasks continue
   * @throws TimeoutException if the time is over; the tasks continue
   */
  public List<T> await(Duration timeout)
      throws ExecutionException, InterruptedException, TimeoutException {
    beginWait("await");
    tasks.receive(timeout);
    return outcome();
  }

  /**
   * Does what {@link #await()} does if that returns at once.
   *
   * @return the results, null if there are tasks that have not ended
   * @throws ContextException if the context above kept a task from succeeding
   * @throws ExecutionException if all have ended and one has failed; see {@link TaskGroup}
   */
  public @Nullable List<T> tryAwait() throws ExecutionException {
    use();
    return Select.of(tasks.onReceive()).tryAwait() == null ? null : outcome();
  }

  /**
   * A case that is chosen when all tasks have ended.
   *
   * @return the case; its result is what {@link #await} returns, or a {@link CompletionException}
   *     is thrown in the place of an ExecutionException
   */
  public Case<List<T>> onAwait() {
    return onAwait(Function.identity());
  }

  /**
   * A case that is chosen when all tasks have ended.
   *
   * @param <R> the result
   * @param result called with what {@link #await} returns when the case is chosen; if {@code await}
   *     throws, so does the case's result, but a {@link CompletionException} in the place of an
   *     ExecutionException
   * @return the case
   */
  public <R extends @Nullable Object> Case<R> onAwait(
      Function<? super List<T>, ? extends R> result) {
    Objects.requireNonNull(result, "result");
    use();
    return tasks.onReceive(none -> {
      try {
        failures.checkUnchecked();
        checkCut(CompletionException::new);
      } finally {
        scope.close();
      }
      return result.apply(results.inOrder());
    });
  }

  /** Ends the tasks that still run. What they throw because of that is no failure. */
  void cancel() {
    scope.close();
  }

  private void beginWait(String what) {
    use();
    if (isCalledByTask()) {
      throw new IllegalStateException(
          what
              + " of a TaskGroup by one of its own tasks, which would wait for itself: "
              + "leave that to the code that made the group, or make another group for the inner tasks");
    }
  }

  private boolean isCalledByTask() {
    GroupTask<?> caller = Routine.currentGroupTask();
    return caller != null && caller.isOf(this);
  }

  /**
   * Waits until all tasks have ended or the group is cancelled. The caller is not notified of the
   * cancellation: the interrupt that may come with it stays.
   */
  void awaitEndOrCancellation() throws InterruptedException {
    Select.inOrder(ReceiveCase.ofEndUntold(scope), tasks.onReceive())
        .await(tasks.reason(), null, Clock.NEVER);
  }

  /** What a wait throws for a group that the context above has cancelled. */
  ContextException cancellation() {
    return ContextException.of(tasks.reason().toString(), end());
  }

  /** Adds the failures to what a wait throws because of something else. */
  <X extends Throwable> X addFailuresTo(X exception) {
    return failures.addTo(exception);
  }

  /** What has come of the tasks, which have ended. */
  List<T> outcome() throws ExecutionException {
    try {
      failures.check();
      checkCut(ExecutionException::new);
    } finally {
      scope.close();
    }
    return results.inOrder();
  }

  private <X extends Exception> void checkCut(Function<Throwable, X> report) throws X {
    if (failures.isCut()) {
      TimeoutException late = lateness();
      if (late != null) {
        throw failures.addTo(report.apply(late));
      }
      throw failures.addTo(cancellation());
    }
  }

  /** What the group fails with if its timeout has ended it; else null. */
  private @Nullable TimeoutException lateness() {
    TimeoutException late = overdue;
    return late != null && scope.cause() == late ? late : null;
  }

  /**
   * A channel that yields what the {@linkplain #go(Callable) callables} return, in the order in
   * which they end, and is closed when all tasks of the group have ended. No goroutine is needed
   * for that, and no task waits for a receiver.
   *
   * {@snippet :
   * for (Page page : fetches.results()) {
   *   show(page);
   * }
   * fetches.await();                     // throws the first failure; so does close
   * }
   *
   * <p>Call it when the tasks have been started: after that the group is over as soon as no task is
   * active. It is always the same channel. A result of null is left out. A channel that is closed
   * says nothing about failures: {@link #await} or {@link #close} throw them.
   *
   * @return receives each result once
   */
  public Receiver<T> results() {
    use();
    if (!isStreamed) {
      isStreamed = true;
      tasks.whenOver(results::close);
    }
    return results;
  }

  /**
   * Closes a channel when all tasks have ended: Go's {@code go func() { g.Wait(); close(ch) }()}
   * without the goroutine. It is for tasks that send any number of values each.
   *
   * {@snippet :
   * for (Shard shard : shards) {
   *   searches.go(() -> shard.search(query, hits::send));
   * }
   * searches.closeWhenDone(hits);
   * for (Hit hit : hits) {
   *   show(hit);
   * }
   * }
   *
   * <p>Call it when the tasks have been started: after that the group is over as soon as no task is
   * active. The channel is closed also if tasks failed: {@link #await} or {@link #close} throw
   * that. It stays as it is if it has been closed before. Tasks that send then get a {@link
   * ChannelClosedException}.
   *
   * @param channel the channel
   */
  public void closeWhenDone(Sender<?> channel) {
    Objects.requireNonNull(channel, "channel");
    use();
    tasks.whenOver(() -> {
      try {
        channel.close();
      } catch (ChannelClosedException _) { // then it is as asked
      }
    });
  }

  /**
   * Cancels the tasks that still run, and waits until they have ended. An interrupt does not end
   * this wait; the thread is interrupted again when it is over. Does nothing at a second call.
   *
   * @throws CompletionException if there are failures that no wait has thrown: the first is its
   *     cause, the others are suppressed
   * @throws IllegalStateException if a task of the group calls, which would wait for itself
   */
  @Override
  public void close() {
    beginWait("close");
    finish(WaitReason.TASK_GROUP_CLOSE);
    failures.checkUnthrown();
  }

  /** Ends the tasks that still run, and waits until they have ended. */
  void finish(WaitReason caller) {
    cancel();
    Uninterruptibly.await(() -> Waiter.named(caller, () -> tasks.receive()));
  }

  @Override
  public String toString() {
    return "TaskGroup[" + tasks.count() + (tasks.isOver() ? ", over]" : "]");
  }
}

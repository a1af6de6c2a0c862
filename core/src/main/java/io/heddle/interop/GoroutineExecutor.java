package io.heddle.interop;

import static io.heddle.Go.go;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Task;
import io.heddle.internal.Delegate;
import io.heddle.internal.Failing;
import io.heddle.internal.Failures;
import io.heddle.internal.TestAccess;
import io.heddle.internal.Uninterruptibly;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * An {@link ExecutorService} that starts a goroutine for each task, so that code written for
 * executors runs on Heddle's scheduler unchanged:
 *
 * {@snippet :
 * try (var executor = new GoroutineExecutor()) {
 *   CompletableFuture<String> page = CompletableFuture.supplyAsync(() -> fetch(uri), executor);
 *   HttpClient client = HttpClient.newBuilder().executor(executor).build();
 * }
 * }
 *
 * <p>It is to goroutines what {@link Executors#newVirtualThreadPerTaskExecutor} is to virtual
 * threads: there is no pool, no queue and no limit. Tasks can use all of Heddle. A task belongs to
 * the {@linkplain io.heddle.Go#run program} of the thread that submits it. All waiting is Heddle's
 * own, so in a bubble of {@code io.heddle.testing} it takes virtual time; an executor that is made
 * in a bubble can be used only there.
 *
 * <p>What a submitted task throws goes into its {@link Future}, an {@link Error} as well as an
 * exception, and does not end the program. What a task of {@link #execute} throws is the failure of
 * its goroutine, as in {@link io.heddle.Go#go(Task)}: it ends the program, or outside of any goes
 * to the default uncaught exception handler. The JDK's executors likewise pass it to their threads'
 * uncaught exception handler.
 *
 * <p>{@link Future#cancel cancel(true)} and {@link #shutdownNow} interrupt; tasks that block in
 * Heddle or in the JDK then end with an {@link InterruptedException}.
 *
 * <p>What happens before a task is submitted happens before it runs. What the task does happens
 * before the return of {@link Future#get}, and of an {@link #awaitTermination} that returns true.
 */
public final class GoroutineExecutor implements ExecutorService {
  // Whether tasks are refused, and how many have not ended, are in one word. So a task is counted
  // before the shutdown or is refused; and the one step to "shut down, and no task" is taken once.
  private static final long SHUT_DOWN = 1;
  private static final long ONE_TASK = 2;

  private final AtomicLong state = new AtomicLong();

  /** Its end interrupts the tasks. */
  private final CancelContext context;

  private final Chan<Void> terminated = Chan.unbuffered();

  /** Makes an executor whose tasks run until they end or are cancelled. */
  public GoroutineExecutor() {
    this(Context.background());
  }

  /**
   * Makes an executor whose tasks run under a context. Once the context is done, tasks are
   * interrupted, and those that are submitted later start out interrupted. Below {@link
   * Context#withoutInterrupts} neither that nor {@link #shutdownNow} interrupts them.
   *
   * @param context the context above that of the tasks
   */
  public GoroutineExecutor(Context context) {
    this.context = context.withCancel();
  }

  /**
   * Starts a goroutine that runs a task. A failure is treated as that of any goroutine: see {@link
   * GoroutineExecutor}.
   *
   * @param task what to run
   * @throws RejectedExecutionException if the executor is shut down
   */
  @Override
  public void execute(Runnable task) {
    start(task, Objects.requireNonNull(task, "task"));
  }

  @Override
  public <T extends @Nullable Object> Future<T> submit(Callable<T> task) {
    return start(new TaskFuture<>(Objects.requireNonNull(task, "task")), task);
  }

  @Override
  public Future<?> submit(Runnable task) {
    Objects.requireNonNull(task, "task");
    return start(
        new TaskFuture<@Nullable Void>(() -> {
          task.run();
          return null;
        }),
        task);
  }

  @Override
  public <T extends @Nullable Object> Future<T> submit(Runnable task, T result) {
    Objects.requireNonNull(task, "task");
    return start(
        new TaskFuture<T>(() -> {
          task.run();
          return result;
        }),
        task);
  }

  private <T extends Runnable> T start(T task, Object origin) {
    long seen = state.getAndUpdate(s -> (s & SHUT_DOWN) != 0 ? s : s + ONE_TASK);
    if ((seen & SHUT_DOWN) != 0) {
      throw new RejectedExecutionException(this + " takes no more tasks");
    }
    boolean started = false;
    try {
      go(context, new Counted(this, task, origin));
      started = true;
      return task;
    } finally {
      if (!started) { // out of memory or threads
        ended();
      }
    }
  }

  private void ended() {
    if (state.addAndGet(-ONE_TASK) == SHUT_DOWN) {
      terminate();
    }
  }

  private void terminate() {
    context.cancel(); // takes it out of the context above
    terminated.close();
  }

  @Override
  public void shutdown() {
    if (state.getAndUpdate(s -> s | SHUT_DOWN) == 0) {
      terminate();
    }
  }

  /**
   * Refuses further tasks, and interrupts those that run.
   *
   * @return an empty list, as every task is started at once
   */
  @Override
  public List<Runnable> shutdownNow() {
    shutdown();
    context.cancel();
    return List.of();
  }

  @Override
  public boolean isShutdown() {
    return (state.get() & SHUT_DOWN) != 0;
  }

  @Override
  public boolean isTerminated() {
    return terminated.isDrained();
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    Duration duration = Duration.ofNanos(unit.toNanos(timeout));
    if (!isTerminated()) {
      try {
        TestAccess.get()
            .await("GoroutineExecutor.awaitTermination", () -> terminated.receive(duration));
      } catch (TimeoutException e) {
        return false;
      }
    }
    return true;
  }

  /**
   * Refuses further tasks and waits until all have ended. If the calling thread is interrupted, the
   * tasks are interrupted, too, and this method continues to wait. It returns with the interrupt
   * status set.
   *
   * @throws IllegalStateException if a task of the executor calls, which would wait for itself; a
   *     task may call {@link #shutdown}
   */
  @Override
  public void close() {
    if (isCalledByTask()) {
      throw new IllegalStateException(
          "close of a GoroutineExecutor by one of its own tasks, which would wait for itself: "
              + "call shutdown there, and leave close to the code that has made the executor");
    }
    shutdown();
    if (!isTerminated()) {
      Uninterruptibly.await(
          () -> TestAccess.get().await("GoroutineExecutor.close", () -> terminated.receive()),
          interrupt -> shutdownNow());
    }
  }

  /**
   * Whether a task of this executor calls. Its goroutine runs under the executor's own context, and
   * so do goroutines that the task starts under that context; only the task's has been started by
   * the executor. Tasks carry no mark for this, as they would all pay for it.
   */
  private boolean isCalledByTask() {
    return Context.current() == context
        && StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
            .walk(frames -> frames.anyMatch(frame -> frame.getDeclaringClass() == Counted.class));
  }

  @Override
  public <T extends @Nullable Object> List<Future<T>> invokeAll(
      Collection<? extends Callable<T>> tasks) throws InterruptedException {
    return invokeAll(List.copyOf(tasks), Context.background());
  }

  @Override
  public <T extends @Nullable Object> List<Future<T>> invokeAll(
      Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit)
      throws InterruptedException {
    List<Callable<T>> all = List.copyOf(tasks);
    try (CancelContext limit = limit(timeout, unit)) {
      return invokeAll(all, limit);
    }
  }

  private <T extends @Nullable Object> List<Future<T>> invokeAll(
      List<Callable<T>> tasks, Context limit) throws InterruptedException {
    List<TaskFuture<T>> futures = new ArrayList<>(tasks.size());
    try {
      for (Callable<T> task : tasks) {
        futures.add(start(new TaskFuture<>(task), task));
      }
      for (TaskFuture<T> future : futures) {
        TestAccess.get().await("GoroutineExecutor.invokeAll", () -> future.await(limit));
      }
    } catch (ContextException e) {
      // The time is over: what has not ended by now is cancelled.
    } finally {
      futures.forEach(future -> future.cancel(true));
    }
    return List.copyOf(futures);
  }

  @Override
  public <T extends @Nullable Object> T invokeAny(Collection<? extends Callable<T>> tasks)
      throws InterruptedException, ExecutionException {
    return invokeAny(List.copyOf(tasks), Context.background());
  }

  @Override
  public <T extends @Nullable Object> T invokeAny(
      Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit)
      throws InterruptedException, ExecutionException, TimeoutException {
    List<Callable<T>> all = List.copyOf(tasks);
    try (CancelContext limit = limit(timeout, unit)) {
      return invokeAny(all, limit);
    } catch (ContextException e) {
      TimeoutException exception = new TimeoutException("no task has succeeded in time");
      exception.initCause(e);
      throw exception;
    }
  }

  private <T extends @Nullable Object> T invokeAny(List<Callable<T>> tasks, Context limit)
      throws InterruptedException, ExecutionException {
    if (tasks.isEmpty()) {
      throw new IllegalArgumentException("invokeAny without tasks");
    }
    Chan<TaskFuture<T>> ended = Chan.buffered(tasks.size());
    List<TaskFuture<T>> futures = new ArrayList<>(tasks.size());
    Failures failures = new Failures();
    AtomicReference<@Nullable TaskFuture<T>> next = new AtomicReference<>();
    try {
      for (Callable<T> task : tasks) {
        futures.add(
            start(
                new TaskFuture<T>(task) {
                  @Override
                  void done() {
                    ended.trySend(this); // there is room for all
                  }
                },
                task));
      }
      for (int i = 0; i < tasks.size(); i++) {
        TestAccess.get().await("GoroutineExecutor.invokeAny", () -> next.set(ended.receive(limit)));
        try {
          return Objects.requireNonNull(next.get()).get();
        } catch (ExecutionException e) {
          failures.add(e);
        }
      }
    } catch (ContextException | InterruptedException e) {
      failures.addTo(e);
      throw e;
    } finally {
      futures.forEach(future -> future.cancel(true));
    }
    failures.check();
    throw new AssertionError("neither a success nor a failure");
  }

  private static CancelContext limit(long timeout, TimeUnit unit) {
    return Context.background().withTimeout(Duration.ofNanos(unit.toNanos(timeout)));
  }

  @Override
  public String toString() {
    long seen = state.get();
    String phase = (seen & SHUT_DOWN) == 0 ? "" : isTerminated() ? ", terminated" : ", shut down";
    return "GoroutineExecutor[tasks = " + seen / ONE_TASK + phase + "]";
  }

  /** Runs a task that the executor waits for. */
  private record Counted(GoroutineExecutor executor, Runnable task, Object origin)
      implements Task, Delegate {
    @Override
    public void run() {
      try {
        task.run();
      } catch (Throwable e) {
        Failing.report(e); // before a wait for the executor ends, and before its context does
        throw e;
      } finally {
        executor.ended();
      }
    }
  }
}

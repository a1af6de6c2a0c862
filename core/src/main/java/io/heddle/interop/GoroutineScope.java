package io.heddle.interop;

import static io.heddle.Go.go;
import static io.heddle.Select.select;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.DeadlineExceededException;
import io.heddle.Receiver;
import io.heddle.Task;
import io.heddle.WaitGroup;
import io.heddle.internal.Delegate;
import io.heddle.internal.Failing;
import io.heddle.internal.Failures;
import io.heddle.internal.TestAccess;
import io.heddle.internal.Uninterruptibly;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The goroutines of a scope.
 *
 * <p>Its cancellation is that of its context, whichever reason comes first: the joiner, the time
 * limit, the owner's context, or the end of the scope. A subtask that has ended looks at that once:
 * if the scope is cancelled by then, the subtask stays unavailable and the joiner does not hear of
 * it.
 */
final class GoroutineScope<T extends @Nullable Object, R extends @Nullable Object>
    implements StructuredTaskScope<T, R> {
  /** What the owner has done so far, in the order in which it must. */
  private enum Phase {
    OPENED,
    FORKED,
    JOINING,
    JOINED,
    CLOSED
  }

  /** The choices of a configuration. */
  record Settings(@Nullable String name, @Nullable Duration timeout) implements Configuration {
    @Override
    public Configuration withName(String name) {
      return new Settings(Objects.requireNonNull(name, "name"), timeout);
    }

    @Override
    public Configuration withTimeout(Duration timeout) {
      return new Settings(name, Objects.requireNonNull(timeout, "timeout"));
    }
  }

  /**
   * A context whose end interrupts: subtasks have no other means to learn that they are cancelled,
   * and the scope waits for them.
   */
  private record Interrupting(Context context) implements Context {
    @Override
    public @Nullable Instant deadline() {
      return context.deadline();
    }

    @Override
    public Receiver<Void> done() {
      return context.done();
    }

    @Override
    public @Nullable ContextException error() {
      return context.error();
    }

    @Override
    public @Nullable Throwable cause() {
      return context.cause();
    }

    @Override
    public <V> @Nullable V value(Key<V> key) {
      return context.value(key);
    }
  }

  private final Thread owner = Thread.currentThread();
  private final Joiner<? super T, ? extends R> joiner;
  private final Settings settings;
  private final CancelContext context;
  private final WaitGroup running = new WaitGroup();

  /** The owner's own, and asked for by others only whether it is they. */
  private volatile Phase phase = Phase.OPENED;

  /** Whether the joiner, or the end of the scope, was the reason to cancel. */
  private volatile boolean cancelledInside;

  private GoroutineScope(Joiner<? super T, ? extends R> joiner, Settings settings) {
    this.joiner = joiner;
    this.settings = settings;
    Context current = Context.current();
    Context outer = current.interrupts() ? current : new Interrupting(current);
    this.context =
        settings.timeout() == null ? outer.withCancel() : outer.withTimeout(settings.timeout());
  }

  static <T extends @Nullable Object, R extends @Nullable Object> GoroutineScope<T, R> open(
      Joiner<? super T, ? extends R> joiner, Function<Configuration, Configuration> config) {
    Objects.requireNonNull(joiner, "joiner");
    return switch (config.apply(new Settings(null, null))) {
      case Settings settings -> new GoroutineScope<>(joiner, settings);
    };
  }

  @Override
  public <U extends T> Subtask<U> fork(Callable<? extends U> task) {
    return fork(Objects.requireNonNull(task, "task"), task);
  }

  @Override
  @SuppressWarnings("NullAway") // as the JDK says: a subtask without a result yields null
  public <U extends T> Subtask<U> fork(Runnable task) {
    Objects.requireNonNull(task, "task");
    return fork(
        () -> {
          task.run();
          return null;
        },
        task);
  }

  private <U extends T> Subtask<U> fork(Callable<? extends U> task, Object origin) {
    checkOwner();
    checkBefore(Phase.JOINING);
    Fork<U> fork = new Fork<>(this, task, origin);
    if (joiner.onFork(fork)) {
      cancel();
    }
    phase = Phase.FORKED;
    if (!isCancelled()) {
      start(fork);
    }
    return fork;
  }

  private void start(Fork<?> fork) {
    running.add(1);
    boolean started = false;
    try {
      if (settings.name() != null) {
        go(context, settings.name(), fork);
      } else {
        go(context, fork);
      }
      started = true;
    } finally {
      if (!started) { // out of memory or threads
        running.done();
      }
    }
  }

  @Override
  public R join() throws InterruptedException {
    checkOwner();
    checkBefore(Phase.JOINED);
    phase = Phase.JOINING;
    if (!isCancelled()) {
      TestAccess.get()
          .await(
              "StructuredTaskScope.join",
              () -> {
                select(running.onAwait(), context.onDone());
              });
    }
    phase = Phase.JOINED;
    // The select may have notified the owner of the end of its own context: then this must throw.
    if (isCancelled() && (!cancelledInside || Context.current().isDone())) {
      throw reason();
    }
    cancelledInside = true; // the limit of time has no effect on what is over
    try {
      return joiner.result();
    } catch (Throwable e) {
      throw Failures.report(e, FailedException::new);
    }
  }

  /** Why the scope was cancelled from outside. */
  private RuntimeException reason() {
    try {
      Context.current().check();
      context.check();
    } catch (DeadlineExceededException e) {
      Duration timeout = settings.timeout();
      if (timeout != null && !Context.current().isDone()) {
        TimeoutException exception = new TimeoutException(timeout);
        exception.initCause(e);
        return exception;
      }
      return e;
    } catch (RuntimeException e) {
      return e;
    }
    throw new AssertionError("cancelled, but not done");
  }

  private void cancel() {
    cancelledInside = true;
    context.cancel();
  }

  @Override
  public boolean isCancelled() {
    return context.isDone();
  }

  @Override
  public void close() {
    checkOwner();
    Phase before = phase;
    if (before == Phase.CLOSED) {
      return;
    }
    phase = Phase.CLOSED;
    cancel(); // also takes the context out of the owner's
    Uninterruptibly.await(
        () -> TestAccess.get().await("StructuredTaskScope.close", () -> running.await()));
    if (before == Phase.FORKED) {
      throw new IllegalStateException(
          "scope: closed by its owner, which has forked and not joined");
    }
  }

  private boolean isOwner() {
    return Thread.currentThread() == owner;
  }

  private void checkOwner() {
    if (!isOwner()) {
      throw new WrongThreadException("scope: only the thread that opened it may do this");
    }
  }

  private void checkBefore(Phase limit) {
    if (phase.compareTo(limit) >= 0) {
      throw new IllegalStateException("scope: its owner has joined or closed it");
    }
  }

  private void ended(Fork<? extends T> fork) {
    if (joiner.onComplete(fork)) {
      cancel();
    }
  }

  /** A subtask. */
  static final class Fork<U extends @Nullable Object> implements Subtask<U>, Task, Delegate {
    /** How the task has ended. */
    private sealed interface Outcome<U extends @Nullable Object> {}

    private record Success<U extends @Nullable Object>(U value) implements Outcome<U> {}

    private record Failure<U extends @Nullable Object>(Throwable thrown) implements Outcome<U> {}

    private final GoroutineScope<? super U, ?> scope;
    private final Callable<? extends U> task;
    private final Object origin;

    /** Null as long as it is unavailable. */
    private volatile @Nullable Outcome<U> outcome;

    Fork(GoroutineScope<? super U, ?> scope, Callable<? extends U> task, Object origin) {
      this.scope = scope;
      this.task = task;
      this.origin = origin;
    }

    @Override
    public void run() {
      try {
        Outcome<U> ended = call();
        if (!scope.isCancelled()) {
          outcome = ended;
          scope.ended(this);
        }
      } catch (Throwable e) { // of the joiner
        Failing.report(e); // before the wait for the subtasks ends
        throw e;
      } finally {
        scope.running.done();
      }
    }

    private Outcome<U> call() {
      try {
        return new Success<>(task.call());
      } catch (Throwable e) {
        return new Failure<>(e);
      }
    }

    @Override
    public Object origin() {
      return origin;
    }

    @Override
    public State state() {
      return switch (outcome) {
        case null -> State.UNAVAILABLE;
        case Success<U> _ -> State.SUCCESS;
        case Failure<U> _ -> State.FAILED;
      };
    }

    @Override
    public U get() {
      checkJoined();
      if (outcome instanceof Success<U>(U value)) {
        return value;
      }
      throw new IllegalStateException("a subtask without a result: " + state());
    }

    @Override
    public Throwable exception() {
      checkJoined();
      if (outcome instanceof Failure<U>(Throwable thrown)) {
        return thrown;
      }
      throw new IllegalStateException("a subtask that has not failed: " + state());
    }

    /** What the owner sees before it has joined would be chance. */
    private void checkJoined() {
      if (scope.isOwner() && scope.phase.compareTo(Phase.JOINED) < 0) {
        throw new IllegalStateException("the owner of the scope has not joined");
      }
    }

    @Override
    public String toString() {
      return "Subtask[" + state() + "]";
    }
  }
}

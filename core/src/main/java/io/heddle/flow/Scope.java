package io.heddle.flow;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Task;
import io.heddle.internal.Failures;
import io.heddle.internal.TestAccess;
import io.heddle.internal.Uninterruptibly;
import java.util.concurrent.ExecutionException;

/**
 * The goroutines of a pipeline, which end together.
 *
 * <p>There are two kinds. Those that are <i>awaited</i>, the body and the tasks, keep the scope
 * alive. The <i>stages</i> only serve them. The scope ends in one of three ways:
 *
 * <ol>
 *   <li>a goroutine fails while nothing has ended the scope yet;
 *   <li>the last awaited goroutine ends. The scope is over: the values of its stages are not wanted
 *       any more;
 *   <li>the context above is done, or the thread that awaits the scope is interrupted.
 * </ol>
 *
 * <p>In each case the scope's context is cancelled, which interrupts all goroutines, and {@link
 * #await} returns when they have ended.
 *
 * <p><b>Invariants</b>, under the lock. (1) {@code awaited <= running}. (2) Once {@code awaited} is
 * zero the scope is over and nothing can be started, so {@code running} only falls.
 */
final class Scope {
  private final Context parent;
  private final CancelContext context;
  private final Failures failures = new Failures();

  /** Closed when the last goroutine has ended. */
  private final Chan<Void> ended = Chan.unbuffered();

  /** A lock of the JDK: no operation of Heddle is called with it, not even on the context. */
  private final Object lock = new Object();

  private int running;
  private int awaited;
  private boolean over;

  Scope(Context parent) {
    this.parent = parent;
    this.context = parent.withCancel();
  }

  Context context() {
    return context;
  }

  /** Starts a goroutine that the scope stays alive for. */
  Goroutine<?> startAwaited(Task task) {
    return start(new Member(this, true, task));
  }

  /** Starts a goroutine that is cancelled when no awaited one is left. */
  Goroutine<?> startStage(Task task) {
    return start(new Member(this, false, task));
  }

  private Goroutine<?> start(Member member) {
    boolean isCancelled = context.isDone();
    synchronized (lock) {
      if (over) {
        throw new IllegalStateException("the pipeline has ended");
      }
      if (!isCancelled) {
        running++;
        awaited += member.isAwaited ? 1 : 0;
      }
    }
    if (isCancelled) {
      context.check(); // throws
    }
    boolean started = false;
    try {
      Goroutine<?> goroutine = Go.go(context, member);
      started = true;
      return goroutine;
    } finally {
      if (!started) { // out of memory or threads
        member.end();
      }
    }
  }

  /**
   * Waits until all goroutines have ended, even if interrupted: then they are cancelled.
   *
   * @param operation the method that waits, for dumps
   * @throws ExecutionException the failures
   * @throws ContextException if the context above has ended, and kept an awaited goroutine from
   *     succeeding
   * @throws InterruptedException if an interrupt of the caller has
   */
  void await(String operation) throws ExecutionException, InterruptedException {
    // The interrupt is restored before the outcome is made: an exception for the end of the
    // caller's own context then takes it back.
    boolean interrupted =
        Uninterruptibly.await(
            () -> TestAccess.get().await(operation, () -> ended.receive()), context::cancel);
    failures.check();
    if (failures.isCut()) {
      if (interrupted && !parent.isDone()) {
        Thread.interrupted(); // the exception takes its place
        throw failures.addTo(new InterruptedException("pipeline"));
      }
      throw failures.addTo(cancellation());
    }
  }

  private ContextException cancellation() {
    try {
      if (parent.isDone()) {
        parent.check();
      }
      context.check(); // done in any case: the parent may be foreign code
    } catch (ContextException e) {
      return e;
    }
    throw new AssertionError("cut short by neither context");
  }

  /**
   * Records what a goroutine has thrown, unless it is a stage whose values are not wanted any more:
   * then an Error is a failure, and anything else comes from being cancelled.
   */
  private void record(Throwable thrown, boolean isAwaited) {
    boolean isUnwanted = !isAwaited && isOver() && failures.first() == null;
    if (isUnwanted ? thrown instanceof Error : !context.isDone()) {
      failures.add(thrown);
      return;
    } else if (isUnwanted) {
      return;
    }
    Throwable why = context.cause();
    if (isAwaited || !Failures.isCancellation(thrown, why)) {
      failures.addCancelled(thrown, why);
    } else { // a stage that was cancelled has kept nothing from succeeding
      failures.addWithin(thrown, why);
    }
  }

  private boolean isOver() {
    synchronized (lock) {
      return over;
    }
  }

  /** What one goroutine runs. A class and not a lambda, so that each knows where it was started. */
  private static final class Member implements Task {
    private final Scope scope;
    private final boolean isAwaited;
    private final Task task;

    Member(Scope scope, boolean isAwaited, Task task) {
      this.scope = scope;
      this.isAwaited = isAwaited;
      this.task = task;
    }

    @Override
    public void run() {
      try {
        task.run();
      } catch (Throwable e) {
        scope.record(e, isAwaited);
      } finally {
        end();
      }
    }

    void end() {
      boolean isOver;
      synchronized (scope.lock) {
        if (isAwaited && --scope.awaited == 0) {
          scope.over = true;
        }
        isOver = scope.over;
      }
      Throwable failure = scope.failures.first();
      try {
        if (failure != null) {
          scope.context.cancel(failure);
        } else if (isOver) {
          scope.context.close();
        }
      } finally { // a waiter may not have been woken, for want of memory
        boolean last;
        synchronized (scope.lock) {
          last = --scope.running == 0;
        }
        if (last) {
          scope.ended.close();
        }
      }
    }
  }
}

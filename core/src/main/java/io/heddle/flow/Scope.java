package io.heddle.flow;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Task;
import java.lang.reflect.UndeclaredThrowableException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The goroutines of a pipeline, which end together.
 *
 * <p>There are two kinds. Those that are <i>awaited</i>, the body and the tasks, keep the scope
 * alive. The <i>stages</i> only serve them. The scope ends in one of three ways:
 *
 * <ol>
 *   <li>a goroutine fails while nothing has ended the scope yet. Its exception is the failure;
 *   <li>the last awaited goroutine ends. The scope is over: whatever the stages still make is not
 *       wanted any more;
 *   <li>the context above is done, or the thread that awaits the scope is interrupted.
 * </ol>
 *
 * <p>In each case the scope's context is cancelled, which interrupts all goroutines, and {@link
 * #await} returns when they have ended.
 *
 * <p><b>Invariants</b>, under the lock. (1) {@code awaited <= running}. (2) Once {@code awaited} is
 * zero the scope is over and nothing can be started, so {@code running} only falls. (3) The failure
 * is set at most once. Exceptions that come after it, and are not merely its echo, are in {@code
 * later}.
 */
final class Scope {
  /** How far to look for a cancellation among an exception's causes, which may form a cycle. */
  private static final int MAX_CAUSES = 32;

  private final Context parent;
  private final CancelContext context;

  /** Closed when the last goroutine has ended. */
  private final Chan<Void> ended = Chan.unbuffered();

  /** A lock of the JDK: no operation of Heddle is called with it, not even on the context. */
  private final Object lock = new Object();

  private int running;
  private int awaited;
  private boolean over;
  private @Nullable Throwable failure;
  private final List<Throwable> later = new ArrayList<>();

  /** Whether a cancellation from outside kept a goroutine from doing its work. */
  private boolean cut;

  Scope(Context parent) {
    this.parent = parent;
    this.context = parent.withCancel();
  }

  Context context() {
    return context;
  }

  /** Starts a goroutine that the scope stays alive for. */
  void startAwaited(Task task) {
    start(new Member(this, true, task));
  }

  /** Starts a goroutine that is cancelled when no awaited one is left. */
  void startStage(Task task) {
    start(new Member(this, false, task));
  }

  private void start(Member member) {
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
      Go.go(context, member);
      started = true;
    } finally {
      if (!started) { // out of memory or threads
        member.end(null);
      }
    }
  }

  /**
   * Waits until all goroutines have ended, even if interrupted: then they are cancelled.
   *
   * @throws Exception the failure, or what stands for a cancellation from outside
   */
  void await() throws Exception {
    boolean interrupted = false;
    while (true) {
      try {
        ended.receive();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
        context.cancel(e);
      }
    }
    if (interrupted) {
      // Before the outcome is made: if that tells of the end of the caller's own context, the
      // interrupt that goes with it is taken back.
      Thread.currentThread().interrupt();
    }
    switch (outcome(interrupted)) {
      case null -> {}
      case InterruptedException exception -> {
        Thread.interrupted(); // this exception tells of it
        throw exception;
      }
      case Exception exception -> throw exception;
      case Error error -> throw error;
      case Throwable thrown -> throw new UndeclaredThrowableException(thrown);
    }
  }

  /** All goroutines have ended: nobody else writes any more. */
  private @Nullable Throwable outcome(boolean interrupted) {
    Throwable thrown = failure;
    if (thrown == null && cut) {
      thrown = cancellation(interrupted);
    }
    if (thrown != null) {
      for (Throwable other : later) {
        if (other != thrown) {
          thrown.addSuppressed(other);
        }
      }
    }
    return thrown;
  }

  private Throwable cancellation(boolean interrupted) {
    if (interrupted && !parent.isDone()) {
      return new InterruptedException("pipeline");
    }
    try {
      if (parent.isDone()) {
        parent.check();
      }
      context.check(); // done in any case: the parent may be somebody else's code
    } catch (ContextException e) {
      return e;
    }
    throw new AssertionError("cut short, but by nobody");
  }

  private void record(Throwable thrown, boolean isEcho, boolean isAwaited, boolean isDone) {
    if (failure != null) {
      if (!isEcho) {
        later.add(thrown);
      }
    } else if (thrown instanceof Error) {
      failure = thrown;
    } else if (over) {
      return; // a stage that was cancelled because nobody wants its values
    } else if (!isDone) {
      failure = thrown;
    } else {
      cut |= isAwaited || !isEcho;
      if (!isEcho) {
        later.add(thrown);
      }
    }
  }

  /**
   * Whether this is how a goroutine ends that does as it is told, perhaps wrapped on its way. Asked
   * without the lock: what an exception says of its cause is anybody's code.
   */
  private static boolean isCancellation(@Nullable Throwable thrown) {
    Throwable cause = thrown;
    try {
      for (int i = 0; i < MAX_CAUSES && cause != null; i++) {
        if (cause instanceof InterruptedException || cause instanceof ContextException) {
          return true;
        }
        cause = cause.getCause();
      }
    } catch (Throwable e) {
      // not known to be one
    }
    return false;
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
      Throwable thrown = null;
      try {
        task.run();
      } catch (Throwable e) {
        thrown = e;
      }
      end(thrown);
    }

    void end(@Nullable Throwable thrown) {
      Throwable cause;
      boolean cancel;
      boolean isDone = scope.context.isDone();
      boolean isEcho = isCancellation(thrown);
      synchronized (scope.lock) {
        if (thrown != null) {
          scope.record(thrown, isEcho, isAwaited, isDone);
        }
        if (isAwaited && --scope.awaited == 0) {
          scope.over = true;
        }
        cause = scope.failure;
        cancel = scope.over;
      }
      try {
        if (cause != null) {
          scope.context.cancel(cause);
        } else if (cancel) {
          scope.context.close();
        }
      } finally { // somebody may not have been woken, for want of memory
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

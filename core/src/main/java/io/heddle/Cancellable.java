package io.heddle;

import io.heddle.scheduler.Headroom;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The cancellation of a goroutine: by its handle, and by the context that it runs under. Either
 * interrupts it.
 *
 * <p>The interrupt by the context, and who makes each transition:
 *
 * <pre>
 *   PENDING -> SENDING   the context's end
 *   SENDING -> SENT      the same thread, when it has interrupted
 *   PENDING -> OVER      the goroutine, when it learns of the end otherwise: nothing will be sent
 *   SENT    -> OVER      the same: it clears the interrupt status
 * </pre>
 *
 * <p>So the interrupt is taken back once, and a later one is another's. A goroutine that has no
 * context, or one that does not interrupt, is OVER from the start.
 */
abstract class Cancellable extends Threaded {
  private static final byte OVER = 0;
  private static final byte PENDING = 1;
  private static final byte SENDING = 2;
  private static final byte SENT = 3;

  private static final VarHandle PHASE;

  static {
    try {
      PHASE = MethodHandles.lookup().findVarHandle(Cancellable.class, "phase", byte.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Its place under its context; null without a context, or if its group interrupts it. */
  private @Nullable Interrupter interrupter;

  /** How far the interrupt is that its context sends. */
  private volatile byte phase;

  private volatile boolean cancelled;

  /** The task of a group that it runs; null if it runs another. */
  abstract @Nullable GroupTask<?> groupTask();

  /** Interrupts it in the way of its clock. */
  abstract void interrupt();

  /** The context that it runs under. */
  final Context context() {
    GroupTask<?> task = groupTask();
    if (task != null) {
      return task.context();
    }
    Interrupter link = interrupter;
    return link == null ? RootContext.BACKGROUND : link.context;
  }

  /** Cancels it: see {@link Goroutine#cancel}. */
  public final void cancel() {
    Headroom.forGiving();
    cancelled = true;
    interrupt();
  }

  final boolean isCancelled() {
    return cancelled;
  }

  /** Whether it has been cancelled, or its context is done. */
  final boolean isToEnd() {
    return cancelled || isContextOver();
  }

  /** Whether its context may interrupt it, now or later. */
  final boolean mayBeInterruptedByContext() {
    return phase != OVER;
  }

  /** Has it interrupted when a context is done. Before it is started. */
  final void follow(Context context) {
    GroupTask<?> task = groupTask();
    boolean interrupts = context.interrupts();
    if (interrupts) {
      PHASE.set(this, PENDING); // before the registration, by which the context finds the goroutine
    }
    if (task == null) {
      interrupter = new Interrupter(this, context);
      if (interrupts) {
        interrupter.listen();
      }
    } else if (interrupts) {
      task.joinContext(this);
    }
  }

  /** Called when its context is done. */
  final void interruptByContext() {
    if (PHASE.compareAndSet(this, PENDING, SENDING)) {
      interrupt();
      phase = SENT;
    }
  }

  /** At its end. */
  final void leaveContext() {
    GroupTask<?> task = groupTask();
    Interrupter link = interrupter;
    if (task != null) {
      task.leaveContext();
    } else if (link != null && phase == PENDING) { // else it is out of the queue already
      link.stop();
    }
  }

  /**
   * Whether its context is done: says so, or has closed its channel, which do not happen at the
   * same moment. A foreign context that throws must not hide why the calling goroutine is about to
   * end.
   */
  private boolean isContextOver() {
    try {
      if (context().isDone()) {
        return true;
      }
    } catch (Throwable e) {
      // the channel tells
    }
    Interrupter link = interrupter;
    return link != null && link.hasEnded();
  }

  /**
   * Called by the goroutine when it has been notified, otherwise than by an interrupt, that a
   * context is done. If the same event has ended its own context, the interrupt for that is taken
   * back: it would only disturb the goroutine's clean-up.
   *
   * @param end what has ended the context; null if that is not known
   */
  final void learnsOfCancellation(@Nullable ContextEnd end) {
    if (cancelled || phase == OVER || !isContextOver() || !isOwn(end)) {
      return;
    }
    if (PHASE.compareAndSet(this, PENDING, OVER)) {
      Interrupter link = interrupter;
      if (link != null) {
        link.stop();
      }
      return;
    }
    while (phase == SENDING) {
      Routine.yieldNow(); // lets the sender run if it shares our processor, or our bubble
    }
    phase = OVER;
    if (Thread.interrupted() && cancelled) {
      Thread.currentThread().interrupt(); // cancel() came in between and must not be lost
    }
  }

  private boolean isOwn(@Nullable ContextEnd end) {
    return ContextEnd.isSame(end, CancelContext.endOfOurs(context()));
  }

  /** Interrupts a goroutine when its context is done. */
  private static final class Interrupter extends ContextListener {
    private final Cancellable goroutine;
    private final Context context;

    Interrupter(Cancellable goroutine, Context context) {
      super(context);
      this.goroutine = goroutine;
      this.context = context;
    }

    @Override
    void wake() {
      goroutine.interruptByContext();
    }
  }
}

package io.heddle;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Waits for the end of a context in place of a thread. What {@link #wake} does runs on the thread
 * that ends the context, and must not block.
 *
 * <p>Unlike a thread's wait, which only the thread itself leaves, one may be stopped by any thread
 * at any time, also while another thread has it begin: {@link #stop} passes through the lock of
 * what is waited on unless the wait is over, so that either {@code stop} sees the listener queued,
 * or the thread that queues it sees what the caller of {@code stop} did before.
 */
abstract class ContextListener extends Waiter {
  /** Null if the end never comes. */
  private final @Nullable Source<Void> done;

  ContextListener(Context context) {
    this(doneOf(context));
  }

  ContextListener(@Nullable Source<Void> done) {
    this.done = done;
    this.waiter = this;
  }

  /** What ends with a context; null if the context never ends. */
  static @Nullable Source<Void> doneOf(Context context) {
    Objects.requireNonNull(context, "context");
    Source<Void> end = Source.of(Objects.requireNonNull(context.done(), "done() of a context"));
    return end.isLive() ? end : null;
  }

  /** Begins to wait; is woken at once if the context is done. */
  final void listen() {
    Source<Void> end = done;
    if (end == null) {
      prepare();
      return;
    }
    end.enter();
    prepare();
    boolean late = end.ready();
    if (!late) {
      end.receivers.add(this);
    }
    end.exit();
    if (late && claim(this)) {
      wake();
    }
  }

  /** Whether the context's channel has been closed. */
  final boolean hasEnded() {
    Source<Void> end = done;
    if (end == null) {
      return false;
    }
    end.enter();
    boolean closed = end.ready();
    end.exit();
    return closed;
  }

  /** Ends the wait; false if it was over, or has not begun. */
  final boolean stop() {
    // A claimed listener has been taken out of the queue, by a thread that may hold the lock and
    // call stop.
    if (claimedBy() == this) {
      return false;
    }
    boolean isFirst = abandon();
    if (done != null && claimedBy() != this) {
      done.withdraw(this);
    }
    return isFirst;
  }
}

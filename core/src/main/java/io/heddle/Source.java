package io.heddle;

import java.time.Duration;
import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Anything one can receive from: channels, timers, the end of a context. A subclass says when it is
 * ready, what it then yields and where waiters queue; all of that with its lock held. What is here
 * serves every source through a select of one case; {@link Chan} has faster ways of its own.
 */
abstract sealed class Source<T> extends Waitable implements Receiver<T>
    permits ActiveTasks, Chan, Completion, Results, Signal, TimerSource {
  /** Put into the nodes of waiters that have to check again whether the source is ready. */
  static final Object LOOK_AGAIN = new Object();

  /** The waiting receivers. */
  final WaitQueue receivers = new WaitQueue();

  Source() {}

  Source(@Nullable BubbleClock owner) {
    super(owner);
  }

  /** Whether a receive would find something, or would learn that there is nothing left. */
  abstract boolean ready();

  /**
   * Receives, if the source is still ready, into the node.
   *
   * @return false if it is not: another receiver has taken the value
   */
  abstract boolean take(Node into, Wakeups wakeups);

  /**
   * Without the lock: whether there was nothing to receive at some moment since the call. Many
   * callers may poll a source that stays empty, and should not queue for its lock.
   */
  boolean seemsUnready() {
    return false;
  }

  /**
   * Without the lock: whether the source stays ready forever, and yields nothing but its end. Then
   * {@link #take} needs no lock.
   */
  boolean isEnded() {
    return false;
  }

  /**
   * Makes all waiters look again whether the source is ready. Whatever has them do so, an alarm or
   * a future, does so once: it must not fail for want of memory.
   */
  final void lookAgain() {
    Wakeups wakeups = Wakeups.orAtOnce();
    enter();
    wakeups.claimAll(receivers, LOOK_AGAIN);
    exit();
    wakeups.wake();
  }

  /** With the lock held: when, by the waiter's clock, it becomes ready by itself. */
  long deadline(Clock clock) {
    return Clock.NEVER;
  }

  /** Makes the received value of a node's item. */
  @SuppressWarnings("unchecked") // only values of this source get into its nodes
  @Nullable T value(@Nullable Object item) {
    return (T) item;
  }

  /** No waiter is held up by a receiver or a sender ahead of it, so none has to be admitted. */
  @Override
  final void withdraw(Node node) {
    enter();
    WaitQueue queue = node.queue;
    if (queue != null) {
      queue.remove(node);
    }
    exit();
  }

  @Override
  final void withdrawnLocked(Node node, Wakeups wakeups) {
    assert isHeld();
  }

  /** False if nothing can ever be received here: the source is then left out of every wait. */
  boolean isLive() {
    return true;
  }

  abstract WaitReason reason();

  @Override
  public @Nullable T receive() throws InterruptedException {
    Case<@Nullable T> receive = onReceive();
    await(receive, null, Clock.NEVER);
    return receive.result();
  }

  @Override
  public @Nullable T receive(Context context) throws InterruptedException {
    Case<@Nullable T> receive = onReceive();
    await(receive, Objects.requireNonNull(context, "context"), Clock.NEVER);
    return receive.result();
  }

  @Override
  public @Nullable T receive(Duration timeout) throws InterruptedException, TimeoutException {
    Case<@Nullable T> receive = onReceive();
    if (!await(receive, null, Program.current().clock().deadline(timeout))) {
      throw Waiter.timedOut(reason(), timeout);
    }
    return receive.result();
  }

  /** Waits for one case of this source; false if the deadline passes first. */
  final boolean await(Case<?> receive, @Nullable Context context, long deadline)
      throws InterruptedException {
    return Select.of(receive).await(reason(), context, deadline) != null;
  }

  @Override
  public @Nullable T tryReceive() {
    Case<@Nullable T> receive = onReceive();
    return Select.of(receive).tryAwait() == null ? null : receive.result();
  }

  @Override
  public final Case<@Nullable T> onReceive() {
    return new ReceiveCase<>(this, UnaryOperator.identity());
  }

  @Override
  public final <R extends @Nullable Object> Case<R> onReceive(
      Function<? super @Nullable T, ? extends R> result) {
    return new ReceiveCase<T, R>(this, Objects.requireNonNull(result, "result"));
  }

  @Override
  public int len() {
    return 0;
  }

  @Override
  public int cap() {
    return 0;
  }

  @Override
  public final Iterator<T> iterator() {
    return new ReceivingIterator<>(this);
  }

  /** Where the values of a receiver come from. */
  static <T> Source<T> of(Receiver<T> receiver) {
    return switch (receiver) {
      case Source<T> source -> source;
      case Feed<T> feed -> feed.values();
    };
  }
}

package io.heddle;

import io.heddle.scheduler.Headroom;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A channel that carries nothing and is closed once: the end of a context or of a goroutine. Its
 * waiters are threads, and listeners that pass the signal on.
 */
final class Signal extends Source<Void> {
  private final WaitReason reason;

  /** Null until it fires. Then it is what has ended the context, or this if it is no context's. */
  private volatile @Nullable Object fired;

  Signal(WaitReason reason, @Nullable BubbleClock owner) {
    super(owner);
    this.reason = reason;
  }

  boolean hasFired() {
    return fired != null;
  }

  /** What has ended the context whose end this is; null if that is not known. */
  @Nullable ContextEnd contextEnd() {
    return fired instanceof ContextEnd end ? end : null;
  }

  /** Fires, and adds the waiters to the list for the caller to wake. */
  void fireLocked(Object why, List<Waiter> claimed) {
    assert isHeld();
    fired = why;
    for (Waiter waiter = receivers.claimFirst(null);
        waiter != null;
        waiter = receivers.claimFirst(null)) {
      addTo(claimed, waiter);
    }
  }

  /** Adds one to those that the caller is to wake. */
  static void addTo(List<Waiter> claimed, Waiter waiter) {
    try {
      claimed.add(waiter);
    } catch (OutOfMemoryError e) {
      waiter.wake(); // too early, and under a lock, but it must not sleep forever
    }
  }

  void fire() {
    Headroom.forGiving();
    List<Waiter> claimed = new ArrayList<>();
    enter();
    fireLocked(this, claimed);
    exit();
    Waiter.wakeAll(claimed);
  }

  /** Waits until it fires; false if the deadline passes first. */
  boolean await(@Nullable Context context, long deadline) throws InterruptedException {
    return await(onReceive(), context, deadline);
  }

  /** Whether a waiter is among those that it would wake. */
  boolean isAwaitedBy(Waiter waiter) {
    enter();
    Node node = receivers.first();
    while (node != null && node.waiter != waiter) {
      node = node.next;
    }
    exit();
    return node != null;
  }

  /** Any goroutine may wait for the end of a goroutine or of a context. */
  @Override
  boolean isExclusive() {
    return false;
  }

  @Override
  boolean ready() {
    return fired != null;
  }

  @Override
  boolean take(Node into, Wakeups wakeups) {
    into.item = null;
    return fired != null;
  }

  @Override
  boolean seemsUnready() {
    VarHandle.fullFence(); // a look that finds nothing comes after what this thread did before
    return fired == null;
  }

  @Override
  boolean isEnded() {
    return fired != null;
  }

  @Override
  public boolean isDrained() {
    return fired != null;
  }

  @Override
  WaitReason reason() {
    return reason;
  }
}

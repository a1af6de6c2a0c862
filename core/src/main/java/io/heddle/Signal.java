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
  private volatile boolean fired;

  Signal(WaitReason reason, @Nullable BubbleClock owner) {
    super(owner);
    this.reason = reason;
  }

  boolean hasFired() {
    return fired;
  }

  /** With the lock held: fires, and adds those who waited to the list for the caller to wake. */
  void fireLocked(List<Waiter> claimed) {
    fired = true;
    for (Waiter waiter = receivers.claimFirst(null);
        waiter != null;
        waiter = receivers.claimFirst(null)) {
      addTo(claimed, waiter);
    }
  }

  /** With the lock held: adds one to those that the caller is to wake. */
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
    fireLocked(claimed);
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

  /** Anybody may wait for the end of a goroutine or of a context. */
  @Override
  boolean isExclusive() {
    return false;
  }

  @Override
  boolean ready() {
    return fired;
  }

  @Override
  boolean take(Node into, Wakeups wakeups) {
    into.item = null;
    return fired;
  }

  @Override
  boolean seemsUnready() {
    VarHandle.fullFence(); // a look that finds nothing comes after what this thread did before
    return !fired;
  }

  @Override
  boolean isEnded() {
    return fired;
  }

  @Override
  public boolean isDrained() {
    return fired;
  }

  @Override
  WaitReason reason() {
    return reason;
  }
}

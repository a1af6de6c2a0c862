package io.heddle;

import java.util.ArrayList;
import java.util.List;

/**
 * A channel that carries nothing and is closed once: the end of a context or of a goroutine. Its
 * waiters are threads, and listeners that pass the signal on.
 */
final class Signal extends Source<Void> {
  private final WaitReason reason;
  private volatile boolean fired;

  Signal(WaitReason reason) {
    this.reason = reason;
  }

  /** Whether it tells of a context's end, rather than a goroutine's or a future's. */
  boolean isOfContext() {
    return reason == WaitReason.DONE;
  }

  boolean hasFired() {
    return fired;
  }

  /** Fires, and adds those who waited to the list for the caller to wake. */
  void fire(List<Waiter> claimed) {
    enter();
    fired = true;
    for (Node node = receivers.poll(); node != null; node = receivers.poll()) {
      Waiter waiter = Waiter.of(node);
      if (waiter.claim(node)) {
        claimed.add(waiter);
      }
    }
    exit();
  }

  void fire() {
    List<Waiter> claimed = new ArrayList<>();
    fire(claimed);
    claimed.forEach(Waiter::wake);
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
  void received() {
    if (isOfContext()) {
      Routine.learnOfCancellation();
    }
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

package io.heddle;

import io.heddle.internal.Waits;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The waiters that were claimed under a lock and are to be woken once it is released. Most
 * operations claim at most one, so only a second one costs an allocation.
 *
 * <p>Claimed waiters cannot be chained through fields of their own: a claimed waiter may already
 * run, wait again and be claimed again before it is woken here.
 */
class Wakeups {
  private @Nullable Waiter first;
  private @Nullable ArrayList<Waiter> more;

  /** Without memory for a list, wakes each waiter as it is claimed. */
  private static final Wakeups AT_ONCE = new Wakeups(true);

  private final boolean atOnce;

  Wakeups() {
    this(false);
  }

  private Wakeups(boolean atOnce) {
    this.atOnce = atOnce;
  }

  /** For a caller that cannot go back: what it has changed under the lock may let others pass. */
  static Wakeups orAtOnce() {
    try {
      return new Wakeups();
    } catch (OutOfMemoryError e) {
      return AT_ONCE;
    }
  }

  /** For an unlock: those whom it wakes learn where it was, while waits are sampled. */
  static Wakeups ofUnlock() {
    Object place = Waits.areSampled() ? Waits.unlocking() : null;
    return place == null ? new Wakeups() : new OfUnlock(place);
  }

  /** Those of an unlock at a known place. */
  private static final class OfUnlock extends Wakeups {
    private final Object place;

    OfUnlock(Object place) {
      this.place = place;
    }

    @Override
    boolean claim(Node node) {
      node.item = place;
      return super.claim(node);
    }
  }

  final void add(Waiter waiter) {
    if (atOnce) {
      waiter.wake(); // too early, and under a lock, but it must not sleep forever
    } else if (first == null) {
      first = waiter;
    } else {
      try {
        if (more == null) {
          more = new ArrayList<>();
        }
        more.add(waiter);
      } catch (OutOfMemoryError e) {
        waiter.wake(); // too early, and under a lock, but it must not sleep forever
      }
    }
  }

  /** Claims every node of the queue, handing each the item. */
  final void claimAll(WaitQueue queue, @Nullable Object item) {
    while (claimFirst(queue, item)) {}
  }

  /** Claims the first node of the queue whose owner still waits; false if no owner does. */
  final boolean claimFirst(WaitQueue queue, @Nullable Object item) {
    Waiter waiter = queue.claimFirst(item);
    if (waiter != null) {
      add(waiter);
    }
    return waiter != null;
  }

  /** Claims a node that was taken out of its queue; false if its owner is no longer waiting. */
  boolean claim(Node node) {
    Waiter waiter = Waiter.of(node);
    if (waiter.claim(node)) {
      add(waiter);
      return true;
    }
    return false;
  }

  /** Wakes them, in the order of their claims. No lock may be held. */
  final void wake() {
    Waiter one = first;
    if (one != null) {
      first = null;
      ArrayList<Waiter> rest = more;
      more = null;
      try {
        one.wake();
      } finally {
        if (rest != null) {
          Waiter.wakeAll(rest);
        }
      }
    }
  }
}

package io.heddle;

import io.heddle.jvm.Observers;
import org.jspecify.annotations.Nullable;

/**
 * A first-in first-out queue of nodes, linked through the nodes. Guarded by the lock of the object
 * it belongs to; only {@link #isEmpty} may be called without it, as a hint.
 */
final class WaitQueue {
  private @Nullable Node first;
  private @Nullable Node last;

  /** How many nodes were taken out, for observers. It wraps around. */
  int taken;

  boolean isEmpty() {
    return first == null;
  }

  @Nullable Node first() {
    return first;
  }

  void add(Node node) {
    Node tail = last;
    node.queue = this;
    node.previous = tail;
    node.next = null;
    last = node;
    if (tail == null) {
      first = node;
    } else {
      tail.next = node;
    }
  }

  void addFirst(Node node) {
    Node head = first;
    node.queue = this;
    node.previous = null;
    node.next = head;
    first = node;
    if (head == null) {
      last = node;
    } else {
      head.previous = node;
    }
  }

  /** Takes the node at the head out, null if absent. The caller then claims it or drops it. */
  @Nullable Node poll() {
    Node head = first;
    if (head != null) {
      if (Observers.WANTED) {
        taken++;
      }
      remove(head);
    }
    return head;
  }

  /**
   * Takes nodes out until one can be claimed.
   *
   * @param item what the waiter is to be handed
   * @return the waiter, for the caller to wake; null if no waiter is left
   */
  @Nullable Waiter claimFirst(@Nullable Object item) {
    for (Node node = poll(); node != null; node = poll()) {
      Waiter waiter = Waiter.of(node);
      node.item = item;
      if (waiter.claim(node)) {
        return waiter;
      }
    }
    return null;
  }

  void remove(Node node) {
    Node before = node.previous;
    Node after = node.next;
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.previous = before;
    }
    node.queue = null;
    node.previous = null;
    node.next = null;
  }

  int size() {
    int size = 0;
    for (Node node = first; node != null; node = node.next) {
      size++;
    }
    return size;
  }
}

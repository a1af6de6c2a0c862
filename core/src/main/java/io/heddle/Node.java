package io.heddle;

import org.jspecify.annotations.Nullable;

/**
 * One waiter's place in one queue: Go's sudog. A {@link Waiter} is its own node when it waits on
 * one object alone; in a select each {@link Case} is one.
 *
 * <p>Every field is guarded by the lock of {@link #on}, the object whose queue holds the node, with
 * two exceptions that the claim makes safe (see {@link Waiter}): a waker writes {@link #item}
 * before its claim and the owner reads it after, and the owner fills the node in before it queues
 * it.
 */
abstract class Node {
  /** Who waits here. Set while the node is queued. */
  @Nullable Waiter waiter;

  /** The queue that holds this node, null when none does. */
  @Nullable WaitQueue queue;

  @Nullable Node previous;
  @Nullable Node next;

  /**
   * What passes between the two sides: the value a sender offers or a receiver is handed, or a
   * marker the object defines.
   */
  @Nullable Object item;

  /** The object waited on; null for a node that is never queued. */
  abstract @Nullable Waitable on();
}

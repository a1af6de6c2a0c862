package io.heddle.evidence.history;

import io.heddle.evidence.history.Operation.Choice;
import io.heddle.evidence.history.Operation.Deed;

/**
 * One object of a {@link Model}: its behaviour for one thread at a time, and its waiters.
 *
 * <p>There are two kinds of objects. Channels, semaphores, read-write mutexes and conditions serve
 * the longest waiter at the moment when they become available. Their queues are part of their
 * state. At the others, waiters help themselves, in any order: {@link #isTakenByWaiters}.
 */
abstract class Thing implements Cloneable {
  /**
   * A wait at this object.
   *
   * @param isOver whether the wait is over, but its thread has not yet taken the node out
   */
  record Node(int call, int choice, int argument, boolean isOver) {
    Node(int call, int choice, int argument) {
      this(call, choice, argument, false);
    }

    /** This node, once its call's wait is over. */
    Node without(int over) {
      return call == over ? new Node(call, choice, argument, true) : this;
    }
  }

  /** Whether an operation can go ahead. */
  enum Ready {
    NO,
    /** That depends on the time. */
    MAYBE,
    YES
  }

  abstract Ready ready(Choice choice, Call call);

  /** Does an operation that is ready; returns its value, or {@link Outcome#REFUSED}. */
  abstract int take(Choice choice, Call call, Model model);

  /** Does something that never waits; returns its outcome. */
  abstract int act(Deed deed, int argument, Call call, Model model);

  /** Whether those who wait look for themselves, instead of being served. */
  boolean isTakenByWaiters() {
    return true;
  }

  /** Whether a wait may be given up at a deadline although the waiter could succeed now. */
  boolean mayExpire(Choice choice, Call call) {
    return ready(choice, call) == Ready.NO;
  }

  /** Whether it may change between the looks of a select at its cases. */
  boolean changesUnseen() {
    return false;
  }

  void enqueue(Choice choice, Node node) {}

  /** Takes out whatever a call has queued here; whether there was anything. */
  boolean remove(int call) {
    return false;
  }

  /**
   * Marks whatever a call has queued here as over, where that keeps others waiting until its thread
   * takes it out; whether there was anything.
   */
  boolean linger(int call) {
    return false;
  }

  /** After a waiter has left: serves waiters that can proceed now. */
  void withdrawn(Model model) {}

  /** A copy to change; what is shared with the original does not change. */
  abstract Thing copy();

  static AssertionError unknown(Object verb) {
    return new AssertionError("not an operation of this object: " + verb);
  }
}

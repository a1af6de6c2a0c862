package io.heddle.remote;

import io.heddle.AfterFunc;
import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import org.jspecify.annotations.Nullable;

/**
 * The time during which this process has a lease: from the claim until the lease is settled or
 * lost.
 *
 * <pre>{@code
 * OPEN --settle--> SETTLING --stored--> SETTLED
 *  | ^                | |
 *  | +---- failed ----+ +-- refused, or failed after the lease has ended --+
 *  +---- the lease has ended ----------------------------------------------+--> LOST
 * }</pre>
 *
 * <p>The context is cancelled when the lease has ended, in whatever state.
 */
final class Tenure {
  private enum State {
    OPEN,
    SETTLING,
    SETTLED,
    LOST
  }

  private final Keeper keeper;
  private final Lease lease;
  private final String what;
  private final CancelContext context;

  /** Runs once, when the tenure is settled or lost. */
  private final Runnable atEnd;

  private State state = State.OPEN; // guarded by this
  private boolean hasEnded; // guarded by this

  /** The beginning of the lease, or of its last renewal; guarded by this. */
  private long since;

  private AfterFunc.@Nullable Timed alarm; // guarded by this

  private Tenure(Keeper keeper, Lease lease, String what, Context parent, Runnable atEnd) {
    this.keeper = keeper;
    this.lease = lease;
    this.what = what;
    this.context = parent.withCancel();
    this.atEnd = atEnd;
    this.since = lease.since();
  }

  /**
   * Begins.
   *
   * @param what the message or the lock, for people
   */
  static Tenure begin(Keeper keeper, Lease lease, String what, Context parent, Runnable atEnd) {
    Tenure tenure = new Tenure(keeper, lease, what, parent, atEnd);
    keeper.add(tenure); // first, because the alarm may go off at once, and removes it
    synchronized (tenure) {
      tenure.alarm = Go.afterFunc(keeper.left(lease.since()), tenure::expire);
    }
    return tenure;
  }

  Lease lease() {
    return lease;
  }

  Context context() {
    return context;
  }

  /**
   * The lease was renewed by a call that began at this time. If the lease has ended meanwhile, the
   * alarm is about to go off, and it counts: not every backend notices that another process has the
   * lease, and the program may have seen the end on its own clock.
   */
  synchronized void renewed(long before) {
    long end = keeper.end(since);
    boolean isInTime = before - end < 0 && Go.nanoTime() - end < 0;
    if (alarm != null
        && isInTime
        && !hasEnded
        && (state == State.OPEN || state == State.SETTLING)) {
      since = before;
      alarm.reset(keeper.left(before));
    }
  }

  /** The lease has ended by the clock, or is no longer renewed and ends by itself. */
  void expire() {
    lose(true);
  }

  /**
   * The backend does not know the lease. While the lease is being settled, that may be because it
   * has just been settled; then the call that settles it finds out.
   */
  void refuse() {
    lose(false);
  }

  private void lose(boolean isCertain) {
    boolean isLost;
    synchronized (this) {
      if (state == State.SETTLED
          || state == State.LOST
          || (state == State.SETTLING && !isCertain)) {
        return;
      }
      hasEnded = true;
      isLost = state == State.OPEN;
      if (isLost) {
        state = State.LOST;
      }
    }
    context.cancel(new LeaseLostException(what, null));
    if (isLost) {
      end();
    }
  }

  /** Settles the lease at the backend. */
  void settle(Settlement how) throws RemoteException, InterruptedException {
    synchronized (this) {
      if (state == State.LOST) {
        throw new LeaseLostException(what, null);
      }
      if (state != State.OPEN) {
        throw new IllegalStateException(what + " is settled already");
      }
      state = State.SETTLING;
    }
    State next = State.OPEN;
    try {
      keeper.backend().settle(lease, how);
      next = State.SETTLED;
    } catch (LeaseLostException e) {
      next = State.LOST;
      throw e;
    } finally {
      reach(next);
    }
  }

  private void reach(State next) {
    boolean isLost;
    synchronized (this) {
      state = next == State.OPEN && hasEnded ? State.LOST : next;
      if (state == State.OPEN) {
        return;
      }
      isLost = state == State.LOST;
    }
    if (isLost) {
      context.cancel(new LeaseLostException(what, null));
    }
    end();
  }

  private void end() {
    AfterFunc.Timed set;
    synchronized (this) {
      set = alarm;
    }
    if (set != null) {
      set.stop();
    }
    keeper.remove(this);
    atEnd.run();
  }

  /**
   * Ends the context, and settles the lease if that has not been done; whatever the interrupts. If
   * the backend does not store that, the lease is no longer renewed, and ends by itself.
   *
   * @return false if the backend could not be reached
   */
  boolean close(Settlement how) {
    boolean isOpen;
    synchronized (this) {
      isOpen = state == State.OPEN;
    }
    context.close();
    boolean isReached = !isOpen || isReached(Calls.cleanUp(() -> settled(how)));
    expire(); // also if another call is settling it, and fails
    return isReached;
  }

  /** Ends the context, and leaves the lease to its end. */
  void abandon() {
    context.close();
    expire();
  }

  private boolean settled(Settlement how) throws RemoteException, InterruptedException {
    settle(how);
    return true;
  }

  private static boolean isReached(Calls.Ending<Boolean> ending) {
    return switch (ending) {
      case Calls.Ending.Threw<Boolean>(Error e) -> throw e;
      case Calls.Ending.Threw<Boolean>(LeaseLostException _) -> true;
      case Calls.Ending.Threw<Boolean>(RemoteException _) -> false;
      case Calls.Ending.Threw<Boolean> _ -> true; // it was settled meanwhile
      case Calls.Ending.Returned<Boolean> _ -> true;
    };
  }
}

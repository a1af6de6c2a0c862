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
  private AfterFunc.@Nullable Timed alarm; // guarded by this

  private Tenure(Keeper keeper, Lease lease, String what, Context parent, Runnable atEnd) {
    this.keeper = keeper;
    this.lease = lease;
    this.what = what;
    this.context = parent.withCancel();
    this.atEnd = atEnd;
  }

  /**
   * Begins.
   *
   * @param what the message or the lock, for people
   */
  static Tenure begin(Keeper keeper, Lease lease, String what, Context parent, Runnable atEnd) {
    Tenure tenure = new Tenure(keeper, lease, what, parent, atEnd);
    synchronized (tenure) {
      tenure.alarm = Go.afterFunc(keeper.left(lease.since()), tenure::expire);
    }
    keeper.add(tenure);
    return tenure;
  }

  Lease lease() {
    return lease;
  }

  Context context() {
    return context;
  }

  /** The lease was renewed by a call that began at this time. */
  synchronized void renewed(long before) {
    if (alarm != null && !hasEnded && (state == State.OPEN || state == State.SETTLING)) {
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
      settled(next);
    }
  }

  private void settled(State next) {
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

  /** Ends the context, and then settles the lease. */
  void release(Settlement how) throws RemoteException, InterruptedException {
    context.close();
    settle(how);
  }

  /** Ends the context, and settles the lease if that has not been done; whatever the interrupts. */
  void close(Settlement how) {
    boolean isOpen;
    synchronized (this) {
      isOpen = state == State.OPEN;
    }
    context.close();
    if (isOpen) {
      Calls.cleanUp(() -> settle(how));
    }
  }
}

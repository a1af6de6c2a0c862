package io.heddle.remote;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.queue.Uninterrupted;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Renews all leases of a connection, each time a third of their duration has passed, and sooner
 * after a failure.
 *
 * <p>The time of a lease is counted on the monotonic clock of this process, from before the claim
 * or the renewal was sent. A tenth of it is held back: this is the time between the end of the
 * holder's context and the earliest moment at which another process can have the lease.
 */
final class Keeper {
  private final Backend backend;
  private final Duration lease;
  private final Set<Tenure> tenures = ConcurrentHashMap.newKeySet();
  private final CancelContext beating = Context.background().withCancel();
  private final Goroutine<?> heart;

  Keeper(Backend backend, Duration lease) {
    this.backend = backend;
    this.lease = lease;
    this.heart = Go.go("renew leases in " + backend.name(), this::beat);
  }

  Backend backend() {
    return backend;
  }

  Duration lease() {
    return lease;
  }

  void add(Tenure tenure) {
    tenures.add(tenure);
  }

  void remove(Tenure tenure) {
    tenures.remove(tenure);
  }

  /** How long the holder may use a lease that began at this time or later. */
  Duration left(long since) {
    return Duration.ofNanos(end(since) - Go.nanoTime());
  }

  /** The time at which the holder must not use that lease any more. */
  long end(long since) {
    return since + lease.multipliedBy(9).dividedBy(10).toNanos();
  }

  private void beat() throws InterruptedException {
    boolean failed = false;
    try {
      while (true) {
        Go.sleep(lease.dividedBy(failed ? 12 : 3), beating);
        try {
          renew(List.copyOf(tenures));
          failed = false;
        } catch (RemoteException e) {
          failed = true; // if this lasts, the tenures end by themselves
        }
      }
    } catch (ContextException e) {
      // closed
    }
  }

  private void renew(List<Tenure> all) throws RemoteException, InterruptedException {
    if (all.isEmpty()) {
      return;
    }
    long before = Go.nanoTime();
    Set<Lease> lost = Set.copyOf(backend.extend(all.stream().map(Tenure::lease).toList(), lease));
    for (Tenure tenure : all) {
      if (lost.contains(tenure.lease())) {
        tenure.refuse();
      } else {
        tenure.renewed(before);
      }
    }
  }

  /** Stops renewing, as if the process were suspended. */
  void stop() {
    beating.cancel();
    Uninterrupted.join(heart);
  }

  /** Stops renewing, and ends all tenures. */
  void close() {
    stop();
    List.copyOf(tenures).forEach(Tenure::expire);
  }
}

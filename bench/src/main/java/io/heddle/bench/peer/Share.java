package io.heddle.bench.peer;

import java.util.concurrent.atomic.AtomicLong;

/** One light thread's share of a round's operations: Go's {@code testing.PB}. */
public final class Share {

  /** All operations of a round, taken a grain at a time. */
  public static final class Supply {
    private final long n;
    private final long grain;
    private final AtomicLong taken = new AtomicLong();

    Supply(long n, long grain) {
      this.n = n;
      this.grain = grain;
    }

    /** Fails if a body returned before the operations were used up. */
    public void check() {
      if (taken.get() < n) {
        throw new IllegalStateException("operations were left over: " + (n - taken.get()));
      }
    }
  }

  private final Supply supply;
  private long left;

  /** An empty share. */
  public Share(Supply supply) {
    this.supply = supply;
  }

  /** Whether there is another operation to do. */
  public boolean next() {
    return left-- > 0 || refill();
  }

  private boolean refill() {
    long end = supply.taken.addAndGet(supply.grain);
    left = Math.min(supply.grain, supply.n - (end - supply.grain)) - 1;
    if (left < 0) {
      left = 0;
      return false;
    }
    return true;
  }
}

package io.heddle.race.clock;

/** One time of one slot, in a long. None is 0. */
public final class Epoch {
  private static final int TIME_BITS = 40;
  private static final long TIME = (1L << TIME_BITS) - 1;

  private Epoch() {}

  static long of(int slot, long time) {
    return (long) slot << TIME_BITS | time;
  }

  /**
   * The slot.
   *
   * @param epoch an epoch
   * @return not negative
   */
  public static int slot(long epoch) {
    return (int) (epoch >>> TIME_BITS);
  }

  static long time(long epoch) {
    return epoch & TIME;
  }
}

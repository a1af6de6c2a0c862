package io.heddle.race.clock;

/**
 * Which elements of arrays a thread has read, or written, in its present epoch: an access that is
 * in here has nothing to add.
 *
 * <p>The state of an array is far from the array, and belongs to whichever thread came last. This
 * table is small, near, and the thread's own. It is a cache: an entry stands for a page of elements
 * in an epoch, and makes room for others. There are two places for a page, of which the first is
 * that of the one that was added last.
 *
 * <p>An array is known by its identity hash code, as a reference would keep it alive. If two arrays
 * have the same one, of two thousand million, a race on the one may be missed.
 */
public final class Accessed {
  // An entry is two words: the page and the epoch in one, and the set of its elements.
  private static final int WORDS = 2;

  private static final int PAGE_BITS = 6;
  private static final int FIRST = 8 * WORDS;
  private static final int MAX = 4096 * WORDS;

  /** So short for a thread that has accessed no array. */
  private long[] entries = new long[2 * WORDS];

  /** How many entries have been lost since the table has its size. */
  private int lost;

  Accessed() {}

  /** Spreads the epochs of a thread, which differ by little, as the pages of an array do. */
  static long mark(long epoch) {
    return epoch * 0x9E37_79B9_7F4A_7C15L;
  }

  private static long entry(int hash, int index, long mark) {
    return (((long) hash << Integer.SIZE) | (index >>> PAGE_BITS)) + mark;
  }

  private static int place(int hash, int index, long[] entries) {
    return (hash + (index >>> PAGE_BITS)) * WORDS & entries.length - WORDS;
  }

  /**
   * Whether an element has been accessed in an epoch.
   *
   * @param hash the array's identity hash code
   * @param mark the thread's mark of the epoch
   * @return false if that is not known
   */
  public boolean has(int hash, int index, long mark) {
    long[] known = entries;
    int at = place(hash, index, known);
    return (known[at] == entry(hash, index, mark) && (known[at + 1] >>> index & 1) != 0)
        || isAtSecond(hash, index, mark);
  }

  private boolean isAtSecond(int hash, int index, long mark) {
    int at = place(hash, index, entries) ^ WORDS;
    return entries[at] == entry(hash, index, mark) && (entries[at + 1] >>> index & 1) != 0;
  }

  /** Adds an element if its page is in the table; returns whether it is. */
  boolean add(int hash, int index, long mark) {
    return addAll(hash, index, mark, 1L << index);
  }

  private boolean addAll(int hash, int index, long mark, long elements) {
    int at = place(hash, index, entries);
    long entry = entry(hash, index, mark);
    if (entries[at] != entry) {
      at ^= WORDS;
      if (entries[at] != entry) {
        return false;
      }
    }
    entries[at + 1] |= elements;
    return true;
  }

  /** Adds elements of a page. */
  void put(int hash, int index, long mark, long elements) {
    if (addAll(hash, index, mark, elements)) {
      return;
    }
    int at = place(hash, index, entries);
    if (entries[at ^ WORDS] != 0) {
      lost++;
      if (entries.length < MAX && lost * WORDS >= entries.length) {
        entries = new long[Math.max(FIRST, 2 * entries.length)];
        lost = 0;
        at = place(hash, index, entries);
      }
    }
    entries[at ^ WORDS] = entries[at];
    entries[(at ^ WORDS) + 1] = entries[at + 1];
    entries[at] = entry(hash, index, mark);
    entries[at + 1] = elements;
  }

  /**
   * An element is not to be taken for accessed any more.
   *
   * @param hash the array's identity hash code
   */
  void remove(int hash, int index, long mark) {
    int at = place(hash, index, entries);
    for (int place : new int[] {at, at ^ WORDS}) {
      if (entries[place] == entry(hash, index, mark)) {
        entries[place + 1] &= ~(1L << index);
      }
    }
  }
}

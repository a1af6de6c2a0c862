package io.heddle.race.clock;

/**
 * Which elements of arrays a thread has read, or written, in its present epoch: an access that is
 * in here has nothing to add.
 *
 * <p>Finding the state of an array takes several steps, and threads that read the same elements
 * evict each other from its quick set. This table is small, and the thread's own. It is a cache: an
 * entry stands for a page of elements in an epoch. A page has two places, which it shares with
 * others; the one that was added last is in the first.
 *
 * <p>An entry has the identity hash code of the array, as a reference would keep the array alive.
 * If two arrays have the same one, of two thousand million, a race on one of them may be missed.
 */
public final class Accessed {
  // An entry is two words: the array, the page and the epoch in one, and the set of the elements.
  private static final int WORDS = 2;

  /** Two entries: where a page may be. */
  private static final int SET = 2 * WORDS;

  private static final int PAGE_BITS = 6;
  private static final int FIRST = 8 * WORDS;
  private static final int MAX = 4096 * WORDS;

  /** Of a thread that has accessed no array. */
  static final Accessed NONE = new Accessed();

  private long[] entries = new long[FIRST];

  /** How many entries have been lost since the table has its size. */
  private int lost;

  Accessed() {}

  /** What stands for an epoch: numbers in a row differ by little, as the pages of an array do. */
  static long mark(long number) {
    return number * 0x9E37_79B9_7F4A_7C15L;
  }

  private static long entry(int hash, int index, long mark) {
    return (((long) hash << Integer.SIZE) | (index >>> PAGE_BITS)) + mark;
  }

  private static int place(int hash, int index, long[] entries) {
    return (hash + (index >>> PAGE_BITS)) * SET & entries.length - SET;
  }

  /**
   * Which elements of a page have been accessed in an epoch, as far as that is known.
   *
   * @param hash the array's identity hash code
   * @param index of one of the elements
   * @param mark what stands for the epoch
   * @return the bit of an element is that of its index, modulo 64
   */
  public long get(int hash, int index, long mark) {
    long[] known = entries;
    long entry = entry(hash, index, mark);
    int at = place(hash, index, known);
    // Without a branch, which would be hard to predict.
    long other = known[at] ^ entry;
    at += (int) ((other | -other) >>> (Long.SIZE - 1)) * WORDS;
    return known[at] == entry ? known[at + 1] : 0;
  }

  /** Adds an element if its page is in the table; returns whether it is. */
  boolean add(int hash, int index, long mark) {
    return addAll(hash, index, mark, 1L << index);
  }

  private boolean addAll(int hash, int index, long mark, long elements) {
    int at = place(hash, index, entries);
    long entry = entry(hash, index, mark);
    if (entries[at] != entry) {
      at += WORDS;
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
    if (entries[at + WORDS] != 0) {
      lost++;
      if (entries.length < MAX && lost * WORDS >= entries.length) {
        entries = new long[2 * entries.length];
        lost = 0;
        at = place(hash, index, entries);
      }
    }
    entries[at + WORDS] = entries[at];
    entries[at + WORDS + 1] = entries[at + 1];
    entries[at] = entry(hash, index, mark);
    entries[at + 1] = elements;
  }
}

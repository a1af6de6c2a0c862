package io.heddle.race.clock;

import org.jspecify.annotations.Nullable;

/**
 * An immutable vector clock: for each slot, a time.
 *
 * <p>A tree of small arrays, in which clocks share what they have in common. A goroutine that is
 * started shares all of its starter's clock, and a join copies only the parts in which the two
 * differ, so a program may have a million goroutines. Being immutable, a clock can be handed from
 * one thread to another by a plain reference.
 */
@SuppressWarnings("ReferenceEquality") // parts that are the same object are shared
public final class VectorClock {
  // Who knows an epoch at which a thread has released knows all that the thread knew then, as
  // clocks
  // are only ever handed on whole. So a clock that was released carries that epoch, and whether
  // another one covers it is a single look. Without this, a goroutine that ends would compare its
  // clock with that of a wait group entry by entry, and a hundred thousand of them take forever.

  /** Knows nothing of any thread. */
  public static final VectorClock ZERO = new VectorClock(null, 0);

  private static final int BITS = 4;
  private static final int WIDTH = 1 << BITS;
  private static final int MASK = WIDTH - 1;

  /** A {@code long[]} of times at level 0, else an array of nodes of the level below. */
  private final @Nullable Object root;

  private final int level;

  /**
   * The epoch at which it was released, 0 if it was not. Its time counts although it is not in the
   * tree: a goroutine that waits has a clock of its own, but no tree.
   */
  private final long author;

  /** The author of the clock that this one adds only its author's own time to; 0 if absent. */
  private final long base;

  /** This clock with its author's time in the tree, once a caller has asked for that. */
  private @Nullable VectorClock settled;

  private VectorClock(@Nullable Object root, int level) {
    this(root, level, 0, 0);
  }

  private VectorClock(@Nullable Object root, int level, long author, long base) {
    this.root = root;
    this.level = level;
    this.author = author;
    this.base = base;
  }

  /**
   * This clock as a thread releases it that has acquired nothing else.
   *
   * @param epoch of the thread
   * @return a clock
   */
  VectorClock releasedAt(long epoch) {
    if (author != 0 && Epoch.slot(author) == Epoch.slot(epoch)) {
      return new VectorClock(root, level, epoch, base);
    }
    VectorClock known = settled();
    return new VectorClock(known.root, known.level, epoch, author);
  }

  private VectorClock settled() {
    if (author == 0) {
      return this;
    }
    VectorClock found = settled;
    if (found == null) {
      found = with(Epoch.slot(author), Epoch.time(author));
      settled = found;
    }
    return found;
  }

  /** Whether all that was known at an epoch of a release is known here. */
  private boolean covers(long epoch) {
    return epoch != 0 && get(Epoch.slot(epoch)) >= Epoch.time(epoch);
  }

  /**
   * The time of a slot.
   *
   * @param slot not negative
   * @return 0 if absent
   */
  public long get(int slot) {
    if (author != 0 && slot == Epoch.slot(author)) {
      return Epoch.time(author);
    }
    if (slot >>> ((level + 1) * BITS) != 0) {
      return 0;
    }
    Object node = root;
    for (int at = level; at > 0 && node != null; at--) {
      node = ((Object[]) node)[(slot >>> (at * BITS)) & MASK];
    }
    return node == null ? 0 : ((long[]) node)[slot & MASK];
  }

  /** The tree of this clock with another time of one slot. */
  private VectorClock with(int slot, long time) {
    VectorClock tall = this;
    while (slot >>> ((tall.level + 1) * BITS) != 0) {
      tall = tall.raised();
    }
    return new VectorClock(with(tall.root, tall.level, slot, time), tall.level);
  }

  private static Object with(@Nullable Object node, int level, int slot, long time) {
    if (level == 0) {
      long[] times = node == null ? new long[WIDTH] : ((long[]) node).clone();
      times[slot & MASK] = time;
      return times;
    }
    @Nullable Object[] nodes = node == null ? new Object[WIDTH] : ((Object[]) node).clone();
    int index = (slot >>> (level * BITS)) & MASK;
    nodes[index] = with(nodes[index], level - 1, slot, time);
    return nodes;
  }

  /**
   * The least clock that is at least as late as both.
   *
   * @param other another clock
   * @return this clock itself if the other one is nowhere later
   */
  public VectorClock join(VectorClock other) {
    boolean isSameTree = other.root == root || other.root == null;
    if (other.author == 0 ? isSameTree : covers(other.author)) {
      return this;
    }
    if ((root == null && author == 0) || other.covers(author)) {
      return other;
    }
    if (other.author != 0 && (isSameTree || covers(other.base))) {
      return settled().with(Epoch.slot(other.author), Epoch.time(other.author));
    }
    VectorClock mine = settled();
    VectorClock theirs = other.settled();
    while (mine.level < theirs.level) {
      mine = mine.raised();
    }
    while (theirs.level < mine.level) {
      theirs = theirs.raised();
    }
    Object joined = join(mine.root, theirs.root, mine.level);
    return joined == mine.root
        ? this
        : joined == theirs.root ? other : new VectorClock(joined, mine.level);
  }

  private static @Nullable Object join(@Nullable Object a, @Nullable Object b, int level) {
    if (a == b || b == null) {
      return a;
    }
    if (a == null) {
      return b;
    }
    return level == 0
        ? joinTimes((long[]) a, (long[]) b)
        : joinNodes((Object[]) a, (Object[]) b, level);
  }

  private static long[] joinTimes(long[] a, long[] b) {
    boolean aIsLate = true;
    boolean bIsLate = true;
    for (int i = 0; i < WIDTH; i++) {
      aIsLate &= a[i] >= b[i];
      bIsLate &= b[i] >= a[i];
    }
    if (aIsLate || bIsLate) {
      return aIsLate ? a : b;
    }
    long[] joined = a.clone();
    for (int i = 0; i < WIDTH; i++) {
      joined[i] = Math.max(joined[i], b[i]);
    }
    return joined;
  }

  private static @Nullable Object[] joinNodes(
      @Nullable Object[] a, @Nullable Object[] b, int level) {
    @Nullable Object[] joined = new Object[WIDTH];
    boolean isA = true;
    boolean isB = true;
    for (int i = 0; i < WIDTH; i++) {
      Object node = join(a[i], b[i], level - 1);
      joined[i] = node;
      isA &= node == a[i];
      isB &= node == b[i];
    }
    return isA ? a : isB ? b : joined;
  }

  private VectorClock raised() {
    if (root == null) {
      return new VectorClock(null, level + 1);
    }
    @Nullable Object[] nodes = new Object[WIDTH];
    nodes[0] = root;
    return new VectorClock(nodes, level + 1);
  }
}

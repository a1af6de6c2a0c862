package io.heddle.race.clock;

import java.util.Arrays;

/**
 * The places in the code that have accessed what another goroutine had accessed before: where an
 * exploration may let another goroutine have its turn.
 *
 * <p>A seed is to stand for one schedule. So an exploration learns them in a few runs that are
 * always the same, and keeps to them in all others.
 */
public final class SharedSites {
  private static volatile long[] known = new long[64];
  private static volatile boolean learning = true;

  private SharedSites() {}

  /** Forgets all places, and learns them anew from now on. */
  public static synchronized void learn() {
    known = new long[64];
    learning = true;
  }

  /** Learns no more. */
  public static synchronized void keep() {
    learning = false;
  }

  static boolean has(int site) {
    long[] now = known;
    int at = site >>> 6;
    return at < now.length && (now[at] >>> site & 1) != 0;
  }

  static boolean areLearnt() {
    return learning;
  }

  static synchronized void add(int site) {
    long[] next = Arrays.copyOf(known, Math.max(known.length, (site >>> 6) + 1));
    next[site >>> 6] |= 1L << site;
    known = next;
  }
}

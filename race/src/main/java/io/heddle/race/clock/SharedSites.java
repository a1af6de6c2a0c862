package io.heddle.race.clock;

import java.util.Arrays;

/**
 * The places in the code that have accessed what another goroutine had accessed before: where an
 * exploration may let another goroutine have its turn. Kept from one run to the next, so that a
 * place is one from the first access of a run on.
 */
final class SharedSites {
  private static volatile long[] known = new long[64];

  private SharedSites() {}

  static boolean has(int site) {
    long[] now = known;
    int at = site >>> 6;
    return at < now.length && (now[at] >>> site & 1) != 0;
  }

  static synchronized void add(int site) {
    long[] next = Arrays.copyOf(known, Math.max(known.length, (site >>> 6) + 1));
    next[site >>> 6] |= 1L << site;
    known = next;
  }
}

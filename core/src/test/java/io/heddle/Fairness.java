package io.heddle;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;

/**
 * Judges choices that should be independent of each other and all equally probable.
 *
 * <p>By Hoeffding's inequality the number of hits among n independent picks is farther than t from
 * its expectation with a probability of at most 2·exp(-2t²/n). A check of k numbers allows them
 * √(n·ln(2k/p)/2), so it fails of a fair choice with a probability of at most p, {@link
 * #FALSE_ALARM}. All checks of core's tests together then fail by chance with less than 1e-9.
 */
final class Fairness {
  private static final double FALSE_ALARM = 1e-12;

  private Fairness() {}

  /** Asserts that each case was chosen about as often as the others. */
  static void assertFair(int... counts) {
    assertFair(counts, counts.length);
  }

  /**
   * Asserts that each of the cases was chosen about as often as the others, and that each choice
   * was independent of the one before: in pairs of choices, each case comes after each.
   *
   * @param cases how many there were to choose from
   * @param picks which ones were chosen, from 0
   */
  static void assertFair(int cases, int[] picks) {
    int[] single = new int[cases];
    int[] pairs = new int[cases * cases];
    for (int i = 0; i < picks.length; i++) {
      single[picks[i]]++;
      if (i % 2 == 1) { // pairs that overlap would not be independent of each other
        pairs[picks[i - 1] * cases + picks[i]]++;
      }
    }
    int checks = single.length + pairs.length;
    assertFair(single, checks);
    assertFair(pairs, checks);
  }

  private static void assertFair(int[] counts, int checks) {
    int picks = Arrays.stream(counts).sum();
    double expected = (double) picks / counts.length;
    double tolerance = Math.sqrt(picks * Math.log(2 * checks / FALSE_ALARM) / 2);
    for (int count : counts) {
      assertTrue(
          Math.abs(count - expected) <= tolerance,
          () -> "%s, of %.0f each".formatted(Arrays.toString(counts), expected));
    }
  }
}

package io.heddle.internal;

import java.util.random.RandomGenerator;

/**
 * Chooses one schedule of many: which goroutine goes next, wherever that can change. One object is
 * for one run, and is asked by one thread at a time.
 */
public interface Strategy {
  /**
   * Chooses the goroutine that runs next.
   *
   * @param goroutines the numbers of those that can, in the first {@code count} places; if one of
   *     them runs now it is the last
   * @param count how many they are, at least 2
   * @return the place of the one to run
   */
  int next(int[] goroutines, int count);

  /**
   * Told that a goroutine wants others to go first.
   *
   * @param goroutine its number
   */
  void gaveWay(int goroutine);

  /**
   * What all other choices come from, such as that among the ready cases of a select.
   *
   * @return the same each time
   */
  RandomGenerator random();
}

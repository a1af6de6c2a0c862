package io.heddle.race.site;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The sets of locks that were held at accesses, by number. They are noted while schedules are
 * explored, where runs are short, and so not without bounds.
 */
public final class LockSets {
  private static final int MAX = 1 << 16;

  private static final Map<List<String>, Integer> NUMBERS = new HashMap<>();
  private static final List<List<String>> SETS = new ArrayList<>(List.of(List.of()));

  private LockSets() {}

  /**
   * The number of a set.
   *
   * @param locks the locks, in the order in which they were locked
   * @return 0 if there is no lock, or too many sets
   */
  public static int number(List<Object> locks) {
    List<String> names = new ArrayList<>();
    for (Object lock : locks) {
      names.add(Names.of(lock));
    }
    synchronized (SETS) {
      Integer known = NUMBERS.get(names);
      if (known != null || names.isEmpty() || SETS.size() == MAX) {
        return known == null ? 0 : known;
      }
      NUMBERS.put(names, SETS.size());
      SETS.add(names);
      return SETS.size() - 1;
    }
  }

  static List<String> names(int number) {
    synchronized (SETS) {
      return SETS.get(number);
    }
  }
}

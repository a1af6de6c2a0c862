package io.heddle.queue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Shares the places of a consumer among the owners of messages. While messages of n owners are
 * being worked on, an owner has at most the (n + 1)-th part of the places. So the n owners never
 * have all of them: whoever comes next finds a place at once, however many messages of the others
 * are due and however long the work on them takes. An owner can always have one place.
 *
 * <p>An owner that has none yet is counted among the n, so that it leaves as much. Messages without
 * an owner have no limit.
 */
final class Shares {
  private final int places;

  /** How many places each owner has, at least one. */
  private final Map<String, Integer> taken = new HashMap<>();

  Shares(int places) {
    this.places = places;
  }

  /**
   * What may be claimed.
   *
   * @param max how many messages, as all may be of one owner
   * @param except the owners that have their share
   */
  record Allowance(int max, Set<String> except) {}

  synchronized Allowance allowance(int free) {
    int share = share(taken.size());
    int max = Math.min(free, share(taken.size() + 1));
    Set<String> except = new HashSet<>();
    for (Map.Entry<String, Integer> owner : taken.entrySet()) {
      int left = share - owner.getValue();
      if (left <= 0) {
        except.add(owner.getKey());
      } else {
        max = Math.min(max, left);
      }
    }
    return new Allowance(max, except);
  }

  private int share(int owners) {
    return Math.max(1, places / (owners + 1));
  }

  synchronized void take(String owner) {
    if (!owner.isEmpty()) {
      taken.merge(owner, 1, Integer::sum);
    }
  }

  synchronized void giveBack(String owner) {
    taken.computeIfPresent(owner, (_, count) -> count == 1 ? null : count - 1);
  }
}

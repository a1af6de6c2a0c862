package io.heddle.queue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Shares the places of a consumer among the owners of messages. While messages of n owners are
 * being processed, each owner has at most the (n + 1)-th part of the places. The n owners therefore
 * never occupy all places: another owner's message finds one immediately, however many messages of
 * the others are due and however long they take. Every owner may have at least one place.
 *
 * <p>An owner without a place counts among the n before it gets one. Messages without an owner have
 * no limit.
 */
final class Shares {
  private final int places;

  /** The number of places of each owner that has one. */
  private final Map<String, Integer> taken = new HashMap<>();

  Shares(int places) {
    this.places = places;
  }

  /**
   * What a claim may take.
   *
   * @param max the number of messages, all of which may belong to one owner
   * @param except the owners whose share is used up
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

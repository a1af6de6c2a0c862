package io.heddle.purge.stores;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Searches the causes of an exception: clients wrap the error of the server or the network, or
 * report a consequence of it. The chain of causes may contain a cycle.
 */
final class Causes {
  private Causes() {}

  /** The nearest cause that matches; null if absent. */
  static @Nullable Throwable find(Throwable e, Predicate<Throwable> isMeant) {
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Throwable> next = new ArrayDeque<>(List.of(e));
    for (Throwable one; (one = next.poll()) != null; ) {
      if (isMeant.test(one)) {
        return one;
      }
      if (seen.add(one)) {
        next.addAll(List.of(one.getSuppressed()));
        if (one.getCause() != null) {
          next.add(one.getCause());
        }
      }
    }
    return null;
  }
}

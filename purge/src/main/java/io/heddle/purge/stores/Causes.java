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
 * What is behind an exception: clients wrap what the server or the network said, or say that
 * something else failed because of it. What is behind an exception may have it behind itself again.
 */
final class Causes {
  private Causes() {}

  /** The first one that is meant, the nearest; null if there is none. */
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

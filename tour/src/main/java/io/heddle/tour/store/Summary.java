package io.heddle.tour.store;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The result of a bulk deletion.
 *
 * @param deleted the number of keys it deleted
 * @param gone the number of keys that another client had deleted first
 * @param failures the number of keys it failed to delete, by cause
 * @param stopped why it ended before it had tried all keys, null if it did not
 */
public record Summary(
    long deleted, long gone, SortedMap<String, Long> failures, @Nullable Throwable stopped) {
  /** Copies the failures. */
  public Summary {
    failures = Collections.unmodifiableSortedMap(new TreeMap<>(failures));
  }

  /** The number of keys it failed to delete. */
  public long failed() {
    return failures.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Whether all keys of the store are gone, according to the listing. */
  public boolean isComplete() {
    return failures.isEmpty() && stopped == null;
  }

  /** One line for each fact, in a fixed order. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("Deleted keys: ").append(deleted);
    if (gone > 0) {
      text.append("\nalready gone: ").append(gone);
    }
    if (!failures.isEmpty()) {
      text.append("\nfailed to delete ").append(failed()).append(" keys: ").append(causes());
    }
    if (stopped != null) {
      text.append("\nstopped: ").append(stopped.getMessage());
    }
    return text.toString();
  }

  private String causes() {
    return failures.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(cause -> cause.getValue() + " x " + cause.getKey())
        .collect(Collectors.joining(", "));
  }
}

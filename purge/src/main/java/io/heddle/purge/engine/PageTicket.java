package io.heddle.purge.engine;

import io.heddle.purge.Outcome;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A listed page, and the outcomes of its keys so far. For the collector only. */
final class PageTicket {
  /** Where the next page begins, null if this is the last. */
  final @Nullable String next;

  final int skipped;
  final List<FailedKey> failures = new ArrayList<>();
  int unsettled;

  record FailedKey(String key, Outcome.Failed outcome) {}

  PageTicket(@Nullable String next, int selected, int skipped) {
    this.next = next;
    this.unsettled = selected;
    this.skipped = skipped;
  }
}

package io.heddle.queue;

import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * Which messages of a stage a claim passes over.
 *
 * @param condition restricts the claim, as a part of its statement
 * @param parameters the parameters of the condition
 */
record Passing(String condition, List<String> parameters) {
  /** Passes over each message that has an earlier one of its owner in the stage. */
  static final Passing IN_ORDER =
      new Passing(
          " AND (owner = '' OR NOT EXISTS (SELECT 1 FROM queue_message AS earlier"
              + " WHERE earlier.owner = queue_message.owner"
              + " AND earlier.stage = queue_message.stage"
              + " AND earlier.id < queue_message.id AND earlier.state < 2))",
          List.of());

  /** Passes over the messages of some owners. */
  static Passing over(Set<String> owners) {
    if (owners.isEmpty()) {
      return new Passing("", List.of());
    }
    String places = String.join(", ", Collections.nCopies(owners.size(), "?"));
    return new Passing(" AND owner NOT IN (" + places + ")", owners.stream().sorted().toList());
  }
}

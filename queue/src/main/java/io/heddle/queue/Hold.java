package io.heddle.queue;

import java.util.List;
import java.util.Objects;

/**
 * A resource that a message holds for an owner. Messages of one owner may hold a resource at the
 * same time; those of two owners never do.
 *
 * <p>A hold needs no release: it counts for as long as its message is leased, in any stage, or
 * waits in one of some stages. So it ends in the transaction that moves the message elsewhere, and
 * no crash can leave it behind.
 *
 * @param resource the name of the resource, at most 1,000 characters
 * @param stages the stages in which a waiting message holds it; the same for all holds of a
 *     resource
 */
public record Hold(String resource, String owner, List<String> stages) {
  private static final int LONGEST = 1000;

  /** Checks that every engine can store it. */
  public Hold {
    Message.checkText("resource", resource);
    Message.checkText("owner", owner);
    if (resource.length() > LONGEST) {
      throw new IllegalArgumentException(
          "a resource of " + resource.length() + " characters: an index holds " + LONGEST);
    }
    stages = List.copyOf(stages);
    if (Objects.requireNonNull(stages, "stages").isEmpty()) {
      throw new IllegalArgumentException("a hold that never counts");
    }
  }
}

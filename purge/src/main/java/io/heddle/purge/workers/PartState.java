package io.heddle.purge.workers;

import com.google.gson.Gson;
import io.heddle.purge.keys.KeyJson;
import org.jspecify.annotations.Nullable;

/**
 * What all processes know about a part.
 *
 * <p>A process holds a part from the time that it has received the part's message until another
 * process receives the message, because the first one was silent for too long. The time at which
 * the message was published, and the number of its deliveries, tell which of two processes received
 * it later: only that one may take the part over. The other one's next write fails, because it
 * expects another revision. The message's number in the queue would not do: numbers start over when
 * operators remove the queue.
 *
 * @param published when the message that the holder received was published, by the servers' clock,
 *     in nanoseconds since 1970
 * @param delivery how many times the message had been delivered then; 0 if no process has held the
 *     part
 * @param worker the holder; empty if no process holds it
 * @param failures how many processes have given the part back because of an error
 * @param deaths how many processes were silent for too long while they held the part
 * @param checkpoint the position, as text; null for the beginning
 * @param result null until the part has ended
 */
record PartState(
    long published,
    long delivery,
    String worker,
    int failures,
    int deaths,
    @Nullable String checkpoint,
    @Nullable PartResult result) {
  private static final Gson GSON = new Gson();

  /** A part that no process has held. */
  static final PartState NEW = new PartState(0, 0, "", 0, 0, null, null);

  static PartState parse(String text) {
    return GSON.fromJson(text, PartState.class);
  }

  String text() {
    return KeyJson.line(GSON.toJsonTree(this));
  }

  /** Whether the message was received after the holder's. */
  boolean isOlderThan(long otherPublished, long otherDelivery) {
    return published != otherPublished ? published < otherPublished : delivery < otherDelivery;
  }

  boolean isSameHolder(PartState other) {
    return worker.equals(other.worker)
        && published == other.published
        && delivery == other.delivery;
  }

  PartState heldBy(String other, long otherPublished, long otherDelivery) {
    int dead = worker.isEmpty() ? deaths : deaths + 1; // it would have given the part back
    return new PartState(otherPublished, otherDelivery, other, failures, dead, checkpoint, result);
  }

  PartState at(String position) {
    return new PartState(published, delivery, worker, failures, deaths, position, result);
  }

  PartState failed() {
    return new PartState(published, delivery, worker, failures + 1, deaths, checkpoint, result);
  }

  PartState released() {
    return new PartState(published, delivery, "", failures, deaths, checkpoint, result);
  }

  PartState withoutFailures() {
    return new PartState(published, delivery, worker, 0, 0, checkpoint, result);
  }

  PartState ended(PartResult how) {
    return new PartState(published, delivery, worker, failures, deaths, checkpoint, how);
  }
}

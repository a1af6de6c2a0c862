package io.heddle.purge.workers;

import com.google.gson.Gson;
import io.heddle.purge.keys.KeyJson;
import org.jspecify.annotations.Nullable;

/**
 * What all processes know about a part.
 *
 * <p>A process holds a part from the time that it has received the part's message until another
 * process receives the message, because the first one was silent for too long. The message's number
 * and the number of its deliveries tell which of two processes received it later: only that one may
 * take the part over. The other one's next write fails, because it expects another revision.
 *
 * @param sequence the number of the message that the holder received
 * @param delivery how many times the message had been delivered then; 0 if nobody has held the part
 * @param worker the holder
 * @param failures how many processes have given the part back because of an error
 * @param checkpoint the position, as text; null for the beginning
 * @param result null until the part has ended
 */
record PartState(
    long sequence,
    long delivery,
    String worker,
    int failures,
    @Nullable String checkpoint,
    @Nullable PartResult result) {
  private static final Gson GSON = new Gson();

  /** A part that no process has held. */
  static final PartState NEW = new PartState(0, 0, "", 0, null, null);

  static PartState parse(String text) {
    return GSON.fromJson(text, PartState.class);
  }

  String text() {
    return KeyJson.line(GSON.toJsonTree(this));
  }

  /** Whether the message was received after the holder's. */
  boolean isOlderThan(long otherSequence, long otherDelivery) {
    return sequence != otherSequence ? sequence < otherSequence : delivery < otherDelivery;
  }

  boolean isSameHolder(PartState other) {
    return worker.equals(other.worker) && sequence == other.sequence && delivery == other.delivery;
  }

  PartState heldBy(String other, long otherSequence, long otherDelivery) {
    return new PartState(otherSequence, otherDelivery, other, failures, checkpoint, result);
  }

  PartState at(String position) {
    return new PartState(sequence, delivery, worker, failures, position, result);
  }

  PartState failed() {
    return new PartState(sequence, delivery, worker, failures + 1, checkpoint, result);
  }

  PartState ended(PartResult how) {
    return new PartState(sequence, delivery, worker, failures, checkpoint, how);
  }
}

package io.heddle.orders.pipeline;

import io.heddle.Go;
import io.heddle.queue.Delivery;
import io.heddle.queue.Message;
import io.heddle.queue.Queue;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Deliveries for tests that call a part of the pipeline directly. */
final class Deliveries {
  private Deliveries() {}

  /** One of no queue, claimed at some time of the queue's clock. */
  static Delivery at(Instant now) {
    return new Delivery(1, 1, "stage", "o", "", "", 1, 0, 0, null, now, now, Go.nanoTime());
  }

  /** The lease of a message that is published for this purpose. */
  static Delivery leased(Queue queue, String key) throws Exception {
    String stage = "leased by " + key;
    queue.publish(List.of(new Message(stage, key, "")));
    return queue.tryClaim(stage, 1, Duration.ofDays(1)).getFirst();
  }
}

package io.heddle.orders.pipeline;

import io.heddle.orders.queue.Entry;
import io.heddle.orders.queue.Filter;
import io.heddle.orders.queue.Message;
import io.heddle.orders.queue.Queue;
import io.heddle.orders.queue.QueueException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The CA's limit of failed validations for each account, host and hour. All workers share it, as it
 * is in the queue: a host has a few places, a failed validation takes one for an hour, and only
 * while there is a free one the CA is asked.
 *
 * <p>A taken place is a message that falls due when it becomes free. It is published before the
 * order goes on: when the worker dies in between, the failure is counted twice, and never not.
 */
final class FailedValidations {
  static final String STAGE = "failed-validation";

  private final Queue queue;
  private final int limit;
  private final Duration window;

  FailedValidations(Queue queue, int limit, Duration window) {
    this.queue = queue;
    this.limit = limit;
    this.window = window;
  }

  /** When the CA may be asked about a host; null if it may now. */
  @Nullable Instant notBefore(String account, String host)
      throws QueueException, InterruptedException {
    List<Entry> taken = new ArrayList<>();
    for (int place = 0; place < limit; place++) {
      List<Entry> found = place(account, host, place);
      if (found.isEmpty()) {
        return null;
      }
      taken.addAll(found);
    }
    return taken.stream().map(Entry::due).min(Comparator.naturalOrder()).orElse(null);
  }

  /** A validation of a host has failed. */
  void failed(String account, String host) throws QueueException, InterruptedException {
    for (int place = 0; place < limit; place++) {
      Message taken = new Message(STAGE, key(account, host, place), "", window);
      if (queue.publish(List.of(taken)) > 0) {
        return;
      }
    }
  }

  private List<Entry> place(String account, String host, int place)
      throws QueueException, InterruptedException {
    return queue.list(Filter.ALL.ofStage(STAGE).withKey(key(account, host, place)), 0, 1);
  }

  private static String key(String account, String host, int place) {
    return account + " " + host + " " + place;
  }
}

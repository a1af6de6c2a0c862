package io.heddle.orders.pipeline;

import io.heddle.orders.Authorization;
import io.heddle.orders.queue.Entry;
import io.heddle.orders.queue.Filter;
import io.heddle.orders.queue.Message;
import io.heddle.orders.queue.Queue;
import io.heddle.orders.queue.QueueException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The CA's limit of failed validations for each account, host and hour. All workers share it, as it
 * is in the queue: a host has a few places, and whoever is about to have the CA validate takes one
 * first. If the validation succeeds it gives the place back; if it fails, or nobody learns how it
 * ended, the place stays taken for the window. So no more fail than there are places, however many
 * workers validate at the same time, and whenever they die.
 *
 * <p>A place is a message of the queue that falls due when it becomes free, with the authorization
 * that has it: an order whose worker died finds the place that it has taken already. Nobody reads
 * when that will be, as it is on the queue's clock; who finds no place looks again {@linkplain
 * #pause a little later}.
 */
final class FailedValidations {
  static final String STAGE = "failed-validation";

  private final Queue queue;
  private final int limit;
  private final Duration window;

  /**
   * Makes the limit.
   *
   * @param limit how many may fail
   * @param window in which time, from the beginning of the validation
   */
  FailedValidations(Queue queue, int limit, Duration window) {
    this.queue = queue;
    this.limit = limit;
    this.window = window;
  }

  /**
   * Takes a place for each authorization that has none yet, or none at all.
   *
   * @return those whose hosts have no place left; the CA may be asked about all if there are none
   */
  List<Authorization> reserve(String account, List<Authorization> wanted)
      throws QueueException, InterruptedException {
    List<Authorization> missing = new ArrayList<>();
    for (Authorization one : wanted) {
      if (!reserve(account, one)) {
        missing.add(one);
      }
    }
    if (!missing.isEmpty()) {
      for (Authorization one : wanted) {
        release(account, one);
      }
    }
    return missing;
  }

  private boolean reserve(String account, Authorization one)
      throws QueueException, InterruptedException {
    for (int place = 0; place < limit; place++) {
      Message wanted = place(account, one, place);
      if (queue.publish(List.of(wanted)) > 0 || isOurs(wanted)) {
        return true;
      }
    }
    return false;
  }

  private boolean isOurs(Message place) throws QueueException, InterruptedException {
    List<Entry> found = queue.list(Filter.ALL.ofStage(STAGE).withKey(place.key()), 0, 1);
    return !found.isEmpty() && found.getFirst().body().equals(place.body());
  }

  /** Gives the place of an authorization back, as the validation has not failed. */
  void release(String account, Authorization one) throws QueueException, InterruptedException {
    for (int place = 0; place < limit; place++) {
      if (queue.retract(place(account, one, place))) {
        return;
      }
    }
  }

  /** How long to wait for a place: a small part of the window. */
  Duration pause() {
    return window.dividedBy(12);
  }

  private Message place(String account, Authorization one, int place) {
    String key = account + " " + one.domain() + " " + place;
    return new Message(STAGE, key, one.location().toString(), window);
  }
}

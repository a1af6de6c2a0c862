package io.heddle.orders.pipeline;

import io.heddle.orders.Authorization;
import io.heddle.queue.Delivery;
import io.heddle.queue.Entry;
import io.heddle.queue.Filter;
import io.heddle.queue.Message;
import io.heddle.queue.Queue;
import io.heddle.queue.QueueException;
import io.heddle.queue.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The CA's limit of failed validations for each account, host and hour. All workers share it, as it
 * is in the queue: a host has a few places, and a worker that is about to have the CA validate
 * takes one first. If the validation succeeds the place is given back; if it fails, or no worker
 * learns how it ended, the place stays taken for the window. So no more fail than there are places,
 * however many workers validate at the same time, and whenever they die.
 *
 * <p>A place is a message of the queue that falls due when it becomes free, with the authorization
 * that has it. Only the worker that has the order's lease can take one, and it takes the places for
 * all authorizations in one transaction. So the next worker finds every place that its predecessors
 * took, and a predecessor that wakes up late takes none. Nobody reads when a place will be free, as
 * that is on the queue's clock; an order that finds no place is looked at again {@linkplain #pause
 * a little later}.
 */
final class FailedValidations {
  static final String STAGE = "failed-validation";

  private final Queue queue;
  private final int limit;
  private final Duration window;

  /**
   * Makes the limit.
   *
   * @param window in which time, from the beginning of the validation
   */
  FailedValidations(Queue queue, int limit, Duration window) {
    this.queue = queue;
    this.limit = limit;
    this.window = window;
  }

  /**
   * Takes a place for each authorization, or none at all. A place that an authorization has already
   * is its own from now on for the whole window.
   *
   * @param holder the order that is being worked on
   * @return those whose hosts have no place left; the CA may be asked about all if there are none
   */
  List<Authorization> reserve(Delivery holder, String account, List<Authorization> wanted)
      throws QueueException, InterruptedException {
    while (true) {
      List<Message> places = new ArrayList<>();
      List<Authorization> missing = new ArrayList<>();
      for (Authorization one : wanted) {
        Message place = place(account, one, places);
        if (place == null) {
          missing.add(one);
        } else {
          places.add(place);
        }
      }
      if (!missing.isEmpty()) {
        return missing;
      }
      if (places.isEmpty() || queue.publishWhileLeased(holder, places)) {
        return List.of();
      }
      // Another order took one of them in the meantime.
    }
  }

  /** The place that an authorization has, or a free one that is not among those chosen. */
  private @Nullable Message place(String account, Authorization one, List<Message> chosen)
      throws QueueException, InterruptedException {
    Message free = null;
    for (int number = 0; number < limit; number++) {
      Message place = place(account, one, number);
      Entry found = find(place);
      if (found == null) {
        boolean isChosen = chosen.stream().anyMatch(other -> other.key().equals(place.key()));
        free = free == null && !isChosen ? place : free;
      } else if (isOurs(found, place)) {
        return place;
      }
    }
    return free;
  }

  private @Nullable Entry find(Message place) throws QueueException, InterruptedException {
    List<Entry> found = queue.list(Filter.ALL.ofStage(STAGE).withKey(place.key()), 0, 1);
    return found.isEmpty() ? null : found.getFirst();
  }

  /** One whose time is over, and that is about to be removed, is nobody's. */
  private static boolean isOurs(Entry found, Message place) {
    return found.state() == State.WAITING && found.body().equals(place.body());
  }

  /**
   * Gives the place of an authorization back, as the validation has succeeded. Any worker that sees
   * that may do so, as nobody needs the place any more.
   */
  void release(String account, Authorization one) throws QueueException, InterruptedException {
    for (int number = 0; number < limit; number++) {
      Message place = place(account, one, number);
      Entry found = find(place);
      if (found != null && isOurs(found, place)) {
        queue.retract(place);
      }
    }
  }

  /** How long to wait for a place: a small part of the window. */
  Duration pause() {
    return window.dividedBy(12);
  }

  private Message place(String account, Authorization one, int number) {
    String key = account + " " + one.domain() + " " + number;
    return new Message(STAGE, key, one.location().toString(), window);
  }
}

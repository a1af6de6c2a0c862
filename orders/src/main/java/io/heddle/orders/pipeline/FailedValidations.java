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
 * The CA's limit of failed validations for each account, host and hour. It is stored in the queue,
 * so all workers share it. A host has a few slots, and a worker takes a slot before it asks the CA
 * to validate. If the validation succeeds the slot is returned. If it fails, or no worker learns
 * its result, the slot stays taken for the window. So the number of failures never exceeds the
 * number of slots, however many workers validate at the same time, and whenever they die.
 *
 * <p>A slot is a message in the queue that becomes due when the slot is free again, and contains
 * the authorization that has it. Only the worker with the order's lease can take slots, and it
 * takes the slots for all authorizations in one transaction. So the next worker finds every slot
 * that its predecessors took, and a predecessor that resumes late takes none. Workers cannot read
 * when a slot will be free, because that is on the queue's clock; an order that finds no slot is
 * retried {@linkplain #pause a little later}.
 */
final class FailedValidations {
  static final String STAGE = "failed-validation";

  private final Queue queue;
  private final int limit;
  private final Duration window;

  /**
   * Makes the limit.
   *
   * @param window the period of the limit, from the beginning of a validation
   */
  FailedValidations(Queue queue, int limit, Duration window) {
    this.queue = queue;
    this.limit = limit;
    this.window = window;
  }

  /**
   * Takes a slot for each authorization, or none at all. A slot that an authorization has already
   * is renewed for the whole window.
   *
   * @param holder the order that is being worked on
   * @return the authorizations whose hosts have no free slot; if empty, each one has its slot
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
      // Another order has taken one of them in the meantime.
    }
  }

  /** The slot that an authorization has, or a free one that is not among those chosen. */
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

  /** A slot whose time is over, and that is about to be removed, belongs to no authorization. */
  private static boolean isOurs(Entry found, Message place) {
    return found.state() == State.WAITING && found.body().equals(place.body());
  }

  /**
   * Returns the slot of an authorization, since the validation has succeeded. Any worker that sees
   * the success may do so, because the slot is not needed any more.
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

  /** How long to wait for a slot: a small part of the window. */
  Duration pause() {
    return window.dividedBy(12);
  }

  private Message place(String account, Authorization one, int number) {
    String key = account + " " + one.domain() + " " + number;
    return new Message(STAGE, key, one.location().toString(), window);
  }
}

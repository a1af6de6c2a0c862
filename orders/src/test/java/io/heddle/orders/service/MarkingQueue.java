package io.heddle.orders.service;

import io.heddle.Case;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.store.OrderJson;
import io.heddle.orders.store.Ownership;
import io.heddle.queue.Delivery;
import io.heddle.queue.Entry;
import io.heddle.queue.Event;
import io.heddle.queue.Filter;
import io.heddle.queue.Hold;
import io.heddle.queue.Message;
import io.heddle.queue.Note;
import io.heddle.queue.Outcome;
import io.heddle.queue.Queue;
import io.heddle.queue.QueueException;
import io.heddle.queue.Quota;
import io.heddle.queue.Search;
import io.heddle.queue.StageStats;
import io.heddle.queue.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A real queue that leaves a mark of every time that a stage completes an order, in the transaction
 * that completes it. As a mutant it settles as a pipeline would that somebody wrote who did not
 * know better.
 */
final class MarkingQueue implements Queue {
  static final String MARK = "mark";

  private final Queue queue;
  private final Mutant mutant;
  private final AtomicInteger asked = new AtomicInteger();

  /** Whose order is being placed. */
  private final ThreadLocal<String> customer = ThreadLocal.withInitial(() -> "");

  /** What is wrong with it, and what that looks like in the end. */
  enum Mutant {
    /** Nothing. */
    NONE("", true),
    /** Some orders are acknowledged, and not handed to the next stage. */
    FORGETS_TO_HAND_OVER("0 of ", false),
    /** Orders are acknowledged before the work: who dies in the middle of it has had them. */
    ACKNOWLEDGES_EARLY("0 of ", true),
    /** The next stage gets an order before it is acknowledged, and it is done once more. */
    HANDS_OVER_TWICE("was completed 2 times", false),
    /** Nobody looks how far the CA is: what has been issued is ordered again. */
    ORDERS_AGAIN("issued for ", false),
    /** Whatever the CA answers with is taken for the customer's own. */
    STEALS("issued to a thief", false);

    final String symptom;

    /** Whether it takes deaths of workers to bring it out. */
    final boolean needsDeaths;

    Mutant(String symptom, boolean needsDeaths) {
      this.symptom = symptom;
      this.needsDeaths = needsDeaths;
    }
  }

  MarkingQueue(Queue queue, Mutant mutant) {
    this.queue = queue;
    this.mutant = mutant;
  }

  private static boolean isOrder(String stage) {
    return OrderState.STAGES.stream().anyMatch(state -> state.label().equals(stage));
  }

  @Override
  public void begin(Delivery delivery) throws QueueException, InterruptedException {
    queue.begin(delivery);
  }

  @Override
  public void settle(Delivery delivery, Outcome outcome)
      throws QueueException, InterruptedException {
    if (!isOrder(delivery.stage())) {
      queue.settle(delivery, outcome);
    } else if (outcome instanceof Outcome.Done(var next) && !next.isEmpty()) {
      List<Message> marked = new ArrayList<>(next);
      marked.add(mark(delivery, next.getFirst()));
      complete(delivery, marked);
    } else if (mutant == Mutant.ACKNOWLEDGES_EARLY) {
      queue.publish(List.of(again(delivery, outcome)));
    } else {
      queue.settle(delivery, outcome);
    }
  }

  @Override
  public boolean settle(Entry seen, Outcome outcome, @Nullable Note note)
      throws QueueException, InterruptedException {
    return queue.settle(seen, outcome, note);
  }

  private void complete(Delivery delivery, List<Message> marked)
      throws QueueException, InterruptedException {
    String stage = delivery.stage();
    boolean isValidated = stage.equals(OrderState.VALIDATING.label());
    switch (mutant) {
      case NONE, STEALS -> queue.settle(delivery, new Outcome.Done(marked));
      case FORGETS_TO_HAND_OVER -> {
        boolean forgets = isValidated && isNextOfThree();
        queue.settle(delivery, new Outcome.Done(forgets ? marked.subList(1, 2) : marked));
      }
      case ACKNOWLEDGES_EARLY -> queue.publish(marked);
      case HANDS_OVER_TWICE -> {
        if (isValidated && delivery.attempt() == 1 && isNextOfThree()) {
          queue.publish(marked);
          queue.settle(delivery, new Outcome.Retry(Duration.ZERO, "died in between"));
        } else {
          queue.settle(delivery, new Outcome.Done(marked));
        }
      }
      case ORDERS_AGAIN -> {
        Order done = OrderJson.read(marked.getFirst().body());
        boolean isFirst = !done.created().equals(Instant.EPOCH);
        if (isFirst && stage.equals(OrderState.FINALIZING.label())) {
          Order anew = Order.submitted(done.id(), done.request(), Instant.EPOCH);
          String start = OrderState.SUBMITTED.label();
          marked.set(0, new Message(start, done.id(), OrderJson.write(anew)));
        }
        queue.settle(delivery, new Outcome.Done(marked));
      }
    }
  }

  /** The first one is, so that there is one. */
  private boolean isNextOfThree() {
    return asked.getAndIncrement() % 3 == 0;
  }

  /** The message of a delivery that was acknowledged before its work came to this. */
  private static Message again(Delivery delivery, Outcome outcome) {
    return switch (outcome) {
      case Outcome.Retry(var delay, _, var body) -> again(delivery, body, delay);
      case Outcome.Defer(var delay, _, var body) -> again(delivery, body, delay);
      case Outcome.Done _, Outcome.Dead _ -> throw new AssertionError(outcome);
    };
  }

  private static Message again(Delivery delivery, @Nullable String body, Duration delay) {
    String left = body == null ? delivery.body() : body;
    return new Message(delivery.stage(), delivery.key(), left, delay);
  }

  /** Named after its work: an order that is placed again passes the same stages again. */
  private static Message mark(Delivery delivery, Message next) {
    Order order = OrderJson.read(next.body());
    String where = order.placement() == null ? "" : order.placement().location().getPath();
    String done = delivery.stage() + " " + delivery.key() + " " + where;
    return new Message(MARK, done + " " + UUID.randomUUID(), "");
  }

  @Override
  public int publish(List<Message> messages) throws QueueException, InterruptedException {
    return queue.publish(messages);
  }

  @Override
  public boolean publishIfAbsent(Message message) throws QueueException, InterruptedException {
    return queue.publishIfAbsent(message);
  }

  @Override
  public boolean publishWhileLeased(Delivery holder, List<Message> messages)
      throws QueueException, InterruptedException {
    return queue.publishWhileLeased(holder, messages);
  }

  @Override
  public Publication publishWithHold(
      Message message, Hold hold, List<Quota> quotas, @Nullable Note note)
      throws QueueException, InterruptedException {
    return queue.publishWithHold(message, hold, quotas, note);
  }

  @Override
  public @Nullable String hold(String key, List<Hold> holds)
      throws QueueException, InterruptedException {
    if (holds.getFirst().resource().startsWith("name ")) {
      customer.set(holds.getFirst().owner());
    }
    return queue.hold(key, holds);
  }

  @Override
  public boolean holds(String key, String resource) throws QueueException, InterruptedException {
    return queue.holds(key, resource);
  }

  @Override
  public boolean retract(Message message) throws QueueException, InterruptedException {
    return queue.retract(message);
  }

  @Override
  public List<Delivery> claim(String stage, int max, Duration lease)
      throws QueueException, InterruptedException {
    return claim(stage, max, lease, Set.of());
  }

  @Override
  public List<Delivery> claim(String stage, int max, Duration lease, Set<String> except)
      throws QueueException, InterruptedException {
    List<Delivery> deliveries = queue.claim(stage, max, lease, except);
    if (mutant == Mutant.ACKNOWLEDGES_EARLY && isOrder(stage)) {
      for (Delivery one : deliveries) {
        queue.settle(one, Outcome.done());
      }
    }
    return deliveries;
  }

  @Override
  public List<Delivery> tryClaim(String stage, int max, Duration lease)
      throws QueueException, InterruptedException {
    return queue.tryClaim(stage, max, lease);
  }

  @Override
  public List<Delivery> extend(List<Delivery> deliveries, Duration lease)
      throws QueueException, InterruptedException {
    if (mutant == Mutant.ACKNOWLEDGES_EARLY) {
      return List.of(); // it has no lease to lose
    }
    return queue.extend(deliveries, lease);
  }

  @Override
  public List<Entry> list(Filter filter, long after, int limit)
      throws QueueException, InterruptedException {
    if (mutant == Mutant.STEALS && Ownership.STAGE.equals(filter.stage())) {
      Instant now = Instant.EPOCH;
      return List.of(
          new Entry(
              1, filter.stage(), "", customer.get(), State.WAITING, 0, 0, 0, null, now, now, now));
    }
    return queue.list(filter, after, limit);
  }

  @Override
  public Replayed replay(String key, String owner, List<Quota> quotas, @Nullable Note note)
      throws QueueException, InterruptedException {
    return queue.replay(key, owner, quotas, note);
  }

  @Override
  public long replay(Filter filter, @Nullable Note note)
      throws QueueException, InterruptedException {
    return queue.replay(filter, note);
  }

  @Override
  public Quota.@Nullable Exceeded use(String owner, List<Quota.Rate> rates)
      throws QueueException, InterruptedException {
    return queue.use(owner, rates);
  }

  @Override
  public Case<?> onNewerVersion() {
    return queue.onNewerVersion();
  }

  @Override
  public long purge(Filter filter) throws QueueException, InterruptedException {
    return queue.purge(filter);
  }

  @Override
  public long purge(List<Entry> seen, @Nullable Note note)
      throws QueueException, InterruptedException {
    return queue.purge(seen, note);
  }

  @Override
  public List<Entry> list(List<Filter> filters, long after, int limit)
      throws QueueException, InterruptedException {
    return queue.list(filters, after, limit);
  }

  @Override
  public Search.Page search(Search search, @Nullable String after, int limit)
      throws QueueException, InterruptedException {
    return queue.search(search, after, limit);
  }

  @Override
  public List<Event> history(String key) throws QueueException, InterruptedException {
    return queue.history(key);
  }

  @Override
  public List<Event.Count> counts(Duration window, Duration period)
      throws QueueException, InterruptedException {
    return queue.counts(window, period);
  }

  @Override
  public void note(Note note, String key, String owner)
      throws QueueException, InterruptedException {
    queue.note(note, key, owner);
  }

  @Override
  public List<Note.Stored> notes(
      @Nullable String owner, @Nullable String key, long before, int limit)
      throws QueueException, InterruptedException {
    return queue.notes(owner, key, before, limit);
  }

  @Override
  public List<StageStats> stats() throws QueueException, InterruptedException {
    return queue.stats();
  }

  @Override
  public @Nullable Entry find(String key) throws QueueException, InterruptedException {
    return queue.find(key);
  }

  @Override
  public void close() {
    queue.close();
  }
}

package io.heddle.queue;

import static io.heddle.Select.select;

import io.heddle.Case;
import io.heddle.Chan;
import io.heddle.Go;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A queue in a table of a database. The engines differ in the execution of transactions. */
abstract class SqlQueue implements ChannelQueue {
  private static final Duration FIRST_LOOK = Duration.ofMillis(1);
  private static final Duration LONGEST_LOOK = Duration.ofSeconds(1);

  final Arrivals arrivals = new Arrivals();

  /** Closed when the queue is. */
  private final Chan<Boolean> closed = Chan.unbuffered();

  /** Closed when another process has converted the tables for a newer version. */
  private final Chan<Boolean> newer = Chan.unbuffered();

  private final MessageTable table;
  private final ChannelTable channels;

  /** The stages from which this process claims in order: what is settled makes others ready. */
  private final Set<String> inOrder = ConcurrentHashMap.newKeySet();

  /** The longest wait between two polls for messages; null for no limit. */
  private final @Nullable Duration poll;

  SqlQueue(MessageTable table, ChannelTable channels, @Nullable Duration poll) {
    this.table = table;
    this.channels = channels;
    this.poll = poll;
  }

  /** The work of a transaction; may run again after a rollback. */
  interface Work<T extends @Nullable Object> {
    T run(Session session) throws SQLException;
  }

  /** Runs a transaction, which is on disk when this returns. */
  abstract <T extends @Nullable Object> T write(Work<T> work)
      throws QueueException, InterruptedException;

  /** Runs a read-only transaction. */
  abstract <T extends @Nullable Object> T read(Work<T> work)
      throws QueueException, InterruptedException;

  /** Signals that messages of a stage are due, or will be after a delay. */
  void arrived(String stage, Duration delay) {
    arrivals.signal(stage);
  }

  @Override
  public int publish(List<Message> messages) throws QueueException, InterruptedException {
    List<Message> all = List.copyOf(messages);
    if (all.isEmpty()) {
      return 0;
    }
    int added = write(session -> table.publish(session, all));
    arrived(all);
    return added;
  }

  @Override
  public boolean publishIfAbsent(Message message) throws QueueException, InterruptedException {
    boolean added = write(session -> table.publishIfAbsent(session, message));
    if (added) {
      arrived(message.stage(), message.delay());
    }
    return added;
  }

  @Override
  public Publication publishWithHold(
      Message message, Hold hold, List<Quota> quotas, @Nullable Note note)
      throws QueueException, InterruptedException {
    List<Quota> all = List.copyOf(quotas);
    Publication made = write(session -> table.publishWithHold(session, message, hold, all, note));
    if (made.isNew()) {
      arrived(message.stage(), message.delay());
    }
    return made;
  }

  @Override
  public @Nullable String hold(String key, List<Hold> holds)
      throws QueueException, InterruptedException {
    List<Hold> all = List.copyOf(holds);
    return write(session -> table.hold(session, key, all));
  }

  @Override
  public boolean holds(String key, String resource) throws QueueException, InterruptedException {
    return read(session -> table.holds(session, key, resource));
  }

  private void arrived(List<Message> messages) {
    Set<String> now = new HashSet<>();
    for (Message message : messages) {
      if (message.delay().isPositive()) {
        arrived(message.stage(), message.delay());
      } else if (now.add(message.stage())) {
        arrived(message.stage(), Duration.ZERO);
      }
    }
  }

  @Override
  public boolean publishWhileLeased(Delivery holder, List<Message> messages)
      throws QueueException, InterruptedException {
    List<Message> all = // in the same order everywhere, to avoid deadlocks
        messages.stream()
            .sorted(Comparator.comparing(Message::stage).thenComparing(Message::key))
            .toList();
    try {
      if (!write(session -> table.publishWhileLeased(session, holder, all))) {
        throw new LeaseLostException(holder);
      }
    } catch (MessageTable.TakenException e) {
      return false;
    }
    arrived(all);
    return true;
  }

  @Override
  public boolean retract(Message message) throws QueueException, InterruptedException {
    return write(session -> table.retract(session, message));
  }

  @Override
  public Sent publishIfOpen(Message message, String seen, @Nullable Delivery holder)
      throws QueueException, InterruptedException {
    Sent sent = write(session -> channels.publish(session, message, seen, holder));
    if (sent == null) {
      throw new LeaseLostException(Objects.requireNonNull(holder));
    }
    if (sent == Sent.ADDED) {
      arrived(message.stage(), message.delay());
    }
    return sent;
  }

  @Override
  public void end(String stage) throws QueueException, InterruptedException {
    write(session -> {
      channels.end(session, stage);
      return true;
    });
    arrived(stage, Duration.ZERO);
  }

  @Override
  public long expire(String stage, int max) throws QueueException, InterruptedException {
    if (max < 1) {
      throw new IllegalArgumentException("expire " + max + " messages: it must be 1 or more");
    }
    return write(session -> channels.expire(session, stage, max));
  }

  private record Claimed(List<Delivery> deliveries, boolean isOver, @Nullable Duration nextDue) {}

  @Override
  public List<Delivery> claim(String stage, int max, Duration lease)
      throws QueueException, InterruptedException {
    return claim(stage, max, lease, Set.of());
  }

  @Override
  public List<Delivery> claim(String stage, int max, Duration lease, Set<String> except)
      throws QueueException, InterruptedException {
    return claim(stage, max, lease, Passing.over(except));
  }

  @Override
  public List<Delivery> claimInOrder(String stage, int max, Duration lease)
      throws QueueException, InterruptedException {
    inOrder.add(stage);
    return claim(stage, max, lease, Passing.IN_ORDER);
  }

  private List<Delivery> claim(String stage, int max, Duration lease, Passing passing)
      throws QueueException, InterruptedException {
    check(stage, max, lease);
    Arrivals.Stage arrival = arrivals.enter(stage);
    try {
      Duration look = FIRST_LOOK;
      while (true) {
        long begun = Go.nanoTime();
        Claimed claimed = write(session -> look(session, stage, max, lease, passing, begun));
        if (!claimed.deliveries().isEmpty() || claimed.isOver()) {
          return claimed.deliveries();
        }
        Duration nextDue = claimed.nextDue();
        if (nextDue == null || nextDue.isPositive()) {
          await(arrival, nextDue);
          look = FIRST_LOOK;
        } else {
          // Another transaction has locked the due message, usually for a moment. If its process is
          // cut off the lock lasts long, and nothing signals its release.
          await(arrival, look);
          look = shorter(look.multipliedBy(2), LONGEST_LOOK);
        }
      }
    } finally {
      arrivals.leave(arrival);
    }
  }

  private Claimed look(
      Session session, String stage, int max, Duration lease, Passing passing, long begun)
      throws SQLException {
    List<Delivery> deliveries = table.claim(session, stage, max, lease, passing, begun);
    if (!deliveries.isEmpty()) {
      return new Claimed(deliveries, false, null);
    }
    if (passing.equals(Passing.IN_ORDER) && channels.isOver(session, stage)) {
      return new Claimed(deliveries, true, null);
    }
    return new Claimed(deliveries, false, table.nextDue(session, stage, passing));
  }

  private void await(Arrivals.Stage arrival, @Nullable Duration nextDue)
      throws QueueException, InterruptedException {
    Duration wait = nextDue;
    if (poll != null) {
      wait = nextDue == null ? poll : shorter(nextDue, poll);
    }
    boolean open =
        select(
            arrival.signals().onReceive(_ -> true),
            closed.onReceive(_ -> false),
            (wait == null ? Chan.never() : Go.after(wait)).onReceive(_ -> true));
    if (!open) {
      throw isClosed();
    }
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  @Override
  public List<Delivery> tryClaim(String stage, int max, Duration lease)
      throws QueueException, InterruptedException {
    check(stage, max, lease);
    long begun = Go.nanoTime();
    return write(session -> table.claim(session, stage, max, lease, Passing.over(Set.of()), begun));
  }

  private static void check(String stage, int max, Duration lease) {
    Objects.requireNonNull(stage, "stage");
    check("claim of", max, "messages");
    if (!lease.isPositive()) {
      throw new IllegalArgumentException("a lease of " + lease + ": it must be positive");
    }
  }

  private static void check(String what, int limit, String of) {
    if (limit < 1) {
      throw new IllegalArgumentException(what + " " + limit + " " + of + ": it must be 1 or more");
    }
  }

  @Override
  public void begin(Delivery delivery) throws QueueException, InterruptedException {
    if (!write(session -> table.begin(session, delivery))) {
      throw new LeaseLostException(delivery);
    }
  }

  @Override
  public void settle(Delivery delivery, Outcome outcome)
      throws QueueException, InterruptedException {
    try {
      if (!write(session -> table.settle(session, delivery, outcome))) {
        throw new LeaseLostException(delivery);
      }
    } catch (MessageTable.TakenException e) {
      throw new KeyTakenException(delivery.stage(), delivery.key());
    }
    arrived(delivery.stage(), outcome);
    left(delivery.stage(), outcome, delivery.owner().isEmpty());
  }

  @Override
  public boolean settle(Entry seen, Outcome outcome, @Nullable Note note)
      throws QueueException, InterruptedException {
    boolean isSettled;
    try {
      isSettled = write(session -> table.settle(session, seen, outcome, note));
    } catch (MessageTable.TakenException e) {
      throw new KeyTakenException(seen.stage(), seen.key());
    }
    if (isSettled) {
      arrived(seen.stage(), outcome);
      left(seen.stage(), outcome, false);
    }
    return isSettled;
  }

  /**
   * If a message has left a stage that is a channel, its owner's next message may be ready, or the
   * channel may be over. Other processes find out the latter by polling.
   *
   * @param isAlone whether the message has no owner
   */
  private void left(String stage, Outcome outcome, boolean isAlone) {
    boolean hasLeft = outcome instanceof Outcome.Done || outcome instanceof Outcome.Dead;
    if (hasLeft && inOrder.contains(stage)) {
      if (isAlone) {
        arrivals.signal(stage);
      } else {
        arrived(stage, Duration.ZERO);
      }
    }
  }

  private void arrived(String stage, Outcome outcome) {
    switch (outcome) {
      case Outcome.Done(List<Message> next) -> arrived(next);
      case Outcome.Retry retry -> arrived(stage, retry.delay());
      case Outcome.Defer defer -> arrived(stage, defer.delay());
      case Outcome.Dead dead -> arrived(dead.next());
    }
  }

  @Override
  public List<Delivery> extend(List<Delivery> deliveries, Duration lease)
      throws QueueException, InterruptedException {
    List<Delivery> all = List.copyOf(deliveries);
    return all.isEmpty() ? List.of() : write(session -> table.extend(session, all, lease));
  }

  @Override
  public List<Entry> list(Filter filter, long after, int limit)
      throws QueueException, InterruptedException {
    check("list of", limit, "messages");
    return read(session -> table.entries.list(session, filter, after, limit));
  }

  @Override
  public List<Entry> list(List<Filter> filters, long after, int limit)
      throws QueueException, InterruptedException {
    check("list of", limit, "messages");
    List<Filter> all = List.copyOf(filters);
    return read(session -> table.entries.list(session, all, after, limit));
  }

  @Override
  public Search.Page search(Search search, @Nullable String after, int limit)
      throws QueueException, InterruptedException {
    check("search of", limit, "messages");
    return read(session -> table.terms.find(session, search, after, limit));
  }

  @Override
  public List<Event> history(String key) throws QueueException, InterruptedException {
    return read(session -> table.history.events(session, key));
  }

  @Override
  public List<Event.Count> counts(Duration window, Duration period)
      throws QueueException, InterruptedException {
    if (!period.isPositive()) {
      throw new IllegalArgumentException("a period of " + period + ": it must be positive");
    }
    return read(session -> table.history.counts(session, window, period));
  }

  @Override
  public void note(Note note, String key, String owner)
      throws QueueException, InterruptedException {
    write(session -> {
      table.history.note(session, note, key, owner);
      return null;
    });
  }

  @Override
  public List<Note.Stored> notes(
      @Nullable String owner, @Nullable String key, long before, int limit)
      throws QueueException, InterruptedException {
    check("list of", limit, "notes");
    return read(session -> table.history.notes(session, owner, key, before, limit));
  }

  @Override
  public @Nullable Entry find(String key) throws QueueException, InterruptedException {
    return read(session -> table.entries.find(session, key));
  }

  @Override
  public long replay(Filter filter, @Nullable Note note)
      throws QueueException, InterruptedException {
    List<String> stages = write(session -> table.entries.replay(session, filter, note));
    Set.copyOf(stages).forEach(stage -> arrived(stage, Duration.ZERO));
    return stages.size();
  }

  @Override
  public Replayed replay(String key, String owner, List<Quota> quotas, @Nullable Note note)
      throws QueueException, InterruptedException {
    List<Quota> all = List.copyOf(quotas);
    List<String> stages = new ArrayList<>();
    Replayed replayed =
        write(session -> {
          stages.clear();
          return table.replay(session, key, owner, all, note, stages);
        });
    stages.forEach(stage -> arrived(stage, Duration.ZERO));
    return replayed;
  }

  @Override
  public Quota.@Nullable Exceeded use(String owner, List<Quota.Rate> rates)
      throws QueueException, InterruptedException {
    List<Quota> all = List.copyOf(rates);
    return all.isEmpty() ? null : write(session -> table.use(session, owner, all));
  }

  @Override
  public Case<?> onNewerVersion() {
    return newer.onReceive();
  }

  @Override
  public long purge(Filter filter) throws QueueException, InterruptedException {
    return write(session -> table.entries.purge(session, filter));
  }

  @Override
  public long purge(List<Entry> seen, @Nullable Note note)
      throws QueueException, InterruptedException {
    return seen.isEmpty() ? 0 : write(session -> table.entries.purge(session, seen, note));
  }

  @Override
  public List<StageStats> stats() throws QueueException, InterruptedException {
    return read(table.entries::stats);
  }

  /** Wakes all goroutines that wait for messages. */
  final void markClosed() {
    closed.close();
  }

  /** Lets {@link #onNewerVersion} proceed. */
  final void markNewer() {
    newer.close();
  }

  final QueueException isClosed() {
    return new QueueException("the queue is closed");
  }
}

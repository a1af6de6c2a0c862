package io.heddle.queue;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The queue's table and all operations on it, the same for every engine: each method is one or a
 * few statements within the caller's transaction.
 *
 * <p>A message is a row. A lease makes the message due again when the lease ends, so one index
 * finds waiting and leased messages, and a lost lease needs no detection. The token of a row counts
 * its leases. A statement that settles or extends a lease names the token, so it affects no row of
 * a later lease. Ids are never used again, so it affects no later row either.
 *
 * <p>Times are microseconds since 1970 on the queue's clock, of which each engine has its own. It
 * does not jump when the time of day does.
 */
final class MessageTable {
  static final String ROW =
      "id, token, stage, key, body, owner, state, attempt, losses, begun, reason, due, published,"
          + " changed";

  private static final String OWNER = "SELECT owner FROM queue_message WHERE id = ?";

  private static final String BEGIN =
      "UPDATE queue_message SET begun = begun + 1 WHERE id = ? AND token = ? AND state = 1";

  private final @Nullable String lockKey;
  private final HoldTable holds;
  private final QuotaTable quotas;

  /** The operator's view of the table. */
  final EntryTable entries;

  /** What messages are found by. */
  final SearchTable terms = new SearchTable();

  /** What has happened to messages. */
  final HistoryTable history;

  private final String insert;
  private final String insertIfAbsent;
  private final String retract;
  private final String claim;
  private final String delete;
  private final String settle;
  private final String deleteSeen;
  private final String settleSeen;
  private final String extend;
  private final String hold;
  private final String nextDue;

  /**
   * Makes the statements.
   *
   * @param now the expression for the time of the queue's clock
   * @param lockRows makes a select lock its rows and skip rows that are locked
   * @param lockKey a statement that keeps other transactions from locking the same key until this
   *     transaction has ended; null if there is only one writer anyway
   */
  MessageTable(
      String now, String lockRows, @Nullable String lockKey, HoldTable holds, QuotaTable quotas) {
    this.lockKey = lockKey;
    this.holds = holds;
    this.quotas = quotas;
    this.history = new HistoryTable(now);
    this.entries = new EntryTable(now, holds, terms, history);
    insert =
        sql(
            now,
            "INSERT INTO queue_message (stage, key, body, owner, state, due, published, changed)"
                + " VALUES (?, ?, ?, ?, 0, {now} + ?, {now}, {now}) ON CONFLICT DO NOTHING");
    insertIfAbsent =
        sql(
            now,
            "INSERT INTO queue_message (stage, key, body, owner, state, due, published, changed)"
                + " SELECT ?, ?, ?, ?, 0, {now} + ?, {now}, {now}"
                + " WHERE NOT EXISTS (SELECT 1 FROM queue_message WHERE key = ?)"
                + " ON CONFLICT DO NOTHING"); // with a publish to the same stage
    retract = "DELETE FROM queue_message WHERE stage = ? AND key = ? AND body = ? AND state = 0";
    claim =
        sql(
            now,
            // Materialized: evaluated once, so that no more rows are locked than the limit says.
            "WITH ready AS MATERIALIZED (SELECT id FROM queue_message"
                + " WHERE stage = ? AND state < 2 AND due <= {now}{except} ORDER BY due, id LIMIT ? "
                + lockRows
                + ") UPDATE queue_message SET token = token + 1, attempt = attempt + 1,"
                + " losses = losses + state, state = 1, due = {now} + ?, changed = {now}"
                + " WHERE id IN (SELECT id FROM ready) RETURNING "
                + ROW);
    delete = "DELETE FROM queue_message WHERE id = ? AND token = ? AND state = 1";
    settle =
        sql(
            now,
            "UPDATE queue_message SET state = ?, due = {now} + ?, attempt = attempt - ?, reason = ?,"
                + " body = COALESCE(CAST(? AS text), body), losses = 0, begun = 0,"
                + " changed = {now}"
                + " WHERE id = ? AND token = ? AND state = 1");
    deleteSeen = "DELETE FROM queue_message WHERE id = ? AND changed = ? AND state < 2";
    settleSeen =
        sql(
            now,
            // Another token, so that the lease is lost. Only a lease has begun an attempt: state 1.
            "UPDATE queue_message SET token = token + 1, state = ?, due = {now} + ?,"
                + " attempt = attempt - ? * state, reason = ?,"
                + " body = COALESCE(CAST(? AS text), body), losses = 0, begun = 0, changed = {now}"
                + " WHERE id = ? AND changed = ? AND state < 2");
    extend =
        sql(
            now,
            "UPDATE queue_message SET due = {now} + ?, changed = {now}"
                + " WHERE id = ? AND token = ? AND state = 1");
    // An update, so that no worker can claim the message before the transaction has ended.
    hold =
        sql(
            now,
            "UPDATE queue_message SET changed = {now} WHERE id = ? AND token = ? AND state = 1");
    nextDue =
        sql(
            now,
            "SELECT min(due) - {now} FROM queue_message WHERE stage = ? AND state < 2{except}");
  }

  static String sql(String now, String text) {
    return text.replace("{now}", now);
  }

  int publish(Session session, List<Message> messages) throws SQLException {
    if (messages.isEmpty()) {
      return 0;
    }
    PreparedStatement statement = session.prepare(insert);
    for (Message message : messages) {
      Session.bind(
          statement,
          message.stage(),
          message.key(),
          message.body(),
          message.owner(),
          micros(message.delay()));
      statement.addBatch();
    }
    int[] added = statement.executeBatch();
    for (int i = 0; i < added.length; i++) {
      if (added[i] == 1) {
        terms.add(session, messages.get(i));
      }
    }
    return IntStream.of(added).sum();
  }

  /**
   * Returns whether it was added. A statement sees a message that moves to the next stage in
   * exactly one of the two stages. But a statement that began before another call added its message
   * does not see that message, hence the lock.
   */
  boolean publishIfAbsent(Session session, Message message) throws SQLException {
    if (lockKey != null) {
      session.prepare(lockKey, message.key()).execute();
    }
    return insertIfAbsent(session, message);
  }

  private boolean insertIfAbsent(Session session, Message message) throws SQLException {
    PreparedStatement statement =
        session.prepare(
            insertIfAbsent,
            message.stage(),
            message.key(),
            message.body(),
            message.owner(),
            micros(message.delay()),
            message.key());
    boolean isAdded = statement.executeUpdate() == 1;
    if (isAdded) {
      terms.add(session, message);
    }
    return isAdded;
  }

  /** Rolls the transaction back, because a stage has another message with a key. */
  static final class TakenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TakenException() {
      super("a key is taken", null, false, false);
    }
  }

  /** Whether a lease is valid; then it stays valid until the transaction has ended. */
  boolean confirm(Session session, Delivery holder) throws SQLException {
    return session.prepare(hold, holder.id(), holder.token()).executeUpdate() == 1;
  }

  /** Returns whether the lease was valid; only then were the messages published. */
  boolean publishWhileLeased(Session session, Delivery holder, List<Message> messages)
      throws SQLException {
    if (!confirm(session, holder)) {
      return false;
    }
    for (Message message : messages) {
      retract(session, message);
    }
    if (publish(session, messages) != messages.size()) {
      throw new TakenException();
    }
    return true;
  }

  /** Acquires the locks in a fixed order, so that two transactions cannot deadlock. */
  Queue.Publication publishWithHold(
      Session session, Message message, Hold hold, List<Quota> limits, @Nullable Note note)
      throws SQLException {
    quotas.lock(session, message.owner(), limits);
    if (lockKey != null) {
      session.prepare(lockKey, message.key()).execute();
    }
    holds.lock(session, List.of(hold));
    if (entries.find(session, message.key()) != null) {
      return new Queue.Publication(false, message.key());
    }
    String other = holds.conflict(session, hold);
    if (other != null) {
      return new Queue.Publication(false, other);
    }
    Quota.Exceeded exceeded = quotas.exceeded(session, message.owner(), limits);
    if (exceeded != null) {
      return new Queue.Publication(false, message.key(), exceeded);
    }
    boolean isNew = insertIfAbsent(session, message);
    if (isNew) {
      holds.take(session, message.key(), hold);
      publish(session, QuotaTable.receipts(message.owner(), limits));
      if (!message.owner().isEmpty()) {
        history.add(
            session,
            Event.Kind.PUBLISHED,
            message.key(),
            message.stage(),
            null,
            null,
            message.delay());
      }
      history.note(session, note, message.key(), message.owner());
    }
    return new Queue.Publication(isNew, message.key());
  }

  @Nullable String hold(Session session, String key, List<Hold> wanted) throws SQLException {
    holds.lock(session, wanted);
    for (Hold one : wanted) {
      String other = holds.conflict(session, one);
      if (other != null) {
        return other;
      }
    }
    for (Hold one : wanted) {
      holds.take(session, key, one);
    }
    return null;
  }

  boolean holds(Session session, String key, String resource) throws SQLException {
    return holds.has(session, key, resource);
  }

  boolean retract(Session session, Message message) throws SQLException {
    return session.prepare(retract, message.stage(), message.key(), message.body()).executeUpdate()
        == 1;
  }

  List<Delivery> claim(
      Session session, String stage, int max, Duration lease, Passing passing, long begun)
      throws SQLException {
    List<Delivery> deliveries = new ArrayList<>();
    List<Object> parameters = new ArrayList<>(List.of(stage));
    parameters.addAll(passing.parameters());
    parameters.addAll(List.of(max, micros(lease)));
    PreparedStatement statement =
        session.prepare(claim.replace("{except}", passing.condition()), parameters.toArray());
    try (ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        deliveries.add(delivery(rows, begun));
      }
    }
    deliveries.sort(Comparator.comparingLong(Delivery::id)); // the rows have no order
    return deliveries;
  }

  /** Returns whether the lease was valid. */
  boolean begin(Session session, Delivery delivery) throws SQLException {
    return session.prepare(BEGIN, delivery.id(), delivery.token()).executeUpdate() == 1;
  }

  /** Returns whether the lease was valid. */
  boolean settle(Session session, Delivery delivery, Outcome outcome) throws SQLException {
    Target target = new Target(delete, settle, delivery.key(), delivery.id(), delivery.token());
    boolean isValid = store(session, target, outcome);
    if (isValid) {
      history.settled(session, delivery.stage(), delivery.key(), delivery.owner(), outcome);
    }
    return isValid;
  }

  /** Returns whether the message was as it was seen. */
  boolean settle(Session session, Entry seen, Outcome outcome, @Nullable Note note)
      throws SQLException {
    String owner = session.first(row -> row.getString(1), OWNER, seen.id());
    Target target =
        new Target(deleteSeen, settleSeen, seen.key(), seen.id(), micros(seen.changed()));
    if (owner == null || !store(session, target, outcome)) {
      return false;
    }
    history.settled(session, seen.stage(), seen.key(), owner, outcome);
    history.note(session, note, seen.key(), owner);
    return true;
  }

  /**
   * A message whose outcome is stored, if its version is still the same.
   *
   * @param delete the statement that removes the message
   * @param update the statement that changes the message
   * @param version the token of a lease, or the last change
   */
  private record Target(String delete, String update, String key, long id, long version) {}

  private boolean store(Session session, Target target, Outcome outcome) throws SQLException {
    return switch (outcome) {
      case Outcome.Done(List<Message> next) -> {
        boolean isSame =
            session.prepare(target.delete, target.id, target.version).executeUpdate() == 1;
        if (isSame) {
          followed(session, target.key, next);
        }
        yield isSame;
      }
      case Outcome.Retry(Duration delay, String reason, String body) ->
          update(session, target, State.WAITING, delay, 0, reason, body);
      case Outcome.Defer(Duration delay, String reason, String body) ->
          update(session, target, State.WAITING, delay, 1, reason, body);
      case Outcome.Dead(String reason, String body, List<Message> next) ->
          update(session, target, State.DEAD, Duration.ZERO, 0, reason, body)
              && reported(session, next);
    };
  }

  /** Publishes the messages that report a death; returns true. */
  private boolean reported(Session session, List<Message> next) throws SQLException {
    if (publish(session, next) != next.size()) {
      throw new TakenException();
    }
    return true;
  }

  /** Publishes the messages that follow one which was removed. */
  private void followed(Session session, String key, List<Message> next) throws SQLException {
    reported(session, next);
    if (next.stream().noneMatch(message -> message.key().equals(key))) {
      entries.forget(session, key);
    }
  }

  private static boolean update(
      Session session,
      Target target,
      State state,
      Duration delay,
      int uncounted,
      String reason,
      @Nullable String body)
      throws SQLException {
    return session
            .prepare(
                target.update,
                state.number,
                micros(delay),
                uncounted,
                reason,
                body,
                target.id,
                target.version)
            .executeUpdate()
        == 1;
  }

  List<Delivery> extend(Session session, List<Delivery> deliveries, Duration lease)
      throws SQLException {
    List<Delivery> lost = new ArrayList<>();
    PreparedStatement statement = session.prepare(extend);
    for (Delivery delivery : deliveries) {
      Session.bind(statement, micros(lease), delivery.id(), delivery.token());
      statement.addBatch();
    }
    int[] extended = statement.executeBatch();
    for (int i = 0; i < extended.length; i++) {
      if (extended[i] == 0) {
        lost.add(deliveries.get(i));
      }
    }
    return lost;
  }

  /** Adds the stage of the replayed message to {@code stages}. */
  Queue.Replayed replay(
      Session session,
      String key,
      String owner,
      List<Quota> limits,
      @Nullable Note note,
      List<String> stages)
      throws SQLException {
    quotas.lock(session, owner, limits);
    Filter dead = Filter.DEAD.withKey(key);
    if (entries.list(session, dead, 0, 1).isEmpty()) {
      return new Queue.Replayed(false, null);
    }
    Quota.Exceeded exceeded = quotas.exceeded(session, owner, limits);
    if (exceeded != null) {
      return new Queue.Replayed(false, exceeded);
    }
    stages.addAll(entries.replay(session, dead, note));
    if (!stages.isEmpty()) {
      publish(session, QuotaTable.receipts(owner, limits));
    }
    return new Queue.Replayed(!stages.isEmpty(), null);
  }

  Quota.@Nullable Exceeded use(Session session, String owner, List<Quota> rates)
      throws SQLException {
    quotas.lock(session, owner, rates);
    Quota.Exceeded exceeded = quotas.exceeded(session, owner, rates);
    if (exceeded == null) {
      publish(session, QuotaTable.receipts(owner, rates));
    }
    return exceeded;
  }

  /** The time until a message of the stage that is not passed over is due; null if none is. */
  @Nullable Duration nextDue(Session session, String stage, Passing passing) throws SQLException {
    List<Object> parameters = new ArrayList<>(List.of(stage));
    parameters.addAll(passing.parameters());
    PreparedStatement statement =
        session.prepare(nextDue.replace("{except}", passing.condition()), parameters.toArray());
    try (ResultSet rows = statement.executeQuery()) {
      if (!rows.next()) {
        return null;
      }
      long micros = rows.getLong(1);
      return rows.wasNull() ? null : Duration.of(micros, ChronoUnit.MICROS);
    }
  }

  private static Delivery delivery(ResultSet rows, long begun) throws SQLException {
    return new Delivery(
        rows.getLong("id"),
        rows.getLong("token"),
        rows.getString("stage"),
        rows.getString("key"),
        rows.getString("body"),
        rows.getString("owner"),
        rows.getInt("attempt"),
        rows.getInt("losses"),
        rows.getInt("begun"),
        rows.getString("reason"),
        instant(rows.getLong("published")),
        instant(rows.getLong("changed")), // the claim has just set it
        begun);
  }

  /** A delay in microseconds, at most a century, which can be added to a time without overflow. */
  static long micros(Duration delay) {
    Duration longest = Duration.ofDays(36_525);
    if (delay.isNegative()) {
      return 0;
    }
    return (delay.compareTo(longest) > 0 ? longest : delay)
        .dividedBy(ChronoUnit.MICROS.getDuration());
  }

  static long micros(Instant time) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, time);
  }

  static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }
}

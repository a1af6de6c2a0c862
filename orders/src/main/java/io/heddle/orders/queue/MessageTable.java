package io.heddle.orders.queue;

import static java.util.Objects.requireNonNullElse;

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
 * The queue's table and all that is done to it, the same for every engine: each method is one or a
 * few statements within the caller's transaction.
 *
 * <p>A message is a row. A lease is a message that is due again when the lease ends, so waiting and
 * leased ones are found by one index, and a lost lease needs nobody to notice it. The token of a
 * row counts its leases; what settles or extends one names the token, so it touches no row of a
 * later lease. Ids are never used again, so it touches no later row either.
 *
 * <p>Times are microseconds since 1970 on the queue's clock, which each engine has its own of. It
 * does not jump when the time of day does.
 */
final class MessageTable {
  private static final String ROW =
      "id, token, stage, key, body, state, attempt, losses, reason, due, published, changed";

  private static final String MATCHES =
      " (CAST(? AS text) IS NULL OR stage = ?) AND (CAST(? AS text) IS NULL OR key = ?)"
          + " AND state BETWEEN ? AND ? AND changed <= {now} - CAST(? AS bigint)";

  private final String insert;
  private final String retract;
  private final String claim;
  private final String delete;
  private final String settle;
  private final String extend;
  private final String list;
  private final String find;
  private final String replay;
  private final String purge;
  private final String stats;
  private final String nextDue;

  /**
   * Makes the statements.
   *
   * @param now the expression for the time of the queue's clock
   * @param lockRows what makes a select lock its rows and pass over those that others have locked
   */
  MessageTable(String now, String lockRows) {
    insert =
        sql(
            now,
            "INSERT INTO queue_message (stage, key, body, state, due, published, changed)"
                + " VALUES (?, ?, ?, 0, {now} + ?, {now}, {now}) ON CONFLICT DO NOTHING");
    retract = "DELETE FROM queue_message WHERE stage = ? AND key = ? AND body = ? AND state = 0";
    claim =
        sql(
            now,
            // Materialized: evaluated once, so that no more rows are locked than the limit says.
            "WITH ready AS MATERIALIZED (SELECT id FROM queue_message"
                + " WHERE stage = ? AND state < 2 AND due <= {now} ORDER BY due, id LIMIT ? "
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
                + " body = COALESCE(CAST(? AS text), body), losses = 0, changed = {now}"
                + " WHERE id = ? AND token = ? AND state = 1");
    extend =
        sql(
            now,
            "UPDATE queue_message SET due = {now} + ?, changed = {now}"
                + " WHERE id = ? AND token = ? AND state = 1");
    list =
        sql(now, "SELECT " + ROW + " FROM queue_message WHERE id > ? AND" + MATCHES)
            + " ORDER BY id LIMIT ?";
    find = "SELECT " + ROW + " FROM queue_message WHERE key = ? ORDER BY id DESC LIMIT 1";
    replay =
        sql(
            now,
            "UPDATE queue_message SET state = 0, due = {now}, attempt = 0, losses = 0,"
                + " changed = {now} WHERE"
                + MATCHES
                + " RETURNING stage");
    purge = sql(now, "DELETE FROM queue_message WHERE" + MATCHES);
    stats =
        sql(
            now,
            "SELECT stage, state, count(*),"
                + " sum(CASE WHEN state < 2 AND due <= {now} THEN 1 ELSE 0 END),"
                + " {now} - min(published),"
                + " {now} - min(CASE WHEN state < 2 AND due <= {now} THEN due ELSE {now} END)"
                + " FROM queue_message GROUP BY stage, state ORDER BY stage, state");
    nextDue = sql(now, "SELECT min(due) - {now} FROM queue_message WHERE stage = ? AND state < 2");
  }

  private static String sql(String now, String text) {
    return text.replace("{now}", now);
  }

  int publish(Session session, List<Message> messages) throws SQLException {
    if (messages.isEmpty()) {
      return 0;
    }
    PreparedStatement statement = session.prepare(insert);
    for (Message message : messages) {
      Session.bind(
          statement, message.stage(), message.key(), message.body(), micros(message.delay()));
      statement.addBatch();
    }
    return IntStream.of(statement.executeBatch()).sum();
  }

  boolean retract(Session session, Message message) throws SQLException {
    return session.prepare(retract, message.stage(), message.key(), message.body()).executeUpdate()
        == 1;
  }

  List<Delivery> claim(Session session, String stage, int max, Duration lease, long begun)
      throws SQLException {
    List<Delivery> deliveries = new ArrayList<>();
    PreparedStatement statement = session.prepare(claim, stage, max, micros(lease));
    try (ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        deliveries.add(delivery(rows, begun));
      }
    }
    deliveries.sort(Comparator.comparingLong(Delivery::id)); // rows come in no order
    return deliveries;
  }

  /** Returns whether the lease was good. */
  boolean settle(Session session, Delivery delivery, Outcome outcome) throws SQLException {
    return switch (outcome) {
      case Outcome.Done(List<Message> next) -> {
        boolean good =
            session.prepare(delete, delivery.id(), delivery.token()).executeUpdate() == 1;
        if (good) {
          publish(session, next);
        }
        yield good;
      }
      case Outcome.Retry(Duration delay, String reason, String body) ->
          settle(session, delivery, State.WAITING, delay, 0, reason, body);
      case Outcome.Defer(Duration delay, String reason, String body) ->
          settle(session, delivery, State.WAITING, delay, 1, reason, body);
      case Outcome.Dead(String reason, String body) ->
          settle(session, delivery, State.DEAD, Duration.ZERO, 0, reason, body);
    };
  }

  private boolean settle(
      Session session,
      Delivery delivery,
      State state,
      Duration delay,
      int uncounted,
      String reason,
      @Nullable String body)
      throws SQLException {
    PreparedStatement statement =
        session.prepare(
            settle,
            state.number,
            micros(delay),
            uncounted,
            reason,
            body,
            delivery.id(),
            delivery.token());
    return statement.executeUpdate() == 1;
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

  List<Entry> list(Session session, Filter filter, long after, int limit) throws SQLException {
    PreparedStatement statement = session.prepare(list, after);
    int next = bind(statement, 2, filter, filter.state());
    statement.setInt(next, limit);
    return entries(statement);
  }

  @Nullable Entry find(Session session, String key) throws SQLException {
    List<Entry> found = entries(session.prepare(find, key));
    return found.isEmpty() ? null : found.getFirst();
  }

  /** Returns the stage of each that was dead. */
  List<String> replay(Session session, Filter filter) throws SQLException {
    List<String> stages = new ArrayList<>();
    if (mayBeDead(filter)) {
      PreparedStatement statement = session.prepare(replay);
      bind(statement, 1, filter, State.DEAD);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          stages.add(rows.getString(1));
        }
      }
    }
    return stages;
  }

  long purge(Session session, Filter filter) throws SQLException {
    if (!mayBeDead(filter)) {
      return 0;
    }
    PreparedStatement statement = session.prepare(purge);
    bind(statement, 1, filter, State.DEAD);
    return statement.executeLargeUpdate();
  }

  private static boolean mayBeDead(Filter filter) {
    return filter.state() == null || filter.state() == State.DEAD;
  }

  private static int bind(
      PreparedStatement statement, int first, Filter filter, @Nullable State state)
      throws SQLException {
    int next = first;
    for (String text : new @Nullable String[] {filter.stage(), filter.key()}) {
      statement.setString(next++, text);
      statement.setString(next++, text);
    }
    statement.setInt(next++, state == null ? 0 : state.number);
    statement.setInt(next++, state == null ? State.DEAD.number : state.number);
    statement.setLong(next++, micros(requireNonNullElse(filter.unchangedFor(), Duration.ZERO)));
    return next;
  }

  List<StageStats> stats(Session session) throws SQLException {
    List<StageStats> all = new ArrayList<>();
    try (ResultSet rows = session.prepare(stats).executeQuery()) {
      while (rows.next()) {
        all.add(
            new StageStats(
                rows.getString(1),
                State.of(rows.getInt(2)),
                rows.getLong(3),
                rows.getLong(4),
                Duration.of(rows.getLong(5), ChronoUnit.MICROS),
                Duration.of(rows.getLong(6), ChronoUnit.MICROS)));
      }
    }
    return all;
  }

  /** The time until a message of the stage is due; null if there is none. */
  @Nullable Duration nextDue(Session session, String stage) throws SQLException {
    try (ResultSet rows = session.prepare(nextDue, stage).executeQuery()) {
      if (!rows.next()) {
        return null;
      }
      long micros = rows.getLong(1);
      return rows.wasNull() ? null : Duration.of(micros, ChronoUnit.MICROS);
    }
  }

  private static List<Entry> entries(PreparedStatement statement) throws SQLException {
    List<Entry> entries = new ArrayList<>();
    try (ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        entries.add(
            new Entry(
                rows.getLong("id"),
                rows.getString("stage"),
                rows.getString("key"),
                rows.getString("body"),
                State.of(rows.getInt("state")),
                rows.getInt("attempt"),
                rows.getInt("losses"),
                rows.getString("reason"),
                instant(rows.getLong("due")),
                instant(rows.getLong("published")),
                instant(rows.getLong("changed"))));
      }
    }
    return entries;
  }

  private static Delivery delivery(ResultSet rows, long begun) throws SQLException {
    return new Delivery(
        rows.getLong("id"),
        rows.getLong("token"),
        rows.getString("stage"),
        rows.getString("key"),
        rows.getString("body"),
        rows.getInt("attempt"),
        rows.getInt("losses"),
        rows.getString("reason"),
        instant(rows.getLong("published")),
        begun);
  }

  /** A delay in microseconds; a century is for ever, and adding it to a time does not overflow. */
  private static long micros(Duration delay) {
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

  private static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }
}

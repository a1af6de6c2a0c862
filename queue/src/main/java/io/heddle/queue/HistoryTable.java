package io.heddle.queue;

import static io.heddle.queue.MessageTable.instant;
import static io.heddle.queue.MessageTable.micros;
import static io.heddle.queue.MessageTable.sql;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The history of messages, and the users behind the changes. An {@linkplain Event event} is removed
 * with its message. A {@linkplain Note note} stays: triggers of the database refuse to change or
 * delete it.
 */
final class HistoryTable {
  /** How many events of a message are kept. */
  static final int KEPT = 200;

  private static final String FORGET =
      "DELETE FROM queue_event WHERE key = ?"
          + " AND NOT EXISTS (SELECT 1 FROM queue_message WHERE key = ?)";

  private static final String CUT =
      "DELETE FROM queue_event WHERE key = ? AND id <="
          + " (SELECT id FROM queue_event WHERE key = ? ORDER BY id DESC LIMIT 1 OFFSET "
          + KEPT
          + ")";

  private static final String EVENTS =
      "SELECT kind, stage, next, reason, due, at, last, count FROM queue_event WHERE key = ?"
          + " ORDER BY id";

  private final String add;
  private final String repeat;
  private final String counts;
  private final String note;

  /**
   * Makes the statements.
   *
   * @param now the expression for the time of the queue's clock
   */
  HistoryTable(String now) {
    add =
        sql(
            now,
            "INSERT INTO queue_event (key, kind, stage, next, reason, due, at, last)"
                + " VALUES (?, ?, ?, ?, ?, {now} + CAST(? AS bigint), {now}, {now})");
    repeat =
        sql(
            now,
            "UPDATE queue_event SET count = count + 1, last = {now},"
                + " due = {now} + CAST(? AS bigint)"
                + " WHERE id = (SELECT max(id) FROM queue_event WHERE key = ?)"
                + " AND kind = ? AND stage = ? AND reason = ?");
    counts =
        sql(
            now,
            "SELECT at / CAST(? AS bigint), kind, COALESCE(next, stage), count(*) FROM queue_event"
                + " WHERE at > {now} - CAST(? AS bigint) AND kind IN (0, 1, 4)"
                + " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3");
    note =
        sql(
            now,
            "INSERT INTO queue_note (at, actor, source, action, key, owner)"
                + " VALUES ({now}, ?, ?, ?, ?, ?)");
  }

  /**
   * Adds an event.
   *
   * @param delay the time until the message is due; null if it is dead
   */
  void add(
      Session session,
      Event.Kind kind,
      String key,
      String stage,
      @Nullable String next,
      @Nullable String reason,
      @Nullable Duration delay)
      throws SQLException {
    Long due = delay == null ? null : Long.valueOf(micros(delay));
    boolean canRepeat = kind == Event.Kind.RETRIED || kind == Event.Kind.DEFERRED;
    if (canRepeat
        && session.prepare(repeat, due, key, kind.number, stage, reason).executeUpdate() > 0) {
      return;
    }
    session.prepare(add, key, kind.number, stage, next, reason, due).executeUpdate();
    if (canRepeat) { // only their number has no limit
      session.prepare(CUT, key, key).executeUpdate();
    }
  }

  /** Adds the event of an outcome, unless the message has no owner or ends. */
  void settled(Session session, String stage, String key, String owner, Outcome outcome)
      throws SQLException {
    if (owner.isEmpty()) {
      return;
    }
    switch (outcome) {
      case Outcome.Done(List<Message> next) -> {
        if (!next.isEmpty() && next.getFirst().key().equals(key)) {
          Message first = next.getFirst();
          add(session, Event.Kind.MOVED, key, stage, first.stage(), null, first.delay());
        }
      }
      case Outcome.Retry(Duration delay, String reason, _) ->
          add(session, Event.Kind.RETRIED, key, stage, null, reason, delay);
      case Outcome.Defer(Duration delay, String reason, _) ->
          add(session, Event.Kind.DEFERRED, key, stage, null, reason, delay);
      case Outcome.Dead(String reason, _, _) ->
          add(session, Event.Kind.DEAD, key, stage, null, reason, null);
    }
  }

  List<Event> events(Session session, String key) throws SQLException {
    return session.list(HistoryTable::event, EVENTS, key);
  }

  private static Event event(ResultSet row) throws SQLException {
    long due = row.getLong(5);
    boolean isDue = !row.wasNull();
    return new Event(
        Event.Kind.of(row.getInt(1)),
        row.getString(2),
        row.getString(3),
        row.getString(4),
        isDue ? instant(due) : null,
        instant(row.getLong(6)),
        instant(row.getLong(7)),
        row.getInt(8));
  }

  List<Event.Count> counts(Session session, Duration window, Duration period) throws SQLException {
    long length = micros(period);
    return session.list(
        row ->
            new Event.Count(
                instant(row.getLong(1) * length),
                Event.Kind.of(row.getInt(2)),
                row.getString(3),
                row.getLong(4)),
        counts,
        length,
        micros(window));
  }

  void note(Session session, @Nullable Note added, String key, String owner) throws SQLException {
    if (added != null) {
      session
          .prepare(note, added.actor(), added.source(), added.action(), key, owner)
          .executeUpdate();
    }
  }

  List<Note.Stored> notes(
      Session session, @Nullable String owner, @Nullable String key, long before, int limit)
      throws SQLException {
    List<Object> parameters = new ArrayList<>();
    StringBuilder sql =
        new StringBuilder("SELECT id, at, actor, source, action, key, owner FROM queue_note");
    sql.append(" WHERE id < ?");
    parameters.add(before);
    if (owner != null) {
      sql.append(" AND owner = ?");
      parameters.add(owner);
    }
    if (key != null) {
      sql.append(" AND key = ?");
      parameters.add(key);
    }
    sql.append(" ORDER BY id DESC LIMIT ?");
    parameters.add(limit);
    return session.list(
        row ->
            new Note.Stored(
                row.getLong(1),
                instant(row.getLong(2)),
                new Note(row.getString(3), row.getString(4), row.getString(5)),
                row.getString(6),
                row.getString(7)),
        sql.toString(),
        parameters.toArray());
  }

  /** Removes the events of messages that are gone, unless another stage has one with their key. */
  void forget(Session session, List<String> keys) throws SQLException {
    if (keys.isEmpty()) {
      return;
    }
    PreparedStatement statement = session.prepare(FORGET);
    for (String key : keys) {
      Session.bind(statement, key, key);
      statement.addBatch();
    }
    statement.executeBatch();
  }
}

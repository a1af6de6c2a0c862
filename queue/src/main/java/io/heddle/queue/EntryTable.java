package io.heddle.queue;

import static io.heddle.queue.MessageTable.ROW;
import static io.heddle.queue.MessageTable.instant;
import static io.heddle.queue.MessageTable.micros;
import static io.heddle.queue.MessageTable.sql;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The operator's view of the queue's table: lists messages, and replays or purges dead ones. */
final class EntryTable {
  private static final String REPLAY =
      "UPDATE queue_message SET state = 0, due = {now}, attempt = 0, losses = 0, begun = 0,"
          + " changed = {now}";

  private static final String CHANGED = " RETURNING key, owner, stage";

  private static final String PURGE =
      "DELETE FROM queue_message WHERE id = ? AND changed = ? AND state = 2" + CHANGED;

  private final String now;
  private final HoldTable holds;
  private final SearchTable terms;
  private final HistoryTable history;
  private final String find;
  private final String stats;

  /**
   * Makes the statements.
   *
   * @param now the expression for the time of the queue's clock
   */
  EntryTable(String now, HoldTable holds, SearchTable terms, HistoryTable history) {
    this.now = now;
    this.holds = holds;
    this.terms = terms;
    this.history = history;
    find = "SELECT " + ROW + " FROM queue_message WHERE key = ? ORDER BY id DESC LIMIT 1";
    stats =
        sql(
            now,
            "SELECT stage, state, count(*),"
                + " sum(CASE WHEN state < 2 AND due <= {now} THEN 1 ELSE 0 END),"
                + " {now} - min(published),"
                + " {now} - min(CASE WHEN state < 2 AND due <= {now} THEN due ELSE {now} END)"
                + " FROM queue_message GROUP BY stage, state ORDER BY stage, state");
  }

  /**
   * Runs a statement on the messages that a filter selects. It contains only conditions that the
   * filter has: a database would not use an index for a condition that may be empty.
   */
  private <T> List<T> list(
      Session session,
      Session.Row<T> row,
      String before,
      Filter filter,
      String after,
      Object... last)
      throws SQLException {
    StringBuilder sql = new StringBuilder(before).append(" WHERE TRUE");
    List<Object> parameters = new ArrayList<>();
    if (filter.key() != null) {
      sql.append(" AND key = ?");
      parameters.add(filter.key());
    }
    if (filter.stage() != null) {
      sql.append(" AND stage = ?");
      parameters.add(filter.stage());
    }
    if (filter.owner() != null) {
      sql.append(" AND owner = ?");
      parameters.add(filter.owner());
    }
    if (filter.state() != null) {
      sql.append(" AND state = ").append(filter.state().number);
    }
    if (filter.unchangedFor() != null) {
      sql.append(" AND changed <= {now} - CAST(? AS bigint)");
      parameters.add(micros(filter.unchangedFor()));
    }
    parameters.addAll(List.of(last));
    return session.list(row, sql(now, sql.append(after).toString()), parameters.toArray());
  }

  List<Entry> list(Session session, Filter filter, long after, int limit) throws SQLException {
    String select = "SELECT " + ROW + " FROM queue_message";
    String page = " AND id > ? ORDER BY id LIMIT ?";
    return list(session, EntryTable::entry, select, filter, page, after, limit);
  }

  /** Lists the messages that any of some filters selects, none of which may overlap. */
  List<Entry> list(Session session, List<Filter> filters, long after, int limit)
      throws SQLException {
    List<Entry> all = new ArrayList<>();
    for (Filter filter : filters) {
      all.addAll(list(session, filter, after, limit));
    }
    all.sort(Comparator.comparingLong(Entry::id));
    return all.size() > limit ? all.subList(0, limit) : all;
  }

  @Nullable Entry find(Session session, String key) throws SQLException {
    return session.first(EntryTable::entry, find, key);
  }

  /** Returns the stage of each replayed message. */
  List<String> replay(Session session, Filter filter, @Nullable Note note) throws SQLException {
    List<String> stages = new ArrayList<>();
    if (!mayBeDead(filter)) {
      return stages;
    }
    for (Changed one : list(session, Changed::of, REPLAY, filter.in(State.DEAD), CHANGED)) {
      stages.add(one.stage);
      if (!one.owner.isEmpty()) {
        history.add(session, Event.Kind.REPLAYED, one.key, one.stage, null, null, Duration.ZERO);
      }
      history.note(session, note, one.key, one.owner);
    }
    return stages;
  }

  long purge(Session session, Filter filter) throws SQLException {
    if (!mayBeDead(filter)) {
      return 0;
    }
    String delete = "DELETE FROM queue_message";
    List<Changed> purged = list(session, Changed::of, delete, filter.in(State.DEAD), CHANGED);
    for (Changed one : purged) {
      forget(session, one.key);
    }
    return purged.size();
  }

  long purge(Session session, List<Entry> seen, @Nullable Note note) throws SQLException {
    long count = 0;
    for (Entry entry : seen) {
      for (Changed one : session.list(Changed::of, PURGE, entry.id(), micros(entry.changed()))) {
        forget(session, one.key);
        history.note(session, note, one.key, one.owner);
        count++;
      }
    }
    return count;
  }

  /** A message that was replayed or purged. */
  private record Changed(String key, String owner, String stage) {
    static Changed of(ResultSet row) throws SQLException {
      return new Changed(row.getString(1), row.getString(2), row.getString(3));
    }
  }

  /** Removes what belongs to a message that is gone, unless another stage has one with its key. */
  void forget(Session session, String key) throws SQLException {
    holds.forget(session, key);
    terms.forget(session, key);
    history.forget(session, List.of(key));
  }

  private static boolean mayBeDead(Filter filter) {
    return filter.state() == null || filter.state() == State.DEAD;
  }

  List<StageStats> stats(Session session) throws SQLException {
    return session.list(
        row ->
            new StageStats(
                row.getString(1),
                State.of(row.getInt(2)),
                row.getLong(3),
                row.getLong(4),
                Duration.of(row.getLong(5), ChronoUnit.MICROS),
                Duration.of(row.getLong(6), ChronoUnit.MICROS)),
        stats);
  }

  static Entry entry(ResultSet rows) throws SQLException {
    return new Entry(
        rows.getLong("id"),
        rows.getString("stage"),
        rows.getString("key"),
        rows.getString("body"),
        State.of(rows.getInt("state")),
        rows.getInt("attempt"),
        rows.getInt("losses"),
        rows.getInt("begun"),
        rows.getString("reason"),
        instant(rows.getLong("due")),
        instant(rows.getLong("published")),
        instant(rows.getLong("changed")));
  }
}

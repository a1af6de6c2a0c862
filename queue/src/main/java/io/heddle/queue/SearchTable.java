package io.heddle.queue;

import static io.heddle.queue.MessageTable.ROW;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The terms of messages. A row has its own id, which stays when the message moves to another stage,
 * so pages of a search do not overlap. One index has the terms in the order of a page, and another
 * one has the terms of an owner: a page reads as many rows as it has, whatever the size of the
 * queue.
 */
final class SearchTable {
  private static final String ADD =
      "INSERT INTO queue_term (term, rank, owner, key) VALUES (?, ?, ?, ?)"
          + " ON CONFLICT (key, term) DO UPDATE SET rank = excluded.rank";

  private static final String FIND =
      "SELECT m."
          + ROW.replace(", ", ", m.")
          + ", t.rank AS term_rank, t.id AS term_id"
          + " FROM queue_term t JOIN queue_message m ON m.key = t.key"
          + " WHERE t.term = ? AND t.rank <= ? AND (t.rank, t.id) > (?, ?)";

  private static final String FORGET =
      "DELETE FROM queue_term WHERE key = ?"
          + " AND NOT EXISTS (SELECT 1 FROM queue_message WHERE key = ?)";

  private static final Pattern CURSOR = Pattern.compile("(-?\\d{1,19})\\.(\\d{1,18})");

  void add(Session session, Message message) throws SQLException {
    for (Term term : message.terms()) {
      session
          .prepare(ADD, term.text(), term.rank(), message.owner(), message.key())
          .executeUpdate();
    }
  }

  /** Throws an IllegalArgumentException if the cursor is not one. */
  Search.Page find(Session session, Search search, @Nullable String after, int limit)
      throws SQLException {
    long rank = Long.MIN_VALUE;
    long id = 0;
    if (after != null) {
      Matcher cursor = CURSOR.matcher(after);
      if (!cursor.matches()) {
        throw new IllegalArgumentException("'" + after + "' is not a cursor of a search");
      }
      rank = Long.parseLong(cursor.group(1));
      id = Long.parseLong(cursor.group(2));
    }
    StringBuilder sql = new StringBuilder(FIND);
    List<Object> parameters = new ArrayList<>(List.of(search.term(), search.most(), rank, id));
    Filter filter = search.filter();
    if (filter.owner() != null) {
      sql.append(" AND t.owner = ?");
      parameters.add(filter.owner());
    }
    if (filter.stage() != null) {
      sql.append(" AND m.stage = ?");
      parameters.add(filter.stage());
    }
    if (filter.state() != null) {
      sql.append(" AND m.state = ").append(filter.state().number);
    }
    sql.append(" ORDER BY t.rank, t.id LIMIT ?");
    parameters.add(limit + 1);
    List<Entry> found = new ArrayList<>();
    String next = null;
    try (ResultSet rows = session.prepare(sql.toString(), parameters.toArray()).executeQuery()) {
      while (rows.next()) {
        if (found.size() == limit) {
          return new Search.Page(found, next);
        }
        found.add(EntryTable.entry(rows));
        next = rows.getLong("term_rank") + "." + rows.getLong("term_id");
      }
    }
    return new Search.Page(found, null);
  }

  /** Removes the terms of a message that is gone, unless another stage has one with its key. */
  void forget(Session session, String key) throws SQLException {
    session.prepare(FORGET, key, key).executeUpdate();
  }
}

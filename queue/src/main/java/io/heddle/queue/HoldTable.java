package io.heddle.queue;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records which messages {@linkplain Hold hold} which resources. A row names the last message that
 * held a resource, and its owner. Whether the hold still counts is read from the message, in the
 * transaction that asks. So rows need not be removed when a message moves, but only when it is
 * removed.
 *
 * <p>Taking a resource removes the rows of other owners, none of which counted. So all remaining
 * rows for a resource have the same owner.
 */
final class HoldTable {
  private static final String CONFLICT =
      "SELECT h.key FROM queue_hold h WHERE h.resource = ? AND h.owner <> ? AND EXISTS"
          + " (SELECT 1 FROM queue_message m WHERE m.key = h.key"
          + " AND (m.state = 1 OR m.state = 0 AND m.stage IN ({stages}))) LIMIT 1";

  private static final String OTHERS = "DELETE FROM queue_hold WHERE resource = ? AND owner <> ?";

  private static final String TAKE =
      "INSERT INTO queue_hold (resource, key, owner) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";

  private static final String HAS = "SELECT 1 FROM queue_hold WHERE resource = ? AND key = ?";

  private static final String FORGET =
      "DELETE FROM queue_hold WHERE key = ?"
          + " AND NOT EXISTS (SELECT 1 FROM queue_message WHERE key = ?)";

  private final @Nullable String lock;

  /**
   * Makes the statements.
   *
   * @param lock a statement that keeps other transactions from locking the same number until this
   *     one has ended; null if there is one writer at a time anyway
   */
  HoldTable(@Nullable String lock) {
    this.lock = lock;
  }

  /** Locks these resources. Always in the same order, to avoid deadlocks. */
  void lock(Session session, List<Hold> holds) throws SQLException {
    if (lock == null) {
      return;
    }
    for (int number :
        holds.stream().mapToInt(one -> one.resource().hashCode()).sorted().toArray()) {
      session.prepare(lock, number).execute();
    }
  }

  /** The key of another owner's message whose hold counts, null if absent. */
  @Nullable String conflict(Session session, Hold hold) throws SQLException {
    String stages = String.join(", ", Collections.nCopies(hold.stages().size(), "?"));
    List<Object> parameters = new ArrayList<>(List.of(hold.resource(), hold.owner()));
    parameters.addAll(hold.stages());
    return session.first(
        row -> row.getString(1), CONFLICT.replace("{stages}", stages), parameters.toArray());
  }

  /** Records that a message holds a resource, after checking for conflicts. */
  void take(Session session, String key, Hold hold) throws SQLException {
    session.prepare(OTHERS, hold.resource(), hold.owner()).executeUpdate();
    session.prepare(TAKE, hold.resource(), key, hold.owner()).executeUpdate();
  }

  boolean has(Session session, String key, String resource) throws SQLException {
    return session.first(_ -> true, HAS, resource, key) != null;
  }

  /** Removes the holds of a message that is gone, unless another stage has one with its key. */
  void forget(Session session, String key) throws SQLException {
    session.prepare(FORGET, key, key).executeUpdate();
  }
}

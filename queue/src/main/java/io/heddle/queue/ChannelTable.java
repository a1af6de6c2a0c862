package io.heddle.queue;

import static io.heddle.queue.MessageTable.sql;

import io.heddle.queue.ChannelQueue.Sent;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a stage needs to be a channel between programs: an end, and keys that are forgotten after a
 * while.
 *
 * <p>A stage has ended if the stage {@code (ended)} has a message with its name as the key.
 * Publishers hold a shared lock on the stage's name until their transaction has ended, and the end
 * takes the same lock exclusively. So a transaction that sees the end also sees every message that
 * was published before it.
 *
 * <p>A publisher of a message with an owner also locks the owner in its stage. So the ids of an
 * owner's messages rise in the order in which their transactions end, and no message appears before
 * one that is leased already.
 */
final class ChannelTable {
  private static final String ENDED = "(ended)";

  private static final String HAS_ENDED =
      "SELECT 1 FROM queue_message AS mark WHERE mark.key = ? AND mark.stage = '" + ENDED + "'";

  private static final String IS_OVER =
      HAS_ENDED
          + " AND NOT EXISTS (SELECT 1 FROM queue_message AS rest"
          + " WHERE rest.stage = ? AND rest.state < 2)";

  private final MessageTable table;
  private final @Nullable Locks locks;
  private final String expire;
  private final String expireKey;

  /**
   * Statements that keep other transactions from taking the same lock until this one has ended.
   *
   * @param shareStage takes the lock of a stage, which others may share
   * @param lockStage takes the lock of a stage for this transaction alone
   * @param lockOwner takes the lock of an owner in a stage
   */
  record Locks(String shareStage, String lockStage, String lockOwner) {}

  /**
   * Makes the statements.
   *
   * @param now the expression for the time of the queue's clock
   * @param lockRows makes a select lock its rows and skip rows that are locked
   * @param locks takes locks; null if there is only one writer anyway
   */
  ChannelTable(MessageTable table, String now, String lockRows, @Nullable Locks locks) {
    this.table = table;
    this.locks = locks;
    expire =
        sql(
            now,
            // state < 2 as well, because the index is restricted to it.
            "WITH gone AS MATERIALIZED (SELECT id FROM queue_message"
                + " WHERE stage = ? AND state < 2 AND state = 0 AND due <= {now}"
                + " ORDER BY due, id LIMIT ? "
                + lockRows
                + ") DELETE FROM queue_message WHERE id IN (SELECT id FROM gone) RETURNING key");
    expireKey =
        sql(
            now,
            "DELETE FROM queue_message WHERE stage = ? AND key = ? AND state = 0 AND due <= {now}");
  }

  /** Returns null if the lease of the holder is lost. */
  @Nullable Sent publish(Session session, Message message, String seen, @Nullable Delivery holder)
      throws SQLException {
    if (locks != null) {
      session.prepare(locks.shareStage, message.stage()).execute();
      if (!message.owner().isEmpty()) {
        session.prepare(locks.lockOwner, message.stage() + "/" + message.owner()).execute();
      }
    }
    if (holder != null && !table.confirm(session, holder)) {
      return null;
    }
    if (has(session, HAS_ENDED, message.stage())) {
      expire(session, seen, message.key());
      return table.entries.find(session, message.key()) == null ? Sent.ENDED : Sent.PRESENT;
    }
    if (table.publishIfAbsent(session, message)) {
      return Sent.ADDED;
    }
    expire(session, seen, message.key());
    // Whatever that has removed: another transaction may have removed the message before.
    return table.publishIfAbsent(session, message) ? Sent.ADDED : Sent.PRESENT;
  }

  /** Removes one message if it is due. Waits for another transaction that has locked it. */
  private void expire(Session session, String stage, String key) throws SQLException {
    if (session.prepare(expireKey, stage, key).executeUpdate() == 1) {
      table.history.forget(session, List.of(key));
    }
  }

  void end(Session session, String stage) throws SQLException {
    if (locks != null) {
      session.prepare(locks.lockStage, stage).execute();
    }
    table.publish(session, List.of(new Message(ENDED, stage, "")));
  }

  /** Whether a stage has ended and has no message left to deliver. */
  boolean isOver(Session session, String stage) throws SQLException {
    return has(session, IS_OVER, stage, stage);
  }

  long expire(Session session, String stage, int max) throws SQLException {
    List<String> keys = new ArrayList<>();
    try (ResultSet rows = session.prepare(expire, stage, max).executeQuery()) {
      while (rows.next()) {
        keys.add(rows.getString(1));
      }
    }
    table.history.forget(session, keys);
    return keys.size();
  }

  private static boolean has(Session session, String sql, Object... parameters)
      throws SQLException {
    try (ResultSet rows = session.prepare(sql, parameters).executeQuery()) {
      return rows.next();
    }
  }
}

package io.heddle.remote;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Protects rows of a database by the fencing token of a lock: a holder that has lost its lock, and
 * does not know it yet, can no longer write once its successor has made the check. So a holder
 * makes it before it reads what it relies on.
 *
 * {@snippet :
 * connection.setAutoCommit(false);
 * Fence.check(connection, "report", held.token());       // in the transaction that reads and writes
 * update(connection);
 * connection.commit();
 * }
 *
 * <p>The table {@code heddle_fence} has the highest token of each resource. It may be in another
 * database than the lock. The check locks the resource's row until the transaction ends, so
 * transactions with one resource run one after the other. Every writer must make the check.
 *
 * <p>It works with PostgreSQL and with SQLite. On a replica to which the server fails over before
 * it has received the last transactions, tokens may be lower than before.
 */
public final class Fence {
  private static final String TABLE =
      "CREATE TABLE IF NOT EXISTS heddle_fence"
          + " (resource varchar(500) PRIMARY KEY, token bigint NOT NULL)";

  private static final String CHECK =
      "INSERT INTO heddle_fence (resource, token) VALUES (?, ?) ON CONFLICT (resource)"
          + " DO UPDATE SET token = excluded.token WHERE heddle_fence.token <= excluded.token";

  private Fence() {}

  /**
   * Creates the table {@code heddle_fence} if it does not exist. Blocks until the database has
   * answered.
   *
   * @param connection a connection to the database that is to be protected
   * @throws SQLException if the database refuses that
   */
  public static void createTable(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(TABLE);
    }
  }

  /**
   * Checks that no transaction with a higher token has been committed for a resource, and makes
   * this token its highest. Blocks until other transactions with this resource have ended. It takes
   * effect with the caller's transaction.
   *
   * @param connection a connection whose current transaction also makes the writes to be protected
   * @param resource the name of the protected resource, at most 500 characters
   * @param token the token of the lock: {@link Held#token}
   * @throws LeaseLostException if a later holder has written; roll the transaction back
   * @throws SQLException if the database cannot be reached, or the table is missing
   * @throws IllegalStateException if the connection commits each statement by itself
   */
  public static void check(Connection connection, String resource, long token)
      throws SQLException, LeaseLostException {
    if (connection.getAutoCommit()) {
      throw new IllegalStateException(
          "the check of a fencing token needs a transaction: call setAutoCommit(false) first");
    }
    try (PreparedStatement statement = connection.prepareStatement(CHECK)) {
      statement.setString(1, resource);
      statement.setLong(2, token);
      if (statement.executeUpdate() == 0) {
        throw new LeaseLostException(resource + ", held with token " + token + ",", null);
      }
    }
  }
}

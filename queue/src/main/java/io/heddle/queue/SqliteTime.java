package io.heddle.queue;

import io.heddle.Go;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;

/**
 * The clock of an embedded queue. It reads the time of day once, when the queue is opened, and then
 * follows the monotonic clock. A change of the time of day while the process runs therefore makes
 * no message due too early or too late, and ends no lease. The clock never starts before the last
 * change in the file, so a time of day that was set back while no process ran delays nothing
 * either. A time of day that is ahead when the queue is opened looks like a longer pause, because
 * nothing else shows how long the queue was closed.
 *
 * <p>While the machine is suspended this clock stands still, as the monotonic clock does.
 */
final class SqliteTime {
  private final long base;
  private final long start;

  private SqliteTime(long base) {
    this.base = base;
    this.start = Go.nanoTime();
  }

  static SqliteTime start(Session session, InstantSource wallClock) throws SQLException {
    long last = 0;
    try (Statement statement = session.connection().createStatement();
        ResultSet row = statement.executeQuery("SELECT max(changed) FROM queue_message")) {
      last = row.getLong(1); // 0 for null
    }
    session.connection().commit();
    return new SqliteTime(Math.max(last, MessageTable.micros(wallClock.instant())));
  }

  /** Makes the table from which a connection's statements read the time. */
  void install(Session session) throws SQLException {
    try (Statement statement = session.connection().createStatement()) {
      statement.execute("CREATE TEMP TABLE queue_time (now INTEGER NOT NULL)");
      statement.execute("INSERT INTO queue_time VALUES (0)");
    }
    session.connection().commit();
  }

  /** Sets the time that the statements of a transaction see. */
  void set(Session session) throws SQLException {
    long now = base + (Go.nanoTime() - start) / 1000;
    session.prepare("UPDATE queue_time SET now = ?", now).executeUpdate();
  }
}

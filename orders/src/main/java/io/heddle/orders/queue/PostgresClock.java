package io.heddle.orders.queue;

import com.zaxxer.hikari.HikariDataSource;
import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Goroutine;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Keeps the queue's clock even while the database server's time of day jumps.
 *
 * <p>The queue's time is the server's plus a shift, so all processes have the same. Each process
 * compares it with its own monotonic clock every ten seconds, and whoever sees first that it jumped
 * takes the jump back out of the shift. Until then a jump forwards cannot do much: the queue's time
 * is never more than a minute after the last look of any process. A jump backwards only makes
 * messages wait until it is noticed. One that happens while no process runs cannot be told from a
 * pause if it is forwards, and is taken out if it is backwards.
 */
final class PostgresClock {
  private static final Duration PERIOD = Duration.ofSeconds(10);

  /** What is less is left alone: it might be the network. */
  private static final long TOLERANCE = TimeUnit.SECONDS.toMicros(5);

  private static final String LOOK = "SELECT queue_wall(), shift, high FROM queue_clock";

  /** Does nothing if another process has done it. */
  private static final String CORRECT = "UPDATE queue_clock SET shift = shift - ? WHERE shift = ?";

  private static final String ADVANCE =
      "UPDATE queue_clock SET high = greatest(high, queue_wall() + shift) WHERE shift = ?";

  private final HikariDataSource pool;
  private final CancelContext running = Context.background().withCancel();

  /** What the last look saw, in microseconds: the queue's time, and the process's own. */
  private long lastTime;

  private long lastOwn;

  private final Goroutine keeper;

  private PostgresClock(HikariDataSource pool) throws SQLException {
    this.pool = pool;
    lastOwn = -1;
    look();
    this.keeper = Go.go("queue clock", this::keep);
  }

  static PostgresClock start(HikariDataSource pool) throws SQLException {
    return new PostgresClock(pool);
  }

  private void keep() throws InterruptedException {
    while (true) {
      try {
        Go.sleep(PERIOD, running);
        Uninterrupted.call(() -> {
          look();
          return true;
        });
      } catch (ContextException e) {
        return;
      } catch (SQLException e) {
        // the next look may succeed; who works with the queue reports what is wrong
      }
    }
  }

  /** Compares the clocks, and corrects the queue's. */
  void look() throws SQLException {
    try (Connection connection = pool.getConnection()) {
      long own = TimeUnit.NANOSECONDS.toMicros(Go.nanoTime());
      long wall;
      long shift;
      long high;
      try (PreparedStatement look = connection.prepareStatement(LOOK);
          ResultSet row = look.executeQuery()) {
        row.next();
        wall = row.getLong(1);
        shift = row.getLong(2);
        high = row.getLong(3);
      }
      if (TimeUnit.NANOSECONDS.toMicros(Go.nanoTime()) - own > TOLERANCE / 2) {
        return; // too slow an answer to tell anything
      }
      long time = wall + shift;
      long jump = lastOwn < 0 ? Math.min(0, time - high) : time - (lastTime + own - lastOwn);
      if (Math.abs(jump) > TOLERANCE) {
        try (PreparedStatement correct = connection.prepareStatement(CORRECT)) {
          correct.setLong(1, jump);
          correct.setLong(2, shift);
          if (correct.executeUpdate() == 0) {
            connection.rollback();
            return; // another process was first: the next look sees what it did
          }
        }
        shift -= jump;
        time -= jump;
      }
      try (PreparedStatement advance = connection.prepareStatement(ADVANCE)) {
        advance.setLong(1, shift);
        advance.executeUpdate();
      }
      connection.commit();
      lastTime = time;
      lastOwn = own;
    }
  }

  void close() {
    running.cancel();
    Uninterrupted.join(keeper);
  }
}

package io.heddle.queue;

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
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the queue's clock even while the database server's time of day jumps.
 *
 * <p>The queue's time is the server's time plus a shift that all processes share. Each process
 * compares the queue's time with its own monotonic clock every ten seconds. The first process that
 * detects a jump subtracts it from the shift. Until then a jump forwards has little effect: the
 * queue's time is never more than half a minute after the last comparison of any process, and a
 * worker's lease of a minute always has more time left than that. Nor is the queue's time ever
 * before that comparison: after a jump backwards it stands still until the jump is detected.
 * Otherwise messages would become due at once whose time was computed from an old time. A jump that
 * happens while no process runs is corrected if it is backwards; if it is forwards, it cannot be
 * distinguished from a pause.
 *
 * <p>A monotonic clock never runs ahead, but it stands still while a virtual machine is suspended,
 * and then the queue's time seems to have jumped forwards. So a process believes in a jump forwards
 * only if no other process has compared the clocks in the meantime, which would have detected it. A
 * jump backwards is always real. So processes that disagree converge to the time of those whose
 * clocks have run, and do not correct each other endlessly.
 */
final class PostgresClock {
  private static final Duration PERIOD = Duration.ofSeconds(10);

  /** Smaller differences are ignored: the network may cause them. */
  private static final long TOLERANCE = TimeUnit.SECONDS.toMicros(5);

  /** A running process has looked since, so shorter jumps forwards are ignored, too. */
  private static final long UNSEEN = PERIOD.toMillis() * 1000 + TOLERANCE;

  private static final String LOOK = "SELECT queue_wall(), shift, high, version FROM queue_clock";

  /** Has no effect if another process has corrected the clock. */
  private static final String CORRECT = "UPDATE queue_clock SET shift = shift - ? WHERE shift = ?";

  private static final String ADVANCE =
      "UPDATE queue_clock SET high = greatest(high, queue_wall() + shift) WHERE shift = ?";

  private final HikariDataSource pool;

  /** The process's monotonic clock, in nanoseconds. */
  private final LongSupplier ownClock;

  /** Notified of a version of the tables that is newer than this program. */
  private final IntConsumer newer;

  private final CancelContext running = Context.background().withCancel();

  /** The result of the last comparison; null before the first. */
  private @Nullable Look last;

  private final Goroutine<?> keeper;

  private PostgresClock(HikariDataSource pool, LongSupplier ownClock, IntConsumer newer)
      throws SQLException {
    this.pool = pool;
    this.ownClock = ownClock;
    this.newer = newer;
    look();
    this.keeper = Go.go("queue clock", this::keep);
  }

  static PostgresClock start(HikariDataSource pool, IntConsumer newer) throws SQLException {
    return new PostgresClock(pool, Go::nanoTime, newer);
  }

  static PostgresClock start(HikariDataSource pool, LongSupplier ownClock) throws SQLException {
    return new PostgresClock(pool, ownClock, _ -> {});
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
        // the next comparison may succeed; users of the queue report the error
      }
    }
  }

  /** The clocks at one moment, in microseconds. */
  private record Look(long time, long own) {}

  /** Compares the clocks, and corrects the queue's. */
  synchronized void look() throws SQLException {
    try (Connection connection = pool.getConnection()) {
      long own = own();
      long wall;
      long shift;
      long high;
      try (PreparedStatement look = connection.prepareStatement(LOOK);
          ResultSet row = look.executeQuery()) {
        row.next();
        wall = row.getLong(1);
        shift = row.getLong(2);
        high = row.getLong(3);
        if (row.getInt(4) > PostgresSchema.VERSION) {
          newer.accept(row.getInt(4));
          return; // the clock may have another meaning
        }
      }
      if (own() - own > TOLERANCE / 2) {
        return; // the answer took too long to be useful
      }
      long time = wall + shift;
      long jump = jump(time, own, high);
      if (jump != 0) {
        try (PreparedStatement correct = connection.prepareStatement(CORRECT)) {
          correct.setLong(1, jump);
          correct.setLong(2, shift);
          if (correct.executeUpdate() == 0) {
            connection.rollback();
            return; // another process was first: the next comparison sees its correction
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
      last = new Look(time, own);
    }
  }

  /** How far the queue's time has jumped since the last comparison; 0 if it has not. */
  private long jump(long time, long own, long high) {
    Look before = last;
    long unseen = time - high;
    long jump = before == null ? Math.min(0, unseen) : time - (before.time + own - before.own);
    if (jump > 0) {
      return jump > TOLERANCE && unseen > UNSEEN ? Math.min(jump, unseen) : 0;
    }
    return jump < -TOLERANCE ? jump : 0;
  }

  private long own() {
    return TimeUnit.NANOSECONDS.toMicros(ownClock.getAsLong());
  }

  void close() {
    running.cancel();
    Uninterrupted.join(keeper);
  }
}

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
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the queue's clock even while the database server's time of day jumps.
 *
 * <p>The queue's time is the server's plus a shift, so all processes have the same. Each process
 * compares it with its own monotonic clock every ten seconds, and whoever sees first that it jumped
 * takes the jump back out of the shift. Until then a jump forwards cannot do much: the queue's time
 * is never more than half a minute after the last look of any process, which is less than what a
 * worker's lease of a minute always has left. Nor is it ever before that look: after a jump
 * backwards it stands still until the jump is noticed, or what is due in a while by a time long
 * gone would be due at once. A jump that happens while no process runs cannot be told from a pause
 * if it is forwards, and is taken out if it is backwards.
 *
 * <p>A monotonic clock never runs ahead, but it stands still while a virtual machine is suspended,
 * and then the queue's time seems to have jumped forwards. So a process believes that only if no
 * other has looked meanwhile, who would have seen it. Nobody can be wrong about a jump backwards.
 * So processes that disagree end up with the time of those whose clocks have run, and do not
 * correct each other without end.
 */
final class PostgresClock {
  private static final Duration PERIOD = Duration.ofSeconds(10);

  /** What is less is left alone: it might be the network. */
  private static final long TOLERANCE = TimeUnit.SECONDS.toMicros(5);

  /** A process that runs has looked since; so jumps forwards of less are left alone, too. */
  private static final long UNSEEN = PERIOD.toMillis() * 1000 + TOLERANCE;

  private static final String LOOK = "SELECT queue_wall(), shift, high FROM queue_clock";

  /** Does nothing if another process has done it. */
  private static final String CORRECT = "UPDATE queue_clock SET shift = shift - ? WHERE shift = ?";

  private static final String ADVANCE =
      "UPDATE queue_clock SET high = greatest(high, queue_wall() + shift) WHERE shift = ?";

  private final HikariDataSource pool;

  /** The process's monotonic clock, in nanoseconds. */
  private final LongSupplier ownClock;

  private final CancelContext running = Context.background().withCancel();

  /** What the last look saw; null before the first. */
  private @Nullable Look last;

  private final Goroutine<?> keeper;

  private PostgresClock(HikariDataSource pool, LongSupplier ownClock) throws SQLException {
    this.pool = pool;
    this.ownClock = ownClock;
    look();
    this.keeper = Go.go("queue clock", this::keep);
  }

  static PostgresClock start(HikariDataSource pool) throws SQLException {
    return start(pool, Go::nanoTime);
  }

  static PostgresClock start(HikariDataSource pool, LongSupplier ownClock) throws SQLException {
    return new PostgresClock(pool, ownClock);
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
      }
      if (own() - own > TOLERANCE / 2) {
        return; // too slow an answer to tell anything
      }
      long time = wall + shift;
      long jump = jump(time, own, high);
      if (jump != 0) {
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
      last = new Look(time, own);
    }
  }

  /** How far the queue's time has jumped since it was seen last; 0 if it has not. */
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

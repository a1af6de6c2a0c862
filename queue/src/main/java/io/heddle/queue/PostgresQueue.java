package io.heddle.queue;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.heddle.RWMutex;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A queue in a PostgreSQL database, shared by any number of processes on any number of machines.
 *
 * <p>Claims lock rows with {@code FOR UPDATE SKIP LOCKED}, so workers do not wait for each other.
 * {@link PostgresSignals} tells other processes at once of messages that are due; who waits also
 * looks by itself every second, as a signal may be lost with its process.
 *
 * <p>While the database is away, calls fail with a {@link QueueException} after at most half a
 * minute; when it is back, they work again. Nothing has to be opened anew.
 */
public final class PostgresQueue extends SqlQueue {
  /** How often who waits looks for messages without having been told of any. */
  private static final Duration POLL = Duration.ofSeconds(1);

  /** The first number keeps these locks apart from others in the database. */
  private static final String LOCK_KEY = "SELECT pg_advisory_xact_lock(1212499020, hashtext(?))";

  private final PostgresAddress address;
  private final HikariDataSource pool;
  private final PostgresClock clock;
  private final PostgresSignals signals;
  private final Duration poll;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Calls that are under way have it to read. */
  private final RWMutex calls = new RWMutex();

  private PostgresQueue(
      PostgresAddress address, HikariDataSource pool, PostgresClock clock, Duration poll) {
    super(
        new MessageTable(
            "(SELECT queue_now())",
            "FOR UPDATE SKIP LOCKED",
            LOCK_KEY,
            new HoldTable("SELECT pg_advisory_xact_lock(1212499021, ?)")),
        poll);
    this.poll = poll;
    this.address = address;
    this.pool = pool;
    this.clock = clock;
    this.signals = PostgresSignals.start(address, pool, arrivals);
  }

  /**
   * Opens a queue, and makes its tables in the database if they are not there.
   *
   * @param address {@code postgresql://user:password@host:port/database?parameter=value…}, with the
   *     parameters of the JDBC driver
   * @param connections how many connections to use at most, besides one for signals
   * @throws QueueException if the database cannot be reached, or refuses
   */
  public static PostgresQueue open(String address, int connections) throws QueueException {
    return open(address, connections, POLL);
  }

  static PostgresQueue open(String address, int connections, Duration poll) throws QueueException {
    PostgresAddress parsed = PostgresAddress.parse(address);
    // Not from the pool, which would try for long to reach a server that is not there.
    try (Connection connection = DriverManager.getConnection(parsed.url(), parsed.properties())) {
      PostgresSchema.prepare(connection);
    } catch (SQLException e) {
      throw parsed.failure(e);
    }
    HikariDataSource pool = pool(parsed, connections);
    try {
      return new PostgresQueue(parsed, pool, PostgresClock.start(pool), poll);
    } catch (SQLException e) {
      pool.close();
      throw parsed.failure(e);
    } catch (RuntimeException e) {
      pool.close();
      throw e;
    }
  }

  private static HikariDataSource pool(PostgresAddress address, int connections) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("queue");
    config.setJdbcUrl(address.url());
    config.setDataSourceProperties(address.properties());
    config.setMaximumPoolSize(connections);
    config.setMinimumIdle(1);
    config.setAutoCommit(false);
    config.setConnectionTimeout(10_000);
    config.setInitializationFailTimeout(-1);
    config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    // What is acknowledged is on disk, whatever the server's default; a stricter one is kept.
    config.setConnectionInitSql(
        "SELECT set_config('synchronous_commit', 'on', false)"
            + " WHERE current_setting('synchronous_commit') = 'off'");
    return new HikariDataSource(config);
  }

  @Override
  void arrived(String stage, Duration delay) {
    super.arrived(stage, delay);
    if (delay.compareTo(poll) < 0) {
      signals.send(stage);
    }
  }

  @Override
  <T extends @Nullable Object> T write(Work<T> work) throws QueueException, InterruptedException {
    return transaction(work);
  }

  @Override
  <T extends @Nullable Object> T read(Work<T> work) throws QueueException, InterruptedException {
    return transaction(work);
  }

  private <T extends @Nullable Object> T transaction(Work<T> work)
      throws QueueException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    calls.reading().lock();
    try {
      if (closed.get()) {
        throw isClosed();
      }
      return Uninterrupted.call(() -> {
        try (Session session = new Session(pool.getConnection())) {
          T result = work.run(session);
          session.connection().commit(); // without it, what was done is rolled back
          return result;
        }
      });
    } catch (SQLException e) {
      throw address.failure(e);
    } finally {
      calls.reading().unlock();
    }
  }

  PostgresClock clock() {
    return clock;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      markClosed();
      signals.close();
      clock.close();
      // The pool breaks off what is under way, and nobody would know whether that took place.
      Uninterrupted.lock(calls);
      try {
        pool.close();
      } finally {
        calls.unlock();
      }
    }
  }
}

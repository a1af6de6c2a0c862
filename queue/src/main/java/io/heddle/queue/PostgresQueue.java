package io.heddle.queue;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.heddle.RWMutex;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A queue in a PostgreSQL database, shared by any number of processes on any number of machines.
 *
 * <p>Claims lock rows with {@code FOR UPDATE SKIP LOCKED}, so workers do not wait for each other.
 * {@link PostgresSignals} notifies other processes at once of messages that are due. Waiting
 * processes also poll every second, because a signal may be lost with its process.
 *
 * <p>While the database is unreachable, calls fail with a {@link QueueException} after at most half
 * a minute. When it answers again, they work again: the queue need not be reopened.
 */
public final class PostgresQueue extends SqlQueue {
  /** How often a waiting goroutine polls for messages without a signal. */
  private static final Duration POLL = Duration.ofSeconds(1);

  /** The first number keeps these locks apart from others in the database. */
  private static final String LOCK_KEY = "SELECT pg_advisory_xact_lock(1212499020, hashtext(?))";

  private static final String LOCK_ROWS = "FOR UPDATE SKIP LOCKED";

  private static final String NOW = "(SELECT queue_now())";

  private final PostgresAddress address;
  private final HikariDataSource pool;
  private final PostgresClock clock;
  private final PostgresSignals signals;
  private final Duration poll;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Calls in progress hold the read lock. */
  private final RWMutex calls = new RWMutex();

  /** The version of the tables if it is newer than this program; otherwise 0. */
  private final AtomicInteger newer = new AtomicInteger();

  private PostgresQueue(PostgresAddress address, HikariDataSource pool, Duration poll)
      throws SQLException {
    MessageTable table =
        new MessageTable(
            NOW,
            LOCK_ROWS,
            LOCK_KEY,
            new HoldTable("SELECT pg_advisory_xact_lock(1212499021, ?)"),
            new QuotaTable(NOW, "SELECT pg_advisory_xact_lock(1212499022, hashtext(?))"));
    super(
        table,
        new ChannelTable(
            table,
            NOW,
            LOCK_ROWS,
            new ChannelTable.Locks(
                "SELECT pg_advisory_xact_lock_shared(1212499023, hashtext(?))",
                "SELECT pg_advisory_xact_lock(1212499023, hashtext(?))",
                "SELECT pg_advisory_xact_lock(1212499024, hashtext(?))")),
        poll);
    this.poll = poll;
    this.address = address;
    this.pool = pool;
    this.clock = PostgresClock.start(pool, this::converted);
    this.signals = PostgresSignals.start(address, pool, arrivals);
  }

  /**
   * Adds a password to the address of a queue.
   *
   * @param address {@code postgresql://user@host:port/database…}; an address that has a password is
   *     returned unchanged
   */
  public static String withPassword(String address, String password) {
    return PostgresAddress.withPassword(address, password);
  }

  /**
   * Opens a queue, and makes its tables in the database if they do not exist.
   *
   * @param address {@code postgresql://user:password@host:port/database?parameter=value…}, with the
   *     parameters of the JDBC driver
   * @param connections the highest number of connections, besides one for signals
   * @throws QueueException if the database cannot be reached, or rejects the credentials, or if the
   *     driver {@code org.postgresql:postgresql} is not on the class path
   */
  public static PostgresQueue open(String address, int connections) throws QueueException {
    return open(address, connections, POLL);
  }

  static PostgresQueue open(String address, int connections, Duration poll) throws QueueException {
    PostgresAddress parsed = PostgresAddress.parse(address);
    Driver.POSTGRES.require(parsed.name());
    // Not from the pool, which would keep trying for long if the server cannot be reached.
    try (Connection connection = patient(parsed)) {
      PostgresSchema.prepare(connection);
    } catch (SQLException e) {
      throw parsed.failure(e);
    }
    HikariDataSource pool = pool(parsed, connections);
    try {
      return new PostgresQueue(parsed, pool, poll);
    } catch (SQLException e) {
      pool.close();
      throw parsed.failure(e);
    } catch (RuntimeException e) {
      pool.close();
      throw e;
    }
  }

  /**
   * A connection on which statements may take any time. The conversion of many messages takes
   * longer than a call may, and so does waiting for another process that converts them.
   */
  static Connection patient(PostgresAddress address) throws SQLException {
    Connection connection = DriverManager.getConnection(address.url(), address.properties());
    connection.setNetworkTimeout(Runnable::run, 0);
    return connection;
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
    // Acknowledged data is on disk, whatever the server's default; a stricter one is kept.
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
      checkVersion();
      return Uninterrupted.call(() -> {
        try (Session session = new Session(pool.getConnection())) {
          T result = work.run(session);
          session.connection().commit(); // otherwise the transaction is rolled back
          return result;
        }
      });
    } catch (SQLException e) {
      if (mayBeConverted(e)) {
        lookAtVersion();
        checkVersion();
      }
      throw address.failure(e);
    } finally {
      calls.reading().unlock();
    }
  }

  /** Whether the database does not know a table, or refuses a row, that this program has made. */
  private static boolean mayBeConverted(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return state.startsWith("42") || state.startsWith("23");
  }

  private void lookAtVersion() {
    try {
      Uninterrupted.call(() -> {
        clock.look();
        return true;
      });
    } catch (SQLException e) {
      // the first failure says more
    }
  }

  private void checkVersion() throws NewerVersionException {
    int found = newer.get();
    if (found > 0) {
      throw new NewerVersionException(found, PostgresSchema.VERSION);
    }
  }

  /** Notes that the tables have a version that this program does not know. */
  private void converted(int version) {
    if (newer.getAndSet(version) == 0) {
      markNewer();
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
      // The pool aborts calls in progress, and their outcome would be unknown.
      Uninterrupted.lock(calls);
      try {
        pool.close();
      } finally {
        calls.unlock();
      }
    }
  }
}

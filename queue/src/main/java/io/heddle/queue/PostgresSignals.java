package io.heddle.queue;

import com.zaxxer.hikari.HikariDataSource;
import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Goroutine;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * Notifies other processes, with NOTIFY, that messages of a stage have become due, and receives
 * their notifications with LISTEN on a connection of its own.
 *
 * <p>A NOTIFY is sent after the transaction that it refers to, not in it: transactions with a
 * NOTIFY are committed one after the other in the whole server. One NOTIFY covers all messages that
 * were published to a stage since the last one. If the process dies in between, or a connection is
 * lost, other processes find the messages by polling.
 */
final class PostgresSignals {
  private static final String CHANNEL = "queue_message";
  private static final int PATIENCE = 10_000;

  private final PostgresAddress address;
  private final HikariDataSource pool;
  private final Arrivals arrivals;
  private final String self = UUID.randomUUID().toString();
  private final CancelContext running = Context.background().withCancel();

  private final Set<String> unsent = new HashSet<>();
  private final Chan<Boolean> wake = Chan.<Boolean>buffered(1).named("queue signals");
  private final Goroutine<?> sender;
  private final Goroutine<?> listener;

  private PostgresSignals(PostgresAddress address, HikariDataSource pool, Arrivals arrivals) {
    this.address = address;
    this.pool = pool;
    this.arrivals = arrivals;
    this.sender = Go.go("queue signals out", this::sendAll);
    this.listener = Go.go(running, "queue signals in", this::listen);
  }

  static PostgresSignals start(PostgresAddress address, HikariDataSource pool, Arrivals arrivals) {
    return new PostgresSignals(address, pool, arrivals);
  }

  /** Makes other processes query a stage. */
  void send(String stage) {
    synchronized (unsent) {
      unsent.add(stage);
    }
    wake.trySend(true);
  }

  private List<String> takeUnsent() {
    synchronized (unsent) {
      List<String> stages = List.copyOf(unsent);
      unsent.clear();
      return stages;
    }
  }

  private void sendAll() throws InterruptedException {
    while (true) {
      try {
        wake.receive(running);
      } catch (ContextException e) {
        return;
      }
      List<String> stages = takeUnsent();
      try {
        Uninterrupted.call(() -> {
          send(stages);
          return true;
        });
      } catch (SQLException e) {
        // they are found by polling
      }
    }
  }

  private void send(List<String> stages) throws SQLException {
    try (Connection connection = pool.getConnection();
        PreparedStatement notify = connection.prepareStatement("SELECT pg_notify(?, ?)")) {
      for (String stage : stages) {
        notify.setString(1, CHANNEL);
        notify.setString(2, self + stage);
        notify.execute();
      }
      connection.commit();
    }
  }

  private void listen() throws InterruptedException {
    while (!running.isDone()) {
      try (Connection connection =
          DriverManager.getConnection(address.url(), address.properties())) {
        try (Statement statement = connection.createStatement()) {
          statement.execute("LISTEN " + CHANNEL);
        }
        arrivals.signalAll(); // for missed notifications
        while (true) {
          receive(connection);
        }
      } catch (SQLException e) {
        Go.sleep(Duration.ofSeconds(1), running);
      }
    }
  }

  private void receive(Connection connection) throws SQLException {
    PGNotification[] notifications =
        connection.unwrap(PGConnection.class).getNotifications(PATIENCE);
    if (notifications == null || notifications.length == 0) {
      if (!connection.isValid(PATIENCE / 1000)) {
        throw new SQLException("the connection for signals is lost");
      }
      return;
    }
    for (PGNotification notification : notifications) {
      String text = notification.getParameter();
      if (!text.startsWith(self) && text.length() >= self.length()) {
        arrivals.signal(text.substring(self.length()));
      }
    }
  }

  void close() {
    running.cancel(); // interrupts the listener, which closes its connection
    Uninterrupted.join(sender);
    Uninterrupted.join(listener);
  }
}

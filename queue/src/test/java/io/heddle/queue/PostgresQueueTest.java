package io.heddle.queue;

import static io.heddle.Select.choose;
import static io.heddle.Select.otherwise;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Selected.First;
import io.heddle.Selected.Second;
import io.heddle.TaskGroup;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The engine that processes share. */
@Tag("system")
@Tag("slow")
final class PostgresQueueTest extends QueueContract {
  private String address;
  private PostgresQueue queue;

  @BeforeEach
  void make() throws Exception {
    address = PostgresServer.shared().newSchema();
    queue = PostgresQueue.open(address, 4);
  }

  @AfterEach
  void close() {
    if (queue != null) {
      queue.close();
    }
  }

  @Override
  ChannelQueue queue() {
    return queue;
  }

  @Override
  void reopen() throws Exception {
    queue.close();
    queue = PostgresQueue.open(address, 4);
  }

  @Test
  void whatIsAcknowledgedIsForcedToDiskWhateverTheServersDefault() throws Exception {
    set("ALTER ROLE queue SET synchronous_commit = off");
    try (PostgresQueue other = PostgresQueue.open(address, 1)) {
      assertEquals("on", other.read(session -> setting(session, "synchronous_commit")));
    }
    set("ALTER ROLE queue SET synchronous_commit = local");
    try (PostgresQueue other = PostgresQueue.open(address, 1)) {
      assertEquals("local", other.read(session -> setting(session, "synchronous_commit")));
    } finally {
      set("ALTER ROLE queue RESET synchronous_commit");
    }
  }

  private static String setting(Session session, String name) throws SQLException {
    try (ResultSet row = session.prepare("SELECT current_setting(?)", name).executeQuery()) {
      row.next();
      return row.getString(1);
    }
  }

  private void convert(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:" + address);
        Statement statement = connection.createStatement()) {
      statement.execute(sql + "; UPDATE queue_clock SET version = 99");
    }
  }

  /** Two workers, of which neither knows the tables any more. */
  @Test
  void aWorkerNoticesThatANewerVersionHasConvertedTheTables() throws Exception {
    try (PostgresQueue other = PostgresQueue.open(address, 2)) {
      queue.publish(List.of(message("check", "a"), message("check", "b")));
      Delivery leased = queue.claim("check", 1, HOUR).getFirst();
      Delivery others = other.claim("check", 1, HOUR).getFirst();
      assertFalse(isNewer(queue));
      convert("ALTER TABLE queue_hold RENAME TO queue_held");
      // The table is missing, so this worker looks at the version at once.
      assertNewer(() -> queue.settle(leased, Outcome.done()));
      assertNewer(() -> queue.tryClaim("check", 1, HOUR));
      // This one needs no missing table, and looks every ten seconds.
      assertEquals(List.of(), other.extend(List.of(others), HOUR));
      other.clock().look();
      assertNewer(() -> other.extend(List.of(others), HOUR));
      assertNewer(() -> other.claim("check", 1, HOUR));
      for (Queue each : List.of(queue, other)) {
        assertTrue(isNewer(each));
      }
      assertNewer(() -> PostgresQueue.open(address, 1).close());
    }
  }

  private static boolean isNewer(Queue queue) throws InterruptedException {
    return switch (choose(queue.onNewerVersion(), otherwise())) {
      case First(_) -> true;
      case Second(_) -> false;
    };
  }

  private static void assertNewer(Executable call) {
    NewerVersionException refused = assertThrows(NewerVersionException.class, call);
    assertTrue(refused.getMessage().contains("have version 99"), refused::getMessage);
  }

  private static void set(String sql) throws SQLException {
    try (Connection connection = PostgresServer.shared().connect("public");
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Test
  void processesMayMakeTheTablesAtTheSameTime() throws Exception {
    String fresh = PostgresServer.shared().newSchema();
    TaskGroup<Void> group = new TaskGroup<>();
    for (int i = 0; i < 4; i++) {
      String key = "m" + i;
      group.go(() -> {
        try (Queue one = PostgresQueue.open(fresh, 1)) {
          assertEquals(1, one.publish(List.of(message("check", key))));
        }
      });
    }
    group.await();
  }

  /** The conversion of many messages takes longer than a call may. */
  @Test
  void theConversionOfTheTablesHasNoTimeout() throws Exception {
    PostgresAddress parsed = PostgresAddress.parse(address);
    assertEquals("30", parsed.properties().getProperty("socketTimeout"));
    try (Connection connection = PostgresQueue.patient(parsed)) {
      assertEquals(0, connection.getNetworkTimeout());
    }
  }

  @Test
  void whatAnotherHasLockedIsTakenWhenThatLetsGo() throws Exception {
    queue.publish(List.of(message("check", "a")));
    try (Connection other = DriverManager.getConnection("jdbc:" + address);
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("SELECT * FROM queue_message FOR UPDATE");
      Go.run(() -> {
        Chan<String> got = Chan.buffered(1);
        Go.go(() -> got.send(queue.claim("check", 1, HOUR).getFirst().key()));
        assertEquals(List.of(), queue.tryClaim("check", 1, HOUR));
        other.rollback();
        assertEquals("a", got.receive(Duration.ofSeconds(60)));
      });
    }
  }

  @Test
  void aKeyThatAnotherTransactionIsForgettingIsPublished() throws Exception {
    queue.publish(List.of(message("seen", "a")));
    try (Connection other = DriverManager.getConnection("jdbc:" + address);
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("DELETE FROM queue_message");
      Go.run(() -> {
        Goroutine<ChannelQueue.Sent> sender =
            Go.go(() -> queue.publishIfOpen(message("check", "a"), "seen", null));
        while (!sender.isDone() && !isSomebodyWaiting(statement)) {
          Go.sleep(Duration.ofMillis(5)); // until the sender waits for the row
        }
        other.commit();
        assertEquals(ChannelQueue.Sent.ADDED, sender.await());
      });
    }
  }

  private static boolean isSomebodyWaiting(Statement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery("SELECT 1 FROM pg_locks WHERE NOT granted")) {
      return row.next();
    }
  }
}

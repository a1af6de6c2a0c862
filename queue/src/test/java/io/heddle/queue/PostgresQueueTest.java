package io.heddle.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.heddle.Chan;
import io.heddle.Go;
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
}

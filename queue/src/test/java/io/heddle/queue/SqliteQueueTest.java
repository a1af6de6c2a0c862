package io.heddle.queue;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedded engine. */
@Tag("system")
@Tag("slow")
final class SqliteQueueTest extends QueueContract {
  @TempDir private Path folder;
  private SqliteQueue queue;

  @BeforeEach
  void open() throws Exception {
    queue = SqliteQueue.open(file());
  }

  private Path file() {
    return folder.resolve("orders.queue");
  }

  @AfterEach
  void close() {
    queue.close();
  }

  @Override
  ChannelQueue queue() {
    return queue;
  }

  @Override
  void reopen() throws Exception {
    queue.close();
    open();
  }

  @Test
  void aFileIsOpenOnce() throws Exception {
    QueueException refused = assertThrows(QueueException.class, () -> SqliteQueue.open(file()));
    assertTrue(refused.getMessage().contains("is open already"), refused::getMessage);
    // Nor in another process, and that this one tried twice does not change it.
    String said = new Chaos(file().toString(), "atomic").start().end();
    assertTrue(said.contains("is open already"), said);
    reopen();
  }

  @Test
  void aFileOfSomethingElseIsLeftAlone() throws Exception {
    Path other = folder.resolve("other");
    Files.writeString(other, "This is a letter, and no database at all. ".repeat(100));
    byte[] before = Files.readAllBytes(other);
    QueueException refused = assertThrows(QueueException.class, () -> SqliteQueue.open(other));
    assertTrue(refused.getMessage().contains(other.toString()), refused::getMessage);
    assertArrayEquals(before, Files.readAllBytes(other));
  }

  @Test
  void aFolderThatIsMissingIsNamed() {
    Path missing = folder.resolve("missing/orders.queue");
    QueueException refused = assertThrows(QueueException.class, () -> SqliteQueue.open(missing));
    assertTrue(refused.getMessage().contains(missing.toString()), refused::getMessage);
  }

  @Test
  void whatIsAcknowledgedIsForcedToDisk() throws Exception {
    assertEquals("wal", queue.write(session -> pragma(session, "journal_mode")));
    assertEquals("2", queue.write(session -> pragma(session, "synchronous"))); // FULL
  }

  private static String pragma(Session session, String name) throws SQLException {
    try (ResultSet row = session.prepare("PRAGMA " + name).executeQuery()) {
      return row.getString(1);
    }
  }

  /** The table has all orders of ninety days. */
  @Test
  void whatNamesAKeyOrAnIdReadsNoOtherMessages() throws Exception {
    String now = "(SELECT now FROM queue_time)";
    HoldTable holds = new HoldTable(null);
    QuotaTable quotas = new QuotaTable(now, null);
    MessageTable table = new MessageTable(now, "", null, holds, quotas);
    ChannelTable channels = new ChannelTable(table, now, "", null);
    List<Quota> limits =
        List.of(new Quota.Count(List.of("check", "done"), 9), new Quota.Rate("receipt", 9, HOUR));
    Filter one = Filter.ALL.withKey("a");
    Hold hold = new Hold("resource", "owner", List.of("check"));
    Delivery delivery =
        new Delivery(1, 1, "check", "a", "", "", 1, 0, 0, null, Instant.EPOCH, Instant.EPOCH, 0);
    Map<String, String> plans =
        queue.write(session -> {
          Set<String> statements = new LinkedHashSet<>();
          Session recording = new Session(recording(session.connection(), statements));
          table.entries.find(recording, "a");
          table.entries.list(recording, one, 0, 10);
          table.entries.list(recording, one.ofStage("check"), 0, 10);
          table.entries.list(recording, one.in(State.DEAD), 0, 10);
          table.entries.list(recording, Filter.ALL.ofOwner("anna").ofStage("check"), 0, 10);
          table.entries.list(recording, Filter.DEAD.ofOwner("anna"), 0, 10);
          table.entries.list(
              recording, List.of(Filter.ALL.ofOwner("anna").ofStage("check")), 0, 10);
          table.terms.find(recording, Search.of("term"), null, 10);
          table.terms.find(recording, Search.of("term").upTo(7), "1.2", 10);
          table.terms.find(
              recording, Search.of("term").upTo(7).in(Filter.ALL.ofOwner("anna")), "1.2", 10);
          table.terms.add(recording, message("check", "b").foundBy(List.of(new Term("term", 1))));
          table.history.events(recording, "a");
          table.history.notes(recording, "anna", null, 9, 10);
          table.history.notes(recording, null, "a", 9, 10);
          table.history.settled(recording, "check", "a", "anna", new Outcome.Defer(HOUR, "no"));
          table.entries.replay(recording, one, null);
          table.entries.purge(recording, one.unchangedFor(HOUR));
          table.entries.purge(recording, List.of(), null);
          table.entries.forget(recording, "b");
          table.publishIfAbsent(recording, message("check", "a"));
          table.publishWithHold(recording, message("check", "b"), hold, List.of(), null);
          quotas.exceeded(recording, "anna", limits);
          table.hold(recording, "b", List.of(hold));
          table.holds(recording, "b", "resource");
          holds.forget(recording, "b");
          table.settle(recording, delivery, Outcome.done());
          table.settle(recording, delivery, new Outcome.Dead("no"));
          table.begin(recording, delivery);
          table.extend(recording, List.of(delivery), HOUR);
          Passing none = Passing.over(Set.of());
          Passing two = Passing.over(Set.of("anna", "bert"));
          for (Passing passing : List.of(none, two, Passing.IN_ORDER)) {
            table.nextDue(recording, "check", passing);
            table.claim(recording, "check", 1, HOUR, passing, 0);
          }
          channels.publish(recording, message("check", "c"), "seen", null);
          channels.publish(recording, message("check", "c"), "seen", delivery);
          channels.end(recording, "check");
          channels.isOver(recording, "check");
          channels.expire(recording, "check", 1);
          Map<String, String> found = new LinkedHashMap<>();
          for (String sql : statements) {
            found.put(sql, plan(session, sql));
          }
          return found;
        });
    assertEquals(43, plans.size(), plans::toString);
    plans.forEach((sql, plan) -> {
      String readsAll = ".*SCAN (queue_(message|term|event|note|hold)|[mth])\\b.*";
      assertFalse(plan.matches(readsAll), () -> sql + "\n" + plan);
      if (sql.contains("queue_message") && sql.contains("key = ?")) {
        assertTrue(plan.contains("INDEX queue_key (key=?"), () -> sql + "\n" + plan);
      }
      if (sql.contains("queue_term t")) {
        // Both are in the order of a page, and read no rows of another owner or term.
        String index =
            sql.contains("owner = ?")
                ? "queue_term_owner (owner=? AND term=?"
                : "queue_term_rank (term=?";
        assertTrue(plan.contains(index), () -> sql + "\n" + plan);
        assertFalse(plan.contains("TEMP B-TREE"), () -> sql + "\n" + plan);
      }
      if (sql.contains("queue_message") && sql.contains(" owner = ?")) {
        assertTrue(plan.matches(".*INDEX queue_owner\\w* \\(owner=\\?.*"), () -> sql + "\n" + plan);
      }
      if (sql.contains("ORDER BY id LIMIT") && sql.contains("owner = ?")) {
        // in the index's order: a page reads no more than a page
        assertTrue(plan.matches(".*\\(owner=\\?.* AND id>\\?\\)"), () -> sql + "\n" + plan);
      }
    });
  }

  /** The same connection, and what is prepared on it. */
  private static Connection recording(Connection connection, Set<String> statements) {
    return (Connection)
        Proxy.newProxyInstance(
            Connection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (_, method, arguments) -> {
              if (method.getName().equals("prepareStatement")) {
                statements.add((String) arguments[0]);
              }
              return method.invoke(connection, arguments);
            });
  }

  private static String plan(Session session, String sql) throws SQLException {
    List<String> steps = new ArrayList<>();
    try (PreparedStatement explain =
            session.connection().prepareStatement("EXPLAIN QUERY PLAN " + sql);
        ResultSet rows = explain.executeQuery()) {
      while (rows.next()) {
        steps.add(rows.getString("detail"));
      }
    }
    return String.join("; ", steps);
  }

  @Test
  void aFileOfTheFirstVersionGetsWhatItLacks() throws Exception {
    Path old = folder.resolve("old");
    SqliteQueue.open(old).close();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + old);
        Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE queue_hold");
      statement.execute("DROP TABLE queue_term");
      statement.execute("DROP TABLE queue_event");
      statement.execute("DROP TABLE queue_note");
      statement.execute("ALTER TABLE queue_message DROP COLUMN begun");
      statement.execute("DROP INDEX queue_due");
      statement.execute("CREATE INDEX queue_due ON queue_message (stage, due, id) WHERE state < 2");
      statement.execute("DROP INDEX queue_owner");
      statement.execute("DROP INDEX queue_owner_dead");
      statement.execute("ALTER TABLE queue_message DROP COLUMN owner");
      statement.execute("PRAGMA user_version = 1");
    }
    try (SqliteQueue queue = SqliteQueue.open(old)) {
      Hold hold = new Hold("resource", "owner", List.of("check"));
      assertTrue(queue.publishWithHold(message("check", "a"), hold, List.of()).isNew());
      assertTrue(queue.holds("a", "resource"));
      assertEquals(0, queue.tryClaim("check", 1, HOUR).getFirst().begun());
      assertEquals("a", queue.list(Filter.ALL.ofOwner(""), 0, 2).getFirst().key());
    }
  }
}

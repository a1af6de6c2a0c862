package io.heddle.orders.queue;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.testing.LeakChecked;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedded engine. */
@LeakChecked
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
  Queue queue() {
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
}

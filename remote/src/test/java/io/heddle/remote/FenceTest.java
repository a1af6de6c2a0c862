package io.heddle.remote;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fences in an SQLite file; PostgresRemoteTest has those in PostgreSQL. */
final class FenceTest {
  @TempDir private Path folder;

  @Test
  void aLowerTokenIsRefusedOnceAHigherOneIsCommitted() throws Exception {
    try (Connection connection =
        DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("data"))) {
      Fence.createTable(connection);
      connection.setAutoCommit(false);
      Fence.check(connection, "report", 1);
      Fence.check(connection, "report", 2);
      connection.rollback();
      Fence.check(connection, "report", 1);
      Fence.check(connection, "report", 2);
      connection.commit();
      assertThrows(LeaseLostException.class, () -> Fence.check(connection, "report", 1));
      Fence.check(connection, "report", 2);
      connection.commit();
    }
  }
}

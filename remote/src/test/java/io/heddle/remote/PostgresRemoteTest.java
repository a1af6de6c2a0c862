package io.heddle.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.queue.PostgresServer;
import io.heddle.remote.Remote.Settings;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A PostgreSQL database. */
@Tag("system")
@Tag("slow")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class PostgresRemoteTest extends RemoteContract {
  private String address;

  @BeforeEach
  void make() throws Exception {
    address = PostgresServer.shared().newSchema();
  }

  @Override
  Remote connect(Settings settings) throws Exception {
    return Remote.open(address, settings);
  }

  /** The same server, with another database and another user. */
  private String address(String login, String database) {
    String place = address.substring("postgresql://".length(), address.indexOf("/postgres?"));
    return "postgresql://" + login + place + "/" + database;
  }

  @Test
  void whatIsWrongIsNamedWithTheNextStep() {
    assertRefused(address("nobody:secret@", "postgres"), "Correct the user and the password");
    assertRefused(address("queue:secret@", "missing"), "Create the database, or correct its name");
    assertRefused("postgresql://me:secret@127.0.0.1:1/db", "Start the server, or correct the host");
    assertRefused("postgresql://me:secret@127.0.0.1", "is postgresql://USER:PASSWORD@HOST:PORT");
  }

  private static void assertRefused(String address, String expected) {
    RemoteException refused = assertThrows(RemoteException.class, () -> Remote.open(address));
    assertTrue(refused.getMessage().contains(expected), refused::getMessage);
    assertTrue(refused.getMessage().contains("postgresql://127.0.0.1"), refused::getMessage);
    assertFalse(refused.getMessage().contains("secret"), refused::getMessage);
  }

  @Test
  void aConnectionShowsNoCredentials() throws Exception {
    assertFalse(remote().toString().contains("user"));
    assertFalse(remote().toString().contains("?"));
  }

  @Test
  @SuppressWarnings("try") // it is closed on purpose
  void whatAClosedConnectionHasFetchedGoesBack() throws Exception {
    Remote other = remote();
    for (String value : List.of("a", "b")) {
      other.outlet("jobs", Codec.text()).send(value);
    }
    try (Remote remote = connect(Settings.DEFAULT);
        Inlet<String> closed = remote.inlet("jobs", Codec.text());
        Delivery<String> received = closed.receive()) {
      assertNotNull(received);
      remote.close();
      try (Inlet<String> inlet = other.inlet("jobs", Codec.text());
          Delivery<String> fetched = inlet.receive()) {
        assertNotNull(fetched);
        assertEquals(Set.of("a", "b"), Set.of(received.value(), fetched.value()));
        assertEquals(1, fetched.attempt());
        fetched.ack();
      }
    }
  }

  private Connection transaction() throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:" + address);
    connection.setAutoCommit(false);
    return connection;
  }

  /** Two holders of one lock write to a table at the same time. */
  @Test
  void aFenceRefusesAHolderThatHasASuccessor() throws Exception {
    Remote suspended = remote();
    Held first = suspended.mutex("report").lock();
    long old = first.token();
    first.close();
    try (Held second = remote().mutex("report").lock();
        Connection early = transaction();
        Connection late = transaction();
        Statement statement = late.createStatement()) {
      Fence.createTable(early);
      Fence.createTable(early);
      early.commit();
      Fence.check(early, "report", old);
      early.commit();
      Fence.check(late, "report", second.token());
      Fence.check(late, "another", old);
      late.commit();
      LeaseLostException refused =
          assertThrows(LeaseLostException.class, () -> Fence.check(early, "report", old));
      assertTrue(refused.getMessage().contains("report, held with token " + old));
      early.rollback();
      Fence.check(late, "report", second.token());
      try (ResultSet row =
          statement.executeQuery("SELECT token FROM heddle_fence WHERE resource = 'report'")) {
        row.next();
        assertEquals(second.token(), row.getLong(1));
      }
      late.commit();
      late.setAutoCommit(true);
      assertThrows(IllegalStateException.class, () -> Fence.check(late, "report", old));
    }
  }
}

package io.heddle.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.remote.Remote.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Locks in a server of etcd. */
@Tag("system")
@Tag("slow")
@Tag("clock")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class EtcdRemoteTest implements LockContract {
  private static EtcdServer server;

  private final List<Remote> remotes = Collections.synchronizedList(new ArrayList<>());

  @BeforeAll
  static void launch() throws Exception {
    server = EtcdServer.launch();
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void deleteAll() throws Exception {
    server.etcdctl("del", "--prefix", "heddle/");
  }

  @AfterEach
  void closeAll() {
    remotes.forEach(Remote::close);
  }

  @Override
  public Remote remote(Settings settings) throws Exception {
    Remote remote = Remote.open(server.address(), settings);
    remotes.add(remote);
    return remote;
  }

  @Test
  void thereAreNoChannels() throws Exception {
    Remote remote = remote();
    for (var open :
        List.<org.junit.jupiter.api.function.Executable>of(
            () -> remote.outlet("jobs", Codec.text()),
            () -> remote.inlet("jobs", Codec.text()),
            () -> remote.deadLetters("jobs"))) {
      var refused = assertThrows(UnsupportedOperationException.class, open);
      assertTrue(
          refused.getMessage().contains("Use a file, PostgreSQL or NATS"), refused::toString);
    }
  }

  @Test
  void aLockIsAKeyWithALease() throws Exception {
    try (Held held = remote().mutex("a.b").lock()) {
      String key = server.etcdctl("get", "heddle/lock/a.b/0", "-w", "fields");
      assertTrue(key.contains("\"CreateRevision\" : " + held.token() + "\n"), key);
      assertFalse(key.contains("\"Lease\" : 0\n"), key);
    }
    assertEquals("", server.etcdctl("get", "--prefix", "heddle/"));
  }

  @Test
  void aLeaseThatEtcdHasRevokedIsLost() throws Exception {
    Remote remote = remote(Settings.DEFAULT.withLease(Duration.ofSeconds(6)));
    Held held = remote.mutex("m").lock();
    server.etcdctl("del", "heddle/lock/m/0");
    String lease = server.etcdctl("lease", "list").lines().skip(1).findFirst().orElseThrow();
    server.etcdctl("lease", "revoke", lease);
    held.context().done().receive(); // with the next renewal
    assertTrue(held.context().cause() instanceof LeaseLostException);
    remote.mutex("m").lock().close();
  }

  @Test
  void whatIsWrongIsNamedWithTheNextStep() throws Exception {
    assertRefused("etcd://127.0.0.1:1", "Start etcd");
    assertRefused("etcd:127.0.0.1", "etcd://USER:PASSWORD@HOST:PORT");
    assertRefused("etcd://secret@127.0.0.1:1", "etcd://USER:PASSWORD@HOST:PORT");
    assertRefused("etcd://127.0.0.1:1/path", "etcd://USER:PASSWORD@HOST:PORT");
    assertRefused("etcds://" + server.place(), "Use etcds:// for a server with TLS");
    assertRefused("etcd://me:secret@" + server.place(), "See the server's log");
    try (EtcdServer own = EtcdServer.launch()) {
      own.etcdctl("user", "add", "root:secret");
      own.etcdctl("user", "grant-role", "root", "root");
      own.etcdctl("user", "add", "stranger:secret");
      own.etcdctl("auth", "enable");
      assertRefused("etcd://root:secret-wrong@" + own.place(), "Correct the user and the password");
      assertRefused("etcd://stranger:secret@" + own.place(), "Grant the user the right");
      assertRefused(own.address(), "Give the user and the password");
      try (Remote remote = Remote.open("etcd://root:secret@" + own.place());
          Held held = remote.mutex("m").lock()) {
        assertFalse(held.context().isDone());
        own.kill();
        own.start(); // it has forgotten its tokens, and not the lease
        assertNull(remote.mutex("m").tryLock());
      }
    }
  }

  private static void assertRefused(String address, String expected) {
    RemoteException refused = assertThrows(RemoteException.class, () -> Remote.open(address));
    assertTrue(refused.getMessage().contains(expected), refused::getMessage);
    for (Throwable e = refused; e != null; e = e.getCause()) {
      assertFalse(e.toString().contains("secret"), e::toString);
    }
  }

  @Test
  @SuppressWarnings("try") // it is closed on purpose
  void aServerThatIsKilledForgetsNoLock() throws Exception {
    try (EtcdServer own = EtcdServer.launch();
        Remote remote = Remote.open(own.address());
        Remote other = Remote.open("etcd://127.0.0.1:1," + own.place());
        Held held = remote.mutex("m").lock()) {
      own.kill();
      RemoteException failure =
          assertThrows(RemoteException.class, () -> other.mutex("m").tryLock());
      assertTrue(failure.getMessage().contains("acquire lock m in etcd://"), failure::getMessage);
      own.start();
      assertNull(other.mutex("m").tryLock());
      held.close();
      Held next = other.mutex("m").tryLock();
      assertNotNull(next);
      assertTrue(next.token() > held.token());
      next.close();
    }
  }

  @Test
  @SuppressWarnings("try") // it is closed on purpose
  void aWaiterSurvivesTheServersRestart() throws Exception {
    try (EtcdServer own = EtcdServer.launch();
        Remote remote = Remote.open(own.address());
        Held held = remote.mutex("m").lock()) {
      var waiter =
          Go.go(() -> {
            while (true) {
              try {
                return remote.mutex("m").lock();
              } catch (RemoteException e) {
                Go.sleep(Duration.ofMillis(50)); // the server is away
              }
            }
          });
      own.kill();
      own.start();
      held.close();
      try (Held next = waiter.await()) {
        assertTrue(next.token() > held.token());
      }
    }
  }
}

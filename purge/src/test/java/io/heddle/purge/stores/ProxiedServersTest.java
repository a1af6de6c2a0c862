package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.heddle.Go;
import io.heddle.purge.RealServer;
import io.heddle.purge.Store;
import io.nats.client.Connection;
import io.nats.client.Nats;
import io.nats.client.api.KeyValueConfiguration;
import io.nats.client.api.StorageType;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Servers behind a SOCKS proxy, and several servers of which only some are. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class ProxiedServersTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private static final int CONNECT_BY_ADDRESS = 0x05010001;

  /** An address that has no host (RFC 5737): only the proxy leads anywhere. */
  private static final String REMOTE = "192.0.2.1";

  private static RealServer nats;

  @BeforeAll
  static void startNats() throws Exception {
    nats = RealServer.nats();
    Connection connection = Nats.connect("nats://127.0.0.1:" + nats.port());
    connection
        .keyValueManagement()
        .create(KeyValueConfiguration.builder().name("b").storageType(StorageType.Memory).build());
    connection.keyValue("b").put("a", "v");
    connection.close();
  }

  @AfterAll
  static void stopNats() {
    nats.close();
  }

  private static Store open(String address, Map<String, String> environment) {
    return Stores.open(address, new Stores.Access(environment, TIMEOUT, null, 1));
  }

  private interface Body {
    void run(String proxy, List<String> targets) throws Exception;
  }

  /** Runs with a proxy that takes every server for this machine, and records the servers. */
  private static void withProxy(Body body) throws Exception {
    Go.run(() -> {
      List<String> targets = new CopyOnWriteArrayList<>();
      try (ServerSocket listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
        Go.go("proxy", () -> accept(listener, targets)); // until the listener is closed
        body.run("socks5://127.0.0.1:" + listener.getLocalPort(), targets);
      }
    });
  }

  private static void accept(ServerSocket listener, List<String> targets) {
    try {
      while (true) {
        Socket client = listener.accept();
        Go.go("client of the proxy", () -> serve(client, targets));
      }
    } catch (IOException e) {
      // the listener is closed
    }
  }

  /** SOCKS, version 5 (RFC 1928), without a password, for names and addresses. */
  private static void serve(Socket client, List<String> targets) throws InterruptedException {
    try (client) {
      DataInputStream in = new DataInputStream(client.getInputStream());
      assertEquals(5, in.read());
      in.skipNBytes(in.read());
      client.getOutputStream().write(new byte[] {5, 0});
      int type = in.readInt();
      String name =
          type == CONNECT_BY_ADDRESS
              ? InetAddress.getByAddress(in.readNBytes(4)).getHostAddress()
              : new String(in.readNBytes(in.read()), ISO_8859_1);
      int port = in.readUnsignedShort();
      targets.add(name);
      try (Socket server = new Socket(InetAddress.getLoopbackAddress(), port)) {
        client.getOutputStream().write(new byte[] {5, 0, 0, 1, 0, 0, 0, 0, 0, 0});
        var back = Go.go("to the client", () -> copy(server, client));
        copy(client, server);
        back.join();
      } catch (IOException e) {
        client.getOutputStream().write(new byte[] {5, 5, 0, 1, 0, 0, 0, 0, 0, 0}); // refused
      }
    } catch (IOException e) {
      // the client has gone
    }
  }

  private static void copy(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
      to.shutdownOutput();
    } catch (IOException e) {
      // the other direction has ended
    }
  }

  private static void assertHasAKey(String address, Map<String, String> environment)
      throws Exception {
    try (Store store = open(address, environment)) {
      assertEquals(List.of("a"), store.list("", null, 10).keys());
    }
  }

  @Test
  void aSocksProxyLeadsToValkey() throws Exception {
    try (RealServer server = RealServer.valkey()) {
      withProxy((proxy, targets) -> {
        String address = "redis://server.invalid:" + server.port() + "/0";
        try (Store store = open(address, Map.of("ALL_PROXY", proxy))) {
          assertEquals(List.of(), store.list("", null, 10).keys());
        }
        assertEquals(List.of("server.invalid"), targets);
      });
    }
  }

  @Test
  void aSocksProxyLeadsToNats() throws Exception {
    withProxy((proxy, targets) -> {
      assertHasAKey("nats://" + REMOTE + ":" + nats.port() + "/b", Map.of("ALL_PROXY", proxy));
      assertEquals(List.of(REMOTE), targets);
    });
  }

  /** The first server is behind the proxy and dead, the second is reached directly. */
  @Test
  void aServerThatNoProxyNamesIsReachedDirectlyBesideOneThatItDoesNot() throws Exception {
    withProxy((proxy, targets) -> {
      String dead = REMOTE + ":" + RealServer.freePort();
      Map<String, String> environment = Map.of("ALL_PROXY", proxy, "NO_PROXY", "127.0.0.1");
      assertHasAKey("nats://" + dead + ",127.0.0.1:" + nats.port() + "/b", environment);
      targets.forEach(target -> assertEquals(REMOTE, target));
    });
  }

  /** The first server is reached directly and dead, the second is behind the proxy. */
  @Test
  void aServerBehindAProxyIsReachedBesideOneThatIsNot() throws Exception {
    withProxy((proxy, targets) -> {
      String dead = "127.0.0.1:" + RealServer.freePort();
      Map<String, String> environment = Map.of("ALL_PROXY", proxy);
      assertHasAKey("nats://" + dead + "," + REMOTE + ":" + nats.port() + "/b", environment);
      assertEquals(List.of(REMOTE), targets);
    });
  }
}

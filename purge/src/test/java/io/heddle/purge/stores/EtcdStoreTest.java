package io.heddle.purge.stores;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.purge.Outcome;
import io.heddle.purge.RealServer;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tokens and members of a real etcd. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class EtcdStoreTest {
  private static final Map<String, String> ROOT =
      Map.of("ETCD_USER", "root", "ETCD_PASSWORD", "secret");

  private static Store open(String address) {
    return Stores.open(address, new Stores.Access(ROOT, Duration.ofSeconds(20), null, 1));
  }

  private static void enableAuthentication(RealServer server) throws Exception {
    server.etcdctl("", "put", "a", "v");
    server.etcdctl("", "put", "b", "v");
    server.etcdctl("", "user", "add", "root:secret");
    server.etcdctl("", "user", "grant-role", "root", "root");
    server.etcdctl("", "auth", "enable");
  }

  /** Tokens are in the memory of the server, so a restart has the effect of their time limit. */
  @Test
  void aTokenThatHasExpiredIsReplaced() throws Exception {
    try (RealServer server = RealServer.etcd()) {
      enableAuthentication(server);
      try (Store store = open("etcd://127.0.0.1:" + server.port())) {
        assertEquals(List.of("a", "b"), store.list("", null, 10).keys());
        server.kill();
        server.start();
        assertEquals(List.of(Outcome.DELETED), store.delete(List.of("a")).outcomes());
        assertEquals(List.of("b"), store.list("", null, 10).keys());
      }
    }
  }

  @Test
  void aTokenFromBeforeAChangeOfRolesIsReplaced(@TempDir Path folder) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    KeyPair keys = generator.generateKeyPair();
    Path secret = pem(folder.resolve("key.pem"), "PRIVATE KEY", keys.getPrivate().getEncoded());
    Path open = pem(folder.resolve("public.pem"), "PUBLIC KEY", keys.getPublic().getEncoded());
    String tokens = "jwt,pub-key=" + open + ",priv-key=" + secret + ",sign-method=RS256,ttl=10m";
    try (RealServer server = RealServer.etcd("--auth-token", tokens)) {
      enableAuthentication(server);
      try (Store store = open("etcd://127.0.0.1:" + server.port())) {
        assertEquals(List.of("a", "b"), store.list("", null, 10).keys());
        server.etcdctl("", "--user", "root:secret", "role", "add", "new");
        assertEquals(List.of(Outcome.DELETED), store.delete(List.of("a")).outcomes());
      }
    }
  }

  private static Path pem(Path file, String type, byte[] content) throws Exception {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return Files.writeString(
        file, "-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n");
  }

  @Test
  void anotherMemberAnswersForOneThatIsDown() throws Exception {
    String dead = "127.0.0.1:" + RealServer.freePort();
    try (RealServer server = RealServer.etcd()) {
      enableAuthentication(server);
      String address = "etcd://" + dead + ",127.0.0.1:" + server.port();
      try (Store store = open(address)) {
        assertEquals("etcd at " + address.substring(7), store.name());
        assertEquals(List.of("a", "b"), store.list("", null, 10).keys());
        assertEquals(List.of(Outcome.DELETED), store.delete(List.of("a")).outcomes());
        server.kill();
        StoreException failure = assertThrows(StoreException.class, () -> store.list("", null, 10));
        assertEquals(Kind.UNAVAILABLE, failure.kind());
        assertTrue(failure.getMessage().startsWith(store.name()), failure.getMessage());
      }
    }
  }
}

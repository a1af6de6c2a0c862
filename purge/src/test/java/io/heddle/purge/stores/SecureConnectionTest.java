package io.heddle.purge.stores;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.local.LocalTls;
import io.heddle.local.kv.Faults;
import io.heddle.local.kv.KvServer;
import io.heddle.purge.NatsOperator;
import io.heddle.purge.RealServer;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.nats.client.Connection;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.KeyValueConfiguration;
import io.nats.client.api.StorageType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real servers with TLS. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class SecureConnectionTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  @TempDir private static Path folder;
  private static LocalTls local;
  private static Path certificate;
  private static Path key;

  @BeforeAll
  static void makeCertificates() throws IOException {
    local = LocalTls.in(folder);
    certificate = local.client("purge");
    key = folder.resolve("purge-key.pem");
  }

  private static Store open(String address, Tls tls, Path credentials) {
    Stores.Connection connection = new Stores.Connection(tls, null, credentials);
    return Stores.open(address, new Stores.Access(Map.of(), TIMEOUT, null, 1, false, connection));
  }

  private static List<String> list(String address, Tls tls) throws Exception {
    try (Store store = open(address, tls, null)) {
      return store.list("", null, 10).keys();
    }
  }

  private static Tls whole() {
    return Tls.of(local.authority(), certificate, key, null);
  }

  /** What is wrong is not a matter of time, so it is not tried again. */
  private static void assertFails(String hint, String address, Tls tls) {
    StoreException failure = assertThrows(StoreException.class, () -> list(address, tls));
    assertEquals(Kind.UNREACHABLE, failure.kind(), failure.toString());
    assertEquals("TLS", failure.reason());
    assertTrue(failure.getMessage().endsWith(hint), failure.getMessage());
  }

  private static void assertFailures(String address) {
    assertFails("see --cacert", address, Tls.SYSTEM);
    assertFails("see --cert", address, Tls.of(local.authority(), null, null, null));
    assertFails(
        "see --server-name", address, Tls.of(local.authority(), certificate, key, "db.example"));
  }

  @Test
  void valkeyWantsACertificateAndHasOne() throws Exception {
    try (RealServer server = RealServer.secureValkey(local)) {
      String address = "rediss://127.0.0.1:" + server.port();
      assertEquals(List.of(), list(address, whole()));
      Tls named = Tls.of(local.authority(), certificate, key, "localhost");
      assertEquals(List.of(), list(address, named));
      assertFailures(address);
    }
  }

  @Test
  void etcdWantsACertificateAndHasOne() throws Exception {
    try (RealServer server = RealServer.secureEtcd(local)) {
      String address = "etcds://127.0.0.1:" + server.port();
      assertEquals(List.of(), list(address, whole()));
      assertFailures(address);
    }
  }

  @Test
  void natsWantsACertificateAndCredentialsAndHasOne() throws Exception {
    NatsOperator operator = NatsOperator.in(folder);
    try (RealServer server =
        RealServer.nats(
            "-c",
            operator.configuration().toString(),
            "--tlsverify",
            "--tlscert=" + local.certificate(),
            "--tlskey=" + local.key(),
            "--tlscacert=" + local.authority())) {
      String place = "127.0.0.1:" + server.port() + "/bucket";
      Options options =
          Options.builder()
              .server("tls://127.0.0.1:" + server.port())
              .sslContext(whole().context())
              .authHandler(Nats.credentials(operator.credentials().toString()))
              .build();
      Connection connection = Nats.connect(options);
      connection
          .keyValueManagement()
          .create(
              KeyValueConfiguration.builder()
                  .name("bucket")
                  .storageType(StorageType.Memory)
                  .build());
      connection.keyValue("bucket").put("a", "v");
      connection.close();
      try (Store store = open("natss://" + place, whole(), operator.credentials())) {
        assertEquals(List.of("a"), store.list("", null, 10).keys());
      }
      try (Store store = open("natss://" + place, whole(), null)) {
        StoreException failure = assertThrows(StoreException.class, () -> store.list("", null, 10));
        assertEquals(Kind.UNAUTHORISED, failure.kind(), failure.toString());
      }
      assertFails("see --cacert", "natss://" + place, Tls.SYSTEM);
      assertFails(
          "see --server-name",
          "natss://" + place,
          Tls.of(local.authority(), certificate, key, "db.example"));
      assertFails("natss:// is with TLS, nats:// without", "nats://" + place, Tls.SYSTEM);
    }
  }

  @Test
  void aServerWithoutTlsIsSaidToBe() throws Exception {
    try (KvServer server = KvServer.start(0, new Faults(), null)) {
      String https = server.uri().toString().replace("http:", "https:");
      Map<String, String> environment =
          Map.of("FASTLY_API_TOKEN", "any", "FASTLY_API_ENDPOINT", https);
      try (Store store =
          Stores.open("fastly:id", new Stores.Access(environment, TIMEOUT, null, 1))) {
        StoreException failure = assertThrows(StoreException.class, () -> store.list("", null, 10));
        assertEquals(Kind.UNREACHABLE, failure.kind(), failure.toString());
        assertTrue(failure.getMessage().endsWith("no TLS on this port"), failure.getMessage());
      }
    }
    try (RealServer server = RealServer.nats()) {
      String address = "natss://127.0.0.1:" + server.port() + "/bucket";
      assertFails("natss:// is with TLS, nats:// without", address, whole());
    }
  }

  private static void assertRefused(String why, Path authorities, Path certificate, Path key) {
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> Tls.of(authorities, certificate, key, null))
            .getMessage();
    assertTrue(message.startsWith(why), message);
  }

  @Test
  void certificatesAreRefusedWithoutTls() {
    for (String address :
        List.of(
            "redis://h/0",
            "valkey-cluster://h",
            "redis-sentinel://h/m/0",
            "redis+unix:///s",
            "etcd://h",
            "nats://h/b")) {
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> open(address, whole(), null), address);
      assertTrue(refused.getMessage().contains("require TLS"), refused::toString);
    }
    Stores.Access plain =
        new Stores.Access(
            Map.of("FASTLY_API_TOKEN", "t", "FASTLY_API_ENDPOINT", "http://h"),
            TIMEOUT,
            null,
            1,
            false,
            new Stores.Connection(whole(), null, null));
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> Stores.open("fastly:id", plain));
    assertTrue(refused.getMessage().contains("https://"), refused::toString);
  }

  @Test
  void aFileWithOtherContentsIsNamed() throws Exception {
    Path text = Files.writeString(folder.resolve("text"), "nothing\n");
    Path nothing = folder.resolve("nothing");
    assertRefused("--cacert: " + text, text, null, null);
    assertRefused("--cacert: there is no file " + nothing, nothing, null, null);
    assertRefused("--cert: " + key, null, key, key);
    assertRefused("--key: " + text + " has no private key", null, certificate, text);
    assertRefused("--key: " + certificate + " has no private key", null, certificate, null);
    assertRefused("--key goes with --cert", null, null, key);
    IllegalArgumentException creds =
        assertThrows(IllegalArgumentException.class, () -> open("nats://h/b", Tls.SYSTEM, text));
    assertTrue(creds.getMessage().contains("is not a file of NATS credentials"), creds::toString);
  }
}

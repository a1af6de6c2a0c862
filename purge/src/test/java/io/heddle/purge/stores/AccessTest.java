package io.heddle.purge.stores;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.purge.RealServer;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real servers that want to know who asks. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class AccessTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private static Store open(String address, Map<String, String> environment) {
    return Stores.open(address, new Stores.Access(environment, TIMEOUT, null, 1));
  }

  private static StoreException refusal(String address, Map<String, String> environment) {
    try (Store store = open(address, environment)) {
      return assertThrows(StoreException.class, () -> store.list("", null, 10));
    }
  }

  private static String whyRefused(String address) {
    return assertThrows(IllegalArgumentException.class, () -> open(address, Map.of())).getMessage();
  }

  private static void assertNotLetIn(String address, Map<String, String> environment) {
    StoreException failure = refusal(address, environment);
    assertEquals(Kind.UNAUTHORISED, failure.kind(), failure.getMessage());
  }

  @Test
  void aRefusedPasswordIsSaidToBeByAServerAndByACluster() throws Exception {
    try (RealServer server = RealServer.valkey("--requirepass", "secret")) {
      for (String scheme : List.of("redis", "redis-cluster")) {
        String address = scheme + "://127.0.0.1:" + server.port();
        assertNotLetIn(address, Map.of());
        assertNotLetIn(address, Map.of("REDIS_PASSWORD", "wrong"));
      }
      StoreException failure =
          refusal("redis-cluster://127.0.0.1:" + server.port(), Map.of("REDIS_PASSWORD", "secret"));
      assertEquals(Kind.INVALID, failure.kind());
      assertTrue(failure.getMessage().contains("cluster support disabled"), failure.getMessage());
    }
  }

  @Test
  void etcdRefusesAWrongPasswordAndNobody() throws Exception {
    try (RealServer server = RealServer.etcd()) {
      server.etcdctl("", "user", "add", "root:secret");
      server.etcdctl("", "user", "grant-role", "root", "root");
      server.etcdctl("", "auth", "enable");
      String address = "etcd://127.0.0.1:" + server.port();
      assertNotLetIn(address, Map.of());
      assertNotLetIn(address, Map.of("ETCD_USER", "root", "ETCD_PASSWORD", "wrong"));
      assertNotLetIn(address, Map.of("ETCD_USER", "nobody", "ETCD_PASSWORD", "secret"));
      try (Store store = open(address, Map.of("ETCD_USER", "root", "ETCD_PASSWORD", "secret"))) {
        assertEquals(List.of(), store.list("", null, 10).keys());
      }
    }
  }

  @Test
  void aUserOfNatsMayBeInTheAddressWhateverItsPasswordHasInIt() throws Exception {
    try (RealServer server = RealServer.nats("--user", "a b", "--pass", "s:e/c r@t")) {
      String place = "127.0.0.1:" + server.port() + "/bucket";
      assertNotLetIn("nats://a%20b:wrong@" + place, Map.of());
      StoreException failure = refusal("nats://a%20b:s:e%2Fc%20r%40t@" + place, Map.of());
      assertEquals(Kind.NOT_FOUND, failure.kind(), failure.getMessage()); // so it was let in
    }
  }

  @Test
  void aTokenOfNatsMayBeInTheAddressOrNot() throws Exception {
    try (RealServer server = RealServer.nats("--auth", "se cret")) {
      String place = "127.0.0.1:" + server.port() + "/bucket";
      assertNotLetIn("nats://" + place, Map.of("NATS_TOKEN", "wrong"));
      assertEquals(
          Kind.NOT_FOUND, refusal("nats://" + place, Map.of("NATS_TOKEN", "se cret")).kind());
      assertEquals(Kind.NOT_FOUND, refusal("nats://se%20cret@" + place, Map.of()).kind());
    }
  }

  @Test
  void whatABucketIsCalledIsNoReasonForARefusal() {
    String address = "nats://127.0.0.1:" + RealServer.freePort() + "/Authentication";
    assertEquals(Kind.UNAVAILABLE, refusal(address, Map.of()).kind());
  }

  @ParameterizedTest
  @CsvSource({
    "nats://user:secret@127.0.0.1:%d/bucket, NATS bucket bucket at 127.0.0.1:%d",
    "nats://secret@127.0.0.1:%d/bucket, NATS bucket bucket at 127.0.0.1:%d",
    "redis://user@127.0.0.1:%d/0, Redis database 0 at 127.0.0.1:%d",
    "fastly:id, Fastly KV store id at 127.0.0.1:%d"
  })
  void aPasswordIsNeitherInTheNameNorInAMessage(String form, String name) {
    int port = RealServer.freePort();
    Map<String, String> environment =
        Map.of(
            "FASTLY_API_TOKEN",
            "secret",
            "FASTLY_API_ENDPOINT",
            "http://user:secret@127.0.0.1:" + port);
    String address = form.formatted(port);
    try (Store store = open(address, environment)) {
      assertEquals(name.formatted(port), store.name());
    }
    String message = refusal(address, environment).getMessage();
    assertFalse(message.contains("secret"), message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://user:secret@h/0",
        "redis-cluster://:secret@h",
        "etcd://user:secret@h:2379",
        "etcds://secret@h:2379"
      })
  void aPasswordThatWouldNotBeUsedIsRefused(String address) {
    String message = whyRefused(address);
    assertTrue(message.contains("_PASSWORD"), message);
    assertFalse(message.contains("secret"), message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://user:secret@h:99999/0",
        "redis://user:secret@h/database",
        "nats://user:sec/ret@secret@h",
        "mysql://user:secret@h/0",
        "user:secret@h",
        "redis:user:secret@h",
        "redis://user:sec\nret@h",
        "etcd://user:123/secret@h"
      })
  void whatIsNoAddressIsShownWithoutItsPassword(String address) {
    String message = whyRefused(address);
    assertTrue(message.contains("***@h"), message);
    assertFalse(message.contains("sec"), message);
  }

  @Test
  void aDatabaseThatAServerDoesNotHaveIsNotFound() throws Exception {
    try (RealServer server = RealServer.valkey()) {
      StoreException failure = refusal("redis://127.0.0.1:" + server.port() + "/99", Map.of());
      assertEquals(Kind.NOT_FOUND, failure.kind(), failure.getMessage());
    }
  }
}

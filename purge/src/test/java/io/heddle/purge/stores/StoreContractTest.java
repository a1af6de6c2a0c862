package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.heddle.Context;
import io.heddle.local.kv.CloudflareServer;
import io.heddle.local.kv.Faults;
import io.heddle.local.kv.KvServer;
import io.heddle.purge.Details;
import io.heddle.purge.Outcome;
import io.heddle.purge.Property;
import io.heddle.purge.RealServer;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.engine.Observer;
import io.heddle.purge.engine.Plan;
import io.heddle.purge.engine.Progress;
import io.heddle.purge.engine.Purge;
import io.heddle.purge.engine.Summary;
import io.nats.client.Connection;
import io.nats.client.KeyValue;
import io.nats.client.Nats;
import io.nats.client.api.KeyValueConfiguration;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** Runs the contract against every store, most of them real servers. */
@Tag("system")
@Tag("clock")
@Tag("slow")
final class StoreContractTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private static Store open(String address) throws Exception {
    return Stores.open(address, new Stores.Access(Map.of(), TIMEOUT, null, 1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"redis://localhost/0", "redis-cluster://localhost", "etcd://h", "nats://h/b"})
  void aStoreWithoutGenerationsSaysSo(String address) {
    Stores.Access access = new Stores.Access(Map.of(), TIMEOUT, 7L, 1);
    String message =
        assertThrows(IllegalArgumentException.class, () -> Stores.open(address, access))
            .getMessage();
    assertTrue(message.contains("--if-generation-match is not for " + address), message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://h:65536/0",
        "valkeys://h:65536",
        "redis-cluster://h:65536",
        "etcd://h:65536",
        "etcds://h:65536",
        "nats://h:65536/b",
        "fastly:id",
        "cloudflare:account/namespace"
      })
  void aPortThatThereIsNotIsSaidToBe(String address) {
    Map<String, String> environment =
        Map.of(
            "FASTLY_API_TOKEN",
            "token",
            "FASTLY_API_ENDPOINT",
            "http://h:65536",
            "CLOUDFLARE_API_TOKEN",
            "token",
            "CLOUDFLARE_API_BASE_URL",
            "http://h:65536");
    Stores.Access access = new Stores.Access(environment, TIMEOUT, null, 1);
    String message =
        assertThrows(IllegalArgumentException.class, () -> Stores.open(address, access))
            .getMessage();
    assertTrue(message.contains("h:65536") && message.contains("65535"), message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "etcd://",
        "etcd:foo",
        "etcds://a b",
        "nats://",
        "nats://h",
        "nats://h/a.b",
        "redis://a b/0",
        "redis://h/0?db=3",
        "etcd://h#keys",
        "nats://h/b?x"
      })
  void anAddressThatIsNoneIsSaidToBe(String address) {
    String message = assertThrows(IllegalArgumentException.class, () -> open(address)).getMessage();
    assertTrue(message.startsWith("'" + address + "' is not like "), message);
  }

  @Test
  void etcdHasNoPartThatAnAddressCouldName() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> open("etcd://h/app")).getMessage();
    assertTrue(message.contains("'app'") && message.contains("--prefix"), message);
  }

  @Test
  void aTokenThatCannotBeSentIsNamed() {
    Stores.Access access =
        new Stores.Access(Map.of("FASTLY_API_TOKEN", "token\r"), TIMEOUT, null, 1);
    String message =
        assertThrows(IllegalArgumentException.class, () -> Stores.open("fastly:id", access))
            .getMessage();
    assertTrue(message.contains("FASTLY_API_TOKEN"), message);
  }

  static final List<String> EVERY_KIND =
      List.of("redis://%s/0", "redis-cluster://%s", "etcd://%s", "nats://%s/bucket", "fastly:id");

  /** What a store says when it is asked for keys; its address has the place of the server in it. */
  private static StoreException listing(String form, String server) throws Exception {
    Map<String, String> environment =
        Map.of("FASTLY_API_TOKEN", "token", "FASTLY_API_ENDPOINT", "http://" + server);
    Stores.Access access = new Stores.Access(environment, TIMEOUT, null, 1);
    try (Store store = Stores.open(form.formatted(server), access)) {
      StoreException failure = assertThrows(StoreException.class, () -> store.list("", null, 10));
      assertTrue(failure.getMessage().startsWith(store.name()), failure.getMessage());
      assertEquals(
          failure.getMessage(),
          assertThrows(StoreException.class, () -> store.delete(List.of("key"))).getMessage());
      return failure;
    }
  }

  @ParameterizedTest
  @FieldSource("EVERY_KIND")
  void aHostThatIsNotKnownIsNamed(String form) throws Exception {
    String host = "x".repeat(64) + ".invalid"; // too long a name to ask any server for it
    StoreException failure = listing(form, host + ":4000");
    assertEquals("unknown host", failure.reason());
    assertTrue(failure.getMessage().contains(": unknown host " + host), failure.getMessage());
    assertTrue(failure.getMessage().endsWith(": is the address right?"), failure.getMessage());
  }

  @ParameterizedTest
  @FieldSource("EVERY_KIND")
  void aServerThatIsNotThereIsSaidToBeMissing(String form) throws Exception {
    String server = "127.0.0.1:" + RealServer.freePort();
    StoreException failure = listing(form, server);
    assertEquals("no connection", failure.reason());
    assertTrue(failure.getMessage().contains(server), failure.getMessage());
    assertTrue(
        failure.getMessage().endsWith(": Connection refused: is the server running there?"),
        failure.getMessage());
  }

  /** Everything that the store records about some keys. */
  private static List<Details> details(Store store, String... keys) throws Exception {
    List<Details> all = new ArrayList<>();
    int size = store.detailsLimit();
    for (int i = 0; i < keys.length; i += size) {
      List<String> some = List.of(keys).subList(i, Math.min(keys.length, i + size));
      all.addAll(store.details(some, store.properties()));
    }
    return all;
  }

  @Nested
  final class Memory extends StoreContract {
    private final MemoryStore store = new MemoryStore();

    @Override
    Store store() {
      return store;
    }

    @Override
    void put(List<String> keys) {
      store.addAll(keys);
    }
  }

  @Nested
  final class Fastly extends StoreContract {
    private KvServer server;
    private String id;
    private Store store;

    @BeforeEach
    void start() throws Exception {
      server = KvServer.start(0, new Faults(), "secret");
      id = server.createStore("contract", 0);
      store = new FastlyStore(server.uri(), id, "secret", TIMEOUT, null, 4);
    }

    @AfterEach
    void stop() {
      store.close();
      server.close();
    }

    @Override
    Store store() {
      return store;
    }

    @Override
    void put(List<String> keys) {
      keys.forEach(key -> server.put(id, key, new byte[] {1}));
    }

    @Test
    void theSizeAndTheTimeOfTheLastWriteAreKnown() throws Exception {
      Instant before = Instant.now().minusSeconds(1); // the header has whole seconds
      server.put(id, "a", new byte[5]);
      server.put(id, "b/c d", new byte[70_000]);
      List<Details> details = details(store, "a", "gone", "b/c d");
      assertEquals(5, details.getFirst().size());
      assertNull(details.get(1));
      assertEquals(70_000, details.get(2).size());
      Instant modified = details.getFirst().modified();
      assertTrue(!modified.isBefore(before) && !modified.isAfter(Instant.now()), "" + modified);
    }
  }

  /** Against a server that was written from the public description of the API. */
  @Nested
  final class Cloudflare extends StoreContract {
    private CloudflareServer server;
    private Store store;

    @BeforeEach
    void start() throws Exception {
      server = CloudflareServer.start("secret");
      store = open(CloudflareServer.NAMESPACE, "secret");
    }

    private Store open(String namespace, String token) {
      Map<String, String> environment =
          Map.of("CLOUDFLARE_API_TOKEN", token, "CLOUDFLARE_API_BASE_URL", server.uri().toString());
      return Stores.open(
          "cloudflare:" + CloudflareServer.ACCOUNT + "/" + namespace,
          new Stores.Access(environment, TIMEOUT, null, 1));
    }

    @AfterEach
    void stop() {
      store.close();
      server.close();
    }

    @Override
    Store store() {
      return store;
    }

    @Override
    void put(List<String> keys) {
      server.keys().addAll(keys);
    }

    /** The service does not say whether there was such a key. */
    @Override
    @Test
    void aKeyIsDeletedOnce() throws Exception {
      put(List.of("a", "b"));
      List<Outcome> unknown = List.of(new Outcome.Deleted(false));
      assertEquals(unknown, store.delete(List.of("a")).outcomes());
      assertEquals(unknown, store.delete(List.of("a")).outcomes());
      assertEquals(Set.of("b"), server.keys());
    }

    @Test
    void tenThousandKeysAreOnePageAndOneRequest() throws Exception {
      List<String> keys = IntStream.range(0, 12_000).mapToObj(i -> "key-" + i).toList();
      put(keys);
      assertEquals(10_000, store.list("", null, store.usualPage()).keys().size());
      Plan plan = Plan.DEFAULT.with(new Plan.Sizes(store.usualPage(), store.usualBatch()));
      Summary summary = Purge.run(Context.background(), store, plan, new Progress(), Observer.NONE);
      assertTrue(summary.isComplete(), summary::toString);
      assertEquals(12_000, summary.deleted());
      assertEquals(2, server.deletions());
    }

    @Test
    void aKeyThatIsNotDeletedIsReportedAndTheOthersAreNot() throws Exception {
      put(List.of("a", "b", "c"));
      server.stubborn().add("b");
      List<Outcome> outcomes = store.delete(List.of("a", "b", "c")).outcomes();
      assertTrue(
          outcomes.get(1) instanceof Outcome.Failed(StoreException cause, _)
              && cause.kind().isRetryable(),
          outcomes::toString);
      assertEquals(new Outcome.Deleted(false), outcomes.get(2));
      assertEquals(Set.of("b"), server.keys());
    }

    @Test
    void anAnswerWithoutSuccessIsAFailure() throws Exception {
      HttpServer other =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      other.createContext(
          "/",
          exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, 2);
            exchange.getResponseBody().write(new byte[] {'{', '}'});
            exchange.close();
          });
      other.start();
      String uri = "http://127.0.0.1:" + other.getAddress().getPort();
      Map<String, String> environment =
          Map.of("CLOUDFLARE_API_TOKEN", "secret", "CLOUDFLARE_API_BASE_URL", uri);
      try (Store odd =
          Stores.open("cloudflare:a/b", new Stores.Access(environment, TIMEOUT, null, 1))) {
        StoreException failure = assertThrows(StoreException.class, () -> odd.delete(List.of("a")));
        assertEquals(StoreException.Kind.INVALID, failure.kind());
      } finally {
        other.stop(0);
      }
    }

    /** The service's own text is what helps. */
    @Test
    void anAnswerWithoutSuccessIsReportedInTheServicesWords() throws Exception {
      HttpServer other =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      byte[] body =
          "{\"success\":false,\"errors\":[{\"code\":10047,\"message\":\"too many keys\"}]}"
              .getBytes(UTF_8);
      other.createContext(
          "/",
          exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
          });
      other.start();
      String uri = "http://127.0.0.1:" + other.getAddress().getPort();
      Map<String, String> environment =
          Map.of("CLOUDFLARE_API_TOKEN", "secret", "CLOUDFLARE_API_BASE_URL", uri);
      try (Store odd =
          Stores.open("cloudflare:a/b", new Stores.Access(environment, TIMEOUT, null, 1))) {
        StoreException failure = assertThrows(StoreException.class, () -> odd.delete(List.of("a")));
        assertTrue(failure.getMessage().endsWith("HTTP 200, too many keys"), failure::toString);
      } finally {
        other.stop(0);
      }
    }

    @Test
    void aTextThatIsNoKeyDeletesNoOther() throws Exception {
      put(List.of("a?", "b"));
      List<Outcome> outcomes = store.delete(List.of("a\ud800", "b")).outcomes();
      assertTrue(
          outcomes.get(0) instanceof Outcome.Failed(StoreException cause, _)
              && cause.kind() == StoreException.Kind.INVALID,
          outcomes::toString);
      assertEquals(Set.of("a?"), server.keys());
    }

    @Test
    void aMissingNamespaceAndAWrongTokenAreReported() throws Exception {
      try (Store missing = open("other", "secret");
          Store refused = open(CloudflareServer.NAMESPACE, "wrong")) {
        StoreException none = assertThrows(StoreException.class, () -> missing.list("", null, 10));
        assertEquals(StoreException.Kind.NOT_FOUND, none.kind());
        assertTrue(none.getMessage().endsWith("HTTP 404, namespace not found"), none::toString);
        StoreException access =
            assertThrows(StoreException.class, () -> refused.list("", null, 10));
        assertEquals(StoreException.Kind.UNAUTHORISED, access.kind());
      }
    }
  }

  @Nested
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  final class Valkey extends StoreContract {
    private RealServer server;
    private Store store;

    @BeforeAll
    void start() throws Exception {
      server = RealServer.valkey();
      store = open("redis://127.0.0.1:" + server.port() + "/3");
    }

    @AfterAll
    void stop() {
      if (server != null) {
        store.close();
        server.close();
      }
    }

    @AfterEach
    void clear() {
      try (Jedis jedis = jedis()) {
        jedis.flushAll();
      }
    }

    private Jedis jedis() {
      Jedis jedis = new Jedis("127.0.0.1", server.port());
      jedis.select(3);
      return jedis;
    }

    @Override
    Store store() {
      return store;
    }

    @Override
    void put(List<String> keys) {
      try (Jedis jedis = jedis();
          var pipeline = jedis.pipelined()) {
        keys.forEach(key -> pipeline.set(key, "v"));
      }
    }

    @Test
    void theTypeTheTimesAndTheMemoryAreKnown() throws Exception {
      try (Jedis jedis = jedis()) {
        jedis.set("a", "v".repeat(1000));
        jedis.hset("b", "field", "v");
        jedis.expire("b", 1000);
      }
      List<Details> details = details(store, "a", "gone", "b");
      Details a = details.getFirst();
      assertEquals("string", a.type());
      assertEquals(Details.NEVER, a.ttl());
      assertTrue(a.idle().toSeconds() < 100, a::toString);
      assertTrue(a.size() > 1000 && a.size() < 3000, a::toString);
      assertNull(details.get(1));
      Details b = details.get(2);
      assertEquals("hash", b.type());
      assertTrue(b.ttl().toSeconds() > 900 && b.ttl().toSeconds() <= 1000, b::toString);
    }

    @Test
    void aServerWithoutIdleTimesSaysSo() throws Exception {
      put(List.of("a"));
      try (Jedis jedis = jedis()) {
        jedis.configSet("maxmemory-policy", "allkeys-lfu");
        StoreException failure =
            assertThrows(
                StoreException.class, () -> store.details(List.of("a"), Set.of(Property.IDLE)));
        assertEquals(StoreException.Kind.INVALID, failure.kind());
        assertTrue(failure.getMessage().contains("LFU"), failure.getMessage());
        jedis.configSet("maxmemory-policy", "noeviction");
      }
    }

    @Test
    void itIsUncertainWhichOfSeveralKeysWereGone() throws Exception {
      put(List.of("a", "b"));
      assertEquals(
          List.of(new Outcome.Deleted(false), new Outcome.Deleted(false), new Outcome.Gone(false)),
          store.delete(List.of("gone", "a", "b")).outcomes());
      assertEquals(List.of(Outcome.GONE, Outcome.GONE), store.delete(List.of("a", "b")).outcomes());
    }

    @Test
    void aPrefixMayHaveAnyBytes() throws Exception {
      try (Jedis jedis = jedis()) {
        jedis.set(new byte[] {'a', (byte) 0xc3, (byte) 0xa4}, new byte[1]);
        jedis.set(new byte[] {'a', (byte) 0xc3, 0}, new byte[1]);
        jedis.set(new byte[] {'a', (byte) 0xc4, 0}, new byte[1]);
      }
      assertEquals(
          Set.of("a\u00e4", "a\udcc3\0"), Set.copyOf(store.list("a\udcc3", null, 100).keys()));
    }

    @Test
    void keysThatAreNoTextAreDeletedToo() throws Exception {
      byte[] key = {(byte) 0xff, 'a', (byte) 0xc3, (byte) 0xa4, (byte) 0xc3, 0};
      try (Jedis jedis = jedis()) {
        jedis.set(key, key);
        List<String> listed = store.list("", null, 10).keys();
        assertEquals(1, listed.size());
        store.delete(listed);
        assertEquals(0, jedis.dbSize());
      }
    }

    @Test
    void aListingBeginsAnewWhenTheServerWasRestarted() throws Exception {
      put(List.of("a", "b", "c"));
      assertEquals(3, store.list("", "4@other@-", 10).keys().size());
    }
  }

  @Nested
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  final class Etcd extends StoreContract {
    private RealServer server;
    private Store store;

    @BeforeAll
    void start() throws Exception {
      server = RealServer.etcd();
      store = open("etcd://127.0.0.1:" + server.port());
    }

    @AfterAll
    void stop() {
      if (server != null) {
        store.close();
        server.close();
      }
    }

    @AfterEach
    void clear() throws Exception {
      server.etcdctl("", "del", "", "--prefix");
    }

    @Override
    Store store() {
      return store;
    }

    /** With the real command, whose transactions take up to 128 keys. */
    @Override
    void put(List<String> keys) throws Exception {
      for (int i = 0; i < keys.size(); i += 100) {
        StringBuilder transaction = new StringBuilder("\n");
        for (String key : keys.subList(i, Math.min(keys.size(), i + 100))) {
          transaction.append("put \"").append(key).append("\" v\n");
        }
        server.etcdctl(transaction.append("\n\n").toString(), "txn");
      }
    }

    @Test
    void theSizeAndTheTimeToLiveAreKnown() throws Exception {
      String granted = server.etcdctl("", "lease", "grant", "1000");
      String lease = granted.split(" ", -1)[1];
      server.etcdctl("", "put", "a", "12345");
      server.etcdctl("", "put", "b", "", "--lease=" + lease);
      List<Details> details = details(store, "a", "gone", "b");
      assertEquals(new Details(null, Details.NEVER, null, null, 5L), details.getFirst());
      assertNull(details.get(1));
      assertEquals(0, details.get(2).size());
      Duration ttl = details.get(2).ttl();
      assertTrue(ttl.toSeconds() > 900 && ttl.toSeconds() <= 1000, ttl::toString);
    }
  }

  @Nested
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  final class NatsBucket extends StoreContract {
    private RealServer server;
    private Connection connection;
    private KeyValue bucket;
    private Store store;

    @BeforeAll
    void start() throws Exception {
      server = RealServer.nats();
      connection = Nats.connect("nats://127.0.0.1:" + server.port());
    }

    @AfterAll
    void stop() throws Exception {
      if (server != null) {
        connection.close();
        server.close();
      }
    }

    @BeforeEach
    void create() throws Exception {
      String name = "bucket-" + UUID.randomUUID();
      connection
          .keyValueManagement()
          .create(
              KeyValueConfiguration.builder()
                  .name(name)
                  .maxHistoryPerKey(3)
                  .storageType(StorageType.Memory)
                  .build());
      bucket = connection.keyValue(name);
      store = open("nats://127.0.0.1:" + server.port() + "/" + name);
    }

    @AfterEach
    void close() {
      store.close();
    }

    @Override
    Store store() {
      return store;
    }

    @Override
    void put(List<String> keys) throws Exception {
      for (String key : keys) {
        bucket.put(key.replace("*", "_"), "v");
      }
    }

    @Override
    @Test
    void aPrefixIsTakenLiterally() throws Exception {
      put(List.of("a1", "a2", "b.a"));
      assertEquals(List.of("a1", "a2"), store.list("a", null, 10).keys());
      assertEquals(List.of("b.a"), store.list("b.", null, 10).keys());
    }

    @Test
    void theSizeAndTheTimeOfTheLastWriteAreKnown() throws Exception {
      bucket.put("a", "12345");
      bucket.put("b", "1");
      bucket.delete("b");
      assertEquals(5, details(store, "a").getFirst().size());
      Instant modified = details(store, "a").getFirst().modified();
      assertTrue(Duration.between(modified, Instant.now()).abs().toMinutes() < 5, "" + modified);
      assertNull(details(store, "b").getFirst());
      assertNull(details(store, "gone").getFirst());
    }

    private Store withoutMarkers() {
      return Stores.open(
          "nats://127.0.0.1:" + server.port() + "/" + bucket.getBucketName(),
          new Stores.Access(Map.of(), TIMEOUT, null, 1, true, Stores.Connection.USUAL));
    }

    @Test
    void keysCanBeRemovedWithoutMarkersAndMarkersToo() throws Exception {
      put(List.of("a", "a", "b", "c", "other"));
      bucket.delete("c");
      try (Store erasing = withoutMarkers()) {
        assertEquals(Set.of("a", "b", "c", "other"), Set.copyOf(erasing.list("", null, 10).keys()));
        assertEquals(List.of(Outcome.DELETED), erasing.delete(List.of("a")).outcomes());
        assertEquals(List.of(Outcome.GONE), erasing.delete(List.of("a")).outcomes());
        assertEquals(List.of(Outcome.GONE), erasing.delete(List.of("c")).outcomes());
        assertEquals(List.of("b", "other"), erasing.list("", null, 10).keys());
      }
      assertEquals(2, bucket.getStatus().getEntryCount(), "there are no markers");
    }

    @Test
    void aWildcardIsNoKey() throws Exception {
      put(List.of("a", "b.c"));
      try (Store erasing = withoutMarkers()) {
        for (String key : List.of("*", ">", "b.*", "b.>", "")) {
          StoreException failure =
              assertThrows(StoreException.class, () -> erasing.delete(List.of(key)));
          assertEquals(StoreException.Kind.INVALID, failure.kind(), key);
          assertNull(details(erasing, key).getFirst(), key);
        }
      }
      assertEquals(List.of("a", "b.c"), store.list("", null, 10).keys());
    }

    @Test
    void otherSubjectsOfTheStreamRemain() throws Exception {
      put(List.of("a"));
      String name = "KV_" + bucket.getBucketName();
      var management = connection.jetStreamManagement();
      var configuration = management.getStreamInfo(name).getConfiguration();
      String other = "other-" + bucket.getBucketName();
      management.updateStream(
          StreamConfiguration.builder(configuration).addSubjects(other).build());
      connection.jetStream().publish(other, new byte[1]);
      try (Store erasing = withoutMarkers()) {
        assertEquals(1, erasing.clear().orElseThrow());
      }
      assertEquals(1, management.getStreamInfo(name).getStreamState().getMsgCount());
    }

    @Test
    void allKeysCanBeRemovedAtOnce() throws Exception {
      put(List.of("a", "a", "b", "c"));
      bucket.delete("c");
      try (Store erasing = withoutMarkers()) {
        Summary summary =
            Purge.run(Context.background(), erasing, Plan.DEFAULT, new Progress(), Observer.NONE);
        assertTrue(summary.isComplete(), summary::toString);
        assertEquals(3, summary.deleted(), "keys, and the marker");
      }
      assertEquals(0, bucket.getStatus().getEntryCount());
      assertTrue(store.clear().isEmpty(), "otherwise watchers could not notice");
    }

    @Test
    void aBucketThatIsNotThereIsFoundOutByTheFirstRequest() throws Exception {
      try (Store missing = open("nats://127.0.0.1:" + server.port() + "/missing")) {
        StoreException failure =
            assertThrows(StoreException.class, () -> missing.list("", null, 10));
        assertEquals(StoreException.Kind.NOT_FOUND, failure.kind());
      }
    }

    @Test
    void aKeyWithHistoryIsListedOnceAndOneThatIsDeletedNotAtAll() throws Exception {
      put(List.of("a", "b", "a", "c", "a", "b"));
      bucket.delete("c");
      assertEquals(List.of("a", "b"), store.list("", null, 10).keys());
    }
  }
}

package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.local.kv.Faults;
import io.heddle.local.kv.KvServer;
import io.heddle.purge.Deletion;
import io.heddle.purge.Outcome;
import io.heddle.purge.Page;
import io.heddle.purge.RealServer;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.ValkeyCluster;
import io.heddle.purge.engine.Ending;
import io.heddle.purge.engine.Filter;
import io.heddle.purge.engine.KeyPattern;
import io.heddle.purge.engine.Plan;
import io.heddle.purge.engine.Portion;
import io.heddle.purge.engine.Progress;
import io.heddle.purge.engine.Purge;
import io.heddle.purge.engine.Selection;
import io.heddle.purge.engine.Summary;
import io.heddle.purge.keys.HostileKeys;
import io.heddle.purge.keys.KeyBytes;
import io.heddle.purge.keys.KeyLine;
import io.heddle.purge.report.ExitCode;
import io.heddle.purge.report.JsonReport;
import io.heddle.purge.report.Output;
import io.heddle.purge.report.Report;
import io.heddle.purge.report.TextReport;
import io.heddle.terminal.Terminal;
import io.nats.client.Connection;
import io.nats.client.Nats;
import io.nats.client.api.KeyValueConfiguration;
import io.nats.client.api.StorageType;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/**
 * What a run prints or writes is given to another run as the keys to delete: exactly the keys that
 * it names are gone afterwards, whatever their names are. Each store has keys whose names are made
 * to be taken for others, and what they could be taken for.
 */
@Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class FeedBackTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final long SEED = new Random().nextLong();

  /** In a transaction of etcd, which writes to the disk once for each. */
  private static final int MOST_OPERATIONS = 100;

  private static final Plan PLAN = Plan.DEFAULT.with(Plan.Pace.of(4)).with(new Plan.Sizes(50, 20));

  @TempDir private Path folder;

  /** A store, and its keys by other means: as bytes, each a character. */
  private interface Server {
    Store store();

    void put(List<byte[]> keys) throws Exception;

    Set<String> keys() throws Exception;
  }

  private static Store open(String address) {
    return Stores.open(address, new Stores.Access(Map.of(), TIMEOUT, null, 3));
  }

  private static Set<String> set(List<byte[]> keys) {
    return keys.stream()
        .map(key -> new String(key, ISO_8859_1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String bytes(String key) {
    return new String(KeyBytes.of(key), ISO_8859_1);
  }

  /** Fails to delete some keys. */
  private record Failing(Store store, Set<String> failing) implements Store {
    @Override
    public String name() {
      return store.name();
    }

    @Override
    public int batchLimit() {
      return 1;
    }

    @Override
    public Page list(String prefix, @Nullable String cursor, int limit)
        throws StoreException, InterruptedException {
      return store.list(prefix, cursor, limit);
    }

    @Override
    public Deletion delete(List<String> batch) throws StoreException, InterruptedException {
      return failing.contains(bytes(batch.getFirst()))
          ? Deletion.of(
              new Outcome.Failed(
                  new StoreException(StoreException.Kind.FORBIDDEN, "no", "you may\nnot"), 1))
          : store.delete(batch);
    }

    @Override
    public void close() {}
  }

  private record Printed(byte[] out, byte[] err, Summary summary) {
    List<String> lines() {
      String text = new String(out, UTF_8);
      assertEquals(text, new String(text.getBytes(UTF_8), UTF_8));
      assertTrue(text.isEmpty() || text.endsWith("\n"));
      return List.of(text.split("\n"));
    }
  }

  private enum Form {
    TEXT,
    JSON,
    NULL
  }

  private static Printed run(Store store, Plan plan, Form form, boolean isDry) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Summary[] summary = new Summary[1];
    Go.run(() -> {
      Output output = new Output(new PrintStream(out, true, UTF_8), () -> {});
      Terminal terminal = new Terminal(new PrintStream(err, true, UTF_8), false, false);
      Progress progress = new Progress();
      try (Report report =
          form == Form.JSON
              ? new JsonReport(
                  output, progress, store.name(), plan.selection().toString(), 0, false, Set.of())
              : new TextReport(terminal, output, progress, 0, false, form == Form.NULL, Set.of())) {
        Context context = Context.background();
        if (isDry) {
          summary[0] = Purge.count(context, store, plan, progress, report, Long.MAX_VALUE);
          report.endDry(summary[0], ExitCode.OK);
        } else {
          summary[0] = Purge.run(context, store, plan, progress, report);
          report.end(summary[0], ExitCode.of(summary[0], false));
        }
      }
    });
    return new Printed(out.toByteArray(), err.toByteArray(), summary[0]);
  }

  private Plan from(byte[] file, boolean isNullSeparated) throws Exception {
    Path path = Files.write(folder.resolve("keys"), file);
    return PLAN.with(
        new Selection(
            List.of(), List.of(), List.of(), Portion.ALL, Filter.NONE, path, isNullSeparated));
  }

  /** Feeds back lines, each of which names a key, and compares exactly what remains. */
  private void feed(Server server, List<String> lines, Set<String> named) throws Exception {
    Set<String> expected = new TreeSet<>(server.keys());
    assertTrue(expected.removeAll(named) || named.isEmpty());
    byte[] file = (String.join("\n", lines) + "\n").getBytes(UTF_8);
    Summary summary = run(server.store(), from(file, false), Form.TEXT, false).summary;
    assertEquals(Ending.COMPLETE, summary.ending(), () -> SEED + ": " + summary);
    assertEquals(expected, server.keys(), () -> "seed " + SEED);
    assertEquals(named.size(), summary.deleted() + summary.gone(), () -> SEED + ": " + summary);
  }

  /** Feeds back what is no list of keys: nothing that is there may go. */
  private void feedOther(Server server, byte[] file) throws Exception {
    Set<String> before = server.keys();
    run(server.store(), from(file, false), Form.TEXT, false);
    assertEquals(before, server.keys(), () -> "seed " + SEED);
  }

  private void check(Server server, List<byte[]> keys) throws Exception {
    Random random = new Random(SEED);
    Store store = server.store();
    Set<String> all = set(keys);
    for (Form form : new Form[] {Form.TEXT, Form.JSON}) {
      server.put(keys);
      assertEquals(all, server.keys());
      List<String> chosen = new ArrayList<>();
      Set<String> named = new TreeSet<>();
      for (String line : run(store, PLAN, form, true).lines()) {
        String key = KeyLine.key(line);
        if (key == null || random.nextBoolean()) {
          chosen.add(line); // those that are not about a key as well
          if (key != null) {
            named.add(bytes(key));
          }
        }
      }
      assertTrue(all.containsAll(named), "only keys that are there");
      feed(server, chosen, named);
    }
    checkNull(server, keys, random);
    checkFailedKeys(server, keys, random);
  }

  private void checkNull(Server server, List<byte[]> keys, Random random) throws Exception {
    server.put(keys);
    List<byte[]> possible = keys.stream().filter(key -> key.length > 0 && !hasNul(key)).toList();
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    Set<String> named = new TreeSet<>();
    for (byte[] key : possible) {
      if (random.nextBoolean()) {
        file.writeBytes(key);
        file.write(0);
        named.add(new String(key, ISO_8859_1));
      }
    }
    Plan plan = from(file.toByteArray(), true);
    Printed dry = run(server.store(), plan, Form.NULL, true);
    assertEquals(
        new String(file.toByteArray(), ISO_8859_1), new String(dry.out, ISO_8859_1), "as given");
    Set<String> expected = new TreeSet<>(server.keys());
    expected.removeAll(named);
    Summary summary = run(server.store(), plan, Form.TEXT, false).summary;
    assertTrue(summary.isComplete(), summary::toString);
    assertEquals(expected, server.keys(), () -> "seed " + SEED);
  }

  private static boolean hasNul(byte[] key) {
    for (byte b : key) {
      if (b == 0) {
        return true;
      }
    }
    return false;
  }

  private void checkFailedKeys(Server server, List<byte[]> keys, Random random) throws Exception {
    server.put(keys);
    List<byte[]> bad = keys.stream().filter(_ -> random.nextInt(3) == 0).toList();
    Path failed = folder.resolve("failed");
    Path checkpoint = folder.resolve("checkpoint");
    Plan plan = PLAN.with(new Plan.Files(failed, checkpoint, false));
    Store failing = new Failing(server.store(), set(bad));
    Printed printed = run(failing, plan, Form.JSON, false);
    assertEquals(set(bad), server.keys());
    server.put(keys); // all others are there again, and must stay
    Set<String> expected = set(keys);
    feedOther(server, printed.err);
    // the events of the run name the keys that failed
    feed(server, printed.lines(), set(bad));
    expected.removeAll(set(bad));
    assertEquals(expected, server.keys());
    server.put(keys);
    feed(server, Files.readAllLines(failed), set(bad));
    assertEquals(expected, server.keys());
    // error lines and the summary for people, and a checkpoint, are no lists of keys
    server.put(keys);
    Plan early = plan.with(new Plan.Limits(-1, 1, keys.size() - 1L, null, TIMEOUT));
    Printed text = run(failing, early, Form.TEXT, false);
    assertEquals(Ending.MAX_DELETE, text.summary.ending());
    server.put(keys);
    feedOther(server, text.err);
    feedOther(server, Files.readAllBytes(checkpoint));
  }

  /** A key that a store cannot have ends the run before another is deleted. */
  private void checkRefused(Server server, String possible, String... impossible) throws Exception {
    for (String key : impossible) {
      server.put(List.of(possible.getBytes(UTF_8)));
      assertNotNull(server.store().refusal(key), key);
      String file = possible + "\n" + KeyLine.of(key) + "\n";
      Set<String> before = server.keys();
      Summary summary =
          run(server.store(), from(file.getBytes(UTF_8), false), Form.TEXT, false).summary;
      assertEquals(Ending.FATAL, summary.ending(), summary::toString);
      assertTrue(String.valueOf(summary.reason()).contains("line 2 is"), summary::toString);
      assertEquals(before, server.keys(), key);
    }
    assertFalse(server.store().refusal(possible) != null);
  }

  @Test
  void aStoreInMemory() throws Exception {
    MemoryStore store = new MemoryStore();
    check(
        new Server() {
          @Override
          public Store store() {
            return store;
          }

          @Override
          public void put(List<byte[]> keys) {
            store.addAll(keys.stream().map(KeyBytes::text).toList());
          }

          @Override
          public Set<String> keys() {
            return store.keys().stream()
                .map(FeedBackTest::bytes)
                .collect(Collectors.toCollection(TreeSet::new));
          }
        },
        HostileKeys.bytes(SEED));
  }

  @Test
  void aStoreOfFastly() throws Exception {
    try (KvServer server = KvServer.start(0, new Faults(), null)) {
      String id = server.createStore("store", 0);
      try (Store store = new FastlyStore(server.uri(), id, "any", TIMEOUT, null, 3)) {
        Server both =
            new Server() {
              @Override
              public Store store() {
                return store;
              }

              @Override
              public void put(List<byte[]> keys) throws Exception {
                for (byte[] key : keys) {
                  server.put(id, new String(key, UTF_8), key);
                }
              }

              @Override
              public Set<String> keys() {
                return server.keys(id).stream()
                    .map(FeedBackTest::bytes)
                    .collect(Collectors.toCollection(TreeSet::new));
              }
            };
        check(
            both,
            HostileKeys.text(SEED).stream()
                .filter(key -> store.refusal(key) == null)
                .map(key -> key.getBytes(UTF_8))
                .toList());
        checkRefused(
            both,
            "a",
            "",
            ".",
            "..",
            "\udcff",
            "\ud800",
            "a\nb",
            "a/../b",
            "x".repeat(1025),
            "a?b");
      }
    }
  }

  /** A request to delete {@code keys/..} would delete the store itself. */
  @Test
  void aKeyThatNoRequestCanNameCountsAsFailed() throws Exception {
    try (KvServer server = KvServer.start(0, new Faults(), null)) {
      String id = server.createStore("store", 0);
      List<String> impossible = List.of("", ".", "..");
      for (String key : impossible) {
        server.put(id, key, new byte[0]);
      }
      server.put(id, "?", new byte[0]);
      server.put(id, "a", new byte[0]);
      Plan plan = PLAN.with(new Selection("", List.of(), List.of(KeyPattern.ofGlob("[?]")), null));
      try (Store store = new FastlyStore(server.uri(), id, "any", TIMEOUT, null, 3)) {
        Summary summary = run(store, plan, Form.TEXT, false).summary;
        assertEquals(1, summary.deleted(), summary::toString);
        assertEquals(impossible.size(), summary.failed(), summary::toString);
        assertEquals(impossible.size() + 1, server.keys(id).size());
        List<Outcome> outcomes = store.delete(List.of("\udcff", "b", "\ud800")).outcomes();
        assertInstanceOf(Outcome.Failed.class, outcomes.get(0));
        assertEquals(Outcome.GONE, outcomes.get(1));
        assertInstanceOf(Outcome.Failed.class, outcomes.get(2));
        assertTrue(server.keys(id).contains("?"));
      }
    }
  }

  @Test
  void aDatabaseOfValkey() throws Exception {
    try (RealServer server = RealServer.valkey();
        Store store = open("valkey://127.0.0.1:" + server.port());
        Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      Server both =
          new Server() {
            @Override
            public Store store() {
              return store;
            }

            @Override
            public void put(List<byte[]> keys) {
              keys.forEach(key -> jedis.set(key, key));
            }

            @Override
            public Set<String> keys() {
              return set(List.copyOf(jedis.keys("*".getBytes(UTF_8))));
            }
          };
      check(both, HostileKeys.bytes(SEED));
      checkRefused(both, "a", "\ud800", "\udcc3\udcb6");
    }
  }

  @Test
  void aClusterOfValkey() throws Exception {
    try (ValkeyCluster servers = new ValkeyCluster(3, 0, 15_000);
        Store store = open(servers.address())) {
      Server both =
          new Server() {
            @Override
            public Store store() {
              return store;
            }

            @Override
            public void put(List<byte[]> keys) {
              servers.put(keys, 3);
            }

            @Override
            public Set<String> keys() {
              return servers.keys();
            }
          };
      check(both, HostileKeys.bytes(SEED));
      checkRefused(both, "a", "\ud800", "\udcc3\udcb6");
    }
  }

  @Test
  void etcd() throws Exception {
    try (RealServer server = RealServer.etcd();
        Store store = open("etcd://127.0.0.1:" + server.port());
        HttpClient http = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://127.0.0.1:" + server.port() + "/v3/kv/");
      Server both =
          new Server() {
            @Override
            public Store store() {
              return store;
            }

            private JsonElement call(String what, String body) throws Exception {
              HttpRequest request =
                  HttpRequest.newBuilder(uri.resolve(what))
                      .POST(BodyPublishers.ofString(body))
                      .build();
              var response = http.send(request, BodyHandlers.ofString());
              assertEquals(200, response.statusCode(), response.body());
              return JsonParser.parseString(response.body());
            }

            @Override
            public void put(List<byte[]> keys) throws Exception {
              List<String> puts =
                  keys.stream()
                      .map(key -> Base64.getEncoder().encodeToString(key))
                      .distinct()
                      .map("{\"request_put\":{\"key\":\"%s\",\"value\":\"AA==\"}}"::formatted)
                      .toList();
              for (int i = 0; i < puts.size(); i += MOST_OPERATIONS) {
                List<String> some = puts.subList(i, Math.min(puts.size(), i + MOST_OPERATIONS));
                call("txn", "{\"success\":[" + String.join(",", some) + "]}");
              }
            }

            @Override
            public Set<String> keys() throws Exception {
              Set<String> keys = new TreeSet<>();
              JsonObject all =
                  call("range", "{\"key\":\"AA==\",\"range_end\":\"AA==\",\"keys_only\":true}")
                      .getAsJsonObject();
              if (all.get("kvs") instanceof JsonArray items) {
                for (JsonElement item : items) {
                  String key = item.getAsJsonObject().get("key").getAsString();
                  keys.add(new String(Base64.getDecoder().decode(key), ISO_8859_1));
                }
              }
              return keys;
            }
          };
      check(both, HostileKeys.bytes(SEED).stream().filter(key -> key.length > 0).toList());
      checkRefused(both, "a", "", "\ud800", "\udcc3\udcb6");
    }
  }

  @Test
  void aBucketOfNats() throws Exception {
    try (RealServer server = RealServer.nats()) {
      String url = "nats://127.0.0.1:" + server.port();
      Connection connection = Nats.connect(url);
      try (Store store = open(url + "/bucket")) {
        connection
            .keyValueManagement()
            .create(
                KeyValueConfiguration.builder()
                    .name("bucket")
                    .storageType(StorageType.Memory)
                    .build());
        var bucket = connection.keyValue("bucket");
        Server both =
            new Server() {
              @Override
              public Store store() {
                return store;
              }

              @Override
              public void put(List<byte[]> keys) throws Exception {
                for (byte[] key : keys) {
                  bucket.put(new String(key, UTF_8), key);
                }
              }

              @Override
              public Set<String> keys() throws Exception {
                return new TreeSet<>(bucket.keys());
              }
            };
        check(
            both,
            HostileKeys.text(SEED).stream()
                .filter(key -> store.refusal(key) == null && key.length() < 1000)
                .map(key -> key.getBytes(UTF_8))
                .toList());
        checkRefused(both, "a", "", "*", "a.>", "a b", "k\u00f6", ".a", "a.", "a..b", "\udcff");
      } finally {
        connection.close();
      }
    }
  }
}

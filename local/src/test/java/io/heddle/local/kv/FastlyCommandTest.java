package io.heddle.local.kv;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The service's own command as the server's client. ./check gets it from npm. */
@Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class FastlyCommandTest {
  private static final Path COMMAND = Path.of("../target/npm/node_modules/.bin/fastly");

  /** Exists while ./check, which started this test, installs the command. */
  private static final Path INSTALLING = Path.of("../target/npm/installing");

  @TempDir private Path folder;
  private final Faults faults = new Faults();
  private KvServer server;

  private record Result(int status, String output) {
    JsonElement json() {
      return JsonParser.parseString(output);
    }
  }

  @BeforeEach
  void start() throws Exception {
    while (Files.exists(INSTALLING)) {
      Thread.sleep(100); // between two looks at what another process does
    }
    if (!Files.isExecutable(COMMAND)) {
      String message = "NOT TESTED: there is no " + COMMAND + "; ./check installs it";
      System.err.println("*".repeat(10) + " " + message);
      Assumptions.abort(message);
    }
    server = KvServer.start(0, faults, "secret");
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  private Result fastly(String... arguments) throws Exception {
    return fastlyAs("secret", arguments);
  }

  private Result fastlyAs(String token, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(COMMAND.toAbsolutePath().toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectInput(Path.of("/dev/null").toFile());
    builder.environment().put("FASTLY_API_ENDPOINT", server.uri().toString());
    builder.environment().put("FASTLY_ACCOUNT_ENDPOINT", server.uri().toString());
    builder.environment().put("FASTLY_API_TOKEN", token);
    builder.environment().put("HOME", folder.toString());
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    return new Result(process.waitFor(), output);
  }

  private Result succeed(String... arguments) throws Exception {
    Result result = fastly(arguments);
    assertEquals(0, result.status, result.output);
    return result;
  }

  private Result fail(String... arguments) throws Exception {
    Result result = fastly(arguments);
    assertTrue(result.status != 0, result.output);
    return result;
  }

  private String createStore(String name) throws Exception {
    JsonObject store =
        succeed("kv-store", "create", "--name", name, "--json").json().getAsJsonObject();
    JsonElement id = store.has("id") ? store.get("id") : store.get("StoreID");
    return id.getAsString();
  }

  @Test
  void storesAreCreatedListedFoundAndDeleted() throws Exception {
    String id = createStore("first");
    createStore("second");
    String list = succeed("kv-store", "list").output;
    assertTrue(list.contains("first") && list.contains("second") && list.contains(id), list);
    String one = succeed("kv-store", "get", "--store-id", id).output;
    assertTrue(one.contains("first"), one);

    server.put(id, "key", new byte[0]);
    assertTrue(fail("kv-store", "delete", "--store-id", id).output.contains("409"));
    server.keys(id).clear();
    succeed("kv-store", "delete", "--store-id", id);
    assertFalse(succeed("kv-store", "list").output.contains(id));
    assertTrue(fail("kv-store", "get", "--store-id", id).output.contains("404"));
  }

  @Test
  void entriesArePutReadListedAndDeleted() throws Exception {
    String id = createStore("store");
    for (String key : List.of("a/b", "ä ö", "plus+sign")) {
      succeed("kv-store-entry", "create", "--store-id", id, "--key", key, "--value", "v-" + key);
      assertEquals("v-" + key, value(id, key));
    }
    assertEquals(Set.of("a/b", "plus+sign", "ä ö"), keys(id));
    succeed("kv-store-entry", "delete", "--store-id", id, "--key", "a/b");
    assertTrue(
        fail("kv-store-entry", "delete", "--store-id", id, "--key", "a/b").output.contains("404"));
    assertEquals(Set.of("plus+sign", "ä ö"), keys(id));
  }

  private String value(String id, String key) throws Exception {
    return succeed("kv-store-entry", "get", "--store-id", id, "--key", key).output;
  }

  private Set<String> keys(String id) throws Exception {
    JsonElement list = succeed("kv-store-entry", "list", "--store-id", id, "--json").json();
    JsonArray keys =
        list.isJsonArray() ? list.getAsJsonArray() : list.getAsJsonObject().getAsJsonArray("Data");
    Set<String> found = new TreeSet<>();
    keys.forEach(key -> found.add(key.getAsString()));
    return found;
  }

  @Test
  void batchesAreStored() throws Exception {
    String id = createStore("store");
    Path file = folder.resolve("batch.ndjson");
    Files.writeString(
        file, "{\"key\":\"one\",\"value\":\"MQ==\"}\n{\"key\":\"two\",\"value\":\"Mg==\"}\n");
    succeed("kv-store-entry", "create", "--store-id", id, "--file", file.toString());
    assertEquals("2", value(id, "two"));
    assertEquals(Set.of("one", "two"), keys(id));
  }

  @Test
  void allEntriesAreDeletedOverSeveralPages() throws Exception {
    String id = server.createStore("big", 2500);
    faults.latency(
        Duration.ofMillis(2)); // or one core answers each request before it sees the next
    Result result =
        succeed(
            "kv-store-entry",
            "delete",
            "--all",
            "--store-id",
            id,
            "--auto-yes",
            "--concurrency",
            "50");
    assertTrue(result.output.contains("Deleted all keys"), result.output);
    assertEquals(0, server.keys(id).size());
    int most = server.mostInFlight();
    assertTrue(most > 1 && most <= 51, most + " requests at a time");
  }

  @Test
  void aWrongTokenIsRefused() throws Exception {
    Result result = fastlyAs("wrong", "kv-store", "list");
    assertTrue(result.status != 0 && result.output.contains("401"), result.output);
  }

  /** What our own purge does better: see PurgeTest.Listing.aListingThatFailsIsNoSuccess. */
  @Test
  void itTakesAListingThatFailsForTheEnd() throws Exception {
    String id = server.createStore("big", 2500);
    faults.add(Faults.Which.listingsFrom(2), Long.MAX_VALUE, Faults.What.status(500));
    Result result = fastly("kv-store-entry", "delete", "--all", "--store-id", id, "--auto-yes");
    assertEquals(0, result.status, result.output);
    assertEquals(1500, server.keys(id).size());
  }
}

package io.heddle.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.heddle.purge.RealServer;
import io.nats.client.Connection;
import io.nats.client.KeyValue;
import io.nats.client.Nats;
import io.nats.client.api.KeyValueEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/**
 * A job of four processes, of which two are killed, and one is suspended until another has taken
 * its part over.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class PurgeWorkersTest {
  /** With {@code -Pscale}, many. */
  private static final int KEYS = Integer.getInteger("workers.keys", 30_000);

  private static final int KEPT = 1000;
  private static final int RATE = Integer.getInteger("workers.rate", 6_000);
  private static final int LOAD = 1000;

  @TempDir private Path folder;
  private RealServer valkey;
  private RealServer nats;
  private Connection connection;
  private final List<Process> processes = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    valkey = RealServer.valkey();
    nats = RealServer.nats();
    connection = Nats.connect("nats://127.0.0.1:" + nats.port());
    try (Jedis jedis = jedis()) {
      for (int i = 0; i < KEYS; i += LOAD) {
        jedis.mset(pairs("tmp:", i, i + LOAD));
      }
      jedis.mset(pairs("keep:", 0, KEPT));
    }
  }

  private static String[] pairs(String prefix, int from, int to) {
    return IntStream.range(from, to)
        .boxed()
        .flatMap(i -> List.of(prefix + i, "v").stream())
        .toArray(String[]::new);
  }

  @AfterEach
  void stop() throws Exception {
    connection.close();
    processes.forEach(process -> process.destroyForcibly().onExit().join());
    nats.close();
    valkey.close();
  }

  private Jedis jedis() {
    return new Jedis("127.0.0.1", valkey.port());
  }

  private Process begin(String... more) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "purge",
                "valkey://127.0.0.1:" + valkey.port() + "/0",
                "--match",
                "tmp:*",
                "--yes",
                "--json",
                "--quiet",
                "--workers",
                "nats://127.0.0.1:" + nats.port() + "/cleanup"));
    command.addAll(List.of(more));
    Path err = folder.resolve("err-" + processes.size());
    Process process =
        new ProcessBuilder(command)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(folder.resolve("out-" + processes.size()).toFile())
            .redirectError(err.toFile())
            .start();
    processes.add(process);
    return process;
  }

  private static void signal(Process process, String name) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, "" + process.pid()).start();
    assertEquals(0, kill.waitFor());
  }

  private void awaitSize(LongPredicate isReached) {
    try (Jedis jedis = jedis()) {
      while (!isReached.test(jedis.dbSize())) {
        Thread.onSpinWait();
      }
    }
  }

  /** The holder of each part that has not ended, by the part. */
  private static Map<String, String> holders(KeyValue bucket) throws Exception {
    Map<String, String> holders = new HashMap<>();
    for (String key : bucket.keys()) {
      KeyValueEntry entry = key.startsWith("part.") ? bucket.get(key) : null;
      if (entry != null && entry.getValue() != null) {
        JsonObject state =
            JsonParser.parseString(new String(entry.getValue(), UTF_8)).getAsJsonObject();
        if (!state.has("result")) {
          holders.put(key, state.get("worker").getAsString());
        }
      }
    }
    return holders;
  }

  /** The process with the name of a worker; -1 if there is none. */
  private int indexOf(String worker) {
    for (int i = 0; i < processes.size(); i++) {
      if (("-" + worker).contains("-" + processes.get(i).pid() + "-")) {
        return i;
      }
    }
    return -1;
  }

  private JsonObject summary(int process) throws IOException {
    List<String> lines = Files.readAllLines(folder.resolve("out-" + process));
    assertTrue(!lines.isEmpty(), () -> text("err-" + process));
    return JsonParser.parseString(lines.getLast()).getAsJsonObject();
  }

  private String text(String file) {
    try {
      return Files.readString(folder.resolve(file));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private void assertEnds(int process) throws Exception {
    int status = processes.get(process).waitFor();
    assertEquals(0, status, () -> text("err-" + process) + text("out-" + process));
  }

  private void assertOnlyTheOthersAreLeft() {
    try (Jedis jedis = jedis()) {
      Set<String> kept = new TreeSet<>(jedis.keys("*"));
      assertEquals(KEPT, kept.size());
      assertTrue(kept.stream().allMatch(key -> key.startsWith("keep:")));
    }
  }

  @Test
  void twoAreKilledOneIsSuspendedAndWhatIsSelectedIsGone() throws Exception {
    String[] options = {"--rate", "" + RATE, "--lease", "2s", "--batch", "100"};
    for (int i = 0; i < 4; i++) {
      begin(options);
    }
    awaitSize(size -> size < KEYS + KEPT - KEYS / 20);
    KeyValue bucket = connection.keyValue("heddle-purge-cleanup");
    int suspended = -1;
    String part = "";
    while (suspended < 0) { // suspends one in the middle of a part
      Map.Entry<String, String> held = holders(bucket).entrySet().stream().findAny().orElse(null);
      int holder = held == null ? -1 : indexOf(held.getValue());
      if (holder >= 0) {
        signal(processes.get(holder), "STOP");
        part = held.getKey();
        if (held.getValue().equals(holders(bucket).get(part))) {
          suspended = holder;
        } else {
          signal(processes.get(holder), "CONT");
        }
      }
    }
    Set<Integer> others = new LinkedHashSet<>(); // those that hold a part first
    holders(bucket).values().forEach(worker -> others.add(indexOf(worker)));
    others.addAll(List.of(0, 1, 2, 3));
    others.remove(suspended);
    List<Integer> killed = List.copyOf(others).subList(0, 2);
    for (int process : killed) {
      processes.get(process).destroyForcibly().onExit().join();
    }
    while (indexOf(holders(bucket).getOrDefault(part, "")) == suspended) {
      Thread.onSpinWait(); // until another process has taken the part over, or ended it
    }
    signal(processes.get(suspended), "CONT");
    others.removeAll(killed);
    for (int process : List.of(suspended, others.iterator().next())) {
      assertEnds(process);
      JsonObject summary = summary(process);
      assertTrue(summary.get("complete").getAsBoolean(), summary::toString);
      assertEquals(0, summary.get("left").getAsLong());
      long deleted = summary.get("deleted").getAsLong() + summary.get("gone").getAsLong();
      assertTrue(deleted <= KEYS * 1.2 && deleted >= KEYS * 0.5, summary::toString);
    }
    assertOnlyTheOthersAreLeft();
  }

  @Test
  void optionsThatOneProcessNeedsAreRefused() throws Exception {
    Process process = begin("--checkpoint", folder.resolve("run.json").toString());
    assertEquals(2, process.waitFor());
    assertTrue(text("err-0").contains("--checkpoint goes without --workers"), text("err-0"));
  }
}

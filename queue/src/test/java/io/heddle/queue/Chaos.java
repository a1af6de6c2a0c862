package io.heddle.queue;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;

/** Starts worker processes, kills them, and checks the remaining messages. */
final class Chaos {
  /** What the workers said that they had published, and so must not be lost. */
  final Set<Integer> acknowledged = Collections.synchronizedSet(new TreeSet<>());

  private final String address;
  private final String kind;

  /** Works on a queue with workers of a kind, {@code atomic} or {@code careless}. */
  Chaos(String address, String kind) {
    this.address = address;
    this.kind = kind;
  }

  /** A worker process. */
  static final class Victim {
    private final Process process;
    private final Thread reader;
    private final CountDownLatch ready = new CountDownLatch(1);
    private final CountDownLatch ahead = new CountDownLatch(1);
    private final List<String> output = Collections.synchronizedList(new ArrayList<>());

    private Victim(Process process, Set<Integer> acknowledged) {
      this.process = process;
      this.reader = new Thread(() -> read(acknowledged));
      reader.start();
    }

    private void read(Set<Integer> acknowledged) {
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (line.startsWith("published ")) {
            acknowledged.add(Integer.parseInt(line.substring("published ".length())));
          } else if (line.equals("ready")) {
            ready.countDown();
          } else if (line.equals(ChaosWorker.AHEAD)) {
            ahead.countDown();
          } else {
            output.add(line);
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } finally {
        ready.countDown();
        ahead.countDown();
      }
    }

    /** Waits until it works, and fails if it ended instead. */
    void awaitReady() throws InterruptedException {
      await(ready);
    }

    /**
     * Waits until a careless one makes its mistake, as it then does with one message or another.
     */
    void awaitAhead() throws InterruptedException {
      await(ahead);
    }

    private void await(CountDownLatch sign) throws InterruptedException {
      sign.await();
      assertTrue(process.isAlive(), () -> "a worker ended:\n" + String.join("\n", output));
    }

    /** Waits until it works or has ended, ends it, and returns what it said. */
    String end() throws InterruptedException {
      ready.await(); // or ended
      kill();
      return String.join("\n", output);
    }

    /** Kills it as {@code kill -9} does, and reads what it had said. */
    void kill() throws InterruptedException {
      process.toHandle().destroyForcibly(); // unlike the process's own, leaves its output readable
      process.waitFor();
      reader.join();
    }
  }

  Victim start(String... more) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-Dslf4j.internal.verbosity=ERROR",
                "-cp",
                System.getProperty("java.class.path"),
                ChaosWorker.class.getName(),
                address,
                kind));
    command.addAll(Arrays.asList(more));
    return new Victim(new ProcessBuilder(command).redirectErrorStream(true).start(), acknowledged);
  }

  /** What is wrong: messages that are lost, and stages that were completed more than once. */
  static List<String> faults(Queue queue, Set<Integer> wanted) throws Exception {
    Map<String, Integer> marks = new TreeMap<>();
    Set<String> finished = new HashSet<>();
    long after = 0;
    List<Entry> page = queue.list(Filter.ALL, after, 1000);
    while (!page.isEmpty()) {
      for (Entry entry : page) {
        if (entry.stage().equals(ChaosWorker.MARK)) {
          marks.merge(entry.key().substring(0, entry.key().lastIndexOf(' ')), 1, Integer::sum);
        } else if (entry.stage().equals(ChaosWorker.END)) {
          finished.add(entry.key());
        }
      }
      after = page.getLast().id();
      page = queue.list(Filter.ALL, after, 1000);
    }
    List<String> faults = new ArrayList<>();
    marks.forEach((mark, times) -> {
      if (times != 1) {
        faults.add(mark + " was completed " + times + " times");
      }
    });
    for (int i : wanted) {
      for (String stage : ChaosWorker.STAGES) {
        if (!marks.containsKey(stage + " m" + i)) {
          faults.add(stage + " m" + i + " was never completed");
        }
      }
      if (!finished.contains("m" + i)) {
        faults.add("m" + i + " is lost");
      }
    }
    return faults;
  }
}

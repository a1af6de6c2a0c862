package io.heddle.remote;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.queue.PostgresServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Processes on one database are killed, or suspended. */
@Tag("system")
@Tag("slow")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RemoteChaosTest {
  private static final int MESSAGES = 200;
  private static final String END = "the process has ended";

  private final List<Worker> workers = new ArrayList<>();
  private String address;
  private Remote remote;

  @BeforeEach
  void open() throws Exception {
    address = PostgresServer.shared().newSchema();
    remote = Remote.open(address);
  }

  @AfterEach
  void close() throws Exception {
    for (Worker worker : workers) {
      worker.kill();
    }
    remote.close();
  }

  /** A process with a RemoteWorker, and the lines that it has written. */
  private static final class Worker {
    final Process process;
    final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final Thread reader;

    Worker(String address, String kind) throws IOException {
      process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx128m",
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "--add-opens=java.base/java.lang=ALL-UNNAMED",
                  "-Dslf4j.internal.verbosity=ERROR",
                  "-cp",
                  System.getProperty("java.class.path"),
                  RemoteWorker.class.getName(),
                  address,
                  kind)
              .redirectErrorStream(true)
              .start();
      reader = new Thread(this::read);
      reader.start();
    }

    private void read() {
      try (BufferedReader output =
          new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
        for (String line; (line = output.readLine()) != null; ) {
          lines.add(line);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } finally {
        lines.add(END);
      }
    }

    String next() throws InterruptedException {
      String line = lines.poll(120, TimeUnit.SECONDS);
      return line == null ? "nothing" : line;
    }

    void signal(String signal) throws Exception {
      Process kill =
          new ProcessBuilder("kill", "-" + signal, "" + process.pid()).inheritIO().start();
      assertEquals(0, kill.waitFor());
    }

    void kill() throws InterruptedException {
      process.toHandle().destroyForcibly(); // its output stays readable
      process.waitFor();
      reader.join();
    }
  }

  private Worker start(String kind) throws IOException {
    Worker worker = new Worker(address, kind);
    workers.add(worker);
    return worker;
  }

  @Test
  void nothingIsLostWhenWorkersAreKilledAndEveryDuplicateIsMarked() throws Exception {
    Outlet<String> outlet = remote.outlet("jobs", Codec.text());
    for (int i = 0; i < MESSAGES; i++) {
      outlet.send("m" + i);
    }
    outlet.end();
    Worker victim = start("stall");
    List<String> lines = new ArrayList<>();
    for (String line = victim.next(); !line.equals("stalled"); line = victim.next()) {
      lines.add(line);
    }
    Worker other = start("work");
    victim.kill();
    victim.lines.drainTo(lines);
    while (!lines.getLast().equals(END) || lines.indexOf(END) == lines.size() - 1) {
      lines.add(other.next());
    }
    Map<String, Integer> got = new TreeMap<>();
    for (String line : lines) {
      String[] words = line.split(" ", -1);
      if (words[0].equals("got")) {
        boolean isFirst = got.merge(words[1], 1, Integer::sum) == 1;
        assertTrue(isFirst || !words[2].equals("1"), () -> "a duplicate is not marked: " + line);
      } else {
        assertTrue(words[0].equals("done") || line.equals(END), line);
      }
    }
    assertEquals(MESSAGES, got.size());
    assertTrue(
        got.values().stream().anyMatch(times -> times > 1), "the worker was not killed at work");
    try (Inlet<String> inlet = remote.inlet("jobs", Codec.text())) {
      assertNull(inlet.receive());
    }
  }

  @Test
  void aHolderThatWasStoppedIsFenced() throws Exception {
    Worker holder = start("hold");
    long token = Long.parseLong(holder.next().substring("held ".length()));
    holder.signal("STOP");
    try (Held held = remote.mutex("m").lock()) {
      assertEquals(token + 1, held.token());
      holder.process.getOutputStream().write("late\n".getBytes(UTF_8));
      holder.process.getOutputStream().flush();
      holder.signal("CONT");
      assertEquals("refused", holder.next());
      assertEquals("ended", holder.next());
      remote.outlet("jobs", Codec.text()).send(Message.of("in time"), held);
    }
    remote.outlet("jobs", Codec.text()).end();
    try (Inlet<String> inlet = remote.inlet("jobs", Codec.text());
        Delivery<String> delivery = inlet.receive()) {
      assertEquals("in time", delivery.value());
      delivery.ack();
      assertNull(inlet.receive());
    }
  }
}

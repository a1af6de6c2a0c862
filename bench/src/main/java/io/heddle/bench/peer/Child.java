package io.heddle.bench.peer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The process of one peer. It executes the requests on its standard input, and answers each line
 * with one line:
 *
 * <pre>
 * list                    list NAME NAME …
 * work KIND TURNS         work KIND NANOS                    (one run of the local work)
 * run NAME N              run NAME N NANOS BYTES             (of all N operations; allocated)
 * park THREADS            park THREADS START WAKE BYTES PEAK (nanoseconds; resident memory)
 * timers N                timers N FIGURES…                  (see TimerFigures)
 * anything that fails     error MESSAGE
 * </pre>
 *
 * <p>The process of the Go peer uses the same protocol.
 */
public final class Child {
  private static final Path STATUS = Path.of("/proc/self/status");

  private final Peer peer;
  private final Map<String, Workloads.Body> bodies;
  private final Map<String, Double> nanosPerOp = new HashMap<>();

  /** Resident memory before the first workload: memory left by the warm-up counts as used. */
  private final long residentAtStart;

  private Child(Peer peer) throws IOException {
    this.residentAtStart = resident();
    this.peer = peer;
    this.bodies = peer.workloads().all();
  }

  /** Serves standard input until it ends. */
  public static void serve(Peer peer) throws IOException {
    PrintStream answers = System.out;
    // Output that a workload prints must not pass for an answer.
    System.setOut(System.err);
    Child child = new Child(peer);
    BufferedReader questions =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = questions.readLine(); line != null; line = questions.readLine()) {
      answers.println(child.answer(line.split(" ")));
      answers.flush();
    }
    System.exit(0);
  }

  private String answer(String[] question) {
    try {
      return switch (question[0]) {
        case "list" -> "list " + String.join(" ", bodies.keySet());
        case "work" -> work(question[1], Integer.parseInt(question[2]));
        case "run" -> run(question[1], Long.parseLong(question[2]));
        case "park" -> park(Integer.parseInt(question[1]));
        case "timers" -> timers(Integer.parseInt(question[1]));
        default -> "error unknown question " + question[0];
      };
    } catch (Throwable e) {
      e.printStackTrace();
      return "error " + e.toString().replace('\n', ' ');
    }
  }

  private static String work(String kind, int turns) {
    double nanos = Work.named(kind).calibrate(turns);
    return String.format(Locale.ROOT, "work %s %.3f", kind, nanos);
  }

  private String run(String name, long n) throws Exception {
    Workloads.@Nullable Body body = bodies.get(name);
    if (body == null) {
      return "error no workload " + name;
    }
    Round round =
        new Round(
            peer,
            n,
            Runtime.getRuntime().availableProcessors(),
            nanosPerOp.getOrDefault(name, 0.0));
    // As before each of Go's benchmarks: a round must not pay for the garbage of the previous one.
    System.gc();
    peer.enter(() -> {
      round.startTimer();
      body.run(round);
      round.stopTimer();
    });
    nanosPerOp.put(name, (double) round.nanos() / n);
    return "run " + name + " " + n + " " + round.nanos() + " " + round.bytes();
  }

  private String park(int threads) throws Exception {
    long[] resident = new long[2];
    Peer.Parked parked =
        peer.park(
            threads,
            () -> {
              System.gc();
              // After the collection, which needs memory, too, and both from the same reading.
              List<String> status = status();
              resident[0] = bytes(status, "VmRSS") - residentAtStart;
              resident[1] = bytes(status, "VmHWM") - residentAtStart;
            });
    return "park "
        + threads
        + " "
        + parked.startNanos()
        + " "
        + parked.wakeNanos()
        + " "
        + resident[0]
        + " "
        + resident[1];
  }

  private String timers(int timers) throws Exception {
    TimerFigures figures =
        peer.timers(
                timers,
                () -> {
                  System.gc();
                  return resident();
                })
            .orElseThrow(() -> new IllegalStateException("no timers to compare"));
    return "timers " + timers + " " + figures.words();
  }

  private static long resident() throws IOException {
    return bytes(status(), "VmRSS");
  }

  /** Empty on systems without this file. */
  private static List<String> status() throws IOException {
    return Files.isReadable(STATUS) ? Files.readAllLines(STATUS) : List.of();
  }

  /** Zero on systems that do not report it. */
  private static long bytes(List<String> status, String field) throws IOException {
    for (String line : status) {
      if (line.startsWith(field + ":")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
      }
    }
    if (status.isEmpty()) {
      return 0;
    }
    throw new IOException("no " + field + " in /proc/self/status");
  }
}

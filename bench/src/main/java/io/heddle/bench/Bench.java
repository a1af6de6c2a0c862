package io.heddle.bench;

import io.heddle.bench.PeerProcess.PeerException;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The benchmark: what {@code heddle bench} runs. */
public final class Bench {
  private final Installation installation;
  private final PrintStream out;
  private boolean failed;

  /** A benchmark of the built source tree that contains this class. */
  public Bench(PrintStream out) {
    this(Installation.find(), out);
  }

  Bench(Installation installation, PrintStream out) {
    this.installation = installation;
    this.out = out;
  }

  /** Why the benchmark could not run. */
  public static final class BenchException extends Exception {
    private static final long serialVersionUID = 1;

    BenchException(Throwable cause) {
      super(cause.getMessage(), cause);
    }
  }

  /** The plan selects no row of any peer, and nothing else to measure. */
  public static final class NoRowException extends Exception {
    private static final long serialVersionUID = 1;

    NoRowException(Plan plan) {
      super(
          "--filter %s: no peer that takes part has such a row; `heddle bench --list%s` shows them all"
              .formatted(plan.filter(), plan.quick() ? " --quick" : ""));
    }
  }

  /** Prints the names of the rows, and the peers that have each. */
  public void list(Plan plan) throws BenchException, NoRowException, InterruptedException {
    try (Suite suite = suite(plan)) {
      for (String name : start(suite, plan)) {
        out.printf("%-36s %s%n", name, String.join(" ", suite.offering(name)));
      }
    } catch (IOException | PeerException e) {
      throw new BenchException(e);
    }
  }

  /**
   * Measures, prints the table, and writes the files.
   *
   * @return whether everything ran; failures are in the output
   * @throws BenchException if the benchmark cannot run at all, or a file could not be written; the
   *     other files are written
   * @throws NoRowException if the plan selects nothing: then nothing is measured
   */
  public boolean run(Plan plan, ReportFiles files)
      throws BenchException, NoRowException, InterruptedException {
    try {
      files.write(measure(plan), out);
      return !failed;
    } catch (IOException | PeerException e) {
      throw new BenchException(e);
    }
  }

  private Suite suite(Plan plan) throws IOException, InterruptedException {
    Map<Contender, List<String>> commands = new EnumMap<>(Contender.class);
    List<Contender> present = new ArrayList<>(plan.peers());
    for (Contender peer : plan.peers()) {
      if (peer.isJava()) {
        commands.put(peer, peer.javaCommand(installation.classPath(), plan.allJvmFlags()));
      } else {
        Optional<Path> program = Optional.empty();
        try {
          program = installation.goProgram();
          program.ifPresentOrElse(
              path -> commands.put(peer, List.of(path.toString())),
              () -> fail(Installation.INSTALL_GO));
        } catch (IOException e) {
          fail("FAILED go: " + e.getMessage());
        }
        if (program.isEmpty()) {
          present.remove(peer);
        }
      }
    }
    return new Suite(plan.with(present), commands, this::fail);
  }

  private void fail(String message) {
    failed = true;
    out.println("\n" + message + "\n");
  }

  /** Starts the peers, and selects from the rows that they offer. */
  private static List<String> start(Suite suite, Plan plan)
      throws PeerException, NoRowException, InterruptedException {
    List<String> names = suite.start().stream().filter(plan::includes).toList();
    if (names.isEmpty() && suite.peers().stream().allMatch(plan::isDoneWithoutRows)) {
      throw new NoRowException(plan);
    }
    return names;
  }

  Report measure(Plan plan)
      throws IOException, PeerException, NoRowException, InterruptedException {
    try (Suite suite = suite(plan)) {
      List<Row> rows = new ArrayList<>();
      List<Memory> memory = new ArrayList<>();
      List<Report.Timers> timers = new ArrayList<>();
      List<String> names = start(suite, plan);
      Map<String, String> machine = machine(plan);
      machine.forEach((key, value) -> out.println(key + ": " + value));
      List<Suite.Calibration> work = suite.calibrateWork();
      Report report = new Report(machine, suite.peers(), work, rows, memory, timers);
      work.forEach(one -> out.println(Table.line(one)));
      out.println();
      if (!names.isEmpty()) {
        out.println(" ".repeat(4 + Integer.toString(names.size()).length()) + Table.header(report));
      }
      long start = System.nanoTime();
      long all = names.stream().mapToLong(name -> suite.offering(name).size()).sum();
      long done = 0;
      for (String name : names) {
        // The row's share of the budget, plus the time that earlier rows did not use.
        done += suite.offering(name).size();
        Row row = suite.run(name, start + plan.budget().toNanos() / all * done);
        rows.add(row);
        out.printf("%3d/%d %s%n", rows.size(), names.size(), Table.line(report, row));
        out.flush();
      }
      suite.stop();
      out.println();
      out.print(Table.summary(report));
      out.println();
      for (Contender peer : suite.peers()) {
        for (int goroutines : plan.parked(peer)) {
          suite
              .park(peer, goroutines)
              .ifPresent(one -> {
                memory.add(one);
                out.println(Table.line(one));
              });
        }
      }
      for (Contender peer : suite.peers()) {
        int pending = plan.pendingTimers(peer);
        if (pending > 0) {
          suite
              .timers(peer, pending)
              .ifPresent(one -> {
                timers.add(one);
                out.println(Table.line(one));
              });
        }
      }
      return report;
    }
  }

  private static Map<String, String> machine(Plan plan) throws IOException, InterruptedException {
    Map<String, String> machine = new LinkedHashMap<>();
    machine.put("processor", plan.procs() + " of " + processor());
    double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    if (load >= 0) {
      machine.put("load average before", String.format(Locale.ROOT, "%.1f", load));
    }
    machine.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
    machine.put("go", Installation.goVersion().orElse("not installed"));
    machine.put("jvm flags of every peer", String.join(" ", plan.allJvmFlags()));
    for (Contender peer : plan.peers()) {
      if (!peer.ownFlags().isEmpty()) {
        machine.put("and of " + peer.id(), String.join(" ", peer.ownFlags()));
      }
    }
    machine.put(
        "rounds",
        String.format(
            Locale.ROOT,
            "%d to %d of %d ms, after %d to warm up",
            plan.fewestRounds(),
            plan.rounds(),
            plan.roundTime().toMillis(),
            plan.warmUps()));
    return machine;
  }

  private static String processor() throws IOException {
    int all = Runtime.getRuntime().availableProcessors();
    Path info = Path.of("/proc/cpuinfo");
    String model = System.getProperty("os.arch");
    if (Files.isReadable(info)) {
      model =
          Files.readString(info, StandardCharsets.UTF_8)
              .lines()
              .filter(line -> line.startsWith("model name"))
              .map(line -> line.substring(line.indexOf(':') + 1).strip())
              .findFirst()
              .orElse(model);
    }
    return all + " × " + Objects.requireNonNullElse(model, "unknown");
  }
}

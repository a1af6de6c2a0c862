package io.heddle.cli;

import io.heddle.bench.Bench;
import io.heddle.bench.Contender;
import io.heddle.bench.Plan;
import io.heddle.bench.ReportFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The benchmark: Go's own workloads on Heddle, Go and other libraries. */
@Command(
    name = "bench",
    header = "Runs Go's own benchmarks on Heddle, Go, and other libraries for the JVM.",
    description = {
      "",
      "Every peer runs the same work in a process of its own; the processes take turns, round by "
          + "round, after rounds that warm them up. The table shows, for each benchmark, the median "
          + "time of one operation in nanoseconds for each peer; how many times as fast Heddle is "
          + "as Go, and as the fastest of Go, Kotlin, Jox and java.util.concurrent; and its spread, "
          + "the middle half of the rounds as a part of the median. Then come geometric means, what a million blocked goroutines "
          + "take (the row 'memory' for --filter), and a million pending timers (the row 'timers').",
      "",
      "Peers: heddle (its own scheduler), heddle-jdk (the JDK's, as without any JVM option), go, "
          + "kotlin (coroutines), jox, juc (java.util.concurrent on virtual threads). A peer "
          + "without a natural counterpart of a benchmark leaves its cell empty.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  heddle bench --quick                      the main rows, in under two minutes",
      "  heddle bench --list                       the names of all rows",
      "  heddle bench --peers heddle,go --filter '^Chan|Select'",
      "  heddle bench --json figures.json --chart chart.svg  everything, in 15 minutes",
      "",
      "On a machine with other work, the figures have a large spread.",
      "docs/performance.md explains the figures."
    },
    exitCodeList = {
      "0:everything was measured",
      "1:a peer is missing or failed, which the output shows where it happened; or a file could not "
          + "be written in the end, though the others are",
      "2:nothing was measured: an option is wrong, --filter finds no row, or a file cannot be written"
    })
final class BenchCommand extends Subcommand {

  @Option(
      names = "--peers",
      split = ",",
      paramLabel = "PEER",
      defaultValue = "heddle,heddle-jdk,go,kotlin,jox,juc",
      description = "Measure these peers, separated by commas. Default: ${DEFAULT-VALUE}.")
  private List<String> peers = List.of();

  @Option(
      names = "--filter",
      paramLabel = "REGEX",
      description =
          "Only the rows in whose name this regular expression is found; memory and timers, which "
              + "--list leaves out, are such names, too.")
  private @Nullable String filter;

  @Option(names = "--quick", description = "The main rows only, in fewer and shorter rounds.")
  private boolean quick;

  @Option(names = "--list", description = "List the rows, and the peers that have them; run none.")
  private boolean list;

  @Option(
      names = "--memory",
      description = "Also block ten million goroutines on Heddle; takes about 10 GB of memory.")
  private boolean memory;

  @Option(
      names = "--procs",
      paramLabel = "N",
      description = "GOMAXPROCS of every peer. Default: all processors, here ${DEFAULT-VALUE}.")
  private int procs = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--jvm",
      split = " ",
      paramLabel = "FLAGS",
      defaultValue = "-XX:+UseParallelGC",
      description = "Use these flags for all JVMs, separated by spaces. Default: ${DEFAULT-VALUE}.")
  private List<String> jvmFlags = List.of();

  @Option(names = "--json", paramLabel = "FILE", description = "Write the figures there.")
  private @Nullable Path json;

  @Option(names = "--chart", paramLabel = "FILE", description = "Write an SVG picture there.")
  private @Nullable Path chart;

  @Option(names = "--markdown", paramLabel = "FILE", description = "Write the tables there.")
  private @Nullable Path markdown;

  @Override
  public Integer call() throws InterruptedException {
    Plan plan = plan();
    ReportFiles files = files();
    Bench bench = new Bench(System.out);
    try {
      if (list) {
        bench.list(plan);
        return CommandLine.ExitCode.OK;
      }
      return bench.run(plan, files) ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    } catch (Bench.NoRowException e) {
      return fail(CommandLine.ExitCode.USAGE, e.getMessage());
    } catch (Bench.BenchException e) {
      return fail(CommandLine.ExitCode.SOFTWARE, e.getMessage());
    }
  }

  private Plan plan() {
    if (procs < 1) {
      throw usage("--procs " + procs + ": needs at least 1");
    }
    // An empty variable in a script may cause this; every name would match.
    if (filter != null && filter.isEmpty()) {
      throw usage("--filter is empty: leave it out for all rows");
    }
    try {
      return new Plan(
          peers.stream().map(Contender::of).distinct().toList(),
          Pattern.compile(filter == null ? "" : filter),
          quick,
          procs,
          jvmFlags.stream().filter(flag -> !flag.isBlank()).toList(),
          memory);
    } catch (PatternSyntaxException e) {
      throw usage("--filter: " + e.getDescription() + ": " + filter);
    } catch (IllegalArgumentException e) {
      throw usage("--peers: " + e.getMessage());
    }
  }

  private ReportFiles files() {
    ReportFiles files = new ReportFiles(json, chart, markdown);
    try {
      files.check();
      return files;
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }
}

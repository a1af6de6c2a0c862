package io.heddle.evidence.golang;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.TaskGroup;
import io.heddle.evidence.golang.Execution.Plant;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Runs the same programs by Go and by Heddle, on both of its schedulers, and compares. */
public final class Comparison {
  /** So many programs are compiled at once. */
  private static final int BATCH = 500;

  private static final int FILE = 25;

  /** So many run in one JVM after another. */
  private static final int PART = 100;

  /** So many run at a time: a process that looks for a deadlock needs half a second and no CPU. */
  private static final int PROCESSES = 7;

  private static final String GO = "go";

  /** Who runs each program: Go, and Heddle on two schedulers. */
  private static final List<String> RUNNERS = List.of(GO, "heddle", "jdk");

  private static final Verdict UNKNOWN = new Verdict("unknown");

  /**
   * A program whose verdicts differ.
   *
   * @param seed the seed from which it was generated
   * @param verdicts the verdicts by runtime
   */
  record Difference(long seed, Map<String, Verdict> verdicts) {
    @Override
    public String toString() {
      return "seed " + seed + ": " + verdicts + "\n" + GoSource.text(Draft.program(seed));
    }
  }

  private final Path folder;
  private final long seed;

  /** Go's, in the order of the seeds. */
  private final List<Verdict> verdicts = new ArrayList<>();

  private final List<Difference> differences = new ArrayList<>();
  private final Map<String, Integer> tally = new TreeMap<>();

  private Comparison(Path folder, long seed) {
    this.folder = folder;
    this.seed = seed;
  }

  /**
   * Compares programs.
   *
   * @param args the first seed and the number of programs
   * @throws Exception if that cannot be done
   */
  public static void main(String[] args) throws Exception {
    long seed = Long.parseLong(args[0]);
    int count = Integer.parseInt(args[1]);
    long start = System.nanoTime();
    Comparison comparison = of(seed, count);
    System.out.printf(
        "%d programs from seed %d in %d s: %s%n",
        count, seed, (System.nanoTime() - start) / 1_000_000_000, comparison.tally());
    comparison.differences().forEach(System.out::println);
    System.out.println(comparison.differences().size() + " differences");
    System.exit(comparison.differences().isEmpty() ? 0 : 1);
  }

  /**
   * Compares programs.
   *
   * @param seed the seed of the first; the others have the next ones
   * @param count how many
   */
  static Comparison of(long seed, int count)
      throws IOException, InterruptedException, ExecutionException {
    Path folder = Files.createTempDirectory("heddle-go");
    try {
      Comparison comparison = new Comparison(folder, seed);
      for (int done = 0; done < count; done += BATCH) {
        comparison.batch(seed + done, Math.min(BATCH, count - done));
      }
      return comparison;
    } finally {
      delete(folder);
    }
  }

  /** Whether there is a Go that gives each turn of a loop its own variable. */
  static boolean isGoInstalled() throws InterruptedException {
    try {
      Process go = new ProcessBuilder("go", "env", "GOVERSION").start();
      String version = new String(go.getInputStream().readAllBytes(), UTF_8).trim();
      return go.waitFor() == 0 && version.matches("go1\\.(2[2-9]|[3-9][0-9]).*");
    } catch (IOException e) {
      return false;
    }
  }

  List<Difference> differences() {
    return differences;
  }

  /** How often each kind of verdict was Go's. */
  Map<String, Integer> tally() {
    return tally;
  }

  /**
   * Plants a mistake in Heddle's side.
   *
   * @param plant the mistake
   * @return the first program that shows it, null if none does
   */
  @Nullable Difference find(Plant plant) throws IOException, InterruptedException {
    Path errors = Files.createTempDirectory("heddle-go");
    try {
      List<Verdict> planted = new ArrayList<>(Collections.nCopies(verdicts.size(), UNKNOWN));
      int[] found = {-1};
      Runner.run(
          planted,
          errors,
          next -> jvm(RUNNERS.getLast(), seed, planted.size(), next, plant),
          i -> {
            found[0] = planted.get(i).equals(verdicts.get(i)) ? -1 : i;
            return found[0] != -1;
          });
      int i = found[0];
      return i == -1
          ? null
          : new Difference(seed + i, Map.of(GO, verdicts.get(i), plant.name(), planted.get(i)));
    } finally {
      delete(errors);
    }
  }

  private void batch(long first, int count)
      throws IOException, InterruptedException, ExecutionException {
    Path binary = build(first, count);
    Map<String, List<Verdict>> all = new LinkedHashMap<>();
    TaskGroup<Void> group = new TaskGroup<Void>().limit(PROCESSES);
    for (String who : RUNNERS) {
      List<Verdict> results = new ArrayList<>(Collections.nCopies(count, UNKNOWN));
      all.put(who, results);
      int part = who.equals(GO) ? count : PART;
      for (int from = 0; from < count; from += part) {
        List<Verdict> mine = results.subList(from, Math.min(count, from + part));
        long start = first + from;
        group.go(() -> {
          IntFunction<List<String>> command =
              who.equals(GO)
                  ? next -> List.of(binary.toString(), String.valueOf(next))
                  : next -> jvm(who, start, mine.size(), next, null);
          Runner.run(mine, folder, command, _ -> false);
        });
      }
    }
    group.await();
    for (int i = 0; i < count; i++) {
      Map<String, Verdict> each = new LinkedHashMap<>();
      for (var entry : all.entrySet()) {
        each.put(entry.getKey(), entry.getValue().get(i));
      }
      Verdict gos = Objects.requireNonNull(each.get(GO));
      verdicts.add(gos);
      tally.merge(gos.kind(), 1, Integer::sum);
      if (each.values().stream().distinct().count() > 1) {
        differences.add(new Difference(first + i, each));
      }
    }
  }

  private Path build(long seed, int count) throws IOException, InterruptedException {
    Path sources = Files.createTempDirectory(folder, "source");
    Files.writeString(sources.resolve("go.mod"), "module programs\n\ngo 1.22\n");
    Files.writeString(sources.resolve("main.go"), GoSource.PRELUDE);
    Files.writeString(sources.resolve("table.go"), GoSource.table(count));
    for (int first = 0; first < count; first += FILE) {
      List<Tree.Program> programs = new ArrayList<>();
      for (int i = first; i < Math.min(count, first + FILE); i++) {
        programs.add(Draft.program(seed + i));
      }
      Files.writeString(sources.resolve("p" + first + ".go"), GoSource.file(programs, first));
    }
    Path binary = sources.resolve("programs");
    ProcessBuilder builder =
        new ProcessBuilder("go", "build", "-o", binary.toString(), ".").directory(sources.toFile());
    builder.environment().putAll(Map.of("GOTOOLCHAIN", "local", "GOFLAGS", "", "GOWORK", "off"));
    Path log = sources.resolve("build.txt");
    Process go = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    if (go.waitFor() != 0) {
      throw new IOException("go build: " + Files.readString(log));
    }
    return binary;
  }

  private static List<String> jvm(
      String scheduler, long seed, int count, int from, @Nullable Plant plant) {
    List<String> command = new ArrayList<>(jvm(scheduler, Programs.class));
    command.addAll(List.of(String.valueOf(seed), String.valueOf(count), String.valueOf(from)));
    if (plant != null) {
      command.add(plant.name());
    }
    return command;
  }

  /** A command that runs a class on one of the schedulers. */
  static List<String> jvm(String scheduler, Class<?> main) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xmx256m",
        "--add-opens=java.base/java.lang=ALL-UNNAMED",
        "-Dheddle.scheduler=" + scheduler,
        "-cp",
        location(io.heddle.Go.class) + ":" + location(main),
        main.getName());
  }

  private static Path location(Class<?> type) {
    try {
      CodeSource source = Objects.requireNonNull(type.getProtectionDomain().getCodeSource());
      return Path.of(source.getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}

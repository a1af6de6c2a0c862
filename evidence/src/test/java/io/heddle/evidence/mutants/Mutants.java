package io.heddle.evidence.mutants;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.TaskGroup;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * Plants each mutant in a copy of its file, compiles that, and runs tests against it: those named
 * in the table, then the rest of core's suite, on the one scheduler and on the other. What is known
 * from an earlier run, of the same text and the same tests, is not asked again.
 */
final class Mutants {
  /** More than there are processors: a test that does not end needs none until it is given up. */
  private static final int AT_A_TIME = 4;

  private static final String ENDLESS = "KILLED does not end: ";

  /** For a whole suite, on a busy machine. */
  private static final long PATIENCE_MINUTES = 20;

  /**
   * Not asked: they start JVMs from core's own classes, or look at nothing but the architecture.
   */
  private static final List<String> LEFT_OUT =
      List.of("ArchitectureTest", "DeadlockTest", "ForeignCodeTest");

  private final Path core;
  private final Path work;
  private final Path results;
  private final Map<String, String> known = new LinkedHashMap<>();

  private Mutants(Path core, Path work) throws IOException {
    this.core = core;
    this.work = work;
    this.results = work.resolve("results.txt");
    Files.createDirectories(work);
    if (Files.exists(results)) {
      for (String line : Files.readAllLines(results)) {
        String[] parts = line.split("\t", -1);
        known.put(parts[0], parts[1]);
      }
    }
  }

  /**
   * Plants mutants.
   *
   * @param args a regular expression for the names of the mutants; how far to go: {@code named} for
   *     the tests in the table alone, or {@code all}; and how many to take at random, the same ones
   *     each time
   */
  public static void main(String[] args) throws Exception {
    String names = args.length > 0 ? args[0] : ".*";
    boolean all = args.length < 2 || args[1].equals("all");
    int most = args.length > 2 ? Integer.parseInt(args[2]) : Integer.MAX_VALUE;
    Mutants mutants = new Mutants(Path.of("core"), Path.of("evidence/target/mutants"));
    System.exit(mutants.run(names, all, most) ? 0 : 1);
  }

  private boolean run(String names, boolean all, int most) throws Exception {
    List<Mutant> chosen =
        new ArrayList<>(
            Mutant.all().stream().filter(mutant -> mutant.name().matches(names)).toList());
    // So that what is known at any time is a fair sample.
    Collections.shuffle(chosen, new Random(1));
    chosen = chosen.subList(0, Math.min(most, chosen.size()));
    int count = chosen.size();
    Map<Mutant, String> outcomes = new LinkedHashMap<>();
    try (var group = new TaskGroup<Map.Entry<Mutant, String>>().limit(AT_A_TIME)) {
      for (Mutant mutant : chosen) {
        group.go(() -> Map.entry(mutant, outcome(mutant, all)));
      }
      for (var one : group.results()) {
        outcomes.put(one.getKey(), one.getValue());
        System.out.printf(
            "%d/%d %s: %s%n", outcomes.size(), count, one.getKey().name(), one.getValue());
      }
      group.await();
    }
    return report(outcomes);
  }

  private static boolean report(Map<Mutant, String> outcomes) {
    Map<String, Integer> tally = new TreeMap<>();
    outcomes.values().forEach(outcome -> tally.merge(outcome.split(" ", 2)[0], 1, Integer::sum));
    System.out.println(outcomes.size() + " mutants: " + tally);
    outcomes.forEach((mutant, outcome) -> {
      if (!outcome.startsWith("KILLED")) {
        System.out.println(mutant.name() + ": " + outcome);
      }
    });
    return tally.keySet().equals(Set.of("KILLED"));
  }

  private String outcome(Mutant mutant, boolean all) throws Exception {
    String source = Files.readString(core.resolve("src/main/java").resolve(mutant.file()));
    String planted = mutant.plant(source);
    Path folder = Files.createTempDirectory(work, "mutant");
    try {
      String error = compile(mutant, planted, folder);
      if (error != null) {
        return "INVALID " + error;
      }
      String outcome = ask(mutant, planted, folder, mutant.tests(), "auto");
      if (all && outcome.startsWith("SURVIVED")) {
        List<String> rest = rest(mutant.tests());
        outcome = ask(mutant, planted, folder, rest, "auto");
        if (outcome.startsWith("SURVIVED")) {
          List<String> both = new ArrayList<>(mutant.tests());
          both.addAll(rest);
          both.removeIf(test -> test.startsWith("scheduler."));
          outcome = ask(mutant, planted, folder, both, "jdk");
        }
      }
      return outcome;
    } finally {
      delete(folder);
    }
  }

  private @Nullable String compile(Mutant mutant, String planted, Path folder) throws IOException {
    Path file = folder.resolve("source").resolve(mutant.file());
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    Files.writeString(file, planted);
    // All of core: it takes classes that come from another place for those of a program.
    Path classes = folder.resolve("classes");
    copy(core.resolve("target/classes"), classes);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    boolean done;
    try (var files = compiler.getStandardFileManager(null, null, UTF_8)) {
      done =
          compiler
              .getTask(
                  messages,
                  files,
                  null,
                  List.of(
                      "-nowarn",
                      "-proc:none",
                      "-implicit:none",
                      "-d",
                      classes.toString(),
                      "-cp",
                      core.resolve("target/classes") + ":" + System.getProperty("java.class.path")),
                  null,
                  files.getJavaFileObjects(file))
              .call();
    }
    return done ? null : messages.toString().lines().findFirst().orElse("does not compile");
  }

  /** All of core's test classes but those. */
  private List<String> rest(List<String> asked) throws IOException {
    Path tests = core.resolve("src/test/java/io/heddle");
    try (var files = Files.walk(tests)) {
      return files
          .map(file -> tests.relativize(file).toString())
          .filter(name -> name.endsWith("Test.java"))
          .map(name -> name.substring(0, name.length() - 5).replace('/', '.'))
          .filter(name -> !asked.contains(name) && !LEFT_OUT.contains(name))
          .sorted()
          .toList();
    }
  }

  private String ask(
      Mutant mutant, String planted, Path folder, List<String> tests, String scheduler)
      throws IOException, InterruptedException {
    String key =
        "%s %08x %08x %s".formatted(mutant.name(), planted.hashCode(), tests.hashCode(), scheduler);
    synchronized (known) {
      String outcome = known.get(key);
      if (outcome != null) {
        return outcome;
      }
    }
    String outcome = run(folder, tests, scheduler);
    if (outcome.startsWith(ENDLESS)) {
      // On a busy machine a test may be late that would have ended: ask it about core as it is.
      String test = outcome.substring(ENDLESS.length()).split("/", 2)[0].trim();
      Path empty = Files.createDirectories(folder.resolve("empty/classes"));
      if (tests.contains(test)
          && !run(empty.getParent(), List.of(test), scheduler).equals("SURVIVED")) {
        return "UNSURE " + outcome;
      }
    }
    synchronized (known) {
      known.put(key, outcome);
      Files.writeString(
          results,
          key + "\t" + outcome + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    }
    return outcome;
  }

  /** Runs tests against core with what is in the folder in the place of what core has. */
  private String run(Path folder, List<String> tests, String scheduler)
      throws IOException, InterruptedException {
    Path output = folder.resolve("output.txt");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "-Dheddle.scheduler=" + scheduler,
                "-cp",
                folder.resolve("classes")
                    + ":"
                    + core.resolve("target/classes")
                    + ":"
                    + core.resolve("target/test-classes")
                    + ":"
                    + System.getProperty("java.class.path"),
                SuiteRun.class.getName()));
    tests.forEach(test -> command.add("io.heddle." + test));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      return process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)
          ? said(process.exitValue(), output)
          : ENDLESS + "the suite";
    } finally {
      process.destroyForcibly();
    }
  }

  private static String said(int status, Path output) throws IOException {
    List<String> lines = new String(Files.readAllBytes(output), UTF_8).lines().toList();
    for (String line : lines.reversed()) {
      if (line.equals("SURVIVED") || line.startsWith("KILLED ")) {
        return line;
      }
    }
    return "KILLED the JVM ended with status " + status;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.REPLACE_EXISTING);
      }
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

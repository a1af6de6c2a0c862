package io.heddle.tour;

import io.heddle.PanicException;
import io.heddle.Task;
import io.heddle.tour.Runner.Ending;
import io.heddle.tour.Runner.Outcome;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * Runs the tour's programs, one after another, and checks the output and the duration of each.
 *
 * <p>They run in this JVM, except those that end it, and print to {@link System#out}, so no other
 * code should print meanwhile.
 */
public final class Tour {

  /** Far longer than any program takes, on any machine. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static final Duration GRACE = Duration.ofSeconds(10);

  /** From this duration on, the time of a program in a bubble is exact. */
  private static final Duration EXACT = Duration.ofSeconds(1);

  private final PrintStream out;
  private final boolean colour;
  private final Runner runner;
  private final boolean virtual;

  /**
   * Makes a tour.
   *
   * @param colour whether to use a terminal's colours
   */
  public Tour(PrintStream out, boolean colour) {
    this(out, colour, new Runner(LIMIT, GRACE), false);
  }

  Tour(PrintStream out, boolean colour, Runner runner, boolean virtual) {
    this.out = out;
    this.colour = colour;
    this.runner = runner;
    this.virtual = virtual;
  }

  /**
   * The same tour in virtual time: each program runs in a bubble, where its sleeps take no time. If
   * its expected duration is a second or more, it must take exactly that time.
   */
  public Tour virtual() {
    return new Tour(out, colour, runner, true);
  }

  /**
   * Runs programs and reports for each whether it passed. The last line is {@code tour: N passed, M
   * failed}.
   *
   * @param names the programs' names, in any case, with or without hyphens, or their files' names;
   *     all programs if empty
   * @return 0 if all passed, else 1
   * @throws IllegalArgumentException if there is no program with such a name; the message suggests
   *     similar names
   * @throws InterruptedException if the thread is interrupted; so is the program that runs
   */
  public int run(List<String> names) throws InterruptedException {
    return run(
        names.isEmpty() ? Programs.list() : names.stream().map(Tour::find).toList(),
        Runner::mainOf);
  }

  int run(List<TourProgram> programs, Function<TourProgram, Task> mainOf)
      throws InterruptedException {
    int passed = 0;
    int failed = 0;
    boolean stuck = false;
    for (TourProgram program : programs) {
      if (stuck) {
        failed++;
        out.println(Style.RED.of("FAILED", colour) + "  " + program.name() + ": not run");
        continue;
      }
      out.println(Style.BOLD.of(program.name(), colour) + ": " + program.shows());
      boolean inBubble = virtual && program.place() instanceof TourProgram.Place.Anywhere;
      Task main = mainOf.apply(program);
      VirtualMain bubble = new VirtualMain(main);
      Outcome real = runner.run(program.name(), inBubble ? bubble : main, out);
      Outcome outcome = inBubble ? new Outcome(real.output(), bubble.took(), real.ending()) : real;
      List<String> complaints = complaints(program, outcome, inBubble);
      String time =
          inBubble
              ? seconds(bubble.took()) + " of virtual time, " + seconds(real.took()) + " of real"
              : seconds(real.took());
      if (complaints.isEmpty()) {
        passed++;
        out.println("  " + Style.GREEN.of("ok", colour) + " in " + time);
      } else {
        failed++;
        out.println("  " + Style.RED.of("FAILED", colour) + " in " + time);
        complaints.forEach(complaint -> out.print(complaint.indent(2)));
      }
      out.println();
      // Its later output would be mistaken for the next program's.
      stuck = outcome.ending() instanceof Ending.Hung hung && !hung.stopped();
    }
    Style summary = failed == 0 ? Style.GREEN : Style.RED;
    out.println(summary.of("tour: " + passed + " passed, " + failed + " failed", colour));
    out.flush();
    return failed == 0 ? 0 : 1;
  }

  /** The differences of a program's result from the expectation, and the expectation. */
  static List<String> complaints(TourProgram program, Outcome outcome) {
    return complaints(program, outcome, false);
  }

  /** The same; in a bubble the duration must be exact. */
  private static List<String> complaints(TourProgram program, Outcome outcome, boolean inBubble) {
    List<String> complaints = new ArrayList<>();
    switch (outcome.ending()) {
      case Ending.Returned() -> {}
      case Ending.Threw(Throwable thrown) -> complaints.add("it threw " + trace(thrown));
      case Ending.Hung(String threads, boolean stopped) ->
          complaints.add(
              "it did not end"
                  + (stopped ? "" : ", not even when interrupted: no other program runs after it")
                  + ". Its threads were\n"
                  + threads.indent(2));
    }
    List<String> lines = outcome.output().lines().toList();
    String complaint = program.prints().complaint(lines);
    if (complaint != null) {
      complaints.add(complaint);
    }
    boolean exactly = inBubble && program.atLeast().compareTo(EXACT) >= 0;
    if (exactly && !outcome.took().equals(program.atLeast())) {
      complaints.add(
          "expected to take exactly %s, but it took %s"
              .formatted(seconds(program.atLeast()), seconds(outcome.took())));
    } else if (!inBubble && outcome.took().compareTo(program.atLeast()) < 0) {
      complaints.add(
          "expected to take at least %s, but it took %s"
              .formatted(seconds(program.atLeast()), seconds(outcome.took())));
    }
    if (!complaints.isEmpty()) {
      complaints.add("expected:\n" + program.prints().describe().indent(2).stripTrailing());
      complaints.add(
          "came:" + (lines.isEmpty() ? " nothing" : "\n" + String.join("\n", lines).indent(2)));
    }
    return complaints;
  }

  /** Prints the names of all programs, by chapter, and what each demonstrates. */
  public void list() {
    for (Chapter chapter : Programs.CHAPTERS) {
      out.println(Style.BOLD.of(chapter.title(), colour));
      for (TourProgram program : chapter.programs()) {
        out.println("  %-24s %s".formatted(program.name(), program.shows()));
      }
      out.println();
    }
    out.flush();
  }

  /**
   * A program's source, which {@code java FILE} runs, too.
   *
   * @param name the program's name, in any case, with or without hyphens, or its file's name
   * @throws IllegalArgumentException if there is no program with this name; the message suggests
   *     similar names
   */
  public static String source(String name) {
    String resource = "/programs/" + find(name).name() + ".java";
    try (InputStream in = Tour.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is not on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static TourProgram find(String name) {
    String wanted = key(name);
    List<TourProgram> programs = Programs.list();
    List<String> near = new ArrayList<>();
    for (TourProgram program : programs) {
      String key = key(program.name());
      if (key.equals(wanted)) {
        return program;
      }
      if (!wanted.isEmpty() && (key.contains(wanted) || distance(key, wanted) <= 2)) {
        near.add(program.name());
      }
    }
    String hint = near.isEmpty() ? "" : "did you mean " + String.join(" or ", near) + "? ";
    throw new IllegalArgumentException(
        "no program is called '%s'; %s`heddle tour --list` shows them all".formatted(name, hint));
  }

  private static String key(String name) {
    String file = name.substring(name.lastIndexOf('/') + 1);
    String base = file.endsWith(".java") ? file.substring(0, file.lastIndexOf('.')) : file;
    return base.replace("-", "").toLowerCase(Locale.ROOT);
  }

  /** The edit distance: the number of insertions, deletions and replacements of characters. */
  private static int distance(String one, String other) {
    int[] above = new int[other.length() + 1];
    Arrays.setAll(above, j -> j);
    for (int i = 1; i <= one.length(); i++) {
      int[] row = new int[other.length() + 1];
      row[0] = i;
      for (int j = 1; j <= other.length(); j++) {
        int replaced = above[j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, 1 + Math.min(above[j], row[j - 1]));
      }
      above = row;
    }
    return above[other.length()];
  }

  private static String seconds(Duration duration) {
    return "%.3f s".formatted(duration.toNanos() / 1e9);
  }

  private static String trace(Throwable thrown) {
    StringWriter trace = new StringWriter();
    thrown.printStackTrace(new PrintWriter(trace, true));
    return thrown instanceof PanicException panic
        ? trace + "goroutines:\n" + panic.goroutines()
        : trace.toString();
  }

  /** A terminal's colours. */
  private enum Style {
    BOLD(1),
    RED(31),
    GREEN(32);

    private final int code;

    Style(int code) {
      this.code = code;
    }

    String of(String text, boolean colour) {
      return colour ? "\033[" + code + "m" + text + "\033[0m" : text;
    }
  }
}

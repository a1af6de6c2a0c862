package io.heddle.race.report;

import io.heddle.race.clock.ThreadState;
import io.heddle.race.site.CallTree;
import io.heddle.race.site.Site;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The races that were found. Each pair of places in the code is reported once, however often it
 * races, as a program with one mistake would otherwise bury it in reports.
 */
public final class Reports {
  /** Two places in the code, in either order: x += 1 reads and writes at one. */
  private record Pair(Set<StackTraceElement> places) {}

  private static final Object LOCK = new Object();
  private static final Set<Pair> SEEN = new HashSet<>();
  private static final List<Race> FOUND = new ArrayList<>();

  private static volatile Consumer<Race> sink = Reports::print;
  private static volatile PrintStream output = open("");

  private Reports() {}

  /**
   * Two accesses are in conflict, and neither happens before the other.
   *
   * @param thread the calling thread
   * @param now what it does
   * @param earlier the other access
   * @param object what the variable is part of
   * @param variable the number of the variable; in an array, the index
   */
  public static void found(
      ThreadState thread, Access now, Access earlier, Object object, int variable) {
    Set<StackTraceElement> places = new HashSet<>();
    places.add(place(now));
    places.add(place(earlier));
    synchronized (LOCK) {
      if (!SEEN.add(new Pair(places))) {
        return;
      }
    }
    Race race = Race.of(thread, now, earlier, object, variable);
    if (Suppressions.match(race)) {
      return;
    }
    synchronized (LOCK) {
      FOUND.add(race);
      sink.accept(race);
    }
  }

  private static StackTraceElement place(Access access) {
    return Site.of(CallTree.of(access.stack()).place().site()).frame();
  }

  /**
   * Sets where reports go.
   *
   * @param log a file, empty for standard error
   * @param halts whether the first race ends the program
   * @param status with this exit status
   */
  public static void start(String log, boolean halts, int status) {
    output = open(log);
    if (halts) {
      sink =
          race -> {
            print(race);
            Runtime.getRuntime().halt(status);
          };
    }
  }

  /** Not System.err, which the program may have replaced, and whose lock it may hold. */
  private static PrintStream open(String log) {
    try {
      return new PrintStream(
          log.isEmpty() ? new FileOutputStream(FileDescriptor.err) : new FileOutputStream(log),
          true,
          StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot write reports to " + log + ": " + e, e);
    }
  }

  private static void print(Race race) {
    output.print(race.text());
    output.flush();
  }

  /**
   * Says that something is not checked.
   *
   * @param text what
   */
  public static void warn(String text) {
    output.println("heddle race: " + text);
  }

  /**
   * The races found so far.
   *
   * @return in the order in which they were found
   */
  public static List<Race> found() {
    synchronized (LOCK) {
      return List.copyOf(FOUND);
    }
  }

  /**
   * Takes the races found so far, for a test that fails because of them: they no longer count for
   * the exit status, are not printed from now on, and are reported again if they occur again.
   *
   * @return for each race a summary in one line, and the report
   */
  public static List<String[]> take() {
    synchronized (LOCK) {
      List<String[]> taken = new ArrayList<>();
      for (Race race : FOUND) {
        taken.add(new String[] {race.summary(), race.text()});
      }
      FOUND.clear();
      SEEN.clear();
      sink = race -> {};
      return taken;
    }
  }

  /**
   * Writes how many races were found, if any.
   *
   * @return whether any were
   */
  public static boolean summarise() {
    int races = found().size();
    if (races > 0) {
      output.println("Found " + races + " data race" + (races == 1 ? "" : "s"));
    }
    return races > 0;
  }
}

package io.heddle;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the {@link Watch} does when all goroutines are asleep and no alarm is set, but there are
 * threads outside of Heddle that may wake one: the selector of an HTTP client, say, or an executor
 * with a schedule. Their presence alone says nothing.
 *
 * <ol>
 *   <li>After a second it looks for goroutines that wait {@linkplain LockCycles in a circle} for
 *       locks that they hold. If a main goroutine is blocked by such a circle, its program is
 *       deadlocked.
 *   <li>After two seconds it asks the collector what the main goroutines' wake-ups are {@linkplain
 *       Reachability reachable from}. A program whose main goroutine only sleeping goroutines can
 *       reach is deadlocked. That costs a full collection, so the collector is asked once in a
 *       standstill, and ever more rarely if it found nothing.
 *   <li>After five seconds it says, once in the JVM's life, which threads keep it from deciding.
 * </ol>
 *
 * <p>A standstill begins with the youngest of the waits and ends when any goroutine runs.
 */
final class Standstill {
  private static final long LOCKS_NANOS = 1_000_000_000;
  private static final long COLLECTOR_NANOS = 2_000_000_000;
  private static final long NOTE_NANOS = 5_000_000_000L;

  private static final long LONGEST_PAUSE_NANOS = 3_600_000_000_000L;

  /** After the first collection that found nothing. It doubles up to an hour. */
  private static final long FIRST_PAUSE_NANOS = 60_000_000_000L;

  /** How often the collector was asked, for tests. */
  static final AtomicLong QUESTIONS = new AtomicLong();

  private static final int MOST_NAMED = 10;

  static final boolean NOTES = isNoteWanted();

  static volatile boolean isNoted;

  private final Reachability reachability = new Reachability();

  /** When the present standstill began. */
  private long since = Clock.NEVER;

  private boolean haveLocksBeenSearched;
  private boolean hasCollectorBeenAsked;

  private long nextQuestion = System.nanoTime();
  private long pause = FIRST_PAUSE_NANOS;

  private static boolean isNoteWanted() {
    String choice = System.getProperty("heddle.deadlock.note", "on");
    return switch (choice) {
      case "on" -> true;
      case "off" -> false;
      default ->
          throw new IllegalArgumentException("heddle.deadlock.note=" + choice + ": use on or off");
    };
  }

  /**
   * Looks at a standstill.
   *
   * @param programs those that run, the youngest last
   * @param began since when all goroutines have been asleep, by the system's clock
   * @param doubts what may still wake one, besides threads
   * @return those of the programs that are deadlocked
   */
  List<Program> look(List<Program> programs, long began, List<String> doubts) {
    reachability.tidy();
    if (began != since) {
      since = began;
      haveLocksBeenSearched = false;
      hasCollectorBeenAsked = false;
    }
    long now = System.nanoTime();
    List<Program> stuck = List.of();
    if (now - began >= LOCKS_NANOS && !haveLocksBeenSearched) {
      haveLocksBeenSearched = true;
      stuck = programs.stream().filter(Standstill::isStuckInLocks).toList();
    }
    if (stuck.isEmpty()
        && now - began >= COLLECTOR_NANOS
        && !hasCollectorBeenAsked
        && now - nextQuestion >= 0) {
      hasCollectorBeenAsked = true;
      if (reachability.canBeAsked()) {
        stuck = reachability.stuck(programs);
        QUESTIONS.incrementAndGet();
      }
      if (stuck.isEmpty()) {
        nextQuestion = System.nanoTime() + pause;
        pause = Math.min(pause * 2, LONGEST_PAUSE_NANOS);
      }
    }
    if (stuck.isEmpty() && now - began >= NOTE_NANOS && NOTES && !isNoted) {
      note(doubts);
      isNoted = true;
    }
    return stuck;
  }

  private static boolean isStuckInLocks(Program program) {
    List<Routine> main = program.registry().all(program::isMain);
    synchronized (Watch.MARKING) { // no other thread may mark a wait meanwhile
      return !main.isEmpty() && !LockCycles.ofAll().stuck(main.getFirst()).isEmpty();
    }
  }

  private void note(List<String> doubts) {
    List<String> all = new ArrayList<>(Bystanders.callers());
    int more = all.size() - MOST_NAMED;
    if (more > 0) {
      all = new ArrayList<>(all.subList(0, MOST_NAMED));
      all.add("and " + more + " more threads");
    }
    all.addAll(doubts);
    if (!all.isEmpty()) {
      System.err.print(text(all));
    }
  }

  private static String text(List<String> all) {
    StringBuilder text =
        new StringBuilder(
            "heddle: all goroutines have been asleep for 5 seconds. Unless one of the following wakes"
                + " one, this is a deadlock:\n");
    all.forEach(one -> text.append("  ").append(one).append('\n'));
    return text.append(
            "Goroutines.dump() and -Dheddle.dump.signal=USR1 show what each goroutine waits for."
                + " This note comes once; -Dheddle.deadlock.note=off turns it off.\n")
        .toString();
  }
}

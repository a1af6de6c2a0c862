package io.heddle;

import io.heddle.scheduler.Headroom;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All goroutines of the JVM, seen from outside: for diagnosis.
 *
 * <p>A JVM that is started with {@code -Dheddle.dump.signal=USR1} prints the {@linkplain #dump
 * dump} to standard error whenever it gets that signal; the signals that the JVM uses, among them
 * USR2 and QUIT, are refused. With {@code -Dheddle.jmx=on} it has a {@linkplain GoroutinesMXBean
 * bean} for JMX. If either cannot be had, standard error says why, and the program goes on.
 */
public final class Goroutines {
  private static final AtomicInteger OUTSIDE_EVENTS = new AtomicInteger();

  private Goroutines() {}

  /**
   * How many goroutines there are: Go's {@code runtime.NumGoroutine()}. Those of all programs are
   * counted, and those outside of any.
   *
   * @return the number of those that have not ended
   */
  public static int count() {
    Headroom.forScope();
    return Watch.allPrograms().stream().mapToInt(program -> program.registry().size()).sum();
  }

  /**
   * What each goroutine does, as Go's traceback shows it: number and name, state or what it waits
   * for, stack, and where it was created. From one minute on, it says for how long a goroutine has
   * waited at least. Of a goroutine that waits for a {@link Mutex} or a {@link RWMutex} it says
   * what holds the lock: {@code goroutine 7 [Mutex.lock, held by goroutine 5]}. That is the
   * goroutine that locked it, or the number of readers, with their names if these are few and known:
   * {@code goroutine 7 [RWMutex.lock, held by a reader: goroutine 5]}.
   *
   * <p>The goroutines go on meanwhile; a state and the stack below it belong together as far as
   * that can be seen.
   *
   * @return several lines for each goroutine, those of one program after those of another
   */
  public static String dump() {
    Headroom.forScope();
    StringBuilder text = new StringBuilder();
    Watch.allPrograms().forEach(program -> text.append(program.dump()));
    return text.toString();
  }

  /**
   * What each goroutine does, for programs to read: an array of JSON with an object for each
   * goroutine, in the order of {@link #dump} and each on a line of its own. All have the same
   * members:
   *
   * <table>
   * <caption>Members</caption>
   * <tr><th>{@code id}</th><td>the number that is unique in its program</td></tr>
   * <tr><th>{@code name}</th><td>null if it was given none</td></tr>
   * <tr><th>{@code program}</th><td>the number of its program in the JVM; 0 for goroutines outside
   *     of any</td></tr>
   * <tr><th>{@code state}</th><td>{@code waiting}, which is in Heddle; {@code waiting outside
   *     Heddle}, which is in the JDK; {@code monitor}; {@code running}; {@code ended}</td></tr>
   * <tr><th>{@code waitReason}</th><td>what it waits for in Heddle, such as {@code chan receive};
   *     null if it does not</td></tr>
   * <tr><th>{@code waitedNanos}</th><td>for how long it has waited in Heddle, at least: since when
   *     that was first seen, by a dump or by the search for deadlocks; null if it does
   *     not</td></tr>
   * <tr><th>{@code heldBy}</th><td>if it waits for a lock: what holds the lock, such as {@code
   *     goroutine 5}; null if that is not known, or if it waits for something else</td></tr>
   * <tr><th>{@code stack}</th><td>an array of strings, the innermost frame first</td></tr>
   * <tr><th>{@code createdBy}</th><td>where it was created, and by which goroutine</td></tr>
   * </table>
   *
   * @return JSON in ASCII characters; more members may come in later versions
   */
  public static String dumpJson() {
    Headroom.forScope();
    Holders holders = new Holders();
    return Program.allGoroutines().stream()
        .map(routine -> routine.snapshot(holders).json())
        .collect(Collectors.joining(",\n", "[", "]\n"));
  }

  /**
   * The goroutines that have leaked: they waited for ever for what nothing else in the program
   * could reach, such as a channel that whoever was to receive from it has forgotten. Go's leak
   * profile tells the same.
   *
   * <p>The garbage collector finds them, when it next looks at that part of the memory; {@link
   * System#gc} has it look at all. A goroutine takes part once it has waited for a second or two;
   * of more than 250,000 in a program the rest when others have ended. It is reported then by the
   * logger {@code io.heddle} as a {@code WARNING}, once for all that are alike and again whenever
   * their number has one more digit, and its memory is free. It never runs again, not even its
   * finally blocks; what they would have closed stays open. A goroutine that anything may still
   * wake is never among them: through what it waits on, through the context that would interrupt
   * it, or through its handle. But weak and soft references do not count, nor does what only a
   * finalizer can reach: who keeps goroutines alive by a channel that is only weakly referenced has
   * to hold on to it or turn the search off. Nor are the main goroutine of a program, those of a
   * bubble, and those that wait outside of Heddle.
   *
   * <p>Goroutines that wait in a circle for each other's locks are reported by the same logger,
   * once for each circle, whether or not the locks are reachable. They are not in this list, as
   * they are still there. Of the locks that a goroutine has locked for reading, only the last is
   * known, so a circle that leads through an earlier one is not found.
   *
   * <p>The JDK keeps a list of virtual threads that holds on to all of them. Where Java was started
   * with {@code --add-opens java.base/java.lang=ALL-UNNAMED} (or {@code =io.heddle}) goroutines are
   * not put into it, and so {@code jcmd Thread.dump_to_file} does not show them; {@link #dump}
   * does. Elsewhere {@code -Djdk.trackAllThreads=false} turns the list off. With {@code
   * -Dheddle.leaks=off} there is no search and the JDK lists goroutines.
   *
   * <p>Without a search the result is always empty, and {@link #areLeaksSearched} tells that from a
   * program without leaks. The first call then logs, as a {@code WARNING} of the logger {@code
   * io.heddle}, why there is no search and how to start Java to have one.
   *
   * @return those found so far, alike ones together, in the order in which the first was found
   */
  public static List<Leak> leaks() {
    Headroom.forScope();
    return LeakSearch.found();
  }

  /**
   * Whether goroutines that leak are searched for, so that {@link #leaks} can find any. It stays
   * the same for as long as the JVM lives.
   *
   * @return false if {@code -Dheddle.leaks=off} is set, or if the JDK keeps all virtual threads
   *     reachable; see {@link #leaks}
   */
  public static boolean areLeaksSearched() {
    return LeakSearch.obstacle() == null;
  }

  /**
   * Goroutines that have leaked and are alike.
   *
   * @param count how many they are
   * @param name the name they were given, null if none
   * @param waitReason what they waited for, such as {@code chan send}
   * @param stack where they waited, the innermost frame first; empty for some of many that began to
   *     wait at the same time, as it takes time to find out
   * @param createdBy where they were created, as {@link Goroutine#createdBy} tells it
   */
  public record Leak(
      long count,
      @Nullable String name,
      String waitReason,
      List<StackTraceElement> stack,
      String createdBy) {

    /**
     * The leak as a report shows it.
     *
     * @return several lines
     */
    @Override
    public String toString() {
      StringBuilder text = new StringBuilder();
      text.append(count == 1 ? "a goroutine has" : count + " goroutines have");
      text.append(" leaked: nothing that is left can wake ").append(count == 1 ? "it" : "them");
      text.append("\ngoroutine");
      if (name != null) {
        text.append(" \"").append(name).append('"');
      }
      text.append(" [").append(waitReason).append("]:\n");
      stack.forEach(frame -> text.append("\tat ").append(frame).append('\n'));
      return text.append("created by ").append(createdBy).toString();
    }
  }

  /**
   * The scheduler that goroutines run on, and why: in one line, for a log.
   *
   * <p>If java.util.logging is configured by {@code java.util.logging.config.file} or {@code
   * .class}, Heddle itself logs the line when it is first used, at the level {@code DEBUG} ({@code
   * FINE}) of the logger {@code io.heddle}. Otherwise it does not even ask for a logger: that took
   * 25 to 60 ms of a JVM's start, on JDK 25.0.3 and two busy cores. With another logging library,
   * log it yourself.
   *
   * @return such as "Heddle's scheduler, parallelism 8 (java.lang is open), JDK 25.0.3+9"
   */
  public static String describe() {
    return Schedulers.describe();
  }

  /**
   * Says that something may still wake a goroutine that Heddle cannot see: the handler of a signal,
   * a shutdown hook, a callback from native code. Until the result is closed no {@linkplain
   * DeadlockException deadlock} is reported.
   *
   * @return ends the expectation
   */
  public static Expectation expectOutsideEvent() {
    OUTSIDE_EVENTS.incrementAndGet();
    AtomicBoolean open = new AtomicBoolean(true);
    return () -> {
      if (open.compareAndSet(true, false)) {
        OUTSIDE_EVENTS.decrementAndGet();
      }
    };
  }

  static boolean isOutsideEventExpected() {
    return OUTSIDE_EVENTS.get() > 0;
  }

  /** What {@link #expectOutsideEvent} returns. */
  @FunctionalInterface
  public interface Expectation extends AutoCloseable {
    /** Ends the expectation; does nothing the second time. */
    @Override
    void close();
  }
}

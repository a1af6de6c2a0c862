package io.heddle;

import io.heddle.scheduler.Headroom;
import java.util.List;
import java.util.stream.Collectors;

/**
 * All goroutines of the JVM, for diagnosis. {@link Leaks} lists those that can never continue, and
 * {@link RuntimeInfo} describes the scheduler that runs them.
 *
 * <p>A JVM that is started with {@code -Dheddle.dump.signal=USR1} prints the {@linkplain #dump
 * dump} to standard error whenever it gets that signal; the signals that the JVM uses, among them
 * USR2 and QUIT, are refused. With {@code -Dheddle.jmx=on} it has a {@linkplain GoroutinesMXBean
 * bean} for JMX. If either is not available, standard error says why, and the program continues.
 */
public final class Goroutines {
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
   * goroutine that locked it, or the number of readers, with their names if these are few and
   * known: {@code goroutine 7 [RWMutex.lock, held by a reader: goroutine 5]}.
   *
   * <p>The goroutines keep running meanwhile. The state and the stack of each are taken at the same
   * moment as far as that can be verified.
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
   * Goroutines that wait for each other's locks: each for a {@link Mutex} or {@link RWMutex} that
   * the next one holds, and the last for one that the first holds. They can continue only if one of
   * them gives up, because its wait has a limit or it is cancelled. The logger {@code io.heddle}
   * reports each such cycle once.
   *
   * <p>A goroutine is considered when it has been seen to wait for a second. Others may wait for
   * the goroutines of a cycle without being part of it. {@link Leaks} describes the cycles through
   * readers that are not found.
   *
   * @return for each cycle, how many goroutines it has and what {@link #dump} shows of them; empty
   *     if there is none
   */
  public static List<String> lockCycles() {
    Headroom.forScope();
    return LockCycles.lasting();
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
   * <tr><th>{@code contextError}</th><td>what has ended the context that it runs under, where and
   *     by whom; null if the context is not done</td></tr>
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
}

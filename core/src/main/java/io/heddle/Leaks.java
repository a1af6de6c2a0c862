package io.heddle;

import io.heddle.scheduler.Headroom;
import java.util.List;

/**
 * The goroutines that have leaked: they waited for ever for what nothing else in the program could
 * reach, such as a channel that its receiver has forgotten. Go's goroutine leak profile shows the
 * same.
 *
 * <p>The garbage collector finds them, when it next looks at that part of the memory; {@link
 * System#gc} has it look at all. A goroutine takes part once it has waited for a second or two; of
 * more than 250,000 in a program the rest when others have ended. It is reported then by the logger
 * {@code io.heddle} as a {@code WARNING}, once for all that are alike and again whenever their
 * number has one more digit, and its memory is free. It never runs again, not even its finally
 * blocks; what they would have closed stays open. A goroutine that anything may still wake is never
 * among them: through what it waits on, through the context that would interrupt it, or through its
 * handle. But weak and soft references do not count, nor does what only a finalizer can reach: a
 * program that keeps goroutines alive by a channel that is only weakly referenced has to hold on to
 * it or turn the search off. Nor are the main goroutine of a program, those of a bubble, and those
 * that wait outside of Heddle.
 *
 * <p>Goroutines that wait in a circle for each other's locks are reported by the same logger, once
 * for each circle, whether or not the locks are reachable. They are not in this list, as they are
 * still there. Of the locks that a goroutine has locked for reading, only the last is known, so a
 * circle that leads through an earlier one is not found.
 *
 * <p>The JDK keeps a list of virtual threads that holds on to all of them. Where java.lang is open
 * to Heddle ({@code --add-opens java.base/java.lang=ALL-UNNAMED}, or {@code =io.heddle} on the
 * module path), goroutines are not put into it, and so {@code jcmd Thread.dump_to_file} does not
 * show them; {@link Goroutines#dump} does. Elsewhere {@code -Djdk.trackAllThreads=false} turns the
 * list off. With {@code -Dheddle.leaks=off} there is no search and the JDK lists goroutines.
 *
 * <p>Without a search nothing is found, and {@link #areSearched} tells that from a program without
 * leaks.
 *
 * <h2>In a health endpoint</h2>
 *
 * <p>Export {@link #count} as a figure and have an alert look at its growth. A leak is a defect of
 * the program and costs no memory once it is found, so it is no reason to restart the process: a
 * liveness check should not fail because of one. All methods here are cheap and block for no longer
 * than copying the list takes.
 */
public final class Leaks {
  private Leaks() {}

  /**
   * The goroutines that have leaked.
   *
   * <p>Where there is no search, the first call logs, as a {@code WARNING} of the logger {@code
   * io.heddle}, why there is none and how to start Java to have one.
   *
   * @return those found so far, alike ones together, in the order in which the first was found;
   *     empty if there is no search
   */
  public static List<Leak> found() {
    Headroom.forScope();
    return LeakSearch.found();
  }

  /**
   * How many goroutines have leaked.
   *
   * @return the number of those found so far, never less than before; 0 if there is no search
   */
  public static long count() {
    Headroom.forScope();
    return LeakSearch.count();
  }

  /**
   * Whether goroutines that leak are searched for, so that {@link #found} can find any. It stays
   * the same for as long as the JVM lives.
   *
   * @return false if {@code -Dheddle.leaks=off} is set, or if the JDK keeps all virtual threads
   *     reachable
   */
  public static boolean areSearched() {
    return LeakSearch.obstacle() == null;
  }
}

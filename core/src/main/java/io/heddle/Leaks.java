package io.heddle;

import io.heddle.scheduler.Headroom;
import java.util.List;

/**
 * The goroutines that have leaked: each waits for an object, such as a channel, that nothing else
 * in the program can reach, so it can never continue. Go's goroutine leak profile shows the same.
 *
 * <p>The garbage collector finds leaked goroutines when it next examines their part of the heap;
 * {@link System#gc} makes it examine the whole heap. The search includes a goroutine once it has
 * waited for a second or two, and at most 250,000 goroutines at a time. The logger {@code
 * io.heddle} reports a leak as a {@code WARNING}: once for all goroutines with the same state,
 * stack and creator, and again whenever their number has one more digit. The memory of a leaked
 * goroutine is then freed. It never runs again: its finally blocks do not run, and the resources
 * that they would have closed stay open.
 *
 * <p>A goroutine that the program can still wake has not leaked, whether by the object that it
 * waits for, by the context that would interrupt it, or by its handle. Weak and soft references do
 * not count, nor do objects that only a finalizer can reach. A program that relies on a weakly
 * referenced channel has to keep a strong reference to it, or to turn the search off. The search
 * leaves out the main goroutine of a program, the goroutines of a bubble, and those blocked outside
 * of Heddle.
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
   * <p>If there is no search, the first call logs the reason and the Java option that enables it,
   * as a {@code WARNING} of the logger {@code io.heddle}.
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

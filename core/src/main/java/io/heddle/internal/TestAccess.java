package io.heddle.internal;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * The access of io.heddle.testing, and of the packages that are built on io.heddle, to the
 * internals of io.heddle, all of which are private to their package. The implementation registers
 * itself here, so that this package depends on nothing.
 */
public abstract class TestAccess {
  private static final String OTHER_SIDE = "io.heddle.Testing";

  private static volatile @Nullable TestAccess instance;

  /** For the implementation. */
  protected TestAccess() {}

  /**
   * The one there is.
   *
   * @return the implementation
   */
  public static TestAccess get() {
    TestAccess known = instance;
    if (known == null) {
      try {
        Class.forName(OTHER_SIDE, true, TestAccess.class.getClassLoader());
      } catch (ClassNotFoundException e) {
        throw new AssertionError("part of this module", e);
      }
      known = Objects.requireNonNull(instance);
    }
    return known;
  }

  /**
   * Registers the implementation.
   *
   * @param otherSide the only one
   */
  protected static void register(TestAccess otherSide) {
    instance = otherSide;
  }

  /**
   * Runs a bubble until it comes to rest.
   *
   * @param main its main goroutine; a failure of any goroutine is thrown as a PanicException
   * @return the goroutines that are stuck then, null if no goroutine is stuck
   * @throws InterruptedException if the calling thread is interrupted
   */
  public abstract @Nullable Stuck runBubble(Callable<?> main) throws InterruptedException;

  /**
   * Runs a bubble in which one goroutine runs at a time.
   *
   * @param main its main goroutine
   * @param strategy chooses the one that runs
   * @param maxSteps after how many choices to give up
   * @param trace whether to record what happens
   * @return the outcome
   * @throws InterruptedException if the calling thread is interrupted
   */
  public abstract Outcome explore(Callable<?> main, Strategy strategy, int maxSteps, boolean trace)
      throws InterruptedException;

  /**
   * The clock of the calling program, to tell the time of one bubble from that of another. For
   * io.heddle.rate.
   *
   * @return always the same object for one clock
   */
  public abstract Object clock();

  /**
   * The time by a clock, which is thereby looked for only once.
   *
   * @param clock from {@link #clock}
   * @return nanoseconds, as {@code Go.nanoTime}
   */
  public abstract long nanoTime(Object clock);

  /**
   * Runs waits that dumps and exceptions show as one operation: the method of another package that
   * the user called.
   *
   * @param <X> what the waits throw
   * @param operation its name, which must be one of io.heddle's reasons to wait
   * @param waits what to run; none of the user's code
   * @throws InterruptedException if the thread is interrupted
   * @throws X as the waits do
   */
  public abstract <X extends Exception> void await(String operation, Uninterruptibly.Wait<X> waits)
      throws InterruptedException, X;

  /**
   * The goroutines of all programs that have not ended.
   *
   * @return objects of type Goroutine
   */
  public abstract List<?> goroutines();

  /**
   * A goroutine as a dump shows it.
   *
   * @param goroutine of type Goroutine
   * @return its state, stack and creator
   */
  public abstract String describe(Object goroutine);

  /**
   * Whether a goroutine of the caller's program has failed, so that the program is about to end.
   *
   * @return false outside of any program
   */
  public abstract boolean hasFailed();

  /**
   * Waits until all other goroutines of the caller's bubble are durably blocked.
   *
   * @throws IllegalStateException if the caller is in no bubble
   * @throws InterruptedException if the calling thread is interrupted
   */
  public abstract void settle() throws InterruptedException;
}

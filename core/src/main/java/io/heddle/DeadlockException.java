package io.heddle;

/**
 * Every goroutine of a {@linkplain Go#run program} waits, and nothing is left that could wake one:
 * Go's "all goroutines are asleep - deadlock!". It has no cause; {@link #goroutines} says who waits
 * where.
 *
 * <p>A program is said to be deadlocked only if that is certain. All its goroutines wait in Heddle
 * without a deadline, and so do all of other programs; no timer and no context's deadline is to
 * come; and each other thread of the JVM, platform or virtual, waits for another thread, without a
 * limit. A goroutine in I/O, in a sleep or in a blocking call of the JDK is not asleep in this
 * sense, and a thread that computes, reads or sleeps may still call.
 *
 * <p>What cannot be seen, and so can lead to a report that is wrong, are callbacks that begin
 * outside of the JVM: from native code, from the handler of an operating system's signal, and,
 * unless {@code java.lang} is open to Heddle, from a shutdown hook. A program that waits for one of
 * these and does nothing else says so: {@link Goroutines#expectOutsideEvent}.
 *
 * <p>{@code -Dheddle.deadlock=off} turns the reports off.
 */
public final class DeadlockException extends PanicException {
  private static final long serialVersionUID = 1;
  private static final String MESSAGE = "all goroutines are asleep - deadlock!";

  DeadlockException(String goroutines) {
    super(MESSAGE, null, goroutines);
  }

  @Override
  String headline() {
    return "fatal error: " + MESSAGE;
  }
}

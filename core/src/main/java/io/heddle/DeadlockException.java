package io.heddle;

/**
 * Every goroutine of a {@linkplain Go#run program} waits, and nothing is left that could wake one:
 * Go's "all goroutines are asleep - deadlock!". It has no cause; {@link #goroutines} says what each
 * goroutine waits for and where, and for a lock, which goroutine holds it.
 *
 * <p>A program is reported only if the goroutines of all programs wait in Heddle without a
 * deadline, and no timer and no context's deadline is to come. A goroutine in I/O, in a sleep or in
 * a blocking call of the JDK is not asleep in this sense. In addition, one of the following has to
 * be certain:
 *
 * <ul>
 *   <li>Every other thread of the JVM, platform or virtual, waits for another thread, without a
 *       limit. The report comes within a second or so.
 *   <li>The main goroutine waits for a lock, or for the end of a goroutine that waits for one, and
 *       so on, up to goroutines that wait in a circle for each other's {@link Mutex} or {@link
 *       RWMutex} without a context. The report comes after a second, whatever other threads do. It
 *       assumes that a lock in such a circle is unlocked by the goroutine that locked it, and that
 *       none of these goroutines is {@linkplain Goroutine#cancel cancelled}.
 *   <li>Nothing but sleeping goroutines can reach what the main goroutine waits for, though other
 *       threads, such as those of an HTTP client or of an executor, may do something. The garbage
 *       collector finds that out, where {@linkplain Leaks#areSearched leaks are searched for}. The
 *       report comes after two seconds. For this Heddle calls {@link System#gc} once while all
 *       goroutines are asleep, and ever more rarely if that found nothing, unless there are more
 *       than 10,000 goroutines or the memory in use exceeds 512 MB. What the stack of a thread, a
 *       static field, native code or a queue of an executor can reach may still be woken and is not
 *       reported. That includes the stack of the thread that called {@code run}: a channel in one
 *       of its variables counts as reachable.
 * </ul>
 *
 * <p>If nothing is certain after five seconds, standard error names, once, the threads that keep
 * Heddle from deciding; {@code -Dheddle.deadlock.note=off} turns this note off.
 *
 * <p>The report can be wrong because of callbacks that cannot be observed, as they begin outside of
 * the JVM: from native code, from the handler of an operating system's signal, and, unless {@code
 * java.lang} is open to Heddle, from a shutdown hook. A program that waits for one of these and
 * does nothing else has to say so: {@link OutsideEvent}.
 *
 * <p>{@code -Dheddle.deadlock=off} turns reports and notes off.
 */
public final class DeadlockException extends PanicException {
  private static final long serialVersionUID = 1;
  private static final String MESSAGE = "all goroutines are asleep - deadlock!";

  DeadlockException(String goroutines) {
    super(MESSAGE, null, "", goroutines);
  }

  @Override
  String headline() {
    return "fatal error: " + MESSAGE;
  }
}

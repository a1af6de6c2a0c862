package io.heddle;

import io.heddle.internal.Delegate;
import java.lang.StackWalker.StackFrame;
import org.jspecify.annotations.Nullable;

/**
 * Where a goroutine was created. Walking the stack costs more than starting a goroutine, so it is
 * done once for each lambda expression, whose class tells one from another; objects of ordinary
 * classes can be created and started anywhere, so for them it is done each time.
 */
record Creator(String place) {
  private static final Creator UNKNOWN = new Creator("an unknown place");

  private static final StackWalker WALKER =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

  private static final ClassValue<Creator> OF_LAMBDA =
      new ClassValue<>() {
        @Override
        protected Creator computeValue(Class<?> type) {
          return find();
        }
      };

  /** How many stacks may be walked at once, for the sake of better messages. */
  private static final int BURST = 100;

  /** In this time as many more. */
  private static final long REFILL_NANOS = 100_000_000;

  /** How many stacks may still be walked. Threads may overwrite each other's: it is a rate. */
  static volatile int walks = BURST;

  /** Made when it is first needed: the clock needs more classes than most programs that cancel. */
  private static final class Refill extends Alarm {
    static final Refill ALARM = new Refill();

    private Refill() {
      SystemClock.INSTANCE.share(this);
    }

    @Override
    void goOff() {
      walks = BURST;
    }
  }

  /**
   * Whether a stack may be walked for the sake of a better message. That takes some microseconds,
   * which is several times as long as making a context and cancelling it. So it is done for the
   * first hundred, and then for a thousand in a second: a three hundredth of a processor.
   *
   * <p>Reading the clock would take half as long as a cancellation, so an alarm counts the time.
   */
  static boolean mayWalk() {
    int left = walks;
    if (left == 0) {
      return false;
    }
    walks = left - 1;
    if (left == 1) { // after the update, or that might undo the refill
      refillLater();
    }
    return true;
  }

  private static void refillLater() {
    SystemClock clock = SystemClock.INSTANCE;
    try {
      clock.start(Refill.ALARM, clock.deadline(REFILL_NANOS));
    } catch (OutOfMemoryError e) {
      walks = 1; // the next caller tries again
    }
  }

  /** Where the calling code is, unless too many have asked; see {@link #mayWalk}. */
  static @Nullable Creator ifAffordable() {
    try {
      return mayWalk() ? find() : null;
    } catch (VirtualMachineError e) { // of stack or memory: not worth failing for
      return null;
    }
  }

  static Creator of(Object task) {
    Class<?> type = task.getClass();
    if (type.isHidden()) {
      return OF_LAMBDA.get(type);
    }
    return task instanceof Delegate delegate ? of(delegate.origin()) : find();
  }

  /** The first place in a stack trace that is not in Heddle itself; null if absent. */
  static @Nullable String placeIn(Throwable thrown) {
    for (StackTraceElement frame : thrown.getStackTrace()) {
      if (isUsers(frame.getClassName())) {
        return frame.toString();
      }
    }
    return null;
  }

  private static Creator find() {
    return WALKER.walk(frames ->
        frames
            .filter(Creator::isUsers)
            .findFirst()
            .map(frame -> new Creator(frame.toStackTraceElement().toString()))
            .orElse(UNKNOWN));
  }

  private static boolean isUsers(StackFrame frame) {
    return isUsers(frame.getClassName());
  }

  private static boolean isUsers(String type) {
    return !OwnFrames.isOwn(type)
        && !type.startsWith("java.lang.")
        && !type.startsWith("java.util.concurrent.");
  }

  @Override
  public String toString() {
    return place;
  }
}

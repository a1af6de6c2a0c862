package io.heddle;

import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/**
 * A goroutine of a {@linkplain Go#run program} threw an exception that nobody caught, and so ended
 * the program: Go's panic. The cause is what it threw.
 *
 * <p>If this exception leaves a Java program's main thread, it is printed as Go prints it, with
 * every goroutine's trace, and the exit status is 2.
 */
public sealed class PanicException extends RuntimeException permits DeadlockException {
  private static final long serialVersionUID = 1;
  private static final int EXIT_STATUS = 2;

  /** The dump. */
  private final String goroutines;

  PanicException(Throwable cause, Goroutine failed, String goroutines) {
    this(failed.name() + " failed: " + cause, cause, goroutines);
  }

  PanicException(String message, @Nullable Throwable cause, String goroutines) {
    super(message, cause);
    this.goroutines = goroutines;
  }

  /** The first line that Go prints. */
  String headline() {
    return "panic: " + getCause();
  }

  /**
   * The goroutines of the program when it failed, the one that did first: number or name, state,
   * stack, creator.
   *
   * @return several lines for each
   */
  public String goroutines() {
    return goroutines;
  }

  /** Sees to it that leaving the main thread is reported Go's way, if this is the main thread. */
  void endMainThread() {
    Thread thread = Thread.currentThread();
    ThreadGroup group = thread.getThreadGroup();
    boolean isMain =
        thread.getName().equals("main") && group != null && group.getName().equals("main");
    boolean unhandled =
        thread.getUncaughtExceptionHandler() == group
            && Thread.getDefaultUncaughtExceptionHandler() == null;
    if (isMain && unhandled) {
      thread.setUncaughtExceptionHandler(new ExitHandler(group));
    }
  }

  /** Ends the JVM if a panic leaves the main thread; anything else goes where it went before. */
  private record ExitHandler(Thread.UncaughtExceptionHandler otherwise)
      implements Thread.UncaughtExceptionHandler {
    @Override
    public void uncaughtException(Thread thread, Throwable e) {
      if (e instanceof PanicException panic) {
        panic.print(System.err);
        System.exit(EXIT_STATUS);
      }
      otherwise.uncaughtException(thread, e);
    }
  }

  private void print(PrintStream out) {
    Throwable cause = getCause();
    out.println(headline() + "\n");
    out.print(goroutines);
    for (Throwable more = cause == null ? null : cause.getCause();
        more != null;
        more = more.getCause()) {
      out.println("caused by " + more);
    }
    out.println("exit status " + EXIT_STATUS);
  }
}

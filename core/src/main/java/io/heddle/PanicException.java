package io.heddle;

import io.heddle.internal.Failures;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/**
 * An exception left the task of a goroutine and so ended the {@linkplain Go#run program}: Go's
 * panic. The cause is that exception. Exceptions of other goroutines while the program ended, up to
 * 17, are {@linkplain #getSuppressed suppressed}.
 *
 * <p>If this exception leaves a Java program's main thread, it is printed as Go prints it, with
 * every goroutine's trace, and the exit status is 2. Below the trace of the goroutine that failed
 * are those of the causes of its exception and of suppressed exceptions.
 */
public sealed class PanicException extends RuntimeException permits DeadlockException {
  private static final long serialVersionUID = 1;
  private static final int EXIT_STATUS = 2;

  /** The dump of the goroutine that failed; empty if none did. */
  private final String failed;

  /** The dump of the others. */
  private final String others;

  PanicException(Throwable cause, Goroutine<?> failed, String dump, String others) {
    this(failed.name() + " failed: " + Failures.text(cause), cause, dump, others);
  }

  PanicException(String message, @Nullable Throwable cause, String dump, String others) {
    super(message, cause);
    this.failed = dump;
    this.others = others;
  }

  /** The first line that Go prints. */
  String headline() {
    Throwable cause = getCause();
    return "panic: " + (cause == null ? "" : Failures.text(cause));
  }

  /**
   * The goroutines of the program when it failed, the one that did first: number or name, state,
   * stack, creator.
   *
   * @return several lines for each
   */
  public String goroutines() {
    return failed.isEmpty() ? others : failed + '\n' + others;
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
        try {
          panic.print(System.err);
        } finally {
          System.exit(EXIT_STATUS);
        }
      }
      otherwise.uncaughtException(thread, e);
    }
  }

  private void print(PrintStream out) {
    out.println(headline() + "\n");
    if (!failed.isEmpty()) {
      out.print(failed);
      out.println(Causes.of(this));
    }
    out.print(others);
    out.println("exit status " + EXIT_STATUS);
  }
}

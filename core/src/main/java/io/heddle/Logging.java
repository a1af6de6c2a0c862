package io.heddle;

import io.heddle.internal.Failures;
import java.io.PrintWriter;
import java.io.Writer;

/**
 * Writes to Heddle's log. Loggers and their handlers are chosen by the application, and print
 * exceptions by methods that can be overridden. If the exception cannot be printed, another one
 * takes its place, because some handlers would drop the message as well. If the logger throws, the
 * message goes to standard error, and the goroutine that has logged carries on.
 */
final class Logging {
  private Logging() {}

  /** Logs a message with an exception. */
  static void log(System.Logger.Level level, String message, Throwable thrown) {
    try {
      System.getLogger("io.heddle").log(level, message, printable(thrown));
    } catch (VirtualMachineError e) {
      throw e;
    } catch (Throwable e) {
      System.err.println(
          "io.heddle: %s: %s (the logger failed with %s)"
              .formatted(message, Failures.text(thrown), Failures.text(e)));
    }
  }

  private static Throwable printable(Throwable thrown) {
    try {
      thrown.printStackTrace(new PrintWriter(Writer.nullWriter()));
      return thrown;
    } catch (Throwable e) {
      var other = new IllegalStateException("cannot be printed: " + thrown.getClass().getName());
      other.setStackTrace(Causes.stack(thrown));
      return other;
    }
  }
}

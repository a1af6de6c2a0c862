package io.heddle;

import org.jspecify.annotations.Nullable;

/** Prints every goroutine to standard error when the process gets a signal. */
final class DumpSignal {
  private DumpSignal() {}

  /** Takes a signal. Returns what is in the way, null if nothing is. */
  static @Nullable String install(String name) {
    if (name.equals("USR2")) { // would be let through
      return "the JVM suspends threads with USR2, for JFR; use USR1";
    }
    try {
      Signals.handle(name, number -> print());
      return null;
    } catch (UnsupportedOperationException e) {
      return e.getMessage();
    } catch (IllegalArgumentException e) {
      return e.getMessage() + "; use USR1";
    }
  }

  private static void print() {
    String scheduler = RuntimeInfo.current().summary();
    System.err.print(Goroutines.count() + " goroutines, " + scheduler + "\n\n" + Goroutines.dump());
  }
}

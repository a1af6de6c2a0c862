package io.heddle;

import org.jspecify.annotations.Nullable;

/** What is told of goroutines to the outside of the JVM, where properties ask for it. */
final class Diagnosis {
  private Diagnosis() {}

  /** Opens what is asked for. What cannot be opened says so, and the program goes on without. */
  static void install() {
    if (isLoggingConfigured()) {
      System.getLogger("io.heddle").log(System.Logger.Level.DEBUG, Goroutines.describe());
    }
    String signal = System.getProperty("heddle.dump.signal");
    if (signal != null) {
      complain("heddle.dump.signal=" + signal, DumpSignal.install(signal));
    }
    String jmx = System.getProperty("heddle.jmx", "off");
    if (!jmx.equals("off")) {
      complain("heddle.jmx=" + jmx, jmx.equals("on") ? registerBean() : "use on or off");
    }
  }

  /**
   * Asking a logger whether it would log costs tens of milliseconds and starts java.util.logging;
   * looking for another logging provider on the class path costs half of that.
   */
  private static boolean isLoggingConfigured() {
    return System.getProperty("java.util.logging.config.file") != null
        || System.getProperty("java.util.logging.config.class") != null;
  }

  private static @Nullable String registerBean() {
    return ModuleLayer.boot().findModule("java.management").isPresent()
        ? GoroutinesBean.register()
        : "it needs the module java.management: start java with --add-modules java.management";
  }

  private static void complain(String property, @Nullable String problem) {
    if (problem != null) {
      System.err.println("heddle: " + property + " has no effect: " + problem);
    }
  }
}

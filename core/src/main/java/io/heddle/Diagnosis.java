package io.heddle;

import org.jspecify.annotations.Nullable;

/** The ways to look at goroutines from outside of the JVM, which properties ask for. */
final class Diagnosis {
  private Diagnosis() {}

  /** Opens them. One that cannot be opened says so, and the program goes on without. */
  static void install() {
    String signal = System.getProperty("heddle.dump.signal");
    if (signal != null) {
      complain("heddle.dump.signal=" + signal, DumpSignal.install(signal));
    }
    String jmx = System.getProperty("heddle.jmx", "off");
    if (!jmx.equals("off")) {
      complain("heddle.jmx=" + jmx, jmx.equals("on") ? registerBean() : "use on or off");
    }
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

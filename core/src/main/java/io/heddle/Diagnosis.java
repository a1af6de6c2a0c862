package io.heddle;

import io.heddle.internal.Alerts;
import io.heddle.internal.Extension;
import io.heddle.internal.Inspection;
import io.heddle.jvm.JdkHook;
import io.heddle.jvm.Observers;
import io.heddle.jvm.ScopedValues;
import io.heddle.jvm.ShutdownHooks;
import io.heddle.jvm.Signals;
import io.heddle.jvm.Unparkers;
import io.heddle.scheduler.Listing;
import io.heddle.scheduler.Recorder;
import java.util.List;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/** Access to goroutines from outside of the JVM, where properties ask for it. */
final class Diagnosis {
  private Diagnosis() {}

  /**
   * Opens the requested kinds of access. If one fails, a message says so, and the program
   * continues.
   */
  static void install() {
    warn();
    if (isLoggingConfigured()) {
      System.getLogger("io.heddle").log(System.Logger.Level.DEBUG, RuntimeInfo.current().summary());
    }
    String signal = System.getProperty("heddle.dump.signal");
    if (signal != null) {
      complain("heddle.dump.signal=" + signal, handleDumpSignal(signal));
    }
    if (Observers.WANTED) {
      if (!System.getProperty("heddle.trace", "off").equals("off")) {
        // Before the first goroutine. The module heddle-inspect ends it if it cannot be used.
        beginTrace(Integer.getInteger("heddle.trace.bytes", Inspection.TRACE_BYTES));
      }
      Observers.start("heddle-inspect", Diagnosis::beginExtensions);
    }
    String jmx = System.getProperty("heddle.jmx", "off");
    if (!jmx.equals("off")) {
      complain("heddle.jmx=" + jmx, jmx.equals("on") ? registerBean() : "use on or off");
    }
  }

  /**
   * Says, in one line, if the JDK is another than the one that Heddle knows, or if java.lang was
   * opened for nothing.
   */
  private static void warn() {
    lookForHooks();
    StringBuilder text = new StringBuilder();
    for (JdkHook hook : JdkHook.values()) {
      if (hook.isMissing()) {
        text.append(text.isEmpty() ? partMissing() : "; ");
        text.append(hook.member()).append(" (").append(hook.problem()).append("), so ");
        text.append(hook.otherwise());
      }
    }
    if (JdkHook.isOpenToClassPathOnly()
        && System.getProperty("heddle.scheduler", "auto").equals("auto")) {
      text.append("java.lang is open to the class path, but Heddle is a named module, so that")
          .append(" goroutines run on the JDK's scheduler: start java with ")
          .append(JdkHook.option());
    }
    if (!text.isEmpty()) {
      System.getLogger("io.heddle").log(System.Logger.Level.WARNING, text.toString());
    }
  }

  private static String partMissing() {
    return "Heddle continues without a part of JDK " + Runtime.version() + ": ";
  }

  /** Each is looked for by the class that uses it: has all of these be loaded. */
  static void lookForHooks() {
    boolean _ = Listing.isKept(); // and those of the scheduler
    boolean _ = ShutdownHooks.areSeen();
    boolean _ = Unparkers.areSeen();
    boolean _ = ScopedValues.areInherited();
  }

  /**
   * Asking a logger whether it would log costs tens of milliseconds and starts java.util.logging;
   * looking for another logging provider on the class path costs half of that.
   */
  private static boolean isLoggingConfigured() {
    return System.getProperty("java.util.logging.config.file") != null
        || System.getProperty("java.util.logging.config.class") != null;
  }

  /** Has a signal print every goroutine. Returns what is in the way, null if nothing is. */
  static @Nullable String handleDumpSignal(String name) {
    if (name.equals("USR2")) { // would be let through
      return "the JVM suspends threads with USR2, for JFR; use USR1";
    }
    try {
      Signals.handle(name, number -> printDump());
      return null;
    } catch (UnsupportedOperationException e) {
      return e.getMessage();
    } catch (IllegalArgumentException e) {
      return e.getMessage() + "; use USR1";
    }
  }

  private static void printDump() {
    String scheduler = RuntimeInfo.current().summary();
    Alerts.raise("signal", scheduler);
    System.err.print(Goroutines.count() + " goroutines, " + scheduler + "\n\n" + Goroutines.dump());
  }

  private static void beginTrace(int bytes) {
    try {
      boolean _ = Recorder.begin(bytes);
    } catch (OutOfMemoryError e) {
      // The module heddle-inspect tries it again, and reports that there is no memory for it.
    }
  }

  private static void beginExtensions() {
    boolean found = false;
    try {
      for (Extension one : ServiceLoader.load(Extension.class, Diagnosis.class.getClassLoader())) {
        found = true;
        one.begin();
      }
    } catch (Throwable e) {
      Recorder.end();
      System.err.println("heddle: the program cannot be observed: " + e);
      return;
    }
    if (!found) {
      Recorder.end();
    }
    for (String property : List.of("heddle.inspect", "heddle.trace", "heddle.jfr")) {
      String value = System.getProperty(property);
      if (!found && value != null) {
        complain(
            property + "=" + value,
            "add the module heddle-inspect to the class path or the module path");
      }
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

package io.heddle;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.jvm.JdkHook;
import io.heddle.jvm.Signals;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What Heddle runs on, and what it cannot do there: for a log, a health endpoint, or a report of a
 * problem. {@link #toString} is the text for people.
 *
 * <p>None of it changes while the JVM lives. If java.util.logging is configured by {@code
 * java.util.logging.config.file} or {@code .class}, Heddle logs the {@link #summary} when it is
 * first used, at the level {@code DEBUG} ({@code FINE}) of the logger {@code io.heddle}. With
 * another logging library, log it yourself: asking for a logger would start the JDK's.
 *
 * @param version Heddle's version
 * @param jdk the version, name and vendor of the JVM
 * @param scheduler what goroutines run on
 * @param parallelism how many goroutines can run at the same time: Go's {@code GOMAXPROCS}
 * @param reason why it is this scheduler
 * @param hooks the private members of the JDK that Heddle uses where it can
 * @param unavailable what is different here from a JVM in which Heddle can do all; empty if nothing
 *     is
 * @param properties the system properties that are set and that Heddle, or the JDK's scheduler,
 *     heeds
 */
public record RuntimeInfo(
    String version,
    String jdk,
    Scheduler scheduler,
    int parallelism,
    String reason,
    List<Hook> hooks,
    List<String> unavailable,
    SortedMap<String, String> properties) {

  /** What goroutines run on. */
  public enum Scheduler {
    /** Heddle's own scheduler. It needs java.lang to be open to Heddle. */
    HEDDLE,
    /** The JDK's scheduler for virtual threads. */
    JDK
  }

  /**
   * A private member of the JDK that Heddle uses if java.lang is open to it.
   *
   * @param name its name for the property {@code heddle.hooks.off}
   * @param member its class and name
   * @param problem why Heddle does not use it; null if it does
   * @param consequence what is different without it
   */
  public record Hook(String name, String member, @Nullable String problem, String consequence) {
    /**
     * Whether Heddle uses it.
     *
     * @return true if there is no problem
     */
    public boolean isUsed() {
      return problem == null;
    }
  }

  /**
   * Copies the collections.
   *
   * @throws NullPointerException if one of the arguments is null
   */
  public RuntimeInfo {
    hooks = List.copyOf(hooks);
    unavailable = List.copyOf(unavailable);
    properties = Collections.unmodifiableSortedMap(new TreeMap<>(properties));
  }

  /**
   * That of this JVM.
   *
   * @return equal each time
   */
  public static RuntimeInfo current() {
    Diagnosis.lookForHooks();
    io.heddle.scheduler.Scheduler own = Schedulers.own();
    return new RuntimeInfo(
        Version.TEXT,
        "%s, %s, %s"
            .formatted(
                Runtime.version(),
                System.getProperty("java.vm.name"),
                System.getProperty("java.vendor")),
        own == null ? Scheduler.JDK : Scheduler.HEDDLE,
        own == null ? parallelismOfJdk() : own.parallelism(),
        Schedulers.reason(),
        Arrays.stream(JdkHook.values())
            .map(hook -> new Hook(hook.label(), hook.member(), hook.problem(), hook.otherwise()))
            .toList(),
        missing(),
        setProperties());
  }

  private static int parallelismOfJdk() {
    return Integer.getInteger(
        "jdk.virtualThreadScheduler.parallelism", Runtime.getRuntime().availableProcessors());
  }

  private static List<String> missing() {
    List<String> missing = new ArrayList<>();
    if (!JdkHook.isOpen()) {
      missing.add(
          "Heddle's own scheduler: java.lang is not open to Heddle; start java with "
              + JdkHook.option());
    }
    for (JdkHook hook : JdkHook.values()) {
      if (hook.isMissing()) {
        missing.add(hook.otherwise() + ": " + hook.member() + ": " + hook.problem());
      }
    }
    String leaks = LeakSearch.obstacle();
    if (leaks != null) {
      missing.add("the search for leaks: " + leaks);
    }
    addUnlessThere(
        missing, "java.management", "reports of deadlocks beside other threads, and JMX");
    addUnlessThere(missing, "jdk.management", "reports of deadlocks beside other virtual threads");
    if (!Signals.areAvailable()) {
      missing.add(
          "signals for Context.untilShutdown and heddle.dump.signal: start java with"
              + " --add-modules jdk.unsupported");
    }
    return missing;
  }

  private static void addUnlessThere(List<String> missing, String module, String what) {
    if (ModuleLayer.boot().findModule(module).isEmpty()) {
      missing.add(what + ": start java with --add-modules " + module);
    }
  }

  private static SortedMap<String, String> setProperties() {
    SortedMap<String, String> set = new TreeMap<>();
    for (String name : System.getProperties().stringPropertyNames()) {
      String value = System.getProperty(name);
      if (value != null
          && (name.startsWith("heddle.")
              || name.equals("jdk.trackAllThreads")
              || name.startsWith("jdk.virtualThreadScheduler."))) {
        set.put(name, value);
      }
    }
    return set;
  }

  /** Read once, when it is asked for. */
  private static final class Version {
    static final String TEXT = read();

    private static String read() {
      try (InputStream in = RuntimeInfo.class.getResourceAsStream("version.txt")) {
        return in == null ? "unknown" : new String(in.readAllBytes(), UTF_8).strip();
      } catch (IOException e) {
        return "unknown";
      }
    }
  }

  /**
   * The scheduler, and why it is that one, in one line.
   *
   * @return such as "Heddle's scheduler, parallelism 8 (java.lang is open to Heddle), JDK 25.0.3+9"
   */
  public String summary() {
    String which = scheduler == Scheduler.HEDDLE ? "Heddle's scheduler" : "the JDK's scheduler";
    return "%s, parallelism %d (%s), JDK %s"
        .formatted(which, parallelism, reason, jdk.replaceFirst(",.*", ""));
  }

  /**
   * All of it, for people.
   *
   * @return several lines
   */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append("Heddle ").append(version).append(", JDK ").append(jdk).append('\n');
    text.append(summary()).append('\n');
    for (Hook hook : hooks) {
      text.append("hook ").append(hook.name).append(" (").append(hook.member).append("): ");
      text.append(hook.problem == null ? "used" : hook.problem + ", so " + hook.consequence)
          .append('\n');
    }
    unavailable.forEach(one -> text.append("unavailable: ").append(one).append('\n'));
    properties.forEach(
        (name, value) -> text.append("property ").append(name + '=' + value).append('\n'));
    return text.toString();
  }
}

package io.heddle.jvm;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The virtual threads that are not goroutines, by the JVM's own list of threads. Needs the module
 * jdk.management. The list is written to a file, which takes long: this is asked last.
 */
public final class ForeignVirtualThreads {
  /** More goroutines than this would make a file of tens of megabytes. */
  public static final int MOST = 10_000;

  private static final Pattern VIRTUAL = Pattern.compile("#(\\d+) \"(.*)\" virtual .*");

  private static final Pattern POLLER = Pattern.compile("(Sub|Read-|Write-)Poller(-\\d+)?");

  private ForeignVirtualThreads() {}

  /**
   * Whether there may be one.
   *
   * @param goroutines the numbers of the goroutines' threads, as far as the JVM lists them
   * @return false only if the list has all of these and, but for the JDK's pollers, no others
   */
  public static boolean mayExist(Set<Long> goroutines) {
    if (ModuleLayer.boot().findModule("jdk.management").isEmpty()) {
      return true;
    }
    try {
      Path directory = Files.createTempDirectory("heddle-threads");
      Path file = directory.resolve("threads");
      try {
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
            .dumpThreads(file.toString(), ThreadDumpFormat.TEXT_PLAIN);
        Set<Long> missing =
            new HashSet<>(goroutines); // jdk.trackAllThreads=false keeps them out of the list
        try (Stream<String> lines = Files.lines(file)) {
          boolean others =
              lines
                  .map(VIRTUAL::matcher)
                  .filter(Matcher::matches)
                  .anyMatch(thread ->
                      !missing.remove(Long.valueOf(thread.group(1)))
                          && !POLLER.matcher(thread.group(2)).matches());
          return others || !missing.isEmpty();
        }
      } finally {
        Files.deleteIfExists(file);
        Files.delete(directory);
      }
    } catch (IOException | RuntimeException e) {
      return true;
    }
  }
}

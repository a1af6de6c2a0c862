package io.heddle.tour;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import io.heddle.Goroutines;
import io.heddle.Task;
import io.heddle.tour.TourProgram.Place;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Runs one program, and keeps its output. */
final class Runner {

  /** How a program ended. */
  sealed interface Ending {
    /** Normally: its main method returned. */
    record Returned() implements Ending {}

    /** With an exception. */
    record Threw(Throwable thrown) implements Ending {}

    /**
     * Not within the limit.
     *
     * @param threads the stacks of its threads at that time
     * @param stopped whether an interrupt has ended it
     */
    record Hung(String threads, boolean stopped) implements Ending {}
  }

  /** The result of a program. */
  record Outcome(String output, Duration took, Ending ending) {}

  private final Duration limit;
  private final Duration grace;

  /**
   * Makes a runner.
   *
   * @param limit the time after which a program is considered to hang
   * @param grace how long a program that hangs may take to react to an interrupt
   */
  Runner(Duration limit, Duration grace) {
    this.limit = limit;
    this.grace = grace;
  }

  /** The task that runs a program in a suitable place. */
  static Task mainOf(TourProgram program) {
    return program.place() instanceof Place.InOwnJvm(int exitStatus)
        ? new ChildJvm(program.name(), exitStatus)
        : mainOf(program.name());
  }

  /** The main method of a compact source file's class. */
  private static Task mainOf(String className) {
    return () -> {
      try {
        Class<?> type = Class.forName(className);
        Constructor<?> constructor = type.getDeclaredConstructor();
        Method main = type.getDeclaredMethod("main");
        constructor.setAccessible(true);
        main.setAccessible(true);
        main.invoke(constructor.newInstance());
      } catch (InvocationTargetException e) {
        switch (e.getCause()) {
          case Exception cause -> throw cause;
          case Error cause -> throw cause;
          case null, default -> throw e;
        }
      }
    };
  }

  /** Runs a program. One at a time, because the program uses System.out. */
  Outcome run(String name, Task main, PrintStream out) throws InterruptedException {
    Capture capture = new Capture(out);
    AtomicReference<@Nullable Ending> ended = new AtomicReference<>();
    // Not called main, which Heddle would mistake for the thread of a Java program's main method.
    Thread thread =
        Thread.ofPlatform().daemon().name("tour " + name).unstarted(() -> ended.set(ending(main)));
    PrintStream before = System.out;
    System.setOut(new PrintStream(capture, true, StandardCharsets.UTF_8));
    long start = System.nanoTime();
    try {
      thread.start();
      boolean terminated = thread.join(limit);
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      Ending ending = terminated ? ended.get() : stop(thread);
      return new Outcome(
          capture.text(),
          took,
          ending != null ? ending : new Ending.Threw(new IllegalStateException("thread died")));
    } finally {
      thread.interrupt();
      System.setOut(before);
      capture.close();
    }
  }

  private static Ending ending(Task main) {
    try {
      main.run();
      return new Ending.Returned();
    } catch (Throwable e) {
      return new Ending.Threw(e);
    }
  }

  private Ending stop(Thread thread) throws InterruptedException {
    String threads = dump(thread.getName());
    thread.interrupt();
    return new Ending.Hung(threads, thread.join(grace));
  }

  /**
   * The traces of the goroutines, of other virtual threads, and of the program's main thread. The
   * JDK may list the goroutines, too.
   */
  private static String dump(String mainThread) {
    try {
      Path directory = Files.createTempDirectory("heddle-tour");
      Path file = directory.resolve("threads");
      try {
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
            .dumpThreads(file.toString(), ThreadDumpFormat.TEXT_PLAIN);
        return Pattern.compile("\\R\\R")
            .splitAsStream(Files.readString(file))
            .filter(trace -> isOfProgram(trace.lines().findFirst().orElse(""), mainThread))
            .collect(Collectors.joining("\n\n", "", "\n\n" + Goroutines.dump()));
      } finally {
        Files.deleteIfExists(file);
        Files.delete(directory);
      }
    } catch (IOException e) {
      return "no thread dump: " + e;
    }
  }

  private static boolean isOfProgram(String header, String mainThread) {
    return header.startsWith("#")
        && (header.contains("\" virtual") || header.contains('"' + mainThread + '"'));
  }
}

package io.heddle.evidence.mutants;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs test classes in this JVM until one fails or does not end, prints which, and ends: with
 * status 0 if none does.
 */
final class SuiteRun {
  private static final long TICK_MILLIS = 100;

  /**
   * A test is stuck if none of its threads is runnable in so many consecutive samples. A thread
   * that only lacks a processor on a busy machine is runnable.
   */
  private static final int TICKS = 150;

  /** A test that computes for so long will not end either, however busy the machine is. */
  private static final long MOST_NANOS = 60_000_000_000L;

  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private static volatile long begunAtCpu;
  private static final AtomicReference<String> RUNNING = new AtomicReference<>("discovery");

  private SuiteRun() {}

  public static void main(String[] classes) {
    Set<Long> others = new HashSet<>();
    Arrays.stream(THREADS.getAllThreadIds()).forEach(others::add);
    others.remove(Thread.currentThread().threadId());
    Thread.ofPlatform().daemon().start(() -> watch(others));
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(Arrays.stream(classes).map(name -> selectClass(name)).toList())
            .build();
    LauncherFactory.create().execute(request, new FirstFailure());
    System.out.println("SURVIVED");
    Runtime.getRuntime().halt(0);
  }

  private static void watch(Set<Long> others) {
    String test = "";
    for (int ticks = 0; ; ticks++) {
      try {
        Thread.sleep(TICK_MILLIS);
      } catch (InterruptedException e) {
        // the tested code may interrupt any thread
      }
      if (!test.equals(RUNNING.get()) || anyRuns(others)) {
        test = RUNNING.get();
        ticks = 0;
      }
      if (ticks > TICKS || SYSTEM.getProcessCpuTime() - begunAtCpu > MOST_NANOS) {
        end("does not end: " + RUNNING.get());
      }
    }
  }

  /** Whether a platform thread runs or could, but for the caller and those that the JVM has. */
  private static boolean anyRuns(Set<Long> others) {
    return Arrays.stream(THREADS.getThreadInfo(THREADS.getAllThreadIds()))
        .anyMatch(thread ->
            thread != null
                && thread.getThreadState() == Thread.State.RUNNABLE
                && thread.getThreadId() != Thread.currentThread().threadId()
                && !others.contains(thread.getThreadId()));
  }

  private static void end(String why) {
    System.out.println("KILLED " + why);
    System.out.flush();
    Runtime.getRuntime().halt(1);
  }

  private static final class FirstFailure implements TestExecutionListener {
    @Override
    public void executionStarted(TestIdentifier test) {
      begunAtCpu = SYSTEM.getProcessCpuTime();
      RUNNING.set(name(test));
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      if (result.getStatus() == TestExecutionResult.Status.FAILED) {
        // Of JUnit's time limit, or of one in the test.
        boolean late = result.getThrowable().filter(e -> e instanceof TimeoutException).isPresent();
        end((late ? "does not end: " : "by ") + name(test));
      }
    }

    private static String name(TestIdentifier test) {
      return test.getUniqueId()
          .replaceAll("\\[engine:junit-jupiter\\]/", "")
          .replaceAll("\\[(class|method|test-template|nested-class):", "")
          .replaceAll("\\[test-template-invocation:", "")
          .replaceAll("\\((.*?)\\)|\\]", "")
          .replace("io.heddle.", "");
    }
  }
}

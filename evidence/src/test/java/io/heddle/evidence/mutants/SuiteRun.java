package io.heddle.evidence.mutants;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
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
  /** How long a test may take, while the JVM runs: a pause of the process does not count. */
  private static final int TICKS = 400;

  private static final long TICK_MILLIS = 100;

  private static final AtomicInteger SINCE_LAST = new AtomicInteger();
  private static final AtomicReference<String> RUNNING = new AtomicReference<>("discovery");

  private SuiteRun() {}

  public static void main(String[] classes) {
    Thread.ofPlatform().daemon().start(SuiteRun::watch);
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(Arrays.stream(classes).map(name -> selectClass(name)).toList())
            .build();
    LauncherFactory.create().execute(request, new FirstFailure());
    System.out.println("SURVIVED");
    Runtime.getRuntime().halt(0);
  }

  private static void watch() {
    while (true) {
      try {
        Thread.sleep(TICK_MILLIS);
      } catch (InterruptedException e) {
        // what is tested may interrupt anybody
      }
      if (SINCE_LAST.incrementAndGet() > TICKS) {
        end("does not end: " + RUNNING.get());
      }
    }
  }

  private static void end(String why) {
    System.out.println("KILLED " + why);
    System.out.flush();
    Runtime.getRuntime().halt(1);
  }

  private static final class FirstFailure implements TestExecutionListener {
    @Override
    public void executionStarted(TestIdentifier test) {
      SINCE_LAST.set(0);
      RUNNING.set(name(test));
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      SINCE_LAST.set(0);
      if (result.getStatus() == TestExecutionResult.Status.FAILED) {
        end("by " + name(test));
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

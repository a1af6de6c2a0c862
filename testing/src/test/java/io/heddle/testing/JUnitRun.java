package io.heddle.testing;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs the samples under the JUnit on the class path, and prints the result of each. */
final class JUnitRun {
  private JUnitRun() {}

  public static void main(String[] arguments) {
    List<String> lines = Collections.synchronizedList(new ArrayList<>());
    TestExecutionListener listener =
        new TestExecutionListener() {
          @Override
          public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            if (test.isTest() || result.getThrowable().isPresent()) {
              lines.add(name(test) + ": " + result.getThrowable().map(JUnitRun::text).orElse("ok"));
            }
          }
        };
    LauncherDiscoveryRequest sequential =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(
                selectClass(JUnitSamples.InABubble.class),
                selectClass(JUnitSamples.Explorations.class),
                selectClass(JUnitSamples.Leaks.class),
                selectClass(JUnitSamples.Unchecked.class))
            .build();
    LauncherFactory.create().execute(sequential, listener);
    LauncherDiscoveryRequest parallel =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClass(JUnitSamples.InParallel.class))
            .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
            .build();
    LauncherFactory.create().execute(parallel, listener);
    lines.sort(null);
    lines.forEach(IO::println);
  }

  private static String name(TestIdentifier test) {
    TestSource source = test.getSource().orElse(null);
    return switch (source) {
      case MethodSource method ->
          method.getJavaClass().getSimpleName() + "." + method.getMethodName();
      case ClassSource type -> type.getJavaClass().getSimpleName();
      case null, default -> test.getDisplayName();
    };
  }

  private static String text(Throwable failure) {
    List<String> suppressed =
        Stream.of(failure.getSuppressed()).map(each -> each.getClass().getSimpleName()).toList();
    return failure.getClass().getSimpleName() + (suppressed.isEmpty() ? "" : " with " + suppressed);
  }
}

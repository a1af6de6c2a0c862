package io.heddle.testing;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.platform.commons.support.AnnotationSupport;

/** Compares the goroutines after a test to those before it: see {@link LeakChecked}. */
public final class LeakExtension implements BeforeEachCallback, AfterEachCallback {
  private static final String IGNORE = "heddle.leaks.ignore";
  private static final Namespace NAMESPACE = Namespace.create(LeakExtension.class);

  /** For JUnit, which finds it as a service if extensions are to be detected. */
  public LeakExtension() {}

  @Override
  public void beforeEach(ExtensionContext context) {
    String[] ignored = ignored(context);
    suite(context).ignore(ignored);
    context.getStore(NAMESPACE).put("check", LeakCheck.start().ignoring(ignored));
  }

  @Override
  public void afterEach(ExtensionContext context) throws InterruptedException {
    LeakCheck check = context.getStore(NAMESPACE).remove("check", LeakCheck.class);
    if (check != null && context.getExecutionMode() == ExecutionMode.SAME_THREAD) {
      check.verify(suite(context).ignored);
    }
  }

  private static Suite suite(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .computeIfAbsent("suite", key -> new Suite(), Suite.class);
  }

  private static String[] ignored(ExtensionContext context) {
    Stream<String> byAll =
        context.getConfigurationParameter(IGNORE).stream()
            .flatMap(list -> Stream.of(list.split(",")))
            .map(String::strip);
    Stream<String> here =
        Stream.concat(context.getElement().stream(), context.getTestClass().stream())
            .flatMap(
                element -> AnnotationSupport.findAnnotation(element, LeakChecked.class).stream())
            .flatMap(annotation -> Stream.of(annotation.ignoring()));
    return Stream.concat(byAll, here).filter(text -> !text.isEmpty()).toArray(String[]::new);
  }

  /** Checks once more when all tests have been run, those that ran in parallel, too. */
  private static final class Suite implements AutoCloseable {
    private final LeakCheck check = LeakCheck.start();

    /** What any test may leave behind may still be there, or be found to have leaked later. */
    private final Set<String> ignored = ConcurrentHashMap.newKeySet();

    void ignore(String... fragments) {
      ignored.addAll(List.of(fragments));
    }

    @Override
    public void close() {
      try {
        check.ignoring(ignored.toArray(String[]::new)).verify();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

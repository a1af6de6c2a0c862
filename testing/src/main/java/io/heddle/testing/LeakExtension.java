package io.heddle.testing;

import io.heddle.Goroutine;
import io.heddle.Leak;
import io.heddle.internal.Stuck;
import io.heddle.internal.TestAccess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Compares the goroutines after a test, or after a class, to those before it: see {@link
 * LeakChecked}.
 *
 * <p>Each goroutine is reported once: by the test that left it, or else by the class that did.
 * Where tests may run in parallel, it is unknown which test started a goroutine. Goroutines that
 * are new after a test are then suspects. Those that still exist at the end of the whole run are
 * reported, each with the tests after which it was seen. Goroutines that unchecked tests leave
 * while no checked test runs are no suspects.
 */
public final class LeakExtension
    implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback {
  private static final String IGNORE = "heddle.leaks.ignore";
  private static final String PARALLEL = "junit.jupiter.execution.parallel.enabled";
  private static final Namespace NAMESPACE = Namespace.create(LeakExtension.class);

  /** For JUnit, which finds this class as a service if extensions are detected automatically. */
  public LeakExtension() {}

  @Override
  public void beforeAll(ExtensionContext context) {
    begin(context);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    begin(context);
  }

  @Override
  public void afterEach(ExtensionContext context) throws InterruptedException {
    end(context);
  }

  @Override
  public void afterAll(ExtensionContext context) throws InterruptedException {
    end(context);
  }

  /** Each context has a store of its own, so a class's check and a test's do not collide. */
  private static void begin(ExtensionContext context) {
    String[] ignored = ignored(context);
    Suite suite = suite(context);
    suite.ignored.addAll(List.of(ignored));
    context.getStore(NAMESPACE).put("check", LeakCheck.start().ignoring(ignored));
  }

  private static void end(ExtensionContext context) throws InterruptedException {
    LeakCheck check = context.getStore(NAMESPACE).remove("check", LeakCheck.class);
    Suite suite = suite(context);
    if (check == null) {
      return;
    }
    boolean isTest = context.getTestMethod().isPresent();
    if (context.getConfigurationParameter(PARALLEL).filter(Boolean::parseBoolean).isPresent()) {
      suite.suspect(check, name(context), isTest);
    } else {
      suite.verify(check, isTest);
    }
  }

  private static String name(ExtensionContext context) {
    String type = context.getTestClass().map(Class::getSimpleName).orElse("");
    return context.getTestMethod().isEmpty() ? type : type + " " + context.getDisplayName();
  }

  /** Not with computeIfAbsent, which JUnit 5 lacks. */
  private static Suite suite(ExtensionContext context) {
    ExtensionContext.Store store = context.getRoot().getStore(NAMESPACE);
    synchronized (LeakExtension.class) {
      Suite suite = store.get("suite", Suite.class);
      if (suite == null) {
        suite = new Suite();
        store.put("suite", suite);
      }
      return suite;
    }
  }

  /** The goroutines that a test may leave: those of the suite, and those of its annotations. */
  private static String[] ignored(ExtensionContext context) {
    List<String> ignored = new ArrayList<>();
    context
        .getConfigurationParameter(IGNORE)
        .ifPresent(list -> Stream.of(list.split(",")).map(String::strip).forEach(ignored::add));
    Optional<ExtensionContext> here = Optional.of(context);
    while (here.isPresent()) {
      here.get()
          .getElement()
          .flatMap(element -> AnnotationSupport.findAnnotation(element, LeakChecked.class))
          .ifPresent(annotation -> ignored.addAll(List.of(annotation.ignoring())));
      here = here.get().getParent();
    }
    return ignored.stream().filter(text -> !text.isEmpty()).toArray(String[]::new);
  }

  /** The shared state of the checks of a run. Closed by JUnit at the end of the run. */
  private static final class Suite implements AutoCloseable {
    /** Goroutines that some test may leave behind, which may be found to have leaked later. */
    final Set<String> ignored = ConcurrentHashMap.newKeySet();

    private final Set<Goroutine<?>> reported =
        Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));

    /** Each with the tests after which it existed, and before which it did not. Guarded. */
    private final IdentityHashMap<Goroutine<?>, Set<String>> suspects = new IdentityHashMap<>();

    /** The same for leaks whose goroutines are gone. Guarded. */
    private final Map<Leak, Set<String>> suspectLeaks = new LinkedHashMap<>();

    /**
     * Fails if goroutines are left that have not been reported.
     *
     * @param ofTest whether the check is that of a test, and not of a whole class, whose tests have
     *     reported the leaks whose goroutines are gone
     */
    void verify(LeakCheck check, boolean ofTest) throws InterruptedException {
      List<Goroutine<?>> started =
          check.started().stream()
              .filter(goroutine -> !reported.contains(goroutine))
              .filter(goroutine -> ofTest || !mayBeLeft(goroutine))
              .toList();
      check.verify(started, ofTest ? check.gone(ignored) : List.of(), reported::add);
    }

    private boolean mayBeLeft(Goroutine<?> goroutine) {
      String description = TestAccess.get().describe(goroutine);
      return ignored.stream().anyMatch(description::contains);
    }

    synchronized void suspect(LeakCheck check, String where, boolean isTest) {
      for (Goroutine<?> goroutine : check.started()) {
        Set<String> tests = suspects.computeIfAbsent(goroutine, key -> new TreeSet<>());
        if (isTest || tests.isEmpty()) {
          tests.add(where);
        }
      }
      if (isTest) {
        for (Leak leak : check.gone(ignored)) {
          suspectLeaks.computeIfAbsent(leak, key -> new TreeSet<>()).add(where);
        }
      }
    }

    @Override
    public synchronized void close() {
      StringBuilder text = new StringBuilder();
      long deadline = System.nanoTime() + LeakCheck.PATIENCE.toNanos();
      suspects.forEach((goroutine, tests) -> {
        if (!mayBeLeft(goroutine) && !endsBy(goroutine, deadline)) {
          text.append(TestAccess.get().describe(goroutine)).append(leftBy(tests));
        }
      });
      suspectLeaks.forEach((leak, tests) -> text.append(leak).append('\n').append(leftBy(tests)));
      if (!text.isEmpty()) {
        throw new LeakError("goroutines are left", new Stuck(true, text.toString()));
      }
    }

    private static boolean endsBy(Goroutine<?> goroutine, long deadline) {
      try {
        return LeakCheck.endsBy(goroutine, Duration.ofNanos(deadline - System.nanoTime()));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return goroutine.isDone();
      }
    }

    private static String leftBy(Collection<String> tests) {
      return "left by %s%s\n\n"
          .formatted(tests.size() == 1 ? "" : "one of: ", String.join(", ", tests));
    }
  }
}

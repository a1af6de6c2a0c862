package io.heddle.race.programs;

import static io.heddle.Go.go;

import io.heddle.Goroutine;
import io.heddle.testing.RaceChecked;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Runs tests under the agent, and says which failed, and why. */
public final class Suite {
  private Suite() {}

  private static int value;

  private static void race() throws Exception {
    Goroutine<?> other = go(() -> value++);
    value++;
    other.join();
  }

  private static void join() throws Exception {
    go(() -> value++).join();
    value++;
  }

  /** Checked by its annotation. */
  @RaceChecked
  @TestMethodOrder(MethodOrderer.MethodName.class)
  static final class Annotated {
    @Test
    void aRaces() throws Exception {
      race();
    }

    @Test
    void bJoins() throws Exception {
      join();
    }

    @Test
    void cRacesAgain() throws Exception {
      race();
    }
  }

  /** Checked, or not, by what the suite is configured to do. */
  @TestMethodOrder(MethodOrderer.MethodName.class)
  static final class Plain {
    @Test
    void aRaces() throws Exception {
      race();
    }

    @Test
    void bJoins() throws Exception {
      join();
    }
  }

  private static void run(Class<?> type, String checks) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(DiscoverySelectors.selectClass(type))
            .configurationParameter("junit.jupiter.extensions.autodetection.enabled", "true")
            .configurationParameter("heddle.race.check", checks)
            .build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request, listener);
    System.out.printf(
        "%s %s: %d of %d passed%n",
        type.getSimpleName(),
        checks,
        listener.getSummary().getTestsSucceededCount(),
        listener.getSummary().getTestsFoundCount());
    for (TestExecutionSummary.Failure failure : listener.getSummary().getFailures()) {
      System.out.println(
          failure.getTestIdentifier().getDisplayName() + ": " + failure.getException());
    }
  }

  /** Runs all. */
  public static void main(String[] args) {
    run(Annotated.class, "false");
    run(Plain.class, "true");
    run(Plain.class, "false");
    run(Plain.class, "maybe");
  }
}

package io.heddle.testing;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test if a race is found while it runs. */
final class RaceExtension implements BeforeEachCallback, AfterEachCallback {
  RaceExtension() {}

  @Override
  public void beforeEach(ExtensionContext context) {
    if (!Races.areDetected()) {
      throw new IllegalStateException(
          "this test is to be checked for races, which needs the race detector: add -javaagent:heddle-race.jar to the options of"
              + " the JVM that runs the tests");
    }
    RaceError earlier = Races.take();
    if (earlier != null) {
      throw earlier;
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    RaceError found = Races.take();
    if (found != null) {
      throw found;
    }
  }
}

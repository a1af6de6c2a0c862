package io.heddle.testing;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Treats every test of a suite as if it were {@link RaceChecked}, if {@code
 * junit-platform.properties} has {@code heddle.race.check=true} and {@code
 * junit.jupiter.extensions.autodetection.enabled=true}. JUnit finds it as a service.
 */
@SuppressWarnings("exports") // for JUnit, which needs no access
public final class RaceSuiteExtension implements BeforeEachCallback, AfterEachCallback {
  private static final String CHECK = "heddle.race.check";

  private final RaceExtension check = new RaceExtension();

  /** For JUnit. */
  public RaceSuiteExtension() {}

  @Override
  public void beforeEach(ExtensionContext context) {
    if (isAskedFor(context)) {
      check.beforeEach(context);
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    if (isAskedFor(context)) {
      check.afterEach(context);
    }
  }

  private static boolean isAskedFor(ExtensionContext context) {
    String value = context.getConfigurationParameter(CHECK).orElse("false");
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new IllegalArgumentException(CHECK + " is true or false, and not \"" + value + '"');
    };
  }
}

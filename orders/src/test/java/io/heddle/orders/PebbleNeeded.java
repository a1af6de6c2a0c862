package io.heddle.orders;

import io.heddle.local.Pebble;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** Starts the real Pebble; where it is not installed the test is skipped, loudly. */
public final class PebbleNeeded {
  private PebbleNeeded() {}

  public static Pebble start(String... environment) throws Exception {
    return start(Map.of(), environment);
  }

  /** With more members in Pebble's configuration. */
  public static Pebble start(Map<String, Object> more, String... environment) throws Exception {
    if (!Pebble.isInstalled()) {
      String message = "NOT TESTED: there is no pebble on this machine";
      System.err.println("*".repeat(10) + " " + message);
      Assumptions.abort(message);
    }
    Map<String, String> variables = new java.util.HashMap<>();
    for (int i = 0; i < environment.length; i += 2) {
      variables.put(environment[i], environment[i + 1]);
    }
    return Pebble.start(variables, more);
  }
}

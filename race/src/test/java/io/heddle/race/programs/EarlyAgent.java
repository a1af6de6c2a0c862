package io.heddle.race.programs;

/** An agent that comes before the detector, and is itself what the detector should have seen. */
public final class EarlyAgent {
  private EarlyAgent() {}

  /** Does nothing: it has been loaded. */
  public static void premain(String arguments) {}
}

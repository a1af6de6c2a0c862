package io.heddle.race.clock;

/**
 * Runs the goroutines of an exploration one at a time. The agent has Heddle's own class implement
 * it.
 */
@SuppressWarnings("MethodName") // no name of the woven class can be in the way
public interface Explorer {
  /**
   * Another goroutine may have its turn before the calling one, which has it, continues.
   *
   * @param counts whether it is one of the steps after which a run is given up
   */
  void race$decide(boolean counts);

  /** The calling goroutine waits for others, in a loop: it is their turn. */
  void race$giveWay();
}

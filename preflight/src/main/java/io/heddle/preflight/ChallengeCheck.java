package io.heddle.preflight;

/**
 * Checks a challenge as the CA would. Implementations can be used by any number of goroutines at
 * the same time.
 */
@FunctionalInterface
public interface ChallengeCheck {
  /**
   * Checks whether the CA would accept the challenge. Blocks until that is known; an interrupt
   * closes the sockets that are open for it.
   *
   * @param trace records the steps, also of a check that is cancelled
   * @return the CA's likely answer; any error on the way is a result, not an exception
   */
  CheckResult check(PreflightChallenge challenge, Trace trace) throws InterruptedException;
}

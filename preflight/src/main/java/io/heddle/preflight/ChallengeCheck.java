package io.heddle.preflight;

/**
 * Checks a challenge as the CA would. Implementations can be used by any number of goroutines at a
 * time.
 */
@FunctionalInterface
public interface ChallengeCheck {
  /**
   * Looks whether the CA would accept the challenge. Blocks until that is known; an interrupt
   * closes the sockets that are open for it.
   *
   * @param trace where to write down what was seen, also for the case that the check is cancelled
   * @return what the CA would say; whatever goes wrong on the way is an outcome, not an exception
   */
  CheckResult check(PreflightChallenge challenge, Trace trace) throws InterruptedException;
}

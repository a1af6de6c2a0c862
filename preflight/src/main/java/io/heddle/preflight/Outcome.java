package io.heddle.preflight;

import org.jspecify.annotations.Nullable;

/**
 * How a check ended.
 *
 * @param verdict what the CA would say
 * @param problem the kind of problem it would report; null if {@link Verdict#READY}
 * @param detail the reason, for the person who can act on it
 */
public record Outcome(Verdict verdict, @Nullable Problem problem, String detail) {
  /** Details have in them what strangers' servers say, as much of it as they like. */
  private static final int MAX_DETAIL = 1000;

  /** Cuts what is too long to be kept with an order. */
  public Outcome {
    if (detail.length() > MAX_DETAIL) {
      detail = detail.substring(0, MAX_DETAIL) + "...";
    }
  }

  /**
   * The CA would accept.
   *
   * @param detail what was found where
   * @return an outcome
   */
  public static Outcome ready(String detail) {
    return new Outcome(Verdict.READY, null, detail);
  }

  /**
   * The CA would refuse, but that may change by itself.
   *
   * @param problem what it would report
   * @param detail the reason
   * @return an outcome
   */
  public static Outcome notYet(Problem problem, String detail) {
    return new Outcome(Verdict.NOT_YET, problem, detail);
  }

  /**
   * The CA would refuse until somebody changes something.
   *
   * @param problem what it would report
   * @param detail the reason
   * @return an outcome
   */
  public static Outcome willFail(Problem problem, String detail) {
    return new Outcome(Verdict.WILL_FAIL, problem, detail);
  }

  /**
   * Nothing could be found out.
   *
   * @param problem what comes nearest
   * @param detail the reason
   * @return an outcome
   */
  public static Outcome unknown(Problem problem, String detail) {
    return new Outcome(Verdict.UNKNOWN, problem, detail);
  }

  /** The outcome of two checks that both have to pass. */
  Outcome and(Outcome other) {
    return verdict.and(other.verdict) == verdict ? this : other;
  }
}

package io.heddle.preflight;

/** What a CA would most likely say now. */
public enum Verdict {
  /** It would accept the challenge. */
  READY,

  /** It would not, but that may change by itself: try again later. */
  NOT_YET,

  /**
   * Nothing could be found out: a resolver is silent, the time was over, there is no such check.
   */
  UNKNOWN,

  /** It would not, and waiting does not help: somebody has to change something. */
  WILL_FAIL;

  /** The verdict on a whole all of whose parts have to pass: the worse of two. */
  Verdict and(Verdict other) {
    return badness() >= other.badness() ? this : other;
  }

  /** The verdict on a whole one of whose parts has to pass: the better of two. */
  Verdict or(Verdict other) {
    return hope() >= other.hope() ? this : other;
  }

  private int badness() {
    return switch (this) {
      case READY -> 0;
      case UNKNOWN -> 1;
      case NOT_YET -> 2;
      case WILL_FAIL -> 3;
    };
  }

  private int hope() {
    return switch (this) {
      case READY -> 3;
      case NOT_YET -> 2;
      case UNKNOWN -> 1;
      case WILL_FAIL -> 0;
    };
  }
}

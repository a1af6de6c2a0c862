package io.heddle.preflight;

/** What a CA would most likely answer now. */
public enum Verdict {
  /** It would accept the challenge. */
  READY,

  /** It would not, but that may change by itself: try again later. */
  NOT_YET,

  /**
   * The check could not find out: a resolver did not answer, the time was over, or there is no
   * check of this type.
   */
  UNKNOWN,

  /** It would not, and waiting does not help: a person must change something. */
  WILL_FAIL;

  /** The verdict if both parts must pass: the worse of the two. */
  Verdict and(Verdict other) {
    return badness() >= other.badness() ? this : other;
  }

  /** The verdict if one of the parts must pass: the better of the two. */
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

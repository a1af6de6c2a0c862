package io.heddle.evidence.history;

/** The outcome of an operation, as a number: a case and a value, or one of the constants. */
final class Outcome {
  /** It has not returned. */
  static final int NONE = -1;

  /** It was not possible at once. */
  static final int NOTHING = -2;

  static final int TIMED_OUT = -3;
  static final int INTERRUPTED = -4;
  static final int CANCELLED = -5;

  /** It was refused: a send on a closed channel, an unlock of an unlocked mutex. */
  static final int REFUSED = -6;

  /** It was left out, as its thread does not hold what it would give back. */
  static final int SKIPPED = -7;

  /** The value of a receive from a closed channel. */
  static final int CLOSED = 0xffff;

  private Outcome() {}

  /** The case was chosen, and yielded the value. */
  static int of(int chosen, int value) {
    return chosen << 16 | value;
  }

  static int of(boolean value) {
    return value ? 1 : 0;
  }

  static String describe(int outcome) {
    return switch (outcome) {
      case NONE -> "never returns";
      case NOTHING -> "nothing";
      case TIMED_OUT -> "timed out";
      case INTERRUPTED -> "interrupted";
      case CANCELLED -> "context done";
      case REFUSED -> "refused";
      case SKIPPED -> "left out";
      default -> {
        int value = outcome & 0xffff;
        String text = value == CLOSED ? "closed" : Integer.toString(value);
        yield outcome >> 16 == 0 ? text : "case " + (outcome >> 16) + ": " + text;
      }
    };
  }
}

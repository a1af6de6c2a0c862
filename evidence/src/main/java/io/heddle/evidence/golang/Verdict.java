package io.heddle.evidence.golang;

import java.util.Map;

/**
 * The result of a program, in words that are the same for Go and Heddle: {@code answer 17}, {@code
 * panic send on closed channel}, {@code fatal all goroutines are asleep}.
 */
record Verdict(String text) {
  static final Verdict DEADLOCK = new Verdict("fatal all goroutines are asleep");

  /** The panics that both can recover from, with their numbers in {@link Tree.Try}. */
  static final Map<String, Integer> RECOVERABLE =
      Map.of(
          "send on closed channel", 1,
          "close of closed channel", 2,
          "close of nil channel", 3,
          "negative WaitGroup counter", 4);

  /** The number of a program's own panic begins here. */
  static final int OWN = 100;

  static Verdict answer(long value) {
    return new Verdict("answer " + value);
  }

  static Verdict panic(String message) {
    return new Verdict("panic " + message);
  }

  static Verdict fatal(String message) {
    return new Verdict("fatal " + message);
  }

  /** For tallies: the verdict without the number. */
  String kind() {
    return text.startsWith("answer ") ? "answer" : text.replaceAll(" [0-9]+$", "");
  }

  @Override
  public String toString() {
    return text;
  }
}

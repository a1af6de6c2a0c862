package io.heddle.bench.peer;

import java.util.Arrays;

/**
 * The cost of many pending timers. All have different durations of an hour or more; one goroutine
 * per processor starts, resets and stops them.
 *
 * @param fireNanos for each timer, when all are due at the same moment: from that moment until all
 *     have run
 * @param bytes resident memory per timer
 * @param idle how late other timers fire meanwhile
 * @param busy the same, while every processor has goroutines that compute and goroutines that
 *     communicate
 */
public record TimerFigures(
    long startNanos,
    long resetNanos,
    long stopNanos,
    long fireNanos,
    long bytes,
    Lateness idle,
    Lateness busy) {

  /**
   * How late timers fired, in nanoseconds.
   *
   * @param most the 99th percentile
   */
  public record Lateness(long mean, long most, long worst) {
    /**
     * Summarises measurements.
     *
     * @param nanos how late each timer was; sorted by this
     */
    public static Lateness of(long[] nanos) {
      Arrays.sort(nanos);
      return new Lateness(
          Math.round(Arrays.stream(nanos).average().orElseThrow()),
          nanos[nanos.length * 99 / 100],
          nanos[nanos.length - 1]);
    }

    private String words() {
      return mean + " " + most + " " + worst;
    }
  }

  /** The answer to the parent, after the words of the question. */
  String words() {
    return startNanos
        + " "
        + resetNanos
        + " "
        + stopNanos
        + " "
        + fireNanos
        + " "
        + bytes
        + " "
        + idle.words()
        + " "
        + busy.words();
  }

  /** Reads an answer. */
  public static TimerFigures of(String[] answer) {
    long[] n = new long[11];
    for (int i = 0; i < n.length; i++) {
      n[i] = Long.parseLong(answer[2 + i]);
    }
    return new TimerFigures(
        n[0],
        n[1],
        n[2],
        n[3],
        n[4],
        new Lateness(n[5], n[6], n[7]),
        new Lateness(n[8], n[9], n[10]));
  }
}

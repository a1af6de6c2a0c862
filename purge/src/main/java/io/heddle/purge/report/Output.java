package io.heddle.purge.report;

import java.io.PrintStream;

/**
 * Where lines for programs go. A {@link PrintStream} keeps silent about a full disk or a reader
 * that went away: here somebody is told, once, so that the run ends instead of working for nobody.
 */
public final class Output {
  private final PrintStream out;
  private final Runnable onBreak;
  private volatile boolean isBroken;

  /**
   * Writes to a stream.
   *
   * @param out where to
   * @param onBreak is told when a line could not be written
   */
  public Output(PrintStream out, Runnable onBreak) {
    this.out = out;
    this.onBreak = onBreak;
  }

  /**
   * Whether a line could not be written.
   *
   * @return true from then on
   */
  public boolean isBroken() {
    return isBroken;
  }

  synchronized void line(Object line) {
    if (!isBroken) {
      out.println(line);
      if (out.checkError()) {
        isBroken = true;
        onBreak.run();
      }
    }
  }
}

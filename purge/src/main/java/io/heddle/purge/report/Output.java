package io.heddle.purge.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.PrintStream;

/**
 * Writes lines for programs. A {@link PrintStream} ignores a full disk, or a reader that has closed
 * the pipe. This class reports the error once, so that the run ends instead of working on without a
 * reader.
 */
public final class Output {
  private final PrintStream out;
  private final Runnable onBreak;
  private volatile boolean isBroken;

  /**
   * Writes to a stream.
   *
   * @param onBreak called when a line could not be written
   */
  public Output(PrintStream out, Runnable onBreak) {
    this.out = out;
    this.onBreak = onBreak;
  }

  /** Whether a line could not be written. */
  public boolean isBroken() {
    return isBroken;
  }

  void line(String line) {
    write((line + "\n").getBytes(UTF_8));
  }

  synchronized void write(byte[] bytes) {
    if (!isBroken) {
      out.write(bytes, 0, bytes.length);
      if (out.checkError()) {
        fail();
      }
    }
  }

  /** Ends the output, because a line cannot be written. */
  synchronized void fail() {
    if (!isBroken) {
      isBroken = true;
      onBreak.run();
    }
  }
}

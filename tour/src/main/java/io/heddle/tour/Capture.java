package io.heddle.tour;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Keeps a program's output, and shows it indented as it arrives. */
final class Capture extends OutputStream {
  private static final String INDENT = "    ";

  private final PrintStream out;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private boolean atLineStart = true;
  private boolean closed;

  Capture(PrintStream out) {
    this.out = out;
  }

  @Override
  public synchronized void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) {
    if (closed) {
      return;
    }
    kept.write(bytes, offset, length);
    int start = offset;
    for (int i = offset; i < offset + length; i++) {
      if (atLineStart && bytes[i] != '\n') {
        out.print(INDENT);
      }
      atLineStart = bytes[i] == '\n';
      if (atLineStart) {
        out.write(bytes, start, i + 1 - start);
        start = i + 1;
      }
    }
    out.write(bytes, start, offset + length - start);
    out.flush();
  }

  /** Ends the last line; later output of a program that hangs is discarded. */
  @Override
  public synchronized void close() {
    if (!closed && !atLineStart) {
      out.println();
    }
    closed = true;
  }

  synchronized String text() {
    return kept.toString(StandardCharsets.UTF_8);
  }
}

package io.heddle.terminal;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** A terminal that keeps what is written to it. */
final class Screen {
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  final Terminal terminal;

  Screen(boolean isInteractive, boolean hasColour) {
    terminal =
        new Terminal(
            new PrintStream(written, true, StandardCharsets.UTF_8), isInteractive, hasColour);
  }

  String text() {
    return written.toString(StandardCharsets.UTF_8);
  }
}

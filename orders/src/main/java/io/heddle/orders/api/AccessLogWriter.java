package io.heddle.orders.api;

import java.io.IOException;
import java.nio.file.Path;
import org.eclipse.jetty.server.RequestLogWriter;

/**
 * Writes the access log. Jetty escapes quotation marks and rejects the control characters of ASCII,
 * but headers may contain those of ISO 8859-1, and some readers interpret them as the end of a line
 * or as a command to the terminal.
 */
final class AccessLogWriter extends RequestLogWriter {
  AccessLogWriter(Path file) {
    super(file.toString());
  }

  @Override
  public void write(String line) throws IOException {
    super.write(escaped(line));
  }

  private static String escaped(String line) {
    if (line.chars().noneMatch(Character::isISOControl)) {
      return line;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (Character.isISOControl(c)) {
        text.append("\\x%02x".formatted((int) c));
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }
}

package io.heddle.purge.report;

import java.io.PrintStream;

/**
 * Where lines for programs go. A {@link PrintStream} keeps silent about a full disk or a reader
 * that went away: here somebody is told, so that the run ends instead of working for nobody.
 *
 * @param out where to
 * @param broke is told, with each line that could not be written
 */
public record Output(PrintStream out, Runnable broke) {
  void line(Object line) {
    out.println(line);
    if (out.checkError()) {
      broke.run();
    }
  }
}

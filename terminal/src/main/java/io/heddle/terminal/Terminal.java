package io.heddle.terminal;

import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where progress is shown.
 *
 * @param out what is written to
 * @param isInteractive whether lines can be drawn over; else every line stays, as in a log
 * @param hasColour whether colours are wanted
 */
public record Terminal(PrintStream out, boolean isInteractive, boolean hasColour) {
  private static final Path STDERR = Path.of("/proc/self/fd/2");

  /**
   * Standard error: where progress belongs, as the results go to standard output.
   *
   * @return a terminal if standard error is one
   */
  public static Terminal stderr() {
    return of(System.err, isTerminal(), System::getenv);
  }

  /**
   * Decides by the environment: {@code TERM=dumb} and {@code CI} ask for plain lines, {@code
   * NO_COLOR}, unless empty, for no colours.
   */
  static Terminal of(
      PrintStream out, boolean isTerminal, Function<String, @Nullable String> environment) {
    boolean isInteractive =
        isTerminal && !"dumb".equals(environment.apply("TERM")) && isUnset(environment.apply("CI"));
    return new Terminal(
        out, isInteractive, isInteractive && isUnset(environment.apply("NO_COLOR")));
  }

  private static boolean isUnset(@Nullable String value) {
    return value == null || value.isEmpty();
  }

  /**
   * Whether somebody can be asked.
   *
   * @return true if standard input and output are a terminal
   */
  @SuppressWarnings("SystemConsoleNull") // it may, says its Javadoc, and NullAway goes by that
  public static boolean canAsk() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  /** The JDK can tell of standard input and output together only, so ask Linux where it is. */
  private static boolean isTerminal() {
    try {
      String target = Files.readSymbolicLink(STDERR).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return canAsk();
    }
  }
}

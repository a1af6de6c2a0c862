package io.heddle.terminal;

import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Where progress is shown.
 *
 * @param out what is written to
 * @param isInteractive whether lines can be drawn over; else every line stays, as in a log
 * @param hasColour whether colours are wanted
 * @param columns tells how many characters a line has; asked for every line that is drawn, as a
 *     person may change it
 */
public record Terminal(
    PrintStream out, boolean isInteractive, boolean hasColour, IntSupplier columns) {
  private static final int STDIN = 0;
  private static final int STDERR = 2;
  private static final int USUAL_COLUMNS = 80;

  /**
   * A terminal of 80 columns.
   *
   * @param isInteractive whether lines can be drawn over; else every line stays, as in a log
   */
  public Terminal(PrintStream out, boolean isInteractive, boolean hasColour) {
    this(out, isInteractive, hasColour, () -> USUAL_COLUMNS);
  }

  /** This terminal, with colours or without. */
  public Terminal withColour(boolean hasColour) {
    return new Terminal(out, isInteractive, hasColour, columns);
  }

  /** Standard error: where progress belongs, as the results go to standard output. */
  public static Terminal stderr() {
    return of(System.err, isTerminal(STDERR), System::getenv);
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
        out,
        isInteractive,
        isInteractive && isUnset(environment.apply("NO_COLOR")),
        () -> columns(environment.apply("COLUMNS")));
  }

  private static int columns(@Nullable String variable) {
    int asked = WindowSize.columns();
    if (asked > 0) {
      return asked;
    }
    try {
      return Math.max(1, variable == null ? USUAL_COLUMNS : Integer.parseInt(variable));
    } catch (NumberFormatException e) {
      return USUAL_COLUMNS;
    }
  }

  private static boolean isUnset(@Nullable String value) {
    return value == null || value.isEmpty();
  }

  /**
   * Whether a person can be asked, and can answer: standard input and standard error are terminals,
   * whatever standard output is.
   */
  public static boolean canAsk() {
    return isTerminal(STDIN) && isTerminal(STDERR);
  }

  @SuppressWarnings("SystemConsoleNull") // it may, says its Javadoc, and NullAway goes by that
  private static boolean hasConsole() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  /** The JDK can tell of standard input and output together only, so ask Linux what is open. */
  private static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return hasConsole();
    }
  }
}

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
 * The place where progress is shown.
 *
 * @param out the stream
 * @param isInteractive whether lines can be redrawn; otherwise every line stays, as in a log
 * @param hasColour whether to use colours
 * @param columns returns the number of characters in a line; called for every line, because the
 *     user may resize the terminal
 */
public record Terminal(
    PrintStream out, boolean isInteractive, boolean hasColour, IntSupplier columns) {
  private static final int STDIN = 0;
  private static final int STDERR = 2;
  private static final int USUAL_COLUMNS = 80;

  /**
   * A terminal of 80 columns.
   *
   * @param isInteractive whether lines can be redrawn; otherwise every line stays, as in a log
   */
  public Terminal(PrintStream out, boolean isInteractive, boolean hasColour) {
    this(out, isInteractive, hasColour, () -> USUAL_COLUMNS);
  }

  /** This terminal, with or without colours. */
  public Terminal withColour(boolean hasColour) {
    return new Terminal(out, isInteractive, hasColour, columns);
  }

  /** Standard error, for progress: results go to standard output. */
  public static Terminal stderr() {
    return of(System.err, isTerminal(STDERR), System::getenv);
  }

  /**
   * Decides by the environment: {@code TERM=dumb} and {@code CI} request plain lines, and {@code
   * NO_COLOR}, unless empty, requests no colours.
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

  /** The JDK reports on standard input and output only together, so this asks Linux. */
  private static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return hasConsole();
    }
  }
}

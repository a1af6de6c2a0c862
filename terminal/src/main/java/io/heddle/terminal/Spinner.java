package io.heddle.terminal;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Select;
import io.heddle.Ticker;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Shows progress on a terminal. Where lines cannot be redrawn it writes a line every ten seconds.
 *
 * {@snippet :
 * try (Spinner spinner = Spinner.start(Terminal.stderr(), () -> "Deleting keys..." + deleted)) {
 *   work();
 *   spinner.stop("deleted keys " + deleted);
 * }
 * }
 *
 * <p>A goroutine of its own does all the writing. It asks for the message when it draws, ten times
 * a second, so workers never wait for the terminal: they only count.
 */
public final class Spinner implements AutoCloseable {
  static final Duration REDRAW_EVERY = Duration.ofMillis(100);
  static final Duration PLAIN_LINE_EVERY = Duration.ofSeconds(10);

  private static final String FRAMES = "|/-\\";
  private static final String CLEAR_LINE = "\r\u001b[K";
  private static final String GREEN = "\u001b[32m";
  private static final String RED = "\u001b[31m";
  private static final String PLAIN = "\u001b[0m";

  private static final Ending DISAPPEAR = new Ending(null, false);

  private final Terminal terminal;
  private final Supplier<String> message;
  private final Duration period;

  /** Permanent lines on their way to the terminal. */
  private final Chan<String> lines = Chan.buffered(100);

  /** How to end. Buffered, so that stopping the spinner does not block. */
  private final Chan<Ending> ending = Chan.buffered(1);

  private @Nullable Goroutine<?> goroutine;
  private int frame;

  /** How the spinner ends; without a message it disappears. */
  private record Ending(@Nullable String message, boolean isFailure) {}

  private Spinner(Terminal terminal, Supplier<String> message, Duration period) {
    this.terminal = Objects.requireNonNull(terminal, "terminal");
    this.message = Objects.requireNonNull(message, "message");
    this.period = period;
  }

  /**
   * Starts a spinner, in the program that the caller belongs to.
   *
   * @param message returns the text to show; called in the spinner's goroutine, must not block
   */
  public static Spinner start(Terminal terminal, Supplier<String> message) {
    return start(terminal, message, terminal.isInteractive() ? REDRAW_EVERY : PLAIN_LINE_EVERY);
  }

  static Spinner start(Terminal terminal, Supplier<String> message, Duration period) {
    Spinner spinner = new Spinner(terminal, message, period);
    spinner.goroutine = Go.go("spinner", spinner::spin);
    return spinner;
  }

  /**
   * Ends the spinner with a message that stays. Nothing is written after this returns. An interrupt
   * does not prevent that. Has no effect on a spinner that has ended.
   */
  public void stop(String message) {
    end(new Ending(Objects.requireNonNull(message, "message"), false));
  }

  /** Ends the spinner like {@link #stop}, but marks the message as a failure. */
  public void stopFail(String message) {
    end(new Ending(Objects.requireNonNull(message, "message"), true));
  }

  /**
   * Writes a permanent line above the spinner. It is dropped if too many are waiting, so that
   * callers never wait for the terminal.
   */
  public void log(String line) {
    lines.trySend(Objects.requireNonNull(line, "line"));
  }

  /** Ends the spinner without a message, if it has not ended yet. */
  @Override
  public void close() {
    end(DISAPPEAR);
  }

  private void end(Ending how) {
    ending.trySend(how); // after the first one, it is never received
    boolean interrupted = false;
    while (true) {
      try {
        Objects.requireNonNull(goroutine, "started").join();
        break;
      } catch (InterruptedException e) {
        interrupted = true; // the spinner ends soon, so keep waiting
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void spin() throws InterruptedException {
    Ticker ticker = Ticker.start(period);
    Ending how = null;
    try {
      if (terminal.isInteractive()) {
        draw();
      }
      while (how == null) {
        how =
            Select.selectInOrder(
                ending.onReceive(),
                lines.<@Nullable Ending>onReceive(this::writeLine),
                ticker.<@Nullable Ending>onReceive(time -> draw()));
      }
    } finally {
      ticker.stop();
      for (String left = lines.tryReceive(); left != null; left = lines.tryReceive()) {
        writeLine(left);
      }
      finish(how == null ? DISAPPEAR : how);
    }
  }

  private @Nullable Ending draw() {
    if (terminal.isInteractive()) {
      String line = FRAMES.charAt(frame++ % FRAMES.length()) + " " + message.get();
      int room = Math.max(0, terminal.columns().getAsInt() - 1); // a full line may wrap
      write(CLEAR_LINE + line.substring(0, Math.min(line.length(), room)));
    } else {
      write(message.get() + System.lineSeparator());
    }
    return null;
  }

  private @Nullable Ending writeLine(@Nullable String line) {
    write((terminal.isInteractive() ? CLEAR_LINE : "") + line + System.lineSeparator());
    return null;
  }

  private void finish(Ending how) {
    String text = how.message;
    if (text != null) {
      String mark = how.isFailure ? "failed" : "ok";
      if (terminal.hasColour()) {
        mark = (how.isFailure ? RED : GREEN) + mark + PLAIN;
      }
      text = mark + ": " + text + System.lineSeparator();
    }
    write((terminal.isInteractive() ? CLEAR_LINE : "") + (text == null ? "" : text));
  }

  private void write(String text) {
    terminal.out().print(text);
    terminal.out().flush();
  }
}

package io.heddle.terminal;

import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.Goroutine;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class SpinnerTest {
  private static final String CLEAR = "\r\u001b[K";
  private static final String END = System.lineSeparator();
  private static final Duration PATIENCE = Duration.ofSeconds(50);

  private static void await(BooleanSupplier condition, Supplier<String> complaint) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > PATIENCE.toNanos()) {
        throw new AssertionError(complaint.get());
      }
      Go.gosched();
    }
  }

  @Nested
  final class OnATerminal {
    private final Screen screen = new Screen(true, false);
    private final AtomicInteger count = new AtomicInteger();

    @Test
    void itDrawsOverItsLineAndLeavesTheLastMessage() throws Exception {
      run(() -> {
        Spinner spinner = Spinner.start(screen.terminal, count::toString, Duration.ofMillis(1));
        count.set(7);
        awaitText("- 7");
        spinner.stop("done");
        String text = screen.text();
        assertTrue(text.startsWith(CLEAR + "| "), text);
        assertTrue(text.endsWith(CLEAR + "ok: done" + END), text);
        assertEquals(text.length() - END.length(), text.indexOf(END), "only the last line ends");
      });
    }

    @Test
    void aFailureLooksLikeOne() throws Exception {
      run(() -> {
        Spinner.start(screen.terminal, () -> "x").stopFail("3 errors");
        assertTrue(screen.text().endsWith(CLEAR + "failed: 3 errors" + END), screen.text());
      });
    }

    @Test
    void itDisappearsWhenClosed() throws Exception {
      run(() -> {
        try (Spinner _ = Spinner.start(screen.terminal, () -> "x")) {
          awaitText("x");
        }
        assertTrue(screen.text().endsWith(CLEAR), screen.text());
      });
    }

    @Test
    void itDisappearsWhenTheProgramEnds() throws Exception {
      run(() -> {
        Spinner.start(screen.terminal, () -> "x");
        awaitText("x");
      });
      assertTrue(screen.text().endsWith(CLEAR), screen.text());
    }

    @Test
    void itEndsOnceAndWritesNothingAfterThat() throws Exception {
      run(() -> {
        Spinner spinner = Spinner.start(screen.terminal, () -> "x", Duration.ofMillis(1));
        spinner.stop("first");
        String text = screen.text();
        spinner.stopFail("second");
        spinner.close();
        assertEquals(text, screen.text());
        assertTrue(text.endsWith("ok: first" + END), text);
      });
    }

    @Test
    void anInterruptDoesNotKeepItFromEndingAndIsNotLost() throws Exception {
      run(() -> {
        Spinner spinner = Spinner.start(screen.terminal, () -> "x");
        Thread.currentThread().interrupt();
        spinner.stop("done");
        assertTrue(Thread.interrupted());
        assertTrue(screen.text().endsWith("ok: done" + END), screen.text());
      });
    }

    @Test
    void onlyItsOwnGoroutineAsksForTheMessage() throws Exception {
      run(() -> {
        Set<String> goroutines = ConcurrentHashMap.newKeySet();
        AtomicInteger asked = new AtomicInteger();
        Spinner spinner =
            Spinner.start(
                screen.terminal,
                () -> {
                  goroutines.add(Goroutine.current().name());
                  return "asked " + asked.incrementAndGet();
                },
                Duration.ofMillis(1));
        awaitText("asked 10");
        spinner.stop("done");
        assertEquals(Set.of("spinner"), goroutines);
      });
    }

    @Test
    void itDrawsTenTimesASecondAtMost() throws Exception {
      run(() -> {
        AtomicInteger drawn = new AtomicInteger();
        long start = System.nanoTime();
        Spinner spinner = Spinner.start(screen.terminal, () -> "drawn " + drawn.incrementAndGet());
        awaitText("drawn 5");
        spinner.stop("done");
        // The first at once, then at most one for each tick.
        long ticks = (System.nanoTime() - start) / Spinner.REDRAW_EVERY.toNanos();
        assertTrue(drawn.get() <= 1 + ticks, () -> drawn + " in " + ticks + " ticks");
      });
    }

    @Test
    void aLineThatIsTooLongForTheTerminalIsCut() throws Exception {
      run(() -> {
        Spinner.start(screen.terminal, () -> "x".repeat(200)).close();
        assertTrue(screen.text().contains("x".repeat(77)));
        assertFalse(screen.text().contains("x".repeat(78)));
      });
    }

    private void awaitText(String part) {
      await(() -> screen.text().contains(part), screen::text);
    }
  }

  @Nested
  final class Elsewhere {
    @Test
    void itWritesPlainLines() throws Exception {
      run(() -> {
        Screen screen = new Screen(false, false);
        Spinner spinner = Spinner.start(screen.terminal, () -> "working", Duration.ofMillis(1));
        await(() -> !screen.text().isEmpty(), screen::text);
        spinner.stop("done");
        assertTrue(screen.text().startsWith("working" + END), screen.text());
        assertTrue(screen.text().endsWith("working" + END + "ok: done" + END), screen.text());
      });
    }

    @Test
    void linesThatStayComeBeforeTheEnd() throws Exception {
      run(() -> {
        Screen screen = new Screen(false, false);
        Spinner spinner = Spinner.start(screen.terminal, () -> "working", Duration.ofDays(1));
        spinner.log("first");
        spinner.log("second");
        spinner.stop("done");
        assertEquals("first" + END + "second" + END + "ok: done" + END, screen.text());
      });
    }

    @Test
    void whatIsSoonDoneWritesNothingButHowItEnded() throws Exception {
      run(() -> {
        Screen screen = new Screen(false, false);
        Spinner.start(screen.terminal, () -> "working", Duration.ofDays(1)).stop("done");
        assertEquals("ok: done" + END, screen.text());
      });
    }
  }

  @Nested
  final class Environment {
    private static final String GREEN = "\u001b[32m";

    @Test
    void coloursAreForTerminalsAndForThoseWhoWantThem() throws Exception {
      run(() -> {
        Screen colourful = new Screen(true, true);
        Spinner.start(colourful.terminal, () -> "x").stop("done");
        assertTrue(colourful.text().contains(GREEN + "ok"), colourful.text());
      });
      assertTrue(terminal(true, Map.of()).hasColour());
      assertTrue(terminal(true, Map.of("NO_COLOR", "")).hasColour());
      assertFalse(terminal(true, Map.of("NO_COLOR", "1")).hasColour());
      assertFalse(terminal(false, Map.of()).hasColour());
    }

    @Test
    void linesAreDrawnOverOnlyOnATerminalThatCan() {
      assertTrue(terminal(true, Map.of("TERM", "xterm")).isInteractive());
      assertTrue(terminal(true, Map.of("NO_COLOR", "1")).isInteractive());
      assertFalse(terminal(false, Map.of("TERM", "xterm")).isInteractive());
      assertFalse(terminal(true, Map.of("TERM", "dumb")).isInteractive());
      assertFalse(terminal(true, Map.of("CI", "true")).isInteractive());
    }

    private static Terminal terminal(boolean isTerminal, Map<String, String> environment) {
      return Terminal.of(
          new PrintStream(PrintStream.nullOutputStream()), isTerminal, environment::get);
    }
  }
}

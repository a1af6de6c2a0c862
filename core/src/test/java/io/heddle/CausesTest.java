package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is printed below the stack of a failure. */
@Timeout(60)
final class CausesTest {
  private static String causes(Throwable failure) {
    return Causes.of(assertThrows(PanicException.class, () -> Go.run(() -> sneak(failure))));
  }

  @SuppressWarnings("unchecked") // which is the point
  private static <X extends Throwable> void sneak(Throwable thrown) throws X {
    throw (X) thrown;
  }

  private static IOException deep(int calls) {
    return calls == 0 ? new IOException("deep") : deep(calls - 1);
  }

  private static Throwable withCause() {
    return new IllegalStateException("top", new ExecutionException("middle", deep(3)));
  }

  private static Throwable withSuppressed() {
    Throwable top = new IllegalStateException("top", deep(2));
    Throwable other = new IOException("other", deep(1));
    other.addSuppressed(deep(4));
    top.addSuppressed(other);
    top.getCause().addSuppressed(new IllegalArgumentException("of the cause"));
    return top;
  }

  private static Throwable withItselfBelow() {
    Throwable bottom = new IOException("bottom");
    Throwable top = new IllegalStateException("top", bottom);
    bottom.addSuppressed(top);
    return top;
  }

  private static Throwable withOneTwice() {
    Throwable shared = deep(1);
    Throwable top = new IllegalStateException("top", shared);
    top.addSuppressed(shared);
    return top;
  }

  private static Throwable withoutStack() {
    return new IllegalStateException(
        "top", new CancelledException("somebody cancelled it", null, false));
  }

  static Stream<Throwable> failures() {
    return Stream.of(
        new IOException("alone"),
        withCause(),
        withSuppressed(),
        withItselfBelow(),
        withOneTwice(),
        withoutStack());
  }

  /** Made outside of goroutines, these have no frames of the machinery that could be left out. */
  @ParameterizedTest
  @MethodSource("failures")
  void isWhatTheJdkPrints(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text, true));
    List<String> jdk =
        text.toString()
            .lines()
            .dropWhile(line -> !line.contains("Caused by: ") && !line.contains("Suppressed: "))
            .map(line -> line.replace("Caused by: ", "caused by "))
            .map(line -> line.replace("Suppressed: ", "suppressed "))
            .toList();
    assertEquals(jdk, causes(failure).lines().toList());
  }

  @Test
  void framesThatEveryGoroutineHasAreLeftOut() {
    String text = causes(new IllegalStateException(new IOException()));
    assertFalse(text.contains("Routine"), text);
    IOException[] cause = new IOException[1];
    PanicException panic =
        assertThrows(
            PanicException.class,
            () ->
                Go.run(() -> {
                  cause[0] = deep(0);
                  throw new IllegalStateException(cause[0]);
                }));
    StackTraceElement[] stack = cause[0].getStackTrace();
    assertEquals(
        List.of("caused by java.io.IOException: deep", "\tat " + stack[0], "\tat " + stack[1]),
        Causes.of(panic).lines().toList());
  }

  /** Answers nothing. */
  private static final class Hostile extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      throw new AssertionError("getMessage");
    }

    @Override
    public synchronized Throwable getCause() {
      throw new AssertionError("getCause");
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      throw new AssertionError("getStackTrace");
    }
  }

  @Test
  void anExceptionThatAnswersNothingIsNamed() {
    String text = causes(new IllegalStateException("top", new Hostile()));
    assertEquals("caused by " + Hostile.class.getName() + "\n", text);
    PanicException panic =
        assertThrows(
            PanicException.class,
            () ->
                Go.run(() -> {
                  throw new Hostile();
                }));
    assertTrue(panic.getMessage().endsWith(Hostile.class.getName()), panic.getMessage());
    assertEquals("panic: " + Hostile.class.getName(), panic.headline());
    assertTrue(panic.goroutines().startsWith("goroutine 1 [running]:\n"), panic.goroutines());
  }
}

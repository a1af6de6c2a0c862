package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.interop.GoroutineExecutor;
import io.heddle.interop.StructuredTaskScope;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Failures whose methods throw: each wait throws the failure itself, whatever it cannot say. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class HostileFailureTest {
  /** An exception that fails whenever it is asked. */
  static final class Hostile extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      throw new IllegalStateException("getMessage");
    }

    @Override
    public String toString() {
      throw new IllegalStateException("toString");
    }

    @Override
    public synchronized Throwable getCause() {
      throw new IllegalStateException("getCause");
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      throw new IllegalStateException("getStackTrace");
    }

    @Override
    public void printStackTrace(PrintStream out) {
      throw new IllegalStateException("printStackTrace");
    }

    @Override
    public void printStackTrace(java.io.PrintWriter out) {
      throw new IllegalStateException("printStackTrace");
    }
  }

  private final Hostile hostile = new Hostile();

  private final Callable<String> failing =
      () -> {
        throw hostile;
      };

  @Test
  void waitsThrowIt() throws Exception {
    run(() -> {
      TaskGroup<String> group = new TaskGroup<>();
      group.go(failing);
      assertSame(hostile, assertThrows(ExecutionException.class, group::await).getCause());
      assertSame(
          hostile, assertThrows(ExecutionException.class, () -> Race.race(failing)).getCause());
      assertSame(
          hostile,
          assertThrows(
                  ExecutionException.class,
                  () -> new SingleFlight<String, String>().run("key", failing))
              .getCause());
      assertSame(
          hostile,
          assertThrows(ExecutionException.class, () -> new Once().run(() -> failing.call()))
              .getCause());
      try (Feed<String> feed =
          Feed.from(
              Stream.generate(() -> {
                throw hostile;
              }))) {
        assertSame(hostile, assertThrows(CompletionException.class, feed::receive).getCause());
      }
    });
  }

  @Test
  void futuresThrowItAndSayItsClass() throws Exception {
    try (var executor = new GoroutineExecutor()) {
      Future<String> future = executor.submit(failing);
      var thrown = assertThrows(ExecutionException.class, future::get);
      assertSame(hostile, thrown.getCause());
      assertEquals(Hostile.class.getName(), thrown.getMessage());
      assertEquals("Future[failed: " + Hostile.class.getName() + "]", future.toString());
      assertSame(hostile, future.exceptionNow());
    }
  }

  @Test
  void invokeAnyReturnsTheSuccessBesideIt() throws Exception {
    try (var executor = new GoroutineExecutor()) {
      Chan<Boolean> failed = Chan.unbuffered();
      Callable<String> first =
          () -> {
            try {
              return failing.call();
            } finally {
              failed.close();
            }
          };
      Callable<String> second =
          () -> {
            failed.receive();
            return "value";
          };
      assertEquals("value", executor.invokeAny(List.of(first, second)));
      var thrown =
          assertThrows(
              ExecutionException.class, () -> executor.invokeAny(List.of(failing, failing)));
      assertSame(hostile, thrown.getCause());
    }
  }

  @Test
  void aScopeThrowsIt() throws Exception {
    try (var scope = StructuredTaskScope.open()) {
      scope.fork(failing);
      var thrown = assertThrows(StructuredTaskScope.FailedException.class, scope::join);
      assertSame(hostile, thrown.getCause());
    }
  }

  private static final class Collecting extends Handler {
    private final Consumer<LogRecord> collector;

    Collecting(Consumer<LogRecord> collector) {
      this.collector = collector;
    }

    @Override
    public void publish(LogRecord record) {
      collector.accept(record);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  /** What is printed when a goroutine fails and the failure is logged. */
  private String standardErrorOf(Handler handler) throws InterruptedException {
    Logger logger = Logger.getLogger("io.heddle");
    PrintStream before = System.err;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    System.setErr(new PrintStream(out, true));
    try {
      run(() -> go("mailer", failing).join(), FailureHandler.logging());
    } finally {
      System.setErr(before);
      logger.setUseParentHandlers(true);
      logger.removeHandler(handler);
    }
    return out.toString(UTF_8);
  }

  @Test
  void aLoggerThatThrowsDoesNotEndTheProgram() throws Exception {
    String printed =
        standardErrorOf(
            new Collecting(record -> {
              throw new IllegalArgumentException("disk full");
            }));
    assertTrue(printed.startsWith("io.heddle: goroutine 2 \"mailer\" failed"), printed);
    assertTrue(printed.contains(Hostile.class.getName()), printed);
    assertTrue(printed.contains("disk full"), printed);
  }

  @Test
  void aFailureThatCannotBeLoggedDoesNotEndTheProgram() throws Exception {
    AtomicReference<LogRecord> logged = new AtomicReference<>();
    String printed = standardErrorOf(new Collecting(logged::set));
    assertEquals("", printed);
    assertTrue(logged.get().getMessage().startsWith("goroutine 2 \"mailer\" failed"));
    assertEquals(
        "cannot be printed: " + Hostile.class.getName(), logged.get().getThrown().getMessage());
  }
}

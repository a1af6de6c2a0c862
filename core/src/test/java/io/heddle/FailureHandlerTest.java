package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/**
 * A program whose goroutines may fail without ending it. That it can end in a deadlock is shown by
 * {@link DeadlockTest}, in a JVM without the threads of other tests.
 */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class FailureHandlerTest {
  private final IOException failure = new IOException("request 7");

  private record Handled(Goroutine<?> goroutine, Throwable failure, Thread thread) {}

  private final List<Handled> handled = new CopyOnWriteArrayList<>();

  private void record(Goroutine<?> goroutine, Throwable thrown) {
    handled.add(new Handled(goroutine, thrown, Thread.currentThread()));
  }

  private Goroutine<?> fails(String name) {
    return go(
        name,
        () -> {
          throw failure;
        });
  }

  @Test
  void aFailedGoroutineGoesToTheHandlerAndTheProgramGoesOn() throws InterruptedException {
    run(
        () -> {
          Goroutine<?> failed = fails("request");
          failed.join();
          assertEquals(1, handled.size(), "the handler has returned when a join does");
          assertSame(failed, handled.getFirst().goroutine());
          assertSame(failure, handled.getFirst().failure());
          assertSame(failed.thread(), handled.getFirst().thread());
          assertSame(failure, failed.failure());
          Chan<String> answers = Chan.unbuffered();
          go(() -> answers.send("still here"));
          assertEquals("still here", answers.receive());
        },
        this::record);
    assertEquals(1, handled.size());
  }

  @Test
  void eachFailureIsHandledOnce() throws InterruptedException {
    run(
        () -> {
          WaitGroup group = new WaitGroup();
          for (int i = 0; i < 100; i++) {
            group.go(() -> {
              throw failure;
            });
          }
          group.await();
          assertEquals(
              100, handled.size(), "a wait group's tasks are handled before its wait ends");
        },
        this::record);
    assertEquals(100, handled.stream().map(Handled::goroutine).distinct().count());
    assertEquals(100, handled.size());
  }

  @Test
  void theMainFunctionsFailureEndsTheProgram() {
    PanicException e =
        assertThrows(
            PanicException.class,
            () ->
                run(
                    () -> {
                      throw failure;
                    },
                    this::record));
    assertSame(failure, e.getCause());
    assertEquals(List.of(), handled);
  }

  @Test
  void aGoroutineThatIsCancelledHasNotFailed() throws InterruptedException {
    run(
        () -> {
          Goroutine<?> cancelled = go(() -> Chan.never().receive());
          cancelled.cancel();
          cancelled.join();
          try (var context = Context.background().withCancel()) {
            Goroutine<?> waiting = go(context, () -> Chan.never().receive(context));
            context.cancel();
            waiting.join();
          }
        },
        this::record);
    assertEquals(List.of(), handled);
  }

  @Test
  void aHandlerThatThrowsEndsTheProgram() {
    IllegalStateException its = new IllegalStateException("cannot report");
    PanicException e =
        assertThrows(
            PanicException.class,
            () ->
                run(
                    () -> {
                      fails("request");
                      Chan.never().receive();
                    },
                    (goroutine, thrown) -> {
                      throw its;
                    }));
    assertSame(its, e.getCause());
    assertArrayEquals(new Throwable[] {failure}, its.getSuppressed());
  }

  @Test
  void aHandlerMayEndTheProgramWithTheFailureItself() {
    PanicException e =
        assertThrows(
            PanicException.class,
            () ->
                run(
                    () -> {
                      fails("request").join();
                      Chan.never().receive();
                    },
                    (goroutine, thrown) -> {
                      throw (IOException) thrown;
                    }));
    assertSame(failure, e.getCause());
    assertEquals(0, failure.getSuppressed().length);
    assertTrue(e.goroutines().startsWith("goroutine 2 \"request\""), e.goroutines());
  }

  @Test
  void theHandlerMayBlockAlthoughItsGoroutineWasInterrupted() throws InterruptedException {
    Chan<Throwable> reports = Chan.unbuffered();
    run(
        () -> {
          Goroutine<?> stubborn =
              go(() -> {
                try {
                  Chan.never().receive();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                  throw new IllegalStateException("gave up", e);
                }
              });
          stubborn.cancel();
          assertEquals("gave up", reports.receive().getMessage());
        },
        (goroutine, thrown) -> reports.send(thrown));
  }

  @Test
  void theEndOfTheProgramIsNotAFailureButWhatGoesWrongThenIs() throws InterruptedException {
    RuntimeException cleaning = new IllegalStateException("cannot close");
    run(
        () -> {
          Chan<String> ready = Chan.unbuffered();
          go(() -> {
            ready.send("");
            Chan.never().receive();
          });
          go(() -> {
            try {
              ready.send("");
              Chan.never().receive();
            } finally {
              // A failure of its own, which hides that the goroutine was interrupted.
              throwIt(cleaning);
            }
          });
          ready.receive();
          ready.receive();
        },
        this::record);
    assertEquals(List.of(cleaning), handled.stream().map(Handled::failure).toList());
  }

  private static void throwIt(RuntimeException e) {
    throw e;
  }

  @Test
  void aProgramInsideDoesNotInheritTheHandler() throws InterruptedException {
    AtomicReference<@Nullable PanicException> inner = new AtomicReference<>();
    run(
        () ->
            inner.set(
                assertThrows(
                    PanicException.class,
                    () ->
                        run(() -> {
                          fails("inner");
                          Go.sleep(Duration.ofMinutes(1));
                        }))),
        this::record);
    assertSame(failure, Objects.requireNonNull(inner.get()).getCause());
    assertEquals(List.of(), handled);
  }

  @Test
  void theLoggingHandlerNamesTheGoroutineAndItsFailure() throws InterruptedException {
    List<LogRecord> records = new CopyOnWriteArrayList<>();
    Handler collector =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            records.add(record);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("io.heddle");
    logger.addHandler(collector);
    logger.setUseParentHandlers(false);
    try {
      run(() -> fails("mailer").join(), FailureHandler.logging());
    } finally {
      logger.removeHandler(collector);
      logger.setUseParentHandlers(true);
    }
    assertEquals(1, records.size());
    LogRecord record = records.getFirst();
    assertEquals(Level.SEVERE, record.getLevel());
    assertSame(failure, record.getThrown());
    assertTrue(
        record.getMessage().startsWith("goroutine 2 \"mailer\" failed; it was created by "),
        record.getMessage());
    assertTrue(
        record.getMessage().contains("io.heddle.FailureHandlerTest.fails(FailureHandlerTest.java:"),
        record.getMessage());
    assertTrue(record.getMessage().endsWith(" in goroutine 1"), record.getMessage());
    assertFalse(record.getMessage().contains("\n"));
    assertNull(record.getParameters());
  }
}

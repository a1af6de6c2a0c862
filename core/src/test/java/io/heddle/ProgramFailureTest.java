package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** What happens to a program in which goroutines fail, and where the failure is reported. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class ProgramFailureTest {
  /** Its stack is taken for the dump, when the program has failed and nobody knows it yet. */
  @Test
  void aFailureIsNotLostToAnInterruptOfTheCaller() throws InterruptedException {
    Thread caller = Thread.currentThread();
    AtomicBoolean first = new AtomicBoolean(true);
    RuntimeException failure =
        new RuntimeException("failed") {
          @Override
          public StackTraceElement[] getStackTrace() {
            if (first.getAndSet(false)) {
              caller.interrupt();
              TestSupport.await("the caller to be interrupted", () -> !caller.isInterrupted());
            }
            return super.getStackTrace();
          }
        };
    PanicException e =
        assertThrows(
            PanicException.class,
            () ->
                run(() -> {
                  throw failure;
                }));
    assertTrue(Thread.interrupted());
    assertSame(failure, e.getCause());
  }

  /** In Go the program is gone at that moment. No code runs as if the goroutine had succeeded. */
  @Nested
  final class JoiningWhatFails {
    private static final int ROUNDS = 100;

    private interface Join {
      void of(Goroutine<?> goroutine) throws Exception;
    }

    private void assertNeverReturns(Join join) {
      for (int round = 0; round < ROUNDS; round++) {
        boolean late = round % 2 == 0;
        IOException failure = new IOException("failed");
        AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
        AtomicReference<@Nullable Throwable> told = new AtomicReference<>();
        PanicException e =
            assertThrows(
                PanicException.class,
                () ->
                    run(() -> {
                      Goroutine<?> goroutine =
                          go(() -> {
                            throw failure;
                          });
                      try {
                        while (late && !goroutine.isDone()) {
                          Go.gosched();
                        }
                        join.of(goroutine);
                      } catch (Throwable end) {
                        thrown.set(end);
                        told.set(goroutine.failure());
                      }
                    }));
        assertSame(failure, e.getCause());
        assertInstanceOf(InterruptedException.class, thrown.get());
        assertSame(failure, told.get(), "known before anybody is interrupted because of it");
      }
    }

    @Test
    void neverReturns() {
      assertNeverReturns(Goroutine::join);
    }

    @Test
    void neverReturnsUnderAContext() {
      assertNeverReturns(goroutine -> {
        try (CancelContext context = Context.background().withCancel()) {
          goroutine.join(context);
        }
      });
    }

    @Test
    void neverReturnsWithATimeout() {
      assertNeverReturns(goroutine -> goroutine.join(Duration.ofHours(1)));
    }

    @Test
    void neverIsTheCaseThatASelectChooses() {
      assertNeverReturns(
          goroutine -> Select.of(goroutine.onJoin(), Chan.<String>never().onReceive()).await());
    }

    @Test
    void isTheSameFromAnotherGoroutine() throws Exception {
      for (int round = 0; round < ROUNDS; round++) {
        AtomicBoolean returned = new AtomicBoolean();
        assertThrows(
            PanicException.class,
            () ->
                run(() -> {
                  Goroutine<?> failing =
                      go(() -> {
                        throw new IOException();
                      });
                  go(() -> {
                    failing.join();
                    returned.set(true);
                  });
                  Chan.never().receive();
                }));
        assertFalse(returned.get());
      }
    }

    /** As Go's {@code WaitGroup.Go}, which does not call Done for a function that panics. */
    @Test
    void withAWaitGroupNeverReturnsEither() {
      for (int round = 0; round < ROUNDS; round++) {
        int kind = round % 3;
        AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
        assertThrows(
            PanicException.class,
            () ->
                run(() -> {
                  WaitGroup group = new WaitGroup();
                  group.go(() -> {
                    throw new IOException();
                  });
                  try {
                    switch (kind) {
                      case 0 -> group.await();
                      case 1 -> Select.of(group.onAwait()).await();
                      default -> {
                        while (!group.tryAwait()) {
                          Go.gosched();
                        }
                        group.await();
                      }
                    }
                  } catch (Throwable end) {
                    thrown.set(end);
                  }
                }));
        assertInstanceOf(InterruptedException.class, thrown.get());
      }
    }

    /** As code that cleans up does, and must not spin until the program has given up on it. */
    @Test
    void returnsWhenItIsTriedAgain() {
      for (int round = 0; round < ROUNDS; round++) {
        AtomicInteger interrupts = new AtomicInteger();
        assertThrows(
            PanicException.class,
            () ->
                run(() -> {
                  Goroutine<?> failing =
                      go(() -> {
                        throw new IOException();
                      });
                  while (true) {
                    try {
                      failing.join();
                      break;
                    } catch (InterruptedException e) {
                      interrupts.incrementAndGet();
                    }
                  }
                }));
        int count = interrupts.get();
        assertTrue(count == 1 || count == 2, () -> count + " interrupts");
      }
    }

    @Test
    void toCleanUpReturnsAfterTheInterrupt() {
      AtomicBoolean cleanedUp = new AtomicBoolean();
      assertThrows(
          PanicException.class,
          () ->
              run(() -> {
                Goroutine<?> helper = go(() -> Chan.never().receive());
                go(() -> {
                  TestSupport.awaitBlocked(helper, "chan receive");
                  throw new IOException();
                });
                try {
                  Thread.sleep(Duration.ofHours(1));
                } catch (InterruptedException e) {
                  helper.join();
                  cleanedUp.set(true);
                }
              }));
      assertTrue(cleanedUp.get());
    }

    @Test
    void fromOutsideOfTheProgramReturns() throws Exception {
      Chan<Goroutine<?>> handles = Chan.buffered(1);
      assertThrows(
          PanicException.class,
          () ->
              run(() -> {
                handles.send(
                    go(() -> {
                      throw new IOException("failed");
                    }));
                Chan.never().receive();
              }));
      Goroutine<?> failed = handles.receive();
      assertNotNull(failed);
      failed.join();
      assertInstanceOf(IOException.class, failed.failure());
    }
  }

  @Nested
  final class SeveralFailures {
    @Test
    void areAllTold() {
      IOException first = new IOException("first");
      AssertionError second = new AssertionError("second");
      PanicException e =
          assertThrows(
              PanicException.class,
              () ->
                  run(() -> {
                    go(() -> {
                      throw first;
                    });
                    try {
                      Chan.never().receive();
                    } catch (InterruptedException end) {
                      throw second;
                    }
                  }));
      assertSame(first, e.getCause());
      assertEquals(List.of(second), List.of(e.getSuppressed()));
    }

    @Test
    void thatOnlyWrapTheEndOfTheProgramAreNotTold() {
      PanicException e =
          assertThrows(
              PanicException.class,
              () ->
                  run(() -> {
                    go(() -> {
                      throw new IOException();
                    });
                    try {
                      Chan.never().receive();
                    } catch (InterruptedException end) {
                      throw new IllegalStateException(end);
                    }
                  }));
      assertEquals(List.of(), List.of(e.getSuppressed()));
    }

    @Test
    void afterTheEndOfMainAreNone() throws InterruptedException {
      run(() -> {
        Goroutine<?> left =
            go(() -> {
              try {
                Chan.never().receive();
              } catch (InterruptedException end) {
                throw new IllegalStateException("main has ended");
              }
            });
        TestSupport.awaitBlocked(left, "chan receive");
      });
    }
  }
}

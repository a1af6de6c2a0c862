package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link Go#run} promises. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("clock")
@Tag("slow")
final class ProgramTest {
  @Nested
  final class Main {
    @ParameterizedTest
    @EnumSource(TestSupport.Caller.class)
    void aProgramRunsOnBehalfOfAnyThread(TestSupport.Caller caller) {
      List<String> trace = new ArrayList<>();
      caller
          .start(() -> {
            trace.add("before");
            run(() -> {
              trace.add("in");
              go(() -> trace.add("goroutine")).join();
            });
            trace.add("after");
          })
          .join();
      assertEquals(List.of("before", "in", "goroutine", "after"), trace);
    }

    @Test
    void mainIsGoroutineOne() throws InterruptedException {
      AtomicReference<@Nullable Goroutine<?>> main = new AtomicReference<>();
      run(() -> main.set(Goroutine.current()));
      Goroutine<?> goroutine = main.get();
      assertNotNull(goroutine);
      assertEquals(1, goroutine.id());
      assertEquals("goroutine 1", goroutine.name());
      assertTrue(goroutine.isDone());
      assertNull(goroutine.failure());
    }

    @Test
    void aNullMainIsRefused() {
      assertThrows(NullPointerException.class, () -> run(null));
    }

    @Test
    void whatMainDidIsSeenAfterwards() throws InterruptedException {
      for (int i = 0; i < 1000; i++) {
        int[] plain = {i};
        run(() -> plain[0]++);
        assertEquals(i + 1, plain[0]);
      }
    }

    @Test
    void mainThatIsCancelledEndsTheProgram() throws InterruptedException {
      run(() -> {
        Goroutine<?> main = Goroutine.current();
        assertNotNull(main);
        go(main::cancel);
        Chan.never().receive();
      });
    }
  }

  @Nested
  final class Leftovers {
    @Test
    void goroutinesThatAreLeftAreInterruptedAndHaveEnded() throws InterruptedException {
      List<Goroutine<?>> left = new ArrayList<>();
      AtomicInteger cleaned = new AtomicInteger();
      run(() -> {
        for (int i = 0; i < 100; i++) {
          int kind = i % 4;
          left.add(
              go(() -> {
                try {
                  switch (kind) {
                    case 0 -> Chan.never().receive();
                    case 1 -> Thread.sleep(Duration.ofHours(1));
                    case 2 -> new CountDownLatch(1).await();
                    default -> Go.sleep(Duration.ofHours(1));
                  }
                } finally {
                  cleaned.incrementAndGet();
                }
              }));
        }
        for (Goroutine<?> one : left) {
          TestSupport.awaitBlocked(one.thread());
        }
      });
      for (Goroutine<?> one : left) {
        assertTrue(one.isDone());
        assertInstanceOf(InterruptedException.class, one.failure());
      }
      assertEquals(100, cleaned.get());
    }

    @Test
    void thoseThatHaveHardlyStartedEndToo() throws InterruptedException {
      for (int i = 0; i < 500; i++) {
        List<Goroutine<?>> left = new ArrayList<>();
        run(() -> {
          for (int j = 0; j < 5; j++) {
            left.add(go(() -> Chan.never().receive()));
          }
        });
        assertTrue(left.stream().allMatch(Goroutine::isDone));
      }
    }

    @Test
    void theyMayCleanUpWithTheHelpOfOthers() throws InterruptedException {
      AtomicReference<@Nullable String> helped = new AtomicReference<>();
      run(() -> {
        Goroutine<?> left =
            go(() -> {
              try {
                Chan.never().receive();
              } finally {
                Chan<String> answer = Chan.unbuffered();
                go(() -> answer.send("helped"));
                helped.set(answer.receive());
              }
            });
        TestSupport.awaitBlocked(left, "chan receive");
      });
      assertEquals("helped", helped.get());
    }

    @Test
    void oneThatIgnoresInterruptsDoesNotHoldUpTheEnd() throws InterruptedException {
      AtomicBoolean release = new AtomicBoolean();
      AtomicReference<@Nullable Goroutine<?>> stubborn = new AtomicReference<>();
      run(() -> {
        Chan<String> started = Chan.unbuffered();
        stubborn.set(
            go(() -> {
              started.send("started");
              while (!release.get()) {
                Go.gosched();
              }
              throw new IllegalStateException("too late for anybody to care");
            }));
        started.receive();
      });
      Goroutine<?> left = stubborn.get();
      assertNotNull(left);
      assertFalse(left.isDone());
      release.set(true);
      left.join();
    }

    @Test
    void someThatKeepStartingOthersDoNotHoldUpTheEnd() throws InterruptedException {
      AtomicBoolean stop = new AtomicBoolean();
      AtomicInteger generations = new AtomicInteger();
      run(() -> respawn(stop, generations));
      int atTheEnd = generations.get();
      TestSupport.await("another generation", () -> generations.get() > atTheEnd);
      stop.set(true);
    }

    private void respawn(AtomicBoolean stop, AtomicInteger generations) {
      go(() -> {
        generations.incrementAndGet();
        if (!stop.get()) {
          respawn(stop, generations);
        }
      });
    }

    @Test
    void whatALeftoverStartsAfterTheEndIsInterruptedFromTheBeginning() throws Exception {
      CountDownLatch programIsOver = new CountDownLatch(1);
      CompletableFuture<Goroutine<?>> late = new CompletableFuture<>();
      run(() ->
          go(() -> {
            boolean over = false;
            while (!over) {
              try {
                programIsOver.await();
                over = true;
              } catch (InterruptedException e) {
                // does not heed it, and so outlives the program
              }
            }
            late.complete(go(() -> Chan.never().receive()));
          }));
      programIsOver.countDown();
      Goroutine<?> goroutine = late.get();
      goroutine.join();
      assertEquals(InterruptedException.class, goroutine.failure().getClass());
    }

    @Test
    void whatAContextStartsAfterTheEndIsNotStarted() throws InterruptedException {
      AtomicReference<@Nullable Program> program = new AtomicReference<>();
      AtomicReference<@Nullable CancelContext> context = new AtomicReference<>();
      run(() -> {
        program.set(Program.current());
        CancelContext fresh = Context.background().withCancel();
        context.set(fresh);
        fresh.afterFunc(() -> Chan.never().receive());
      });
      context.get().cancel();
      assertEquals(List.of(), program.get().goroutines());
    }
  }

  @Nested
  final class Failing {
    @Test
    void theFailureOfMainIsThrown() {
      Exception failure = new Exception("main failed");
      var e =
          assertThrows(
              PanicException.class,
              () ->
                  run(() -> {
                    throw failure;
                  }));
      assertSame(failure, e.getCause());
      assertEquals("goroutine 1 failed: java.lang.Exception: main failed", e.getMessage());
    }

    @Test
    void theFailureOfAnyGoroutineEndsTheProgram() {
      Error failure = new AssertionError("an error, too");
      AtomicReference<@Nullable Goroutine<?>> main = new AtomicReference<>();
      var e =
          assertThrows(
              PanicException.class,
              () ->
                  run(() -> {
                    main.set(Goroutine.current());
                    go(
                        "culprit",
                        () -> {
                          throw failure;
                        });
                    Chan.never().receive();
                  }));
      assertSame(failure, e.getCause());
      assertTrue(e.getMessage().startsWith("culprit failed: "), e.getMessage());
      Goroutine<?> ended = main.get();
      assertNotNull(ended);
      assertTrue(ended.isDone());
      assertInstanceOf(InterruptedException.class, ended.failure());
    }

    @Test
    void finallyBlocksRunBeforeTheProgramIsSeenToHaveFailed() {
      List<String> trace = new ArrayList<>();
      assertThrows(
          PanicException.class,
          () ->
              run(() -> {
                try (AutoCloseable resource = () -> trace.add("closed")) {
                  throw new IllegalStateException("failed with " + resource);
                } finally {
                  trace.add("finally");
                }
              }));
      assertEquals(List.of("closed", "finally"), trace);
    }

    @Test
    void anExceptionThatIsCaughtEndsNothing() throws InterruptedException {
      run(() -> {
        Chan<String> channel = Chan.unbuffered();
        channel.close();
        Goroutine<?> recovers =
            go(() -> assertThrows(ChannelClosedException.class, () -> channel.send("late")));
        recovers.join();
        assertNull(recovers.failure());
      });
    }

    @Test
    void onlyTheFirstFailureCountsWhenManyFailAtOnce() {
      int many = 1000;
      var e =
          assertThrows(
              PanicException.class,
              () ->
                  run(() -> {
                    Chan<String> gate = Chan.unbuffered();
                    for (int i = 0; i < many; i++) {
                      go(() -> {
                        gate.receive();
                        throw new IllegalStateException("all of us");
                      });
                    }
                    gate.close();
                    Chan.never().receive();
                  }));
      assertEquals("all of us", e.getCause().getMessage());
    }

    /** The second comes while the first is being described, and would have more to say. */
    @Test
    void aSecondFailureDoesNotTakeThePlaceOfTheFirst() {
      CountDownLatch firstIsDescribed = new CountDownLatch(1);
      CountDownLatch secondIsDescribed = new CountDownLatch(1);
      List<Goroutine<?>> both = new CopyOnWriteArrayList<>();
      Exception second =
          new Exception("second") {
            @Override
            public StackTraceElement[] getStackTrace() {
              secondIsDescribed.countDown();
              TestSupport.await("the end of the first", both.get(0)::isDone);
              return super.getStackTrace();
            }
          };
      Exception first =
          new Exception("first") {
            @Override
            public StackTraceElement[] getStackTrace() {
              firstIsDescribed.countDown();
              TestSupport.await(
                  "the second", () -> both.get(1).isDone() || secondIsDescribed.getCount() == 0);
              return super.getStackTrace();
            }
          };
      var e =
          assertThrows(
              PanicException.class,
              () ->
                  run(() -> {
                    CountDownLatch started = new CountDownLatch(1);
                    both.add(
                        go(() -> {
                          started.await();
                          throw first;
                        }));
                    both.add(
                        go(() -> {
                          firstIsDescribed.await();
                          throw second;
                        }));
                    started.countDown();
                    Chan.never().receive();
                  }));
      assertSame(first, e.getCause());
    }

    @Test
    void aFailureAfterMainHasReturnedIsNobodysBusiness() throws InterruptedException {
      run(() -> {
        Goroutine<?> left =
            go(() -> {
              try {
                Chan.never().receive();
              } catch (InterruptedException e) {
                throw new IllegalStateException("failed while ending", e);
              }
            });
        TestSupport.awaitBlocked(left, "chan receive");
      });
    }

    @Test
    void aStackOverflowIsAFailureLikeAnother() {
      var e = assertThrows(PanicException.class, () -> run(() -> recurse(0)));
      assertInstanceOf(StackOverflowError.class, e.getCause());
    }

    @SuppressWarnings("InfiniteRecursion") // until the stack overflows
    private long recurse(long depth) {
      return recurse(depth + 1) + depth;
    }

    @Test
    void theMistakesOfAProgramAreExceptionsOfTheirOwn() throws InterruptedException {
      run(() -> {
        Chan<String> closed = Chan.unbuffered();
        closed.close();
        assertThrows(ChannelClosedException.class, closed::close);
        assertThrows(ChannelClosedException.class, () -> closed.send("value"));
        assertThrows(ChannelClosedException.class, Chan.never()::close);
        assertThrows(IllegalArgumentException.class, () -> Chan.buffered(-1));
      });
    }

    @Test
    void theDumpBeginsWithTheCulpritAndHasEverybodyElse() {
      var e =
          assertThrows(
              PanicException.class,
              () ->
                  run(() -> {
                    Goroutine<?> sleeper = go("sleeper", () -> Go.sleep(Duration.ofHours(1)));
                    TestSupport.awaitBlocked(sleeper, "sleep");
                    Goroutine<?> culprit =
                        go(
                            "culprit",
                            () -> {
                              Goroutine<?> main = MainGoroutine.get();
                              TestSupport.awaitBlocked(main, "chan receive");
                              throw new IllegalStateException("here");
                            });
                    assertEquals(3, culprit.id());
                    Chan.never().receive();
                  }));
      List<String> headers =
          Arrays.stream(e.goroutines().split("\n")).filter(line -> line.endsWith("]:")).toList();
      assertEquals(
          List.of(
              "goroutine 3 \"culprit\" [running]:",
              "goroutine 1 [chan receive]:",
              "goroutine 2 \"sleeper\" [sleep]:"),
          headers);
      long creators = e.goroutines().lines().filter(line -> line.startsWith("created by ")).count();
      assertEquals(3, creators);
      assertTrue(e.goroutines().contains("ProgramTest.java:"), e.goroutines());
    }
  }

  /** The main goroutine of the calling one's program. */
  private static final class MainGoroutine {
    static Goroutine<?> get() {
      return Program.current().goroutines().getFirst();
    }
  }

  @Nested
  final class Nesting {
    @Test
    void aProgramInsideAnotherHasGoroutinesOfItsOwn() throws InterruptedException {
      run(() -> {
        Goroutine<?> outer = go(() -> Chan.never().receive());
        AtomicReference<@Nullable Goroutine<?>> inner = new AtomicReference<>();
        run(() -> {
          assertEquals(1, Program.current().goroutines().size());
          inner.set(go(() -> Chan.never().receive()));
        });
        Goroutine<?> ended = inner.get();
        assertNotNull(ended);
        assertTrue(ended.isDone());
        assertFalse(outer.isDone());
        assertEquals(2, Program.current().goroutines().size());
      });
    }

    @Test
    void itsFailureIsAnExceptionOfTheOuterOne() throws InterruptedException {
      run(() -> {
        Goroutine<?> outer = go(() -> Chan.never().receive());
        Exception failure = new Exception("inner");
        var e =
            assertThrows(
                PanicException.class,
                () ->
                    run(() -> {
                      go(() -> {
                        throw failure;
                      });
                      Chan.never().receive();
                    }));
        assertSame(failure, e.getCause());
        assertFalse(outer.isDone());
      });
    }

    @Test
    void theOuterOnesEndEndsIt() throws InterruptedException {
      AtomicReference<@Nullable Goroutine<?>> inner = new AtomicReference<>();
      run(() -> {
        Chan<String> started = Chan.unbuffered();
        go(() ->
            run(() -> {
              inner.set(
                  go(() -> {
                    started.send("started");
                    Chan.never().receive();
                  }));
              Chan.never().receive();
            }));
        started.receive();
      });
      Goroutine<?> ended = inner.get();
      assertNotNull(ended);
      assertTrue(ended.isDone());
    }

    @Test
    void manyProgramsMayRunAtOnce() throws InterruptedException {
      run(() -> {
        WaitGroup group = new WaitGroup();
        AtomicInteger sum = new AtomicInteger();
        for (int i = 0; i < 50; i++) {
          group.go(() ->
              run(() -> {
                WaitGroup inner = new WaitGroup();
                for (int j = 0; j < 10; j++) {
                  inner.go(sum::incrementAndGet);
                }
                inner.await();
              }));
        }
        group.await();
        assertEquals(500, sum.get());
      });
    }
  }

  @Nested
  final class Interrupting {
    @ParameterizedTest
    @EnumSource(TestSupport.Caller.class)
    void anInterruptOfTheCallerEndsTheProgram(TestSupport.Caller caller)
        throws InterruptedException {
      run(() -> {
        Chan<Goroutine<?>> started = Chan.unbuffered();
        TestSupport.Call call =
            caller.start(() -> {
              assertThrows(
                  InterruptedException.class,
                  () ->
                      run(() -> {
                        started.send(go(() -> Chan.never().receive()));
                        Chan.never().receive();
                      }));
              assertFalse(Thread.currentThread().isInterrupted());
            });
        Goroutine<?> inside = started.receive();
        assertNotNull(inside);
        call.thread().interrupt();
        call.join();
        assertTrue(inside.isDone());
      });
    }

    @Test
    void aCallerThatIsInterruptedAlreadyStartsNothing() {
      AtomicBoolean ran = new AtomicBoolean();
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, () -> run(() -> ran.set(true)));
      assertFalse(Thread.currentThread().isInterrupted());
      assertFalse(ran.get());
    }

    @Test
    void theEndOfTheCallersContextEndsTheProgram() throws InterruptedException {
      run(() -> {
        CancelContext context = Context.background().withCancel();
        Chan<Goroutine<?>> started = Chan.unbuffered();
        Goroutine<?> caller =
            go(
                context,
                () ->
                    run(() -> {
                      started.send(go(() -> Chan.never().receive()));
                      Chan.never().receive();
                    }));
        Goroutine<?> inside = started.receive();
        assertNotNull(inside);
        context.cancel();
        caller.join();
        assertInstanceOf(InterruptedException.class, caller.failure());
        assertTrue(inside.isDone());
      });
    }
  }

  @Nested
  final class OutsideOfAny {
    @Test
    void goroutinesNeedNoProgram() throws InterruptedException {
      Chan<String> channel = Chan.unbuffered();
      Goroutine<?> goroutine = go(() -> channel.send("hello"));
      assertEquals("hello", channel.receive());
      goroutine.join();
    }

    @Test
    void theirFailuresGoToTheDefaultHandler() throws InterruptedException {
      Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
      AtomicReference<@Nullable Throwable> reported = new AtomicReference<>();
      Exception failure = new Exception("nobody waits for this");
      Thread.setDefaultUncaughtExceptionHandler((thread, e) -> reported.set(e));
      try {
        Goroutine<?> goroutine =
            go(() -> {
              throw failure;
            });
        goroutine.join();
        assertSame(failure, reported.get());
        assertSame(failure, goroutine.failure());
      } finally {
        Thread.setDefaultUncaughtExceptionHandler(before);
      }
    }
  }
}

package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.otherwise;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
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

@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("clock")
@Tag("slow")
final class GoroutineTest {
  private static Goroutine<?> self() {
    Goroutine<?> self = Goroutine.current();
    assertNotNull(self);
    return self;
  }

  @Nested
  final class Identity {
    @Test
    void numbersCountUpFromOneInEachProgram() throws InterruptedException {
      for (int i = 0; i < 2; i++) {
        run(() -> {
          assertEquals(1, self().id());
          assertEquals(2, go(() -> {}).id());
          assertEquals(3, go(() -> {}).id());
        });
      }
    }

    @Test
    void numbersAreUnique() throws InterruptedException {
      run(() -> {
        Chan<Long> ids = Chan.unbuffered();
        for (int i = 0; i < 4; i++) {
          go(() -> {
            for (int j = 0; j < 250; j++) {
              go(() -> ids.send(self().id()));
            }
          });
        }
        Set<Long> seen = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
          assertTrue(seen.add(ids.receive()));
        }
      });
    }

    @Test
    void aGoroutineFindsItself() throws InterruptedException {
      assertNull(Goroutine.current());
      run(() -> {
        Chan<Goroutine<?>> seen = Chan.unbuffered();
        Goroutine<?> goroutine = go(() -> seen.send(self()));
        assertSame(goroutine, seen.receive());
        assertNotSame(goroutine, self());
        assertSame(Thread.currentThread(), self().thread());
        assertTrue(Thread.currentThread().isVirtual());
        Thread other =
            Thread.ofVirtual().unstarted(() -> assertNull(Goroutine.current(), "just a thread"));
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        other.setUncaughtExceptionHandler((thread, e) -> failure.set(e));
        other.start();
        other.join();
        assertNull(failure.get());
      });
    }

    @Test
    void aGoroutineHasItsNumberOrTheNameItWasGiven() throws InterruptedException {
      run(() -> {
        CancelContext context = Context.background().withCancel();
        assertEquals("goroutine 1", self().name());
        assertEquals("goroutine 2", go(() -> {}).name());
        Goroutine<?> named = go("worker", () -> assertEquals("worker", self().name()));
        assertEquals("worker", named.name());
        assertEquals(3, named.id());
        assertEquals("worker", named.thread().getName());
        assertEquals("with context", go(context, "with context", () -> {}).name());
      });
    }

    @Test
    void itsStateIsShown() throws InterruptedException {
      run(() -> {
        assertEquals("goroutine 1 [running]", self().toString());
        Goroutine<?> receives = go("worker", () -> Chan.never().receive());
        TestSupport.awaitBlocked(receives, "chan receive");
        assertEquals("worker [chan receive]", receives.toString());
        Goroutine<?> sleeps = go(() -> Thread.sleep(Duration.ofHours(1)));
        TestSupport.awaitBlocked(sleeps.thread());
        assertEquals("goroutine 3 [waiting outside Heddle]", sleeps.toString());
        sleeps.cancel();
        sleeps.thread().join();
        assertEquals("goroutine 3 [ended]", sleeps.toString());
        assertTrue(self().toString().endsWith("[running]"));
      });
    }

    /** Although its thread may take a moment more. */
    @Test
    void whoHasBeenWaitedForHasEnded() throws InterruptedException {
      for (int i = 0; i < 20_000; i++) {
        Goroutine<?> ends = go("ends", () -> {});
        ends.join();
        assertEquals("ends [ended]", ends.toString());
      }
    }

    @Test
    void itKnowsWhoCreatedIt() throws InterruptedException {
      run(() -> {
        assertTrue(self().createdBy().contains("GoroutineTest$Identity.itKnowsWhoCreatedIt"));
        assertFalse(self().createdBy().contains(" in goroutine"));
        Chan<Goroutine<?>> grandchildren = Chan.unbuffered();
        Goroutine<?> child = go(() -> grandchildren.send(startedHere()));
        Goroutine<?> grandchild = grandchildren.receive();
        assertTrue(child.createdBy().endsWith(" in goroutine 1"), child.createdBy());
        assertTrue(child.createdBy().contains("GoroutineTest.java:"), child.createdBy());
        assertTrue(
            grandchild.createdBy().contains("Identity.startedHere(GoroutineTest.java:"),
            grandchild.createdBy());
        assertTrue(grandchild.createdBy().endsWith(" in goroutine 2"), grandchild.createdBy());
      });
    }

    private Goroutine<?> startedHere() {
      return go(() -> {});
    }

    @Test
    void tasksOfAnOrdinaryClassAreToldApartByWhereTheyAreStarted() throws InterruptedException {
      Task task =
          new Task() {
            @Override
            public void run() {}
          };
      run(() -> {
        String first = go(task).createdBy();
        String second = go(task).createdBy();
        assertFalse(first.equals(second), first);
      });
    }
  }

  @Nested
  final class Joining {
    @Test
    void joinWaitsForTheEnd() throws InterruptedException {
      run(() -> {
        Chan<String> quit = Chan.unbuffered();
        Goroutine<?> goroutine = go(() -> quit.receive());
        Goroutine<?> joins = go(() -> goroutine.join());
        TestSupport.awaitBlocked(joins, "Goroutine.join");
        assertFalse(goroutine.isDone());
        quit.send("quit");
        joins.join();
        assertTrue(goroutine.isDone());
        goroutine.join();
      });
    }

    @Test
    void joinEndsWithItsContext() throws InterruptedException {
      run(() -> {
        CancelContext context = Context.background().withCancel();
        Goroutine<?> goroutine = go(() -> Chan.never().receive());
        Goroutine<?> joins =
            go(() -> assertThrows(CancelledException.class, () -> goroutine.join(context)));
        TestSupport.awaitBlocked(joins, "Goroutine.join");
        context.cancel();
        joins.join();
        Goroutine<?> ended = go(() -> {});
        ended.join(Context.background());
        assertThrows(CancelledException.class, () -> ended.join(context));
      });
    }

    @Test
    void joinWaitsALimitedTime() throws InterruptedException {
      VirtualClock.run(clock -> {
        Goroutine<?> goroutine = go(() -> Chan.never().receive());
        for (Duration timeout :
            List.of(Duration.ofMillis(1), Duration.ZERO, Duration.ofSeconds(-1))) {
          assertThrows(TimeoutException.class, () -> goroutine.join(timeout));
        }
        goroutine.cancel();
        goroutine.join(TestSupport.PATIENCE);
        goroutine.join(Duration.ZERO);
      });
    }

    @Test
    void joinCanBeInterrupted() throws InterruptedException {
      run(() -> {
        Goroutine<?> goroutine = go(() -> Chan.never().receive());
        Goroutine<?> joins = go(() -> assertThrows(InterruptedException.class, goroutine::join));
        TestSupport.awaitBlocked(joins, "Goroutine.join");
        joins.cancel();
        joins.join();
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, joins::join);
      });
    }

    @Test
    void joinIsACaseOfSelect() throws InterruptedException {
      run(() -> {
        Chan<String> quit = Chan.unbuffered();
        Goroutine<?> goroutine = go(() -> quit.receive());
        assertEquals("running", select(goroutine.onJoin(_ -> "ended"), otherwise(() -> "running")));
        Goroutine<?> selects =
            go(() ->
                assertEquals(
                    "ended",
                    select(
                        goroutine.onJoin(_ -> "ended"), Chan.never().onReceive(v -> "received"))));
        TestSupport.awaitBlocked(selects, "select");
        quit.send("quit");
        selects.join();
        assertEquals("quit", select(goroutine.onJoin()));
        assertThrows(NullPointerException.class, () -> goroutine.onJoin(null));
      });
    }

    @ParameterizedTest
    @EnumSource(TestSupport.Caller.class)
    void anyThreadMayJoin(TestSupport.Caller caller) throws InterruptedException {
      run(() -> {
        Chan<String> quit = Chan.unbuffered();
        Goroutine<?> goroutine = go(() -> quit.receive());
        TestSupport.Call joins = caller.start(goroutine::join);
        joins.awaitBlocked("Goroutine.join");
        quit.send("quit");
        joins.join();
      });
    }

    @Test
    void whatTheGoroutineDidIsSeenAfterwards() throws InterruptedException {
      run(() -> {
        for (int i = 0; i < 5_000; i++) {
          int[] plain = {i};
          Goroutine<?> goroutine =
              go(() -> {
                assertTrue(plain[0] >= 0);
                plain[0]++;
              });
          switch (i % 3) {
            case 0 -> goroutine.join();
            case 1 -> select(goroutine.onJoin());
            default -> {
              while (!goroutine.isDone()) {
                Go.gosched();
              }
            }
          }
          assertEquals(i + 1, plain[0]);
        }
      });
    }

    @Test
    void manyMayJoinOne() throws InterruptedException {
      run(() -> {
        Chan<String> quit = Chan.unbuffered();
        Goroutine<?> goroutine = go(() -> quit.receive());
        WaitGroup joined = new WaitGroup();
        List<Goroutine<?>> joiners = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
          joiners.add(joined.go(goroutine::join));
        }
        TestSupport.awaitBlocked(joiners.getLast(), "Goroutine.join");
        quit.send("quit");
        joined.await();
      });
    }
  }

  @Nested
  final class Ending {
    @Test
    void aTaskThatReturnsHasNoFailure() throws InterruptedException {
      run(() -> {
        Goroutine<?> goroutine = go(() -> {});
        goroutine.join();
        assertNull(goroutine.failure());
      });
    }

    @Test
    void cancelInterruptsIt() throws InterruptedException {
      run(() -> {
        Goroutine<?> goroutine = go(() -> Chan.never().receive());
        assertNull(goroutine.failure());
        TestSupport.awaitBlocked(goroutine, "chan receive");
        goroutine.cancel();
        goroutine.join();
        assertInstanceOf(InterruptedException.class, goroutine.failure());
      });
    }

    @Test
    void cancelRightAfterTheStartIsNotLost() throws InterruptedException {
      run(() -> {
        for (int i = 0; i < 5_000; i++) {
          Goroutine<?> goroutine = go(() -> Chan.never().receive());
          goroutine.cancel();
          goroutine.join();
        }
      });
    }

    @Test
    void cancelOfOneThatHasEndedDoesNothing() throws InterruptedException {
      run(() -> {
        Goroutine<?> goroutine = go(() -> {});
        goroutine.join();
        goroutine.cancel();
        assertNull(goroutine.failure());
      });
    }

    @Test
    void aCancelledGoroutineCanFinishItsWork() throws InterruptedException {
      run(() -> {
        Chan<String> results = Chan.unbuffered();
        Goroutine<?> goroutine =
            go(() -> {
              try {
                Chan.never().receive();
              } finally {
                results.send("cleaned up");
              }
            });
        TestSupport.awaitBlocked(goroutine, "chan receive");
        goroutine.cancel();
        assertEquals("cleaned up", results.receive());
        goroutine.join();
        assertInstanceOf(InterruptedException.class, goroutine.failure());
      });
    }

    @Test
    void aCancelledGoroutineThatFailsWhileItCleansUpEndsTheProgram() {
      var e =
          assertThrows(
              PanicException.class,
              () ->
                  run(() -> {
                    Goroutine<?> goroutine =
                        go(() -> {
                          try {
                            Chan.never().receive();
                          } catch (InterruptedException asked) {
                            throw new IllegalStateException("hello", asked);
                          }
                        });
                    TestSupport.awaitBlocked(goroutine, "chan receive");
                    goroutine.cancel();
                    Chan.never().receive();
                  }));
      assertEquals("hello", e.getCause().getMessage());
    }

    @Test
    void whatACancelledGoroutineCatchesWhileItCleansUpChangesNothing() throws InterruptedException {
      run(() -> {
        Goroutine<?> goroutine =
            go(() -> {
              try {
                Chan.never().receive();
              } finally {
                assertThrows(ChannelClosedException.class, Chan.never()::close);
              }
            });
        TestSupport.awaitBlocked(goroutine, "chan receive");
        goroutine.cancel();
        goroutine.join();
        assertInstanceOf(InterruptedException.class, goroutine.failure());
      });
    }

    @Test
    void anInterruptThatNobodyAskedForIsAFailure() {
      var e =
          assertThrows(
              PanicException.class,
              () ->
                  run(() -> {
                    go(() -> {
                      throw new InterruptedException("out of the blue");
                    });
                    Chan.never().receive();
                  }));
      assertInstanceOf(InterruptedException.class, e.getCause());
    }
  }

  @Nested
  final class Starting {
    @Test
    void aNullTaskIsRefusedWhereItIsStarted() throws InterruptedException {
      run(() -> {
        var e = assertThrows(NullPointerException.class, () -> go((Task) null));
        assertEquals("go of a null task", e.getMessage());
        assertThrows(NullPointerException.class, () -> go("name", (Task) null));
        assertThrows(NullPointerException.class, () -> go((Context) null, () -> {}));
        assertThrows(NullPointerException.class, () -> go((String) null, () -> {}));
        assertThrows(
            NullPointerException.class, () -> go(Context.background(), "name", (Task) null));
        assertEquals(1, Program.current().goroutines().size());
      });
    }

    @Test
    void whatTheStarterDidIsSeenByTheTask() throws InterruptedException {
      run(() -> {
        for (int i = 0; i < 5_000; i++) {
          int[] plain = new int[1];
          plain[0] = i;
          int expected = i;
          go(() -> assertEquals(expected, plain[0])).join();
        }
      });
    }

    @Test
    void oneCanRespawnItselfManyTimes() throws InterruptedException {
      run(() -> {
        Chan<String> ended = Chan.unbuffered();
        respawn(10_000, ended);
        ended.receive();
      });
    }

    private void respawn(int times, Chan<String> ended) {
      go(() -> {
        if (times == 0) {
          ended.send("ended");
        } else {
          respawn(times - 1, ended);
        }
      });
    }

    @Test
    void aHundredThousandMayBeBlockedAtOnce() throws InterruptedException {
      run(() -> {
        int many = 100_000;
        Chan<String> gate = Chan.unbuffered();
        Chan<String> last = Chan.unbuffered();
        AtomicInteger arrived = new AtomicInteger();
        WaitGroup group = new WaitGroup();
        for (int i = 0; i < many; i++) {
          group.go(() -> {
            if (arrived.incrementAndGet() == many) {
              last.close();
            }
            gate.receive();
          });
        }
        last.receive();
        assertEquals(many + 1, Program.current().goroutines().size());
        gate.close();
        group.await();
      });
    }
  }
}

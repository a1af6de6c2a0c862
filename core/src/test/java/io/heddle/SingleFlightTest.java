package io.heddle;

import static io.heddle.Go.after;
import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.select;
import static java.time.Duration.ofMillis;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.heddle.SingleFlight.Result;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Computations that several callers share. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class SingleFlightTest {
  private static final int ROUNDS = 200;

  /** What a caller sleeps in. */
  private static final String JOIN = "SingleFlight.run";

  private final SingleFlight<String, String> flights = new SingleFlight<>();

  /** What the computation of {@link #gated} waits for. */
  private final Chan<String> gate = Chan.unbuffered();

  private final AtomicInteger calls = new AtomicInteger();
  private final Callable<String> gated =
      () -> {
        calls.incrementAndGet();
        return gate.receive();
      };

  private static Callable<String> failing(Throwable error) {
    return () -> {
      switch (error) {
        case Exception e -> throw e;
        case Error e -> throw e;
        default -> throw new AssertionError(error);
      }
    };
  }

  private static Callable<String> unwanted() {
    return () -> fail("computed");
  }

  private static void awaitOnlyThisGoroutine() {
    Program program = Program.current();
    TestSupport.await("the other goroutines' end", () -> program.goroutines().size() == 1);
  }

  @Nested
  final class Sharing {
    @Test
    void aLoneCallerGetsTheValue() throws Exception {
      run(() -> {
        assertEquals(new Result<>("bar", false), flights.run("key", () -> "bar"));
        assertEquals("next", flights.run("key", () -> "next").value());
      });
    }

    @Test
    void aValueCanBeNull() throws Exception {
      run(() -> {
        SingleFlight<String, String> nulls = new SingleFlight<>();
        assertNull(nulls.run("key", () -> null).value());
      });
    }

    @Test
    void callersAtTheSameTimeShareOneComputation() throws Exception {
      run(() -> {
        List<Goroutine<?>> callers = new ArrayList<>();
        AtomicInteger shared = new AtomicInteger();
        for (int i = 0; i < 10; i++) {
          callers.add(
              go(() -> {
                Result<String> result = flights.run("key", gated);
                assertEquals("bar", result.value());
                if (result.shared()) {
                  shared.incrementAndGet();
                }
              }));
        }
        callers.forEach(caller -> TestSupport.awaitBlocked(caller, JOIN));
        gate.send("bar");
        for (Goroutine<?> caller : callers) {
          caller.join();
        }
        assertEquals(1, calls.get());
        assertEquals(10, shared.get());
        awaitOnlyThisGoroutine();
      });
    }

    @Test
    void keysHaveComputationsOfTheirOwn() throws Exception {
      run(() -> {
        try (var blocked = flights.call("a", gated)) {
          assertEquals("b", flights.run("b", () -> "b").value());
          gate.send("a");
          assertEquals("a", blocked.await().value());
        }
      });
    }

    @Test
    void equalKeysAreOne() throws Exception {
      run(() -> {
        SingleFlight<List<String>, String> byList = new SingleFlight<>();
        try (var first = byList.call(new ArrayList<>(List.of("a")), gated);
            var second = byList.call(List.of("a"), unwanted())) {
          gate.send("value");
          assertSame(first.await(), second.await());
        }
      });
    }

    @Test
    void theComputationRunsInAGoroutineOfTheCallersProgram() throws Exception {
      run(() -> {
        Goroutine<?>[] computing = new Goroutine<?>[1];
        flights.run(
            "key",
            () -> {
              computing[0] = Goroutine.current();
              assertSame(Program.current(), ((Routine) Goroutine.current()).program());
              return "";
            });
        assertTrue(computing[0].createdBy().contains("SingleFlightTest"), computing[0]::createdBy);
        assertTrue(computing[0].createdBy().endsWith("goroutine 1"), computing[0]::createdBy);
      });
    }

    @Test
    void threadsThatAreNoGoroutinesCanShare() throws Exception {
      var first = flights.call("key", gated);
      List<TestSupport.Call> callers = new ArrayList<>();
      for (TestSupport.Caller kind : TestSupport.Caller.values()) {
        callers.add(kind.start(() -> assertEquals("v", flights.run("key", unwanted()).value())));
      }
      callers.forEach(caller -> TestSupport.awaitBlocked(caller.thread()));
      gate.send("v");
      callers.forEach(TestSupport.Call::join);
      assertTrue(first.await().shared());
    }

    @Test
    void underLoadEveryCallerGetsAValueComputedDuringItsCall() throws Exception {
      run(() -> {
        SingleFlight<Integer, Integer> numbers = new SingleFlight<>();
        List<AtomicInteger> counters = List.of(new AtomicInteger(), new AtomicInteger());
        WaitGroup callers = new WaitGroup();
        for (int i = 0; i < 8; i++) {
          callers.go(() -> {
            for (int n = 0; n < ROUNDS; n++) {
              AtomicInteger counter = counters.get(n % 2);
              int before = counter.get();
              int value = numbers.run(n % 2, counter::incrementAndGet).value();
              assertTrue(value >= before, () -> value + " is older than " + before);
            }
          });
        }
        callers.await();
        awaitOnlyThisGoroutine();
      });
    }
  }

  @Nested
  final class Failing {
    @Test
    void whateverItThrowsReachesTheCallerAndIsNoPanic() throws Exception {
      run(() -> {
        List<Throwable> all =
            List.of(
                new IOException("checked"),
                new IllegalStateException("unchecked"),
                new AssertionError("assertion"),
                new StackOverflowError("not really"),
                new InterruptedException("of its own"),
                new CancelledException("of its own", null));
        for (Throwable error : all) {
          ExecutionException e =
              assertThrows(ExecutionException.class, () -> flights.run("key", failing(error)));
          assertSame(error, e.getCause());
        }
        assertEquals("fine", flights.run("key", () -> "fine").value());
      });
    }

    @Test
    void itReachesAllCallersAndNobodyHangs() throws Exception {
      run(() -> {
        IOException error = new IOException();
        CountDownLatch fails = new CountDownLatch(1);
        List<Goroutine<?>> callers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
          callers.add(
              go(() -> {
                ExecutionException e =
                    assertThrows(
                        ExecutionException.class,
                        () ->
                            flights.run(
                                "key",
                                () -> {
                                  calls.incrementAndGet();
                                  fails.await();
                                  throw error;
                                }));
                assertSame(error, e.getCause());
              }));
        }
        callers.forEach(caller -> TestSupport.awaitBlocked(caller, JOIN));
        fails.countDown();
        for (Goroutine<?> caller : callers) {
          caller.join();
        }
        assertEquals(1, calls.get());
        awaitOnlyThisGoroutine();
      });
    }

    @Test
    void nullIsRefusedAndNothingIsInFlight() throws Exception {
      assertThrows(NullPointerException.class, () -> flights.run(null, unwanted()));
      assertThrows(NullPointerException.class, () -> flights.run("key", null));
      assertThrows(
          NullPointerException.class, () -> flights.run("key", unwanted(), (Context) null));
      assertThrows(NullPointerException.class, () -> flights.forget(null));
      assertEquals("fine", flights.run("key", () -> "fine").value());
    }
  }

  @Nested
  final class Forgetting {
    @Test
    void makesTheNextCallerComputeAnewAndTheOneAfterShareThat() throws Exception {
      run(() -> {
        try (var first = flights.call("key", gated)) {
          flights.forget("key");
          Chan<String> secondGate = Chan.unbuffered();
          try (var second = flights.call("key", () -> secondGate.receive())) {
            gate.send("first");
            assertEquals(new Result<>("first", false), first.await());
            try (var third = flights.call("key", unwanted())) { // first's end left second alone
              secondGate.send("second");
              assertEquals(new Result<>("second", true), third.await());
              assertSame(second.await(), third.await());
            }
          }
        }
      });
    }

    @Test
    void leavingAForgottenComputationLeavesTheNextOneAlone() throws Exception {
      run(() -> {
        var first = flights.call("key", gated);
        flights.forget("key");
        try (var second = flights.call("key", gated)) {
          first.close();
          try (var third = flights.call("key", unwanted())) {
            assertInstanceOf(
                InterruptedException.class,
                assertThrows(ExecutionException.class, first::await).getCause());
            gate.send("value");
            assertSame(second.await(), third.await());
          }
        }
      });
    }

    @Test
    void whatIsNotInFlightDoesNothing() {
      flights.forget("key");
    }
  }

  @Nested
  final class Leaving {
    @Test
    void oneCallerLeavesAndTheOthersGetTheValue() throws Exception {
      run(() -> {
        CancelContext context = Context.background().withCancel();
        Goroutine<?> patient =
            go(() -> assertEquals(new Result<>("v", false), flights.run("key", gated)));
        TestSupport.awaitBlocked(patient, JOIN);
        Goroutine<?> cancelled =
            go(() ->
                assertThrows(
                    CancelledException.class, () -> flights.run("key", unwanted(), context)));
        Goroutine<?> interrupted =
            go(() ->
                assertThrows(InterruptedException.class, () -> flights.run("key", unwanted())));
        TestSupport.awaitBlocked(cancelled, JOIN);
        TestSupport.awaitBlocked(interrupted, JOIN);
        assertThrows(TimeoutException.class, () -> flights.run("key", unwanted(), ofMillis(1)));
        context.cancel();
        interrupted.cancel();
        cancelled.join();
        interrupted.join();
        gate.send("v");
        patient.join();
      });
    }

    @Test
    void theFirstCallerCanLeaveToo() throws Exception {
      run(() -> {
        CancelContext context = Context.background().withCancel();
        Goroutine<?> first =
            go(context.withoutInterrupts(), () -> flights.run("key", gated, context));
        TestSupport.awaitBlocked(first, JOIN);
        Goroutine<?> second = go(() -> assertEquals("v", flights.run("key", unwanted()).value()));
        TestSupport.awaitBlocked(second, JOIN);
        context.cancel();
        first.join();
        gate.send("v");
        second.join();
      });
    }

    @Test
    void theLastCallerToLeaveInterruptsTheComputation() throws Exception {
      run(() -> {
        Chan<String> news = Chan.buffered(1);
        Callable<String> computation =
            () -> {
              try {
                return gate.receive();
              } catch (InterruptedException e) {
                news.send("interrupted");
                throw e;
              }
            };
        var first = flights.call("key", computation);
        var second = flights.call("key", unwanted());
        first.close();
        assertNull(second.tryAwait());
        assertNull(news.tryReceive());
        second.close();
        assertEquals("interrupted", news.receive());
        awaitOnlyThisGoroutine();
      });
    }

    @Test
    void aCallerThatClosesTwiceLeavesOnce() throws Exception {
      run(() -> {
        var first = flights.call("key", gated);
        var second = flights.call("key", unwanted());
        first.close();
        first.close();
        try (var third = flights.call("key", unwanted())) {
          go(() -> gate.send("value"));
          assertEquals(new Result<>("value", true), third.await());
        }
        second.close();
      });
    }

    @Test
    void aCallerAfterTheLastHasLeftComputesAnewThoughTheOldComputationGoesOn() throws Exception {
      run(() -> {
        Chan<String> news = Chan.unbuffered();
        Chan<String> oldGate = Chan.unbuffered();
        var abandoned =
            flights.call(
                "key",
                () -> {
                  try {
                    new CountDownLatch(1).await();
                    return "";
                  } catch (InterruptedException e) {
                    news.send("going on");
                    return oldGate.receive();
                  }
                });
        abandoned.close();
        news.receive();
        try (var call = flights.call("key", gated)) {
          oldGate.send("old");
          assertEquals(new Result<>("old", false), abandoned.await());
          try (var sharing = flights.call("key", unwanted())) {
            gate.send("new");
            assertEquals("new", call.await().value());
            assertEquals("new", sharing.await().value());
          }
        }
      });
    }

    @Test
    void aCallerThatMustNotWaitComputesNothing() throws Exception {
      run(() -> {
        CancelContext done = Context.background().withCancel();
        done.cancel();
        assertThrows(CancelledException.class, () -> flights.run("key", unwanted(), done));
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, () -> flights.run("key", unwanted()));
        assertEquals(1, Program.current().goroutines().size());
      });
    }

    @Test
    void aCallerThatJoinsWhileTheLastLeavesIsNotInterruptedWithIt() throws Exception {
      run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          Chan<Integer> own = Chan.unbuffered();
          var leaver =
              flights.call(
                  "key",
                  () -> {
                    own.receive();
                    return "value";
                  });
          CountDownLatch start = new CountDownLatch(1);
          Goroutine<?> joiner =
              go(() -> {
                start.await();
                assertEquals(
                    "value",
                    flights
                        .run(
                            "key",
                            () -> {
                              own.receive();
                              return "value";
                            })
                        .value());
              });
          start.countDown();
          leaver.close();
          if (round % 2 == 0) {
            Go.gosched();
          }
          own.close();
          joiner.join();
        }
        awaitOnlyThisGoroutine();
      });
    }

    @Test
    void callersThatComeAndGoAtRandomLeaveNothingBehind() throws Exception {
      run(() -> {
        WaitGroup callers = new WaitGroup();
        AtomicInteger computing = new AtomicInteger();
        AtomicInteger values = new AtomicInteger();
        Callable<String> computation =
            () -> {
              computing.incrementAndGet();
              try {
                Go.sleep(Duration.ofNanos(ThreadLocalRandom.current().nextInt(200_000)));
                return "value";
              } finally {
                computing.decrementAndGet();
              }
            };
        for (int i = 0; i < 6; i++) {
          callers.go(() -> {
            for (int n = 0; n < ROUNDS; n++) {
              Duration patience = Duration.ofNanos(ThreadLocalRandom.current().nextInt(400_000));
              try {
                assertEquals("value", flights.run("key", computation, patience).value());
                values.incrementAndGet();
              } catch (TimeoutException e) {
                // has left
              }
            }
          });
        }
        callers.await();
        awaitOnlyThisGoroutine();
        assertEquals(0, computing.get());
        assertEquals("SingleFlight[0]", flights.toString());
        assertEquals(new Result<>("last", false), flights.run("key", () -> "last"));
      });
    }

    @Test
    void anInterruptThatRacesWithTheEndIsThrownOrStaysPending() throws Exception {
      run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          Chan<Integer> own = Chan.unbuffered();
          Callable<String> computation =
              () -> {
                own.receive();
                return "value";
              };
          try (var keeper = flights.call("key", computation)) {
            Goroutine<?> caller =
                go(() -> {
                  try {
                    assertEquals("value", flights.run("key", computation).value());
                    while (!Thread.interrupted()) { // sent, or about to be
                      Go.gosched();
                    }
                  } catch (InterruptedException e) {
                    assertFalse(Thread.currentThread().isInterrupted());
                  }
                });
            if (round % 2 == 0) {
              TestSupport.awaitBlocked(caller, JOIN);
            }
            go(own::close);
            caller.thread().interrupt();
            caller.join();
            assertEquals("value", keeper.await().value());
          }
        }
        awaitOnlyThisGoroutine();
      });
    }
  }

  @Nested
  final class Calls {
    @Test
    void aCallIsAwaitedInAllForms() throws Exception {
      run(() -> {
        try (var call = flights.call("key", gated)) {
          assertEquals("SingleFlight[1]", flights.toString());
          assertNull(call.tryAwait());
          assertThrows(TimeoutException.class, () -> call.await(ofMillis(1)));
          CancelContext done = Context.background().withCancel();
          done.cancel();
          assertThrows(CancelledException.class, () -> call.await(done));
          gate.send("value");
          assertEquals("value", call.await(TestSupport.PATIENCE).value());
          assertEquals("value", call.await(Context.background()).value());
          assertEquals("value", call.tryAwait().value());
          assertEquals("SingleFlight[0]", flights.toString());
        }
      });
    }

    @Test
    void selectChoosesTheEndOfTheComputation() throws Exception {
      run(() -> {
        try (var call = flights.call("key", gated)) {
          go(() -> gate.send("value"));
          assertEquals(
              "got value",
              select(
                  call.onAwait(result -> "got " + result.value()),
                  after(TestSupport.PATIENCE).onReceive(t -> "timed out")));
          assertEquals("value", select(call.onAwait()).value());
        }
      });
    }

    @Test
    void inASelectTheFailureIsTheCauseOfACompletionException() throws Exception {
      run(() -> {
        IOException error = new IOException();
        try (var call = flights.call("key", failing(error))) {
          CompletionException e =
              assertThrows(CompletionException.class, () -> select(call.onAwait()));
          assertSame(error, e.getCause());
          assertThrows(ExecutionException.class, call::tryAwait);
        }
      });
    }

    @Test
    void aSelectThatChoosesAnotherCaseLeavesWithTheCall() throws Exception {
      run(() -> {
        Chan<String> other = Chan.buffered(1);
        other.send("other");
        try (var call = flights.call("key", gated)) {
          assertEquals("other", select(call.onAwait(Result::value), other.onReceive(s -> s)));
          assertNull(call.tryAwait());
        }
        awaitOnlyThisGoroutine();
      });
    }
  }

  @Test
  void aKeyThatFailsDoesNotKeepTheResultFromItsCallers() throws Exception {
    final class Key {
      private volatile boolean fails;

      @Override
      public int hashCode() {
        if (fails) {
          throw new IllegalStateException("the key has changed");
        }
        return 1;
      }

      @Override
      public boolean equals(Object other) {
        return this == other;
      }
    }
    Key key = new Key();
    SingleFlight<Key, String> group = new SingleFlight<>();
    List<String> values = new ArrayList<>();
    List<Throwable> failures = new CopyOnWriteArrayList<>();
    Go.run(
        () ->
            values.add(
                group
                    .run(
                        key,
                        () -> {
                          key.fails = true;
                          return "value";
                        })
                    .value()),
        (goroutine, failure) -> failures.add(failure));
    assertEquals(List.of("value"), values);
    // Reported before the caller got the value, which ended the program
    assertEquals("the key has changed", failures.getFirst().getMessage());
    assertEquals(1, failures.size());
  }

  private record Evil(boolean inHashCode) {
    @Override
    public int hashCode() {
      if (inHashCode) {
        throw new IllegalStateException("hashCode");
      }
      return 1;
    }

    @Override
    public boolean equals(Object other) {
      throw new IllegalStateException("equals");
    }
  }

  @Test
  void aKeyThatCannotBeComparedFailsTheCallThatItIsFor() throws Exception {
    SingleFlight<Evil, String> group = new SingleFlight<>();
    run(() -> {
      Evil unhashable = new Evil(true);
      assertThrows(IllegalStateException.class, () -> group.run(unhashable, () -> "value"));
      assertThrows(IllegalStateException.class, () -> group.call(unhashable, () -> "value"));
      assertThrows(IllegalStateException.class, () -> group.forget(unhashable));

      Evil key = new Evil(false); // the map compares it with itself by identity
      Chan<String> block = Chan.unbuffered();
      try (var call = group.call(key, block::receive)) {
        assertThrows(
            IllegalStateException.class, () -> group.run(new Evil(false), () -> "another"));
        assertThrows(IllegalStateException.class, () -> group.forget(new Evil(false)));
        block.send("value");
        assertEquals(new Result<>("value", false), call.await());
      }
      assertEquals("SingleFlight[0]", group.toString());
      awaitOnlyThisGoroutine();
    });
  }

  @Nested
  final class Examples {
    @Test
    void twoCallersShareOneResult() throws Exception {
      run(() -> {
        Chan<String> block = Chan.unbuffered();
        try (var first =
                flights.call(
                    "key",
                    () -> {
                      block.receive();
                      return "func 1";
                    });
            var second = flights.call("key", () -> "func 2")) {
          block.close();
          Result<String> one = first.await();
          Result<String> two = second.await();
          assertEquals(
              """
              Shared: true
              Equal results: true
              Result: func 1
              """,
              """
              Shared: %s
              Equal results: %s
              Result: %s
              """
                  .formatted(two.shared(), one.value().equals(two.value()), one.value()));
        }
      });
    }
  }
}

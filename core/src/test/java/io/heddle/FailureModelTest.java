package io.heddle;

import static io.heddle.Go.run;
import static io.heddle.Race.race;
import static io.heddle.TaskGroupTestSupport.blockOutsideHeddle;
import static io.heddle.TaskGroupTestSupport.failing;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.flow.Pipeline;
import io.heddle.interop.StructuredTaskScope;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Groups within groups, races and flights report failures in one way. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class FailureModelTest {
  /** All failures of a wait, and that there are no others below them. */
  private static Set<String> failures(Throwable thrown) {
    Set<String> all = new HashSet<>();
    assertInstanceOf(IOException.class, thrown.getCause());
    all.add(thrown.getCause().getMessage());
    for (Throwable one : thrown.getSuppressed()) {
      assertInstanceOf(IOException.class, one);
      assertTrue(all.add(one.getMessage()));
    }
    return all;
  }

  private static void failAll(int depth, String name) throws Exception {
    if (depth == 0) {
      throw new IOException(name);
    }
    try (TaskGroup<Void> group = new TaskGroup<Void>().keepGoing()) {
      for (int i = 0; i < 2; i++) {
        String inner = name + i;
        group.go(() -> failAll(depth - 1, inner));
      }
      group.await();
    }
  }

  @Test
  void groupsThreeDeepAreOneListOfFailures() throws Exception {
    run(() -> {
      var e = assertThrows(ExecutionException.class, () -> failAll(3, ""));
      assertEquals(Set.of("000", "001", "010", "011", "100", "101", "110", "111"), failures(e));
      assertEquals(e.getCause() + " (the first of 8 failures)", e.getMessage());
    });
  }

  @Test
  void theFirstFailureOfTheInnermostGroupIsTheCauseEverywhere() throws Exception {
    run(() -> {
      IOException error = new IOException("innermost");
      try (TaskGroup<Void> outer = new TaskGroup<>()) {
        outer.go(() -> blockOutsideHeddle());
        outer.go(() -> {
          try (TaskGroup<Void> middle = new TaskGroup<>()) {
            middle.go(() -> blockOutsideHeddle());
            middle.go(() -> {
              try (TaskGroup<Void> inner = new TaskGroup<>()) {
                inner.go(() -> blockOutsideHeddle());
                inner.go(failing(error));
                inner.await();
              }
            });
            middle.await();
          }
        });
        var e = assertThrows(ExecutionException.class, outer::await);
        assertSame(error, e.getCause());
        assertEquals(0, e.getSuppressed().length);
        assertEquals(error.toString(), e.getMessage());
        assertSame(error, outer.context().cause());
      }
    });
  }

  /** It is in the report already, and is not counted again. */
  @Test
  void aTaskThatThrowsTheCauseOfItsCancellationReportsNothingNew() throws Exception {
    run(() -> {
      IOException error = new IOException("error");
      Task echo =
          () -> {
            try {
              blockOutsideHeddle();
            } catch (InterruptedException e) {
              throw new IllegalStateException(Context.current().cause());
            }
          };
      try (TaskGroup<Void> group = new TaskGroup<>()) {
        group.go(echo);
        group.go(failing(error));
        var e = assertThrows(ExecutionException.class, group::await);
        assertSame(error, e.getCause());
        assertEquals(error.toString(), e.getMessage());
        assertEquals(0, e.getSuppressed().length);
      }
      var e =
          assertThrows(
              ExecutionException.class,
              () ->
                  Pipeline.run(
                      Context.background(),
                      pipeline -> {
                        pipeline.go(echo);
                        pipeline.generate(out -> echo.run());
                        throw error;
                      }));
      assertSame(error, e.getCause());
      assertEquals(error.toString(), e.getMessage());
      assertEquals(0, e.getSuppressed().length);
    });
  }

  @Test
  void failuresOfACloseWithinAreNotLost() throws Exception {
    run(() -> {
      IOException error = new IOException("error");
      IOException cleaningUp = new IOException("cleaning up");
      TaskGroup<Void> outer = new TaskGroup<>();
      Chan<Boolean> ready = Chan.buffered(1);
      outer.go(() -> {
        try (TaskGroup<Void> inner = new TaskGroup<>()) {
          inner.go(() -> {
            try {
              ready.send(true);
              blockOutsideHeddle();
            } finally {
              failing(cleaningUp).run();
            }
          });
          inner.await();
        }
      });
      outer.go(() -> {
        ready.receive();
        throw error;
      });
      var e = assertThrows(ExecutionException.class, outer::await);
      assertEquals(Set.of("error", "cleaning up"), flat(e));
    });
  }

  /** What was suppressed on its way out, by a close for one, is looked for deeper. */
  private static Set<String> flat(Throwable thrown) {
    Set<String> all = new HashSet<>();
    all.add(String.valueOf(thrown.getCause().getMessage()));
    for (Throwable one : thrown.getSuppressed()) {
      all.add(String.valueOf(one.getMessage()));
    }
    return all;
  }

  @Test
  void aRaceInAGroupInARace() throws Exception {
    run(() -> {
      var e =
          assertThrows(
              ExecutionException.class,
              () ->
                  race(
                      () -> {
                        try (TaskGroup<Integer> group = new TaskGroup<Integer>().keepGoing()) {
                          group.go(() ->
                              race(
                                  () -> {
                                    throw new IOException("a");
                                  },
                                  () -> {
                                    throw new IOException("b");
                                  }));
                          group.go(failing(new IOException("c")));
                          return group.await().getFirst();
                        }
                      },
                      () -> {
                        throw new IOException("d");
                      }));
      assertEquals(Set.of("a", "b", "c", "d"), failures(e));
      assertTrue(e.getMessage().endsWith("(the first of 4 failures)"), e.getMessage());
    });
  }

  private static Callable<Integer> throwing(String message) {
    return () -> {
      throw new IOException(message);
    };
  }

  @Test
  void aRaceInAGroupInAPipelineInAFlight() throws Exception {
    run(() -> {
      Chan<Boolean> begun = Chan.buffered(1);
      Callable<Integer> pipeline =
          () -> {
            Pipeline.run(
                Context.current(),
                body -> {
                  body.go(() -> {
                    try {
                      begun.send(true);
                      blockOutsideHeddle();
                    } catch (InterruptedException e) {
                      throw new IOException("after the failure");
                    }
                  });
                  body.map(
                      body.from(List.of(1)),
                      1,
                      n -> {
                        begun.receive();
                        try (TaskGroup<Integer> group = new TaskGroup<Integer>().keepGoing()) {
                          group.go(() -> race(throwing("a"), throwing("b")));
                          group.go(throwing("c"));
                          return group.await();
                        }
                      });
                  blockOutsideHeddle();
                });
            return 1;
          };
      var e =
          assertThrows(
              ExecutionException.class,
              () -> new SingleFlight<String, Integer>().run("key", pipeline));
      assertEquals(Set.of("a", "b", "c", "after the failure"), failures(e));
      assertTrue(e.getMessage().endsWith("(the first of 4 failures)"), e.getMessage());
    });
  }

  @Test
  void aScopeInAGroupAndAGroupInAScope() throws Exception {
    run(() -> {
      TaskGroup<Void> outer = new TaskGroup<Void>().keepGoing();
      outer.go(() -> {
        try (var scope =
            StructuredTaskScope.open(StructuredTaskScope.Joiner.anySuccessfulResultOrThrow())) {
          scope.fork(throwing("a"));
          scope.fork(() -> {
            failAll(1, "b");
            return 1;
          });
          var failed = assertThrows(StructuredTaskScope.FailedException.class, () -> scope.join());
          assertEquals(Set.of("a", "b0", "b1"), failures(failed));
          throw failed;
        }
      });
      outer.go(failing(new IOException("c")));
      var e = assertThrows(ExecutionException.class, outer::await);
      assertEquals(Set.of("a", "b0", "b1", "c"), failures(e));
      assertTrue(e.getMessage().endsWith("(the first of 4 failures)"), e.getMessage());
    });
  }

  @Test
  void aCloseWithinThatThrowsIsTakenApartToo() throws Exception {
    run(() -> {
      TaskGroup<Void> outer = new TaskGroup<>();
      outer.go(() -> {
        try (TaskGroup<Void> unseen = new TaskGroup<Void>().keepGoing()) {
          Goroutine<?> first = unseen.go(failing(new IOException("unseen 1")));
          unseen.go(failing(new IOException("unseen 2"))).join();
          first.join();
          failAll(1, "x");
        }
      });
      var e = assertThrows(ExecutionException.class, outer::await);
      assertEquals(Set.of("x0", "x1", "unseen 1", "unseen 2"), failures(e));
      assertTrue(e.getMessage().endsWith("(the first of 4 failures)"), e.getMessage());
    });
  }

  @Test
  void onceAndFeedThrowTheFailuresOfAGroup() throws Exception {
    run(() -> {
      Once once = new Once();
      var e = assertThrows(ExecutionException.class, () -> once.run(() -> failAll(1, "x")));
      assertEquals(Set.of("x0", "x1"), failures(e));
      Stream<Integer> stream =
          Stream.generate(() -> {
            try {
              failAll(1, "x");
            } catch (Exception inner) {
              throw new CompletionException(inner);
            }
            return 1;
          });
      try (Feed<Integer> feed = Feed.from(stream)) {
        var failed = assertThrows(CompletionException.class, feed::receive);
        assertEquals(Set.of("x0", "x1"), failures(failed));
      }
    });
  }

  @Test
  void aFlightThrowsTheFailuresOfItsGroup() throws Exception {
    run(() -> {
      SingleFlight<String, Integer> flights = new SingleFlight<>();
      var e =
          assertThrows(
              ExecutionException.class,
              () ->
                  flights.run(
                      "key",
                      () -> {
                        failAll(1, "x");
                        return 1;
                      }));
      assertEquals(Set.of("x0", "x1"), failures(e));
      try (var call =
          flights.call(
              "key",
              () -> {
                failAll(1, "x");
                return 1;
              })) {
        var unchecked =
            assertThrows(CompletionException.class, () -> Select.select(call.onAwait()));
        assertEquals(Set.of("x0", "x1"), failures(unchecked));
      }
    });
  }

  @Test
  void handlesThrowTheFailuresOfTheInnerGroup() throws Exception {
    run(() -> {
      TaskGroup<Integer> group = new TaskGroup<Integer>().keepGoing();
      Goroutine<Integer> task =
          group.go(() -> {
            failAll(1, "x");
            return 1;
          });
      var e = assertThrows(CompletionException.class, task::await);
      assertEquals(Set.of("x0", "x1"), failures(e));
      assertThrows(ExecutionException.class, group::await);
    });
  }

  @Test
  void futuresOfTheJdkAreFlattenedUnlessTheySaySomethingOfTheirOwn() throws Exception {
    run(() -> {
      IOException error = new IOException("error");
      CompletableFuture<Void> failed = CompletableFuture.failedFuture(error);
      TaskGroup<Void> got = new TaskGroup<>();
      got.go(() -> failed.get());
      assertSame(error, assertThrows(ExecutionException.class, got::await).getCause());
      TaskGroup<Void> joined = new TaskGroup<>();
      joined.go(() -> failed.join());
      assertSame(error, assertThrows(ExecutionException.class, joined::await).getCause());

      ExecutionException own = new ExecutionException("while fetching", error);
      TaskGroup<Void> speaks = new TaskGroup<>();
      speaks.go(failing(own));
      assertSame(own, assertThrows(ExecutionException.class, speaks::await).getCause());
    });
  }

  @Test
  void manyFailuresAreCountedThroughAllLevelsAndSixteenKept() throws Exception {
    run(() -> {
      int tasks = 200_000;
      TaskGroup<Void> outer = new TaskGroup<Void>().keepGoing();
      for (int i = 0; i < 5; i++) {
        outer.go(() -> {
          try (TaskGroup<Void> inner = new TaskGroup<Void>().keepGoing().limit(1000)) {
            for (int n = 0; n < tasks; n++) {
              inner.go(() -> {
                throw new IOException();
              });
            }
            inner.await();
          }
        });
      }
      var e = assertThrows(ExecutionException.class, outer::await);
      assertEquals(16, e.getSuppressed().length);
      assertTrue(e.getMessage().endsWith("(the first of 1000000 failures)"), e.getMessage());
    });
  }

  @Test
  void oneFailureThrownByManyIsKeptOnce() throws Exception {
    run(() -> {
      IOException error = new IOException("error");
      TaskGroup<Void> group = new TaskGroup<Void>().keepGoing();
      for (int i = 0; i < 5; i++) {
        group.go(failing(error));
      }
      var e = assertThrows(ExecutionException.class, group::await);
      assertSame(error, e.getCause());
      assertEquals(0, e.getSuppressed().length);
      assertTrue(e.getMessage().endsWith("(the first of 5 failures)"), e.getMessage());
    });
  }

  @Test
  void whatWaitsThrowIsPrintedAndSentAsTheJdksExceptions() throws Exception {
    run(() -> {
      TaskGroup<Void> group = new TaskGroup<>();
      group.go(failing(new IOException("error")));
      var e = assertThrows(ExecutionException.class, group::await);
      assertEquals(
          "java.util.concurrent.ExecutionException: java.io.IOException: error", e.toString());
      assertSame(ExecutionException.class, e.getClass()); // so it can be read without Heddle
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      new ObjectOutputStream(bytes).writeObject(e);
      var copy =
          (ExecutionException)
              new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
      assertEquals(e.toString(), copy.toString());
      assertEquals(List.of(), List.of(copy.getSuppressed()));
    });
  }
}

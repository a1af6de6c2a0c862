package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.otherwise;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** What goroutines return, and which form of {@code go} a lambda expression gets. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
final class GoroutineValueTest {
  private static String name() {
    return "value";
  }

  private static void nothing() {}

  @Nested
  final class Values {
    @Test
    void everyFormOfAwaitReturnsWhatTheTaskReturned() throws InterruptedException {
      run(() -> {
        Chan<String> gate = Chan.unbuffered();
        Goroutine<String> goroutine = go(() -> gate.receive() + "!");
        Goroutine<String> waits = go(() -> goroutine.await());
        TestSupport.awaitBlocked(waits, "Goroutine.await");
        gate.send("value");
        assertEquals("value!", waits.await());
        assertEquals("value!", goroutine.await());
        assertEquals("value!", goroutine.await(Context.background()));
        assertEquals("value!", goroutine.await(Duration.ZERO));
        assertEquals("value!", goroutine.result());
        assertEquals("value!", select(goroutine.onJoin()));
        assertEquals(6, select(goroutine.onJoin(String::length)));
      });
    }

    @Test
    void namesAndContextsGoWithValues() throws InterruptedException {
      run(() -> {
        assertEquals("worker", go("worker", () -> Goroutine.current().name()).await());
        try (CancelContext context = Context.background().withCancel()) {
          assertEquals(1, go(context, () -> 1).await());
          Goroutine<Integer> named = go(context, "named", () -> 2);
          assertEquals("named", named.name());
          assertEquals(2, named.await());
        }
      });
    }

    @Test
    void aTaskAndACallableThatReturnsNullHaveTheValueNull() throws InterruptedException {
      run(() -> {
        Goroutine<@Nullable Void> task = go(GoroutineValueTest::nothing);
        assertNull(task.await());
        assertNull(task.result());
        assertNull(select(task.onJoin()));
        Goroutine<@Nullable String> callable = go(() -> (String) null);
        assertNull(callable.await());
        assertNull(callable.result());
      });
    }

    /** An object that is both is what the caller's type says. */
    @Test
    void anObjectThatIsBothIsRunAsWhatItIsPassedAs() throws InterruptedException {
      final class Both implements Task, Callable<String> {
        @Override
        public void run() {}

        @Override
        public String call() {
          return "called";
        }
      }

      run(() -> {
        assertNull(go((Task) new Both()).await());
        assertEquals("called", go((Callable<String>) new Both()).await());
      });
    }

    @Test
    void aThrowableThatIsReturnedIsAValue() throws InterruptedException {
      run(() -> {
        IOException value = new IOException();
        Goroutine<IOException> goroutine = go(() -> value);
        assertSame(value, goroutine.await());
        assertNull(goroutine.failure());
      });
    }

    @Test
    void thereIsNoResultBeforeTheEnd() throws InterruptedException {
      run(() -> {
        Chan<String> gate = Chan.unbuffered();
        Goroutine<String> goroutine = go("waits", () -> gate.receive());
        var e = assertThrows(IllegalStateException.class, goroutine::result);
        assertEquals("result of waits, which has not ended", e.getMessage());
        assertEquals("running", select(goroutine.onJoin(), otherwise(() -> "running")));
        assertThrows(TimeoutException.class, () -> goroutine.await(Duration.ZERO));
        try (CancelContext context = Context.background().withCancel()) {
          context.cancel();
          assertThrows(CancelledException.class, () -> goroutine.await(context));
        }
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, goroutine::await);
        gate.send("value");
        assertEquals("value", goroutine.await());
      });
    }

    @Test
    void everyFormThrowsWhatEndedAGoroutineWithoutAValue() throws InterruptedException {
      run(() -> {
        Chan<String> never = Chan.unbuffered();
        Goroutine<String> goroutine = go("cancelled", () -> never.receive());
        goroutine.cancel();
        goroutine.join();
        Throwable failure = goroutine.failure();
        assertInstanceOf(InterruptedException.class, failure);
        List<CompletionException> thrown = new ArrayList<>();
        thrown.add(assertThrows(CompletionException.class, goroutine::await));
        thrown.add(
            assertThrows(CompletionException.class, () -> goroutine.await(Context.background())));
        thrown.add(
            assertThrows(CompletionException.class, () -> goroutine.await(Duration.ofDays(1))));
        thrown.add(assertThrows(CompletionException.class, () -> select(goroutine.onJoin())));
        thrown.add(
            assertThrows(
                CompletionException.class, () -> select(goroutine.onJoin(value -> "called"))));
        for (CompletionException e : thrown) {
          assertSame(failure, e.getCause());
          assertEquals(failure.toString(), e.getMessage());
        }
        var e = assertThrows(IllegalStateException.class, goroutine::result);
        assertSame(failure, e.getCause());
        assertEquals("result of cancelled, which failed: " + failure, e.getMessage());
      });
    }

    @Test
    void aFailureThatFailsToSayWhatItIsHoldsNobodyUp() throws Exception {
      InterruptedException silent =
          new InterruptedException() {
            @Override
            public String getMessage() {
              throw new UnsupportedOperationException("no text");
            }
          };
      run(() -> {
        try (CancelContext context = Context.background().withCancel()) {
          context.cancel();
          Goroutine<String> goroutine =
              go(
                  context,
                  () -> {
                    throw silent;
                  });
          goroutine.join();
          assertSame(silent, assertThrows(CompletionException.class, goroutine::await).getCause());
          assertSame(
              silent, assertThrows(IllegalStateException.class, goroutine::result).getCause());
        }
      });
    }

    @Test
    void aFailureEndsTheProgramBeforeAnybodyHasAValue() {
      IOException failure = new IOException();
      AtomicInteger reached = new AtomicInteger();
      var panic =
          assertThrows(
              PanicException.class,
              () ->
                  run(() -> {
                    Goroutine<String> goroutine =
                        go(() -> {
                          throw failure;
                        });
                    goroutine.await();
                    reached.incrementAndGet();
                  }));
      assertSame(failure, panic.getCause());
      assertEquals(0, reached.get());
    }

    @Test
    void nullIsRefused() throws InterruptedException {
      run(() -> {
        var e = assertThrows(NullPointerException.class, () -> go((Callable<?>) null));
        assertEquals("go of a null task", e.getMessage());
        assertThrows(NullPointerException.class, () -> go("name", (Callable<?>) null));
        assertThrows(NullPointerException.class, () -> go((Context) null, () -> 1));
        assertThrows(NullPointerException.class, () -> go((String) null, () -> 1));
        assertThrows(NullPointerException.class, () -> go(() -> 1).onJoin(null));
      });
    }
  }

  /** That these compile is what they prove. */
  @Nested
  final class Shapes {
    private final Chan<Integer> values = Chan.buffered(100);
    private final List<Integer> list = new ArrayList<>();

    private int twice(int n) {
      return 2 * n;
    }

    @Test
    void lambdaExpressionsAreTakenForWhatTheyReturn() throws InterruptedException {
      run(() -> {
        // Expressions: a call that returns nothing is a task, every other one a callable.
        Goroutine<@Nullable Void> nothing = go(() -> nothing());
        Goroutine<@Nullable Void> sends = go(() -> values.send(1));
        Goroutine<String> call = go(() -> name());
        Goroutine<Boolean> adds = go(() -> list.add(1));
        int[] plain = {0};
        Goroutine<Integer> assigns = go(() -> plain[0] = 3);
        Goroutine<Integer> counts = go(() -> plain[0]++);
        Goroutine<Integer> nested = go(() -> go(() -> twice(2)).await());

        // Blocks.
        Goroutine<@Nullable Void> empty = go(() -> {});
        Goroutine<@Nullable Void> statement =
            go(() -> {
              values.send(1);
            });
        Goroutine<@Nullable Void> returns =
            go(() -> {
              if (values.len() > 100) {
                return;
              }
              values.send(1);
            });
        Goroutine<Integer> returnsValue =
            go(() -> {
              values.send(1);
              return 5;
            });

        // References to methods that are not overloaded.
        Goroutine<@Nullable Void> nothingByName = go(GoroutineValueTest::nothing);
        Goroutine<String> byName = go(GoroutineValueTest::name);
        Goroutine<Integer> ofObject = go(list::size);
        Goroutine<Object> ofConstructor = go(Object::new);

        for (Goroutine<?> one :
            List.of(nothing, sends, call, adds, counts, nested, empty, statement, returns)) {
          one.await();
        }
        nothingByName.await();
        assigns.await();
        assertEquals(5, returnsValue.await());
        assertEquals("value", byName.await());
        assertTrue(ofObject.await() >= 0);
        assertEquals(Object.class, ofConstructor.await().getClass());
      });
    }

    /** These can be both, and are callables that never return. */
    @Test
    void loopsWithoutEndAndBodiesThatOnlyThrowNeedNoCast() throws InterruptedException {
      run(() -> {
        try (CancelContext context = Context.background().withCancel()) {
          go(
              context,
              () -> {
                while (true) {
                  values.receive();
                }
              });
          Goroutine<@Nullable Void> typed =
              go(
                  context,
                  () -> {
                    for (; ; ) {
                      values.receive();
                    }
                  });
          Goroutine<String> throwing =
              go(
                  context,
                  () -> {
                    context.done().receive();
                    throw new CancelledException("the end", null);
                  });
          go(
              context,
              () -> {
                context.done().receive();
                throw new CancelledException("the end", null);
              });
          context.cancel();
          typed.join();
          assertThrows(CompletionException.class, throwing::await);
        }
      });
    }

    @Test
    void aVariableWithAWiderTypeTakesTheValue() throws InterruptedException {
      run(() -> {
        Goroutine<Number> number = go(() -> 1);
        assertEquals(1, number.await());
        Callable<Integer> callable = () -> 2;
        Goroutine<Number> wider = go(callable);
        assertEquals(2, wider.await());
        List<Goroutine<? extends Number>> all = List.of(number, go(() -> 1.5));
        assertEquals(2, all.size());
      });
    }

    @Test
    void theHandleSaysWhereTheCallableWasStarted() throws InterruptedException {
      run(() -> {
        for (Goroutine<?> one :
            List.of(
                go(() -> 1),
                go("named", () -> 1),
                go(Context.background().withValue(Context.key("k"), "v"), () -> 1),
                go(GoroutineValueTest::name),
                go((Callable<Integer>) new CallableObject()))) {
          String creator = one.createdBy();
          assertTrue(creator.contains("GoroutineValueTest"), creator);
          assertTrue(creator.endsWith(" in goroutine 1"), creator);
          one.join();
        }
      });
    }

    private static final class CallableObject implements Callable<Integer> {
      @Override
      public Integer call() {
        return 1;
      }
    }
  }

  /** There is no frame of a wrapper between a goroutine and what it calls. */
  @Test
  void theStackBelowACallableIsThatBelowATask() throws InterruptedException {
    run(() -> {
      int[] task = new int[1];
      go(
              () -> {
                task[0] = Thread.currentThread().getStackTrace().length;
              })
          .join();
      assertEquals(
          task[0], go(() -> Thread.currentThread().getStackTrace().length).await().intValue());
    });
  }
}

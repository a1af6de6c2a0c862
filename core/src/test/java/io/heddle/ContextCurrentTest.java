package io.heddle;

import static io.heddle.Go.afterFunc;
import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Race.race;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.flow.Pipeline;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
final class ContextCurrentTest {
  private static final Context.Key<String> KEY = Context.key("key");

  /** What a goroutine under a context, with a value, sees as its own. */
  private static <T> T under(Context context, Callable<T> question) throws InterruptedException {
    Chan<T> answers = Chan.buffered(1);
    go(context, () -> answers.send(question.call())).join();
    T answer = answers.tryReceive();
    if (answer == null) {
      throw new AssertionError("no answer");
    }
    return answer;
  }

  @Test
  void aGoroutineRunsUnderTheContextItWasStartedUnder() throws InterruptedException {
    run(() -> {
      try (CancelContext context = Context.background().withCancel()) {
        assertSame(context, under(context, Context::current));
        Context wrapped = context.withValue(KEY, "value").withoutInterrupts();
        assertSame(wrapped, under(wrapped, Context::current));
        assertSame(Context.todo(), under(Context.todo(), Context::current));
        WaitGroup group = new WaitGroup();
        AtomicReference<@Nullable Context> seen = new AtomicReference<>();
        group.go(context, () -> seen.set(Context.current()));
        group.await();
        assertSame(context, seen.get());
      }
    });
  }

  @Test
  void aGoroutineWithoutAContextRunsUnderTheBackground() throws InterruptedException {
    run(() -> {
      assertSame(Context.background(), Context.current());
      try (CancelContext context = Context.background().withCancel()) {
        assertSame(
            Context.background(),
            under(context, () -> under(Context.background(), Context::current)));
        AtomicReference<@Nullable Context> seen = new AtomicReference<>();
        go(context, () -> go(() -> seen.set(Context.current())).join()).join();
        assertSame(Context.background(), seen.get());
        go(context, () -> run(() -> seen.set(Context.current()))).join();
        assertSame(Context.background(), seen.get(), "a program of its own");
      }
    });
  }

  @Test
  void aThreadThatIsNoGoroutineSeesTheBackground() throws InterruptedException {
    run(() -> {
      try (CancelContext context = Context.background().withCancel()) {
        AtomicReference<@Nullable Context> seen = new AtomicReference<>();
        go(
                context,
                () -> {
                  for (Thread.Builder kind :
                      new Thread.Builder[] {Thread.ofPlatform(), Thread.ofVirtual()}) {
                    seen.set(null);
                    kind.start(() -> seen.set(Context.current())).join();
                    assertSame(Context.background(), seen.get());
                  }
                })
            .join();
      }
    });
  }

  @Test
  void aTaskAfterTheEndOfAContextHasItsValuesWithoutItsEnd() throws InterruptedException {
    run(() -> {
      CancelContext parent = Context.background().withTimeout(Duration.ofHours(1));
      Chan<Context> seen = Chan.unbuffered();
      parent.withValue(KEY, "value").afterFunc(() -> seen.send(Context.current()));
      parent.cancel();
      Context context = seen.receive();
      assertEquals("value", context.value(KEY));
      assertFalse(context.isDone());
      assertNull(context.deadline());
    });
  }

  @Test
  void aTaskAfterSomeTimeRunsUnderTheBackground() throws InterruptedException {
    run(() -> {
      Chan<Context> seen = Chan.unbuffered();
      try (CancelContext context = Context.background().withCancel()) {
        go(context, () -> afterFunc(Duration.ZERO, () -> seen.send(Context.current()))).join();
        assertSame(Context.background(), seen.receive());
      }
    });
  }

  @Test
  void tasksOfARaceRunInItsScopeBelowTheCallersContext() throws InterruptedException {
    run(() -> {
      Context caller = Context.background().withValue(KEY, "value");
      AtomicReference<@Nullable Context> scope = new AtomicReference<>();
      Callable<@Nullable String> task =
          () -> {
            scope.set(Context.current());
            assertFalse(Context.current().isDone());
            return Context.current().value(KEY);
          };
      assertEquals("value", under(caller, () -> race(task)));
      assertTrue(scope.get().isDone(), "the race is over");
      assertEquals("value", under(caller, () -> race(Duration.ofHours(1), task)));
      assertTrue(scope.get().deadline() != null);
      assertEquals(
          "none", under(caller, () -> Objects.toString(race(Context.background(), task), "none")));
    });
  }

  @Test
  void aRaceEndsWithTheContextThatItsCallerRunsUnder() throws InterruptedException {
    run(() -> {
      CancelContext context = Context.background().withCancel();
      AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
      Chan<Void> started = Chan.unbuffered();
      // Without an interrupt, so that only the context can end it.
      Goroutine<?> caller =
          go(
              context.withoutInterrupts(),
              () ->
                  thrown.set(
                      assertThrows(
                          ContextException.class,
                          () ->
                              race(() -> {
                                started.close();
                                return Chan.<String>unbuffered().receive();
                              }))));
      started.receive();
      context.cancel();
      caller.join();
      assertInstanceOf(CancelledException.class, thrown.get());
    });
  }

  @Test
  void aFlightHasTheValuesOfTheContextOfItsFirstCallerWithoutItsEnd() throws InterruptedException {
    run(() -> {
      SingleFlight<String, Context> flights = new SingleFlight<>();
      CancelContext caller = Context.background().withTimeout(Duration.ofHours(1));
      Context own =
          under(caller.withValue(KEY, "own"), () -> flights.run("key", Context::current).value());
      assertEquals("own", own.value(KEY));
      assertNull(own.deadline());
      Context given =
          under(
              caller.withValue(KEY, "own"),
              () -> flights.run("key", Context::current, caller.withValue(KEY, "given")).value());
      assertEquals("given", given.value(KEY));

      Chan<Void> started = Chan.unbuffered();
      Chan<Void> goOn = Chan.unbuffered();
      AtomicReference<@Nullable Boolean> cancelled = new AtomicReference<>();
      Goroutine<?> first =
          go(
              caller,
              () -> {
                flights.run(
                    "key",
                    () -> {
                      started.close();
                      goOn.receive();
                      cancelled.set(Context.current().isDone());
                      return Context.current();
                    });
              });
      started.receive();
      try (SingleFlight.Call<Context> second = flights.call("key", Context::current)) {
        caller.cancel();
        first.join();
        goOn.close();
        second.await();
      }
      assertEquals(false, cancelled.get(), "the end of the first caller's context is its own");
    });
  }

  @Test
  void everyGoroutineOfAPipelineRunsInItsScope() throws InterruptedException {
    run(() ->
        Pipeline.call(
            Context.background().withValue(KEY, "value"),
            pipeline -> {
              assertSame(pipeline.context(), Context.current());
              Receiver<Integer> numbers =
                  pipeline.generate(out -> {
                    assertSame(pipeline.context(), Context.current());
                    out.send(1);
                  });
              Receiver<Integer> mapped =
                  pipeline.map(
                      numbers,
                      2,
                      number -> {
                        assertSame(pipeline.context(), Context.current());
                        return number + 1;
                      });
              assertEquals(2, mapped.receive());
              assertEquals("value", Context.current().value(KEY));
              return null;
            }));
  }
}

package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.SyncTestSupport.Call;
import io.heddle.SyncTestSupport.Caller;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class OnceTest {
  private static Mutex mutexOf(Once once) {
    return (Mutex) SyncTestSupport.valueOf("mutex", once);
  }

  @Nested
  class AnAction {
    private final Once once = new Once();

    @ParameterizedTest
    @EnumSource
    void runsOnceAndAllSeeItsEffect(Caller caller) throws Exception {
      int[] plain = {0};
      List<Call> calls = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        calls.add(
            caller.start(() -> {
              once.run(() -> plain[0]++);
              assertEquals(1, plain[0]);
            }));
      }
      for (Call call : calls) {
        call.join();
      }
      assertEquals(1, plain[0]);
      SyncTestSupport.assertClean(mutexOf(once));
    }

    @Test
    void othersWaitUntilItIsOver() throws Exception {
      Go.run(() -> {
        Chan<Boolean> begun = Chan.unbuffered();
        Chan<Boolean> end = Chan.unbuffered();
        Goroutine<?> first = Go.go(() -> once.run(() -> handShake(begun, end)));
        begun.receive();
        Goroutine<?> second = Go.go(() -> once.run(() -> handShake(begun, end)));
        SyncTestSupport.awaitQueued(mutexOf(once), 1);
        assertFalse(once.isDone());
        end.close();
        first.join();
        second.join();
        assertTrue(once.isDone());
      });
    }

    private void handShake(Chan<Boolean> begun, Chan<Boolean> end) {
      try {
        begun.send(true);
        end.receive();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    @Test
    void onlyTheFirstOfSeveralActionsRuns() throws Exception {
      List<String> lines = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        int attempt = i;
        once.run(() -> lines.add("Only once, by " + attempt));
      }
      assertEquals(List.of("Only once, by 0"), lines);
    }

    @Test
    void thatFailsCountsAsRunAndEveryCallThrows() throws Exception {
      IOException failure = new IOException("x");
      for (int i = 0; i < 3; i++) {
        var e =
            assertThrows(
                ExecutionException.class,
                () ->
                    once.run(() -> {
                      assertFalse(once.isDone(), "runs again");
                      throw failure;
                    }));
        assertSame(failure, e.getCause());
        assertEquals("java.io.IOException: x", e.getMessage());
        assertTrue(once.isDone());
      }
      SyncTestSupport.assertClean(mutexOf(once));
    }

    @Test
    void thatFailsWhileAnotherWaitsFailsForThatOneToo() throws Exception {
      Go.run(() -> {
        Chan<Boolean> begun = Chan.unbuffered();
        Goroutine<?> first =
            Go.go(() -> {
              var e =
                  assertThrows(
                      ExecutionException.class,
                      () ->
                          once.run(() -> {
                            begun.send(true);
                            SyncTestSupport.awaitQueued(mutexOf(once), 1);
                            throw new IOException("x");
                          }));
              assertInstanceOf(IOException.class, e.getCause());
            });
        begun.receive();
        var e = assertThrows(ExecutionException.class, () -> once.run(() -> {}));
        assertInstanceOf(IOException.class, e.getCause());
        first.join();
      });
    }

    @Test
    void whoseCallerIsInterruptedThrowsThatToItAndFailsForOthers() throws Exception {
      var own =
          assertThrows(
              InterruptedException.class,
              () ->
                  once.run(() -> {
                    Thread.currentThread().interrupt();
                    Chan.never().receive();
                  }));
      var e = assertThrows(ExecutionException.class, () -> once.run(() -> {}));
      assertSame(own, e.getCause());
    }

    @Test
    void whoseCallersContextIsDoneThrowsThatToItAndFailsForOthers() throws Exception {
      CancelContext context = Context.background().withCancel();
      var own =
          assertThrows(
              CancelledException.class,
              () ->
                  once.run(() -> {
                    context.cancel();
                    Chan.never().receive(context);
                  }));
      var e = assertThrows(ExecutionException.class, () -> once.run(() -> {}));
      assertSame(own, e.getCause());
    }

    @Test
    void ofAValueMayNotAskForIt() {
      List<OnceValue<Integer>> itself = new ArrayList<>();
      OnceValue<Integer> value = OnceValue.of(() -> itself.getFirst().get());
      itself.add(value);
      var thrown = assertThrows(ExecutionException.class, value::get);
      assertInstanceOf(IllegalStateException.class, thrown.getCause());
      assertEquals("get of an OnceValue by its own computation", thrown.getCause().getMessage());
    }

    @Test
    void mayNotRunItselfAndTheOnceIsNotStuckAfterwards() throws Exception {
      var thrown = assertThrows(ExecutionException.class, () -> once.run(() -> once.run(() -> {})));
      assertInstanceOf(IllegalStateException.class, thrown.getCause());
      assertEquals("run of a Once by its own action", thrown.getCause().getMessage());
      assertThrows(ExecutionException.class, () -> once.run(() -> {}));
      SyncTestSupport.assertClean(mutexOf(once));
    }

    @Test
    void isNotBegunByAnInterruptedGoroutineButByTheNext() throws Exception {
      int[] ran = {0};
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, () -> once.run(() -> ran[0]++));
      assertFalse(once.isDone());
      once.run(() -> ran[0]++);
      assertEquals(1, ran[0]);
    }

    @Test
    void isNotWaitedForByOneThatIsInterruptedOrWhoseContextIsDone() throws Exception {
      Go.run(() -> {
        CancelContext context = Context.background().withCancel();
        Chan<Boolean> begun = Chan.unbuffered();
        Chan<Boolean> end = Chan.unbuffered();
        Goroutine<?> first = Go.go(() -> once.run(() -> handShake(begun, end)));
        begun.receive();
        Goroutine<?> under = Go.go(context, () -> once.run(() -> {}));
        Call interrupted = Caller.PLATFORM_THREAD.start(() -> once.run(() -> {}));
        SyncTestSupport.awaitQueued(mutexOf(once), 2);
        interrupted.interrupt();
        assertInstanceOf(InterruptedException.class, interrupted.failure());
        context.cancel();
        under.join();
        assertInstanceOf(InterruptedException.class, under.failure());
        end.close();
        first.join();
        SyncTestSupport.assertClean(mutexOf(once));
      });
    }
  }

  @Nested
  class AValue {
    private final AtomicInteger calls = new AtomicInteger();

    @ParameterizedTest
    @EnumSource
    void isComputedOnceAndAllGetIt(Caller caller) throws Exception {
      OnceValue<Integer> sum =
          OnceValue.of(() -> {
            calls.incrementAndGet();
            return IntStream.range(0, 1000).sum();
          });
      assertEquals(0, calls.get(), "nobody has asked yet");
      List<Call> all = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        all.add(caller.start(() -> assertEquals(499_500, sum.get())));
      }
      for (Call call : all) {
        call.join();
      }
      assertEquals(1, calls.get());
    }

    @Test
    void ofTwoPartsIsARecord() throws Exception {
      record Both(int first, int second) {}

      OnceValue<Both> both =
          OnceValue.of(() -> {
            calls.incrementAndGet();
            return new Both(1, 2);
          });
      assertEquals(new Both(1, 2), both.get());
      assertSame(both.get(), both.get());
      assertEquals(1, calls.get());
    }

    @Test
    void mayBeNull() throws Exception {
      OnceValue<String> none =
          OnceValue.of(() -> {
            calls.incrementAndGet();
            return null;
          });
      assertNull(none.get());
      assertNull(none.get());
      assertEquals(1, calls.get());
    }

    @Test
    void whoseComputationFailsShowsWhereItFailedAndWhereEachCallerIs() {
      OnceValue<String> broken =
          OnceValue.of(() -> {
            calls.incrementAndGet();
            return origin();
          });
      var first = assertThrows(ExecutionException.class, () -> firstCaller(broken));
      var second = assertThrows(ExecutionException.class, () -> laterCaller(broken));
      assertTrue(hasFrame(first, "firstCaller"));
      assertTrue(hasFrame(second, "laterCaller"));
      assertSame(first.getCause(), second.getCause());
      assertInstanceOf(IOException.class, second.getCause());
      assertTrue(hasFrame(second.getCause(), "origin"));
      assertEquals(1, calls.get());
    }

    private static String firstCaller(OnceValue<String> value) throws Exception {
      return value.get();
    }

    private static String laterCaller(OnceValue<String> value) throws Exception {
      return value.get(Context.background());
    }

    private static String origin() throws IOException {
      throw new IOException("x");
    }

    private static boolean hasFrame(Throwable thrown, String method) {
      return Arrays.stream(thrown.getStackTrace()).anyMatch(f -> f.getMethodName().equals(method));
    }

    @Test
    void whoseComputationFailsWithAnErrorHasThatAsItsCause() {
      OnceValue<String> broken =
          OnceValue.of(() -> {
            throw new StackOverflowError("x");
          });
      for (int i = 0; i < 2; i++) {
        var e = assertThrows(ExecutionException.class, broken::get);
        assertInstanceOf(StackOverflowError.class, e.getCause());
      }
    }

    @Test
    void isComputedByTheNextIfTheFirstWasInterruptedBefore() throws Exception {
      OnceValue<Integer> value = OnceValue.of(calls::incrementAndGet);
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, value::get);
      assertEquals(1, value.get());
      assertEquals(1, value.get());
    }

    @Test
    void thatIsThereIsGivenToTheInterruptedToo() throws Exception {
      OnceValue<Integer> value = OnceValue.of(calls::incrementAndGet);
      value.get();
      Thread.currentThread().interrupt();
      assertEquals(1, value.get());
      assertTrue(Thread.interrupted(), "the interrupt is still to be dealt with");
    }

    @Test
    void thatAsksForItselfIsRefused() {
      List<OnceValue<Integer>> self = new ArrayList<>();
      self.add(OnceValue.of(() -> self.getFirst().get()));
      var e = assertThrows(ExecutionException.class, () -> self.getFirst().get());
      assertInstanceOf(IllegalStateException.class, e.getCause());
      assertThrows(NullPointerException.class, () -> OnceValue.of(null));
    }
  }
}

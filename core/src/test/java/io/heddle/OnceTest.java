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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
    void thatThrowsCountsAsRun() throws Exception {
      assertThrows(
          IllegalArgumentException.class,
          () ->
              once.run(() -> {
                throw new IllegalArgumentException();
              }));
      assertTrue(once.isDone());
      once.run(() -> assertTrue(false, "never called"));
      SyncTestSupport.assertClean(mutexOf(once));
    }

    @Test
    void mayNotRunItselfAndTheOnceIsNotStuckAfterwards() throws Exception {
      var thrown =
          assertThrows(
              IllegalStateException.class,
              () ->
                  once.run(() -> {
                    try {
                      once.run(() -> {});
                    } catch (InterruptedException e) {
                      throw new AssertionError(e);
                    }
                  }));
      assertEquals("run of a Once by its own action", thrown.getMessage());
      once.run(() -> {});
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
    void whoseComputationThrowsThrowsTheSameToEverybodyWithItsOrigin() {
      OnceValue<String> broken =
          OnceValue.of(() -> {
            calls.incrementAndGet();
            return origin();
          });
      var first = assertThrows(IllegalArgumentException.class, broken::get);
      var second = assertThrows(IllegalArgumentException.class, broken::get);
      assertSame(first, second);
      assertEquals("x", first.getMessage());
      assertEquals(1, calls.get());
      assertTrue(
          Arrays.stream(first.getStackTrace()).anyMatch(f -> f.getMethodName().equals("origin")));
    }

    private static String origin() {
      throw new IllegalArgumentException("x");
    }

    @Test
    void whoseComputationFailsWithAnErrorThrowsThat() {
      OnceValue<String> broken =
          OnceValue.of(() -> {
            throw new StackOverflowError("x");
          });
      assertThrows(StackOverflowError.class, broken::get);
      assertThrows(StackOverflowError.class, broken::get);
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
      self.add(
          OnceValue.of(() -> {
            try {
              return self.getFirst().get();
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
          }));
      assertThrows(IllegalStateException.class, () -> self.getFirst().get());
      assertThrows(NullPointerException.class, () -> OnceValue.of(null));
    }
  }
}

package io.heddle;

import static io.heddle.SyncTestSupport.assertClean;
import static io.heddle.SyncTestSupport.awaitQueued;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.SyncTestSupport.Call;
import io.heddle.SyncTestSupport.Caller;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class SemaphoreTest {
  @Nested
  class Acquires {
    @ParameterizedTest
    @EnumSource
    void neverMorePermitsAreOutThanThereAre(Caller caller) throws Exception {
      int size = 10;
      Semaphore semaphore = new Semaphore(size);
      AtomicLong out = new AtomicLong();
      List<Call> calls = new ArrayList<>();
      for (int i = 1; i <= size; i++) {
        int weight = i;
        calls.add(
            caller.start(() -> {
              for (int n = 0; n < 300; n++) {
                semaphore.acquire(weight);
                long now = out.addAndGet(weight);
                assertTrue(now <= size, () -> now + " permits are out");
                if (n % 16 == 0) {
                  Go.gosched();
                }
                out.addAndGet(-weight);
                semaphore.release(weight);
              }
            }));
      }
      for (Call call : calls) {
        call.join();
      }
      assertClean(semaphore);
    }

    @Test
    void onePermitIsAMutex() throws Exception {
      Semaphore semaphore = new Semaphore(1);
      int[] counter = {0};
      Go.run(() -> {
        WaitGroup group = new WaitGroup();
        for (int i = 0; i < 10; i++) {
          group.go(() -> {
            for (int n = 0; n < 1000; n++) {
              semaphore.acquire();
              counter[0]++;
              semaphore.release();
            }
          });
        }
        group.await();
      });
      assertEquals(10_000, counter[0]);
      assertClean(semaphore);
    }

    @Test
    void tryAcquireTakesWhatIsLeftAndNoMore() {
      Semaphore semaphore = new Semaphore(2);
      assertTrue(semaphore.tryAcquire());
      assertFalse(semaphore.tryAcquire(2));
      assertTrue(semaphore.tryAcquire());
      assertFalse(semaphore.tryAcquire());
      semaphore.release(2);
      assertTrue(semaphore.tryAcquire(2));
      assertTrue(semaphore.tryAcquire(0), "nothing is always to be had");
      assertEquals("Semaphore[0/2]", semaphore.toString());
      semaphore.release(2);
      assertClean(semaphore);
    }

    @Test
    void acquireWithATimeoutTakesWhatIsLeftAndNoMore() throws Exception {
      VirtualClock.run(clock -> {
        Semaphore semaphore = new Semaphore(2);
        Duration brief = Duration.ofSeconds(1);
        long start = Go.nanoTime();
        semaphore.acquire(1, brief);
        assertThrows(TimeoutException.class, () -> semaphore.acquire(2, brief));
        semaphore.acquire(1, brief);
        assertThrows(TimeoutException.class, () -> semaphore.acquire(1, brief));
        assertEquals(2 * brief.toNanos(), Go.nanoTime() - start);
        semaphore.release(2);
        assertClean(semaphore);
      });
    }

    @Test
    void aWorkerPoolComputesCollatzSteps() throws Exception {
      int[] steps = new int[32];
      Go.run(() -> {
        Semaphore workers = new Semaphore(2);
        for (int i = 0; i < steps.length; i++) {
          int index = i;
          workers.acquire(1);
          Go.go(() -> {
            steps[index] = collatz(index + 1);
            workers.release(1);
          });
        }
        workers.acquire(2); // so all have finished
      });
      int[] known = {
        0, 1, 7, 2, 5, 8, 16, 3, 19, 6, 14, 9, 9, 17, 17, 4, 12, 20, 20, 7, 7, 15, 15, 10, 23, 10,
        111, 18, 18, 18, 106, 5
      };
      assertArrayEquals(known, steps);
    }

    private static int collatz(long n) {
      int steps = 0;
      for (long value = n; value != 1; steps++) {
        value = value % 2 == 0 ? value / 2 : 3 * value + 1;
      }
      return steps;
    }
  }

  @Nested
  class IsFair {
    @ParameterizedTest
    @EnumSource
    void waitersAreServedInTheOrderInWhichTheyCame(Caller caller) throws Exception {
      Semaphore semaphore = new Semaphore(3);
      assertTrue(semaphore.tryAcquire(3));
      Call big = caller.start(() -> semaphore.acquire(3));
      awaitQueued(semaphore, 1);
      Call small = caller.start(() -> semaphore.acquire(1));
      awaitQueued(semaphore, 2);
      semaphore.release(2);
      assertEquals(2, semaphore.waiting(), "the small one does not overtake");
      assertFalse(semaphore.tryAcquire(1), "nor does one that only tries");
      semaphore.release(1);
      big.join();
      assertEquals(1, semaphore.waiting());
      semaphore.release(3);
      small.join();
      semaphore.release(1);
      assertClean(semaphore);
    }

    @Test
    void aLargeAcquireIsServedThoughSmallOnesKeepComing() throws Exception {
      Semaphore semaphore = new Semaphore(8);
      Go.run(() -> {
        AtomicBoolean stop = new AtomicBoolean();
        WaitGroup small = new WaitGroup();
        for (int i = 0; i < 8; i++) {
          semaphore.acquire();
          small.go(() -> {
            while (!stop.get()) {
              semaphore.release();
              Go.gosched();
              semaphore.acquire();
            }
            semaphore.release();
          });
        }
        semaphore.acquire(8);
        stop.set(true);
        semaphore.release(8);
        small.await();
      });
      assertClean(semaphore);
    }

    @Test
    void oneThatWantsMoreThanThereIsBlocksNobody() throws Exception {
      Semaphore semaphore = new Semaphore(2);
      Go.run(() -> {
        CancelContext context = Context.background().withCancel();
        Call tooBig = Caller.GOROUTINE.start(() -> semaphore.acquire(3, context));
        awaitQueued(semaphore, 1);
        assertFalse(semaphore.tryAcquire(3));
        assertTrue(semaphore.tryAcquire(2));
        semaphore.release(2);
        semaphore.acquire(1);
        semaphore.release(1);
        assertEquals(1, semaphore.waiting());
        context.cancel();
        assertInstanceOf(CancelledException.class, tooBig.failure());
      });
      assertClean(semaphore);
    }
  }

  @Nested
  class GivesUp {
    @Test
    void aDoneContextGoesBeforeFreePermits() throws Exception {
      Semaphore semaphore = new Semaphore(1);
      CancelContext context = Context.background().withCancel();
      context.cancel();
      assertThrows(CancelledException.class, () -> semaphore.acquire(1, context));
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, semaphore::acquire);
      assertClean(semaphore);
    }

    @ParameterizedTest
    @EnumSource
    void aBigRequestThatGivesUpLetsTheSmallOnesPass(Caller caller) throws Exception {
      Semaphore semaphore = new Semaphore(4);
      assertTrue(semaphore.tryAcquire(2));
      Call big = caller.start(() -> semaphore.acquire(3));
      awaitQueued(semaphore, 1);
      Call first = caller.start(() -> semaphore.acquire(1));
      awaitQueued(semaphore, 2);
      Call second = caller.start(() -> Select.select(semaphore.onAcquire(1)));
      awaitQueued(semaphore, 3);
      Call third = caller.start(() -> semaphore.acquire(1));
      awaitQueued(semaphore, 4);
      big.interrupt();
      assertInstanceOf(InterruptedException.class, big.failure());
      first.join();
      second.join();
      assertEquals(1, semaphore.waiting());
      semaphore.release(4);
      third.join();
      semaphore.release(1);
      assertClean(semaphore);
    }

    @Test
    void aSelectThatIsOverLetsTheOthersPass() throws Exception {
      Semaphore semaphore = new Semaphore(2);
      Go.run(() -> {
        Chan<String> quit = Chan.unbuffered();
        semaphore.acquire(1);
        Goroutine<?> select =
            Go.go(() ->
                assertEquals(
                    "quit", Select.select(semaphore.onAcquire(2, () -> "all"), quit.onReceive())));
        awaitQueued(semaphore, 1);
        Goroutine<?> small = Go.go(() -> semaphore.acquire());
        awaitQueued(semaphore, 2);
        quit.send("quit");
        select.join();
        small.join();
        semaphore.release(2);
        assertClean(semaphore);
      });
    }
  }

  @Nested
  class InASelectTwice {
    @Test
    void requestsOfOneSelectDoNotKeepEachOther() throws Exception {
      BubbleClock bubble = new BubbleClock();
      assertNull(
          bubble.run(() -> {
            for (int round = 0; round < 50; round++) { // in either order of their queueing
              Semaphore semaphore = new Semaphore(2);
              semaphore.acquire(2);
              Goroutine<?> select =
                  Go.go(() ->
                      assertEquals(
                          1,
                          Select.select(
                              semaphore.onAcquire(2, () -> 2), semaphore.onAcquire(1, () -> 1))));
              bubble.settle();
              Goroutine<?> behind = Go.go(() -> semaphore.acquire());
              bubble.settle();
              semaphore.release(1);
              select.join();
              assertEquals(1, semaphore.waiting());
              semaphore.release(1);
              behind.join();
              semaphore.release(2);
              assertClean(semaphore);
            }
          }));
    }

    @Test
    void bothAreAsProbableIfThereIsEnoughForBoth() throws Exception {
      int[] picks = new int[900];
      BubbleClock bubble = new BubbleClock();
      assertNull(
          bubble.run(() -> {
            Semaphore semaphore = new Semaphore(2);
            semaphore.acquire(2);
            for (int i = 0; i < picks.length; i++) {
              int round = i;
              Goroutine<?> select =
                  Go.go(() ->
                      picks[round] =
                          Select.select(
                              semaphore.onAcquire(2, () -> 1), semaphore.onAcquire(1, () -> 0)));
              bubble.settle();
              semaphore.release(2);
              select.join();
              semaphore.tryAcquire(); // fails if it took both
            }
          }));
      Fairness.assertFair(2, picks);
    }
  }

  @Nested
  class Resizes {
    @Test
    void morePermitsServeThoseWhoWait() throws Exception {
      Semaphore semaphore = new Semaphore(1);
      semaphore.acquire();
      Call first = Caller.GOROUTINE.start(() -> semaphore.acquire(1));
      awaitQueued(semaphore, 1);
      Call tooBig = Caller.GOROUTINE.start(() -> semaphore.acquire(3));
      awaitQueued(semaphore, 2);
      semaphore.resize(2);
      first.join();
      assertEquals(1, semaphore.waiting(), "that is still too few for the other");
      semaphore.resize(5);
      tooBig.join();
      assertEquals(0, semaphore.available());
      semaphore.release(5);
      assertClean(semaphore);
    }

    @Test
    void fewerPermitsLetNobodyInUntilEnoughAreBack() throws Exception {
      Semaphore semaphore = new Semaphore(4);
      semaphore.acquire(4);
      semaphore.resize(2);
      assertEquals(-2, semaphore.available());
      assertEquals("Semaphore[-2/2]", semaphore.toString());
      Call waiter = Caller.GOROUTINE.start(semaphore::acquire);
      awaitQueued(semaphore, 1);
      semaphore.release(2);
      assertEquals(1, semaphore.waiting());
      semaphore.release(1);
      waiter.join();
      semaphore.release(2);
      assertEquals(2, semaphore.size());
      assertClean(semaphore);
    }

    @Test
    void aWaiterThatHasBecomeTooBigStepsAside() throws Exception {
      Semaphore semaphore = new Semaphore(4);
      semaphore.acquire(4);
      Call big = Caller.GOROUTINE.start(() -> semaphore.acquire(3));
      awaitQueued(semaphore, 1);
      Call small = Caller.GOROUTINE.start(() -> semaphore.acquire(1));
      awaitQueued(semaphore, 2);
      semaphore.resize(2);
      semaphore.release(3);
      small.join();
      semaphore.resize(3);
      semaphore.release(2);
      big.join();
      semaphore.release(3);
      assertClean(semaphore);
    }

    @Test
    void aWaiterThatHadToStepAsideComesBackToItsPlace() throws Exception {
      BubbleClock bubble = new BubbleClock();
      assertNull(
          bubble.run(() -> {
            Semaphore semaphore = new Semaphore(3);
            semaphore.acquire(3);
            List<Integer> served = new ArrayList<>();
            int[] wanted = {1, 3, 2, 3, 1, 3}; // no two neighbours fit at once
            for (int i = 0; i < wanted.length; i++) {
              int number = i;
              Go.go(() -> {
                if (number % 2 == 0) {
                  semaphore.acquire(wanted[number]);
                } else {
                  Select.select(semaphore.onAcquire(wanted[number]));
                }
                served.add(number);
              });
              bubble.settle();
              if (i == 2) {
                semaphore.resize(1); // the second and the third step aside, and those who come
              }
            }
            for (int size : new int[] {2, 0, 1, 3}) {
              semaphore.resize(size);
            }
            int held = 3;
            for (int i = 0; i < wanted.length; i++) {
              semaphore.release(held);
              bubble.settle();
              assertEquals(IntStream.rangeClosed(0, i).boxed().toList(), served);
              held = wanted[i];
            }
            semaphore.release(held);
            assertClean(semaphore);
          }));
    }

    @Test
    void aResizeToNothingIsAPause() throws Exception {
      Semaphore semaphore = new Semaphore(1);
      semaphore.resize(0);
      Call waiter = Caller.GOROUTINE.start(semaphore::acquire);
      awaitQueued(semaphore, 1);
      assertFalse(semaphore.tryAcquire());
      semaphore.resize(1);
      waiter.join();
      semaphore.release();
      assertClean(semaphore);
    }
  }

  @Nested
  class Misuse {
    @Test
    void aReleaseOfMoreThanIsAcquiredIsRefused() throws Exception {
      Semaphore semaphore = new Semaphore(3);
      var thrown = assertThrows(IllegalStateException.class, semaphore::release);
      assertEquals("release of 1 permits of a Semaphore with 0 acquired", thrown.getMessage());
      semaphore.acquire(2);
      assertThrows(IllegalStateException.class, () -> semaphore.release(3));
      semaphore.release(2);
      assertClean(semaphore);
    }

    @Test
    void negativeNumbersAreRefused() {
      Semaphore semaphore = new Semaphore(1);
      assertThrows(IllegalArgumentException.class, () -> new Semaphore(-1));
      assertThrows(IllegalArgumentException.class, () -> semaphore.resize(-1));
      assertThrows(IllegalArgumentException.class, () -> semaphore.acquire(-1));
      assertThrows(IllegalArgumentException.class, () -> semaphore.tryAcquire(-1));
      Select tooFew = Select.of(semaphore.onAcquire(-1));
      assertThrows(IllegalArgumentException.class, tooFew::await);
      var thrown = assertThrows(IllegalArgumentException.class, () -> semaphore.release(-1));
      assertEquals("permits of a Semaphore: -1 is negative", thrown.getMessage());
      assertClean(semaphore);
    }

    @Test
    void nullsAreRefused() {
      Semaphore semaphore = new Semaphore(1);
      assertThrows(NullPointerException.class, () -> semaphore.acquire(1, (Context) null));
      assertThrows(NullPointerException.class, () -> semaphore.acquire(1, (Duration) null));
      assertThrows(NullPointerException.class, () -> semaphore.onAcquire(1, null));
      assertClean(semaphore);
    }
  }
}

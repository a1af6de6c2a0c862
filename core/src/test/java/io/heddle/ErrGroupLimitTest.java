package io.heddle;

import static io.heddle.ErrGroupTestSupport.NOTHING;
import static io.heddle.ErrGroupTestSupport.awaitOnlyThisGoroutine;
import static io.heddle.ErrGroupTestSupport.failing;
import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Groups of tasks of which only so many are active at a time. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ErrGroupLimitTest {
  private static final int ROUNDS = 200;

  @Nested
  final class Limit {
    @Test
    void isNeverExceeded() throws Exception {
      run(() -> {
        int limit = 10;
        ErrGroup group = new ErrGroup().limit(limit);
        AtomicInteger active = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger all = new AtomicInteger();
        for (int i = 0; i < 1025; i++) {
          group.go(() -> {
            int now = active.incrementAndGet();
            most.accumulateAndGet(now, Math::max);
            all.incrementAndGet();
            Go.gosched();
            active.decrementAndGet();
          });
        }
        group.await();
        assertTrue(most.get() <= limit, () -> most + " tasks were active");
        assertEquals(1025, all.get());
      });
    }

    @Test
    void isNeverExceededByThoseWhoGoAndTryToAtTheSameTime() throws Exception {
      run(() -> {
        int limit = 3;
        ErrGroup group = new ErrGroup().limit(limit);
        AtomicInteger active = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger ran = new AtomicInteger();
        Task task =
            () -> {
              most.accumulateAndGet(active.incrementAndGet(), Math::max);
              Go.gosched();
              ran.incrementAndGet();
              active.decrementAndGet();
            };
        AtomicInteger started = new AtomicInteger();
        WaitGroup starters = new WaitGroup();
        for (int i = 0; i < 4; i++) {
          boolean waits = i % 2 == 0;
          starters.go(() -> {
            for (int n = 0; n < ROUNDS; n++) {
              if (waits) {
                group.go(task);
                started.incrementAndGet();
              } else if (group.tryGo(task)) {
                started.incrementAndGet();
              }
            }
          });
        }
        starters.await();
        group.await();
        assertEquals(started.get(), ran.get());
        assertTrue(most.get() <= limit, () -> most + " tasks were active");
      });
    }

    @Test
    void tryGoStartsAsManyTasksAsMayBeActive() throws Exception {
      run(() -> {
        int limit = 42;
        ErrGroup group = new ErrGroup().limit(limit);
        Chan<Integer> gate = Chan.unbuffered();
        Task task = () -> gate.receive();
        for (int i = 0; i < limit; i++) {
          assertTrue(group.tryGo(task), "task " + i);
        }
        assertFalse(group.tryGo(task));
        gate.close();
        group.await();
        assertTrue(group.tryGo(task));
        group.await();

        group.limit(1);
        Chan<Integer> second = Chan.unbuffered();
        assertTrue(group.tryGo(() -> second.receive()));
        assertFalse(group.tryGo(NOTHING));
        second.close();
        group.await();

        group.limit(0);
        assertFalse(group.tryGo(() -> fail("started")));
        group.await();

        group.limit(-1);
        for (int i = 0; i < 100; i++) {
          assertTrue(group.tryGo(NOTHING));
        }
        group.await();
      });
    }

    @Test
    void ofThoseWhoTryAtTheSameTimeExactlyAsManySucceedAsThereArePlaces() throws Exception {
      run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          int limit = 1 + round % 3;
          ErrGroup group = new ErrGroup().limit(limit);
          Chan<Integer> gate = Chan.unbuffered();
          CountDownLatch start = new CountDownLatch(1);
          AtomicInteger started = new AtomicInteger();
          WaitGroup tries = new WaitGroup();
          for (int i = 0; i < 6; i++) {
            tries.go(() -> {
              start.await();
              if (group.tryGo(() -> gate.receive())) {
                started.incrementAndGet();
              }
            });
          }
          start.countDown();
          tries.await();
          assertEquals(limit, started.get());
          gate.close();
          group.await();
          assertTrue(group.tryGo(NOTHING), "all places are free when await returns");
          group.await();
        }
      });
    }

    @Test
    void aPlaceIsFreeOnceTheTasksGoroutineHasEnded() throws Exception {
      run(() -> {
        ErrGroup group = new ErrGroup().limit(1);
        for (int round = 0; round < ROUNDS; round++) {
          group.go(round % 2 == 0 ? NOTHING : failing(new IOException())).join();
          assertTrue(group.tryGo(NOTHING));
          assertThrowsOrReturns(group);
        }
      });
    }

    private static void assertThrowsOrReturns(ErrGroup group) throws InterruptedException {
      try {
        group.await();
      } catch (ExecutionException e) {
        assertInstanceOf(IOException.class, e.getCause());
      }
    }

    @Test
    void cannotChangeWhileTasksAreActive() throws Exception {
      run(() -> {
        for (int limit : new int[] {-1, 2}) {
          ErrGroup group = new ErrGroup().limit(limit);
          Chan<Integer> gate = Chan.unbuffered();
          group.go(() -> gate.receive());
          assertThrows(IllegalStateException.class, () -> group.limit(3));
          gate.close();
          group.await();
          group.limit(3);
        }
      });
    }

    @Test
    void cannotChangeWhileSomebodyWaitsForAPlace() throws Exception {
      run(() -> {
        ErrGroup group = new ErrGroup().limit(0);
        Goroutine<?> starter =
            go(() ->
                assertThrows(InterruptedException.class, () -> group.go(() -> fail("started"))));
        TestSupport.awaitBlocked(starter, "Semaphore.acquire");
        assertThrows(IllegalStateException.class, () -> group.limit(1));
        starter.cancel();
        starter.join();
        group.limit(1).go(NOTHING);
        group.await();
      });
    }

    @Test
    void goWaitsForAPlaceAndAwaitWaitsForThoseWhoDo() throws Exception {
      run(() -> {
        ErrGroup group = new ErrGroup().limit(1);
        Chan<Integer> first = Chan.unbuffered();
        Chan<Integer> second = Chan.unbuffered();
        group.go(() -> first.receive());
        Goroutine<?> starter = go(() -> group.go(() -> second.receive()));
        TestSupport.awaitBlocked(starter, "Semaphore.acquire");
        Goroutine<?> waiter = go(() -> group.await());
        TestSupport.awaitBlocked(waiter, "WaitGroup.await");
        first.close();
        starter.join();
        assertFalse(group.tryAwait());
        assertFalse(waiter.isDone());
        second.close();
        waiter.join();
      });
    }

    @Test
    void tasksCanStartTasks() throws Exception {
      run(() -> {
        ErrGroup group = new ErrGroup().limit(4);
        AtomicInteger ran = new AtomicInteger();
        for (int i = 0; i < 2; i++) {
          group.go(() -> {
            for (int n = 0; n < 50; n++) {
              group.go(ran::incrementAndGet);
            }
          });
        }
        group.await();
        assertEquals(100, ran.get());
      });
    }

    @Test
    void goOfAnInterruptedThreadStartsNothingWithAndWithoutALimit() throws Exception {
      run(() -> {
        for (int limit : new int[] {-1, 1}) {
          ErrGroup group = new ErrGroup().limit(limit);
          Thread.currentThread().interrupt();
          assertThrows(InterruptedException.class, () -> group.go(() -> fail("started")));
          assertFalse(Thread.currentThread().isInterrupted());
          group.await();
          assertTrue(group.tryGo(NOTHING));
          group.await();
        }
      });
    }

    @Test
    void anInterruptThatRacesWithAPlaceLosesNeitherThePlaceNorTheTask() throws Exception {
      run(() -> {
        ErrGroup group = new ErrGroup().limit(1);
        for (int round = 0; round < ROUNDS; round++) {
          Chan<Integer> gate = Chan.unbuffered();
          group.go(() -> gate.receive());
          AtomicInteger balance = new AtomicInteger();
          Goroutine<?> starter =
              go(() -> {
                try {
                  group.go(balance::decrementAndGet);
                  balance.incrementAndGet();
                } catch (InterruptedException e) {
                  assertFalse(Thread.currentThread().isInterrupted());
                }
              });
          if (round % 2 == 0) {
            TestSupport.awaitBlocked(starter, "Semaphore.acquire");
          }
          go(gate::close);
          starter.cancel();
          starter.join();
          group.await();
          assertEquals(0, balance.get());
          assertTrue(group.tryGo(NOTHING));
          group.await();
        }
        awaitOnlyThisGoroutine();
      });
    }
  }
}

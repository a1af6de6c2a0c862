package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.TaskGroupTestSupport.NOTHING;
import static io.heddle.TaskGroupTestSupport.awaitOnlyThisGoroutine;
import static io.heddle.TaskGroupTestSupport.errorOf;
import static io.heddle.TaskGroupTestSupport.failing;
import static java.time.Duration.ofHours;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Groups of tasks of which only so many are active at a time. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class TaskGroupLimitTest {
  private static final int ROUNDS = 200;

  @Nested
  final class Limit {
    @Test
    void thatIsRefusedLeavesNothingBehind() {
      try (CancelContext parent = Context.background().withCancel()) {
        assertThrows(IllegalArgumentException.class, () -> new TaskGroup<Void>(parent).limit(0));
        assertThrows(NullPointerException.class, () -> new TaskGroup<Void>(parent).timeout(null));
        assertEquals(0, TestSupport.queuedReceivers((Source<Void>) parent.done()));
      }
    }

    @Test
    void isNeverExceeded() throws Exception {
      run(() -> {
        int limit = 10;
        TaskGroup<Void> group = new TaskGroup<Void>().limit(limit);
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
        TaskGroup<Void> group = new TaskGroup<Void>().limit(limit);
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
        TaskGroup<Void> group = new TaskGroup<Void>().limit(limit);
        Chan<Integer> gate = Chan.unbuffered();
        Task task = () -> gate.receive();
        for (int i = 0; i < limit; i++) {
          assertTrue(group.tryGo(task), "task " + i);
        }
        assertFalse(group.tryGo(task));
        gate.close();
        group.await();

        TaskGroup<Void> unlimited = new TaskGroup<>();
        for (int i = 0; i < 100; i++) {
          assertTrue(unlimited.tryGo(NOTHING));
        }
        unlimited.await();
      });
    }

    @Test
    void ofThoseWhoTryAtTheSameTimeExactlyAsManySucceedAsThereArePlaces() throws Exception {
      run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          int limit = 1 + round % 3;
          TaskGroup<Void> group = new TaskGroup<Void>().limit(limit);
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
        }
      });
    }

    @Test
    void aPlaceIsFreeOnceTheTasksGoroutineHasEnded() throws Exception {
      run(() -> {
        TaskGroup<Void> group = new TaskGroup<Void>().limit(1).keepGoing();
        for (int round = 0; round < ROUNDS; round++) {
          Task task = round % 2 == 0 ? NOTHING : failing(new IOException());
          TestSupport.await("a free place", () -> group.tryGo(task));
        }
        errorOf(group);
      });
    }

    @Test
    void isPositiveAndSetBeforeTheFirstUse() throws Exception {
      run(() -> {
        for (int wrong : new int[] {0, -1, Integer.MIN_VALUE}) {
          assertThrows(IllegalArgumentException.class, () -> new TaskGroup<Void>().limit(wrong));
        }
        TaskGroup<Void> group = new TaskGroup<Void>().limit(1).limit(2);
        Chan<Integer> gate = Chan.unbuffered();
        group.go(() -> gate.receive());
        assertTrue(group.tryGo(() -> gate.receive()));
        assertFalse(group.tryGo(NOTHING));
        assertThrows(IllegalStateException.class, () -> group.limit(3));
        assertThrows(IllegalStateException.class, group::keepGoing);
        assertThrows(IllegalStateException.class, () -> group.timeout(ofHours(1)));
        gate.close();
        group.await();
        TaskGroup<Void> asked = new TaskGroup<>();
        assertFalse(asked.context().isDone());
        assertThrows(IllegalStateException.class, () -> asked.timeout(ofHours(1)));
        asked.close();
      });
    }

    @Test
    void goWaitsForAPlaceAndAwaitWaitsForThoseWhoDo() throws Exception {
      run(() -> {
        TaskGroup<Void> group = new TaskGroup<Void>().limit(1);
        Chan<Integer> first = Chan.unbuffered();
        Chan<Integer> second = Chan.unbuffered();
        group.go(() -> first.receive());
        Goroutine<?> starter = go(() -> group.go(() -> second.receive()));
        TestSupport.awaitBlocked(starter, "TaskGroup.go");
        Goroutine<?> waiter = go(() -> group.await());
        TestSupport.awaitBlocked(waiter, "TaskGroup.await");
        first.close();
        starter.join();
        assertNull(group.tryAwait());
        assertFalse(waiter.isDone());
        second.close();
        waiter.join();
      });
    }

    @Test
    void tasksCanStartTasks() throws Exception {
      run(() -> {
        TaskGroup<Void> group = new TaskGroup<Void>().limit(4);
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
        for (int limit : new int[] {Integer.MAX_VALUE, 1}) {
          TaskGroup<Void> group = new TaskGroup<Void>().limit(limit);
          Thread.currentThread().interrupt();
          assertThrows(InterruptedException.class, () -> group.go(() -> fail("started")));
          assertFalse(Thread.currentThread().isInterrupted());
          assertTrue(group.tryGo(NOTHING));
          group.await();
        }
      });
    }

    @Test
    void anInterruptThatRacesWithAPlaceLosesNeitherThePlaceNorTheTask() throws Exception {
      run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          TaskGroup<Void> group = new TaskGroup<Void>().limit(1);
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
            TestSupport.awaitBlocked(starter, "TaskGroup.go");
          }
          go(gate::close);
          starter.cancel();
          starter.join();
          group.go(NOTHING); // finds a place, once the first task has left its own
          group.await();
          assertEquals(0, balance.get());
        }
        awaitOnlyThisGoroutine();
      });
    }
  }
}

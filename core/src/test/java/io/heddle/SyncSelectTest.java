package io.heddle;

import static io.heddle.SyncTestSupport.ROUNDS;
import static io.heddle.SyncTestSupport.assertClean;
import static io.heddle.SyncTestSupport.awaitQueued;
import static io.heddle.SyncTestSupport.queued;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Locking, acquiring and waiting for groups as cases of select. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SyncSelectTest {
  private final Mutex one = new Mutex();
  private final Mutex two = new Mutex();
  private final RWMutex rw = new RWMutex();
  private final Semaphore semaphore = new Semaphore(3);
  private final WaitGroup group = new WaitGroup();

  @Nested
  class Chooses {
    @Test
    void whatIsFreeAndOnlyThat() throws Exception {
      one.lock();
      assertEquals("two", Select.select(one.onLock(() -> "one"), two.onLock(() -> "two")));
      assertEquals(
          "none",
          Select.select(
              one.onLock(() -> "one"), two.onLock(() -> "two"), Select.otherwise(() -> "none")));
      one.unlock();
      two.unlock();
      assertEquals("writes", Select.select(rw.onLock(() -> "writes")));
      assertEquals(
          "none",
          Select.select(
              rw.onLock(() -> "writes"),
              rw.reading().onLock(() -> "reads"),
              Select.otherwise(() -> "none")));
      rw.unlock();
      assertEquals("all", Select.select(semaphore.onAcquire(3, () -> "all")));
      group.add(1);
      assertEquals(
          "none",
          Select.select(
              semaphore.onAcquire(1, () -> "one"),
              group.onAwait(() -> "group"),
              Select.otherwise(() -> "none")));
      semaphore.release(3);
      group.done();
      assertEquals("group", Select.select(group.onAwait(() -> "group")));
      assertAllClean();
    }

    @Test
    void eachOfSeveralFreeOnesNowAndThen() throws Exception {
      boolean[] chosen = new boolean[4];
      var cases =
          List.of(one.onLock(), rw.reading().onLock(), semaphore.onAcquire(1), group.onAwait());
      Select any = Select.of(cases.toArray(Case<?>[]::new));
      for (int i = 0; i < 1000; i++) {
        Case<?> found = any.await();
        chosen[cases.indexOf(found)] = true;
        undo(cases.indexOf(found));
      }
      for (boolean once : chosen) {
        assertTrue(once);
      }
      assertAllClean();
    }

    private void undo(int index) {
      switch (index) {
        case 0 -> one.unlock();
        case 1 -> rw.reading().unlock();
        case 2 -> semaphore.release();
        default -> {}
      }
    }

    @Test
    void whatBecomesFreeFirstAndLeavesTheRestAsItWas() throws Exception {
      Go.run(() -> {
        one.lock();
        rw.lock();
        semaphore.acquire(3);
        group.add(1);
        Goroutine<?> selects =
            Go.go(() ->
                Select.select(
                    one.onLock(),
                    rw.onLock(),
                    rw.reading().onLock(),
                    semaphore.onAcquire(2),
                    group.onAwait()));
        awaitQueued(group, 1);
        semaphore.release(2);
        selects.join();
        for (Waitable on : List.of(one, rw, semaphore, group)) {
          assertEquals(0, queued(on));
        }
        one.unlock();
        rw.unlock();
        semaphore.release(3);
        group.done();
        assertAllClean();
      });
    }

    @Test
    void oneOfTwoCasesOnTheSameObject() throws Exception {
      Go.run(() -> {
        one.lock();
        semaphore.acquire(3);
        group.add(1);
        List<Goroutine<?>> all = new ArrayList<>();
        all.add(Go.go(() -> Select.select(one.onLock(), one.onLock())));
        all.add(Go.go(() -> Select.select(semaphore.onAcquire(2), semaphore.onAcquire(2))));
        all.add(Go.go(() -> Select.select(group.onAwait(), group.onAwait())));
        awaitQueued(one, 2);
        awaitQueued(semaphore, 2);
        awaitQueued(group, 2);
        one.unlock();
        semaphore.release(3);
        group.done();
        for (Goroutine<?> each : all) {
          each.join();
        }
        assertEquals(1, semaphore.available());
        one.unlock();
        semaphore.release(2);
        assertAllClean();
      });
    }

    @Test
    void nothingAfterItsDeadlineOrAnInterrupt() throws Exception {
      one.lock();
      semaphore.acquire(3);
      Select both = Select.of(one.onLock(), semaphore.onAcquire(1));
      assertThrows(TimeoutException.class, () -> both.await(Duration.ofMillis(1)));
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, both::await);
      one.unlock();
      semaphore.release(3);
      assertAllClean();
    }

    /** Once the writer ahead of both cases has given up, one of them is possible. */
    @Test
    void theReadThatOnlyItsOwnWriteIsAheadOf() throws Exception {
      Go.run(() -> {
        rw.reading().lock();
        Goroutine<?> ahead = Go.go(() -> rw.lock());
        awaitQueued(rw, 1);
        var writes = rw.onLock(() -> "writes");
        var reads = rw.reading().onLock(() -> "reads");
        Goroutine<?> selects =
            Go.go(() -> assertEquals("reads", Select.select(writes, reads, rw.onLock(() -> ""))));
        awaitQueued(rw, 4);
        Goroutine<?> behind = Go.go(() -> rw.reading().lock());
        awaitQueued(rw, 5);
        ahead.cancel();
        selects.join();
        behind.join();
        assertEquals("RWMutex[3 reading]", rw.toString());
        for (int i = 0; i < 3; i++) {
          rw.reading().unlock();
        }
        assertAllClean();
      });
    }

    @Test
    void noReadThatAnotherWriterIsAheadOf() throws Exception {
      Go.run(() -> {
        rw.reading().lock();
        Goroutine<?> first = Go.go(() -> rw.lock());
        awaitQueued(rw, 1);
        Goroutine<?> second = Go.go(() -> rw.lock());
        awaitQueued(rw, 2);
        Goroutine<?> selects =
            Go.go(() ->
                assertEquals(
                    "reads",
                    Select.select(rw.onLock(() -> "writes"), rw.reading().onLock(() -> "reads"))));
        awaitQueued(rw, 4);
        first.cancel();
        first.join();
        assertEquals(3, queued(rw));
        assertEquals("RWMutex[1 reading]", rw.toString());
        rw.reading().unlock();
        second.join();
        rw.unlock(); // of the second, to the reader
        selects.join();
        rw.reading().unlock();
        assertAllClean();
      });
    }

    @Test
    void noReadWhileAnotherWrites() throws Exception {
      Go.run(() -> {
        rw.lock();
        Goroutine<?> ahead = Go.go(() -> rw.lock());
        awaitQueued(rw, 1);
        Goroutine<?> selects =
            Go.go(() ->
                assertEquals(
                    "reads",
                    Select.select(rw.onLock(() -> "writes"), rw.reading().onLock(() -> "reads"))));
        awaitQueued(rw, 3);
        ahead.cancel();
        ahead.join();
        assertEquals(2, queued(rw));
        assertEquals("RWMutex[locked]", rw.toString());
        rw.unlock();
        selects.join();
        rw.reading().unlock();
        assertAllClean();
      });
    }

    /** Its write case is queued before its read case, for which the lock has become free. */
    @Test
    void theReadThatHasBecomePossibleSinceItsWriteIsQueued() throws Exception {
      rw.lock();
      Case<String> never =
          new Case.Action<>(one, () -> "never") {
            @Override
            boolean ready() { // another writer leaves and a reader comes, both on their fast paths
              rw.unlock();
              assertTrue(rw.reading().tryLock());
              return false;
            }

            @Override
            boolean complete(Wakeups wakeups) {
              return false;
            }

            @Override
            boolean enqueue() {
              throw new AssertionError("the read was not possible");
            }
          };
      assertEquals(
          "reads",
          Select.selectInOrder(
              rw.onLock(() -> "writes"), rw.reading().onLock(() -> "reads"), never));
      assertEquals("RWMutex[2 reading]", rw.toString());
      rw.reading().unlock();
      rw.reading().unlock();
      assertAllClean();
    }

    /** A lock that a select has stopped waiting for is as if it had not been in it. */
    @Test
    void nothingThatItHasTakenBack() throws Exception {
      rw.reading().lock();
      boolean[] possible = {false};
      Case<String> late =
          new Case.Action<>(one, () -> "late") {
            @Override
            boolean ready() {
              return possible[0];
            }

            @Override
            boolean complete(Wakeups wakeups) {
              return true;
            }

            @Override
            boolean enqueue() {
              possible[0] = true;
              return false;
            }
          };
      assertEquals("late", Select.select(rw.onLock(() -> "writes"), late));
      assertTrue(rw.reading().tryLock(), "no writer waits");
      rw.reading().unlock();
      rw.reading().unlock();
      assertAllClean();
    }
  }

  @Nested
  class Races {
    /** Selects over both mutexes and a channel, against each other and against plain lockers. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void twoMutexesAndAChannelExcludeAndLoseNothing(int selects) throws Exception {
      int rounds = 20 * ROUNDS;
      int[] counters = {0, 0}; // each guarded by its mutex
      Go.run(() -> {
        Chan<Integer> values = Chan.unbuffered();
        Chan<int[]> results = Chan.buffered(selects);
        WaitGroup plain = new WaitGroup();
        for (Mutex mutex : List.of(one, two)) {
          int index = mutex == one ? 0 : 1;
          plain.go(() -> {
            for (int i = 0; i < rounds; i++) {
              mutex.lock();
              count(counters, index);
              mutex.unlock();
            }
          });
        }
        for (int i = 0; i < selects; i++) {
          Go.go(() -> results.send(selectUntilClosed(counters, values)));
        }
        for (int i = 1; i <= rounds; i++) {
          values.send(i);
        }
        plain.await();
        values.close();
        int[] total = new int[3];
        for (int i = 0; i < selects; i++) {
          int[] result = results.receive();
          for (int j = 0; j < 3; j++) {
            total[j] += result[j];
          }
        }
        assertEquals(rounds * (rounds + 1) / 2, total[2]);
        assertEquals(rounds + total[0], counters[0]);
        assertEquals(rounds + total[1], counters[1]);
        assertAllClean();
      });
    }

    /** Returns how often it locked each mutex, and the sum of the values received. */
    private int[] selectUntilClosed(int[] counters, Chan<Integer> values)
        throws InterruptedException {
      int[] result = new int[3];
      var first = one.onLock();
      var second = two.onLock();
      var value = values.onReceive();
      Select any = Select.of(first, second, value);
      while (true) {
        Case<?> chosen = any.await();
        if (chosen == first) {
          result[0]++;
          count(counters, 0);
          one.unlock();
        } else if (chosen == second) {
          result[1]++;
          count(counters, 1);
          two.unlock();
        } else {
          Integer received = value.result();
          if (received == null) {
            return result;
          }
          result[2] += received;
        }
      }
    }

    private static void count(int[] counters, int index) {
      int seen = counters[index];
      if (seen % 64 == 0) {
        Go.gosched();
      }
      counters[index] = seen + 1;
    }

    /** Opposite orders, which would deadlock if a select locked in the order of its cases. */
    @Test
    void selectsInOppositeOrdersDoNotDeadlock() throws Exception {
      Go.run(() -> {
        WaitGroup all = new WaitGroup();
        for (int i = 0; i < 4; i++) {
          boolean forward = i % 2 == 0;
          all.go(() -> {
            for (int n = 0; n < 10 * ROUNDS; n++) {
              Mutex locked =
                  forward
                      ? Select.select(one.onLock(() -> one), two.onLock(() -> two))
                      : Select.select(two.onLock(() -> two), one.onLock(() -> one));
              locked.unlock();
            }
          });
        }
        all.await();
        assertAllClean();
      });
    }

    @Test
    void readersWritersPermitsAndGroupsInOneSelectAreAllConserved() throws Exception {
      int[] guarded = {0};
      Go.run(() -> {
        WaitGroup all = new WaitGroup();
        for (int i = 0; i < 4; i++) {
          int id = i;
          all.go(() -> {
            for (int n = 0; n < 5 * ROUNDS; n++) {
              switch ((n + id) % 4) {
                case 0 -> mixedSelect(guarded);
                case 1 -> {
                  rw.lock();
                  guarded[0]++;
                  rw.unlock();
                }
                case 2 -> {
                  semaphore.acquire(2);
                  Go.gosched();
                  semaphore.release(2);
                }
                default -> {
                  rw.reading().lock();
                  Go.gosched();
                  rw.reading().unlock();
                }
              }
            }
          });
        }
        all.await();
        assertAllClean();
      });
    }

    private void mixedSelect(int[] guarded) throws InterruptedException {
      Runnable undo =
          Select.select(
              rw.onLock(() -> {
                guarded[0]++;
                return rw::unlock;
              }),
              rw.reading().onLock(() -> rw.reading()::unlock),
              semaphore.onAcquire(3, () -> () -> semaphore.release(3)),
              semaphore.onAcquire(1, () -> semaphore::release));
      undo.run();
    }

    /** A group's end, a permit and an interrupt at once: each select gets one thing or none. */
    @Test
    void anInterruptAtTheLastMomentConservesEverything() throws Exception {
      Go.run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          group.add(1);
          semaphore.acquire(3);
          boolean[] permit = {false};
          var call =
              SyncTestSupport.Caller.ofRound(round)
                  .start(() ->
                      permit[0] =
                          Select.select(
                              group.onAwait(() -> false), semaphore.onAcquire(2, () -> true)));
          awaitQueued(semaphore, 1);
          Goroutine<?> done = Go.go(group::done);
          Goroutine<?> release = Go.go(() -> semaphore.release(3));
          call.interrupt();
          Throwable thrown = call.failure();
          assertTrue(thrown == null || thrown instanceof InterruptedException);
          done.join();
          release.join();
          if (thrown == null && permit[0]) {
            semaphore.release(2);
          }
          assertFalse(semaphore.available() != 3, semaphore::toString);
          assertAllClean();
        }
      });
    }
  }

  private void assertAllClean() {
    for (Waitable on : List.of(one, two, rw, semaphore, group)) {
      assertClean(on);
    }
  }
}

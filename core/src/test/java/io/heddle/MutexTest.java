package io.heddle;

import static io.heddle.SyncTestSupport.assertClean;
import static io.heddle.SyncTestSupport.awaitQueued;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.SyncTestSupport.Call;
import io.heddle.SyncTestSupport.Caller;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class MutexTest {
  private final Mutex mutex = new Mutex();

  @Nested
  class Excludes {
    @ParameterizedTest
    @EnumSource
    void aPlainCounterUnderTheLockIsExact(Caller caller) throws Exception {
      assertEquals(10_000, count(caller, mutex::lock, mutex::tryLock, mutex::unlock));
      assertClean(mutex);
    }

    @Test
    void theCounterCatchesALockThatDoesNotExclude() throws Exception {
      AtomicBoolean held = new AtomicBoolean();
      Task lock =
          () -> {
            while (held.get()) {
              Go.gosched();
            }
            Go.gosched(); // here another goroutine takes the lock
            held.set(true);
          };
      boolean caught = false;
      for (int attempt = 0; attempt < 100 && !caught; attempt++) {
        held.set(false);
        caught =
            count(Caller.GOROUTINE, lock, () -> !held.getAndSet(true), () -> held.set(false))
                != 10_000;
      }
      assertTrue(caught);
    }

    /** Ten callers count to 1,000 each, and lose counts if the lock lets two of them in. */
    private int count(Caller caller, Task lock, Try tryLock, Runnable unlock) throws Exception {
      int[] counter = {0};
      List<Call> calls = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        calls.add(
            caller.start(() -> {
              for (int n = 0; n < 1000; n++) {
                if (n % 3 != 0 || !tryLock.attempt()) {
                  lock.run();
                }
                int seen = counter[0];
                if (n % 64 == 0) {
                  Go.gosched();
                }
                counter[0] = seen + 1;
                unlock.run();
              }
            }));
      }
      for (Call call : calls) {
        call.join();
      }
      return counter[0];
    }

    private interface Try {
      boolean attempt();
    }

    @Test
    void onlyOneOfThoseWhoMeetAtItHasIt() throws Exception {
      Runnable lock =
          () -> {
            for (int tries = 0; !mutex.tryLock(); tries++) {
              if (tries > 100) {
                Go.gosched(); // who has it has no processor
              }
            }
          };
      assertEquals(0, SyncTestSupport.meetings(lock, mutex::unlock));
      assertClean(mutex);
    }

    @Test
    void severalHaveItWhoMeetAtALockThatExcludesNobody() throws Exception {
      assertTrue(SyncTestSupport.meetings(() -> {}, () -> {}) > 0);
    }

    @Test
    void tryLockFailsWhileLockedAndSucceedsWhileFree() throws Exception {
      mutex.lock();
      assertFalse(mutex.tryLock());
      mutex.unlock();
      assertTrue(mutex.tryLock());
      assertFalse(mutex.tryLock());
      mutex.unlock();
      assertClean(mutex);
    }

    @Test
    void itIsNotReentrant() throws Exception {
      Go.run(() -> {
        mutex.lock();
        assertThrows(TimeoutException.class, () -> mutex.lock(Duration.ofMillis(1)));
        mutex.unlock();
        assertClean(mutex);
      });
    }
  }

  @Nested
  class HasNoOwner {
    @Test
    void anotherGoroutineMayUnlockAndPublishesByThat() throws Exception {
      Go.run(() -> {
        int[] plain = {0};
        mutex.lock();
        Go.go(() -> {
          plain[0] = 42;
          mutex.unlock();
        });
        mutex.lock();
        assertEquals(42, plain[0]);
        mutex.unlock();
      });
    }

    @Test
    void unlockOfAnUnlockedMutexIsRefused() throws Exception {
      var thrown = assertThrows(IllegalStateException.class, mutex::unlock);
      assertEquals("unlock of unlocked Mutex", thrown.getMessage());
      mutex.lock();
      mutex.unlock();
      assertThrows(IllegalStateException.class, mutex::unlock);
      assertTrue(mutex.tryLock(), "it is as it was");
      mutex.unlock();
      assertClean(mutex);
    }

    @Test
    void anUnlockThatNobodyCaughtEndsTheProgram() {
      var panic = assertThrows(PanicException.class, () -> Go.run(mutex::unlock));
      assertEquals("unlock of unlocked Mutex", panic.getCause().getMessage());
    }

    @Test
    void toStringTellsWhetherItIsLocked() {
      assertEquals("Mutex[unlocked]", mutex.toString());
      assertTrue(mutex.tryLock());
      assertEquals("Mutex[locked]", mutex.toString());
    }
  }

  @Nested
  class IsFair {
    @ParameterizedTest
    @EnumSource
    void waitersAreServedInTheOrderInWhichTheyCame(Caller caller) throws Exception {
      List<Integer> order = new ArrayList<>();
      List<Call> calls = new ArrayList<>();
      mutex.lock();
      for (int i = 0; i < 8; i++) {
        int id = i;
        calls.add(
            caller.start(() -> {
              mutex.lock();
              order.add(id);
              mutex.unlock();
            }));
        awaitQueued(mutex, i + 1);
      }
      mutex.unlock();
      for (Call call : calls) {
        call.join();
      }
      assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7), order);
      assertClean(mutex);
    }

    @Test
    void aGoroutineThatHoldsItNearlyAlwaysDoesNotStarveAnother() throws Exception {
      hogged(
          () -> Go.sleep(Duration.ofNanos(100_000)),
          () -> {
            Go.sleep(Duration.ofNanos(100_000));
            mutex.lock();
            mutex.unlock();
          });
    }

    @Test
    void aGoroutineThatNeverSleepsDoesNotStarveAnother() throws Exception {
      hogged(
          Go::gosched,
          () -> {
            mutex.lock();
            mutex.unlock();
          });
    }

    @Test
    void aSelectWhichCannotCompeteIsHandedTheMutex() throws Exception {
      hogged(
          Go::gosched,
          () -> {
            Select.select(mutex.onLock());
            mutex.unlock();
          });
    }

    /** One goroutine locks in a loop; another has to get the mutex ten times nevertheless. */
    private void hogged(Task whileHeld, Task other) throws Exception {
      Go.run(() -> {
        AtomicBoolean stop = new AtomicBoolean();
        WaitGroup hogs = new WaitGroup();
        for (int i = 0; i < 2; i++) {
          hogs.go(() -> {
            while (!stop.get()) {
              mutex.lock();
              whileHeld.run();
              mutex.unlock();
            }
          });
        }
        for (int i = 0; i < 10; i++) {
          other.run();
        }
        stop.set(true);
        hogs.await();
        assertClean(mutex);
      });
    }

    @Test
    void aWaiterThatWasWokenAndLostStaysFirst() throws Exception {
      Go.run(() -> {
        List<String> order = new ArrayList<>();
        mutex.lock();
        Goroutine<?> first = Go.go(() -> lockAndAdd(order, "first"));
        awaitQueued(mutex, 1);
        Goroutine<?> second = Go.go(() -> lockAndAdd(order, "second"));
        awaitQueued(mutex, 2);
        mutex.unlock();
        // Whether or not this barges in before the first, the second comes after the first.
        mutex.lock();
        mutex.unlock();
        first.join();
        second.join();
        assertEquals(List.of("first", "second"), order);
        assertClean(mutex);
      });
    }

    private void lockAndAdd(List<String> order, String name) throws InterruptedException {
      mutex.lock();
      order.add(name);
      mutex.unlock();
    }
  }

  @Nested
  class GivesUp {
    @Test
    void aDoneContextGoesBeforeAFreeMutex() throws Exception {
      CancelContext context = Context.background().withCancel();
      context.cancel();
      var thrown = assertThrows(CancelledException.class, () -> mutex.lock(context));
      assertEquals("Mutex.lock: " + context.error().getMessage(), thrown.getMessage());
      assertClean(mutex);
    }

    @Test
    void aPendingInterruptGoesBeforeAFreeMutex() {
      Thread.currentThread().interrupt();
      var thrown = assertThrows(InterruptedException.class, mutex::lock);
      assertEquals("Mutex.lock", thrown.getMessage());
      assertFalse(Thread.interrupted(), "the exception has taken the interrupt's place");
      assertClean(mutex);
    }

    @Test
    void whoGivesUpIsNotWaitedForByTheNextUnlock() throws Exception {
      mutex.lock();
      Object locked = SyncTestSupport.valueOf("state", mutex);
      assertThrows(TimeoutException.class, () -> mutex.lock(Duration.ofMillis(1)));
      Select select = Select.of(mutex.onLock());
      assertThrows(TimeoutException.class, () -> select.await(Duration.ofMillis(1)));
      assertEquals(locked, SyncTestSupport.valueOf("state", mutex));
      mutex.unlock();
      assertClean(mutex);
    }

    @Test
    void noTimeIsEnoughForAFreeMutex() throws Exception {
      mutex.lock(Duration.ZERO);
      assertThrows(TimeoutException.class, () -> mutex.lock(Duration.ZERO));
      assertThrows(TimeoutException.class, () -> mutex.lock(Duration.ofSeconds(-1)));
      mutex.unlock();
      assertClean(mutex);
    }

    @Test
    void itWaitsAsLongAsItWasTold() throws Exception {
      VirtualClock.run(clock -> {
        Mutex held = new Mutex();
        held.lock();
        Duration patience = Duration.ofSeconds(1);
        long start = Go.nanoTime();
        var thrown = assertThrows(TimeoutException.class, () -> held.lock(patience));
        assertEquals(patience.toNanos(), Go.nanoTime() - start);
        assertEquals("Mutex.lock: timed out after 1s", thrown.getMessage());
      });
    }

    @Test
    void aWaiterThatGivesUpIsNotInAnotherOnesWay() throws Exception {
      Go.run(() -> {
        mutex.lock();
        Call impatient = Caller.GOROUTINE.start(mutex::lock);
        awaitQueued(mutex, 1);
        Goroutine<?> patient = Go.go(() -> mutex.lock());
        awaitQueued(mutex, 2);
        impatient.interrupt();
        assertEquals(InterruptedException.class, impatient.failure().getClass());
        awaitQueued(mutex, 1);
        mutex.unlock();
        patient.join();
        mutex.unlock();
        assertClean(mutex);
      });
    }

    @Test
    @SuppressWarnings("NullAway")
    void nullsAreRefused() {
      assertThrows(NullPointerException.class, () -> mutex.lock((Context) null));
      assertThrows(NullPointerException.class, () -> mutex.lock((Duration) null));
      assertThrows(NullPointerException.class, () -> mutex.onLock(null));
      assertClean(mutex);
    }
  }
}

package io.heddle;

import static io.heddle.SyncTestSupport.ROUNDS;
import static io.heddle.SyncTestSupport.assertClean;
import static io.heddle.SyncTestSupport.awaitQueued;
import static io.heddle.SyncTestSupport.queued;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.SyncTestSupport.Call;
import io.heddle.SyncTestSupport.Caller;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class CondTest {
  private final Mutex mutex = new Mutex();
  private final Cond cond = new Cond(mutex);

  @Nested
  class Signals {
    @ParameterizedTest
    @EnumSource
    void eachSignalWakesOneWaiterInTheOrderInWhichTheyCame(Caller caller) throws Exception {
      List<Integer> order = new ArrayList<>();
      List<Call> calls = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        int id = i;
        calls.add(
            caller.start(() -> {
              mutex.lock();
              cond.await();
              order.add(id);
              mutex.unlock();
            }));
        awaitQueued(cond, i + 1);
      }
      for (int i = 0; i < 4; i++) {
        mutex.lock();
        cond.signal();
        assertEquals(3 - i, queued(cond));
        mutex.unlock();
        calls.get(i).join();
      }
      assertEquals(List.of(0, 1, 2, 3), order);
      assertClean(mutex);
    }

    /** Who has given up takes itself out of the queue a little later. */
    @Test
    void aSignalPassesByWhoHasGivenUpAndIsQueuedStill() throws Exception {
      Waiter gone = new CallbackWaiter(() -> {});
      gone.prepare(cond, null);
      ((WaitQueue) SyncTestSupport.valueOf("waiters", cond)).add(gone);
      assertTrue(gone.claim(gone));
      Call waits =
          Caller.GOROUTINE.start(() -> {
            mutex.lock();
            cond.await();
            mutex.unlock();
          });
      awaitQueued(cond, 2);
      cond.signal();
      waits.join();
      assertClean(cond);
      assertClean(mutex);
    }

    @Test
    void aSignalThatNobodyWaitsForIsNotKept() throws Exception {
      cond.signal();
      cond.broadcast();
      mutex.lock();
      assertThrows(TimeoutException.class, () -> cond.await(Duration.ofMillis(1)));
      mutex.unlock();
    }

    @Test
    void aSignalBetweenUnlockAndSleepIsNotLost() throws Exception {
      Go.run(() -> {
        boolean[] mine = {true}; // whose turn it is
        Goroutine<?> other = Go.go(() -> alternate(mine, false));
        alternate(mine, true);
        other.join();
        assertClean(mutex);
      });
    }

    private void alternate(boolean[] turn, boolean self) throws InterruptedException {
      for (int i = 0; i < 5000; i++) {
        mutex.lock();
        while (turn[0] != self) {
          cond.await();
        }
        turn[0] = !self;
        cond.signal();
        mutex.unlock();
      }
    }

    @Test
    void broadcastWakesAllEachOnce() throws Exception {
      int goroutines = 200;
      int rounds = 200;
      Go.run(() -> {
        Chan<Integer> waiting = Chan.buffered(goroutines);
        Chan<Integer> awake = Chan.buffered(goroutines);
        boolean[] exit = {false};
        WaitGroup group = new WaitGroup();
        for (int i = 0; i < goroutines; i++) {
          int id = i;
          group.go(() -> {
            mutex.lock();
            while (!exit[0]) {
              waiting.send(id);
              cond.await();
              awake.send(id);
            }
            mutex.unlock();
          });
        }
        for (int round = 0; round < rounds; round++) {
          for (int i = 0; i < goroutines; i++) {
            waiting.receive();
          }
          mutex.lock(); // so all of them wait
          assertEquals(0, awake.len(), "no waiter wakes without a signal");
          exit[0] = round == rounds - 1;
          cond.broadcast();
          mutex.unlock();
          boolean[] seen = new boolean[goroutines];
          for (int i = 0; i < goroutines; i++) {
            int id = awake.receive();
            assertFalse(seen[id], "woken twice");
            seen[id] = true;
          }
        }
        group.await();
        assertClean(cond);
        assertClean(mutex);
      });
    }

    @Test
    void threePartiesHandAVariableOn() throws Exception {
      Go.run(() -> {
        int[] x = {0};
        WaitGroup group = new WaitGroup();
        group.go(() -> {
          mutex.lock();
          x[0] = 1;
          cond.await();
          assertEquals(2, x[0]);
          x[0] = 3;
          cond.signal();
          mutex.unlock();
        });
        group.go(() -> {
          mutex.lock();
          while (x[0] != 1) {
            mutex.unlock();
            Go.gosched();
            mutex.lock();
          }
          x[0] = 2;
          cond.signal();
          mutex.unlock();
        });
        group.go(() -> {
          mutex.lock();
          while (x[0] != 2 && x[0] != 3) {
            mutex.unlock();
            Go.gosched();
            mutex.lock();
          }
          while (x[0] != 3) {
            cond.await();
          }
          mutex.unlock();
        });
        group.await();
      });
    }
  }

  @Nested
  class GivesUp {
    enum End {
      INTERRUPT(InterruptedException.class),
      CONTEXT(CancelledException.class),
      DEADLINE(TimeoutException.class);

      private final Class<?> exception;

      End(Class<?> exception) {
        this.exception = exception;
      }
    }

    @ParameterizedTest
    @EnumSource
    void theMutexIsLockedAgainWhateverEndsTheWait(End end) throws Exception {
      Go.run(() -> {
        CancelContext context = Context.background().withCancel();
        Call waiter =
            Caller.GOROUTINE.start(() -> {
              mutex.lock();
              try {
                if (end == End.DEADLINE) {
                  cond.await(Duration.ofMillis(5));
                } else {
                  cond.await(context);
                }
              } finally {
                assertTrue(mutex.isTaken());
                mutex.unlock();
              }
            });
        if (end != End.DEADLINE) {
          awaitQueued(cond, 1);
          mutex.lock(); // the waiter has to wait for it on its way back
          if (end == End.INTERRUPT) {
            waiter.interrupt();
          } else {
            context.cancel();
          }
          awaitQueued(mutex, 1);
          mutex.unlock();
        }
        assertEquals(end.exception, waiter.failure().getClass());
        assertClean(cond);
        assertClean(mutex);
      });
    }

    @ParameterizedTest
    @EnumSource
    void aWaitThatIsNotToStartLeavesTheMutexLocked(End end) throws Exception {
      CancelContext context = Context.background().withCancel();
      mutex.lock();
      if (end == End.INTERRUPT) {
        Thread.currentThread().interrupt();
      } else {
        context.cancel();
      }
      assertThrows(
          end.exception.asSubclass(Exception.class),
          () -> {
            if (end == End.DEADLINE) {
              cond.await(Duration.ZERO);
            } else {
              cond.await(context);
            }
          });
      assertTrue(mutex.isTaken());
      mutex.unlock();
      assertClean(cond);
      assertClean(mutex);
    }

    @Test
    void anInterruptOnTheWayBackStaysPending() throws Exception {
      Go.run(() -> {
        Chan<Boolean> pending = Chan.buffered(1);
        Call waiter =
            Caller.GOROUTINE.start(() -> {
              mutex.lock();
              cond.await();
              pending.trySend(Thread.currentThread().isInterrupted());
              mutex.unlock();
            });
        awaitQueued(cond, 1);
        mutex.lock();
        cond.signal();
        awaitQueued(mutex, 1);
        waiter.interruptUntilNoted();
        mutex.unlock();
        waiter.join();
        assertEquals(true, pending.receive());
        assertClean(mutex);
      });
    }

    /** Of three waiters the first is interrupted while two signals are sent. */
    @Test
    void aWaitThatWasInterruptedHasUsedUpNoSignal() throws Exception {
      Go.run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          Caller caller = Caller.ofRound(round);
          Call[] calls = new Call[3];
          for (int i = 0; i < 3; i++) {
            calls[i] = caller.start(this::awaitOnce);
            awaitQueued(cond, i + 1);
          }
          Goroutine<?> signals = Go.go(this::signalTwice);
          calls[0].interrupt();
          signals.join();
          calls[1].join();
          if (calls[0].failure() == null) {
            awaitQueued(cond, 1);
            cond.signal();
          }
          calls[2].join();
          assertClean(cond);
          assertClean(mutex);
        }
      });
    }

    private void signalTwice() {
      cond.signal();
      cond.signal();
    }

    private void awaitOnce() throws InterruptedException {
      mutex.lock();
      try {
        cond.await();
      } finally {
        mutex.unlock();
      }
    }
  }

  @Nested
  class UnderAnRwMutex {
    private final RWMutex rwMutex = new RWMutex();

    private Cond cond(boolean write) {
      return new Cond(write ? rwMutex : rwMutex.reading());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aWaitUnlocksAndLocksAgain(boolean write) throws Exception {
      Cond changed = cond(write);
      boolean[] done = {false};
      Go.run(() -> {
        Call waiter =
            Caller.GOROUTINE.start(() -> {
              changed.locker().lock();
              while (!done[0]) {
                changed.await();
              }
              assertTrue(rwMutex.isTaken(write));
              changed.locker().unlock();
            });
        awaitQueued(changed, 1);
        rwMutex.lock(); // only possible because the waiter has unlocked
        done[0] = true;
        changed.broadcast();
        awaitQueued(rwMutex, 1);
        rwMutex.unlock();
        waiter.join();
        assertClean(rwMutex);
        assertClean(changed);
      });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anInterruptedWaitLocksAgainAllTheSame(boolean write) throws Exception {
      Cond changed = cond(write);
      Go.run(() -> {
        Call waiter =
            Caller.GOROUTINE.start(() -> {
              changed.locker().lock();
              try {
                changed.await();
              } finally {
                changed.locker().unlock(); // throws unless it is locked
              }
            });
        awaitQueued(changed, 1);
        rwMutex.lock();
        waiter.interrupt();
        awaitQueued(rwMutex, 1);
        rwMutex.unlock();
        assertEquals(InterruptedException.class, waiter.failure().getClass());
        assertClean(rwMutex);
        assertClean(changed);
      });
    }

    @Test
    void readersWaitSideBySide() throws Exception {
      Cond changed = cond(false);
      Go.run(() -> {
        List<Call> waiters = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          waiters.add(
              Caller.GOROUTINE.start(() -> {
                changed.locker().lock();
                changed.await();
                changed.locker().unlock();
              }));
        }
        awaitQueued(changed, 3);
        changed.locker().lock();
        changed.broadcast();
        for (Call waiter : waiters) {
          waiter.join(); // with our own read lock held
        }
        changed.locker().unlock();
        assertClean(rwMutex);
      });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anAwaitWithoutTheLockIsRefused(boolean write) throws Exception {
      Cond changed = cond(write);
      Locker otherSide = write ? rwMutex.reading() : rwMutex;
      otherSide.lock();
      var thrown = assertThrows(IllegalStateException.class, changed::await);
      assertEquals(
          write
              ? "await on a Cond whose RWMutex is not locked"
              : "await on a Cond whose RWMutex, for reading, is not locked",
          thrown.getMessage());
      otherSide.unlock();
      assertClean(rwMutex);
      assertClean(changed);
    }
  }

  @Nested
  class Misuse {
    @Test
    void anAwaitWithoutTheMutexIsRefused() {
      var thrown = assertThrows(IllegalStateException.class, cond::await);
      assertEquals("await on a Cond whose Mutex is not locked", thrown.getMessage());
      assertClean(cond);
    }

    @Test
    void nullsAreRefused() throws Exception {
      assertThrows(NullPointerException.class, () -> new Cond(null));
      mutex.lock();
      assertThrows(NullPointerException.class, () -> cond.await((Context) null));
      assertThrows(NullPointerException.class, () -> cond.await((Duration) null));
      assertSame(mutex, cond.locker());
      assertClean(cond);
    }
  }
}

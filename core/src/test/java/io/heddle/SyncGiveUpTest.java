package io.heddle;

import static io.heddle.SyncTestSupport.ROUNDS;
import static io.heddle.SyncTestSupport.assertClean;
import static io.heddle.SyncTestSupport.awaitQueued;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.heddle.SyncTestSupport.Call;
import io.heddle.SyncTestSupport.Caller;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Waits that are interrupted, cancelled or timed out at the moment when they are completed: either
 * has to win, and whichever does, nothing is lost, nothing happens twice, nobody is left waiting.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("slow")
final class SyncGiveUpTest {
  /** What puts an end to a wait, other than its completion. */
  enum End {
    INTERRUPT(InterruptedException.class),
    CONTEXT(CancelledException.class),
    DEADLINE(TimeoutException.class);

    private final Class<?> exception;

    End(Class<?> exception) {
      this.exception = exception;
    }
  }

  /** A blocking operation; at most one of context and timeout is given. */
  private interface Operation {
    void run(@Nullable Context context, @Nullable Duration timeout) throws Exception;
  }

  /**
   * Something that goroutines wait for.
   *
   * @param objects those that have to be clean afterwards; waiters queue on the first
   * @param places how many places in the queue each waiter takes
   * @param operation waits, and undoes what it got
   * @param complete lets the waiters go ahead, one after the other or all at once
   */
  private record Scene(List<Waitable> objects, int places, Operation operation, Task complete) {}

  enum Kind {
    MUTEX(() -> locker(new Mutex())),
    MUTEX_SELECT(() -> lockerSelect(new Mutex())),
    WRITE_LOCK(() -> locker(new RWMutex())),
    WRITE_LOCK_SELECT(() -> lockerSelect(new RWMutex())),
    WRITE_LOCK_BEHIND_A_READER(() -> {
      RWMutex mutex = new RWMutex();
      mutex.reading().tryLock();
      return scene(mutex, locking(mutex), () -> mutex.reading().unlock());
    }),
    READ_LOCK(() -> {
      RWMutex mutex = new RWMutex();
      mutex.tryLock();
      return scene(mutex, locking(mutex.reading()), mutex::unlock);
    }),
    READ_LOCK_SELECT(() -> {
      RWMutex mutex = new RWMutex();
      mutex.tryLock();
      return scene(
          mutex, selecting(mutex.reading()::onLock, mutex.reading()::unlock), mutex::unlock);
    }),
    READ_AND_WRITE_LOCK_SELECT(() -> {
      RWMutex mutex = new RWMutex();
      mutex.tryLock();
      Operation wait =
          (context, timeout) -> {
            Select either =
                Select.of(mutex.onLock(() -> mutex), mutex.reading().onLock(mutex::reading));
            ((Locker) await(either, context, timeout).result()).unlock();
          };
      return new Scene(List.of(mutex), 2, wait, mutex::unlock);
    }),
    SEMAPHORE(() -> {
      Semaphore semaphore = new Semaphore(4);
      semaphore.tryAcquire(3);
      Operation wait =
          (context, timeout) -> {
            if (context != null) {
              semaphore.acquire(2, context);
            } else if (timeout != null) {
              semaphore.acquire(2, timeout);
            } else {
              semaphore.acquire(2);
            }
            semaphore.release(2);
          };
      return scene(semaphore, wait, () -> semaphore.release(3));
    }),
    SEMAPHORE_SELECT(() -> {
      Semaphore semaphore = new Semaphore(4);
      semaphore.tryAcquire(3);
      return scene(
          semaphore,
          selecting(() -> semaphore.onAcquire(2), () -> semaphore.release(2)),
          () -> semaphore.release(3));
    }),
    WAIT_GROUP(() -> {
      WaitGroup group = new WaitGroup();
      group.add(1);
      Operation wait =
          (context, timeout) -> {
            if (context != null) {
              group.await(context);
            } else if (timeout != null) {
              group.await(timeout);
            } else {
              group.await();
            }
          };
      return scene(group, wait, group::done);
    }),
    WAIT_GROUP_SELECT(() -> {
      WaitGroup group = new WaitGroup();
      group.add(1);
      return scene(group, selecting(group::onAwait, () -> {}), group::done);
    }),
    COND(() -> {
      Mutex mutex = new Mutex();
      Cond cond = new Cond(mutex);
      Operation wait =
          (context, timeout) -> {
            mutex.lock();
            try {
              if (context != null) {
                cond.await(context);
              } else if (timeout != null) {
                cond.await(timeout);
              } else {
                cond.await();
              }
            } finally {
              mutex.unlock();
            }
          };
      return new Scene(List.of(cond, mutex), 1, wait, cond::broadcast);
    });

    @SuppressWarnings("ImmutableEnumChecker") // a lambda expression that captures nothing
    private final Supplier<Scene> scene;

    Kind(Supplier<Scene> scene) {
      this.scene = scene;
    }
  }

  private static Scene scene(Waitable on, Operation wait, Task complete) {
    return new Scene(List.of(on), 1, wait, complete);
  }

  private static <L extends Waitable & Locker> Scene locker(L lock) {
    lock.tryLock();
    return scene(lock, locking(lock), lock::unlock);
  }

  private static <L extends Waitable & Locker> Scene lockerSelect(L lock) {
    lock.tryLock();
    return scene(lock, selecting(lock::onLock, lock::unlock), lock::unlock);
  }

  private static Operation locking(Locker lock) {
    return (context, timeout) -> {
      if (context != null) {
        lock.lock(context);
      } else if (timeout != null) {
        lock.lock(timeout);
      } else {
        lock.lock();
      }
      lock.unlock();
    };
  }

  private static Operation selecting(Supplier<Case<?>> newCase, Runnable undo) {
    return (context, timeout) -> {
      await(Select.of(newCase.get()), context, timeout);
      undo.run();
    };
  }

  private static Case<?> await(Select select, @Nullable Context context, @Nullable Duration timeout)
      throws InterruptedException, TimeoutException {
    return context != null
        ? select.await(context)
        : timeout != null ? select.await(timeout) : select.await();
  }

  @ParameterizedTest
  @EnumSource
  void anInterruptThatRacesWithTheCompletion(Kind kind) throws Exception {
    race(kind, End.INTERRUPT);
  }

  @ParameterizedTest
  @EnumSource
  void aCancellationThatRacesWithTheCompletion(Kind kind) throws Exception {
    race(kind, End.CONTEXT);
  }

  @ParameterizedTest
  @EnumSource
  void aDeadlineThatRacesWithTheCompletion(Kind kind) throws Exception {
    race(kind, End.DEADLINE);
  }

  private static void race(Kind kind, End end) throws Exception {
    Go.run(() -> {
      for (int round = 0; round < ROUNDS / 4; round++) {
        race(kind.scene.get(), end, 2, Caller.ofRound(round));
      }
    });
  }

  /** Of several waiters one is to give up while all are let go. */
  private static void race(Scene scene, End end, int others, Caller caller) throws Exception {
    Waitable on = scene.objects.getFirst();
    CancelContext context = Context.background().withCancel();
    // With a deadline it comes last, because it does not stay in the queue to be seen.
    int place = end == End.DEADLINE ? others : ThreadLocalRandom.current().nextInt(others + 1);
    List<Call> all = new ArrayList<>();
    for (int i = 0; i < (end == End.DEADLINE ? others : others + 1); i++) {
      Context mine = i == place && end == End.CONTEXT ? context : null;
      all.add(caller.start(() -> scene.operation.run(mine, null)));
      awaitQueued(on, (i + 1) * scene.places);
    }
    CyclicBarrier start = new CyclicBarrier(2);
    Call completes =
        Caller.VIRTUAL_THREAD.start(() -> {
          start.await();
          scene.complete.run();
        });
    Call victim;
    if (end == End.DEADLINE) {
      Duration timeout = Duration.ofNanos(ThreadLocalRandom.current().nextInt(200_000));
      victim = caller.start(() -> scene.operation.run(null, timeout));
      all.add(victim);
      start.await();
    } else {
      victim = all.get(place);
      start.await();
      if (end == End.INTERRUPT) {
        victim.interrupt();
      } else {
        context.cancel();
      }
    }
    completes.join();
    for (Call call : all) {
      if (call != victim) {
        call.join();
      }
    }
    Throwable thrown = victim.failure();
    if (thrown != null) {
      assertEquals(end.exception, thrown.getClass(), () -> "the end of the wait: " + thrown);
    }
    for (Waitable each : scene.objects) {
      assertClean(each);
    }
  }

  /** The interrupt that comes when the wait is over belongs to whatever comes next. */
  @Test
  void theRaceCatchesAWaitThatGivesUpWhatItHasGot() throws Exception {
    Go.run(() -> {
      for (int round = 0; round < 10 * ROUNDS; round++) {
        Semaphore semaphore = new Semaphore(4);
        semaphore.tryAcquire(3);
        Operation wait =
            (context, timeout) -> {
              semaphore.acquire(2);
              if (Thread.interrupted()) {
                throw new InterruptedException("planted");
              }
              semaphore.release(2);
            };
        Scene scene = scene(semaphore, wait, () -> semaphore.release(3));
        try {
          race(scene, End.INTERRUPT, 2, Caller.ofRound(round));
        } catch (AssertionError caught) {
          assertTrue(caught.getMessage().startsWith("permits of"), caught::getMessage);
          return;
        }
      }
      fail("the race did not show the loss in " + 10 * ROUNDS + " rounds");
    });
  }

  /** What one would build on a lock without cancellation: the permit comes to somebody gone. */
  @Test
  void theCheckCatchesAWaiterThatWalksAwayFromItsPlaceInTheQueue() throws Exception {
    Go.run(() -> {
      Semaphore semaphore = new Semaphore(1);
      semaphore.acquire();
      Call victim =
          Caller.GOROUTINE.start(() -> {
            Go.go(() -> semaphore.acquire()).join();
            semaphore.release();
          });
      awaitQueued(semaphore, 1);
      victim.interrupt();
      assertEquals(InterruptedException.class, victim.failure().getClass());
      semaphore.release();
      Error caught = assertThrows(AssertionError.class, () -> assertClean(semaphore));
      assertTrue(caught.getMessage().startsWith("permits of"), caught::getMessage);
    });
  }
}

package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.nanoTime;
import static io.heddle.Go.sleep;
import static io.heddle.Select.onComplete;
import static io.heddle.Select.select;
import static java.time.Duration.ofHours;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.heddle.internal.Stuck;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every kind of wait of a bubble's goroutine, for an object made in the bubble or outside of it,
 * that is made ready from inside or outside: whether it is durable, so that time may pass, and that
 * it ends. Time must pass during a wait for the bubble alone, and stand still during every other.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class BubbleBoundaryTest {
  private static final long HOUR = ofHours(1).toNanos();

  /** A side of a bubble's boundary. */
  enum Side {
    INSIDE,
    OUTSIDE
  }

  @FunctionalInterface
  interface Step {
    void run() throws Exception;
  }

  /** One wait, and what ends it. */
  record Wait(Step begin, Step end) {
    void await() throws Exception {
      begin.run();
    }

    void wake() throws Exception {
      end.run();
    }
  }

  /** Waits at the gate, where no checked exception may be thrown. */
  private static void pass(Chan<Integer> gate) {
    try {
      gate.receive();
    } catch (InterruptedException e) {
      throw new CancelledException("at the gate", e);
    }
  }

  /** Waits until a goroutine is blocked at the gate. */
  private static void awaitReceiver(Chan<Integer> gate) {
    TestSupport.await("somebody at the gate", () -> TestSupport.queuedReceivers(gate) == 1);
  }

  /** What a goroutine can wait for. */
  enum Kind {
    RECEIVE {
      @Override
      Wait make() {
        Chan<Integer> channel = Chan.unbuffered();
        return new Wait(channel::receive, () -> channel.send(1));
      }
    },
    SEND {
      @Override
      Wait make() {
        Chan<Integer> channel = Chan.unbuffered();
        return new Wait(() -> channel.send(1), channel::receive);
      }
    },
    RECEIVE_WITH_A_TIMEOUT {
      @Override
      Wait make() {
        Chan<Integer> channel = Chan.unbuffered();
        return new Wait(() -> channel.receive(ofHours(9)), () -> channel.send(1));
      }
    },
    SELECT {
      @Override
      Wait make() {
        Chan<Integer> one = Chan.unbuffered();
        Chan<Integer> other = Chan.unbuffered();
        return new Wait(() -> select(one.onReceive(), other.onReceive()), () -> other.send(1));
      }
    },
    SELECT_BESIDE_AN_OBJECT_FROM_INSIDE {
      @Override
      Wait make() {
        Chan<Integer> channel = Chan.unbuffered();
        return new Wait(
            () -> select(Chan.<Integer>unbuffered().onReceive(), channel.onReceive()),
            () -> channel.send(1));
      }
    },
    RECEIVE_UNDER_A_CONTEXT {
      @Override
      Wait make() {
        CancelContext context = Context.background().withCancel();
        return new Wait(
            () -> assertThrows(CancelledException.class, () -> Chan.unbuffered().receive(context)),
            context::cancel);
      }

      @Override
      boolean isForEverybody() {
        return true;
      }
    },
    SLEEP_UNDER_A_CONTEXT {
      @Override
      Wait make() {
        CancelContext context = Context.background().withCancel();
        return new Wait(
            () -> assertThrows(CancelledException.class, () -> sleep(ofHours(9), context)),
            context::cancel);
      }

      @Override
      boolean isForEverybody() {
        return true;
      }
    },
    CONTEXT {
      @Override
      Wait make() {
        CancelContext context = Context.background().withCancel();
        return new Wait(context.done()::receive, context::cancel);
      }

      @Override
      boolean isForEverybody() {
        return true;
      }
    },
    CONTEXT_BELOW {
      @Override
      Wait make() {
        CancelContext context = Context.background().withCancel();
        return new Wait(() -> select(context.withCancel().onDone()), context::cancel);
      }

      @Override
      boolean isForEverybody() {
        return true;
      }
    },
    MERGED_CONTEXT {
      @Override
      Wait make() {
        CancelContext context = Context.background().withCancel();
        return new Wait(
            () -> select(CancelContext.merged(Context.background().withCancel(), context).onDone()),
            context::cancel);
      }

      @Override
      boolean isForEverybody() {
        return true;
      }
    },
    MUTEX {
      @Override
      Wait make() {
        return locked(new Mutex(), false);
      }
    },
    MUTEX_IN_A_SELECT {
      @Override
      Wait make() {
        return locked(new Mutex(), true);
      }
    },
    WRITE_LOCK {
      @Override
      Wait make() {
        return locked(new RWMutex(), false);
      }
    },
    READ_LOCK {
      @Override
      Wait make() {
        RWMutex mutex = new RWMutex();
        assertTrue(mutex.tryLock());
        return new Wait(mutex.reading()::lock, mutex::unlock);
      }
    },
    SEMAPHORE {
      @Override
      Wait make() {
        Semaphore semaphore = new Semaphore(1);
        assertTrue(semaphore.tryAcquire());
        return new Wait(semaphore::acquire, semaphore::release);
      }
    },
    SEMAPHORE_IN_A_SELECT {
      @Override
      Wait make() {
        Semaphore semaphore = new Semaphore(1);
        assertTrue(semaphore.tryAcquire());
        return new Wait(() -> select(semaphore.onAcquire()), semaphore::release);
      }
    },
    WAIT_GROUP {
      @Override
      Wait make() {
        WaitGroup group = new WaitGroup();
        group.add(1);
        return new Wait(group::await, group::done);
      }
    },
    COND {
      @Override
      Wait make() {
        Mutex mutex = new Mutex();
        Cond cond = new Cond(mutex);
        return new Wait(
            () -> {
              mutex.lock();
              cond.await();
              mutex.unlock();
            },
            cond::signal);
      }
    },
    ONCE {
      @Override
      Wait make() {
        Chan<Integer> gate = Chan.unbuffered();
        Once once = new Once();
        go(() -> once.run(() -> pass(gate)));
        awaitReceiver(gate);
        return new Wait(() -> once.run(() -> pass(gate)), () -> gate.send(1));
      }
    },
    ONCE_VALUE {
      @Override
      Wait make() {
        Chan<Integer> gate = Chan.unbuffered();
        OnceValue<Integer> value =
            OnceValue.of(() -> {
              pass(gate);
              return 1;
            });
        go(() -> value.get());
        awaitReceiver(gate);
        return new Wait(value::get, () -> gate.send(1));
      }
    },
    JOIN {
      @Override
      Wait make() {
        Goroutine<?> goroutine = go(() -> Chan.unbuffered().receive());
        return new Wait(goroutine::join, goroutine::cancel);
      }

      @Override
      boolean isForEverybody() {
        return true;
      }
    },
    JOIN_IN_A_SELECT {
      @Override
      Wait make() {
        Goroutine<?> goroutine = go(() -> Chan.unbuffered().receive());
        return new Wait(() -> Select.of(goroutine.onJoin()).await(), goroutine::cancel);
      }

      @Override
      boolean isForEverybody() {
        return true;
      }
    },
    FLIGHT {
      @Override
      Wait make() {
        Chan<Integer> gate = Chan.unbuffered();
        SingleFlight.Call<Integer> call =
            new SingleFlight<String, Integer>().call("key", gate::receive);
        return new Wait(call::await, () -> gate.send(1));
      }
    },
    ERR_GROUP {
      @Override
      Wait make() throws InterruptedException {
        Chan<Integer> gate = Chan.unbuffered();
        TaskGroup<Void> group = new TaskGroup<>();
        group.go(() -> gate.receive());
        return new Wait(group::await, () -> gate.send(1));
      }
    },
    TIMER {
      @Override
      Wait make() {
        Timer timer = Timer.start(ofHours(9));
        timer.stop();
        return new Wait(timer::receive, () -> timer.reset(java.time.Duration.ZERO));
      }
    },
    FUTURE {
      @Override
      Wait make() {
        CompletableFuture<Integer> future = new CompletableFuture<>();
        return new Wait(() -> select(onComplete(future)), () -> future.complete(1));
      }

      @Override
      boolean isForEverybody() {
        return true;
      }

      @Override
      boolean isDurable(Side made) {
        return false;
      }
    },
    FUTURE_BESIDE_A_TIMER {
      @Override
      Wait make() {
        CompletableFuture<Integer> future = new CompletableFuture<>();
        return new Wait(
            () ->
                assertEquals(1, select(onComplete(future), Go.after(ofHours(9)).onReceive(_ -> 0))),
            () -> future.complete(1));
      }

      @Override
      boolean isForEverybody() {
        return true;
      }

      @Override
      boolean isDurable(Side made) {
        return false;
      }
    };

    private static Wait locked(Locker locker, boolean inASelect) {
      assertTrue(locker.tryLock());
      return new Wait(
          () -> {
            if (inASelect) {
              select(locker.onLock());
            } else {
              locker.lock();
            }
          },
          locker::unlock);
    }

    /** Makes the object, in a state in which one has to wait for it. */
    abstract Wait make() throws Exception;

    /** Whether any thread may make it ready; else, if it is the bubble's, that is refused. */
    boolean isForEverybody() {
      return false;
    }

    boolean isDurable(Side made) {
      return made == Side.INSIDE;
    }
  }

  static Stream<Arguments> all() {
    List<Arguments> all = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      for (Side made : Side.values()) {
        for (Side woken : Side.values()) {
          all.add(Arguments.of(kind, made, woken));
        }
      }
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("all")
  void timePassesDuringAWaitIfOnlyTheBubbleCanEndIt(Kind kind, Side made, Side woken)
      throws Exception {
    boolean durable = kind.isDurable(made);
    boolean refused = made == Side.INSIDE && woken == Side.OUTSIDE && !kind.isForEverybody();
    Wait outside = made == Side.OUTSIDE ? kind.make() : null;
    CompletableFuture<Wait> object = new CompletableFuture<>();
    CompletableFuture<Goroutine<?>> waiting = new CompletableFuture<>();
    CompletableFuture<Goroutine<?>> sleeping = new CompletableFuture<>();
    CountDownLatch observed = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    CountDownLatch slept = new CountDownLatch(1);
    long[] wokenAt = new long[1];
    Bubble bubble =
        new Bubble(() -> {
          Wait wait = outside != null ? outside : kind.make();
          object.complete(wait);
          Goroutine<?> waiter =
              go(() -> {
                wait.await();
                wokenAt[0] = nanoTime();
              });
          waiting.complete(waiter);
          observed.await(); // main is active, and time stands still
          if (durable || woken == Side.OUTSIDE) {
            Goroutine<?> sleeper =
                go(() -> {
                  sleep(ofHours(1));
                  slept.countDown();
                });
            sleeping.complete(sleeper);
            sleeper.join();
          }
          if (woken == Side.INSIDE) {
            wait.wake();
          } else if (durable) {
            done.await();
            if (refused) {
              wait.wake();
            }
          }
          waiter.join();
        });
    Wait wait = object.get();
    Routine waiter = (Routine) waiting.get();
    awaitBlocked(waiter);
    assertEquals(durable, waiter.member().parked);
    observed.countDown();
    if (woken == Side.OUTSIDE) {
      if (durable) {
        slept.await();
      } else {
        awaitBlocked((Routine) sleeping.get());
        assertEquals(0, bubble.clock.nanoTime());
      }
      assertTrue(waiter.isWaiting());
      if (refused) {
        assertThrows(IllegalStateException.class, wait::wake);
      } else {
        wait.wake();
      }
      done.countDown();
    }
    assertNull(bubble.end());
    assertEquals(durable ? HOUR : 0, wokenAt[0]);
    assertEquals(durable || woken == Side.OUTSIDE ? HOUR : 0, bubble.clock.nanoTime());
  }

  /** A bubble whose main goroutine runs beside the test. */
  private static final class Bubble {
    final BubbleClock clock = new BubbleClock();
    private final CompletableFuture<Stuck> ended = new CompletableFuture<>();

    Bubble(Task main) {
      Thread.ofPlatform()
          .daemon()
          .start(() -> {
            try {
              ended.complete(clock.run(main));
            } catch (Throwable e) {
              ended.completeExceptionally(e);
            }
          });
    }

    Stuck end() throws Exception {
      return ended.get();
    }
  }

  private static void awaitBlocked(Routine routine) {
    TestSupport.await(
        "the wait",
        () -> routine.isWaiting() && routine.thread().getState() == Thread.State.WAITING);
  }

  @Test
  void aGoroutineOfTheBubbleThatIsJoinedFromOutsideFirstIsStillTheBubbles() throws Exception {
    CompletableFuture<Goroutine<?>> inner = new CompletableFuture<>();
    CountDownLatch joined = new CountDownLatch(1);
    Bubble bubble =
        new Bubble(() -> {
          Goroutine<?> sleeper = go(() -> sleep(ofHours(1)));
          inner.complete(sleeper);
          joined.await();
          sleeper.join();
        });
    Goroutine<?> sleeper = inner.get();
    Goroutine<?> outsider = go(() -> sleeper.join());
    TestSupport.awaitBlocked(outsider, "Goroutine.join");
    joined.countDown();
    assertNull(bubble.end());
    assertEquals(HOUR, bubble.clock.nanoTime());
    outsider.join();
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {
        "RECEIVE_WITH_A_TIMEOUT",
        "SLEEP_UNDER_A_CONTEXT",
        "FUTURE",
        "FUTURE_BESIDE_A_TIMER"
      })
  void aWaitThatOnlyTheBubbleCouldEndIsADeadlock(Kind kind) throws Exception {
    assertNotNull(new BubbleClock().run(() -> kind.make().await()));
  }

  @Test
  void aFlightBelongsToTheBubbleThatStartsIt() throws Exception {
    SingleFlight<String, Long> flights = new SingleFlight<>();
    BubbleClock bubble = new BubbleClock();
    assertNull(
        bubble.run(() -> {
          Task lookUp =
              () ->
                  assertEquals(
                      HOUR,
                      flights
                          .run(
                              "key",
                              () -> {
                                sleep(ofHours(1));
                                return nanoTime();
                              })
                          .value());
          Goroutine<?> first = go(lookUp);
          bubble.settle();
          lookUp.run();
          first.join();
        }));
  }

  @Test
  void theLimitOfAGroupBelongsWhereTheGroupDoes() throws Exception {
    TaskGroup<Void> group = new TaskGroup<>();
    Chan<Integer> gate = Chan.unbuffered();
    CompletableFuture<Goroutine<?>> waiting = new CompletableFuture<>();
    Bubble bubble =
        new Bubble(() -> {
          group.limit(1);
          group.go(() -> gate.receive());
          Goroutine<?> second = go(() -> group.go(() -> {}));
          waiting.complete(second);
          second.join();
        });
    Routine second = (Routine) waiting.get();
    awaitBlocked(second);
    assertFalse(second.member().parked);
    gate.send(1);
    assertNull(bubble.end());
    group.go(() -> {}); // and can be used from outside
    group.await();
  }

  @Test
  void aRaceOrAProgramInABubbleIsTheBubbles() throws Exception {
    BubbleClock bubble = new BubbleClock();
    assertNull(
        bubble.run(() -> {
          Race.race(
              () -> {
                sleep(ofHours(1));
                return 1;
              },
              () -> {
                sleep(ofHours(2));
                return 2;
              });
          assertEquals(HOUR, nanoTime());
          Go.run(() -> sleep(ofHours(1)));
          assertEquals(2 * HOUR, nanoTime());
        }));
  }

  /** A goroutine that has ended can be joined from either side. */
  @Test
  void endsThatHaveComeAreSeenOnBothSides() throws Exception {
    Goroutine<?> outer = go(() -> {});
    outer.join();
    Goroutine<?>[] inner = new Goroutine<?>[1];
    assertNull(
        new BubbleClock()
            .run(() -> {
              outer.join();
              select(outer.onJoin());
              inner[0] = go(() -> {});
              inner[0].join();
            }));
    inner[0].join();
    assertNotNull(select(inner[0].onJoin(_ -> "ended")));
  }

  /** A static field is initialised in whichever bubble first uses its class. */
  @Test
  void whatABubbleLeavesBehindBelongsToWhoeverUsesItNext() throws Exception {
    Mutex[] mutex = new Mutex[1];
    Once[] once = new Once[1];
    List<Chan<Integer>> channel = new ArrayList<>();
    Timer[] timer = new Timer[1];
    assertNull(
        new BubbleClock()
            .run(() -> {
              mutex[0] = new Mutex();
              once[0] = new Once();
              once[0].run(() -> mutex[0].lockUninterruptibly());
              mutex[0].unlock();
              channel.add(Chan.unbuffered());
              timer[0] = Timer.start(ofHours(2));
            }));
    BubbleClock next = new BubbleClock();
    assertNull(
        next.run(() -> {
          mutex[0].lock();
          go(() -> {
            sleep(ofHours(1));
            mutex[0].unlock();
          });
          mutex[0].lock(); // durable here, as in the bubble that made it
          mutex[0].unlock();
          assertEquals(HOUR, nanoTime());
          once[0].run(() -> fail("a second time"));
          go(() -> channel.getFirst().send(1));
          assertEquals(1, channel.getFirst().receive());
        }));
    mutex[0].lock();
    mutex[0].unlock();
    assertThrows(IllegalStateException.class, timer[0]::stop, "its clock has stopped");
  }

  @Test
  void whatABubbleThatFailedLeavesBehindIsRefused() throws Exception {
    Mutex[] mutex = new Mutex[1];
    assertNotNull(
        new BubbleClock()
            .run(() -> {
              mutex[0] = new Mutex();
              mutex[0].lock();
              mutex[0].lock();
            }));
    assertThrows(IllegalStateException.class, mutex[0]::tryLock);
  }

  @Test
  void timeStandsStillWhileATaskMayStartAfterTheEndOfAContextFromOutside() throws Exception {
    CancelContext context = Context.background().withCancel();
    CompletableFuture<Goroutine<?>> sleeping = new CompletableFuture<>();
    CompletableFuture<Long> ranAt = new CompletableFuture<>();
    Bubble bubble =
        new Bubble(() -> {
          context.afterFunc(() -> ranAt.complete(nanoTime()));
          Goroutine<?> sleeper = go(() -> sleep(ofHours(1)));
          sleeping.complete(sleeper);
          sleeper.join();
        });
    awaitBlocked((Routine) sleeping.get());
    assertEquals(0, bubble.clock.nanoTime());
    context.cancel();
    assertNull(bubble.end());
    assertEquals(0, ranAt.get());
    assertEquals(HOUR, bubble.clock.nanoTime());
  }

  @Test
  void timePassesAgainOnceTheTaskIsStopped() throws Exception {
    try (CancelContext context = Context.background().withCancel()) {
      BubbleClock bubble = new BubbleClock();
      assertNull(
          bubble.run(() -> {
            AfterFunc late = context.afterFunc(() -> fail("stopped"));
            assertTrue(late.stop());
            assertFalse(late.stop());
            sleep(ofHours(1));
            assertEquals(HOUR, nanoTime());
            Context.todo().afterFunc(() -> fail("never done"));
            sleep(ofHours(1));
          }));
    }
  }
}

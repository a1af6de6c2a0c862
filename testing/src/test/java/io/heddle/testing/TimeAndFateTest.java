package io.heddle.testing;

import static io.heddle.Go.go;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.AfterFunc;
import io.heddle.CancelContext;
import io.heddle.CancelledException;
import io.heddle.Chan;
import io.heddle.Cond;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.DeadlineExceededException;
import io.heddle.Go;
import io.heddle.Mutex;
import io.heddle.OnceValue;
import io.heddle.Race;
import io.heddle.Task;
import io.heddle.TaskGroup;
import io.heddle.Ticker;
import io.heddle.Timer;
import io.heddle.WaitGroup;
import io.heddle.rate.RateLimiter;
import io.heddle.rate.Reservation;
import io.heddle.rate.Sometimes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Operations that end others or depend on time, against sequential specifications, under many
 * schedules. {@link PrimitivesTest} and {@link StagesTest} have the rest.
 */
@Timeout(120)
final class TimeAndFateTest {
  private static final int SEEDS = 1000;
  private static final Duration SECOND = Duration.ofSeconds(1);

  @Test
  @Explored(schedules = SEEDS)
  void aContextEndsOnceAndForAllBelowIt() throws Exception {
    CancelContext above = Context.background().withCancel();
    CancelContext below = above.withCancel();
    Exception mine = new Exception("mine");
    Exception yours = new Exception("yours");
    List<Throwable> seen = new ArrayList<>();
    WaitGroup group = new WaitGroup();
    group.go(() -> above.cancel(mine));
    group.go(() -> above.cancel(yours));
    group.go(() -> {
      below.done().receive();
      seen.add(below.cause());
      assertTrue(above.isDone(), "a child cannot end before its parent here");
    });
    group.await();
    assertTrue(List.of(mine, yours).contains(above.cause())); // exceptions have identity
    assertEquals(List.of(above.cause()), seen);
    assertSame(above.cause(), below.cause());
    assertTrue(above.error() instanceof CancelledException);
  }

  @Test
  @Explored(schedules = SEEDS)
  void aChildThatIsMadeWhileItsParentEndsEndsToo() throws Exception {
    CancelContext above = Context.background().withCancel();
    go(() -> above.cancel());
    CancelContext below = above.withCancel();
    below.done().receive();
    assertNotNull(below.error());
  }

  @Test
  @Explored(schedules = SEEDS)
  void aCancellationAndADeadlineAtOneTimeAreOneEnd() throws Exception {
    try (CancelContext context = Context.background().withTimeout(SECOND)) {
      WaitGroup group = new WaitGroup();
      group.go(() -> {
        Go.sleep(SECOND);
        context.cancel();
      });
      List<ContextException> errors = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        group.go(() -> {
          context.done().receive();
          errors.add(context.error());
        });
      }
      group.await();
      assertSame(errors.get(0), errors.get(1));
      assertTrue(
          errors.get(0) instanceof CancelledException
              || errors.get(0) instanceof DeadlineExceededException);
    }
  }

  @Test
  @Explored(schedules = SEEDS)
  void whatFollowsAContextRunsOnceOrIsStopped() throws Exception {
    CancelContext context = Context.background().withCancel();
    int[] runs = new int[1];
    AfterFunc stop = context.afterFunc(() -> runs[0]++);
    boolean[] stopped = new boolean[1];
    WaitGroup group = new WaitGroup();
    group.go(context::cancel);
    group.go(() -> stopped[0] = stop.stop());
    group.await();
    Bubble.settle();
    assertEquals(stopped[0] ? 0 : 1, runs[0]);
  }

  @Test
  @Explored(schedules = SEEDS)
  void aGoroutineIsInterruptedByItsContextAtMostOnce() throws Exception {
    CancelContext context = Context.background().withCancel();
    int[] told = new int[1];
    WaitGroup started = new WaitGroup();
    var worker =
        go(
            context,
            () -> {
              try {
                Chan.never().receive(context);
              } catch (InterruptedException | ContextException e) {
                told[0]++;
              }
              Go.sleep(SECOND); // its cleaning up, which must not be disturbed
              told[0]++;
            });
    started.go(context::cancel);
    worker.join();
    assertEquals(2, told[0]);
    assertNull(worker.failure());
  }

  @Test
  @Explored(schedules = SEEDS)
  void aRaceHasOneWinnerAndWaitsForTheLosers() throws Exception {
    int[] running = new int[1];
    int winner =
        Race.race(
            () -> runner(running, 1), //
            () -> runner(running, 2), //
            () -> {
              throw new IllegalStateException("loses");
            });
    assertTrue(winner == 1 || winner == 2);
    Bubble.settle();
    assertEquals(0, running[0]);
  }

  private static int runner(int[] running, int number) throws InterruptedException {
    running[0]++;
    try {
      Go.sleep(SECOND);
      return number;
    } finally {
      running[0]--;
    }
  }

  @Test
  @Explored(schedules = SEEDS)
  void theFirstErrorOfAGroupIsItsErrorAndEndsTheOthers() throws Exception {
    TaskGroup<Void> group = new TaskGroup<>(Context.background());
    List<Exception> thrown = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Exception own = new Exception("error " + i);
      group.go(() -> {
        thrown.add(own);
        throw own;
      });
    }
    group.go(() -> group.context().done().receive());
    ExecutionException error = assertThrows(ExecutionException.class, group::await);
    assertTrue(thrown.contains(error.getCause()));
    assertSame(error.getCause(), group.context().cause());
  }

  @Test
  @Explored(schedules = SEEDS)
  void aWaitGroupLetsAllGoWhenTheLastIsDone() throws Exception {
    WaitGroup group = new WaitGroup();
    int[] done = new int[1];
    group.add(2);
    WaitGroup waiters = new WaitGroup();
    for (int i = 0; i < 2; i++) {
      waiters.go(() -> {
        group.await();
        assertEquals(2, done[0]);
      });
      go(() -> {
        done[0]++;
        group.done();
      });
    }
    waiters.await();
  }

  @Test
  @Explored(schedules = SEEDS)
  void aSignalWakesOneAndABroadcastAllWhoWaitedBefore() throws Exception {
    Mutex mutex = new Mutex();
    Cond cond = new Cond(mutex);
    int[] woken = new int[1];
    for (int i = 0; i < 3; i++) {
      go(() -> {
        mutex.lock();
        cond.await();
        woken[0]++;
        mutex.unlock();
      });
    }
    Bubble.settle();
    cond.signal();
    Bubble.settle();
    assertEquals(1, woken[0]);
    cond.broadcast();
    Bubble.settle();
    assertEquals(3, woken[0]);
    cond.signal(); // without a waiter it is lost
    mutex.lock();
    assertThrows(TimeoutException.class, () -> cond.await(SECOND));
    mutex.unlock();
  }

  @Test
  @Explored(schedules = SEEDS)
  void aValueIsComputedOnceAndEverybodyGetsIt() throws Exception {
    int[] runs = new int[1];
    OnceValue<Integer> value =
        OnceValue.of(() -> {
          Go.gosched();
          return ++runs[0];
        });
    WaitGroup group = new WaitGroup();
    for (int i = 0; i < 3; i++) {
      group.go(() -> assertEquals(1, value.get()));
    }
    group.await();
  }

  @Test
  @Explored(schedules = SEEDS)
  void aTimerYieldsOnceUnlessItIsStopped() throws Exception {
    Timer timer = Timer.start(SECOND);
    boolean[] stopped = new boolean[1];
    int[] received = new int[1];
    WaitGroup group = new WaitGroup();
    group.go(() -> {
      Go.sleep(SECOND);
      stopped[0] = timer.stop();
    });
    for (int i = 0; i < 2; i++) {
      group.go(() -> {
        try {
          timer.receive(Duration.ofSeconds(2));
          received[0]++;
        } catch (TimeoutException e) {
          // it was stopped, or the other had it
        }
      });
    }
    group.await();
    assertEquals(stopped[0] ? 0 : 1, received[0], () -> "stopped: " + stopped[0]);
    assertNull(timer.tryReceive());
  }

  @Test
  @Explored(schedules = SEEDS)
  void aCallThatIsDueRunsOnceOrIsStopped() throws Exception {
    int[] runs = new int[1];
    AfterFunc.Timed call = Go.afterFunc(SECOND, () -> runs[0]++);
    Go.sleep(SECOND);
    boolean stopped = call.stop();
    Bubble.settle();
    assertEquals(stopped ? 0 : 1, runs[0]);
  }

  @Test
  @Explored(schedules = SEEDS)
  void aTickerYieldsEachTickToOneReceiverAndNoneTwice() throws Exception {
    Ticker ticker = Ticker.start(SECOND);
    Instant start = Go.now();
    List<Duration> ticks = new ArrayList<>();
    WaitGroup group = new WaitGroup();
    for (int i = 0; i < 2; i++) {
      group.go(() -> {
        for (int tick = 0; tick < 2; tick++) {
          Instant at = ticker.receive();
          ticks.add(Duration.between(start, at));
        }
      });
    }
    group.await();
    ticker.stop();
    assertEquals(List.of(1L, 2L, 3L, 4L), ticks.stream().map(Duration::toSeconds).toList());
  }

  @Test
  @Explored(schedules = SEEDS)
  void aLimiterNeverGivesMoreThanItsBurstAndItsRate() throws Exception {
    limiter().run();
  }

  /** Five times one token, from two at once and one more each second. */
  private static Task limiter() {
    return () -> {
      RateLimiter limiter = RateLimiter.perSecond(1, 2);
      Instant start = Go.now();
      List<Long> seconds = new ArrayList<>();
      WaitGroup group = new WaitGroup();
      for (int i = 0; i < 5; i++) {
        boolean gives = i == 4;
        group.go(() -> {
          if (gives) {
            try (CancelContext context = Context.background().withCancel()) {
              go(() -> context.cancel());
              limiter.acquire(context);
            } catch (ContextException e) {
              return; // and its token comes back
            }
          } else {
            limiter.acquire();
          }
          seconds.add(Duration.between(start, Go.now()).plusMillis(1).toSeconds());
        });
      }
      group.await();
      seconds.sort(null);
      for (int i = 0; i < seconds.size(); i++) {
        assertTrue(seconds.get(i) >= Math.max(0, i - 1), () -> "too soon: " + seconds);
      }
      assertTrue(seconds.size() >= 4, seconds::toString);
    };
  }

  @Test
  @Explored(schedules = SEEDS)
  void reservationsKeepTheirDistanceWhicheverIsGivenBack() throws Exception {
    RateLimiter limiter = RateLimiter.perSecond(1, 1);
    Instant start = Go.now();
    List<Long> seconds = new ArrayList<>();
    WaitGroup group = new WaitGroup();
    for (int i = 0; i < 3; i++) {
      boolean gives = i == 2;
      group.go(() -> {
        Reservation slot = limiter.reserve();
        if (gives) {
          slot.cancel();
        } else {
          select(slot.onReady());
          seconds.add(Duration.between(start, Go.now()).plusMillis(1).toSeconds());
        }
      });
    }
    group.await();
    seconds.sort(null);
    assertTrue(seconds.get(0) < seconds.get(1), seconds::toString);
    assertTrue(seconds.get(1) <= 2, seconds::toString);
  }

  @Test
  @Explored(schedules = SEEDS)
  void whatIsDoneSometimesIsDoneAsOftenAsTheRulesSay() throws Exception {
    Sometimes sometimes = new Sometimes().first(2).every(4).interval(SECOND);
    int[] runs = new int[1];
    WaitGroup group = new WaitGroup();
    for (int i = 0; i < 3; i++) {
      group.go(() -> {
        for (int call = 0; call < 2; call++) {
          Go.gosched();
          sometimes.run(() -> {
            Go.gosched(); // others may call meanwhile, and are not kept waiting
            runs[0]++;
          });
        }
      });
    }
    group.await();
    assertEquals(3, runs[0]); // the first two of six calls, and the fifth
    for (int i = 0; i < 2; i++) {
      Go.sleep(SECOND);
      group.go(() -> sometimes.run(() -> runs[0]++));
      group.go(() -> sometimes.run(() -> runs[0]++));
      group.await();
      assertEquals(4 + i, runs[0]); // one of the two, though the second time also by its number
    }
  }

  /**
   * Looks whether a context is done, and only then waits: the mutant of {@code receive(context)}.
   */
  private static void careless(Chan<Integer> values, Context context) throws InterruptedException {
    if (!context.isDone()) {
      Go.gosched();
      values.receive();
    }
  }

  @Test
  void aWaitThatForgetsItsContextIsFound() throws Exception {
    ExplorationError error =
        Explore.schedules(10_000)
            .search(() -> {
              CancelContext context = Context.background().withCancel();
              go(() -> context.cancel());
              careless(Chan.unbuffered(), context);
            })
            .error();
    assertNotNull(error);
    assertTrue(error.getMessage().startsWith("deadlock"), error.getMessage());
  }
}

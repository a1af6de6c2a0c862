package io.heddle.evidence.soak;

import io.heddle.AfterFunc;
import io.heddle.CancelContext;
import io.heddle.CancelledException;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.OnceValue;
import io.heddle.Race;
import io.heddle.SingleFlight;
import io.heddle.TaskGroup;
import io.heddle.Ticker;
import io.heddle.Timer;
import io.heddle.WaitGroup;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Goroutines start goroutines, contexts end, timers go off or are stopped. The laws: every
 * goroutine that was started ends, a timed function runs or was stopped and never both, a once
 * happens once, and each context that has ended says why.
 */
final class Nursery implements Station {
  private final AtomicLong started = new AtomicLong();
  private final AtomicLong ended = new AtomicLong();
  private final AtomicLong timersSet = new AtomicLong();
  private final AtomicLong timersStopped = new AtomicLong();
  private final AtomicLong timersRun = new AtomicLong();
  private final SingleFlight<Integer, Integer> flights = new SingleFlight<>();
  private final LongAdder done = new LongAdder();

  @Override
  public void open(Shift shift) {
    for (int i = 0; i < 3; i++) {
      shift.worker(this::tree);
      shift.worker(random -> taskGroup(shift.context(), random));
      shift.worker(this::afterFunc);
      shift.worker(this::timers);
      shift.worker(random -> contexts(shift.context(), random));
      shift.worker(this::once);
    }
  }

  private void tree(SplittableRandom random) throws InterruptedException {
    int width = random.nextInt(1, 6);
    AtomicInteger leaves = new AtomicInteger();
    WaitGroup all = new WaitGroup();
    for (int i = 0; i < width; i++) {
      start(
          all,
          () -> {
            WaitGroup below = new WaitGroup();
            for (int j = 0; j < width; j++) {
              start(below, leaves::incrementAndGet);
            }
            below.await();
          });
    }
    while (true) {
      try {
        all.await();
        break;
      } catch (InterruptedException e) {
        // They have to be waited for: who interrupts does so once.
      }
    }
    Station.require(leaves.get() == width * width, "%d leaves of %d", leaves.get(), width * width);
    done.increment();
  }

  private void start(WaitGroup group, io.heddle.Task task) {
    started.incrementAndGet();
    group.go(() -> {
      try {
        task.run();
      } finally {
        ended.incrementAndGet();
      }
    });
  }

  private void taskGroup(Context context, SplittableRandom random) throws Exception {
    boolean fails = random.nextBoolean();
    try (TaskGroup<Integer> group = new TaskGroup<Integer>(context).limit(3)) {
      for (int i = 0; i < 5; i++) {
        int index = i;
        group.go(() -> {
          if (fails && index == 2) {
            throw new java.io.IOException("on purpose");
          }
          return index;
        });
      }
      List<Integer> results = group.await();
      Station.require(!fails, "a failure was not told");
      Station.require(results.equals(List.of(0, 1, 2, 3, 4)), "not the results: %s", results);
    } catch (ExecutionException e) {
      Station.require(fails, "a failure that was none: %s", e.getCause());
    } catch (ContextException e) {
      Station.require(context.error() != null, "an end that was none: %s", e);
    }
    done.increment();
  }

  private void afterFunc(SplittableRandom random) throws InterruptedException {
    timersSet.incrementAndGet();
    AfterFunc timer =
        Go.afterFunc(Duration.ofNanos(random.nextInt(500_000)), timersRun::incrementAndGet);
    if (random.nextBoolean()) {
      try {
        Go.sleep(Duration.ofNanos(random.nextInt(500_000)));
      } finally {
        if (timer.stop()) {
          timersStopped.incrementAndGet();
        }
      }
    }
  }

  private void timers(SplittableRandom random) throws InterruptedException {
    Ticker ticker = Ticker.start(Duration.ofNanos(50_000 + random.nextInt(200_000)));
    try {
      for (int i = 0; i < 3; i++) {
        Station.require(ticker.receive() != null, "a ticker was closed");
      }
    } finally {
      ticker.stop();
    }
    long before = System.nanoTime();
    int delay = random.nextInt(300_000);
    Timer timer = Timer.start(Duration.ofDays(1));
    Station.require(timer.reset(Duration.ofNanos(delay)), "a timer of a day has expired");
    timer.receive();
    Station.require(System.nanoTime() - before >= delay, "a timer went off early");
    Station.require(!timer.stop(), "a timer that has yielded could be stopped");
    done.increment();
  }

  private void contexts(Context context, SplittableRandom random) throws InterruptedException {
    AtomicBoolean told = new AtomicBoolean();
    try (CancelContext child = context.withTimeout(Duration.ofNanos(random.nextInt(300_000)))) {
      CancelContext grandchild = child.withCancel();
      child.afterFunc(() -> told.set(true));
      if (random.nextBoolean()) {
        grandchild.cancel();
        Station.require(grandchild.error() != null, "a cancelled context is not done");
      } else {
        grandchild.done().receive();
        Station.require(child.error() != null, "a context ended before its parent");
      }
    }
    done.increment();
  }

  private void once(SplittableRandom random) throws Exception {
    AtomicInteger calls = new AtomicInteger();
    OnceValue<Integer> value = OnceValue.of(calls::incrementAndGet);
    WaitGroup group = new WaitGroup();
    for (int i = 0; i < 4; i++) {
      start(group, () -> Station.require(value.get() == 1, "a once happened again"));
    }
    try {
      int key = random.nextInt(3);
      int flight = flights.run(key, () -> key * 7).value();
      Station.require(flight == key * 7, "%d came from the flight of %d", flight, key);
      int winner = Race.race(() -> 1, () -> 2);
      Station.require(winner == 1 || winner == 2, "%d won", winner);
    } catch (ExecutionException e) {
      // A random interrupt may hit a goroutine that runs on behalf of others.
      Station.require(
          e.getCause() instanceof InterruptedException
              || e.getCause() instanceof CancelledException,
          "a computation failed: %s",
          e.getCause());
    }
    while (true) {
      try {
        group.await();
        break;
      } catch (InterruptedException e) {
        // as above
      }
    }
    done.increment();
  }

  @Override
  public void close() {
    // An interrupt may end a step before the goroutines that it started, which end by themselves.
    long patience = System.nanoTime() + 60_000_000_000L;
    while (!isAtRest() && System.nanoTime() < patience) {
      Go.gosched();
    }
    Station.require(
        isAtRest(),
        "%d goroutines started, %d ended; %d functions were set, %d stopped, %d ran",
        started.get(),
        ended.get(),
        timersSet.get(),
        timersStopped.get(),
        timersRun.get());
  }

  private boolean isAtRest() {
    return started.get() == ended.get() && timersSet.get() == timersStopped.get() + timersRun.get();
  }

  @Override
  public long done() {
    return done.sum();
  }
}

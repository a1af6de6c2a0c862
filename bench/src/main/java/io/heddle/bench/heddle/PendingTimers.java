package io.heddle.bench.heddle;

import static io.heddle.Go.afterFunc;
import static io.heddle.Go.gosched;

import io.heddle.AfterFunc;
import io.heddle.Chan;
import io.heddle.WaitGroup;
import io.heddle.bench.peer.Peer.Resident;
import io.heddle.bench.peer.TimerFigures;
import io.heddle.bench.peer.TimerFigures.Lateness;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** Many timers pending at once: see {@link TimerFigures}. */
final class PendingTimers {
  private static final int SAMPLES = 1_000;
  private static final long MILLI = 1_000_000;
  private static final long WORK_NANOS = 100_000;

  private final int procs = Runtime.getRuntime().availableProcessors();
  private final int part;
  private final AfterFunc.Timed[] timers;

  private PendingTimers(int timers) {
    this.part = timers / procs;
    this.timers = new AfterFunc.Timed[part * procs];
  }

  /** Runs in a goroutine. */
  static TimerFigures measure(int timers, Resident resident) throws Exception {
    return new PendingTimers(timers).measure(resident);
  }

  private TimerFigures measure(Resident resident) throws Exception {
    long before = resident.bytes();
    long starting = each((i, delay) -> timers[i] = afterFunc(delay, () -> {}));
    long resetting = each((i, delay) -> timers[i].reset(delay));
    long bytes = (resident.bytes() - before) / timers.length;
    Lateness idle = lateness();
    AtomicBoolean stopped = new AtomicBoolean();
    WaitGroup load = fullLoad(stopped);
    Lateness busy = lateness();
    stopped.set(true);
    load.await();
    long stopping =
        each((i, _) -> {
          if (!timers[i].stop()) {
            throw new IllegalStateException("a timer has fired too early");
          }
        });
    return new TimerFigures(starting, resetting, stopping, fireAll(), bytes, idle, busy);
  }

  private interface Body {
    void run(int i, Duration delay);
  }

  /** The nanoseconds per timer. */
  private long each(Body body) throws InterruptedException {
    long start = System.nanoTime();
    Times.inEachProcessor(
        procs,
        p -> {
          long random = p + 1L;
          for (int i = p * part; i < (p + 1) * part; i++) {
            random = random * 6364136223846793005L + 1442695040888963407L;
            body.run(i, Duration.ofHours(1).plusNanos((random >>> 33) * 1_000));
          }
        });
    return (System.nanoTime() - start) / timers.length;
  }

  /** All timers fire at the same moment. */
  private long fireAll() throws InterruptedException {
    long due = System.nanoTime() + 500 * MILLI + timers.length * 4_000L;
    WaitGroup fired = new WaitGroup();
    fired.add(timers.length);
    each((i, _) -> timers[i] = afterFunc(Duration.ofNanos(due - System.nanoTime()), fired::done));
    if (System.nanoTime() - due > 0) {
      throw new IllegalStateException("the timers took too long to start");
    }
    fired.await();
    return (System.nanoTime() - due) / timers.length;
  }

  /** Lets timers fire, one per millisecond. */
  private static Lateness lateness() throws InterruptedException {
    long[] late = new long[SAMPLES];
    WaitGroup fired = new WaitGroup();
    fired.add(SAMPLES);
    long start = System.nanoTime();
    for (int i = 0; i < SAMPLES; i++) {
      int mine = i;
      long due = start + (10 + i) * MILLI;
      afterFunc(
          Duration.ofNanos(due - System.nanoTime()),
          () -> {
            late[mine] = System.nanoTime() - due;
            fired.done();
          });
    }
    fired.await();
    return Lateness.of(late);
  }

  /**
   * Goroutines that compute and goroutines that communicate, for every processor. They end by
   * themselves unless they are stopped: on the JDK's scheduler, goroutines that are started from
   * outside do not run in the meantime.
   */
  private WaitGroup fullLoad(AtomicBoolean stopped) {
    long end = System.nanoTime() + 5_000 * MILLI;
    WaitGroup load = new WaitGroup();
    for (int p = 0; p < procs; p++) {
      load.go(() -> {
        while (!stopped.get() && System.nanoTime() - end < 0) {
          Goroutines.spin(WORK_NANOS);
          gosched();
        }
      });
      Chan<Integer> c = Chan.unbuffered();
      load.go(() -> {
        while (!stopped.get() && System.nanoTime() - end < 0) {
          c.send(1);
        }
        c.close();
      });
      load.go(() -> {
        while (c.receive() != null) {}
      });
    }
    return load;
  }
}

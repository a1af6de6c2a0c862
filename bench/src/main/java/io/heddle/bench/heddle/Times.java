package io.heddle.bench.heddle;

import static io.heddle.Go.after;
import static io.heddle.Go.afterFunc;
import static io.heddle.Go.go;
import static io.heddle.Go.sleep;

import io.heddle.AfterFunc;
import io.heddle.Chan;
import io.heddle.Ticker;
import io.heddle.Timer;
import io.heddle.WaitGroup;
import io.heddle.bench.peer.Round;
import io.heddle.bench.peer.Workloads;
import java.time.Duration;

/** The benchmarks of Go's {@code time}: all with many timers pending. */
final class Times {
  private Times() {}

  private static final int PENDING_FOR_EACH_PROCESSOR = 1 << 15;
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration NANO = Duration.ofNanos(1);
  private static final Duration TWO_NANOS = Duration.ofNanos(2);

  static void addTo(Workloads workloads) {
    add(workloads, "AfterFunc1000", Times::afterFuncChain);
    add(workloads, "After", Times::afterNano);
    add(workloads, "Stop/chan", Times::stopChan);
    add(workloads, "Stop/func", Times::stopFunc);
    add(workloads, "SimultaneousAfterFunc1000", Times::simultaneous);
    add(workloads, "StartStop1000", Times::startStop);
    add(workloads, "Reset/chan", Times::resetChan);
    add(workloads, "Reset/func", Times::resetFunc);
    add(workloads, "Sleep1000", Times::sleeping);
    add(workloads, "AdjustTimers10000", Times::adjust);
    add(workloads, "Ticker", Times::ticker);
    add(workloads, "TickerReset", Times::tickerReset);
    add(workloads, "TickerResetNaive", Times::tickerResetNaive);
  }

  /** The code of one of several goroutines. */
  interface Part {
    void run(int p) throws Exception;
  }

  /** Starts one goroutine per processor, each with its own timers. */
  static void inEachProcessor(int procs, Part part) throws InterruptedException {
    WaitGroup group = new WaitGroup();
    for (int p = 0; p < procs; p++) {
      int mine = p;
      group.go(() -> part.run(mine));
    }
    group.await();
  }

  private static void add(Workloads workloads, String name, Workloads.Body body) {
    workloads.add(
        name,
        r -> {
          int part = PENDING_FOR_EACH_PROCESSOR;
          AfterFunc.Timed[] pending = new AfterFunc.Timed[part * r.procs()];
          inEachProcessor(
              r.procs(),
              p -> {
                for (int i = p * part; i < (p + 1) * part; i++) {
                  pending[i] = afterFunc(HOUR, () -> {});
                }
              });
          r.resetTimer();
          body.run(r);
          r.stopTimer();
          for (AfterFunc.Timed one : pending) {
            one.stop();
          }
        });
  }

  private static void afterFuncChain(Round r) throws Exception {
    r.runParallel(share -> {
      while (share.next()) {
        Chan<Boolean> done = Chan.unbuffered();
        Chain chain = new Chain(1_000, done);
        afterFunc(Duration.ZERO, chain::step);
        done.receive();
      }
    });
  }

  /** Each step starts the next. */
  private static final class Chain {
    private final Chan<Boolean> done;
    private int left;

    Chain(int left, Chan<Boolean> done) {
      this.left = left;
      this.done = done;
    }

    void step() throws InterruptedException {
      if (--left >= 0) {
        afterFunc(Duration.ZERO, this::step);
      } else {
        done.send(true);
      }
    }
  }

  private static void afterNano(Round r) throws Exception {
    r.runParallel(share -> {
      while (share.next()) {
        after(NANO).receive();
      }
    });
  }

  private static void stopChan(Round r) throws Exception {
    Duration second = Duration.ofSeconds(1);
    r.runParallel(share -> {
      while (share.next()) {
        Timer.start(second).stop();
      }
    });
  }

  private static void stopFunc(Round r) throws Exception {
    Duration second = Duration.ofSeconds(1);
    r.runParallel(share -> {
      while (share.next()) {
        afterFunc(second, () -> {}).stop();
      }
    });
  }

  private static void simultaneous(Round r) throws Exception {
    r.runParallel(share -> {
      while (share.next()) {
        WaitGroup group = new WaitGroup();
        group.add(1_000);
        for (int i = 0; i < 1_000; i++) {
          afterFunc(Duration.ZERO, group::done);
        }
        group.await();
      }
    });
  }

  private static void startStop(Round r) throws Exception {
    r.runParallel(share -> {
      while (share.next()) {
        AfterFunc.Timed[] timers = new AfterFunc.Timed[1_000];
        for (int i = 0; i < timers.length; i++) {
          timers[i] = afterFunc(HOUR, () -> {});
        }
        for (AfterFunc.Timed timer : timers) {
          timer.stop();
        }
      }
    });
  }

  private static void resetChan(Round r) throws Exception {
    r.runParallel(share -> {
      Timer timer = Timer.start(HOUR);
      while (share.next()) {
        timer.reset(HOUR);
      }
      timer.stop();
    });
  }

  private static void resetFunc(Round r) throws Exception {
    r.runParallel(share -> {
      AfterFunc.Timed timer = afterFunc(HOUR, () -> {});
      while (share.next()) {
        timer.reset(HOUR);
      }
      timer.stop();
    });
  }

  private static void sleeping(Round r) throws Exception {
    r.runParallel(share -> {
      while (share.next()) {
        WaitGroup group = new WaitGroup();
        group.add(1_000);
        for (int i = 0; i < 1_000; i++) {
          go(() -> {
            sleep(NANO);
            group.done();
          });
        }
        group.await();
      }
    });
  }

  private static void adjust(Round r) throws Exception {
    r.runParallel(share -> {
      while (share.next()) {
        AfterFunc.Timed[] timers = new AfterFunc.Timed[10_000];
        for (int i = 0; i < timers.length; i++) {
          timers[i] = afterFunc(HOUR, () -> {});
        }
        timers[timers.length - 1].reset(NANO);
        sleep(Duration.ofNanos(1_000));
        for (AfterFunc.Timed timer : timers) {
          timer.stop();
        }
      }
    });
  }

  private static void ticker(Round r) throws Exception {
    r.runParallel(share -> {
      Ticker ticker = Ticker.start(NANO);
      while (share.next()) {
        ticker.receive();
      }
      ticker.stop();
    });
  }

  private static void tickerReset(Round r) throws Exception {
    r.runParallel(share -> {
      Ticker ticker = Ticker.start(NANO);
      while (share.next()) {
        ticker.reset(TWO_NANOS);
      }
      ticker.stop();
    });
  }

  private static void tickerResetNaive(Round r) throws Exception {
    r.runParallel(share -> {
      Ticker ticker = Ticker.start(NANO);
      while (share.next()) {
        ticker.stop();
        ticker = Ticker.start(TWO_NANOS);
      }
      ticker.stop();
    });
  }
}

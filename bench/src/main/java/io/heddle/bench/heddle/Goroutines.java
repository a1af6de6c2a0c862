package io.heddle.bench.heddle;

import static io.heddle.Go.go;

import io.heddle.Chan;
import io.heddle.WaitGroup;
import io.heddle.bench.peer.Round;
import io.heddle.bench.peer.Work;
import io.heddle.bench.peer.Workloads;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The goroutine benchmarks of Go's runtime. */
final class Goroutines {
  private Goroutines() {}

  private static final int[] WAKE_UP_DELAYS_MICROS = {0, 1, 2, 5, 10, 20, 50, 100};

  static void addTo(Workloads workloads) {
    workloads
        .add("CreateGoroutines", r -> create(r, 1))
        .add("CreateGoroutinesParallel", r -> create(r, r.procs()))
        .add("CreateGoroutinesCapture", Goroutines::createCapture)
        .add("CreateGoroutinesSingle", Goroutines::createSingle);
    for (int delay : WAKE_UP_DELAYS_MICROS) {
      workloads.add("WakeupParallelSpinning/" + delay + "us", r -> wakeUp(r, delay * 1_000L));
    }
    workloads.add("Matmult", Goroutines::multiplyMatrices);
  }

  /** Chains: each goroutine starts the next. */
  private static void create(Round r, int chains) throws Exception {
    Chan<Boolean> done = Chan.unbuffered();
    for (int i = 0; i < chains; i++) {
      long length = r.n() / chains;
      go(() -> link(length, done));
    }
    for (int i = 0; i < chains; i++) {
      done.receive();
    }
  }

  private static void link(long left, Chan<Boolean> done) throws InterruptedException {
    if (left == 0) {
      done.send(true);
    } else {
      go(() -> link(left - 1, done));
    }
  }

  private static void createCapture(Round r) throws Exception {
    AtomicLong captured = new AtomicLong();
    for (long op = 0; op < r.n(); op++) {
      WaitGroup group = new WaitGroup();
      group.add(4);
      for (int i = 0; i < 4; i++) {
        int index = i;
        go(() -> {
          if (index == 3) {
            captured.incrementAndGet();
          }
          group.done();
        });
      }
      group.await();
    }
    r.check("goroutines with the last index", captured.get(), r.n());
  }

  private static void createSingle(Round r) throws Exception {
    wakeProcessors(r.procs());
    r.resetTimer();
    WaitGroup group = new WaitGroup();
    group.add((int) r.n());
    for (long i = 0; i < r.n(); i++) {
      go(group::done);
    }
    group.await();
  }

  /** Makes all processors run before the clock starts. */
  private static void wakeProcessors(int procs) throws InterruptedException {
    WaitGroup group = new WaitGroup();
    AtomicInteger started = new AtomicInteger();
    for (int i = 0; i < procs; i++) {
      group.go(() -> {
        started.incrementAndGet();
        while (started.get() < procs) {
          Thread.onSpinWait();
        }
        spin(1_000_000);
      });
    }
    group.await();
  }

  private static void wakeUp(Round r, long delayNanos) throws Exception {
    Chan<Boolean> ping = Chan.unbuffered();
    Chan<Boolean> pong = Chan.unbuffered();
    Chan<Boolean> start = Chan.unbuffered();
    Chan<Long> done = Chan.unbuffered();
    go(() -> {
      start.receive();
      long received = 0;
      for (long i = 0; i < r.n(); i++) {
        spin(delayNanos + 5_000);
        ping.send(true);
        spin(delayNanos);
        received += pong.receive() == null ? 0 : 1;
      }
      done.send(received);
    });
    go(() -> {
      long received = 0;
      for (long i = 0; i < r.n(); i++) {
        spin(delayNanos);
        received += ping.receive() == null ? 0 : 1;
        spin(delayNanos + 5_000);
        pong.send(true);
      }
      done.send(received);
    });
    r.resetTimer();
    start.send(true);
    long received = 0;
    for (int i = 0; i < 2; i++) {
      Long one = done.receive();
      received += one == null ? 0 : one;
    }
    r.check("the received total", received, 2 * r.n());
  }

  static void spin(long nanos) {
    long end = System.nanoTime() + nanos;
    while (System.nanoTime() - end < 0) {}
  }

  private static void multiplyMatrices(Round r) throws Exception {
    int n = (int) Math.cbrt((double) r.n()) + 1;
    double[][] a = matrix(n);
    double[][] b = matrix(n);
    double[][] c = new double[n][n];
    r.resetTimer();
    multiply(null, a, b, c, 0, n, 0, n, 0, n);
    r.stopTimer();
    double trace = 0;
    double expected = 0;
    for (int i = 0; i < n; i++) {
      trace += c[i][i];
      for (int k = 0; k < n; k++) {
        expected += a[i][k] * b[k][i];
      }
    }
    r.check("the trace", Math.round(trace), Math.round(expected));
    Work.consume((long) trace);
  }

  private static double[][] matrix(int n) {
    double[][] matrix = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        matrix[i][j] = i % 7 + j % 3;
      }
    }
    return matrix;
  }

  private static final int THRESHOLD = 8;

  /** Splits the largest dimension until it is small; the halves of i and j run in parallel. */
  private static void multiply(
      @Nullable Chan<Boolean> done,
      double[][] a,
      double[][] b,
      double[][] c,
      int i0,
      int i1,
      int j0,
      int j1,
      int k0,
      int k1)
      throws InterruptedException {
    int di = i1 - i0;
    int dj = j1 - j0;
    int dk = k1 - k0;
    if (di >= dj && di >= dk && di >= THRESHOLD) {
      int middle = i0 + di / 2;
      Chan<Boolean> half = Chan.buffered(1);
      go(() -> multiply(half, a, b, c, i0, middle, j0, j1, k0, k1));
      multiply(null, a, b, c, middle, i1, j0, j1, k0, k1);
      half.receive();
    } else if (dj >= dk && dj >= THRESHOLD) {
      int middle = j0 + dj / 2;
      Chan<Boolean> half = Chan.buffered(1);
      go(() -> multiply(half, a, b, c, i0, i1, j0, middle, k0, k1));
      multiply(null, a, b, c, i0, i1, middle, j1, k0, k1);
      half.receive();
    } else if (dk >= THRESHOLD) {
      int middle = k0 + dk / 2;
      multiply(null, a, b, c, i0, i1, j0, j1, k0, middle);
      multiply(null, a, b, c, i0, i1, j0, j1, middle, k1);
    } else {
      for (int i = i0; i < i1; i++) {
        for (int j = j0; j < j1; j++) {
          for (int k = k0; k < k1; k++) {
            c[i][j] += a[i][k] * b[k][j];
          }
        }
      }
    }
    if (done != null) {
      done.send(true);
    }
  }
}

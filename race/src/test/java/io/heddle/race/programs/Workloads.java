package io.heddle.race.programs;

import static io.heddle.Go.go;

import io.heddle.Chan;
import io.heddle.Mutex;
import io.heddle.WaitGroup;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** What the detector's price is measured with: run it with the agent and without. */
public final class Workloads {
  /** A round is short, and the compiler takes its time: the best of all in so many seconds. */
  private static final long NANOS = Integer.getInteger("seconds", 4) * 1_000_000_000L;

  private static final int ROUNDS = 5;

  private Workloads() {}

  private interface Workload {
    long run() throws Exception;
  }

  private static String only = "";

  private static void measure(String name, Workload work) throws Exception {
    if (!only.isEmpty() && !only.contains(name)) {
      return;
    }
    long best = Long.MAX_VALUE;
    long result = 0;
    long begin = System.nanoTime();
    for (int i = 0; i < ROUNDS || System.nanoTime() - begin < NANOS; i++) {
      long start = System.nanoTime();
      result = work.run();
      best = Math.min(best, System.nanoTime() - start);
    }
    System.out.printf("%-12s %8.1f ms  (%d)%n", name, best / 1e6, result);
  }

  /** Multiplies matrices, a band of rows in each of four goroutines. */
  private static long matrices() throws Exception {
    int n = 200;
    double[][] a = new double[n][n];
    double[][] b = new double[n][n];
    double[][] c = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        a[i][j] = i + j;
        b[i][j] = i - j;
      }
    }
    WaitGroup group = new WaitGroup();
    for (int band = 0; band < 4; band++) {
      int first = (band * n) / 4;
      int last = ((band + 1) * n) / 4;
      group.go(() -> {
        for (int i = first; i < last; i++) {
          for (int j = 0; j < n; j++) {
            double sum = 0;
            for (int k = 0; k < n; k++) {
              sum += a[i][k] * b[k][j];
            }
            c[i][j] = sum;
          }
        }
      });
    }
    group.await();
    return (long) c[n - 1][n - 1];
  }

  private static final class Body {
    double x;
    double y;
    double vx;
    double vy;
    double mass = 1;

    void attract(Body other) {
      double dx = other.x - x;
      double dy = other.y - y;
      double force = mass * other.mass / (dx * dx + dy * dy + 0.01);
      vx += force * dx;
      vy += force * dy;
    }
  }

  /** Bodies attract each other: fields of objects. */
  private static long bodies() {
    Body[] all = new Body[300];
    for (int i = 0; i < all.length; i++) {
      all[i] = new Body();
      all[i].x = i;
      all[i].y = (i * 7) % 13;
    }
    for (int step = 0; step < 10; step++) {
      for (Body one : all) {
        for (Body other : all) {
          one.attract(other);
        }
      }
      for (Body one : all) {
        one.x += one.vx;
        one.y += one.vy;
      }
    }
    return (long) all[0].x;
  }

  private static final class Node {
    Node left;
    Node right;

    static Node tree(int depth) {
      Node node = new Node();
      if (depth > 0) {
        node.left = tree(depth - 1);
        node.right = tree(depth - 1);
      }
      return node;
    }

    int count() {
      return left == null ? 1 : 1 + left.count() + right.count();
    }
  }

  private static long trees() {
    long nodes = 0;
    for (int i = 0; i < 10; i++) {
      nodes += Node.tree(15).count();
    }
    return nodes;
  }

  private static long maps() {
    Map<Integer, Integer> map = new HashMap<>();
    for (int i = 0; i < 1_000_000; i++) {
      map.merge(i % 1000, 1, Integer::sum);
    }
    return map.get(7);
  }

  private static long pingPong() throws Exception {
    Chan<Integer> there = Chan.unbuffered();
    Chan<Integer> back = Chan.unbuffered();
    int rounds = 100_000;
    go(() -> {
      for (int i = 0; i < rounds; i++) {
        back.send(there.receive() + 1);
      }
    });
    int value = 0;
    for (int i = 0; i < rounds; i++) {
      there.send(value);
      value = back.receive();
    }
    return value;
  }

  private static long pipeline() throws Exception {
    Chan<Integer> c = Chan.buffered(128);
    int count = 1_000_000;
    go(() -> {
      for (int i = 0; i < count; i++) {
        c.send(i);
      }
      c.close();
    });
    long sum = 0;
    for (int value : c) {
      sum += value;
    }
    return sum;
  }

  private static final class Counter {
    int value;
  }

  private static long mutex() throws Exception {
    Counter counter = new Counter();
    Mutex mutex = new Mutex();
    WaitGroup group = new WaitGroup();
    for (int i = 0; i < 4; i++) {
      group.go(() -> {
        for (int round = 0; round < 200_000; round++) {
          mutex.lock();
          counter.value++;
          mutex.unlock();
        }
      });
    }
    group.await();
    return counter.value;
  }

  private static long spawn() throws Exception {
    WaitGroup group = new WaitGroup();
    for (int i = 0; i < 100_000; i++) {
      group.go(() -> {});
    }
    group.await();
    return 100_000;
  }

  /** So many goroutines that all wait at the same time. */
  private static void crowd(int goroutines) throws Exception {
    Chan<Boolean> gate = Chan.unbuffered();
    CountDownLatch ready = new CountDownLatch(goroutines);
    for (int i = 0; i < goroutines; i++) {
      go(() -> {
        ready.countDown();
        gate.receive();
      });
    }
    ready.await();
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    Runtime runtime = Runtime.getRuntime();
    System.out.printf(
        "%d goroutines wait: %d MB%n",
        goroutines, (runtime.totalMemory() - runtime.freeMemory()) >> 20);
    gate.close();
  }

  /** Measures all, or those that are named, or with a number the memory for so many goroutines. */
  public static void main(String[] args) throws Exception {
    if (args.length > 0 && !Character.isDigit(args[0].charAt(0))) {
      only = args[0];
    } else if (args.length > 0) {
      crowd(Integer.parseInt(args[0]));
      return;
    }
    measure("matrices", () -> matrices());
    measure("bodies", () -> bodies());
    measure("trees", () -> trees());
    measure("maps", () -> maps());
    measure("ping-pong", () -> pingPong());
    measure("pipeline", () -> pipeline());
    measure("mutex", () -> mutex());
    measure("spawn", () -> spawn());
  }
}

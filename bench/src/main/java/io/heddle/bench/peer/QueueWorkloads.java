package io.heddle.bench.peer;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Go's channel benchmarks that need only a queue, and workloads that others wrote to compare
 * languages: the same code for all peers on the JVM whose light threads are threads.
 */
public final class QueueWorkloads {

  /** The number of hand-offs between two accesses to the shared counter. */
  private static final int CALLS_PER_TICKET = 1000;

  private static final int MANY = 10_000;
  private static final int CHAINED_VALUES = 1_000;

  private final ThreadPeer peer;

  private QueueWorkloads(ThreadPeer peer) {
    this.peer = peer;
  }

  /**
   * Adds the benchmarks of Go's runtime.
   *
   * @param peer provides queues and threads
   */
  public static void addTo(ThreadPeer peer, Workloads workloads) {
    QueueWorkloads queues = new QueueWorkloads(peer);
    workloads
        .add("ChanUncontended", queues::uncontended)
        .add("ChanContended", queues::contended)
        .add("ChanSync", r -> queues.sync(r, null))
        .add("ChanSyncWork", r -> queues.sync(r, Work.SYNC));
    for (int capacity : new int[] {0, 10, 100}) {
      workloads.add("ChanProdCons" + capacity, r -> queues.prodCons(r, capacity, null));
    }
    for (int capacity : new int[] {0, 10, 100}) {
      workloads.add("ChanProdConsWork" + capacity, r -> queues.prodCons(r, capacity, Work.LOCAL));
    }
    workloads.add("ChanCreation", queues::creation);
  }

  /**
   * Adds the workloads that were written to compare languages.
   *
   * @param peer provides queues and threads
   */
  public static void addOthersTo(ThreadPeer peer, Workloads workloads) {
    QueueWorkloads queues = new QueueWorkloads(peer);
    workloads.add("Daisy", queues::daisy);
    for (int capacity : new int[] {0, 16, 100}) {
      workloads
          .add("OnePair/" + capacity, r -> queues.pairs(r, 1, capacity))
          .add("Parallel/" + capacity, r -> queues.pairs(r, MANY, capacity))
          .add("Chained/" + capacity, r -> queues.chained(r, capacity));
    }
    workloads.add("Pi", queues::pi);
  }

  private void uncontended(Round r) throws Exception {
    r.runParallel(share -> fillAndDrain(share, peer.queue(100)));
  }

  private void contended(Round r) throws Exception {
    Queue<Integer> c = peer.queue(100 * r.procs());
    r.runParallel(share -> fillAndDrain(share, c));
  }

  private static void fillAndDrain(Share share, Queue<Integer> c) throws Exception {
    while (share.next()) {
      for (int i = 0; i < 100; i++) {
        c.send(1);
      }
      int sum = 0;
      for (int i = 0; i < 100; i++) {
        sum += c.receive();
      }
      if (sum != 100) {
        throw new IllegalStateException("received " + sum + " instead of 100");
      }
    }
  }

  /** Two threads alternate: one receives first, the other sends first. */
  private void sync(Round r, @Nullable Work work) throws Exception {
    int tickets = (int) (r.n() / CALLS_PER_TICKET / 2 * 2);
    AtomicInteger left = new AtomicInteger(tickets);
    AtomicLong received = new AtomicLong();
    Queue<Integer> c = peer.queue(0);
    peer.runAll(
        2,
        () -> {
          long sum = 0;
          for (int ticket = left.decrementAndGet(); ticket >= 0; ticket = left.decrementAndGet()) {
            sum += ticket % 2 == 0 ? receiveFirst(c, work) : sendFirst(c, work);
          }
          received.addAndGet(sum);
        });
    r.check("the received total", received.get(), (long) tickets * CALLS_PER_TICKET);
  }

  private static long receiveFirst(Queue<Integer> c, @Nullable Work work) throws Exception {
    long sum = 0;
    for (int i = 0; i < CALLS_PER_TICKET; i++) {
      sum += c.receive();
      run(work);
      c.send(1);
      run(work);
    }
    return sum;
  }

  private static long sendFirst(Queue<Integer> c, @Nullable Work work) throws Exception {
    long sum = 0;
    for (int i = 0; i < CALLS_PER_TICKET; i++) {
      c.send(1);
      run(work);
      sum += c.receive();
      run(work);
    }
    return sum;
  }

  private void prodCons(Round r, int capacity, @Nullable Work work) throws Exception {
    int tickets = (int) (r.n() / CALLS_PER_TICKET);
    AtomicInteger left = new AtomicInteger(tickets);
    Queue<Integer> c = peer.queue(capacity);
    Queue<Long> done = peer.queue(2 * r.procs());
    for (int p = 0; p < r.procs(); p++) {
      peer.start(() -> {
        while (left.decrementAndGet() >= 0) {
          produce(c, work);
        }
        c.send(0);
        done.send(0L);
      });
      peer.start(() -> done.send(consume(c, work)));
    }
    long received = 0;
    for (int i = 0; i < 2 * r.procs(); i++) {
      received += done.receive();
    }
    r.check("the received total", received, (long) tickets * CALLS_PER_TICKET);
  }

  private static void produce(Queue<Integer> c, @Nullable Work work) throws Exception {
    for (int i = 0; i < CALLS_PER_TICKET; i++) {
      run(work);
      c.send(1);
    }
  }

  private static long consume(Queue<Integer> c, @Nullable Work work) throws Exception {
    long sum = 0;
    for (int v = c.receive(); v != 0; v = c.receive()) {
      sum += v;
      run(work);
    }
    return sum;
  }

  private void creation(Round r) throws Exception {
    r.runParallel(share -> {
      while (share.next()) {
        Queue<Integer> c = peer.queue(1);
        c.send(1);
        if (c.receive() != 1) {
          throw new IllegalStateException("another value than was sent");
        }
      }
    });
  }

  /** A chain of threads, each of which increments the value from its right neighbour. */
  private void daisy(Round r) throws Exception {
    for (long op = 0; op < r.n(); op++) {
      Queue<Integer> leftmost = peer.queue(0);
      Queue<Integer> left = leftmost;
      for (int i = 0; i < MANY; i++) {
        Queue<Integer> to = left;
        Queue<Integer> from = peer.queue(0);
        peer.start(() -> to.send(1 + from.receive()));
        left = from;
      }
      Queue<Integer> rightmost = left;
      peer.start(() -> rightmost.send(1));
      r.check("the sum", leftmost.receive(), MANY + 1);
    }
  }

  /**
   * Pairs of a sender and a receiver, each with a queue of its own. One operation is a transfer.
   */
  private void pairs(Round r, int pairs, int capacity) throws Exception {
    long each = r.n() / pairs;
    Queue<Long> done = peer.queue(pairs);
    for (int pair = 0; pair < pairs; pair++) {
      Queue<Integer> queue = peer.queue(capacity);
      peer.start(() -> {
        for (long i = 0; i < each; i++) {
          queue.send(1);
        }
      });
      peer.start(() -> {
        long sum = 0;
        for (long i = 0; i < each; i++) {
          sum += queue.receive();
        }
        done.send(sum);
      });
    }
    long received = 0;
    for (int pair = 0; pair < pairs; pair++) {
      received += done.receive();
    }
    r.check("the received total", received, each * pairs);
  }

  /** A chain of queues with a thread between any two. One operation is a hop. */
  private void chained(Round r, int capacity) throws Exception {
    int hops = (int) Math.min(MANY, Math.max(1, r.n() / CHAINED_VALUES));
    long values = r.n() / hops;
    Queue<Integer> first = peer.queue(capacity);
    Queue<Integer> last = first;
    for (int i = 1; i < hops; i++) {
      Queue<Integer> from = last;
      Queue<Integer> to = peer.queue(capacity);
      peer.start(() -> {
        for (long v = 0; v < values; v++) {
          to.send(from.receive());
        }
      });
      last = to;
    }
    peer.start(() -> {
      for (long v = 0; v < values; v++) {
        first.send(1);
      }
    });
    long sum = 0;
    for (long v = 0; v < values; v++) {
      sum += last.receive();
    }
    r.check("the resulting sum", sum, values);
  }

  /** The terms of a series for pi, each computed by a thread of its own. */
  private void pi(Round r) throws Exception {
    int terms = 5_000;
    for (long op = 0; op < r.n(); op++) {
      Queue<Double> c = peer.queue(0);
      for (int k = 0; k <= terms; k++) {
        double n = k;
        peer.start(() -> c.send(4 * Math.pow(-1, n) / (2 * n + 1)));
      }
      double pi = 0;
      for (int k = 0; k <= terms; k++) {
        pi += c.receive();
      }
      r.check("pi, in thousandths", Math.round(pi * 1_000), 3_142);
    }
  }

  private static void run(@Nullable Work work) {
    if (work != null) {
      work.run();
    }
  }
}

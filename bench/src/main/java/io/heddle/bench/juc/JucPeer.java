package io.heddle.bench.juc;

import io.heddle.bench.peer.Child;
import io.heddle.bench.peer.Queue;
import io.heddle.bench.peer.QueueWorkloads;
import io.heddle.bench.peer.Round;
import io.heddle.bench.peer.VirtualThreads;
import io.heddle.bench.peer.Workloads;
import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.SynchronousQueue;

/**
 * java.util.concurrent on virtual threads: a SynchronousQueue for an unbuffered channel, an
 * ArrayBlockingQueue for a buffered one.
 */
public final class JucPeer extends VirtualThreads {

  /** Serves the benchmark. */
  public static void main(String[] args) throws IOException {
    Child.serve(new JucPeer());
  }

  @Override
  public Workloads workloads() {
    Workloads workloads = new Workloads();
    QueueWorkloads.addTo(this, workloads);
    workloads
        .add("ChanNonblocking", JucPeer::nonblocking)
        .add("ChanSem", JucPeer::semaphore)
        .add("SelectNonblock", JucPeer::selectNonblock);
    Threads.addTo(workloads);
    Locks.addTo(workloads);
    Timers.addTo(workloads);
    QueueWorkloads.addOthersTo(this, workloads);
    return workloads;
  }

  @Override
  public <T> Queue<T> queue(int capacity) {
    return new Blocking<>(
        capacity == 0 ? new SynchronousQueue<>() : new ArrayBlockingQueue<>(capacity));
  }

  private record Blocking<T>(BlockingQueue<T> queue) implements Queue<T> {
    @Override
    public void send(T element) throws InterruptedException {
      queue.put(element);
    }

    @Override
    public T receive() throws InterruptedException {
      return queue.take();
    }
  }

  private static void nonblocking(Round r) throws Exception {
    SynchronousQueue<Integer> queue = new SynchronousQueue<>();
    r.runParallel(share -> {
      while (share.next()) {
        if (queue.poll() != null) {
          throw new IllegalStateException("a value from nowhere");
        }
      }
    });
  }

  /** A select of one case and a default is a try. */
  private static void selectNonblock(Round r) throws Exception {
    BlockingQueue<Integer> q1 = new SynchronousQueue<>();
    BlockingQueue<Integer> q2 = new SynchronousQueue<>();
    BlockingQueue<Integer> q3 = new ArrayBlockingQueue<>(1);
    BlockingQueue<Integer> q4 = new ArrayBlockingQueue<>(1);
    r.runParallel(share -> {
      while (share.next()) {
        if (q1.poll() != null || q2.offer(0) || q3.poll() != null) {
          throw new IllegalStateException("a value without a sender or receiver");
        }
        boolean _ = q4.offer(0);
      }
    });
    r.check("the sent number", q4.size(), 1);
  }

  private static void semaphore(Round r) throws Exception {
    BlockingQueue<Boolean> queue = new ArrayBlockingQueue<>(r.procs());
    r.runParallel(share -> {
      while (share.next()) {
        queue.put(true);
        queue.take();
      }
    });
    r.check("the remaining number", queue.size(), 0);
  }
}

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
import java.util.concurrent.Semaphore;
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
    workloads.add("ChanNonblocking", JucPeer::nonblocking).add("ChanSem", JucPeer::semaphore);
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

  private static void semaphore(Round r) throws Exception {
    Semaphore semaphore = new Semaphore(r.procs());
    r.runParallel(share -> {
      while (share.next()) {
        semaphore.acquire();
        semaphore.release();
      }
    });
    r.check("what is left", semaphore.availablePermits(), r.procs());
  }
}

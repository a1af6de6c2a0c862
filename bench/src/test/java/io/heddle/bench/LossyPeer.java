package io.heddle.bench;

import io.heddle.bench.peer.Child;
import io.heddle.bench.peer.Queue;
import io.heddle.bench.peer.QueueWorkloads;
import io.heddle.bench.peer.VirtualThreads;
import io.heddle.bench.peer.Workloads;
import java.io.IOException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * A peer with a defect: started with "lossy", an element is replaced by another; with "slow", every
 * operation takes a tenth of a millisecond.
 */
final class LossyPeer extends VirtualThreads {
  private final String defect;

  private LossyPeer(String defect) {
    this.defect = defect;
  }

  public static void main(String[] args) throws IOException {
    Child.serve(new LossyPeer(args[0]));
  }

  @Override
  public Workloads workloads() {
    Workloads workloads = new Workloads();
    QueueWorkloads.addTo(this, workloads);
    return workloads;
  }

  @Override
  public <T> Queue<T> queue(int capacity) {
    LinkedBlockingQueue<T> queue = new LinkedBlockingQueue<>();
    return new Queue<>() {
      private int received;

      @Override
      public void send(T element) throws InterruptedException {
        if (defect.equals("slow")) {
          LockSupport.parkNanos(100_000);
        }
        queue.put(element);
      }

      @Override
      @SuppressWarnings("unchecked") // the workloads send integers
      public T receive() throws InterruptedException {
        T element = queue.take();
        boolean lose = defect.equals("lossy") && element instanceof Integer && ++received == 50;
        return lose ? (T) Integer.valueOf(2) : element;
      }
    };
  }
}

package io.heddle.bench.heddle;

import static io.heddle.Go.go;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.WaitGroup;
import io.heddle.bench.peer.Child;
import io.heddle.bench.peer.Queue;
import io.heddle.bench.peer.QueueWorkloads;
import io.heddle.bench.peer.ThreadPeer;
import io.heddle.bench.peer.TimerFigures;
import io.heddle.bench.peer.Workloads;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** Heddle: goroutines, on its own scheduler or on the JDK's. */
public final class HeddlePeer implements ThreadPeer {

  /** Serves the benchmark. */
  public static void main(String[] args) throws IOException {
    Child.serve(new HeddlePeer());
  }

  @Override
  public Workloads workloads() {
    Workloads workloads = new Workloads();
    QueueWorkloads.addTo(this, workloads);
    Channels.addTo(workloads);
    Selects.addTo(workloads);
    Goroutines.addTo(workloads);
    Locks.addTo(workloads);
    Contexts.addTo(workloads);
    Times.addTo(workloads);
    Maps.addTo(workloads);
    Extensions.addTo(workloads);
    QueueWorkloads.addOthersTo(this, workloads);
    return workloads;
  }

  @Override
  public void enter(Task task) throws Exception {
    Go.run(task::run);
  }

  @Override
  public void start(Task task) {
    go(task::run);
  }

  @Override
  public <T> Queue<T> queue(int capacity) {
    return new Channel<>(Chan.buffered(capacity));
  }

  private record Channel<T>(Chan<T> chan) implements Queue<T> {
    @Override
    public void send(T element) throws InterruptedException {
      chan.send(element);
    }

    @Override
    public T receive() throws InterruptedException {
      T element = chan.receive();
      if (element == null) {
        throw new IllegalStateException("closed");
      }
      return element;
    }
  }

  @Override
  public Optional<TimerFigures> timers(int timers, Resident resident) throws Exception {
    List<TimerFigures> figures = new ArrayList<>();
    enter(() -> figures.add(PendingTimers.measure(timers, resident)));
    return Optional.of(figures.getFirst());
  }

  @Override
  public Parked park(int goroutines, Task blocked) throws Exception {
    long[] nanos = new long[2];
    enter(() -> {
      Chan<Boolean> gate = Chan.unbuffered();
      Chan<Boolean> allArrived = Chan.unbuffered();
      AtomicInteger arrived = new AtomicInteger();
      WaitGroup group = new WaitGroup();
      group.add(goroutines);
      long start = System.nanoTime();
      for (int i = 0; i < goroutines; i++) {
        go(() -> {
          if (arrived.incrementAndGet() == goroutines) {
            allArrived.close();
          }
          gate.receive();
          group.done();
        });
      }
      allArrived.receive();
      nanos[0] = System.nanoTime() - start;
      blocked.run();
      long release = System.nanoTime();
      gate.close();
      group.await();
      nanos[1] = System.nanoTime() - release;
    });
    return new Parked(nanos[0], nanos[1]);
  }
}

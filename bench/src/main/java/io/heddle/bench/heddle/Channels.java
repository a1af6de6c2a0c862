package io.heddle.bench.heddle;

import static io.heddle.Go.go;

import io.heddle.Case;
import io.heddle.Chan;
import io.heddle.Select;
import io.heddle.bench.peer.Round;
import io.heddle.bench.peer.Work;
import io.heddle.bench.peer.Workloads;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The channel benchmarks of Go's runtime. */
final class Channels {
  private Channels() {}

  /** So many hand-overs are done between two looks at the shared counter. */
  private static final int CALLS_PER_TICKET = 1000;

  static void addTo(Workloads workloads) {
    workloads
        .add("ChanNonblocking", Channels::nonblocking)
        .add("ChanUncontended", Channels::uncontended)
        .add("ChanContended", Channels::contended)
        .add("ChanSync", r -> sync(r, null))
        .add("ChanSyncWork", r -> sync(r, Work.SYNC));
    for (int capacity : new int[] {0, 10, 100}) {
      workloads.add("ChanProdCons" + capacity, r -> producersConsumers(r, capacity, null));
    }
    for (int capacity : new int[] {0, 10, 100}) {
      workloads.add(
          "ChanProdConsWork" + capacity, r -> producersConsumers(r, capacity, Work.LOCAL));
    }
    workloads
        .add("ReceiveDataFromClosedChan", Channels::receiveFromClosed)
        .add("ChanCreation", Channels::creation)
        .add("ChanSem", Channels::semaphore)
        .add("ChanClosed", Channels::closed);
  }

  private static void nonblocking(Round r) throws Exception {
    Chan<Integer> c = Chan.unbuffered();
    r.runParallel(share -> {
      while (share.next()) {
        if (c.tryReceive() != null) {
          throw new IllegalStateException("a value from nowhere");
        }
      }
    });
  }

  private static void uncontended(Round r) throws Exception {
    r.runParallel(share -> {
      Chan<Integer> c = Chan.buffered(100);
      while (share.next()) {
        for (int i = 0; i < 100; i++) {
          c.send(0);
        }
        for (int i = 0; i < 100; i++) {
          c.receive();
        }
      }
      r.check("what is left", c.len(), 0);
    });
  }

  private static void contended(Round r) throws Exception {
    Chan<Integer> c = Chan.buffered(100 * r.procs());
    r.runParallel(share -> {
      while (share.next()) {
        for (int i = 0; i < 100; i++) {
          c.send(0);
        }
        for (int i = 0; i < 100; i++) {
          c.receive();
        }
      }
    });
    r.check("what is left", c.len(), 0);
  }

  /** Two goroutines in turns: one receives first, the other sends first. */
  private static void sync(Round r, @Nullable Work work) throws Exception {
    int tickets = (int) (r.n() / CALLS_PER_TICKET / 2 * 2);
    AtomicInteger left = new AtomicInteger(tickets);
    AtomicLong received = new AtomicLong();
    Chan<Integer> c = Chan.unbuffered();
    Chan<Boolean> done = Chan.buffered(2);
    for (int p = 0; p < 2; p++) {
      go(() -> {
        long sum = 0;
        for (int ticket = left.decrementAndGet(); ticket >= 0; ticket = left.decrementAndGet()) {
          boolean receiveFirst = ticket % 2 == 0;
          for (int i = 0; i < CALLS_PER_TICKET; i++) {
            if (receiveFirst) {
              sum += value(c.receive());
              work(work);
              c.send(1);
              work(work);
            } else {
              c.send(1);
              work(work);
              sum += value(c.receive());
              work(work);
            }
          }
        }
        received.addAndGet(sum);
        done.send(true);
      });
    }
    done.receive();
    done.receive();
    r.check("what was received", received.get(), (long) tickets * CALLS_PER_TICKET);
  }

  private static void producersConsumers(Round r, int capacity, @Nullable Work work)
      throws Exception {
    int tickets = (int) (r.n() / CALLS_PER_TICKET);
    AtomicInteger left = new AtomicInteger(tickets);
    AtomicLong received = new AtomicLong();
    Chan<Integer> c = Chan.buffered(capacity);
    Chan<Boolean> done = Chan.buffered(2 * r.procs());
    for (int p = 0; p < r.procs(); p++) {
      go(() -> {
        while (left.decrementAndGet() >= 0) {
          for (int i = 0; i < CALLS_PER_TICKET; i++) {
            work(work);
            c.send(1);
          }
        }
        c.send(0);
        done.send(true);
      });
      go(() -> {
        long sum = 0;
        for (int v = value(c.receive()); v != 0; v = value(c.receive())) {
          sum += v;
          work(work);
        }
        received.addAndGet(sum);
        done.send(true);
      });
    }
    for (int i = 0; i < 2 * r.procs(); i++) {
      done.receive();
    }
    r.check("what was received", received.get(), (long) tickets * CALLS_PER_TICKET);
  }

  private static void receiveFromClosed(Round r) throws Exception {
    Chan<Boolean> c = Chan.buffered((int) r.n());
    for (long i = 0; i < r.n(); i++) {
      c.send(true);
    }
    c.close();
    long received = 0;
    r.resetTimer();
    for (Boolean _ : c) {
      received++;
    }
    r.check("what was received", received, r.n());
  }

  private static void creation(Round r) throws Exception {
    r.runParallel(share -> {
      while (share.next()) {
        Chan<Integer> c = Chan.buffered(1);
        c.send(1);
        if (value(c.receive()) != 1) {
          throw new IllegalStateException("another value than was sent");
        }
      }
    });
  }

  private static void semaphore(Round r) throws Exception {
    Chan<Boolean> c = Chan.buffered(r.procs());
    r.runParallel(share -> {
      while (share.next()) {
        c.send(true);
        c.receive();
      }
    });
    r.check("what is left", c.len(), 0);
  }

  private static void closed(Round r) throws Exception {
    Chan<Boolean> c = Chan.unbuffered();
    c.close();
    r.runParallel(share -> {
      Case<?> receive = c.onReceive();
      Select either = Select.of(receive);
      while (share.next()) {
        if (either.tryAwait() != receive) {
          throw new IllegalStateException("not closed");
        }
      }
    });
  }

  static int value(@Nullable Integer received) {
    return received == null ? 0 : received;
  }

  static void work(@Nullable Work work) {
    if (work != null) {
      work.run();
    }
  }
}

package io.heddle.bench.heddle;

import static io.heddle.Go.go;

import io.heddle.Case;
import io.heddle.Chan;
import io.heddle.Select;
import io.heddle.WaitGroup;
import io.heddle.bench.peer.Round;
import io.heddle.bench.peer.Work;
import io.heddle.bench.peer.Workloads;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The channel benchmarks of Go's runtime. */
final class Channels {
  private Channels() {}

  static void addTo(Workloads workloads) {
    workloads
        .add("MakeChan/Ptr", Channels::make)
        .add("MakeChan/Struct0", Channels::make)
        .add("ChanNonblocking", Channels::nonblocking)
        .add("ReceiveDataFromClosedChan", Channels::receiveFromClosed)
        .add("ChanSem", Channels::semaphore)
        .add("ChanPopular", Channels::popular)
        .add("ChanClosed", Channels::closed);
  }

  /** Keeps the compiler from removing unused channels. */
  private static @Nullable Chan<?> last;

  private static void make(Round r) {
    for (long i = 0; i < r.n(); i++) {
      last = Chan.buffered(8);
    }
    r.check("capacity", last == null ? 0 : last.cap(), 8);
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
    r.check("the received total", received, r.n());
  }

  private static void semaphore(Round r) throws Exception {
    Chan<Boolean> c = Chan.buffered(r.procs());
    r.runParallel(share -> {
      while (share.next()) {
        c.send(true);
        c.receive();
      }
    });
    r.check("the remaining number", c.len(), 0);
  }

  /** Many goroutines select between a channel of their own and a shared one. */
  private static void popular(Round r) throws Exception {
    int receivers = 1_000;
    Chan<Boolean> shared = Chan.unbuffered();
    List<Chan<Boolean>> own = new ArrayList<>();
    WaitGroup group = new WaitGroup();
    group.add(receivers);
    for (int i = 0; i < receivers; i++) {
      Chan<Boolean> c = Chan.unbuffered();
      own.add(c);
      go(() -> {
        Select either = Select.of(shared.onReceive(), c.onReceive());
        for (long turn = 0; turn < r.n(); turn++) {
          either.await();
        }
        group.done();
      });
    }
    for (long i = 0; i < r.n(); i++) {
      for (Chan<Boolean> c : own) {
        c.send(true);
      }
    }
    group.await();
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

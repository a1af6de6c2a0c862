package io.heddle.bench.heddle;

import io.heddle.Case;
import io.heddle.Chan;
import io.heddle.Select;
import io.heddle.bench.peer.Round;
import io.heddle.bench.peer.Work;
import io.heddle.bench.peer.Workloads;
import org.jspecify.annotations.Nullable;

/** The channel benchmarks of Go's runtime. */
final class Channels {
  private Channels() {}

  static void addTo(Workloads workloads) {
    workloads
        .add("ChanNonblocking", Channels::nonblocking)
        .add("ReceiveDataFromClosedChan", Channels::receiveFromClosed)
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

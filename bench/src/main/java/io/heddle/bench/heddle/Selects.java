package io.heddle.bench.heddle;

import static io.heddle.Go.after;
import static io.heddle.Go.go;

import io.heddle.Case;
import io.heddle.Chan;
import io.heddle.Select;
import io.heddle.WaitGroup;
import io.heddle.bench.peer.Round;
import io.heddle.bench.peer.Work;
import io.heddle.bench.peer.Workloads;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The select benchmarks of Go's runtime. */
final class Selects {
  private Selects() {}

  private static final int CALLS_PER_TICKET = 1000;

  /** For timers that never fire. */
  private static final Duration HOUR = Duration.ofHours(1);

  static void addTo(Workloads workloads) {
    workloads
        .add("SelectUncontended", Selects::uncontended)
        .add("SelectSyncContended", Selects::syncContended)
        .add("SelectAsyncContended", Selects::asyncContended)
        .add("SelectNonblock", Selects::nonblock)
        .add("SelectProdCons", Selects::producersConsumers)
        .add("SelectOne", r -> receives(r, 1))
        .add("SelectTwo", r -> receives(r, 2));
  }

  private static void uncontended(Round r) throws Exception {
    r.runParallel(share -> {
      Chan<Integer> c1 = Chan.buffered(1);
      Chan<Integer> c2 = Chan.buffered(1);
      c1.send(0);
      Case<?> first = c1.onReceive();
      Select either = Select.of(first, c2.onReceive());
      while (share.next()) {
        if (either.await() == first) {
          c2.send(0);
        } else {
          c1.send(0);
        }
      }
      r.check("the remaining number", c1.len() + c2.len(), 1);
    });
  }

  private static void syncContended(Round r) throws Exception {
    Chan<Integer> c1 = Chan.unbuffered();
    Chan<Integer> c2 = Chan.unbuffered();
    Chan<Integer> c3 = Chan.unbuffered();
    Chan<Boolean> done = Chan.unbuffered();
    AtomicLong received = new AtomicLong();
    r.runParallel(share -> {
      go(() -> {
        Case<?> end = done.onReceive();
        Select any = Select.of(c1.onSend(1), c2.onSend(1), c3.onSend(1), end);
        while (any.await() != end) {}
      });
      Case<@Nullable Integer> first = c1.onReceive();
      Case<@Nullable Integer> second = c2.onReceive();
      Case<@Nullable Integer> third = c3.onReceive();
      Select any = Select.of(first, second, third);
      long sum = 0;
      while (share.next()) {
        Case<?> chosen = any.await();
        sum +=
            Channels.value(
                chosen == first
                    ? first.result()
                    : chosen == second ? second.result() : third.result());
      }
      received.addAndGet(sum);
    });
    r.stopTimer();
    done.close();
    r.check("the received total", received.get(), r.n());
  }

  private static void asyncContended(Round r) throws Exception {
    Chan<Integer> c1 = Chan.buffered(r.procs());
    Chan<Integer> c2 = Chan.buffered(r.procs());
    r.runParallel(share -> {
      c1.send(0);
      Case<?> first = c1.onReceive();
      Select either = Select.of(first, c2.onReceive());
      while (share.next()) {
        if (either.await() == first) {
          c2.send(0);
        } else {
          c1.send(0);
        }
      }
    });
    r.check("the remaining number", c1.len() + c2.len(), r.procs());
  }

  private static void nonblock(Round r) throws Exception {
    Chan<Integer> c1 = Chan.unbuffered();
    Chan<Integer> c2 = Chan.unbuffered();
    Chan<Integer> c3 = Chan.buffered(1);
    Chan<Integer> c4 = Chan.buffered(1);
    r.runParallel(share -> {
      while (share.next()) {
        // In Go, too, a select with one case and a default is compiled to a try.
        if (c1.tryReceive() != null || c2.trySend(0)) {
          throw new IllegalStateException("a value without a sender or receiver");
        }
        if (c3.tryReceive() != null) {
          throw new IllegalStateException("a value from nowhere");
        }
        c4.trySend(0);
      }
    });
    r.check("the sent number", c4.len(), 1);
  }

  private static void producersConsumers(Round r) throws Exception {
    int tickets = (int) (r.n() / CALLS_PER_TICKET);
    AtomicInteger left = new AtomicInteger(tickets);
    AtomicLong received = new AtomicLong();
    Chan<Integer> c = Chan.buffered(128);
    Chan<Boolean> unused = Chan.unbuffered();
    Chan<Boolean> done = Chan.buffered(2 * r.procs());
    for (int p = 0; p < r.procs(); p++) {
      go(() -> {
        Select any = Select.of(c.onSend(1), after(HOUR).onReceive(), unused.onReceive());
        while (left.decrementAndGet() >= 0) {
          for (int i = 0; i < CALLS_PER_TICKET; i++) {
            Work.LOCAL.run();
            any.await();
          }
        }
        c.send(0);
        done.send(true);
      });
      go(() -> {
        Case<@Nullable Integer> receive = c.onReceive();
        Select any = Select.of(receive, after(HOUR).onReceive(), unused.onReceive());
        long sum = 0;
        while (any.await() == receive) {
          int value = Channels.value(receive.result());
          if (value == 0) {
            break;
          }
          sum += value;
          Work.LOCAL.run();
        }
        received.addAndGet(sum);
        done.send(true);
      });
    }
    for (int i = 0; i < 2 * r.procs(); i++) {
      done.receive();
    }
    r.check("the received total", received.get(), (long) tickets * CALLS_PER_TICKET);
  }

  /** As many senders as cases, each on an unbuffered channel of its own. */
  private static void receives(Round r, int senders) throws Exception {
    long each = r.n() / senders;
    WaitGroup group = new WaitGroup();
    Case<?>[] cases = new Case<?>[senders];
    for (int i = 0; i < senders; i++) {
      Chan<Integer> c = Chan.unbuffered();
      cases[i] = c.onReceive();
      group.go(() -> {
        for (long v = 0; v < each; v++) {
          c.send(1);
        }
      });
    }
    Select any = Select.of(cases);
    long sum = 0;
    for (long v = 0; v < each * senders; v++) {
      sum += (Integer) any.await().result();
    }
    group.await();
    r.check("the received total", sum, each * senders);
  }
}

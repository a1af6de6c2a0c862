package io.heddle.bench.jox;

import static com.softwaremill.jox.Select.defaultClause;
import static com.softwaremill.jox.Select.select;
import static com.softwaremill.jox.Select.selectOrClosed;

import com.softwaremill.jox.Channel;
import com.softwaremill.jox.ChannelClosed;
import io.heddle.bench.peer.Child;
import io.heddle.bench.peer.Queue;
import io.heddle.bench.peer.QueueWorkloads;
import io.heddle.bench.peer.Round;
import io.heddle.bench.peer.VirtualThreads;
import io.heddle.bench.peer.Work;
import io.heddle.bench.peer.Workloads;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Jox: channels and select on virtual threads. */
public final class JoxPeer extends VirtualThreads {
  private static final int CALLS_PER_TICKET = 1000;
  private static final int NOTHING = -1;

  /** Serves the benchmark. */
  public static void main(String[] args) throws IOException {
    Child.serve(new JoxPeer());
  }

  @Override
  public Workloads workloads() {
    Workloads workloads = new Workloads();
    QueueWorkloads.addTo(this, workloads);
    workloads
        .add("ChanNonblocking", JoxPeer::nonblocking)
        .add("ReceiveDataFromClosedChan", JoxPeer::receiveFromClosed)
        .add("ChanSem", JoxPeer::semaphore)
        .add("ChanClosed", JoxPeer::closed)
        .add("SelectUncontended", JoxPeer::selectUncontended)
        .add("SelectSyncContended", this::selectSyncContended)
        .add("SelectAsyncContended", JoxPeer::selectAsyncContended)
        .add("SelectNonblock", JoxPeer::selectNonblock)
        .add("SelectProdCons", this::selectProdCons)
        .add("ChanPopular", this::popular)
        .add("SelectOne", r -> selectReceives(r, 1))
        .add("SelectTwo", r -> selectReceives(r, 2));
    QueueWorkloads.addOthersTo(this, workloads);
    return workloads;
  }

  @Override
  public <T> Queue<T> queue(int capacity) {
    return new Jox<>(channel(capacity));
  }

  private static <T> Channel<T> channel(int capacity) {
    return capacity == 0 ? Channel.newRendezvousChannel() : Channel.newBufferedChannel(capacity);
  }

  private record Jox<T>(Channel<T> channel) implements Queue<T> {
    @Override
    public void send(T element) throws InterruptedException {
      channel.send(element);
    }

    @Override
    public T receive() throws InterruptedException {
      return channel.receive();
    }
  }

  private static void nonblocking(Round r) throws Exception {
    Channel<Integer> c = channel(0);
    r.runParallel(share -> {
      while (share.next()) {
        if (select(c.receiveClause(), defaultClause(NOTHING)) != NOTHING) {
          throw new IllegalStateException("a value from nowhere");
        }
      }
    });
  }

  private static void receiveFromClosed(Round r) throws Exception {
    Channel<Boolean> c = channel((int) r.n());
    for (long i = 0; i < r.n(); i++) {
      c.send(true);
    }
    c.done();
    long received = 0;
    r.resetTimer();
    while (!(c.receiveOrClosed() instanceof ChannelClosed)) {
      received++;
    }
    r.check("the received total", received, r.n());
  }

  private static void semaphore(Round r) throws Exception {
    Channel<Boolean> c = channel(r.procs());
    r.runParallel(share -> {
      while (share.next()) {
        c.send(true);
        c.receive();
      }
    });
  }

  private static void closed(Round r) throws Exception {
    Channel<Integer> c = channel(0);
    c.done();
    r.runParallel(share -> {
      while (share.next()) {
        if (!(selectOrClosed(c.receiveClause(), defaultClause(NOTHING)) instanceof ChannelClosed)) {
          throw new IllegalStateException("not closed");
        }
      }
    });
  }

  private static void selectUncontended(Round r) throws Exception {
    r.runParallel(share -> {
      Channel<Integer> c1 = channel(1);
      Channel<Integer> c2 = channel(1);
      c1.send(0);
      while (share.next()) {
        if (select(c1.receiveClause(_ -> 1), c2.receiveClause(_ -> 2)) == 1) {
          c2.send(0);
        } else {
          c1.send(0);
        }
      }
    });
  }

  private void selectSyncContended(Round r) throws Exception {
    Channel<Integer> c1 = channel(0);
    Channel<Integer> c2 = channel(0);
    Channel<Integer> c3 = channel(0);
    Channel<Integer> done = channel(0);
    AtomicLong received = new AtomicLong();
    r.runParallel(share -> {
      start(() -> {
        while (!(selectOrClosed(
                c1.sendClause(1), c2.sendClause(1), c3.sendClause(1), done.receiveClause(_ -> null))
            instanceof ChannelClosed)) {}
      });
      long sum = 0;
      while (share.next()) {
        sum += select(c1.receiveClause(), c2.receiveClause(), c3.receiveClause());
      }
      received.addAndGet(sum);
    });
    r.stopTimer();
    done.done();
    r.check("the received total", received.get(), r.n());
  }

  private static void selectAsyncContended(Round r) throws Exception {
    Channel<Integer> c1 = channel(r.procs());
    Channel<Integer> c2 = channel(r.procs());
    r.runParallel(share -> {
      c1.send(0);
      while (share.next()) {
        if (select(c1.receiveClause(_ -> 1), c2.receiveClause(_ -> 2)) == 1) {
          c2.send(0);
        } else {
          c1.send(0);
        }
      }
    });
  }

  /** Jox has no timer channel, so an unused channel stands for it. */
  private void selectProdCons(Round r) throws Exception {
    int tickets = (int) (r.n() / CALLS_PER_TICKET);
    AtomicInteger left = new AtomicInteger(tickets);
    AtomicInteger role = new AtomicInteger();
    AtomicLong received = new AtomicLong();
    Channel<Integer> c = channel(128);
    Channel<Integer> unused = channel(0);
    runAll(
        2 * r.procs(),
        () -> {
          Channel<Integer> timer = channel(0);
          if (role.getAndIncrement() % 2 == 0) {
            while (left.decrementAndGet() >= 0) {
              for (int i = 0; i < CALLS_PER_TICKET; i++) {
                Work.LOCAL.run();
                select(
                    c.sendClause(1),
                    timer.receiveClause(_ -> null),
                    unused.receiveClause(_ -> null));
              }
            }
            c.send(0);
          } else {
            long sum = 0;
            while (true) {
              int value = select(c.receiveClause(), timer.receiveClause(), unused.receiveClause());
              if (value == 0) {
                break;
              }
              sum += value;
              Work.LOCAL.run();
            }
            received.addAndGet(sum);
          }
        });
    r.check("the received total", received.get(), (long) tickets * CALLS_PER_TICKET);
  }

  private static void selectNonblock(Round r) throws Exception {
    Channel<Integer> c1 = channel(0);
    Channel<Integer> c2 = channel(0);
    Channel<Integer> c3 = channel(1);
    Channel<Integer> c4 = channel(1);
    r.runParallel(share -> {
      while (share.next()) {
        if (select(c1.receiveClause(), defaultClause(NOTHING)) != NOTHING
            || select(c2.sendClause(0, () -> 0), defaultClause(NOTHING)) != NOTHING
            || select(c3.receiveClause(), defaultClause(NOTHING)) != NOTHING) {
          throw new IllegalStateException("a value without a sender or receiver");
        }
        select(c4.sendClause(0, () -> 0), defaultClause(NOTHING));
      }
    });
  }

  /** Many threads select between a channel of their own and a shared one. */
  private void popular(Round r) throws Exception {
    Channel<Boolean> shared = channel(0);
    List<Channel<Boolean>> own = new ArrayList<>();
    CountDownLatch ended = new CountDownLatch(1_000);
    for (int i = 0; i < 1_000; i++) {
      Channel<Boolean> c = channel(0);
      own.add(c);
      start(() -> {
        for (long turn = 0; turn < r.n(); turn++) {
          select(shared.receiveClause(), c.receiveClause());
        }
        ended.countDown();
      });
    }
    for (long i = 0; i < r.n(); i++) {
      for (Channel<Boolean> c : own) {
        c.send(true);
      }
    }
    ended.await();
  }

  /** As many senders as clauses, each on an unbuffered channel of its own. */
  private void selectReceives(Round r, int clauses) throws Exception {
    long each = r.n() / clauses;
    Channel<Integer> c1 = channel(0);
    Channel<Integer> c2 = channel(0);
    CountDownLatch ended = new CountDownLatch(clauses);
    for (int i = 0; i < clauses; i++) {
      Channel<Integer> c = i == 0 ? c1 : c2;
      start(() -> {
        for (long v = 0; v < each; v++) {
          c.send(1);
        }
        ended.countDown();
      });
    }
    long sum = 0;
    for (long v = 0; v < each * clauses; v++) {
      sum +=
          clauses == 1
              ? select(c1.receiveClause())
              : select(c1.receiveClause(), c2.receiveClause());
    }
    ended.await();
    r.check("the received total", sum, each * clauses);
  }
}

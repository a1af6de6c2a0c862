package io.heddle.testing.goker;

import static io.heddle.Go.go;
import static io.heddle.Select.choose;
import static io.heddle.Select.select;
import static io.heddle.testing.goker.Kernel.always;
import static io.heddle.testing.goker.Kernel.sometimes;
import static io.heddle.testing.goker.Kernel.touch;
import static io.heddle.testing.goker.Kernel.with;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Cond;
import io.heddle.Context;
import io.heddle.Locker;
import io.heddle.Mutex;
import io.heddle.RWMutex;
import io.heddle.Task;
import io.heddle.WaitGroup;
import java.util.List;

/** CockroachDB. */
final class CockroachKernels {
  static final List<Kernel> ALL =
      List.of(
          sometimes("Cockroach584", "a loop is left with its lock held", CockroachKernels::gossip),
          sometimes("Cockroach1055", "waits for tasks that need its lock", CockroachKernels::stop),
          sometimes(
              "Cockroach1462", "a worker sends to one that has left", CockroachKernels::worker),
          sometimes("Cockroach2448", "two loops send to each other", CockroachKernels::raft),
          sometimes("Cockroach3710", "reads in a read, a writer between", CockroachKernels::scan),
          sometimes(
              "Cockroach6181", "prints under the lock it prints with", CockroachKernels::cache),
          always("Cockroach7504", "two locks in opposite orders", CockroachKernels::leases),
          sometimes("Cockroach9935", "locks twice when a write fails", CockroachKernels::logFile),
          sometimes("Cockroach10214", "two locks in opposite orders", CockroachKernels::heartbeats),
          sometimes("Cockroach10790", "gives up without draining", CockroachKernels::commands),
          always("Cockroach13197", "a context is never cancelled", CockroachKernels::transaction),
          always("Cockroach13755", "rows are never closed", CockroachKernels::rows),
          sometimes(
              "Cockroach16167",
              "reads in a read, a writer between",
              CockroachKernels::configuration),
          sometimes("Cockroach18101", "sends after the reader has left", CockroachKernels::scatter),
          always(
              "Cockroach24808", "sends twice before the reader starts", CockroachKernels::compact),
          always(
              "Cockroach25456", "waits for a channel that stays open", CockroachKernels::quiesce),
          always("Cockroach35073", "fails without draining its rows", CockroachKernels::outbox),
          always("Cockroach35931", "sends the error to a full input", CockroachKernels::inbound));

  private CockroachKernels() {}

  private static void gossip(boolean fixed) throws Exception {
    Mutex mutex = new Mutex();
    boolean[] closed = new boolean[1];
    Task loop =
        () -> {
          for (int i = 0; i < 3; i++) {
            mutex.lock();
            if (closed[0]) {
              if (fixed) {
                mutex.unlock();
              }
              break;
            }
            mutex.unlock();
          }
        };
    go("bootstrap", loop);
    go("manage", loop);
    with(mutex, () -> closed[0] = true);
  }

  private static void stop(boolean fixed) throws Exception {
    Mutex mutex = new Mutex();
    WaitGroup tasks = new WaitGroup();
    boolean[] draining = new boolean[1];
    go(() -> {
      mutex.lock();
      boolean start = !draining[0];
      if (start) {
        tasks.add(1);
      }
      mutex.unlock();
      if (start) {
        with(mutex, tasks::done);
      }
    });
    mutex.lock();
    draining[0] = true;
    if (fixed) {
      mutex.unlock();
      tasks.await();
    } else {
      tasks.await();
      mutex.unlock();
    }
  }

  private static void worker(boolean fixed) throws Exception {
    Chan<Integer> results = Chan.unbuffered();
    Chan<Integer> stopper = Chan.unbuffered();
    WaitGroup workers = new WaitGroup();
    workers.go(() -> {
      for (int i = 0; i < 2; i++) {
        if (fixed) {
          choose(results.onSend(i), stopper.onReceive());
        } else {
          results.send(i);
        }
      }
    });
    go(() -> {
      while (select(results.onReceive(r -> r != null), stopper.onReceive(x -> false))) {
        // one result after another, until stopped
      }
    });
    stopper.close();
    workers.await();
  }

  private static void raft(boolean fixed) throws Exception {
    Chan<Integer> proposals = Chan.buffered(2);
    Chan<Integer> events = Chan.unbuffered();
    Chan<Integer> callbacks = Chan.unbuffered();
    proposals.send(1);
    proposals.send(2);
    go(
        "store",
        () -> {
          for (int i = 0; i < 2; i++) {
            callbacks.send(events.receive());
          }
        });
    for (int done = 0; done < 2; ) {
      if (select(callbacks.onReceive(c -> true), proposals.onReceive(p -> false))) {
        done++;
      } else if (!fixed) {
        events.send(1);
      } else {
        while (!select(events.onSend(1, () -> true), callbacks.onReceive(c -> false))) {
          done++;
        }
      }
    }
  }

  private static void scan(boolean fixed) throws Exception {
    RWMutex mutex = new RWMutex();
    Locker read = mutex.reading();
    go("writer", () -> touch(mutex));
    read.lock();
    if (fixed) {
      read.unlock();
    }
    touch(read);
    if (!fixed) {
      read.unlock();
    }
  }

  private static void cache(boolean fixed) throws Exception {
    RWMutex mutex = new RWMutex();
    Locker read = mutex.reading();
    WaitGroup group = new WaitGroup();
    for (int i = 0; i < 2; i++) {
      group.go(() -> {
        with(
            read,
            () -> {
              if (!fixed) {
                touch(read); // String(), called by the logger
              }
            });
        touch(mutex);
      });
    }
    group.await();
  }

  private static void leases(boolean fixed) throws Exception {
    Mutex state = new Mutex();
    Mutex names = new Mutex();
    Chan<Integer> both = Chan.buffered(2);
    go(() -> {
      state.lock();
      both.send(1); // the other holds its first lock by the time this returns
      both.send(1);
      both.send(1);
      touch(names);
      state.unlock();
    });
    Mutex first = fixed ? state : names;
    Mutex second = fixed ? names : state;
    if (fixed) {
      both.receive();
    }
    first.lock();
    if (!fixed) {
      both.receive();
    }
    touch(second);
    first.unlock();
  }

  private static void logFile(boolean fixed) throws Exception {
    Mutex mutex = new Mutex();
    boolean[] full = new boolean[1];
    go("disk", () -> with(mutex, () -> full[0] = true));
    mutex.lock();
    if (full[0]) {
      if (fixed) {
        mutex.unlock();
      }
      mutex.lock(); // exit takes it, too
    }
    mutex.unlock();
  }

  private static void heartbeats(boolean fixed) throws Exception {
    Mutex store = new Mutex();
    Mutex replica = new Mutex();
    go(() -> with(store, () -> touch(replica)));
    with(fixed ? store : replica, () -> touch(fixed ? replica : store));
  }

  private static void commands(boolean fixed) throws Exception {
    Chan<Integer> ends = fixed ? Chan.buffered(2) : Chan.unbuffered();
    CancelContext context = Context.background().withCancel();
    for (int i = 0; i < 2; i++) {
      int id = i;
      go(() -> ends.send(id));
    }
    go("client", () -> context.cancel());
    for (int i = 0; i < 2; i++) {
      if (!select(ends.onReceive(e -> true), context.onDone(() -> false))) {
        break;
      }
    }
  }

  private static void transaction(boolean fixed) throws Exception {
    CancelContext context = Context.background().withCancel();
    go("awaitDone", () -> context.done().receive());
    if (fixed) {
      context.cancel();
    }
  }

  private static void rows(boolean fixed) throws Exception {
    CancelContext context = Context.background().withCancel();
    Chan<Integer> closed = Chan.unbuffered();
    go(
        "close when done",
        () -> {
          choose(closed.onReceive(), context.onDone());
          context.cancel();
        });
    for (int row = 0; row < 3; row++) {
      if (row == 1) {
        break; // the caller has seen enough
      }
    }
    if (fixed) {
      closed.close();
    }
  }

  private static void configuration(boolean fixed) throws Exception {
    RWMutex mutex = new RWMutex();
    Locker read = mutex.reading();
    Mutex ready = new Mutex();
    Cond changed = new Cond(ready);
    boolean[] configured = new boolean[1];
    go(
        "gossip",
        () -> {
          touch(mutex);
          with(
              ready,
              () -> {
                configured[0] = true;
                changed.broadcast();
              });
        });
    read.lock(); // for the statement
    if (fixed) {
      read.unlock();
    }
    touch(read); // for the name of a database in it
    if (!fixed) {
      read.unlock();
    }
    ready.lock();
    while (!configured[0]) {
      changed.await();
    }
    ready.unlock();
  }

  private static void scatter(boolean fixed) throws Exception {
    CancelContext context = Context.background().withCancel();
    Chan<Integer> ready = Chan.unbuffered();
    go(
        "importer",
        () -> {
          while (select(ready.onReceive(r -> r != null), context.onDone(() -> false))) {
            // imports
          }
        });
    go("client", () -> context.cancel());
    for (int i = 0; i < 3; i++) {
      if (fixed) {
        select(ready.onSend(i), context.onDone());
      } else {
        ready.send(i);
      }
    }
    ready.close();
  }

  private static void compact(boolean fixed) throws Exception {
    Chan<Integer> suggestions = Chan.buffered(1);
    Task start =
        () ->
            go(() -> {
              suggestions.receive();
              suggestions.receive();
            });
    if (fixed) {
      start.run();
    }
    suggestions.send(1);
    suggestions.send(2);
    if (!fixed) {
      start.run();
    }
  }

  private static void quiesce(boolean fixed) throws Exception {
    Chan<Integer> quiesced = Chan.unbuffered();
    if (fixed) {
      quiesced.close();
    }
    quiesced.receive();
  }

  private static void outbox(boolean fixed) throws Exception {
    Chan<Integer> rows = Chan.buffered(1);
    go(
        "outbox",
        () -> {
          boolean connected = false;
          if (!connected && !fixed) {
            return;
          }
          while (rows.receive() != null) {
            // drains
          }
        });
    for (int i = 0; i < 3; i++) {
      rows.send(i);
    }
    rows.close();
  }

  private static void inbound(boolean fixed) throws Exception {
    Chan<String> input = Chan.buffered(1);
    input.send("row");
    if (fixed) {
      input.trySend("cancelled");
    } else {
      input.send("cancelled");
    }
  }
}

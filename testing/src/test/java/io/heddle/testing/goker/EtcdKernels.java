package io.heddle.testing.goker;

import static io.heddle.Go.go;
import static io.heddle.Select.choose;
import static io.heddle.Select.select;
import static io.heddle.testing.goker.Kernel.always;
import static io.heddle.testing.goker.Kernel.sometimes;
import static io.heddle.testing.goker.Kernel.touch;
import static io.heddle.testing.goker.Kernel.with;

import io.heddle.Chan;
import io.heddle.Locker;
import io.heddle.Mutex;
import io.heddle.RWMutex;
import io.heddle.Ticker;
import java.time.Duration;
import java.util.List;

/** etcd. */
final class EtcdKernels {
  static final List<Kernel> ALL =
      List.of(
          always("Etcd5509", "a failure leaves its read lock held", EtcdKernels::client),
          always("Etcd6708", "reads while it writes", EtcdKernels::sync),
          sometimes("Etcd6857", "asks a node that has stopped", EtcdKernels::node),
          sometimes("Etcd6873", "waits for one that needs its lock", EtcdKernels::broadcasts),
          sometimes("Etcd7492", "sends with a lock the receiver needs", EtcdKernels::tokens),
          sometimes("Etcd7902", "leads with a lock the follower needs", EtcdKernels::election));

  private EtcdKernels() {}

  private static void client(boolean fixed) throws Exception {
    RWMutex mutex = new RWMutex();
    Locker read = mutex.reading();
    read.lock();
    boolean failed = true;
    if (!failed || fixed) {
      read.unlock();
    }
    touch(mutex); // close
  }

  private static void sync(boolean fixed) throws Exception {
    RWMutex mutex = new RWMutex();
    mutex.lock();
    if (fixed) {
      mutex.unlock();
    }
    touch(mutex.reading());
    if (!fixed) {
      mutex.unlock();
    }
  }

  private static void node(boolean fixed) throws Exception {
    Chan<Integer> status = Chan.unbuffered();
    Chan<Integer> stop = Chan.unbuffered();
    Chan<Integer> done = Chan.unbuffered();
    go(
        "node",
        () -> {
          while (select(status.onReceive(s -> true), stop.onReceive(s -> false))) {
            // answers
          }
          done.close();
        });
    go("stopper", stop::close);
    if (fixed) {
      choose(status.onSend(1), done.onReceive());
    } else {
      status.send(1);
    }
  }

  private static void broadcasts(boolean fixed) throws Exception {
    Mutex mutex = new Mutex();
    Chan<Integer> updates = Chan.buffered(1);
    Chan<Integer> done = Chan.unbuffered();
    go(
        "coalescer",
        () -> {
          while (updates.receive() != null) {
            touch(mutex);
          }
          done.close();
        });
    updates.send(1);
    mutex.lock();
    updates.close();
    if (fixed) {
      mutex.unlock();
      done.receive();
    } else {
      done.receive();
      mutex.unlock();
    }
  }

  private static void tokens(boolean fixed) throws Exception {
    Mutex mutex = new Mutex();
    Chan<Integer> added = Chan.unbuffered();
    Chan<Integer> stop = Chan.unbuffered();
    Ticker ticker = Ticker.start(Duration.ofMillis(1));
    go(
        "keeper",
        () -> {
          String next;
          do {
            next =
                select(
                    added.onReceive(t -> "added"),
                    ticker.onReceive(t -> "tick"),
                    stop.onReceive(s -> "stop"));
            if (next.equals("tick")) {
              touch(mutex); // deletes what has expired
            }
          } while (!next.equals("stop"));
        });
    io.heddle.Go.sleep(Duration.ofMillis(1));
    if (fixed) {
      touch(mutex);
      added.send(1);
    } else {
      with(mutex, () -> added.send(1));
    }
    stop.close();
  }

  private static void election(boolean fixed) throws Exception {
    Mutex mutex = new Mutex();
    Chan<Integer> next = Chan.unbuffered();
    go(
        "follower",
        () -> {
          touch(mutex);
          next.receive();
        });
    if (fixed) {
      touch(mutex);
      next.send(1);
    } else {
      with(mutex, () -> next.send(1));
    }
  }
}

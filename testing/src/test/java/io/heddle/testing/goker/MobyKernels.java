package io.heddle.testing.goker;

import static io.heddle.Go.after;
import static io.heddle.Go.go;
import static io.heddle.Go.sleep;
import static io.heddle.Select.choose;
import static io.heddle.Select.select;
import static io.heddle.testing.goker.Kernel.always;
import static io.heddle.testing.goker.Kernel.sometimes;
import static io.heddle.testing.goker.Kernel.touch;
import static io.heddle.testing.goker.Kernel.with;

import io.heddle.Chan;
import io.heddle.Cond;
import io.heddle.Mutex;
import io.heddle.WaitGroup;
import java.time.Duration;
import java.util.List;

/** Moby, which was Docker. */
final class MobyKernels {
  static final List<Kernel> ALL =
      List.of(
          sometimes("Moby4951", "two locks in opposite orders", MobyKernels::devices),
          always("Moby7559", "continues without unlocking", MobyKernels::proxy),
          always("Moby17176", "returns without unlocking", MobyKernels::deactivate),
          sometimes("Moby21233", "reports progress to one that has left", MobyKernels::progress),
          always("Moby25384", "waits for all in the loop that starts them", MobyKernels::volumes),
          sometimes("Moby27782", "a closed watcher leaves the reader waiting", MobyKernels::logs),
          sometimes("Moby28462", "stops with a lock the other needs", MobyKernels::health),
          sometimes("Moby33781", "sends a result to one that has left", MobyKernels::probe),
          sometimes("Moby36114", "locks again to clean up", MobyKernels::machine));

  private static final Duration SECOND = Duration.ofSeconds(1);

  private MobyKernels() {}

  private static void devices(boolean fixed) throws Exception {
    Mutex set = new Mutex();
    Mutex device = new Mutex();
    go("remove", () -> with(set, () -> touch(device)));
    with(fixed ? set : device, () -> touch(fixed ? device : set));
  }

  private static void proxy(boolean fixed) throws Exception {
    Mutex mutex = new Mutex();
    for (int i = 0; i < 2; i++) {
      mutex.lock();
      boolean failed = i == 0;
      if (failed) {
        if (fixed) {
          mutex.unlock();
        }
        continue;
      }
      mutex.unlock();
    }
  }

  private static void deactivate(boolean fixed) throws Exception {
    Mutex mutex = new Mutex();
    for (int i = 0; i < 2; i++) {
      mutex.lock();
      boolean known = false;
      if (known || fixed) {
        mutex.unlock();
      }
    }
  }

  private static void progress(boolean fixed) throws Exception {
    Chan<Integer> progress = Chan.unbuffered();
    Chan<Integer> released = Chan.unbuffered();
    go(
        "watcher",
        () -> {
          while (select(progress.onReceive(p -> p != null), released.onReceive(r -> false))) {
            // draws it
          }
        });
    go("release", released::close);
    for (int i = 0; i < 3; i++) {
      if (fixed) {
        choose(progress.onSend(i), released.onReceive());
      } else {
        progress.send(i);
      }
    }
  }

  private static void volumes(boolean fixed) throws Exception {
    WaitGroup plugins = new WaitGroup();
    plugins.add(2);
    for (int i = 0; i < 2; i++) {
      go(plugins::done);
      if (!fixed) {
        plugins.await();
      }
    }
    plugins.await();
  }

  private static void logs(boolean fixed) throws Exception {
    Mutex mutex = new Mutex();
    Cond changed = new Cond(mutex);
    boolean[] notified = new boolean[1];
    Chan<Integer> events = Chan.buffered(1);
    Chan<Integer> closed = Chan.unbuffered();
    go(
        "forwarder",
        () -> {
          boolean event = select(events.onReceive(e -> true), closed.onReceive(c -> false));
          if (event || fixed) {
            with(
                mutex,
                () -> {
                  notified[0] = true;
                  changed.signal();
                });
          }
        });
    go("closer", closed::close);
    events.send(1);
    mutex.lock();
    while (!notified[0]) {
      changed.await();
    }
    mutex.unlock();
  }

  private static void health(boolean fixed) throws Exception {
    Mutex container = new Mutex();
    Chan<Integer> stop = Chan.unbuffered();
    go(
        "monitor",
        () -> {
          while (select(after(SECOND).onReceive(t -> true), stop.onReceive(s -> false))) {
            touch(container); // stores the result of its probe
          }
        });
    sleep(SECOND);
    if (fixed) {
      touch(container);
      stop.close();
    } else {
      with(container, () -> stop.send(1));
    }
  }

  private static void probe(boolean fixed) throws Exception {
    Chan<String> results = fixed ? Chan.buffered(1) : Chan.unbuffered();
    Chan<Integer> stop = Chan.unbuffered();
    go("probe", () -> results.send("healthy"));
    go("stopper", stop::close);
    select(results.onReceive(r -> true), stop.onReceive(s -> false));
  }

  private static void machine(boolean fixed) throws Exception {
    Mutex mutex = new Mutex();
    boolean[] broken = new boolean[1];
    go("host", () -> with(mutex, () -> broken[0] = true));
    mutex.lock();
    if (broken[0] && !fixed) {
      mutex.lock(); // hot remove, which locks for itself
      mutex.unlock();
    }
    mutex.unlock();
  }
}

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

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Cond;
import io.heddle.Context;
import io.heddle.Locker;
import io.heddle.Mutex;
import io.heddle.RWMutex;
import io.heddle.Ticker;
import java.time.Duration;
import java.util.List;

/** Kubernetes. */
final class KubernetesKernels {
  static final List<Kernel> ALL =
      List.of(
          always("Kubernetes5316", "a timeout leaves the sender", KubernetesKernels::request),
          sometimes(
              "Kubernetes6632", "sends with a lock the receiver needs", KubernetesKernels::framer),
          sometimes(
              "Kubernetes10182", "sends with a lock the receiver needs", KubernetesKernels::status),
          sometimes("Kubernetes11298", "a signal comes before the wait", KubernetesKernels::signal),
          sometimes("Kubernetes13135", "two locks in opposite orders", KubernetesKernels::cacher),
          always(
              "Kubernetes25331", "sends a result after the cancellation", KubernetesKernels::watch),
          sometimes(
              "Kubernetes26980",
              "sends with a lock the receiver needs",
              KubernetesKernels::listener),
          sometimes("Kubernetes30872", "three locks in a circle", KubernetesKernels::federation),
          sometimes(
              "Kubernetes58107", "waits as a reader, a writer between", KubernetesKernels::quota),
          sometimes(
              "Kubernetes62464", "reads in a read, a writer between", KubernetesKernels::cpus),
          sometimes(
              "Kubernetes70277", "sends a tick to one that has left", KubernetesKernels::poll));

  private static final Duration SECOND = Duration.ofSeconds(1);

  private KubernetesKernels() {}

  private static void request(boolean fixed) throws Exception {
    Chan<String> result = fixed ? Chan.buffered(1) : Chan.unbuffered();
    go(() -> {
      sleep(SECOND.multipliedBy(2));
      result.send("late");
    });
    choose(result.onReceive(), after(SECOND).onReceive());
    sleep(SECOND.multipliedBy(2));
  }

  private static void framer(boolean fixed) throws Exception {
    Mutex mutex = new Mutex();
    Chan<Integer> reset = Chan.unbuffered();
    Chan<Integer> close = Chan.unbuffered();
    boolean[] closed = new boolean[1];
    go(
        "monitor",
        () -> {
          while (select(reset.onReceive(r -> true), close.onReceive(c -> false))) {
            // starts its timer anew
          }
          with(mutex, () -> closed[0] = true);
        });
    go("closer", close::close);
    mutex.lock();
    if (!closed[0]) {
      if (fixed) {
        choose(reset.onSend(1), close.onReceive());
      } else {
        reset.send(1);
      }
    }
    mutex.unlock();
  }

  private static void status(boolean fixed) throws Exception {
    Mutex mutex = new Mutex();
    Chan<Integer> changes = Chan.unbuffered();
    go(
        "manager",
        () -> {
          for (int i = 0; i < 2; i++) {
            changes.receive();
            touch(mutex);
          }
        });
    for (int i = 0; i < 2; i++) {
      if (fixed) {
        touch(mutex);
        changes.send(i);
      } else {
        int change = i;
        with(mutex, () -> changes.send(change));
      }
    }
  }

  private static void signal(boolean fixed) throws Exception {
    Mutex mutex = new Mutex();
    Cond cond = new Cond(mutex);
    boolean[] leads = new boolean[1];
    go(
        "election",
        () ->
            with(
                mutex,
                () -> {
                  leads[0] = true;
                  cond.signal();
                }));
    mutex.lock();
    while (!fixed || !leads[0]) {
      cond.await();
      if (!fixed) {
        break;
      }
    }
    mutex.unlock();
  }

  private static void cacher(boolean fixed) throws Exception {
    Mutex cacher = new Mutex();
    Mutex watcher = new Mutex();
    go("dispatch", () -> with(cacher, () -> touch(watcher)));
    with(fixed ? cacher : watcher, () -> touch(fixed ? watcher : cacher));
  }

  private static void watch(boolean fixed) throws Exception {
    CancelContext context = Context.background().withCancel();
    Chan<String> results = fixed ? Chan.buffered(1) : Chan.unbuffered();
    go(
        "watch",
        () -> {
          context.done().receive();
          results.send("error");
        });
    context.cancel();
  }

  private static void listener(boolean fixed) throws Exception {
    Mutex mutex = new Mutex();
    Chan<Integer> next = Chan.unbuffered();
    go(
        "pop",
        () -> {
          if (fixed) {
            touch(mutex);
            next.send(1);
          } else {
            with(mutex, () -> next.send(1));
          }
        });
    touch(mutex);
    next.receive();
  }

  private static void federation(boolean fixed) throws Exception {
    Mutex informer = new Mutex();
    Mutex clusters = new Mutex();
    Mutex queue = new Mutex();
    go("informer", () -> with(informer, () -> touch(clusters)));
    go("controller", () -> with(clusters, () -> touch(queue)));
    with(fixed ? informer : queue, () -> touch(fixed ? queue : informer));
  }

  private static void quota(boolean fixed) throws Exception {
    RWMutex workers = new RWMutex();
    Locker working = workers.reading();
    Mutex mutex = new Mutex();
    Cond added = new Cond(mutex);
    int[] queue = new int[1];
    go(
        "worker",
        () -> {
          if (!fixed) {
            working.lock();
          }
          mutex.lock();
          while (queue[0] == 0) {
            added.await();
          }
          mutex.unlock();
          if (fixed) {
            working.lock();
          }
          working.unlock();
        });
    go("sync", () -> touch(workers));
    touch(working);
    with(
        mutex,
        () -> {
          queue[0]++;
          added.signal();
        });
  }

  private static void cpus(boolean fixed) throws Exception {
    RWMutex mutex = new RWMutex();
    Locker read = mutex.reading();
    go("reconcile", () -> touch(mutex));
    with(
        read,
        () -> {
          if (!fixed) {
            touch(read);
          }
        });
  }

  private static void poll(boolean fixed) throws Exception {
    Chan<Integer> ticks = Chan.unbuffered();
    Chan<Integer> done = Chan.unbuffered();
    go(
        "poller",
        () -> {
          Ticker ticker = Ticker.start(SECOND);
          while (select(ticker.onReceive(t -> true), done.onReceive(d -> false))) {
            if (fixed) {
              choose(ticks.onSend(1), done.onReceive());
            } else {
              ticks.send(1);
            }
          }
        });
    go(
        "timeout",
        () -> {
          sleep(SECOND.multipliedBy(2));
          done.close();
        });
    while (select(ticks.onReceive(t -> true), done.onReceive(d -> false))) {
      // asks its condition
    }
  }
}

package io.heddle.testing.goker;

import static io.heddle.Go.go;
import static io.heddle.Go.sleep;
import static io.heddle.Select.select;
import static io.heddle.testing.goker.Kernel.always;
import static io.heddle.testing.goker.Kernel.sometimes;
import static io.heddle.testing.goker.Kernel.touch;
import static io.heddle.testing.goker.Kernel.with;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Locker;
import io.heddle.Mutex;
import io.heddle.Once;
import io.heddle.RWMutex;
import io.heddle.Task;
import io.heddle.Timer;
import io.heddle.WaitGroup;
import java.time.Duration;
import java.util.List;

/** Hugo, Istio, Knative Serving and Syncthing. */
final class OtherKernels {
  static final List<Kernel> ALL =
      List.of(
          sometimes("Hugo3251", "locks one of a map with the map locked", OtherKernels::remote),
          sometimes("Hugo5379", "a once and a lock in opposite orders", OtherKernels::content),
          sometimes("Istio16224", "sends with a lock the receiver needs", OtherKernels::store),
          sometimes("Istio17860", "sends a status to one that has left", OtherKernels::agent),
          sometimes("Istio18454", "drains a timer that was received from", OtherKernels::debounce),
          sometimes(
              "Serving2137", "waits for a result behind a blocked one", OtherKernels::breaker),
          always("Syncthing4829", "reads while it writes", OtherKernels::mapping),
          always("Syncthing5795", "a loop waits for its own end", OtherKernels::dispatcher));

  private static final Duration SECOND = Duration.ofSeconds(1);

  private OtherKernels() {}

  private static void remote(boolean fixed) throws Exception {
    RWMutex map = new RWMutex();
    Locker read = map.reading();
    Mutex url = new Mutex();
    WaitGroup group = new WaitGroup();
    for (int i = 0; i < 2; i++) {
      group.go(() -> {
        map.lock();
        if (fixed) {
          map.unlock();
          url.lock();
        } else {
          url.lock();
          map.unlock();
        }
        with(read, url::unlock);
      });
    }
    group.await();
  }

  private static void content(boolean fixed) throws Exception {
    Once once = new Once();
    Mutex mutex = new Mutex();
    Task render = () -> touch(mutex);
    go("page", () -> once.run(render));
    if (fixed) {
      once.run(render);
    } else {
      with(mutex, () -> once.run(() -> {}));
    }
  }

  private static void store(boolean fixed) throws Exception {
    Mutex mutex = new Mutex();
    Chan<Integer> events = Chan.unbuffered();
    go(
        "handler",
        () -> {
          while (events.receive() != null) {
            touch(mutex);
          }
        });
    for (int i = 0; i < 2; i++) {
      int event = i;
      if (fixed) {
        touch(mutex);
        events.send(event);
      } else {
        with(mutex, () -> events.send(event));
      }
    }
    events.close();
  }

  private static void agent(boolean fixed) throws Exception {
    Chan<String> status = fixed ? Chan.buffered(1) : Chan.unbuffered();
    CancelContext context = Context.background().withCancel();
    go("proxy", () -> status.send("exit 0"));
    go("terminator", () -> context.cancel());
    select(status.onReceive(s -> true), context.onDone(() -> false));
  }

  private static void debounce(boolean fixed) throws Exception {
    Chan<Integer> changes = Chan.unbuffered();
    go(
        "watcher",
        () -> {
          sleep(SECOND);
          changes.send(1);
        });
    Timer timer = Timer.start(SECOND);
    for (boolean changed = false; !changed; ) {
      changed = select(timer.onReceive(t -> false), changes.onReceive(c -> true));
    }
    if (!timer.stop() && !fixed) {
      timer.receive();
    }
  }

  private static void breaker(boolean fixed) throws Exception {
    Chan<Integer> active = Chan.buffered(1);
    Mutex first = new Mutex();
    Mutex second = new Mutex();
    Chan<Integer> results = Chan.buffered(2);
    Chan<Integer> secondResult = Chan.buffered(1);
    first.lock();
    second.lock();
    for (int i = 0; i < 2; i++) {
      Mutex accepted = i == 0 ? first : second;
      Chan<Integer> result = i == 0 ? results : secondResult;
      go(() -> {
        active.send(1);
        touch(accepted);
        active.receive();
        result.send(1);
      });
    }
    if (fixed) {
      first.unlock();
    }
    second.unlock();
    secondResult.receive();
    if (!fixed) {
      first.unlock();
    }
    results.receive();
  }

  private static void mapping(boolean fixed) throws Exception {
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

  private static void dispatcher(boolean fixed) throws Exception {
    Chan<Integer> stopped = Chan.unbuffered();
    go(
        "dispatcher",
        () -> {
          if (!fixed) {
            stopped.receive(); // close, called on a failure, waits for the loop
          }
          stopped.close();
        });
    stopped.receive();
  }
}

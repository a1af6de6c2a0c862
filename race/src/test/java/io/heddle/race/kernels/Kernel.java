package io.heddle.race.kernels;

import static io.heddle.Go.go;

import io.heddle.Chan;
import io.heddle.Task;
import io.heddle.race.unseen.Order;

/** A small program, and whether it has a race. Named after Go's test of the same. */
record Kernel(String name, boolean races, Task body) {
  /** Must be reported. */
  static Kernel racy(String name, Task body) {
    return new Kernel(name, true, body);
  }

  /** Must not be reported. */
  static Kernel silent(String name, Task body) {
    return new Kernel(name, false, body);
  }

  /** Each of two sides first, in turn: they are not ordered, whatever comes first. */
  static void either(Task a, Task b) throws Exception {
    pair(a, b);
  }

  /** Runs one side in a goroutine, and after it, in time only, the other. */
  static void pair(Task first, Task second) throws Exception {
    Order order = new Order();
    Chan<Boolean> done = Chan.unbuffered();
    go(() -> {
      try {
        first.run();
      } finally {
        order.reach();
      }
      done.send(true);
    });
    order.await(1);
    second.run();
    done.receive();
  }

  /** Runs both sides at the same time: they wait for each other. */
  static void together(Task side, Task main) throws Exception {
    Chan<Boolean> done = Chan.buffered(1);
    go(() -> {
      side.run();
      done.send(true);
    });
    main.run();
    done.receive();
  }

  /** Runs both sides in goroutines, the second after the first, in time only. */
  static void both(Task first, Task second) throws Exception {
    Order order = new Order();
    Chan<Boolean> done = Chan.buffered(2);
    go(() -> {
      first.run();
      order.reach();
      done.send(true);
    });
    go(() -> {
      order.await(1);
      second.run();
      done.send(true);
    });
    done.receive();
    done.receive();
  }
}

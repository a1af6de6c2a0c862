import static io.heddle.Go.*;

import io.heddle.*;

class Counter {
  private final Mutex mu = new Mutex();
  private int value;

  void increment() throws InterruptedException {
    mu.lock();
    try {
      value++;
    } finally {
      mu.unlock();
    }
  }

  int value() throws InterruptedException {
    mu.lock();
    try {
      return value;
    } finally {
      mu.unlock();
    }
  }
}

void main() throws Exception {
  run(() -> {
    var counter = new Counter();
    var wg = new WaitGroup();

    for (int i = 0; i < 10; i++) {
      wg.go(counter::increment); // add(1), go, and done() at the end
    }

    wg.await();

    IO.println("Final Counter: " + counter.value());
  });
}

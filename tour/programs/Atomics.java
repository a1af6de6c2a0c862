import static io.heddle.Go.*;

import io.heddle.*;

void main() throws Exception {
  run(() -> {
    var counter = new AtomicInteger(); // The JDK's, in java.util.concurrent.atomic
    var wg = new WaitGroup();

    for (int i = 0; i < 10; i++) {
      wg.go(() -> counter.addAndGet(1)); // add(1), go, and done() at the end
    }

    wg.await();

    IO.println("Final Counter: " + counter.get());
  });
}

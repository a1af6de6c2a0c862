import static io.heddle.Go.*;
import static java.time.Duration.ofMillis;

import io.heddle.*;

void main() throws Exception {
  run(() -> {
    var permits = new Semaphore(3); // semaphore.NewWeighted(3)
    var running = new AtomicInteger();
    var wg = new WaitGroup();

    // Ten downloads, three at a time
    for (int i = 0; i < 10; i++) {
      wg.go(() -> {
        permits.acquire();
        try {
          if (running.incrementAndGet() > 3) {
            IO.println("Too many at once!");
          }
          sleep(ofMillis(10));
        } finally {
          running.decrementAndGet();
          permits.release();
        }
      });
    }
    wg.await();
    IO.println("Downloads done, permits available: " + permits.available());

    // A heavy task takes several permits
    permits.acquire(2);
    IO.println("One permit at once: " + permits.tryAcquire(1));
    IO.println("Another at once: " + permits.tryAcquire(1));

    // Whatever blocks takes a deadline
    try {
      permits.acquire(1, ofMillis(100));
    } catch (TimeoutException e) {
      IO.println("Another within 100 ms: false");
    }
  });
}

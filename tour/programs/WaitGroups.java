import static io.heddle.Go.*;

import io.heddle.*;

void worker(int id, WaitGroup wg) {
  try {
    IO.println("Worker " + id + " starting");
    IO.println("Worker " + id + " done");
  } finally {
    wg.done(); // Decrement counter when goroutine completes
  }
}

void main() throws Exception {
  run(() -> {
    var wg = new WaitGroup();

    for (int i = 0; i < 3; i++) {
      int id = i;
      wg.add(1); // Track each goroutine started
      go(() -> worker(id, wg));
    }

    // Wait for all goroutines to finish
    wg.await();

    IO.println("All workers done.");
  });
}

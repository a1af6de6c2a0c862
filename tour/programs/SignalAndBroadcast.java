import static io.heddle.Go.*;
import static java.time.Duration.ofSeconds;

import io.heddle.*;

void worker(int id, Cond cond) throws InterruptedException {
  cond.locker().lock(); // Lock the condition
  try {
    IO.println("Worker " + id + " is waiting");
    cond.await(); // Wait for a signal or broadcast
    IO.println("Worker " + id + " is proceeding");
  } finally {
    cond.locker().unlock();
  }
}

void main() throws Exception {
  run(() -> {
    var lock = new Mutex();
    var cond = new Cond(lock);

    // Start multiple worker goroutines that will wait on the condition
    for (int i = 0; i < 3; i++) {
      int id = i;
      go(() -> worker(id, cond));
    }

    // Allow time for all workers to start and wait
    sleep(ofSeconds(1));

    // Use signal to wake up one goroutine
    IO.println("Notifying one worker");
    cond.signal(); // Notifies one waiting worker, the one that has waited longest
    sleep(ofSeconds(1));

    // Use broadcast to wake up all remaining goroutines
    IO.println("Broadcasting to all remaining workers");
    cond.broadcast(); // Notifies all remaining waiting workers

    // Allow time for all goroutines to complete
    sleep(ofSeconds(2));
    IO.println("Main function exiting.");
  });
}

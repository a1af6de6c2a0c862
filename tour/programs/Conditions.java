import static io.heddle.Go.*;
import static java.time.Duration.ofSeconds;

import io.heddle.*;

// A field, as a lambda cannot assign to a local variable of the function around it.
boolean ready = false;

void main() throws Exception {
  run(() -> {
    var mu = new Mutex();
    var cond = new Cond(mu);

    go(() -> {
      sleep(ofSeconds(1));
      cond.locker().lock();
      ready = true;
      cond.locker().unlock();
      cond.signal(); // Notify one waiting goroutine
    });

    cond.locker().lock();
    while (!ready) {
      cond.await(); // Wait until condition is met
    }
    IO.println("Ready is true, proceeding.");
    cond.locker().unlock();
  });
}

import static io.heddle.Go.*;
import static java.time.Duration.ofMillis;

import io.heddle.*;
import io.heddle.rate.*;
import java.util.concurrent.atomic.*;

// A service with a limit that its clients do not know
void main() throws Exception {
  run(() -> {
    var bucket = RateLimiter.perSecond(200, 20); // the service's own limit
    var refused = new AtomicInteger();

    var limiter = new AdaptiveLimiter(20);
    var requests = new WaitGroup();
    for (int i = 0; i < 400; i++) {
      requests.go(() -> {
        boolean isServed = false;
        while (!isServed) {
          try (var permit = limiter.acquire()) {
            sleep(ofMillis(5)); // the request
            isServed = bucket.tryAcquire();
            if (isServed) {
              permit.accepted();
            } else { // HTTP's status 429 and its header Retry-After
              permit.refused(ofMillis(200));
              refused.incrementAndGet();
            }
          }
        }
      });
    }
    requests.await();
    IO.println("All 400 requests were served.");
    IO.println("Refused: " + (refused.get() < 100 ? "fewer than 100" : refused));
  });
}

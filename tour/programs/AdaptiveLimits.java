import static io.heddle.Go.*;
import static java.time.Duration.ofMillis;

import io.heddle.*;
import io.heddle.rate.*;

// A service with a limit that its clients do not know
void main() throws Exception {
  run(() -> {
    var bucket = RateLimiter.perSecond(300, 30); // the service's own limit

    var limiter = new AdaptiveLimiter(20);
    var requests = new WaitGroup();
    for (int i = 0; i < 150; i++) {
      requests.go(() -> {
        boolean isServed = false;
        while (!isServed) {
          try (var permit = limiter.acquire()) {
            sleep(ofMillis(5)); // the request
            isServed = bucket.tryAcquire();
            if (isServed) {
              permit.accepted();
            } else { // HTTP's status 429 and its header Retry-After
              permit.refused(ofMillis(100));
            }
          }
        }
      });
    }
    requests.await();
    IO.println("All 150 requests were served.");
  });
}

import static io.heddle.Go.*;
import static io.heddle.Select.*;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import io.heddle.*;
import io.heddle.rate.*;

// golang.org/x/time/rate
void main() throws Exception {
  run(() -> {
    // One request every 100 ms, two at once after a pause
    var limiter = RateLimiter.every(ofMillis(100), 2);
    for (int i = 1; i <= 4; i++) {
      limiter.acquire();
      IO.println("Request " + i);
    }

    // A place in the queue, which a select can wait for
    var reservation = limiter.reserve();
    String line =
        select(
            reservation.onReady(() -> "It is our turn."),
            after(ofSeconds(30)).onReceive(_ -> "Too long!"));
    IO.println(line);
  });
}

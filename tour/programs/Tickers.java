import static io.heddle.Go.*;
import static io.heddle.Select.*;
import static java.time.Duration.ofMillis;

import io.heddle.*;

void main() throws Exception {
  run(() -> {
    Ticker ticker = Ticker.start(ofMillis(50));
    for (int i = 1; i <= 3; i++) {
      ticker.receive();
      IO.println("Tick " + i);
    }

    ticker.stop(); // Does not close it, so that a receiver does not mistake the end for a tick
    String line =
        select(
            ticker.onReceive(_ -> "Another tick"),
            after(ofMillis(150)).onReceive(_ -> "No more ticks"));
    IO.println(line);
  });
}

import static io.heddle.Go.*;
import static io.heddle.Select.*;
import static java.time.Duration.ofSeconds;

import io.heddle.*;

void main() throws Exception {
  run(() -> {
    // Create an unbuffered channel
    Chan<String> ch = Chan.unbuffered();

    // Start a goroutine that simulates a delayed send
    go(() -> {
      sleep(ofSeconds(3)); // Simulate a delay
      ch.send("Hello from goroutine!"); // Send a message after delay
    });

    String line =
        select(
            ch.onReceive(msg -> "Received: " + msg),
            after(ofSeconds(2)).onReceive(_ -> "Timeout! No message received."));
    IO.println(line);
  });
}

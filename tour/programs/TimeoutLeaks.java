import static io.heddle.Go.*;
import static io.heddle.Select.*;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import io.heddle.*;

String resultOrTimeout() throws InterruptedException {
  Chan<String> ch = Chan.unbuffered(); // With room for one message, Chan.buffered(1), nothing leaks

  go(() -> {
    sleep(ofSeconds(3)); // Simulate a delay
    ch.send("Hello from goroutine!"); // Nobody waits any more: BLOCKS for ever
  });

  return select(
      ch.onReceive(msg -> "Received: " + msg),
      after(ofSeconds(2)).onReceive(_ -> "Timeout! No message received."));
}

void main() throws Exception {
  run(() -> {
    IO.println(resultOrTimeout());

    // The garbage collector finds the goroutine, and the log reports it
    while (Leaks.areSearched() && Leaks.found().isEmpty()) {
      sleep(ofMillis(100));
      System.gc();
    }
  });
}

import static io.heddle.Go.*;
import static io.heddle.Select.*;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import io.heddle.*;

String firstResult() throws InterruptedException {
  Chan<String> ch1 = Chan.unbuffered();
  Chan<String> ch2 = Chan.unbuffered();

  go(() -> {
    sleep(ofSeconds(1));
    ch1.send("result from ch1"); // Nobody receives it: BLOCKS for ever
  });

  go(() -> {
    ch2.send("result from ch2");
  });

  return select(
      ch1.onReceive(msg1 -> "Received: " + msg1), //
      ch2.onReceive(msg2 -> "Received: " + msg2));
}

void main() throws Exception {
  run(() -> {
    IO.println(firstResult());

    // The garbage collector finds the goroutine, and the log reports it
    while (Leaks.areSearched() && Leaks.found().isEmpty()) {
      sleep(ofMillis(100));
      System.gc();
    }
  });
}

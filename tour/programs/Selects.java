import static io.heddle.Go.*;
import static io.heddle.Select.*;
import static java.time.Duration.ofSeconds;

import io.heddle.*;

void main() throws Exception {
  run(() -> {
    Chan<String> ch1 = Chan.unbuffered();
    Chan<String> ch2 = Chan.unbuffered();

    go(() -> {
      sleep(ofSeconds(1));
      ch1.send("result from ch1");
    });

    go(() -> {
      ch2.send("result from ch2");
    });

    String line =
        select(
            ch1.onReceive(msg1 -> "Received: " + msg1), //
            ch2.onReceive(msg2 -> "Received: " + msg2));
    IO.println(line);
  });
}

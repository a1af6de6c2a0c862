import static io.heddle.Go.*;

import io.heddle.*;

void main() throws Exception {
  run(() -> {
    Chan<String> ch = Chan.unbuffered();

    // Start a goroutine to send a message
    go(() -> ch.send("Hello from a goroutine!"));

    // Receive the message from the channel
    IO.println(ch.receive());
  });
}

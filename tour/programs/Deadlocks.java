import static io.heddle.Go.*;

import io.heddle.*;

void sendMessage(Sender<String> ch) throws InterruptedException {
  ch.send("Hello from a goroutine!"); // Send a message to the channel
}

void main() throws Exception {
  run(() -> {
    // Create a new channel of type string
    Chan<String> ch = Chan.unbuffered();

    // Forgotten: no goroutine is started to send a message
    // go(() -> sendMessage(ch));

    // Receive the message from the channel: BLOCKS the main goroutine
    String msg = ch.receive();
    IO.println(msg); // Never printed
  });
}

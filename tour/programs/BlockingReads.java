import static io.heddle.Go.*;
import static java.time.Duration.ofMillis;

import io.heddle.*;

// A goroutine under a context is interrupted when that is done, so blocking I/O ends, too. Go's
// reads know nothing of a context.
void main() throws Exception {
  run(() -> {
    var loopback = InetAddress.getLoopbackAddress();
    try (var server = new ServerSocket(0, 1, loopback);
        var client = new Socket(loopback, server.getLocalPort());
        var ctx = Context.background().withTimeout(ofMillis(200))) {

      var reader =
          go(
              ctx,
              () -> {
                IO.println("Reading from a server that says nothing");
                try {
                  IO.println("Read " + client.getInputStream().read());
                } catch (IOException e) {
                  IO.println("The read has ended.");
                }
              });

      reader.join();
      IO.println("The deadline is over: " + (ctx.error() instanceof DeadlineExceededException));
    }
  });
}

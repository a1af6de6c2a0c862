package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.purge.Store;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of a connection. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class NatsStoreTest {
  private static final String INFO =
      "INFO {\"server_id\":\"x\",\"version\":\"2.10.0\",\"proto\":1,\"headers\":true,"
          + "\"max_payload\":1048576,\"jetstream\":true}\r\n";

  /** The server never answers what it is asked of the bucket. */
  @Test
  void whoIsInterruptedWhileItConnectsLeavesNoConnectionBehind() throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Store store =
            NatsStore.of(
                new NatsServers(
                    List.of("127.0.0.1:" + listener.getLocalPort()),
                    false,
                    new NatsServers.Login("", "", null),
                    Network.usual(Duration.ofSeconds(30))),
                "b",
                false)) {
      Go.run(() -> {
        Chan<String> asked = Chan.unbuffered();
        var listing =
            Go.go(() -> {
              assertThrows(InterruptedException.class, () -> store.list("", null, 10));
            });
        var serving =
            Go.go(() -> {
              try (Socket socket = listener.accept();
                  BufferedReader in =
                      new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8))) {
                socket.getOutputStream().write(INFO.getBytes(UTF_8));
                for (String line; (line = in.readLine()) != null; ) {
                  if (line.equals("PING")) {
                    socket.getOutputStream().write("PONG\r\n".getBytes(UTF_8));
                  } else if (line.contains("$JS.API.STREAM.INFO")) {
                    asked.send(line);
                  }
                }
              }
            });
        asked.receive();
        listing.cancel();
        listing.join();
        serving.join(); // the client has closed it
      });
    }
  }
}

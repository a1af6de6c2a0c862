package io.heddle.orders.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What clients without a token can have of the server. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class StrangersTest {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final int STRANGERS = 5;
  private static final String REQUEST = "GET /known HTTP/1.1\r\nHost: test\r\n\r\n";

  private static ApiResponse handle(ApiRequest request) {
    if (!request.path().equals(List.of("stranger"))) {
      request.letIn();
    }
    return ApiResponse.of(200, "text/plain", "hello");
  }

  private static Socket connect(ApiServer server, String bytes) throws IOException {
    Socket socket = new Socket(server.address().getAddress(), server.address().getPort());
    socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
    return socket;
  }

  private static String answer(Socket socket) throws IOException {
    StringBuilder text = new StringBuilder();
    InputStream in = socket.getInputStream();
    while (!text.toString().endsWith("hello")) {
      int next = in.read();
      if (next < 0) {
        return text + " and the end";
      }
      text.append((char) next);
    }
    return text.toString();
  }

  private static void assertReset(Socket socket) throws IOException {
    try {
      assertEquals(-1, socket.getInputStream().read());
    } catch (SocketException e) {
      // a reset
    }
  }

  /** 300 of them held 61 MB for a minute, and 10,000 were allowed. */
  @Test
  void theOldestOfTooManyIsReset() throws Exception {
    ApiServer.Limits limits = new ApiServer.Limits(1000, 1000, 1000, STRANGERS, LONG, LONG, LONG);
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    List<Socket> sockets = new ArrayList<>();
    try (ApiServer server = ApiServer.start(any, limits, null, null, StrangersTest::handle)) {
      Socket known = connect(server, REQUEST);
      sockets.add(known);
      assertTrue(answer(known).startsWith("HTTP/1.1 200"));
      List<Socket> strangers = new ArrayList<>();
      for (int i = 0; i < 3 * STRANGERS; i++) {
        // The answer shows that the server has opened it: the next one is younger for certain.
        Socket stranger = connect(server, "GET /stranger HTTP/1.1\r\nHost: test\r\n\r\n");
        strangers.add(stranger);
        assertTrue(answer(stranger).startsWith("HTTP/1.1 200"));
        stranger.getOutputStream().write("GET /slow HTTP/1.1\r\nHost: ".getBytes(ISO_8859_1));
      }
      sockets.addAll(strangers);
      for (Socket one : strangers.subList(0, 2 * STRANGERS)) {
        assertReset(one);
      }
      known.getOutputStream().write(REQUEST.getBytes(ISO_8859_1));
      assertTrue(answer(known).startsWith("HTTP/1.1 200"), "whoever has shown a token stays");
      Socket last = strangers.getLast();
      last.getOutputStream().write("test\r\n\r\n".getBytes(ISO_8859_1));
      assertTrue(answer(last).startsWith("HTTP/1.1 200"), "there is room for some strangers");
      last.close();
      Socket next = connect(server, REQUEST);
      sockets.add(next);
      assertTrue(answer(next).startsWith("HTTP/1.1 200"));
    } finally {
      for (Socket one : sockets) {
        one.close();
      }
    }
  }
}

package io.heddle.orders.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Go;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that are slow or many, and the end of the server. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class ApiServerTimesTest {
  private static final InetSocketAddress ANY =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final String GET = "GET /get HTTP/1.1\r\nHost: test\r\n\r\n";
  private static final String OK = "HTTP/1.1 200 OK";

  private final Chan<String> arrived = Chan.buffered(100);
  private final Chan<String> goOn = Chan.unbuffered();
  private ApiServer server;

  private void start(int connections, Duration idle, Duration request, Duration write)
      throws IOException {
    ApiServer.Limits limits =
        new ApiServer.Limits(8 << 10, 2 << 20, connections, connections, idle, request, write);
    server = ApiServer.start(ANY, limits, null, null, this::handle);
  }

  private ApiResponse handle(ApiRequest request) throws IOException, InterruptedException {
    return switch (request.path().getFirst()) {
      case "wait" -> {
        arrived.send("wait");
        goOn.receive();
        yield ApiResponse.of(200, "text/plain", "waited");
      }
      case "large" -> {
        arrived.send("large");
        yield ApiResponse.of(200, "text/plain", "x".repeat(64 << 20));
      }
      default -> {
        try {
          request.body();
        } catch (ProblemException e) {
          yield e.answer();
        }
        yield ApiResponse.of(200, "text/plain", "");
      }
    };
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  private RawClient client() throws IOException {
    return new RawClient(server.address());
  }

  private static String get(String path) {
    return GET.replace("/get", path);
  }

  /** Sends single bytes with pauses, for as long as the server permits, as slow-loris does. */
  private static void drip(RawClient client, String bytes) {
    assertThrows(
        IOException.class,
        () -> {
          client.send(bytes);
          while (true) {
            client.send("x");
            Go.sleep(Duration.ofMillis(20));
          }
        });
  }

  @Test
  void aRequestThatComesTooSlowlyIsGivenUp() throws Exception {
    start(100, LONG, SHORT, LONG);
    try (RawClient first = client();
        RawClient headers = client();
        RawClient body = client();
        RawClient chunks = client()) {
      drip(first, "GET /");
      drip(headers, "GET / HTTP/1.1\r\nX: ");
      String post = "POST / HTTP/1.1\r\nHost: test\r\n";
      drip(body, post + "Content-Length: 1000000\r\n\r\n");
      drip(chunks, post + "Transfer-Encoding: chunked\r\n\r\nfffff\r\n");
    }
    try (RawClient half = client();
        RawClient client = client()) {
      half.send("GET / HTTP/1.1\r\nX: ");
      assertEquals("HTTP/1.1 408 Request Timeout", half.line());
      assertEquals(OK, client.send(GET).line());
    }
  }

  @Test
  void aConnectionWithoutRequestsIsClosed() throws Exception {
    start(100, SHORT, LONG, LONG);
    try (RawClient silent = client();
        RawClient used = client()) {
      assertEquals(OK, used.send(GET).head().getFirst());
      assertEquals("", used.rest());
      assertEquals("", silent.rest());
    }
  }

  @Test
  void aClientThatDoesNotReadIsGivenUp() throws Exception {
    start(100, LONG, LONG, SHORT);
    try (RawClient client = client()) {
      client.send(get("/large"));
      assertEquals("large", arrived.receive());
      assertTrue(server.shutdown(LONG), "its goroutine ends, although the client does not read");
      assertThrows(IOException.class, client::rest, "a reset, not the end of the body");
    }
  }

  @Test
  void whoIsIdleMakesRoomAndOthersWait() throws Exception {
    start(2, LONG, LONG, LONG);
    try (RawClient busy = client()) {
      busy.send(get("/wait"));
      assertEquals("wait", arrived.receive());
      try (RawClient idle = client()) {
        assertEquals(OK, idle.send(GET).head().getFirst());
        try (RawClient third = client()) {
          third.send(get("/wait"));
          assertEquals("", idle.rest(), "it had to make room");
          assertEquals("wait", arrived.receive());
          try (RawClient fourth = client()) {
            fourth.send(GET);
            goOn.send("on");
            assertEquals(OK, fourth.head().getFirst());
            goOn.send("on");
          }
        }
      }
    }
  }

  @Test
  void whoComesAfterManyThatAreSlowIsServed() throws Exception {
    start(50, LONG, SHORT, LONG);
    List<RawClient> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 200; i++) {
        slow.add(client().send("GET"));
      }
      try (RawClient client = client()) {
        assertEquals(OK, client.send(GET).line());
      }
    } finally {
      for (RawClient one : slow) {
        one.close();
      }
    }
  }

  @Test
  void whatHasBegunIsFinishedBeforeTheEnd() throws Exception {
    start(100, LONG, LONG, LONG);
    try (RawClient idle = client();
        RawClient busy = client()) {
      assertEquals(OK, idle.send(GET).head().getFirst());
      busy.send(get("/wait") + get("/never"));
      assertEquals("wait", arrived.receive());
      Go.run(() -> {
        Chan<Boolean> result = Chan.buffered(1);
        Go.go(() -> result.send(server.shutdown(LONG)));
        assertEquals("", idle.rest());
        goOn.send("on");
        List<String> head = busy.head();
        assertEquals(OK, head.getFirst());
        assertTrue(head.contains("Connection: close"), head::toString);
        assertEquals("waited", busy.rest(), "what was sent ahead is for another server");
        assertEquals(true, result.receive());
      });
    }
    assertThrows(ConnectException.class, this::client);
  }

  @Test
  void whatDoesNotEndInTimeIsCutOff() throws Exception {
    start(100, LONG, LONG, LONG);
    try (RawClient busy = client()) {
      busy.send(get("/wait"));
      assertEquals("wait", arrived.receive());
      assertFalse(server.shutdown(SHORT));
      String rest = busy.rest();
      assertTrue(rest.isEmpty() || rest.startsWith("HTTP/1.1 503 "), rest);
    }
  }

  @Test
  void limitsMustLeaveRoomForARequest() {
    assertThrows(
        IllegalArgumentException.class, () -> new ApiServer.Limits(1, 0, 0, 1, LONG, LONG, LONG));
    assertThrows(
        IllegalArgumentException.class,
        () -> new ApiServer.Limits(1, 0, 1, 1, LONG, Duration.ZERO, LONG));
    assertThrows(
        IllegalArgumentException.class, () -> new ApiServer.Limits(0, 0, 1, 1, LONG, LONG, LONG));
  }
}

package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.TaskGroup;
import io.heddle.purge.StoreException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The client of HTTP stores, and a server that sends the given bytes. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class StoreHttpTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private final CountDownLatch end = new CountDownLatch(1);
  private final TaskGroup<Void> server = new TaskGroup<>();
  private final List<List<String>> requests = new CopyOnWriteArrayList<>();

  /** Whether the connections of all calls of {@link #serve} so far have been accepted. */
  private CountDownLatch accepted = new CountDownLatch(0);

  private ServerSocket listener;

  @BeforeEach
  void listen() throws Exception {
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void stop() throws Exception {
    end.countDown();
    listener.close();
    server.await();
  }

  /**
   * On the next connection, after those of earlier calls, sends one response for each request, and
   * then keeps or closes it.
   */
  private void serve(boolean close, String... responses) throws InterruptedException {
    CountDownLatch before = accepted;
    CountDownLatch turn = new CountDownLatch(1);
    accepted = turn;
    server.go(() -> {
      before.await();
      try (Socket socket = accept(turn)) {
        BufferedReader in =
            new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
        for (String response : responses) {
          List<String> request = new CopyOnWriteArrayList<>();
          for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
            request.add(line);
          }
          requests.add(request);
          socket.getOutputStream().write(response.getBytes(ISO_8859_1));
        }
        if (!close) {
          end.await();
        }
      }
    });
  }

  private Socket accept(CountDownLatch turn) throws IOException {
    try {
      return listener.accept();
    } finally {
      turn.countDown();
    }
  }

  private StoreHttp client(Duration timeout) {
    URI uri = URI.create("http://user:secret@127.0.0.1:" + listener.getLocalPort());
    return new StoreHttp(uri, timeout, Map.of("X-Test", "yes"));
  }

  @Test
  void requestsShareAConnectionAndNamesNoUser() throws Exception {
    serve(false, OK, OK);
    try (StoreHttp http = client(LONG)) {
      assertEquals("ok", new String(http.send("GET", "/a%2Fb?c=d", null).body(), UTF_8));
      StoreHttp.Response response = http.send("DELETE", "/b%20c", null);
      assertEquals(200, response.status());
      assertEquals("2", response.header("content-length"));
    }
    assertEquals("GET /a%2Fb?c=d HTTP/1.1", requests.getFirst().getFirst());
    assertEquals("DELETE /b%20c HTTP/1.1", requests.getLast().getFirst());
    List<String> headers = requests.getFirst();
    assertTrue(headers.contains("Host: 127.0.0.1:" + listener.getLocalPort()), headers::toString);
    assertTrue(headers.contains("X-Test: yes"), headers::toString);
  }

  /** The engine decides how often a request is sent. */
  @Test
  void aRequestIsSentOnce() throws Exception {
    serve(false, "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n");
    serve(true, "");
    try (StoreHttp http = client(LONG)) {
      assertEquals(503, http.send("GET", "/", null).status());
      http.closeIdle(Duration.ZERO);
      assertThrows(IOException.class, () -> http.send("GET", "/", null));
    }
    assertEquals(2, requests.size());
  }

  @Test
  void aConnectionThatTheServerHasClosedIsReplaced() throws Exception {
    serve(true, OK);
    try (StoreHttp http = client(LONG)) {
      http.send("GET", "/", null);
      serve(true, OK);
      assertEquals(200, http.send("GET", "/", null).status());
    }
  }

  @Test
  void requestsAreSentAheadAndAnsweredInOrder() throws Exception {
    String last = "HTTP/1.1 204 No\r\nConnection: close\r\n\r\n";
    serve(false, "HTTP/1.1 204 No\r\n\r\n", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", last);
    serve(true, OK, "");
    try (StoreHttp http = client(LONG)) {
      List<String> targets = List.of("/a", "/b", "/c", "/d", "/e");
      assertEquals(
          List.of(204, 404, 204, 200),
          http.sendAll("DELETE", targets).stream().map(StoreHttp.Response::status).toList(),
          "answers from before the connection broke are kept");
    }
    assertEquals("DELETE /d HTTP/1.1", requests.get(3).getFirst());
  }

  /** Else each request would get the answer to the one before. */
  @Test
  void aConnectionOnWhichMoreCameThanWasAskedForIsNotUsedAgain() throws Exception {
    serve(false, OK + "HTTP/1.1 404 Injected\r\nContent-Length: 0\r\n\r\n");
    serve(false, OK);
    try (StoreHttp http = client(LONG)) {
      assertEquals(200, http.send("GET", "/1", null).status());
      assertEquals(200, http.send("GET", "/2", null).status());
    }
  }

  @Test
  void aProxyConnects() throws Exception {
    serve(true, "HTTP/1.1 200 Connected\r\n\r\n", OK);
    String proxy = "http://us%20er:pass@127.0.0.1:" + listener.getLocalPort();
    Network network = new Network(LONG, Tls.SYSTEM, proxy, Map.of());
    try (StoreHttp http = new StoreHttp(URI.create("http://store.invalid:81"), network, Map.of())) {
      assertEquals(200, http.send("GET", "/", null).status());
    }
    assertEquals("CONNECT store.invalid:81 HTTP/1.1", requests.getFirst().getFirst());
    assertTrue(
        requests.getFirst().contains("Proxy-Authorization: Basic dXMgZXI6cGFzcw=="),
        requests::toString);
    assertEquals("GET / HTTP/1.1", requests.getLast().getFirst());
  }

  @Test
  void aProxyThatRefusesIsNotAskedAgain() throws Exception {
    serve(true, "HTTP/1.1 407 Who are you?\r\n\r\n");
    String proxy = "127.0.0.1:" + listener.getLocalPort();
    Network network = new Network(LONG, Tls.SYSTEM, null, Map.of("all_proxy", proxy));
    try (StoreHttp http = new StoreHttp(URI.create("http://store.invalid:81"), network, Map.of())) {
      IOException failure = assertThrows(IOException.class, () -> http.send("GET", "/", null));
      StoreException reported = NetworkFailure.of("the store", failure);
      assertEquals(StoreException.Kind.UNREACHABLE, reported.kind());
      assertEquals(
          "the store: the proxy " + proxy + " refused: HTTP/1.1 407 Who are you?",
          reported.getMessage());
    }
  }

  @Test
  void allAddressesOfAServerAreTried() throws Exception {
    serve(true, OK);
    InetSocketAddress nobody;
    try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.2"))) {
      nobody = (InetSocketAddress) closed.getLocalSocketAddress();
    }
    try (HttpWire wire = new HttpWire(null, Network.usual(LONG))) {
      wire.connect(List.of(nobody, (InetSocketAddress) listener.getLocalSocketAddress()), null);
      List<StoreHttp.Response> responses = new ArrayList<>();
      byte[] request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(ISO_8859_1);
      assertTrue(wire.exchange(request, 1, true, responses));
      assertEquals(200, responses.getFirst().status());
      assertThrows(
          ConnectException.class,
          () -> new HttpWire(null, Network.usual(LONG)).connect(List.of(nobody), null));
    }
  }

  @Test
  void whatWouldBeAnotherRequestIsNotSent() {
    try (StoreHttp http = client(LONG)) {
      for (String target : List.of("/ HTTP/1.1\r\n\r\nGET /", "/a b", "/\u00e4", "/\0")) {
        assertThrows(IllegalArgumentException.class, () -> http.send("GET", target, null));
      }
    }
    URI uri = URI.create("http://127.0.0.1");
    assertThrows(
        IllegalArgumentException.class, () -> new StoreHttp(uri, LONG, Map.of("A", "b\r\nC: d")));
  }

  @Test
  void anIdleConnectionCanBeClosed() throws Exception {
    serve(true, OK);
    try (StoreHttp http = client(LONG)) {
      http.send("GET", "/", null);
      http.closeIdle(Duration.ZERO);
      serve(true, OK);
      assertEquals(200, http.send("GET", "/", null).status());
    }
  }

  @Test
  void theTimeIsForTheWholeResponse() throws Exception {
    server.go(() -> {
      try (Socket socket = listener.accept()) {
        socket.getOutputStream().write(OK.substring(0, OK.length() - 2).getBytes(ISO_8859_1));
        end.await();
      }
    });
    try (StoreHttp http = client(Duration.ofMillis(300))) {
      assertThrows(SocketTimeoutException.class, () -> http.send("GET", "/", null));
    }
  }

  @Test
  void aServerThatDripsItsResponseIsGivenUp() throws Exception {
    server.go(() -> {
      try (Socket socket = listener.accept()) {
        while (end.getCount() > 0) { // each byte comes long before a time-out of one read
          socket.getOutputStream().write('x');
          Go.sleep(Duration.ofMillis(10));
        }
      } catch (IOException e) {
        // the client has given up
      }
    });
    try (StoreHttp http = client(Duration.ofMillis(300))) {
      assertThrows(SocketTimeoutException.class, () -> http.send("GET", "/", null));
    }
  }

  @Test
  void anInterruptEndsTheRequestAndTheServerSeesIt() throws Exception {
    Chan<Integer> events = Chan.buffered(2);
    server.go(() -> {
      try (Socket socket = listener.accept()) {
        var in = socket.getInputStream();
        in.read();
        events.send(0);
        while (in.read() >= 0) {}
      } catch (IOException e) {
        // reset
      }
      events.send(1);
    });
    try (StoreHttp http = client(LONG)) {
      Go.run(() -> {
        var goroutine = Go.go(() -> http.send("GET", "/", null));
        events.receive();
        goroutine.cancel();
        goroutine.join();
        assertInstanceOf(InterruptedException.class, goroutine.failure());
        assertEquals(1, events.receive());
      });
    }
  }

  @Test
  void aResponseThatIsCutOffOrMalformedIsAFailure() throws Exception {
    for (String response :
        List.of(
            "",
            "HTTP/1.1 200",
            "HTTP/1.1 204 No Content\r\nDate: x\r\n",
            "SSH-2.0-OpenSSH\r\n\r\n",
            "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc")) {
      serve(true, response);
      try (StoreHttp http = client(LONG)) {
        assertThrows(IOException.class, () -> http.send("GET", "/", null), response);
      }
    }
  }
}

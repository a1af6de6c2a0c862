package io.heddle.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.heddle.TaskGroup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ProtocolException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the client makes of bytes, of all kinds, from a server that sends whatever it is told. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class HttpPoolResponsesTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final HttpLimits LIMITS = new HttpLimits(100, 5, 200, 100);

  private final CountDownLatch end = new CountDownLatch(1);
  private final TaskGroup<Void> server = new TaskGroup<>();
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

  /** On each connection, sends the next of these as soon as a request begins. */
  private void serve(boolean close, String... responses) throws InterruptedException {
    server.go(() -> {
      for (String response : responses) {
        Socket socket = listener.accept();
        server.go(() -> {
          try (socket) {
            socket.getInputStream().read();
            socket.getInputStream().skipNBytes(socket.getInputStream().available());
            socket.getOutputStream().write(response.getBytes(ISO_8859_1));
            if (!close) {
              end.await();
            }
          }
        });
      }
    });
  }

  private HttpPool pool(Duration timeout) {
    URI uri = URI.create("http://127.0.0.1:" + listener.getLocalPort());
    return new HttpPool(uri, timeout, LIMITS, Map.of());
  }

  private HttpPool.Response response(boolean close, String bytes) throws Exception {
    serve(close, bytes);
    try (HttpPool pool = pool(LONG)) {
      return pool.send("GET", "/");
    }
  }

  @Test
  void whoAsksIsNoPartOfTheHost() throws Exception {
    int port = listener.getLocalPort();
    server.go(() -> {
      try (Socket socket = listener.accept()) {
        BufferedReader in =
            new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
        assertEquals("GET / HTTP/1.1", in.readLine());
        assertEquals("Host: 127.0.0.1:" + port, in.readLine());
        socket.getOutputStream().write("HTTP/1.1 204 No Content\r\n\r\n".getBytes(ISO_8859_1));
      }
    });
    URI uri = URI.create("http://user:secret%20@127.0.0.1:" + port);
    try (HttpPool pool = new HttpPool(uri, LONG, LIMITS, Map.of())) {
      assertEquals(204, pool.send("GET", "/").status());
    }
  }

  private static final String OK = "HTTP/1.1 200 OK\r\n";

  @Test
  void aBodyEndsWhereItSays() throws Exception {
    String chunks = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: x\r\n\r\n";
    assertEquals("abcde", text(response(false, OK + chunks)));
    assertEquals("abcde", text(response(false, OK + "Content-Length: 5\r\n\r\nabcde")));
    assertEquals("abcde", text(response(true, "HTTP/1.0 200\r\n\r\nabcde")));
    String early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    assertEquals(204, response(false, early + "HTTP/1.1 204 No Content\r\n\r\n").status());
  }

  private static String text(HttpPool.Response response) {
    return new String(response.body(), ISO_8859_1);
  }

  @Test
  void theResponseToHeadHasNoBody() throws Exception {
    serve(false, OK + "Content-Length: 5\r\n\r\n");
    try (HttpPool pool = pool(LONG)) {
      assertEquals("5", pool.send("HEAD", "/").headers().get("content-length"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/1.1 101 Switching\r\n\r\n",
        "HTTP/1.1 99 Low\r\n\r\n",
        "HTTP/1.1 600 High\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "SSH-2.0-OpenSSH\r\n",
        "\u0015\u0003\u0003\r\n",
      })
  void whatIsNoResponseOrTooLargeIsAFailure(String bytes) {
    assertThrows(ProtocolException.class, () -> response(false, bytes));
  }

  @Test
  void aLineOrABodyWithoutEndIsAFailure() {
    assertThrows(ProtocolException.class, () -> response(false, OK.strip() + "x".repeat(1000)));
    assertThrows(ProtocolException.class, () -> response(false, OK + "X: " + "x".repeat(1000)));
    assertThrows(ProtocolException.class, () -> response(false, OK + "\r\n" + "x".repeat(1000)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
      })
  void aResponseThatIsCutOffIsAFailure(String bytes) {
    assertThrows(IOException.class, () -> response(true, bytes));
  }

  /** Else each request would get the answer to the one before. */
  @Test
  void aConnectionOnWhichMoreCameThanWasAskedForIsNotUsedAgain() throws Exception {
    String response = OK + "Content-Length: 1\r\n\r\n";
    serve(false, response + "1" + response + "X", response + "2");
    try (HttpPool pool = pool(LONG)) {
      assertEquals("1", text(pool.send("GET", "/1")));
      assertEquals("2", text(pool.send("GET", "/2")));
    }
  }

  @Test
  void aServerThatDoesNotAnswerOrReadIsGivenUp() throws Exception {
    server.go(() -> {
      try (Socket _ = listener.accept();
          Socket _ = listener.accept()) {
        end.await();
      }
    });
    try (HttpPool pool = pool(Duration.ofMillis(200))) {
      assertThrows(SocketTimeoutException.class, () -> pool.send("GET", "/"));
      byte[] body = new byte[64 << 20];
      assertThrows(SocketTimeoutException.class, () -> pool.send("PUT", "/", "x/y", body));
    }
  }

  @Test
  void whatWouldBeAnotherRequestIsNotSent() {
    try (HttpPool pool = pool(LONG)) {
      for (String target : List.of("/ HTTP/1.1\r\n\r\nGET /", "/a b", "/\u00e4", "/\0")) {
        assertThrows(IllegalArgumentException.class, () -> pool.send("GET", target));
      }
      assertThrows(IllegalArgumentException.class, () -> pool.send("G T", "/"));
      assertThrows(
          IllegalArgumentException.class, () -> pool.send("PUT", "/", "a\r\nB: c", new byte[1]));
    }
  }
}

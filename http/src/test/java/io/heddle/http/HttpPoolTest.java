package io.heddle.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.http.HttpAnswer.Response;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class HttpPoolTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  private HttpServer server;
  private HttpPool pool;

  private void start(Duration timeout, HttpServer.Handler handler) throws IOException {
    server = HttpServer.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), handler);
    pool = new HttpPool(uri(), timeout, Map.of("X-Test", "yes"));
  }

  private URI uri() {
    return URI.create("http://127.0.0.1:" + server.address().getPort());
  }

  @AfterEach
  void stop() {
    pool.close();
    server.close();
  }

  private static String text(HttpPool.Response response) {
    return new String(response.body(), UTF_8);
  }

  @Test
  void aConnectionIsUsedAgain() throws Exception {
    start(LONG, request -> Response.of(200, "text/plain", request.method() + request.path()));
    assertEquals("GET[a, b c]", text(pool.send("GET", "/a/b%20c?x=1")));
    assertEquals("PUT[]", text(pool.send("PUT", "/", "text/plain", new byte[100_000])));
    assertEquals(1, server.connections());
  }

  @Test
  void connectionsThatNobodyUsesCanBeClosed() throws Exception {
    start(LONG, _ -> Response.of(204));
    pool.send("GET", "/");
    pool.closeIdle();
    assertEquals(204, pool.send("GET", "/").status());
    assertEquals(2, server.connections());
  }

  @Test
  void thoseThatWereUsedALittleWhileAgoCanBeKept() throws Exception {
    start(LONG, _ -> Response.of(204));
    pool.send("GET", "/");
    pool.closeIdle(Duration.ofDays(1));
    pool.send("GET", "/");
    assertEquals(1, server.connections());
    pool.closeIdle(Duration.ZERO);
    pool.send("GET", "/");
    assertEquals(2, server.connections());
  }

  @Test
  void requestsAreSentAheadAndAnsweredInOrder() throws Exception {
    start(LONG, request -> Response.of(200, "text/plain", request.path().getFirst()));
    List<HttpPool.Response> responses = pool.sendAll("GET", List.of("/a", "/b", "/c"));
    assertEquals(List.of("a", "b", "c"), responses.stream().map(HttpPoolTest::text).toList());
    assertEquals(1, server.connections());
  }

  @Test
  void whatWasAnsweredBeforeTheConnectionBrokeIsKept() throws Exception {
    start(
        LONG,
        request ->
            request.path().getFirst().equals("b") ? new HttpAnswer.Reset() : Response.of(204));
    assertEquals(1, pool.sendAll("GET", List.of("/a", "/b", "/c")).size());
  }

  @Test
  void whatComesAfterAConnectionThatTheServerClosesIsSentOnAnother() throws Exception {
    start(LONG, _ -> Response.of(204).with("Connection", "close"));
    assertEquals(3, pool.sendAll("GET", List.of("/a", "/b", "/c")).size());
    assertEquals(3, server.connections());
  }

  @Test
  void aConnectionThatWasClosedMeanwhileIsReplaced() throws Exception {
    start(LONG, _ -> Response.of(204));
    pool.send("GET", "/");
    int port = server.address().getPort();
    server.close();
    server =
        HttpServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
            _ -> Response.of(200, "text/plain", "new"));
    assertEquals("new", text(pool.send("GET", "/")));
  }

  @Test
  void anInterruptStopsTheRequest() throws Exception {
    Chan<String> events = Chan.buffered(2);
    start(
        LONG,
        _ -> {
          events.trySend("arrived");
          Go.sleep(LONG);
          return Response.of(204);
        });
    Go.run(() -> {
      var goroutine = Go.go(() -> pool.send("GET", "/"));
      events.receive();
      goroutine.cancel();
      goroutine.join();
      assertInstanceOf(InterruptedException.class, goroutine.failure());
    });
  }

  @Test
  void theTimeIsForTheWholeResponse() throws Exception {
    start(
        Duration.ofMillis(200),
        _ ->
            new HttpAnswer.Slow(
                Response.of(200, "text/plain", "x".repeat(1000)), Duration.ofMillis(20)));
    assertThrows(SocketTimeoutException.class, () -> pool.send("GET", "/"));
  }

  @Test
  void aResetIsAFailureAndNotTriedAgainHere() throws Exception {
    AtomicInteger requests = new AtomicInteger();
    start(
        LONG,
        _ -> {
          requests.incrementAndGet();
          return new HttpAnswer.Reset();
        });
    assertThrows(IOException.class, () -> pool.send("GET", "/"));
    assertEquals(1, requests.get());
  }

  @Test
  void whatIsNoHttpIsRefused() throws Exception {
    start(LONG, _ -> Response.of(204));
    assertThrows(
        IllegalArgumentException.class,
        () -> new HttpPool(URI.create("ftp://localhost"), LONG, Map.of()));
    assertThrows(
        IllegalArgumentException.class, () -> new HttpPool(uri(), LONG, Map.of("A", "b\r\nC: d")));
    assertEquals(400, pool.send("GET", "/%zz").status());
  }
}

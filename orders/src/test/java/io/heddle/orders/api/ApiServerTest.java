package io.heddle.orders.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the server makes of bytes, of all kinds. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class ApiServerTest {
  private static final InetSocketAddress ANY =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final String HOST = "Host: test\r\n";

  /** Ends of lines, and what they must not become. */
  private static final String LINES =
      "\r\nX-Split: a\nX-Split: b\rX-Split: c\r\n\r\nHTTP/1.1 201 Split\r\n\r\n";

  /** What the handler has been given. */
  private final ConcurrentLinkedQueue<Seen> seen = new ConcurrentLinkedQueue<>();

  private record Seen(
      String method, List<String> path, Map<String, String> query, String header, String body) {}

  private ApiServer server;

  @BeforeEach
  void start() throws Exception {
    ApiServer.Limits limits = new ApiServer.Limits(1000, 1000, 100, 100, LONG, LONG, LONG);
    server = ApiServer.start(ANY, limits, null, null, this::handle);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private ApiResponse handle(ApiRequest request) throws IOException {
    if (request.path().getFirst().equals("fail")) {
      throw new IllegalStateException("planted");
    }
    if (request.path().getFirst().equals("header")) {
      return ApiResponse.of(200, "text/plain", "").with("X-Value", request.header("x-a") + LINES);
    }
    try {
      String body = new String(request.body(), ISO_8859_1);
      String method = request.method();
      seen.add(new Seen(method, request.path(), request.query("b"), request.header("x-a"), body));
      return ApiResponse.of(200, "text/plain", method + request.path() + body);
    } catch (ProblemException e) {
      return e.answer();
    } catch (RuntimeException e) {
      return ApiResponse.of(500, "text/plain", "as the API does");
    }
  }

  private RawClient client() throws Exception {
    return new RawClient(server.address());
  }

  /** The statuses of the responses to some bytes; the connection must be closed after them. */
  private List<Integer> statuses(String bytes) throws Exception {
    try (RawClient client = client()) {
      return client.send(bytes).statuses();
    }
  }

  private static String get(String target) {
    return "GET " + target + " HTTP/1.1\r\n" + HOST + "\r\n";
  }

  private static String post(String headers, String body) {
    return "POST /p HTTP/1.1\r\n" + HOST + headers + "\r\n" + body;
  }

  private static final String LAST =
      "GET /last HTTP/1.1\r\n" + HOST + "Connection: x, Close\r\n\r\n";

  @Test
  void aResponseIsAsItHasToBe() throws Exception {
    try (RawClient client = client()) {
      List<String> head = client.send(get("/a")).head();
      assertEquals("HTTP/1.1 200 OK", head.getFirst());
      assertTrue(head.contains("Content-Length: 6"), head::toString);
      assertTrue(
          head.get(1).matches("Date: [A-Z][a-z]{2}, \\d\\d [A-Z][a-z]{2} \\d{4} [\\d:]{8} GMT"),
          head::toString);
      assertEquals("GET[a]", client.bytes(6));
    }
  }

  @Test
  void requestsThatAreSentAheadAreAnsweredInOrder() throws Exception {
    try (RawClient client = client()) {
      client.send(get("/1") + post("Content-Length: 3\r\n", "abc") + get("/2") + LAST);
      String all = client.rest();
      List<String> bodies = List.of("GET[1]", "POST[p]abc", "GET[2]", "GET[last]");
      int at = -1;
      for (String body : bodies) {
        int next = all.indexOf(body);
        assertTrue(next > at, all);
        at = next;
      }
      assertEquals(1, all.split("Connection: close\r\n", -1).length - 1, all);
    }
  }

  @Test
  void aRequestMayComeByteByByte() throws Exception {
    try (RawClient client = client()) {
      String request = post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n");
      for (String c : request.split("", -1)) {
        client.send(c);
      }
      client.head();
      assertEquals("POST[p]abc", client.bytes(10));
    }
  }

  @Test
  void aConnectionOfAnOldClientIsClosedAfterOneResponse() throws Exception {
    assertEquals(List.of(200), statuses("GET / HTTP/1.0\r\n\r\n"));
  }

  @Test
  void theHeadOfAResponseIsTheSameWithoutItsBody() throws Exception {
    try (RawClient client = client()) {
      List<String> head = client.send("HEAD /a HTTP/1.1\r\n" + HOST + "\r\n").head();
      assertTrue(head.contains("Content-Length: 7"), head::toString);
      assertEquals("HTTP/1.1 200 OK", client.send(LAST).line());
    }
  }

  @Test
  void aTargetMayBeAbsolute() throws Exception {
    assertEquals(List.of(200, 200), statuses(get("http://test/a?b=d%20e") + LAST));
    Seen first = seen.remove();
    assertEquals(List.of("a"), first.path());
    assertEquals(Map.of("b", "d e"), first.query());
  }

  @Test
  void linesInAQueryArePartOfItsValue() throws Exception {
    assertEquals(
        List.of(200, 200),
        statuses(get("/a?b=x%0d%0aX-Split:%20y%0D%0A%0D%0AGET%20/z%20HTTP/1.1") + LAST));
    assertEquals(Map.of("b", "x\r\nX-Split: y\r\n\r\nGET /z HTTP/1.1"), seen.remove().query());
    assertEquals(List.of("last"), seen.remove().path());
    assertTrue(seen.isEmpty());
  }

  @Test
  void noResponseIsSplitByAHeader() throws Exception {
    try (RawClient client = client()) {
      List<String> head = client.send(get("/header") + LAST).head();
      assertEquals("HTTP/1.1 200 OK", head.getFirst());
      assertEquals(1, head.stream().filter(line -> line.startsWith("X-Value: ")).count());
      assertTrue(head.stream().noneMatch(line -> line.startsWith("X-Split")), head::toString);
      assertTrue(head.contains("Content-Length: 0"), head::toString);
      assertEquals("HTTP/1.1 200 OK", client.line(), "the next response");
      assertTrue(client.rest().endsWith("GET[last]"));
    }
  }

  @Test
  void severalHeadersOfOneNameAreAList() throws Exception {
    statuses("GET / HTTP/1.1\r\n" + HOST + "X-A: 1\r\nx-a:\t 2 \r\nConnection: close\r\n\r\n");
    assertEquals("1, 2", seen.remove().header());
  }

  @Test
  void aHandlerThatFailsIsAnError500AndTheServerGoesOn() throws Exception {
    assertEquals(List.of(500, 200), statuses(get("/fail") + LAST));
  }

  @Test
  void chunksMakeABody() throws Exception {
    String chunks = "3\r\nabc\r\nA;name=\"value\"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
    assertEquals(
        List.of(200, 200), statuses(post("Transfer-Encoding: Chunked\r\n", chunks) + LAST));
    assertEquals("abc0123456789", seen.remove().body());
  }

  @Test
  void aClientThatWaitsToSendItsBodyIsToldTo() throws Exception {
    try (RawClient client = client()) {
      client.send(post("Content-Length: 3\r\nExpect: 100-continue\r\n", ""));
      assertEquals(List.of("HTTP/1.1 100 Continue"), client.head());
      assertEquals("HTTP/1.1 200 OK", client.send("abc").head().getFirst());
      assertEquals("POST[p]abc", client.bytes(10));
    }
  }

  @Test
  void aBodyThatIsTooLargeIsRefusedBeforeItIsSent() throws Exception {
    assertEquals(
        List.of(413), statuses(post("Content-Length: 1001\r\nExpect: 100-continue\r\n", "")));
    assertEquals(List.of(417), statuses(post("Content-Length: 1\r\nExpect: miracles\r\n", "")));
  }

  /** A response that is sent while the client still sends must reach it all the same. */
  @Test
  void aRefusalReachesAClientThatIsStillSending() throws Exception {
    try (RawClient client = client()) {
      client.send(post("Content-Length: 100000\r\n", "x".repeat(100_000)));
      assertEquals(List.of(413), client.statuses());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Content-Length: 3, 3\r\n",
        "Content-Length: +3\r\n",
        "Content-Length: -3\r\n",
        "Content-Length: 0x3\r\n",
        "Content-Length: 3 3\r\n",
        "Content-Length:\r\n",
        "Content-Length : 3\r\n",
        " Content-Length: 3\r\n",
        "X: a\r\n folded\r\nContent-Length: 3\r\n",
        "X: a\nContent-Length: 3\r\n",
        "X: a\rContent-Length: 3\r\n",
        "X: a\0\r\n",
        "X\0: a\r\n",
        "nonsense\r\n",
        ": nameless\r\n",
        "Host: other\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding:\u000bchunked\r\n",
        "Transfer-Encoding\r\n : chunked\r\n",
      })
  void noRequestIsSmuggledByHeaders(String headers) throws Exception {
    List<Integer> statuses = statuses(post(headers, "0\r\n\r\n" + get("/smuggled")));
    assertEquals(1, statuses.size(), statuses::toString);
    assertTrue(statuses.equals(List.of(400)) || statuses.equals(List.of(501)), statuses::toString);
    assertTrue(seen.isEmpty(), "nothing of it is taken for a request");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "3\r\nabcd\r\n0\r\n\r\n",
        "3\nabc\r\n0\r\n\r\n",
        "3\r\nabc\n0\r\n\r\n",
        "3\r\nabc0\r\n\r\n",
        "-3\r\nabc\r\n0\r\n\r\n",
        "+3\r\nabc\r\n0\r\n\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n",
        " 3\r\nabc\r\n0\r\n\r\n",
        "\r\nabc\r\n0\r\n\r\n",
        "3;a\rb\r\nabc\r\n0\r\n\r\n",
        "ffffffffffffffff3\r\nabc\r\n0\r\n\r\n",
        "0\r\nnonsense\r\n\r\n",
      })
  void noRequestIsSmuggledByChunks(String chunks) throws Exception {
    List<Integer> statuses =
        statuses(post("Transfer-Encoding: chunked\r\n", chunks + get("/smuggled")));
    assertEquals(1, statuses.size(), statuses::toString);
    assertTrue(statuses.equals(List.of(400)) || statuses.equals(List.of(413)), statuses::toString);
    assertTrue(seen.isEmpty());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /\r\n" + HOST + "\r\n",
        "GET / HTTP/1.1 \r\n" + HOST + "\r\n",
        " GET / HTTP/1.1\r\n" + HOST + "\r\n",
        "G\tT / HTTP/1.1\r\n" + HOST + "\r\n",
        "GET / HTTP/1.1\n" + HOST + "\r\n",
        "GET / XTTP/1.1\r\n" + HOST + "\r\n",
        "GET /\u00e4 HTTP/1.1\r\n" + HOST + "\r\n",
        "GET /%zz HTTP/1.1\r\n" + HOST + "\r\n",
        "GET /?a=%4 HTTP/1.1\r\n" + HOST + "\r\n",
        "GET /#a HTTP/1.1\r\n" + HOST + "\r\n",
        "GET /a;b HTTP/1.1\r\n" + HOST + "\r\n",
        "GET /a;b=c/d HTTP/1.1\r\n" + HOST + "\r\n",
        "GET /a%3Bb/../c HTTP/1.1\r\n" + HOST + "\r\n",
        "GET /a/./b HTTP/1.1\r\n" + HOST + "\r\n",
        "GET /a/.. HTTP/1.1\r\n" + HOST + "\r\n",
        "GET /a/%2e%2e/b HTTP/1.1\r\n" + HOST + "\r\n",
        "GET //a HTTP/1.1\r\n" + HOST + "\r\n",
        "GET /a%2Fb HTTP/1.1\r\n" + HOST + "\r\n",
        "GET /a%0d%0aX-Split:%20b HTTP/1.1\r\n" + HOST + "\r\n",
        "GET /a%0D%0A%0D%0AGET%20/b HTTP/1.1\r\n" + HOST + "\r\n",
        "GET /a%0ab HTTP/1.1\r\n" + HOST + "\r\n",
        "GET /a%0db HTTP/1.1\r\n" + HOST + "\r\n",
        "GET /a%00b HTTP/1.1\r\n" + HOST + "\r\n",
        "GET a HTTP/1.1\r\n" + HOST + "\r\n",
        "GET * HTTP/1.1\r\n" + HOST + "\r\n",
        "GET ftp://a/ HTTP/1.1\r\n" + HOST + "\r\n",
        "CONNECT a:443 HTTP/1.1\r\n" + HOST + "\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "\0\1\2\r\n\r\n",
        "\u0016\u0003\u0001\u0002\n\r\n",
      })
  void whatIsNoRequestIsRefused(String bytes) throws Exception {
    List<Integer> statuses = statuses(bytes + LAST);
    assertTrue(statuses.equals(List.of(400)) || statuses.equals(List.of(505)), statuses::toString);
    assertTrue(seen.isEmpty());
  }

  @Test
  void aVersionThatIsNotKnownIsRefused() throws Exception {
    assertEquals(List.of(426), statuses("GET / HTTP/2.0\r\n" + HOST + "\r\n"));
    assertEquals(List.of(426), statuses("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  }

  @Test
  void sizesAreLimited() throws Exception {
    String end = "Connection: close\r\n\r\n";
    assertEquals(List.of(200), statuses("GET /" + "a".repeat(900) + " HTTP/1.1\r\n" + HOST + end));
    assertEquals(List.of(414), statuses("GET /" + "a".repeat(1000) + " HTTP/1.1\r\n" + HOST + end));
    assertEquals(List.of(414), statuses("GET /" + "a".repeat(100_000)));
    String start = "GET / HTTP/1.1\r\n" + HOST;
    assertEquals(List.of(200), statuses(start + "X: y\r\n".repeat(100) + end));
    assertEquals(List.of(431), statuses(start + "X: y\r\n".repeat(200) + end));
    assertEquals(List.of(431), statuses(start + "X: " + "y".repeat(1000) + "\r\n" + end));
    assertEquals(List.of(431), statuses(start + "X: " + "y".repeat(100_000)));
    String chunk = "1f4\r\n" + "x".repeat(500) + "\r\n";
    String chunked = "Transfer-Encoding: chunked\r\n";
    assertEquals(List.of(200, 200), statuses(post(chunked, chunk + chunk + "0\r\n\r\n") + LAST));
    assertEquals(List.of(413), statuses(post(chunked, chunk + chunk + "1\r\nx\r\n0\r\n\r\n")));
    assertEquals(List.of(413), statuses(post("Content-Length: 1001\r\n", "x".repeat(1001))));
    String trailers = "0\r\n" + "X: y\r\n".repeat(1000) + "\r\n";
    assertEquals(List.of(400), statuses(post(chunked, trailers)));
    assertEquals(List.of(400), statuses(post("Content-Length: 99999999999999999999\r\n", "")));
  }

  @Test
  void aRequestThatIsCutOffIsNoRequest() throws Exception {
    for (String bytes :
        List.of("GET", get("/").stripTrailing(), post("Content-Length: 9\r\n", "x"))) {
      try (RawClient client = client()) {
        String rest = client.sendLast(bytes).rest();
        assertTrue(rest.isEmpty() || rest.startsWith("HTTP/1.1 400 "), rest);
      }
    }
    assertTrue(seen.isEmpty());
  }
}

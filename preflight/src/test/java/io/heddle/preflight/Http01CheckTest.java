package io.heddle.preflight;

import static io.heddle.preflight.RawServer.response;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Type;

/** http-01 against servers of this machine: each of the CA's rules, and what nasty servers do. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class Http01CheckTest {
  private static final String TOKEN = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0";
  private static final String KEY_AUTHORIZATION =
      TOKEN + ".9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI";
  private static final PreflightChallenge CHALLENGE =
      new PreflightChallenge(
          "www.example.org", PreflightChallenge.HTTP_01, TOKEN, KEY_AUTHORIZATION);
  private static final Duration LONG = Duration.ofSeconds(60);

  private FakeDns dns;
  private final Trace trace = new Trace();

  @BeforeEach
  void start() throws Exception {
    dns = new FakeDns();
    dns.a("www.example.org", "127.0.0.1").add("org", Type.NS, "a.nic.org.");
  }

  @AfterEach
  void stop() throws Exception {
    dns.close();
  }

  private CheckResult check(RawServer server) throws InterruptedException {
    return check(server, LONG);
  }

  private CheckResult check(RawServer server, Duration timeout) throws InterruptedException {
    return check(server.port(), timeout);
  }

  private CheckResult check(int port, Duration timeout) throws InterruptedException {
    Network network = Network.withLoopbackForTests(new Network.Ports(port, port, 53), 8);
    Resolver resolver = new Resolver(network, List.of(dns.address()), LONG);
    return new Http01Check(resolver, timeout).check(CHALLENGE, trace);
  }

  private void assertOutcome(
      Verdict verdict, ProblemType problem, String part, CheckResult outcome) {
    assertEquals(verdict, outcome.verdict(), outcome.detail() + "\n" + trace.entries());
    assertEquals(problem, outcome.problem());
    assertTrue(outcome.detail().contains(part), outcome.detail());
  }

  private String traced() {
    return trace.entries().stream()
        .map(entry -> entry.step().text())
        .reduce("", (a, b) -> a + b + "\n");
  }

  @Test
  void theKeyAuthorizationIsReady() throws Exception {
    try (RawServer server = RawServer.of(response(200, "", KEY_AUTHORIZATION))) {
      assertOutcome(Verdict.READY, null, "127.0.0.1", check(server));
      List<String> request = server.requests().getFirst();
      assertEquals("GET /.well-known/acme-challenge/" + TOKEN + " HTTP/1.1", request.getFirst());
      assertTrue(request.contains("Host: www.example.org"), request.toString());
      assertTrue(request.contains("Accept: */*"), request.toString());
      assertTrue(request.contains("Connection: close"), request.toString());
      assertTrue(traced().contains("A www.example.org at 127.0.0.1"), traced());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n \t", "\u00a0", "\u2003\n"})
  void whiteSpaceMayFollow(String space) throws Exception {
    byte[] body = (KEY_AUTHORIZATION + space).getBytes(UTF_8);
    try (RawServer server =
        new RawServer((_, out, _) -> {
          out.write(
              ("HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n")
                  .getBytes(ISO_8859_1));
          out.write(body);
        })) {
      assertOutcome(Verdict.READY, null, "", check(server));
    }
  }

  @ParameterizedTest
  @CsvSource({"127,READY", "128,NOT_YET", "5000,NOT_YET"})
  void aBodyMayHave127Bytes(int length, Verdict verdict) throws Exception {
    String body = KEY_AUTHORIZATION + " ".repeat(length - KEY_AUTHORIZATION.length());
    try (RawServer server = RawServer.of(response(200, "", body))) {
      assertEquals(verdict, check(server).verdict());
    }
  }

  @Test
  void nothingMayPrecedeIt() throws Exception {
    try (RawServer server = RawServer.of(response(200, "", "\n" + KEY_AUTHORIZATION))) {
      assertOutcome(
          Verdict.NOT_YET,
          ProblemType.UNAUTHORIZED,
          "127.0.0.1: The key authorization file from the server did not match",
          check(server));
    }
  }

  @Test
  void otherStatusesAreNotYet() throws Exception {
    try (RawServer server = RawServer.of(response(404, "", KEY_AUTHORIZATION))) {
      assertOutcome(
          Verdict.NOT_YET,
          ProblemType.UNAUTHORIZED,
          "127.0.0.1: Invalid response from",
          check(server));
    }
  }

  @Test
  void chunksAndCompressedBodiesAreRead() throws Exception {
    String chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n"
            .formatted(
                KEY_AUTHORIZATION.substring(0, 5),
                KEY_AUTHORIZATION.length() - 5,
                KEY_AUTHORIZATION.substring(5));
    try (RawServer server = RawServer.of(chunked)) {
      assertOutcome(Verdict.READY, null, "", check(server));
    }
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(KEY_AUTHORIZATION.getBytes(ISO_8859_1));
    }
    try (RawServer server =
        new RawServer((_, out, _) -> {
          out.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n".getBytes(ISO_8859_1));
          out.write(packed.toByteArray());
        })) {
      assertOutcome(Verdict.READY, null, "", check(server));
    }
  }

  @Test
  void aRefusedConnectionIsNotYet() throws Exception {
    try (Socket taken = new Socket()) { // without a listener
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      assertOutcome(
          Verdict.NOT_YET,
          ProblemType.CONNECTION,
          "127.0.0.1: Connection refused",
          check(taken.getLocalPort(), LONG));
    }
  }

  /** A listener whose queue is full drops connections, as a firewall does. */
  @Test
  void aConnectionThatNobodyAnswersIsNotYet() throws Exception {
    List<Socket> queue = new ArrayList<>();
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      boolean isFull = false;
      while (!isFull && queue.size() < 50) {
        Socket one = new Socket();
        queue.add(one);
        try {
          one.connect(full.getLocalSocketAddress(), 500);
        } catch (SocketTimeoutException e) {
          isFull = true;
        }
      }
      Assumptions.assumeTrue(isFull, "NOT TESTED: here a listener's queue has no end");
      assertOutcome(
          Verdict.NOT_YET,
          ProblemType.CONNECTION,
          "127.0.0.1: Timeout during connect (likely firewall problem)",
          check(full.getLocalPort(), Duration.ofMillis(700)));
    } finally {
      for (Socket one : queue) {
        one.close();
      }
    }
  }

  @Test
  void aNameThatDoesNotExistIsNotYet() throws Exception {
    dns.remove("www.example.org", Type.A);
    assertOutcome(
        Verdict.NOT_YET,
        ProblemType.DNS,
        "DNS problem: NXDOMAIN looking up A for www.example.org - check that a DNS record exists",
        check(1, LONG));
    dns.status("www.example.org", Type.A, Rcode.SERVFAIL);
    assertOutcome(Verdict.NOT_YET, ProblemType.DNS, "SERVFAIL looking up A", check(1, LONG));
  }

  @Test
  void onlyPrivateAddressesWillFail() throws Exception {
    dns.remove("www.example.org", Type.A).a("www.example.org", "10.1.2.3", "169.254.169.254");
    assertOutcome(
        Verdict.WILL_FAIL, ProblemType.DNS, "10.1.2.3 (private 10.0.0.0/8)", check(1, LONG));
  }

  @Test
  void anIpv6AddressThatMeansAnIpv4AddressIsRefused() throws Exception {
    for (String address : List.of("::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::")) {
      dns.remove("www.example.org", Type.A).remove("www.example.org", Type.AAAA);
      dns.add("www.example.org", Type.AAAA, address);
      assertEquals(Verdict.WILL_FAIL, check(1, LONG).verdict(), address);
    }
  }

  @Test
  void ipv4IsTriedWhenIpv6CannotBeConnectedTo() throws Exception {
    try (RawServer server = RawServer.of(response(200, "", KEY_AUTHORIZATION))) {
      dns.add("www.example.org", Type.AAAA, "::1"); // where the server does not listen
      assertOutcome(Verdict.READY, null, "at 127.0.0.1", check(server));
      assertTrue(traced().contains("going on with 127.0.0.1"), traced());
    }
  }

  @Test
  void aWrongAnswerOverIpv6IsNotTriedAgainOverIpv4() throws Exception {
    List<ServerSocket> listeners = RawServer.onOnePort("::1", "127.0.0.1");
    ServerSocket six = listeners.getFirst();
    ServerSocket four = listeners.getLast();
    dns.add("www.example.org", Type.AAAA, "::1");
    try (RawServer wrong =
            new RawServer(
                six, (_, out, _) -> out.write(response(404, "", "").getBytes(ISO_8859_1)));
        RawServer right =
            new RawServer(
                four,
                (_, out, _) ->
                    out.write(response(200, "", KEY_AUTHORIZATION).getBytes(ISO_8859_1)))) {
      assertOutcome(
          Verdict.NOT_YET, ProblemType.UNAUTHORIZED, "0:0:0:0:0:0:0:1: Invalid", check(wrong));
      assertTrue(right.requests().isEmpty());
    }
  }

  private RawServer redirecting(int status, String location) throws Exception {
    return new RawServer((request, out, _) -> {
      boolean isFirst = request.getFirst().contains("acme-challenge");
      out.write(
          (isFirst
                  ? response(status, "Location: " + location + "\r\n", "")
                  : response(200, "", KEY_AUTHORIZATION))
              .getBytes(ISO_8859_1));
    });
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 307, 308})
  void redirectsAreFollowed(int status) throws Exception {
    try (RawServer server = redirecting(status, "/else where?q=%2F#fragment")) {
      assertOutcome(
          Verdict.READY, null, "http://www.example.org/else%20where?q=%2F", check(server));
      assertEquals("GET /else%20where?q=%2F HTTP/1.1", server.requests().getLast().getFirst());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "303 | /x | disallowed redirect status code 303",
        "302 | ftp://www.example.org/ | Invalid protocol scheme",
        "302 | http://www.example.org:8080/ | Only ports 80 and 443",
        "302 | http:///x | Invalid empty host",
        "302 | https://www.example.org.well-known/acme-challenge/x | missing '/' in redirect",
        "302 | http://169.254.169.254/latest/meta-data | is special: link-local",
        "302 | http://[::ffff:127.0.0.1]/ | is special: IPv4-mapped",
        "302 | http://[fe80::1%25eth0]/ | contains scope zone",
        "302 | http://2130706433/ | must end in IANA registered TLD",
        "302 | http://127.1/ | must end in IANA registered TLD",
        "302 | http://0x7f.0.0.1/ | must end in IANA registered TLD",
        "302 | http://intranet/ | must end in IANA registered TLD",
        "302 | http://db.nosuchtld/ | must end in IANA registered TLD",
      })
  void badRedirectsWillFail(int status, String location, String reason) throws Exception {
    try (RawServer server = redirecting(status, location)) {
      assertOutcome(Verdict.WILL_FAIL, ProblemType.CONNECTION, reason, check(server));
    }
  }

  @Test
  void aRedirectToAPrivateNameWillFail() throws Exception {
    dns.a("inside.example.org", "192.168.1.1");
    try (RawServer server = redirecting(302, "http://inside.example.org/admin")) {
      assertOutcome(Verdict.WILL_FAIL, ProblemType.DNS, "private 192.168.0.0/16", check(server));
    }
  }

  @Test
  void aLoopIsFound() throws Exception {
    try (RawServer server =
        new RawServer((request, out, _) -> {
          String next = request.getFirst().contains("/a ") ? "/b" : "/a";
          out.write(response(302, "Location: " + next + "\r\n", "").getBytes(ISO_8859_1));
        })) {
      assertOutcome(
          Verdict.WILL_FAIL, ProblemType.CONNECTION, "Redirect loop detected", check(server));
      assertEquals(3, server.requests().size());
    }
  }

  @ParameterizedTest
  @CsvSource({"10,READY,false", "11,READY,true", "12,WILL_FAIL,true"})
  void elevenRedirectsAreFollowed(int redirects, Verdict verdict, boolean warned) throws Exception {
    try (RawServer server =
        new RawServer((request, out, _) -> {
          String path = request.getFirst().split(" ", 3)[1];
          int hop = path.startsWith("/hop") ? Integer.parseInt(path.substring(4)) : 0;
          out.write(
              (hop == redirects
                      ? response(200, "", KEY_AUTHORIZATION)
                      : response(301, "Location: /hop" + (hop + 1) + "\r\n", ""))
                  .getBytes(ISO_8859_1));
        })) {
      assertEquals(verdict, check(server).verdict(), traced());
      assertEquals(warned, traced().contains("promises to follow 10"), traced());
    }
  }

  @Test
  void aPathMayHave2000Characters() throws Exception {
    try (RawServer server = redirecting(302, "/" + "x".repeat(1999))) {
      assertEquals(Verdict.READY, check(server).verdict());
    }
    try (RawServer server = redirecting(302, "/" + "x".repeat(2000))) {
      assertOutcome(Verdict.WILL_FAIL, ProblemType.CONNECTION, "too long", check(server));
    }
  }

  @Test
  void aPackedBodyWithAnEndlessHeaderEndsEarly() throws Exception {
    try (RawServer server =
        new RawServer((_, out, _) -> {
          out.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n".getBytes(ISO_8859_1));
          out.write(new byte[] {0x1f, (byte) 0x8b, 8, 8, 0, 0, 0, 0, 0, 0}); // a name follows
          for (int i = 0; i < 100_000; i++) {
            out.write("x".repeat(1000).getBytes(ISO_8859_1));
          }
        })) {
      assertOutcome(Verdict.UNKNOWN, ProblemType.CONNECTION, "bytes to unpack", check(server));
    }
  }

  @Test
  void aHostOfARedirectMayHaveAnUnderscore() throws Exception {
    dns.a("my_host.example.org", "127.0.0.1");
    try (RawServer server = redirecting(302, "http://my_host.example.org/x")) {
      assertEquals(Verdict.READY, check(server).verdict(), traced());
    }
  }

  @Test
  void aPasswordInARedirectIsNotSent() throws Exception {
    try (RawServer server = redirecting(302, "http://user:secret@www.example.org/x")) {
      assertEquals(Verdict.READY, check(server).verdict());
      String sent = server.requests().getLast().toString().toLowerCase(Locale.ROOT);
      assertFalse(sent.contains("authorization") || sent.contains("secret"), sent);
      assertTrue(traced().contains("was not sent"), traced());
    }
  }

  @Test
  void aWildcardWillFail() throws Exception {
    PreflightChallenge wildcard =
        new PreflightChallenge(
            "*.example.org", PreflightChallenge.HTTP_01, TOKEN, KEY_AUTHORIZATION);
    Network network = Network.open(8);
    Resolver resolver = new Resolver(network, List.of(dns.address()), LONG);
    CheckResult outcome = new Http01Check(resolver, LONG).check(wildcard, trace);
    assertOutcome(Verdict.WILL_FAIL, ProblemType.MALFORMED, "wildcard", outcome);
    assertTrue(dns.questions().isEmpty());
  }

  @Test
  void withoutTheSwitchForTestsLoopbackIsRefused() throws Exception {
    Resolver resolver = new Resolver(Network.open(8), List.of(dns.address()), LONG);
    CheckResult outcome = new Http01Check(resolver, LONG).check(CHALLENGE, trace);
    assertOutcome(Verdict.WILL_FAIL, ProblemType.DNS, "127.0.0.1 (loopback 127.0.0.0/8)", outcome);
  }

  @Test
  void aSlowBodyEndsWithTheTime() throws Exception {
    try (RawServer server =
        new RawServer((_, out, _) -> {
          out.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n".getBytes(ISO_8859_1));
          for (int i = 0; i < 100; i++) {
            out.write('x');
            out.flush();
            io.heddle.Go.sleep(Duration.ofMillis(50));
          }
        })) {
      assertOutcome(
          Verdict.NOT_YET,
          ProblemType.CONNECTION,
          "Timeout after connect (your server may be slow or overloaded)",
          check(server, Duration.ofMillis(500)));
    }
  }

  @Test
  void endlessHeadersEndEarly() throws Exception {
    try (RawServer server =
        new RawServer((_, out, _) -> {
          out.write("HTTP/1.1 200 OK\r\n".getBytes(ISO_8859_1));
          byte[] line = ("X-Header: " + "x".repeat(1000) + "\r\n").getBytes(ISO_8859_1);
          for (int i = 0; i < 100_000; i++) {
            out.write(line);
          }
        })) {
      assertOutcome(Verdict.UNKNOWN, ProblemType.CONNECTION, "bytes of headers", check(server));
    }
    try (RawServer server =
        new RawServer((_, out, _) -> {
          for (int i = 0; i < 100_000; i++) {
            out.write("x".repeat(1000).getBytes(ISO_8859_1));
          }
        })) {
      assertOutcome(Verdict.UNKNOWN, ProblemType.CONNECTION, "a line of more than", check(server));
    }
  }

  @Test
  void aCompressedBombIsNotUnpacked() throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(new byte[50_000_000]);
    }
    try (RawServer server =
        new RawServer((_, out, _) -> {
          out.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n".getBytes(ISO_8859_1));
          out.write(packed.toByteArray());
        })) {
      assertOutcome(
          Verdict.NOT_YET, ProblemType.UNAUTHORIZED, "more than 127 bytes", check(server));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTTP/2 200\r\n\r\n",
        "SSH-2.0-OpenSSH_9.9\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnot gzip",
      })
  void whatIsNoHttpIsNotYet(String response) throws Exception {
    try (RawServer server = RawServer.of(response)) {
      assertOutcome(Verdict.NOT_YET, ProblemType.CONNECTION, "127.0.0.1: Fetching", check(server));
    }
  }
}

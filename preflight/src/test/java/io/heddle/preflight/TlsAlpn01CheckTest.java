package io.heddle.preflight;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.preflight.TestTls.Content;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xbill.DNS.Type;

/** tls-alpn-01, and what http-01 does with TLS, with TLS servers of this machine. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class TlsAlpn01CheckTest {
  private static final PreflightChallenge CHALLENGE =
      new PreflightChallenge(
          "www.example.org", PreflightChallenge.TLS_ALPN_01, "token", "token.thumbprint");
  private static final Duration LONG = Duration.ofSeconds(60);

  private FakeDns dns;
  private final Trace trace = new Trace();

  @BeforeEach
  void start() throws Exception {
    dns = new FakeDns().a("www.example.org", "127.0.0.1").add("org", Type.NS, "a.nic.org.");
  }

  @AfterEach
  void stop() throws Exception {
    dns.close();
  }

  private Resolver resolver(int http, int https) {
    Network network = Network.withLoopbackForTests(new Network.Ports(http, https, 53), 8);
    return new Resolver(network, List.of(dns.address()), LONG);
  }

  private CheckResult check(Content content, String... protocols) throws Exception {
    try (RawServer server = new RawServer(TestTls.listener(content, protocols), (_, _, _) -> {})) {
      return new TlsAlpn01Check(resolver(1, server.port()), LONG).check(CHALLENGE, trace);
    }
  }

  private static void assertFault(String part, CheckResult outcome) {
    assertEquals(Verdict.NOT_YET, outcome.verdict(), outcome.detail());
    assertTrue(outcome.detail().contains(part), outcome.detail());
  }

  @Test
  void theChallengesCertificateIsReady() throws Exception {
    CheckResult outcome = check(TestTls.of(CHALLENGE), "acme-tls/1");
    assertEquals(Verdict.READY, outcome.verdict(), outcome.detail());
    assertTrue(trace.entries().toString().contains("acme-tls/1"));
  }

  @Test
  void theNameIsSentAndNothingElseIsOffered() throws Exception {
    String[] seen = new String[1];
    var listener = TestTls.listener(TestTls.of(CHALLENGE), "acme-tls/1");
    try (RawServer server =
        new RawServer(
            listener, (_, _, socket) -> seen[0] = "" + ((SSLSocket) socket).getSession())) {
      new TlsAlpn01Check(resolver(1, server.port()), LONG).check(CHALLENGE, trace);
      server.arrived().receive();
    }
    assertTrue(trace.entries().toString().contains("protocol=TLSv1.3"), trace.entries().toString());
  }

  @Test
  void aServerWithoutTheProtocolIsNotYet() throws Exception {
    assertFault("Cannot negotiate ALPN protocol", check(TestTls.of(CHALLENGE)));
    assertFault("no_application_protocol", check(TestTls.of(CHALLENGE), "http/1.1"));
  }

  @Test
  void eachFaultOfTheCertificateIsFound() throws Exception {
    List<String> name = List.of("www.example.org");
    byte[] digest = CHALLENGE.digest();
    byte[] other = new byte[32];
    assertFault("not self-signed", check(new Content(name, digest, true, false), "acme-tls/1"));
    assertFault(
        "without a subjectAltName",
        check(new Content(List.of(), digest, true, true), "acme-tls/1"));
    assertFault(
        "unexpected identifiers",
        check(
            new Content(List.of("www.example.org", "example.org"), digest, true, true),
            "acme-tls/1"));
    assertFault(
        "unexpected identifiers",
        check(new Content(List.of("example.org"), digest, true, true), "acme-tls/1"));
    assertFault("no acmeValidationV1", check(new Content(name, null, true, true), "acme-tls/1"));
    assertFault("not Critical", check(new Content(name, digest, false, true), "acme-tls/1"));
    assertFault("malformed", check(new Content(name, new byte[31], true, true), "acme-tls/1"));
    assertFault("value 0000000000", check(new Content(name, other, true, true), "acme-tls/1"));
  }

  @Test
  void aServerWithoutTlsIsNotYet() throws Exception {
    try (RawServer server = RawServer.of("HTTP/1.1 400 Bad Request\r\n\r\n")) {
      // It wants a line before it answers: a TLS greeting has one somewhere, or the time ends.
      CheckResult outcome =
          new TlsAlpn01Check(resolver(1, server.port()), Duration.ofSeconds(1))
              .check(CHALLENGE, trace);
      assertEquals(Verdict.NOT_YET, outcome.verdict(), outcome.detail());
    }
  }

  @Test
  void ipv4IsTriedWhenTheHandshakeOverIpv6Fails() throws Exception {
    dns.add("www.example.org", Type.AAAA, "::1");
    assertEquals(Verdict.READY, check(TestTls.of(CHALLENGE), "acme-tls/1").verdict());
    assertTrue(trace.entries().toString().contains("going on with 127.0.0.1"));
  }

  @Test
  void aHandshakeThatNeverEndsEndsWithTheTime() throws Exception {
    RawServer[] self = new RawServer[1];
    try (RawServer server = new RawServer((_, _, socket) -> self[0].waitForHangUp(socket))) {
      self[0] = server;
      CheckResult outcome =
          new TlsAlpn01Check(resolver(1, server.port()), Duration.ofMillis(500))
              .check(CHALLENGE, trace);
      assertFault("Timeout during the TLS handshake", outcome);
    }
  }

  @Test
  void http01FollowsToAServerWithAnyCertificate() throws Exception {
    String answer = RawServer.response(200, "", "token.thumbprint");
    Content content = new Content(List.of("whatever.example"), null, false, true);
    PreflightChallenge challenge =
        new PreflightChallenge(
            "www.example.org", PreflightChallenge.HTTP_01, "token", "token.thumbprint");
    try (RawServer https =
            new RawServer(
                TestTls.listener(content), (_, out, _) -> out.write(answer.getBytes(UTF_8)));
        RawServer http =
            RawServer.of(RawServer.response(301, "Location: https://www.example.org/x\r\n", ""))) {
      CheckResult outcome =
          new Http01Check(resolver(http.port(), https.port()), LONG).check(challenge, trace);
      assertEquals(Verdict.READY, outcome.verdict(), outcome.detail());
      assertTrue(outcome.detail().startsWith("https://www.example.org/x at"), outcome.detail());
    }
  }

  /**
   * CAs follow to names that are none for a certificate, and show them to the server as they are.
   */
  @Test
  void http01FollowsToANameWithAnUnderscore() throws Exception {
    String answer = RawServer.response(200, "", "token.thumbprint");
    Content content = new Content(List.of("whatever.example"), null, false, true);
    PreflightChallenge challenge =
        new PreflightChallenge(
            "www.example.org", PreflightChallenge.HTTP_01, "token", "token.thumbprint");
    dns.a("my_shop.example.org", "127.0.0.1");
    try (RawServer https =
            new RawServer(
                TestTls.listener(content), (_, out, _) -> out.write(answer.getBytes(UTF_8)));
        RawServer http =
            RawServer.of(
                RawServer.response(301, "Location: https://my_shop.example.org/x\r\n", ""))) {
      CheckResult outcome =
          new Http01Check(resolver(http.port(), https.port()), LONG).check(challenge, trace);
      assertFault("illegal_parameter", outcome); // the JDK's server was told, and minds
    }
  }

  @Test
  void http01NeverBeginsWithTls() throws Exception {
    String answer = RawServer.response(200, "", "token.thumbprint");
    Content content = new Content(List.of("www.example.org"), null, false, true);
    PreflightChallenge challenge =
        new PreflightChallenge(
            "www.example.org", PreflightChallenge.HTTP_01, "token", "token.thumbprint");
    try (RawServer https =
        new RawServer(
            TestTls.listener(content), (_, out, _) -> out.write(answer.getBytes(UTF_8)))) {
      CheckResult outcome =
          new Http01Check(resolver(1, https.port()), LONG).check(challenge, trace);
      assertFault("Connection refused", outcome);
      assertTrue(https.requests().isEmpty());
    }
  }
}

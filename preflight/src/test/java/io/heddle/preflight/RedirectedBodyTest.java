package io.heddle.preflight;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xbill.DNS.Type;

/** What a customer is shown of a server that a redirect led to. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class RedirectedBodyTest {
  private static final String PATH = "/.well-known/acme-challenge/token";

  @ParameterizedTest
  @CsvSource({
    "/status?all=1,secret,false",
    PATH + "?q=1,secret,false",
    "/admin," + "a secret of more than 127 bytes " + PATH + PATH + PATH + PATH + ",false",
    "http://other.example.org" + PATH + ",something else,true",
  })
  void isOnlyShownAtThePathOfTheChallenge(String target, String body, boolean isShown)
      throws Exception {
    Duration time = Duration.ofSeconds(60);
    try (FakeDns dns = new FakeDns();
        RawServer server =
            new RawServer((request, out, _) -> {
              boolean isFirst =
                  request.getFirst().equals("GET " + PATH + " HTTP/1.1")
                      && request.contains("Host: www.example.org");
              String answer =
                  isFirst
                      ? RawServer.response(302, "Location: " + target + "\r\n", "")
                      : RawServer.response(200, "", body);
              out.write(answer.getBytes(ISO_8859_1));
            })) {
      dns.a("www.example.org", "127.0.0.1")
          .a("other.example.org", "127.0.0.1")
          .add("org", Type.NS, "a.nic.org.");
      Network network =
          Network.withLoopbackForTests(new Network.Ports(server.port(), server.port(), 53), 8);
      CheckResult outcome =
          new Http01Check(new Resolver(network, List.of(dns.address()), time), time)
              .check(
                  new PreflightChallenge("www.example.org", "http-01", "token", "token.thumbprint"),
                  new Trace());
      assertEquals(ProblemType.UNAUTHORIZED, outcome.problem(), outcome.detail());
      assertEquals(isShown, outcome.detail().contains(body.substring(0, 6)), outcome.detail());
      if (!isShown) {
        assertTrue(
            outcome.detail().contains("what a redirect led to is not shown"), outcome.detail());
        assertFalse(outcome.detail().contains("secret"), outcome.detail());
      }
    }
  }
}

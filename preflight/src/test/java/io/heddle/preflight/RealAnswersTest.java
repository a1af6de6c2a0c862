package io.heddle.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.heddle.Context;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whole orders against the server that Let's Encrypt tests its own validators with. */
@Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class RealAnswersTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Limits LIMITS = new Limits(MINUTE, MINUTE, MINUTE);

  private static PreflightChallenge challenge(String domain, String type) {
    return new PreflightChallenge(domain, type, "token-" + type, "token-" + type + ".thumbprint");
  }

  private static PreflightAuthorization authorization(String domain, String... types) {
    return new PreflightAuthorization(
        domain, List.of(types).stream().map(type -> challenge(domain, type)).toList());
  }

  private static OrderReport check(ChallengeServer server, PreflightAuthorization... order)
      throws InterruptedException {
    Resolver resolver =
        new Resolver(
            Network.withLoopbackForTests(server.ports(), 8), List.of(server.dns()), MINUTE);
    return Preflight.standard(
            resolver,
            Dns01Check.Servers.RECURSIVE_ONLY, // it has no zones
            new CaaCheck(resolver, Issuer.of(Set.of("ca.example"), null)),
            LIMITS)
        .check(Context.background(), List.of(order));
  }

  private static void assertVerdict(Verdict verdict, OrderReport report) {
    assertEquals(verdict, report.verdict(), TextReport.of(report, true));
  }

  @Test
  void http01BecomesReadyWhenTheAnswerIsThere() throws Exception {
    try (ChallengeServer server = ChallengeServer.start()) {
      PreflightAuthorization order = authorization("www.example.org", PreflightChallenge.HTTP_01);
      assertVerdict(Verdict.NOT_YET, check(server, order));
      server.set(
          "/add-http01",
          "token",
          "token-http-01",
          "content",
          order.challenges().getFirst().keyAuthorization());
      assertVerdict(Verdict.READY, check(server, order));
      server.set(
          "/add-redirect",
          "path",
          "/.well-known/acme-challenge/token-http-01",
          "targetURL",
          "http://10.0.0.1/x");
      assertVerdict(Verdict.WILL_FAIL, check(server, order));
    }
  }

  @Test
  void dns01BecomesReadyWhenTheRecordIsThereAlsoBehindAnAlias() throws Exception {
    try (ChallengeServer server = ChallengeServer.start()) {
      PreflightAuthorization order = authorization("*.example.org", PreflightChallenge.DNS_01);
      assertVerdict(Verdict.NOT_YET, check(server, order));
      String value = order.challenges().getFirst().recordValue();
      server.set("/set-cname", "host", "_acme-challenge.example.org.", "target", "x.example.net.");
      server.set("/set-txt", "host", "x.example.net.", "value", "old");
      assertVerdict(Verdict.NOT_YET, check(server, order));
      server.set("/set-txt", "host", "x.example.net.", "value", value);
      assertVerdict(Verdict.READY, check(server, order));
      server.set("/set-servfail", "host", "_acme-challenge.example.org.");
      assertVerdict(Verdict.NOT_YET, check(server, order));
    }
  }

  @Test
  void tlsAlpn01SeesThatThereIsACertificateAlthoughTheJdkCannotReadIt() throws Exception {
    try (ChallengeServer server = ChallengeServer.start()) {
      PreflightAuthorization order =
          authorization("www.example.org", PreflightChallenge.TLS_ALPN_01);
      assertVerdict(Verdict.NOT_YET, check(server, order));
      server.set(
          "/add-tlsalpn01",
          "host",
          "www.example.org",
          "content",
          order.challenges().getFirst().keyAuthorization());
      OrderReport report = check(server, order);
      assertVerdict(Verdict.UNKNOWN, report); // it has no issuer's name, others' have one
      assertTrue(report.authorizations().getFirst().outcome().detail().contains("a CA may be"));
    }
  }

  @Test
  void anOrderIsReadyWhenOneChallengeOfEachDomainIs() throws Exception {
    try (ChallengeServer server = ChallengeServer.start()) {
      PreflightAuthorization a =
          authorization(
              "a.example.org", PreflightChallenge.HTTP_01, PreflightChallenge.DNS_01, "new-01");
      PreflightAuthorization b =
          authorization("b.example.org", PreflightChallenge.HTTP_01, PreflightChallenge.DNS_01);
      assertVerdict(Verdict.NOT_YET, check(server, a, b));
      server.set(
          "/set-txt",
          "host",
          "_acme-challenge.a.example.org.",
          "value",
          a.challenges().get(1).recordValue());
      assertVerdict(Verdict.NOT_YET, check(server, a, b));
      server.set(
          "/set-txt",
          "host",
          "_acme-challenge.b.example.org.",
          "value",
          b.challenges().get(1).recordValue());
      OrderReport report = check(server, a, b);
      assertVerdict(Verdict.READY, report);
      JsonObject json = JsonReport.of(report);
      assertEquals("ready", json.get("verdict").getAsString());
      JsonArray challenges =
          json.getAsJsonArray("authorizations")
              .get(0)
              .getAsJsonObject()
              .getAsJsonArray("challenges");
      assertEquals("dns-01", challenges.get(1).getAsJsonObject().get("type").getAsString());
      assertTrue(challenges.toString().contains("\"step\":\"lookup\""), challenges.toString());
    }
  }

  @Test
  void caaForbidsWhatIsReadyOtherwise() throws Exception {
    try (ChallengeServer server = ChallengeServer.start()) {
      PreflightAuthorization order = authorization("www.example.org", PreflightChallenge.HTTP_01);
      server.set(
          "/add-http01",
          "token",
          "token-http-01",
          "content",
          order.challenges().getFirst().keyAuthorization());
      caa(server, "other.example");
      OrderReport report = check(server, order);
      assertVerdict(Verdict.WILL_FAIL, report);
      assertEquals(ProblemType.CAA, report.authorizations().getFirst().outcome().problem());
      caa(server, "ca.example");
      assertVerdict(Verdict.READY, check(server, order));
    }
  }

  private static void caa(ChallengeServer server, String issuer)
      throws IOException, InterruptedException {
    JsonObject policy = new JsonObject();
    policy.addProperty("tag", "issue");
    policy.addProperty("value", issuer);
    JsonArray policies = new JsonArray();
    policies.add(policy);
    JsonObject body = new JsonObject();
    body.addProperty("host", "example.org.");
    body.add("policies", policies);
    server.set("/clear-caa", "host", "example.org.");
    server.set("/add-caa", body);
  }
}

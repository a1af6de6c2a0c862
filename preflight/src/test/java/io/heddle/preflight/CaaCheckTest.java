package io.heddle.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** CAA by RFC 8659 and 8657, as Let's Encrypt reads them. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class CaaCheckTest {
  private static final String ACCOUNT = "https://acme.example/acct/1";

  private FakeDns dns;
  private final Trace trace = new Trace();

  @BeforeEach
  void start() throws Exception {
    dns = new FakeDns().a("a.b.example.org", "127.0.0.1");
  }

  @AfterEach
  void stop() throws Exception {
    dns.close();
  }

  private CheckResult check(String domain) throws InterruptedException {
    return check(domain, ACCOUNT);
  }

  private CheckResult check(String domain, String account) throws InterruptedException {
    return check(domain, Issuer.of(Set.of("ca.example"), account));
  }

  private CheckResult check(String domain, Issuer issuer) throws InterruptedException {
    Resolver resolver =
        new Resolver(Network.open(8), List.of(dns.address()), Duration.ofSeconds(60));
    return new CaaCheck(resolver, issuer)
        .check(
            new PreflightChallenge(domain, PreflightChallenge.HTTP_01, "token", "token.thumbprint"),
            trace);
  }

  @Test
  void withoutRecordsEverybodyMayIssue() throws Exception {
    assertEquals(Verdict.READY, check("a.b.example.org").verdict());
    assertTrue(
        dns.questions()
            .containsAll(
                List.of("CAA a.b.example.org", "CAA b.example.org", "CAA example.org", "CAA org")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "0 issue ca.example               | READY",
        "0 ISSUE ca.example               | READY",
        "0 issue ' ca.example '           | READY",
        "0 issue 'ca.example;'            | READY",
        "0 issue other.example            | WILL_FAIL",
        "0 issue sub.ca.example           | WILL_FAIL",
        "0 issue ';'                      | WILL_FAIL",
        "0 issue ''                       | WILL_FAIL",
        "0 iodef mailto:a@example.org     | READY",
        "128 iodef mailto:a@example.org   | READY",
        "128 issuemail ';'                | READY",
        "0 tbs unknown                    | READY",
        "128 tbs unknown                  | WILL_FAIL",
        "1 tbs unknown                    | WILL_FAIL",
        "0 issuewild other.example        | READY",
        "0 issue 'ca.example; validationmethods=dns-01'            | WILL_FAIL",
        "0 issue 'ca.example; validationmethods=dns-01,http-01'    | READY",
        "0 issue 'ca.example; validationmethods=,http-01'          | WILL_FAIL",
        "0 issue 'ca.example; validationmethods=http-01;validationmethods=http-01' | WILL_FAIL",
        "0 issue 'ca.example; accounturi=https://acme.example/acct/1' | READY",
        "0 issue 'ca.example; accounturi=https://acme.example/acct/2' | WILL_FAIL",
        "0 issue 'ca.example; malformed'  | WILL_FAIL",
        "0 issue 'ca.example; a_b=c'      | WILL_FAIL",
        "0 issue 'ca.example; a=b c'      | WILL_FAIL",
      })
  void aRecordDecides(String record, Verdict verdict) throws Exception {
    dns.add("b.example.org", Type.CAA, record.replace('\'', '"'));
    CheckResult outcome = check("a.b.example.org");
    assertEquals(verdict, outcome.verdict(), outcome.detail());
    if (verdict == Verdict.WILL_FAIL) {
      assertEquals(ProblemType.CAA, outcome.problem());
      assertTrue(outcome.detail().contains("CAA record for b.example.org"), outcome.detail());
    }
  }

  @Test
  void theClosestSetDecides() throws Exception {
    dns.add("example.org", Type.CAA, "0 issue \";\"");
    dns.add("a.b.example.org", Type.CAA, "0 issue \"ca.example\"");
    assertEquals(Verdict.READY, check("a.b.example.org").verdict());
    assertEquals(Verdict.WILL_FAIL, check("c.example.org").verdict());
  }

  @Test
  void aWildcardHasRecordsOfItsOwn() throws Exception {
    dns.add("example.org", Type.CAA, "0 issue \"ca.example\"", "0 issuewild \";\"");
    assertEquals(Verdict.READY, check("example.org").verdict());
    assertEquals(Verdict.WILL_FAIL, check("*.example.org").verdict());
    dns.remove("example.org", Type.CAA).add("example.org", Type.CAA, "0 issue \"ca.example\"");
    assertEquals(Verdict.READY, check("*.example.org").verdict());
  }

  @Test
  void anAccountThatIsNotKnownIsWarnedOf() throws Exception {
    dns.add("example.org", Type.CAA, "0 issue \"ca.example; accounturi=https://x.example/1\"");
    assertEquals(
        Verdict.READY, check("example.org", Issuer.of(Set.of("ca.example"), null)).verdict());
    assertTrue(trace.entries().toString().contains("allows one account only"));
  }

  /** A CA that cannot be asked yet: without records it need not be. */
  @Test
  void anIssuerThatIsNotKnownYetMattersWhereThereAreRecords() throws Exception {
    Issuer away =
        new Issuer() {
          @Override
          public Set<String> names(PreflightChallenge challenge) throws IOException {
            throw new IOException("no answer");
          }

          @Override
          public String account(PreflightChallenge challenge) throws IOException {
            throw new IOException("no answer");
          }
        };
    assertEquals(Verdict.READY, check("a.b.example.org", away).verdict());
    dns.add("example.org", Type.CAA, "0 issue \"ca.example\"");
    CheckResult outcome = check("a.b.example.org", away);
    assertEquals(Verdict.UNKNOWN, outcome.verdict());
    assertTrue(outcome.detail().contains("no answer"), outcome.detail());
  }

  @Test
  void whoHeedsNoRecordsIsNotHeldUpByThem() throws Exception {
    dns.add("example.org", Type.CAA, "0 issue \"ca.example\"");
    assertEquals(Verdict.READY, check("example.org", Issuer.of(Set.of(), null)).verdict());
  }

  @Test
  void anErrorBeforeTheFirstRecordsIsAnError() throws Exception {
    dns.add("example.org", Type.CAA, "0 issue \"ca.example\"");
    dns.status("b.example.org", Type.CAA, Rcode.SERVFAIL);
    CheckResult outcome = check("a.b.example.org");
    assertEquals(Verdict.NOT_YET, outcome.verdict());
    assertTrue(outcome.detail().contains("SERVFAIL looking up CAA for b.example.org"));
    assertEquals(Verdict.READY, check("c.example.org").verdict());
  }

  @Test
  void anErrorBehindTheFirstRecordsIsNone() throws Exception {
    dns.add("b.example.org", Type.CAA, "0 issue \"ca.example\"");
    dns.status("example.org", Type.CAA, Rcode.SERVFAIL);
    assertEquals(Verdict.READY, check("a.b.example.org").verdict());
  }

  @Test
  void aTopLevelDomainHasToExist() throws Exception {
    CheckResult outcome = check("example.com");
    assertEquals(Verdict.NOT_YET, outcome.verdict());
    assertTrue(outcome.detail().contains("NXDOMAIN looking up CAA for com"), outcome.detail());
  }

  @Test
  void anAnswerThatIsCutEvenByTcpIsAnError() throws Exception {
    dns.fault(
        "example.org",
        Type.CAA,
        (query, answer, isTcp) -> {
          answer.getHeader().setFlag(Flags.TC);
          answer.removeAllRecords(Section.ANSWER);
          return answer.toWire();
        });
    CheckResult outcome = check("example.org");
    assertEquals(Verdict.NOT_YET, outcome.verdict());
    assertTrue(outcome.detail().contains("truncated"), outcome.detail());
  }
}

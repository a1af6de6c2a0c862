package io.heddle.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** dns-01 with a resolver and two name servers of this machine. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class Dns01CheckTest {
  private static final PreflightChallenge CHALLENGE =
      new PreflightChallenge(
          "www.example.org", PreflightChallenge.DNS_01, "token", "token.thumbprint");
  private static final String VALUE = CHALLENGE.recordValue();
  private static final String NAME = "_acme-challenge.www.example.org";
  private static final String SOA = "ns1.example.org. admin.example.org. 1 3600 600 86400 900";
  private static final Duration LONG = Duration.ofSeconds(60);

  private FakeDns resolver;
  private FakeDns ns1;
  private FakeDns ns2;
  private int port;
  private Duration timeout = LONG;
  private final Trace trace = new Trace();

  @BeforeEach
  void start() throws Exception {
    List<FakeDns> servers = FakeDns.on("127.0.0.2", "127.0.0.3");
    ns1 = servers.getFirst();
    ns2 = servers.getLast();
    port = ns1.address().getPort();
    resolver =
        new FakeDns()
            .add("example.org", Type.SOA, SOA)
            .add("example.org", Type.NS, "ns1.example.org.", "ns2.example.org.")
            .a("ns1.example.org", "127.0.0.2")
            .a("ns2.example.org", "127.0.0.3")
            .a("www.example.org", "127.0.0.1");
    for (FakeDns server : List.of(ns1, ns2)) {
      server.add("example.org", Type.SOA, SOA);
    }
  }

  @AfterEach
  void stop() throws Exception {
    resolver.close();
    ns1.close();
    ns2.close();
  }

  private CheckResult check(PreflightChallenge challenge, Dns01Check.Servers servers)
      throws InterruptedException {
    Network network = Network.withLoopbackForTests(new Network.Ports(80, 443, port), 8);
    Resolver client = new Resolver(network, List.of(resolver.address()), timeout);
    return new Dns01Check(client, servers).check(challenge, trace);
  }

  private CheckResult check() throws InterruptedException {
    return check(CHALLENGE, Dns01Check.Servers.AUTHORITATIVE_AND_RECURSIVE);
  }

  private void assertOutcome(
      Verdict verdict, ProblemType problem, String part, CheckResult outcome) {
    assertEquals(verdict, outcome.verdict(), outcome.detail() + "\n" + traced());
    assertEquals(problem, outcome.problem(), outcome.detail());
    assertTrue(outcome.detail().contains(part), outcome.detail());
  }

  private String traced() {
    return trace.entries().stream()
        .map(entry -> entry.step().text())
        .reduce("", (a, b) -> a + b + "\n");
  }

  private void everywhere(String name, int type, String value) throws Exception {
    for (FakeDns server : List.of(resolver, ns1, ns2)) {
      server.add(name, type, value);
    }
  }

  @Test
  void theRecordEverywhereIsReady() throws Exception {
    everywhere(NAME, Type.TXT, "\"something old\"");
    everywhere(NAME, Type.TXT, VALUE);
    assertOutcome(Verdict.READY, null, NAME, check());
    assertTrue(ns1.questions().contains("TXT " + NAME));
    assertTrue(ns2.questions().contains("TXT " + NAME));
  }

  @Test
  void theStringsOfARecordAreJoined() throws Exception {
    everywhere(
        NAME, Type.TXT, "\"%s\" \"%s\"".formatted(VALUE.substring(0, 9), VALUE.substring(9)));
    assertEquals(Verdict.READY, check().verdict());
  }

  @Test
  void aWildcardIsCheckedAtTheNameBelowTheStar() throws Exception {
    everywhere(NAME, Type.TXT, VALUE);
    PreflightChallenge wildcard =
        new PreflightChallenge(
            "*.www.example.org", PreflightChallenge.DNS_01, "token", "token.thumbprint");
    assertEquals(
        Verdict.READY, check(wildcard, Dns01Check.Servers.AUTHORITATIVE_AND_RECURSIVE).verdict());
  }

  @Test
  void aServerThatLacksItIsNamed() throws Exception {
    ns1.add(NAME, Type.TXT, VALUE);
    resolver.add(NAME, Type.TXT, VALUE);
    assertOutcome(
        Verdict.NOT_YET,
        ProblemType.UNAUTHORIZED,
        "only 1 of 2 name servers of example.org have the record; it is missing at ns2.example.org",
        check());
  }

  @Test
  void noneHasItAndOurResolverIsNotAskedForIt() throws Exception {
    assertOutcome(
        Verdict.NOT_YET, ProblemType.UNAUTHORIZED, "No TXT record found at " + NAME, check());
    assertFalse(
        resolver.questions().stream().anyMatch(question -> question.endsWith(" " + NAME)),
        resolver.questions().toString());
  }

  @Test
  void anotherValueIsShownCut() throws Exception {
    everywhere(NAME, Type.TXT, "\"" + "x".repeat(150) + "\"");
    everywhere(NAME, Type.TXT, "other");
    assertOutcome(
        Verdict.NOT_YET,
        ProblemType.UNAUTHORIZED,
        "Incorrect TXT record \"" + "x".repeat(100) + "...\" (and 1 more) found at " + NAME,
        check());
  }

  @Test
  void aResolverThatStillRemembersIsNotYetAndSaysHowLong() throws Exception {
    ns1.add(NAME, Type.TXT, VALUE);
    ns2.add(NAME, Type.TXT, VALUE);
    assertOutcome(
        Verdict.NOT_YET, ProblemType.DNS, "resolvers may remember that for 1 min", check());
  }

  @Test
  void anUnreachableServerIsWarnedOf() throws Exception {
    ns1.add(NAME, Type.TXT, VALUE);
    resolver.add(NAME, Type.TXT, VALUE);
    ns2.close();
    assertOutcome(Verdict.READY, null, NAME, check());
    assertTrue(traced().contains("name server ns2.example.org does not answer"), traced());
  }

  @Test
  void anUnreachableAddressOfAServerDoesNotMatter() throws Exception {
    everywhere(NAME, Type.TXT, VALUE);
    resolver.add("ns1.example.org", Type.AAAA, "::1"); // nobody listens there
    assertEquals(Verdict.READY, check().verdict());
    assertFalse(traced().contains("does not answer:"), traced());
  }

  @Test
  void aServerThatRefusesIsWarnedOf() throws Exception {
    everywhere(NAME, Type.TXT, VALUE);
    ns2.status(NAME, Type.TXT, Rcode.REFUSED);
    assertEquals(Verdict.READY, check().verdict());
    assertTrue(traced().contains("says REFUSED"), traced());
  }

  @Test
  void whenNoNameServerCanBeReachedTheResolverDecides() throws Exception {
    resolver.add(NAME, Type.TXT, VALUE);
    ns1.close();
    ns2.close();
    assertOutcome(Verdict.READY, null, NAME, check());
    assertTrue(traced().contains("only resolvers were asked"), traced());
  }

  @Test
  void nameServersWithPrivateAddressesAreNotAsked() throws Exception {
    resolver.remove("ns1.example.org", Type.A).a("ns1.example.org", "10.0.0.1");
    resolver.remove("ns2.example.org", Type.A).a("ns2.example.org", "169.254.169.254");
    resolver.add(NAME, Type.TXT, VALUE);
    assertEquals(Verdict.READY, check().verdict());
    assertTrue(traced().contains("only 10.0.0.1 (private 10.0.0.0/8)"), traced());
    assertFalse(traced().contains("TXT " + NAME + " at ns1"), traced());
  }

  @Test
  void anAliasIsFollowedToItsZone() throws Exception {
    everywhere(NAME, Type.CNAME, "abc.auth.example.net.");
    everywhere("abc.auth.example.net", Type.TXT, VALUE);
    resolver.add("example.net", Type.SOA, SOA).add("example.net", Type.NS, "ns2.example.org.");
    assertOutcome(Verdict.READY, null, NAME, check());
    assertTrue(traced().contains(NAME + " is an alias of abc.auth.example.net"), traced());
    assertTrue(ns2.questions().contains("TXT abc.auth.example.net"));
    assertFalse(ns1.questions().contains("TXT abc.auth.example.net"));
  }

  @Test
  void anAliasMayLeadToAWholeDomain() throws Exception {
    everywhere(NAME, Type.CNAME, "example.net.");
    everywhere("example.net", Type.TXT, VALUE);
    resolver.add("example.net", Type.SOA, SOA).add("example.net", Type.NS, "ns2.example.org.");
    assertOutcome(Verdict.READY, null, NAME, check());
    assertTrue(ns2.questions().contains("TXT example.net"));
  }

  @Test
  void whatIsMissingAtTheEndOfAnAliasIsSaidOfTheEnd() throws Exception {
    everywhere(NAME, Type.CNAME, "abc.example.net.");
    resolver.add("example.net", Type.SOA, SOA).add("example.net", Type.NS, "ns2.example.org.");
    assertOutcome(
        Verdict.NOT_YET,
        ProblemType.UNAUTHORIZED,
        "No TXT record found at abc.example.net",
        check());
  }

  @Test
  void anAliasThatNotAllServersHaveIsNotYet() throws Exception {
    ns1.add(NAME, Type.CNAME, "abc.example.net.");
    assertOutcome(
        Verdict.NOT_YET, ProblemType.DNS, "do not agree where " + NAME + " leads", check());
  }

  @Test
  void aLoopOfAliasesWillFail() throws Exception {
    everywhere(NAME, Type.CNAME, "a.example.org.");
    everywhere("a.example.org", Type.CNAME, NAME + ".");
    assertOutcome(Verdict.WILL_FAIL, ProblemType.DNS, "CNAME loop", check());
    assertOutcome(
        Verdict.WILL_FAIL,
        ProblemType.DNS,
        "CNAME loop",
        check(CHALLENGE, Dns01Check.Servers.RECURSIVE_ONLY));
  }

  @Test
  void anEndlessChainOfAliasesEnds() throws Exception {
    everywhere(NAME, Type.CNAME, "n0.example.org.");
    for (int i = 0; i < 30; i++) {
      everywhere("n" + i + ".example.org", Type.CNAME, "n" + (i + 1) + ".example.org.");
    }
    assertOutcome(Verdict.WILL_FAIL, ProblemType.DNS, "more than 16 CNAMEs", check());
  }

  @Test
  void aDelegationIsFollowed() throws Exception {
    FakeDns.Fault referral =
        (query, answer, _) -> {
          answer.getHeader().unsetFlag(Flags.AA);
          answer.getHeader().setRcode(Rcode.NOERROR);
          answer.removeAllRecords(Section.AUTHORITY);
          answer.addRecord(
              Record.fromString(
                  Name.fromString(NAME + "."), Type.NS, 1, 60, "ns2.example.org.", Name.root),
              Section.AUTHORITY);
          return answer.toWire();
        };
    ns1.fault(NAME, Type.TXT, referral);
    resolver
        .remove("example.org", Type.NS)
        .add("example.org", Type.NS, "ns1.example.org.")
        .add(NAME, Type.TXT, VALUE);
    ns2.add(NAME, Type.TXT, VALUE);
    assertEquals(Verdict.READY, check().verdict());
    assertTrue(traced().contains(NAME + " is delegated to ns2.example.org"), traced());
  }

  @Test
  void aDelegationUpwardsIsNotFollowed() throws Exception {
    FakeDns.Fault upwards =
        (query, answer, _) -> {
          answer.getHeader().unsetFlag(Flags.AA);
          answer.getHeader().setRcode(Rcode.NOERROR);
          answer.removeAllRecords(Section.ANSWER);
          answer.removeAllRecords(Section.AUTHORITY);
          answer.addRecord(
              Record.fromString(
                  Name.fromString("org."), Type.NS, 1, 60, "ns2.example.org.", Name.root),
              Section.AUTHORITY);
          return answer.toWire();
        };
    everywhere(NAME, Type.TXT, VALUE);
    ns1.fault(NAME, Type.TXT, upwards);
    assertEquals(Verdict.READY, check().verdict());
    assertTrue(traced().contains("is not responsible for example.org"), traced());
  }

  @Test
  void theZonesNameThereTwiceIsFound() throws Exception {
    resolver.add(NAME + ".example.org", Type.TXT, VALUE);
    assertOutcome(
        Verdict.WILL_FAIL, ProblemType.UNAUTHORIZED, "create it as _acme-challenge.www", check());
  }

  @Test
  void aWildcardIsNotTakenForTheZonesNameTwice() throws Exception {
    resolver.add("*.example.org", Type.TXT, VALUE);
    assertOutcome(Verdict.NOT_YET, ProblemType.UNAUTHORIZED, "No TXT record found", check());
    assertTrue(traced().contains("TXT " + NAME + ".example.org"), traced());
  }

  @Test
  void aDomainThatIsNotRegisteredIsNotYet() throws Exception {
    PreflightChallenge challenge =
        new PreflightChallenge(
            "shop.example.com", PreflightChallenge.DNS_01, "token", "token.thumbprint");
    assertOutcome(
        Verdict.NOT_YET,
        ProblemType.DNS,
        "is the domain registered?",
        check(challenge, Dns01Check.Servers.AUTHORITATIVE_AND_RECURSIVE));
  }

  @Test
  void aResolverThatIsSilentIsUnknown() throws Exception {
    timeout = Duration.ofMillis(400);
    resolver.fault(NAME, Type.TXT, (_, _, _) -> null);
    assertOutcome(
        Verdict.UNKNOWN,
        ProblemType.DNS,
        "no resolver answers TXT " + NAME,
        check(CHALLENGE, Dns01Check.Servers.RECURSIVE_ONLY));
  }

  @Test
  void servfailIsNotYet() throws Exception {
    resolver.status(NAME, Type.TXT, Rcode.SERVFAIL);
    assertOutcome(
        Verdict.NOT_YET,
        ProblemType.DNS,
        "DNS problem: SERVFAIL looking up TXT for " + NAME,
        check(CHALLENGE, Dns01Check.Servers.RECURSIVE_ONLY));
  }

  @Test
  void aTruncatedAnswerIsAskedForAgainByTcp() throws Exception {
    resolver.add(NAME, Type.TXT, VALUE);
    resolver.fault(
        NAME,
        Type.TXT,
        (query, answer, isTcp) -> {
          if (!isTcp) {
            answer.removeAllRecords(Section.ANSWER);
            answer.getHeader().setFlag(Flags.TC);
          }
          return answer.toWire();
        });
    assertEquals(Verdict.READY, check(CHALLENGE, Dns01Check.Servers.RECURSIVE_ONLY).verdict());
    assertTrue(traced().contains("(TCP)"), traced());
  }

  @Test
  void aHugeAnswerIsReadAndWarnedOf() throws Exception {
    resolver.add(NAME, Type.TXT, VALUE);
    for (int i = 0; i < 200; i++) {
      resolver.add(NAME, Type.TXT, "\"" + (i + "-").repeat(60) + "\"");
    }
    assertEquals(Verdict.READY, check(CHALLENGE, Dns01Check.Servers.RECURSIVE_ONLY).verdict());
    assertTrue(traced().contains("201 TXT records"), traced());
    assertTrue(traced().length() < 20_000);
  }

  @Test
  void datagramsThatDoNotAnswerTheQuestionArePassedOver() throws Exception {
    resolver.add(NAME, Type.TXT, VALUE);
    resolver.fault(
        NAME,
        Type.TXT,
        (query, answer, isTcp) -> {
          answer.getHeader().setID(query.getHeader().getID() ^ 1);
          return answer.toWire();
        });
    timeout = Duration.ofMillis(400);
    assertEquals(Verdict.UNKNOWN, check(CHALLENGE, Dns01Check.Servers.RECURSIVE_ONLY).verdict());
    resolver.fault(
        NAME,
        Type.TXT,
        (query, answer, isTcp) -> {
          Message other = new Message(query.getHeader().getID());
          other.getHeader().setFlag(Flags.QR);
          other.addRecord(
              Record.newRecord(Name.fromString("evil.example.org."), Type.TXT, 1),
              Section.QUESTION);
          return other.toWire();
        });
    assertEquals(Verdict.UNKNOWN, check(CHALLENGE, Dns01Check.Servers.RECURSIVE_ONLY).verdict());
  }

  @Test
  void recordsOfOtherNamesAreNotBelieved() throws Exception {
    Record foreign =
        Record.fromString(Name.fromString("other.example.org."), Type.TXT, 1, 60, VALUE, Name.root);
    resolver.add(NAME, Type.TXT, "other");
    resolver.fault(
        NAME,
        Type.TXT,
        (query, answer, isTcp) -> {
          answer.addRecord(Objects.requireNonNull(foreign), Section.ANSWER);
          return answer.toWire();
        });
    assertOutcome(
        Verdict.NOT_YET,
        ProblemType.UNAUTHORIZED,
        "Incorrect TXT record",
        check(CHALLENGE, Dns01Check.Servers.RECURSIVE_ONLY));
  }
}

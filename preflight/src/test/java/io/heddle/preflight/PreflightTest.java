package io.heddle.preflight;

import static io.heddle.preflight.RawServer.response;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.CancelledException;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.testing.Bubbled;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Type;

/** How checks run together: what ends them, how many run, how long they may take. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class PreflightTest {
  private static final String TOKEN = "token";
  private static final String KEY_AUTHORIZATION = "token.thumbprint";
  private static final ChallengeCheck READY = (_, _) -> CheckResult.ready("it is there");
  private static final ChallengeCheck ABSENT =
      (_, _) -> CheckResult.notYet(ProblemType.UNAUTHORIZED, "it is not there");
  private static final ChallengeCheck FORBIDDEN =
      (_, _) -> CheckResult.willFail(ProblemType.CAA, "it is forbidden");
  private static final ChallengeCheck ENDLESS =
      (_, _) -> {
        Go.sleep(Duration.ofDays(1));
        return CheckResult.ready("at last");
      };

  private static PreflightAuthorization authorization(String domain, String... types) {
    return new PreflightAuthorization(
        domain,
        List.of(types).stream()
            .map(type -> new PreflightChallenge(domain, type, TOKEN, KEY_AUTHORIZATION))
            .toList());
  }

  private static OrderReport check(Preflight preflight, PreflightAuthorization... authorizations)
      throws InterruptedException {
    return preflight.check(Context.background(), List.of(authorizations));
  }

  @Test
  @Bubbled
  void theFirstThatIsReadyEndsTheOthers() throws Exception {
    Preflight preflight =
        new Preflight(Map.of("a", ENDLESS, "b", READY), List.of(), Limits.DEFAULT);
    long began = Go.nanoTime();
    OrderReport report = check(preflight, authorization("example.org", "a", "b"));
    assertEquals(0, Go.nanoTime() - began);
    assertEquals(Verdict.READY, report.verdict());
    assertEquals(
        Verdict.UNKNOWN,
        report.authorizations().getFirst().challenges().getFirst().outcome().verdict());
  }

  @Test
  @Bubbled
  void whenAllHaveFailedTheAnswerIsThereAtOnce() throws Exception {
    Preflight preflight =
        new Preflight(Map.of("a", ABSENT, "b", FORBIDDEN), List.of(), Limits.DEFAULT);
    long began = Go.nanoTime();
    OrderReport report = check(preflight, authorization("example.org", "a", "b"));
    assertEquals(0, Go.nanoTime() - began);
    assertEquals(Verdict.NOT_YET, report.verdict());
    assertEquals("it is not there", report.authorizations().getFirst().outcome().detail());
  }

  @Test
  @Bubbled
  void typesWithoutACheckAreUnknownAtOnce() throws Exception {
    Preflight preflight = new Preflight(Map.of(), List.of(), Limits.DEFAULT);
    long began = Go.nanoTime();
    OrderReport report =
        check(preflight, authorization("example.org", "new-01"), authorization("example.com"));
    assertEquals(0, Go.nanoTime() - began);
    assertEquals(Verdict.UNKNOWN, report.verdict());
    assertEquals(ProblemType.UNSUPPORTED, report.authorizations().getFirst().outcome().problem());
    assertTrue(
        report.authorizations().getLast().outcome().detail().contains("offers no challenge"));
  }

  @Test
  @Bubbled
  void authorizationsAreCheckedAtTheSameTimeAndAllHaveToBeReady() throws Exception {
    ChallengeCheck slow =
        (challenge, _) -> {
          Go.sleep(Duration.ofSeconds(3));
          return challenge.domain().startsWith("c")
              ? CheckResult.notYet(ProblemType.DNS, "no")
              : CheckResult.ready("yes");
        };
    Preflight preflight = new Preflight(Map.of("a", slow), List.of(), Limits.DEFAULT);
    OrderReport report =
        check(
            preflight,
            authorization("a.example.org", "a"),
            authorization("b.example.org", "a"),
            authorization("c.example.org", "a"));
    assertEquals(Duration.ofSeconds(3), report.took());
    assertEquals(Verdict.NOT_YET, report.verdict());
    assertEquals(
        List.of(Verdict.READY, Verdict.READY, Verdict.NOT_YET),
        report.authorizations().stream().map(one -> one.verdict()).toList());
  }

  @Test
  @Bubbled
  void whatEveryChallengeHasToPassDecidesToo() throws Exception {
    Preflight forbidden =
        new Preflight(Map.of("a", READY, "b", ENDLESS), List.of(FORBIDDEN), Limits.DEFAULT);
    long began = Go.nanoTime();
    OrderReport report = check(forbidden, authorization("example.org", "a", "b"));
    assertEquals(0, Go.nanoTime() - began);
    assertEquals(Verdict.WILL_FAIL, report.verdict());
    assertEquals(ProblemType.CAA, report.authorizations().getFirst().outcome().problem());
    Preflight allowed = new Preflight(Map.of("a", READY), List.of(READY), Limits.DEFAULT);
    assertEquals(Verdict.READY, check(allowed, authorization("example.org", "a")).verdict());
  }

  @Test
  @Bubbled
  void eachTimeLimitHolds() throws Exception {
    Duration second = Duration.ofSeconds(1);
    Duration minute = Duration.ofMinutes(1);
    List<Limits> limits =
        List.of(
            new Limits(second, minute, minute),
            new Limits(minute, second, minute),
            new Limits(minute, minute, second));
    for (Limits one : limits) {
      OrderReport report =
          check(
              new Preflight(Map.of("a", ENDLESS), List.of(), one),
              authorization("example.org", "a"));
      assertEquals(second, report.took(), one.toString());
      assertEquals(Verdict.UNKNOWN, report.verdict());
    }
  }

  /** The load of this machine does not change a verdict. */
  @Test
  @Bubbled
  void theTimeForAPlaceIsNobodysTime() throws Exception {
    KeyedSemaphore<String> connections = new KeyedSemaphore<>(1);
    Duration most = Duration.ofSeconds(20);
    ChallengeCheck slow =
        (_, trace) -> {
          long deadline = trace.time().deadline(most.minusSeconds(1));
          try (var _ =
              trace.time().standingStill(() -> connections.acquire("192.0.2.1", () -> {}))) {
            Go.sleep(Duration.ofSeconds(15));
            assertEquals(Duration.ofSeconds(4), trace.time().until(deadline));
            return CheckResult.ready("yes");
          }
        };
    Preflight preflight = new Preflight(Map.of("a", slow), List.of(), new Limits(most, most, most));
    OrderReport report =
        check(
            preflight,
            IntStream.range(0, 5)
                .mapToObj(i -> authorization("n" + i + ".example.org", "a"))
                .toArray(PreflightAuthorization[]::new));
    assertEquals(
        Verdict.READY, report.verdict(), report.authorizations().getLast().outcome().detail());
    assertEquals(Duration.ofSeconds(75), report.took());
  }

  @Test
  @Bubbled
  void whatWorksForTooLongHasNoVerdictHoweverLongItWaited() throws Exception {
    KeyedSemaphore<String> connections = new KeyedSemaphore<>(1);
    ChallengeCheck endless =
        (challenge, trace) -> {
          try (var _ =
              trace.time().standingStill(() -> connections.acquire("192.0.2.1", () -> {}))) {
            return ENDLESS.check(challenge, trace);
          }
        };
    Preflight preflight =
        new Preflight(
            Map.of("a", endless),
            List.of(),
            new Limits(Duration.ofSeconds(20), Duration.ofDays(1), Duration.ofDays(1)));
    OrderReport report =
        check(preflight, authorization("one.example", "a"), authorization("two.example", "a"));
    assertEquals(Duration.ofSeconds(40), report.took());
    assertEquals(Verdict.UNKNOWN, report.verdict());
    report
        .authorizations()
        .forEach(one -> assertTrue(one.outcome().detail().contains("no verdict after 20.0 s")));
  }

  @Test
  @Bubbled
  void aCheckThatThrowsIsUnknownAndConcernsNoOther() throws Exception {
    ChallengeCheck broken =
        (_, _) -> {
          throw new IllegalStateException("a bug");
        };
    Preflight preflight = new Preflight(Map.of("a", broken, "b", READY), List.of(), Limits.DEFAULT);
    OrderReport report =
        check(preflight, authorization("example.org", "a"), authorization("example.com", "b"));
    assertEquals(
        List.of(Verdict.UNKNOWN, Verdict.READY),
        report.authorizations().stream().map(one -> one.verdict()).toList());
    assertTrue(report.authorizations().getFirst().outcome().detail().contains("a bug"));
  }

  @Test
  @Bubbled
  void whoeverAskedCanCallItOff() throws Exception {
    Preflight preflight = new Preflight(Map.of("a", ENDLESS), List.of(), Limits.DEFAULT);
    try (CancelContext context = Context.background().withCancel()) {
      Go.afterFunc(Duration.ofSeconds(2), context::cancel);
      assertThrows(
          CancelledException.class,
          () -> preflight.check(context, List.of(authorization("example.org", "a"))));
    }
    Goroutine<?> goroutine = Go.go(() -> check(preflight, authorization("example.org", "a")));
    Go.sleep(Duration.ofSeconds(1));
    goroutine.cancel();
    goroutine.join();
    assertInstanceOf(InterruptedException.class, goroutine.failure());
  }

  @Test
  void theSocketsOfTheOthersAreClosed() throws Exception {
    RawServer[] silent = new RawServer[1];
    try (FakeDns dns = new FakeDns();
        RawServer slow = new RawServer((_, _, socket) -> silent[0].waitForHangUp(socket))) {
      silent[0] = slow;
      dns.a("example.org", "127.0.0.1");
      Network network =
          Network.withLoopbackForTests(new Network.Ports(slow.port(), slow.port(), 53), 8);
      Resolver resolver = new Resolver(network, List.of(dns.address()), Duration.ofSeconds(30));
      ChallengeCheck whenTheOtherWaits =
          (_, _) -> {
            slow.arrived().receive();
            return CheckResult.ready("first");
          };
      Preflight preflight =
          new Preflight(
              Map.of(
                  PreflightChallenge.HTTP_01,
                  new Http01Check(resolver, Duration.ofDays(1)),
                  PreflightChallenge.DNS_01,
                  whenTheOtherWaits),
              List.of(),
              new Limits(Duration.ofDays(1), Duration.ofDays(1), Duration.ofDays(1)));
      OrderReport report =
          check(
              preflight,
              authorization("example.org", PreflightChallenge.HTTP_01, PreflightChallenge.DNS_01));
      assertEquals(Verdict.READY, report.verdict());
      assertTrue(slow.hungUp().receive());
    }
  }

  /** A question to a silent name server would otherwise end after days. */
  @Test
  void questionsToNameServersAreCalledOff() throws Exception {
    try (FakeDns dns = new FakeDns()) {
      Chan<Boolean> asked = Chan.buffered(10);
      dns.fault(
          "_acme-challenge.example.org",
          Type.TXT,
          (_, answer, isTcp) -> {
            asked.send(isTcp);
            answer.getHeader().setFlag(Flags.TC);
            if (isTcp) {
              Go.sleep(Duration.ofDays(1));
            }
            return answer.toWire();
          });
      Resolver resolver = new Resolver(Network.open(8), List.of(dns.address()), Duration.ofDays(1));
      ChallengeCheck whenTheOtherWaits =
          (_, _) -> {
            while (!asked.receive()) {
              // by UDP, the answer to which is cut
            }
            return CheckResult.ready("first");
          };
      Preflight preflight =
          new Preflight(
              Map.of(
                  PreflightChallenge.DNS_01,
                  new Dns01Check(resolver, Dns01Check.Servers.RECURSIVE_ONLY),
                  PreflightChallenge.HTTP_01,
                  whenTheOtherWaits),
              List.of(),
              new Limits(Duration.ofDays(1), Duration.ofDays(1), Duration.ofDays(1)));
      OrderReport report =
          check(
              preflight,
              authorization("example.org", PreflightChallenge.HTTP_01, PreflightChallenge.DNS_01));
      assertEquals(Verdict.READY, report.verdict());
      List<Trace.Entry> trace = report.authorizations().getFirst().challenges().getLast().trace();
      assertTrue(
          trace.stream().anyMatch(entry -> entry.step().text().contains("(TCP): interrupted")),
          trace.toString());
    }
  }

  @Test
  void theSocketsAreClosedWhenTheTimeIsOver() throws Exception {
    RawServer[] silent = new RawServer[1];
    try (FakeDns dns = new FakeDns();
        RawServer slow = new RawServer((_, _, socket) -> silent[0].waitForHangUp(socket))) {
      silent[0] = slow;
      dns.a("example.org", "127.0.0.1");
      Network network =
          Network.withLoopbackForTests(new Network.Ports(slow.port(), slow.port(), 53), 8);
      Resolver resolver = new Resolver(network, List.of(dns.address()), Duration.ofSeconds(30));
      Preflight preflight =
          new Preflight(
              Map.of(PreflightChallenge.HTTP_01, new Http01Check(resolver, Duration.ofDays(1))),
              List.of(),
              new Limits(Duration.ofSeconds(1), Duration.ofDays(1), Duration.ofDays(1)));
      OrderReport report =
          check(preflight, authorization("example.org", PreflightChallenge.HTTP_01));
      assertEquals(Verdict.UNKNOWN, report.verdict());
      assertFalse(report.authorizations().getFirst().challenges().getFirst().trace().isEmpty());
      assertTrue(slow.hungUp().receive());
    }
  }

  @ParameterizedTest
  @CsvSource({"2,20", "20,2"})
  void noMoreConnectionsAreOpenThanMay(int perAddress, int inAll) throws Exception {
    AtomicInteger open = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    byte[] answer = response(200, "", KEY_AUTHORIZATION).getBytes(UTF_8);
    try (FakeDns dns = new FakeDns();
        RawServer server =
            new RawServer((_, out, _) -> {
              most.accumulateAndGet(open.incrementAndGet(), Math::max);
              Go.sleep(Duration.ofMillis(20));
              open.decrementAndGet();
              out.write(answer);
            })) {
      PreflightAuthorization[] authorizations = authorizations(20, "example.org");
      for (PreflightAuthorization one : authorizations) {
        dns.a(one.domain(), "127.0.0.1");
      }
      Network network =
          Network.withLoopbackForTests(
                  new Network.Ports(server.port(), server.port(), 53), perAddress)
              .limitedTo(inAll);
      assertEquals(Verdict.READY, check(http(network, dns), authorizations).verdict());
      assertTrue(most.get() <= 2, "" + most);
    }
  }

  /** Servers that hang, as many as may be connected to: others are judged by what needs none. */
  @Test
  void theResolversAreAskedWhenStrangersHaveAllPlaces() throws Exception {
    RawServer[] silent = new RawServer[1];
    try (FakeDns dns = new FakeDns();
        RawServer hung = new RawServer((_, _, socket) -> silent[0].waitForHangUp(socket));
        CancelContext context = Context.background().withCancel()) {
      silent[0] = hung;
      PreflightAuthorization[] held = authorizations(8, "hung.example");
      for (PreflightAuthorization one : held) {
        dns.a(one.domain(), "127.0.0.1");
      }
      Network network =
          Network.withLoopbackForTests(new Network.Ports(hung.port(), hung.port(), 53), 8)
              .limitedTo(8);
      Goroutine<?> waiting =
          Go.go(() ->
              assertThrows(
                  CancelledException.class,
                  () -> http(network, dns).check(context, List.of(held))));
      for (int i = 0; i < 8; i++) {
        hung.arrived().receive();
      }
      PreflightChallenge challenge =
          new PreflightChallenge(
              "other.example", PreflightChallenge.DNS_01, TOKEN, KEY_AUTHORIZATION);
      dns.add("_acme-challenge.other.example", Type.TXT, challenge.recordValue());
      Resolver resolver = new Resolver(network, List.of(dns.address()), Duration.ofSeconds(30));
      assertEquals(
          Verdict.READY,
          new Dns01Check(resolver, Dns01Check.Servers.RECURSIVE_ONLY)
              .check(challenge, new Trace())
              .verdict());
      context.cancel();
      waiting.join();
      assertEquals(null, waiting.failure());
    }
  }

  private static PreflightAuthorization[] authorizations(int count, String domain) {
    return IntStream.range(0, count)
        .mapToObj(i -> authorization("n" + i + "." + domain, PreflightChallenge.HTTP_01))
        .toArray(PreflightAuthorization[]::new);
  }

  private static Preflight http(Network network, FakeDns dns) {
    Duration day = Duration.ofDays(1);
    Resolver resolver = new Resolver(network, List.of(dns.address()), Duration.ofSeconds(30));
    return new Preflight(
        Map.of(PreflightChallenge.HTTP_01, new Http01Check(resolver, day)),
        List.of(),
        new Limits(day, day, day));
  }

  /** However many wait for a server: a waiting check holds no permit that another could use. */
  @Test
  void aServerThatHangsHoldsUpNobodyElse() throws Exception {
    RawServer[] silent = new RawServer[1];
    List<ServerSocket> listeners = RawServer.onOnePort("127.0.0.1", "127.0.0.2");
    try (FakeDns dns = new FakeDns();
        RawServer hung =
            new RawServer(listeners.getFirst(), (_, _, socket) -> silent[0].waitForHangUp(socket));
        RawServer other =
            new RawServer(
                listeners.getLast(),
                (_, out, _) -> out.write(response(200, "", KEY_AUTHORIZATION).getBytes(UTF_8)));
        CancelContext context = Context.background().withCancel()) {
      silent[0] = hung;
      PreflightAuthorization[] held = authorizations(100, "hung.example");
      for (PreflightAuthorization one : held) {
        dns.a(one.domain(), "127.0.0.1");
      }
      dns.a("other.example", "127.0.0.2");
      Network network =
          Network.withLoopbackForTests(new Network.Ports(hung.port(), other.port(), 53), 8)
              .limitedTo(10);
      Preflight preflight = http(network, dns);
      Goroutine<?> waiting =
          Go.go(() ->
              assertThrows(
                  CancelledException.class, () -> preflight.check(context, List.of(held))));
      for (int i = 0; i < 8; i++) {
        hung.arrived().receive();
      }
      PreflightAuthorization authorization =
          authorization("other.example", PreflightChallenge.HTTP_01);
      assertEquals(Verdict.READY, check(preflight, authorization).verdict());
      assertEquals(8, hung.requests().size());
      context.cancel();
      waiting.join();
      assertEquals(null, waiting.failure());
    }
  }
}

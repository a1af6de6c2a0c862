package io.heddle.orders.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.preflight.ChallengeCheck;
import io.heddle.preflight.CheckResult;
import io.heddle.preflight.Limits;
import io.heddle.preflight.Preflight;
import io.heddle.preflight.ProblemType;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import io.heddle.testing.Bubble;
import io.heddle.testing.Bubbled;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What two workers that cannot check make of orders, in virtual time. */
@Bubbled
@Tag("slow")
final class ChecksOutageTest {
  private static final Duration LIFE = Duration.ofHours(3);

  @TempDir private Path folder;
  private Queue queue;
  private OrderStore store;
  private Metrics metrics;
  private final PromptAuthority ca =
      new PromptAuthority(LIFE) {
        @Override
        public Placed place(List<String> domains) throws CaException {
          Placed placed = super.place(domains);
          return other == null
              ? placed
              : new Placed(
                  placed.location(),
                  placed.life(),
                  placed.authorizations().stream().map(one -> withDns(one)).toList(),
                  placed.untouched());
        }
      };
  private final List<Pipeline> pipelines = new ArrayList<>();
  private final CancelContext context = Context.background().withCancel();
  private final List<Goroutine<?>> running = new ArrayList<>();
  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
  private final AtomicInteger checks = new AtomicInteger();
  private volatile boolean isCutOff;
  private volatile CheckResult other;
  private volatile CheckResult result = CheckResult.ready("there");

  private static Authorization withDns(Authorization one) {
    Challenge http = one.challenges().getFirst();
    Challenge dns =
        new Challenge(Challenge.DNS, one.location(), http.token(), http.keyAuthorization());
    return new Authorization(
        one.domain(), false, one.location(), one.status(), List.of(http, dns), null, null, null);
  }

  @BeforeEach
  void start() throws Exception {
    queue = Queues.open(folder.resolve("orders.db").toString(), 1);
    store = new OrderStore(queue);
    metrics = new Metrics(queue);
    ChallengeCheck check =
        (_, _) -> {
          checks.incrementAndGet();
          return isCutOff ? CheckResult.unknown(ProblemType.DNS, "no resolver answers") : result;
        };
    for (int i = 0; i < 2; i++) {
      Pipeline pipeline =
          new Pipeline(
              new Pipeline.Parts(
                  queue,
                  Accounts.one("account", ca, Chain.Verifier.trusting(List.of(ca.root()))),
                  new Preflight(
                      Map.of(Challenge.HTTP, check, Challenge.DNS, (_, _) -> other),
                      List.of(),
                      Limits.DEFAULT,
                      _ -> isCutOff ? "no resolver answers NS ." : null),
                  new CertificateFolder(folder.resolve("certificates"))),
              Pipeline.Settings.DEFAULT,
              Log.to(new PrintStream(lines, true, UTF_8)),
              metrics);
      pipelines.add(pipeline);
      running.add(Go.go(() -> pipeline.run(context)));
    }
  }

  @AfterEach
  void end() throws Exception {
    context.cancel();
    for (Goroutine<?> one : running) {
      one.join();
      assertNull(one.failure());
    }
    queue.close();
  }

  private String submit(String name) throws Exception {
    Order.Request request = new Order.Request("customer", List.of(name), null);
    return store.submit(request, null).order().order().id();
  }

  private Order find(String id) throws Exception {
    Bubble.settle();
    return store.find(id).order();
  }

  /** Ten attempts were counted, and the order died. */
  @Test
  void anOutageOfOursDoesNotCountAgainstOrders() throws Exception {
    isCutOff = true;
    List<String> orders = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      orders.add(submit("n" + i + ".test"));
    }
    Go.sleep(Duration.ofHours(2));
    for (String id : orders) {
      Order waiting = find(id);
      assertEquals(OrderState.CHECKING, waiting.state());
      assertEquals(0, waiting.attempts());
      assertEquals("urn:heddle:orders:cannot-check", waiting.problem().type());
      assertFalse(waiting.problem().toString().contains("resolver"), "that is the operator's");
    }
    int most = 2 * 2 * 60 + 2 * orders.size(); // each worker has one order try each minute
    assertTrue(checks.get() <= most, () -> checks + " of " + most);
    Pipeline one = pipelines.getFirst();
    assertTrue(one.refusal().detail().startsWith("no resolver answers NS .: look at --resolver"));
    assertTrue(metrics.text().contains("orders_checks_stopped 1.0"));
    assertTrue(lines.toString(UTF_8).contains("\"event\":\"checks_stopped\""));
    isCutOff = false;
    Go.sleep(AccountHold.LOOK.multipliedBy(3));
    for (String id : orders) {
      assertEquals(OrderState.ISSUED, find(id).state());
    }
    assertNull(one.refusal());
    assertTrue(metrics.text().contains("orders_checks_stopped 0.0"));
  }

  @Test
  void anOrderThatExpiresDuringAnOutageStartsAgain() throws Exception {
    isCutOff = true;
    String id = submit("one.test");
    Go.sleep(LIFE.plusMinutes(30));
    assertEquals(OrderState.CHECKING, find(id).state());
    isCutOff = false;
    Go.sleep(AccountHold.LOOK.multipliedBy(3));
    assertEquals(OrderState.ISSUED, find(id).state());
    assertEquals(0, find(id).attempts());
  }

  /** It stayed unknown until it was dead. */
  @Test
  void theCaIsAskedAboutWhatCannotBeCheckedFromHere() throws Exception {
    result = CheckResult.unknown(ProblemType.CONNECTION, "2001:db8::1: Network unreachable");
    Instant began = Go.now();
    String id = submit("one.test");
    Order looked = find(id);
    assertEquals(OrderState.CHECKING, looked.state(), "its customer needs time to act");
    assertEquals("A challenge could not be checked", looked.problem().title());
    while (find(id).state() != OrderState.ISSUED) {
      Go.sleep(Duration.ofMinutes(1));
    }
    assertEquals(3, checks.get());
    assertTrue(Duration.between(began, Go.now()).compareTo(Duration.ofMinutes(17)) < 0);
  }

  /** Whoever has to wait for a TXT record to spread has more time. */
  @Test
  void theCaIsAskedLaterIfAnotherChallengeMayBecomeReady() throws Exception {
    other = CheckResult.notYet(ProblemType.UNAUTHORIZED, "No TXT record found");
    result = CheckResult.unknown(ProblemType.CONNECTION, "2001:db8::1: Network unreachable");
    String id = submit("one.test");
    Order looked = find(id);
    assertEquals(
        "one.test: http-01: 2001:db8::1: Network unreachable; dns-01: No TXT record found",
        looked.problem().detail());
    while (find(id).state() != OrderState.ISSUED) {
      Go.sleep(Duration.ofMinutes(1));
    }
    assertEquals(6, checks.get());
  }

  @Test
  void aNameThatOurResolversCannotLookUpIsNotForTheCaToFindOut() throws Exception {
    result = CheckResult.unknown(ProblemType.DNS, "no resolver answers A one.test");
    String id = submit("one.test");
    Go.sleep(Duration.ofHours(2));
    Order looked = find(id);
    assertEquals(OrderState.CHECKING, looked.state());
    assertEquals(checks.get(), looked.attempts());
    assertEquals(List.of(), ca.told);
  }
}

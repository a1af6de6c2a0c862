package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.store.QuotaException;
import io.heddle.orders.store.Quotas;
import io.heddle.orders.store.RenewalPlan;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.orders.telemetry.RenewalEvents;
import io.heddle.preflight.CheckResult;
import io.heddle.preflight.ProblemType;
import io.heddle.queue.Consumer;
import io.heddle.queue.Delivery;
import io.heddle.queue.LeaseLostException;
import io.heddle.queue.Outcome;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import io.heddle.testing.Bubble;
import io.heddle.testing.Bubbled;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Renewals over weeks, in virtual time, on a real queue. */
@Bubbled
@Tag("slow")
final class RenewalTest {
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration VALIDITY = DAY.multipliedBy(12);

  /** After two thirds of the life. */
  private static final Duration START = DAY.multipliedBy(8);

  /** A renewal that has died is dead for some hours. */
  private static final Renewals SELDOM =
      new Renewals(true, Duration.ofHours(6), Duration.ofHours(36), Duration.ofHours(6));

  @TempDir private Path folder;
  private Queue queue;
  private OrderStore store;
  private final SuggestingAuthority ca = new SuggestingAuthority();
  private final Set<String> unready = ConcurrentHashMap.newKeySet();
  private final RunningPipelines workers = new RunningPipelines();

  /**
   * A CA whose orders live for two days, and its certificates for twelve, and which suggests when
   * to renew them.
   */
  private static final class SuggestingAuthority extends PromptAuthority {
    private static final Duration ASK_AGAIN = Duration.ofHours(12);

    /** The ids of certificates that orders have replaced, and the time of each. */
    final Map<String, Instant> replaced = new ConcurrentHashMap<>();

    final List<Instant> asked = new CopyOnWriteArrayList<>();

    /** When it was first asked about a certificate: when that was issued. */
    final Map<String, Instant> issued = new ConcurrentHashMap<>();

    /** From the issuance to the window; null for a CA that suggests none. */
    volatile @Nullable Window window;

    /** Whether all certificates should be renewed at once. */
    volatile boolean isUrgent;

    /** Whether it fails to answer questions about windows. */
    volatile boolean isAway;

    record Window(Duration start, Duration end) {}

    SuggestingAuthority() {
      super(DAY.multipliedBy(2), VALIDITY);
    }

    @Override
    public Placed place(List<String> domains, @Nullable String replaces) throws CaException {
      if (replaces != null && replaced.putIfAbsent(replaces, Go.now()) != null) {
        throw new CaException(
            CaException.Kind.REFUSED,
            new Problem(Problem.ACME + "alreadyReplaced", "No", 409, "replaced already"),
            null,
            null);
      }
      return place(domains);
    }

    @Override
    public @Nullable RenewalWindow renewalWindow(String certificate) throws CaException {
      asked.add(Go.now());
      if (isAway) {
        throw new CaException(
            CaException.Kind.TRANSIENT, Problem.of("away", "Away", "no answer"), null, null);
      }
      Window suggested = window;
      if (suggested == null) {
        return null;
      }
      Duration age = Duration.between(issued.computeIfAbsent(certificate, _ -> Go.now()), Go.now());
      return isUrgent
          ? new RenewalWindow(DAY.negated(), Duration.ofHours(-1), ASK_AGAIN, null)
          : new RenewalWindow(
              suggested.start.minus(age), suggested.end.minus(age), ASK_AGAIN, null);
    }

    void suggest(Duration start, Duration end) {
      window = new Window(start, end);
    }
  }

  @BeforeEach
  void open() throws Exception {
    queue = Queues.open(folder.resolve("orders.db").toString(), 1);
    store = new OrderStore(queue);
  }

  private void start(Renewals renewals) throws Exception {
    start(1, renewals, Pipeline.Settings.DEFAULT.retention());
  }

  private void start(int count, Renewals renewals, Duration retention) throws Exception {
    Pipeline.Settings usual = Pipeline.Settings.DEFAULT;
    Pipeline.Settings settings =
        new Pipeline.Settings(
            Consumer.Settings.DEFAULT.withConcurrency(2),
            usual.backoff(),
            usual.margin(),
            usual.types(),
            usual.validity(),
            usual.failures(),
            retention,
            renewals);
    workers.start(
        count,
        () ->
            RunningPipelines.parts(
                queue,
                ca,
                (challenge, _) ->
                    unready.contains(challenge.domain())
                        ? CheckResult.notYet(ProblemType.UNAUTHORIZED, "no file")
                        : CheckResult.ready("there"),
                new CertificateFolder(folder.resolve("certificates")),
                Chain.Verifier.trusting(List.of(ca.root()))),
        settings);
  }

  @AfterEach
  void close() throws Exception {
    workers.close();
    queue.close();
  }

  private static Order.Request request(String domain) {
    return new Order.Request("anna", List.of(domain), null);
  }

  private Order issued(Order.Request request) throws Exception {
    String id = store.submit(request, null).order().order().id();
    Bubble.settle();
    return order(id, OrderState.ISSUED);
  }

  private Order order(String id, OrderState state) throws Exception {
    Order order = store.find(id).order();
    assertEquals(state, store.find(id).state(), order::toString);
    return order;
  }

  private List<Order> all() throws Exception {
    return store.list(null, null, 0, 200).orders().stream().map(one -> one.order()).toList();
  }

  private List<Order> renewalsOf(Order order) throws Exception {
    return all().stream()
        .filter(one -> one.request().replaces() != null)
        .filter(one -> one.request().replaces().order().equals(order.id()))
        .toList();
  }

  private static void sleep(Duration time) throws InterruptedException {
    Go.sleep(time);
    Bubble.settle();
  }

  @Test
  void eachCertificateIsRenewedOnceAtARandomMomentOfTheWindow() throws Exception {
    ca.suggest(START, START.plusDays(2));
    start(2, Renewals.DEFAULT, VALIDITY);
    List<Order> orders = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      orders.add(issued(request("n" + i + ".test")));
    }
    sleep(START.minusHours(1));
    assertEquals(12, all().size(), "too early");
    assertEquals(Map.of(), ca.replaced);
    sleep(DAY.multipliedBy(2).plusHours(2));
    Set<Instant> moments = new HashSet<>();
    for (Order old : orders) {
      List<Order> renewals = renewalsOf(old);
      assertEquals(1, renewals.size(), () -> old + ": " + renewals);
      Order renewed = order(renewals.getFirst().id(), OrderState.ISSUED);
      assertEquals(old.request().domains(), renewed.request().domains());
      assertNotEquals(old.certificate().serial(), renewed.certificate().serial());
      assertEquals(old, order(old.id(), OrderState.ISSUED), "nothing has happened to it");
      assertTrue(Files.exists(folder.resolve("certificates/" + old.id() + "/key.pem")));
      assertTrue(Files.exists(folder.resolve("certificates/" + renewed.id() + "/chain.pem")));
      String certificate = Chain.parse(old.certificate().chain()).renewalId();
      assertEquals(certificate, renewed.request().replaces().certificate());
      Instant moment = ca.replaced.get(certificate);
      Duration age = Duration.between(ca.issued.get(certificate), moment);
      assertTrue(age.compareTo(START) >= 0, age::toString);
      assertTrue(age.compareTo(START.plusDays(2)) < 0, age::toString);
      moments.add(moment);
    }
    assertEquals(12, moments.size(), "not all at once");
    Duration spread =
        Duration.between(
            moments.stream().min(Instant::compareTo).orElseThrow(),
            moments.stream().max(Instant::compareTo).orElseThrow());
    assertTrue(spread.compareTo(DAY) > 0, spread::toString);
    sleep(DAY);
    assertEquals(12, all().stream().filter(one -> orders.contains(one)).count(), "remembered");
    sleep(DAY);
    assertEquals(12, all().size(), "the old orders are forgotten");
    for (Order old : orders) {
      assertFalse(Files.exists(folder.resolve("certificates/" + old.id())));
    }
  }

  /** As when the CA has to revoke certificates. */
  @Test
  void aWindowThatMovesIsNoticedWhenTheCaWantsToBeAskedAgain() throws Exception {
    ca.suggest(START, START.plusDays(2));
    start(Renewals.DEFAULT);
    Order old = issued(request("one.test"));
    sleep(DAY.multipliedBy(5).plusHours(1));
    int before = ca.asked.size();
    assertTrue(before >= 10 && before <= 12, () -> before + " times in five days");
    ca.isUrgent = true;
    sleep(SuggestingAuthority.ASK_AGAIN);
    assertEquals(1, renewalsOf(old).size());
    // The new certificate is not renewed at once, although the CA suggests that for all.
    sleep(Duration.ofHours(4));
    assertEquals(2, all().size());
  }

  @Test
  void withoutASuggestionAThirdOfTheLifeIsLeft() throws Exception {
    start(Renewals.DEFAULT);
    Order old = issued(request("one.test"));
    sleep(START.minusMinutes(1));
    assertEquals(List.of(), renewalsOf(old));
    sleep(VALIDITY.dividedBy(12));
    assertEquals(1, renewalsOf(old).size());
    // A CA that cannot be asked is no reason to let a certificate expire.
    ca.isAway = true;
    Order other = renewalsOf(old).getFirst();
    sleep(START.plus(VALIDITY.dividedBy(12)));
    assertEquals(1, renewalsOf(other).size());
  }

  /** It ends dead two days after it began, when the CA's order has expired. */
  @Test
  void aRenewalThatDiesIsReplayedUntilItSucceeds() throws Exception {
    start(SELDOM);
    Order old = issued(request("one.test"));
    unready.add("one.test");
    sleep(START.plusDays(1));
    String id = renewalsOf(old).getFirst().id();
    boolean hasDied = false;
    for (int hours = 0; hours < 4 * 24; hours++) {
      sleep(Duration.ofHours(1));
      hasDied |= store.find(id).state() == OrderState.DEAD;
      order(old.id(), OrderState.ISSUED);
    }
    assertTrue(hasDied);
    unready.clear();
    sleep(DAY.multipliedBy(4)); // until the next attempt, and until its plan is looked at again
    order(id, OrderState.ISSUED);
    assertEquals(1, renewalsOf(old).size());
    assertNull(store.renewalOf(old), "its plan has been carried out");
    assertNotNull(store.renewalOf(store.find(id).order()));
  }

  @Test
  void aRenewalThatWasPurgedBeginsAgain() throws Exception {
    start(SELDOM);
    Order old = issued(request("one.test"));
    unready.add("one.test");
    sleep(START.plusDays(1));
    String first = renewalsOf(old).getFirst().id();
    while (store.find(first).state() != OrderState.DEAD) {
      sleep(Duration.ofHours(1));
    }
    assertEquals(1, store.purge(first));
    unready.clear();
    sleep(DAY.multipliedBy(2));
    Order second = renewalsOf(old).getFirst();
    assertNotEquals(first, second.id());
    order(second.id(), OrderState.ISSUED);
  }

  /** Another order for the certificate may have been placed by hand. */
  @Test
  void aCertificateThatIsReplacedAlreadyIsRenewedNevertheless() throws Exception {
    start(Renewals.DEFAULT);
    Order old = issued(request("one.test"));
    ca.replaced.put(Chain.parse(old.certificate().chain()).renewalId(), Go.now());
    sleep(START.plusDays(1));
    order(renewalsOf(old).getFirst().id(), OrderState.ISSUED);
  }

  @Test
  void whoDoesNotWantRenewalsGetsNone() throws Exception {
    start(Renewals.DEFAULT);
    Order once = issued(request("once.test").once());
    Order twice = issued(request("twice.test"));
    sleep(VALIDITY.minusDays(1));
    assertEquals(List.of(), renewalsOf(once));
    assertEquals(1, renewalsOf(twice).size());
  }

  @Test
  void aServiceThatDoesNotRenewMakesNoPlans() throws Exception {
    start(Renewals.DEFAULT.off());
    assertNull(store.renewalOf(issued(request("one.test"))));
  }

  @Test
  void aCustomersQuotasDoNotPreventRenewals() throws Exception {
    Quotas quotas = new Quotas(1, 1, 1);
    ca.suggest(START, START.plusHours(1));
    start(Renewals.DEFAULT);
    Order old = issued(request("one.test"));
    sleep(START.minusMinutes(1));
    unready.add("two.test");
    store.submit(request("two.test"), null, quotas, null);
    while (renewalsOf(old).isEmpty()) {
      assertThrows(
          QuotaException.class, () -> store.submit(request("three.test"), null, quotas, null));
      sleep(Duration.ofMinutes(1));
    }
    order(renewalsOf(old).getFirst().id(), OrderState.ISSUED);
  }

  /** The customer has acted before: two orders for the same names would be one too many. */
  @Test
  void anOpenOrderForTheSameNamesIsTheRenewal() throws Exception {
    ca.suggest(START, START.plusHours(1));
    start(Renewals.DEFAULT);
    Order old = issued(request("one.test"));
    sleep(START.minusDays(1));
    unready.add("one.test");
    String own = store.submit(request("one.test"), null).order().order().id();
    sleep(DAY.plusHours(1));
    assertEquals(own, store.renewalOf(old).renewal());
    assertEquals(List.of(), renewalsOf(old));
    unready.clear();
    sleep(DAY.multipliedBy(3));
    order(own, OrderState.ISSUED);
    assertNull(store.renewalOf(old));
    assertEquals(2, all().size());
  }

  /** A worker that was suspended for longer than its lease decides as the other one does. */
  @Test
  void twoWorkersWithTheSamePlanBeginOneRenewal() throws Exception {
    start(Renewals.DEFAULT.off());
    Order old = issued(request("one.test"));
    queue.publish(List.of(RenewalPlan.of(old).in(START.plusDays(2), "anna")));
    sleep(START.plusDays(1));
    workers.cancel(); // the renewal is to stay where it begins
    sleep(DAY.multipliedBy(2));
    RenewalStage stage =
        new RenewalStage(
            Accounts.one("account", ca, Chain.Verifier.system()),
            store,
            Renewals.DEFAULT,
            new RenewalEvents(Log.NONE, new Metrics(queue)));
    Duration lease = Duration.ofMinutes(1);
    Delivery suspended = queue.claim(RenewalPlan.STAGE, 1, lease).getFirst();
    Go.sleep(lease.multipliedBy(2));
    Delivery other = queue.claim(RenewalPlan.STAGE, 1, lease).getFirst();
    Outcome second = stage.handle(other, Context.background());
    Outcome first = stage.handle(suspended, Context.background());
    assertThrows(LeaseLostException.class, () -> queue.settle(suspended, first));
    queue.settle(other, second);
    assertEquals(1, renewalsOf(old).size());
    assertEquals(renewalsOf(old).getFirst().id(), store.renewalOf(old).renewal());
    assertEquals(2, ca.asked.size(), "both have looked");
  }
}

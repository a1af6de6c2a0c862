package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.store.OrderJson;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.store.StoredOrder;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.preflight.CheckResult;
import io.heddle.preflight.Limits;
import io.heddle.preflight.Preflight;
import io.heddle.preflight.ProblemType;
import io.heddle.queue.Consumer;
import io.heddle.queue.Message;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import io.heddle.testing.Bubble;
import io.heddle.testing.Bubbled;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When orders move from one CA to another, in virtual time, on a real queue. */
@Bubbled
@Tag("slow")
final class FallbackTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration WEEK = Duration.ofDays(7);

  @TempDir private Path folder;
  private Queue queue;
  private OrderStore store;
  private final CancelContext context = Context.background().withCancel();
  private final List<Goroutine<?>> running = new ArrayList<>();
  private final Failing first = new Failing("a.test");
  private final Failing second = new Failing("b.test");

  /** The CAs that the domains' CAA records forbid. */
  private volatile Set<String> forbidden = Set.of();

  /** A CA that fails as a test chooses. */
  private static final class Failing extends PromptAuthority {
    final AtomicInteger placed = new AtomicInteger();
    final AtomicReference<@Nullable CaException> atPlacement = new AtomicReference<>();
    final AtomicReference<@Nullable CaException> atEnd = new AtomicReference<>();
    final String host;

    Failing(String host) {
      super(host, WEEK, null);
      this.host = host;
    }

    @Override
    public Placed place(List<String> domains) throws CaException {
      placed.incrementAndGet();
      fail(atPlacement);
      return super.place(domains);
    }

    @Override
    public void finalizeOrder(URI order, byte[] csr) throws CaException {
      super.finalizeOrder(order, csr);
      fail(atEnd); // it has issued the certificate, and the answer is lost
    }

    @Override
    public OrderView order(URI order) throws CaException, InterruptedException {
      fail(atEnd);
      return super.order(order);
    }

    private static void fail(AtomicReference<@Nullable CaException> how) throws CaException {
      CaException failure = how.get();
      if (failure != null) {
        throw failure;
      }
    }
  }

  private record Cas(SequencedMap<String, Accounts.Account> all) implements Accounts {
    @Override
    public List<String> cas() {
      return List.copyOf(all.keySet());
    }

    @Override
    public String name(Order order) {
      return order.ca() + " account";
    }

    @Override
    public Accounts.@Nullable Account of(Order order) {
      Accounts.Account account = all.get(order.ca());
      Order.Placement placement = order.placement();
      return placement == null || account.id().equals(placement.account()) ? account : null;
    }
  }

  @BeforeEach
  void open() throws Exception {
    queue = Queues.open(folder.resolve("orders.db").toString(), 1);
    store = new OrderStore(queue);
  }

  @AfterEach
  void close() throws Exception {
    context.cancel();
    for (Goroutine<?> pipeline : running) {
      pipeline.join();
      assertEquals(null, pipeline.failure());
    }
    queue.close();
  }

  private void start() throws Exception {
    SequencedMap<String, Accounts.Account> all = new LinkedHashMap<>();
    for (Map.Entry<String, Failing> one :
        List.of(Map.entry(Order.FIRST_CA, first), Map.entry("b", second))) {
      Failing ca = one.getValue();
      all.put(
          one.getKey(),
          new Accounts.Account(ca.host, ca, Chain.Verifier.trusting(List.of(ca.root()))));
    }
    Preflight preflight =
        new Preflight(
            Map.of(
                Challenge.HTTP,
                (challenge, _) ->
                    forbidden.stream().anyMatch(challenge.token()::startsWith)
                        ? CheckResult.willFail(ProblemType.CAA, "the CA must not issue")
                        : CheckResult.ready("there")),
            List.of(),
            Limits.DEFAULT);
    Pipeline pipeline =
        new Pipeline(
            new Pipeline.Parts(
                queue,
                new Cas(all),
                preflight,
                new CertificateFolder(folder.resolve("certificates"))),
            Pipeline.Settings.DEFAULT.with(Consumer.Settings.DEFAULT.withConcurrency(1)),
            Log.NONE,
            new Metrics(queue));
    running.add(Go.go(() -> pipeline.run(context)));
  }

  private String submit(String domain) throws Exception {
    return store
        .submit(new Order.Request("customer", List.of(domain), null), null)
        .order()
        .order()
        .id();
  }

  private Order find(String id) throws Exception {
    Bubble.settle();
    StoredOrder found = store.find(id);
    assertEquals(found.state(), found.order().state());
    return found.order();
  }

  private static CaException failure(
      CaException.Kind kind, String type, @Nullable Duration retryAfter) {
    return new CaException(
        kind, new Problem(Problem.ACME + type, "No", 0, "not now"), retryAfter, null);
  }

  private static CaException away() {
    return failure(CaException.Kind.TRANSIENT, "serverInternal", null);
  }

  private void assertIssuedAt(String ca, String id) throws Exception {
    Order order = find(id);
    assertEquals(OrderState.ISSUED, order.state(), order::toString);
    assertEquals(ca, order.ca());
    assertEquals(0, order.attempts());
  }

  @Test
  void ordersMoveWhenTheirCaIsAwayForTooLongAndNewOnesReturnWhenItIsBack() throws Exception {
    first.atPlacement.set(away());
    start();
    String one = submit("one.test");
    Go.sleep(MINUTE.multipliedBy(9));
    assertEquals(OrderState.SUBMITTED, find(one).state());
    assertEquals(0, second.placed.get());
    Go.sleep(MINUTE.multipliedBy(2));
    assertIssuedAt("b", one);
    int before = first.placed.get();
    for (int i = 0; i < 60; i++) {
      String next = submit("next" + i + ".test");
      Go.sleep(MINUTE);
      assertIssuedAt("b", next);
    }
    int asked = first.placed.get() - before;
    assertTrue(asked > 0 && asked <= 60 / AccountHold.LOOK.toMinutes() + 1, "asked " + asked);
    first.atPlacement.set(null);
    Go.sleep(AccountHold.LOOK);
    assertIssuedAt(Order.FIRST_CA, submit("back.test"));
    assertIssuedAt(Order.FIRST_CA, submit("again.test"));
  }

  @Test
  void anOrderThatOneCaRefusesMovesAtOnceAndDiesIfAllDo() throws Exception {
    first.atPlacement.set(failure(CaException.Kind.REFUSED, "rejectedIdentifier", null));
    start();
    assertIssuedAt("b", submit("one.test"));
    second.atPlacement.set(failure(CaException.Kind.REFUSED, "rejectedIdentifier", null));
    Order dead = find(submit("two.test"));
    assertEquals(OrderState.DEAD, dead.state());
    assertEquals(2, first.placed.get());
    assertEquals(2, second.placed.get());
    first.atPlacement.set(null);
    assertEquals(1, store.replay(dead.id()));
    assertIssuedAt(Order.FIRST_CA, dead.id());
  }

  /** A malformed request is the order's fault: another CA would refuse it, too. */
  @Test
  void otherRefusalsMoveNothing() throws Exception {
    first.atPlacement.set(failure(CaException.Kind.REFUSED, "malformed", null));
    start();
    assertEquals(OrderState.DEAD, find(submit("one.test")).state());
    assertEquals(0, second.placed.get());
  }

  @Test
  void whenAllCasAreAwayOrdersWaitForTheOneThatIsBackFirst() throws Exception {
    for (Failing back : List.of(second, first)) {
      first.atPlacement.set(away());
      second.atPlacement.set(away());
      if (running.isEmpty()) {
        start();
      }
      String id = submit(back.host);
      int before = first.placed.get() + second.placed.get();
      Go.sleep(Duration.ofDays(1));
      assertEquals(OrderState.SUBMITTED, find(id).state());
      int asked = first.placed.get() + second.placed.get() - before;
      assertTrue(asked < 400, asked + " requests in a day");
      back.atPlacement.set(null);
      Go.sleep(HOUR.multipliedBy(3));
      assertIssuedAt(back == first ? Order.FIRST_CA : "b", id);
    }
  }

  /** The CA may have issued the certificate: a second one must not be ordered elsewhere. */
  @Test
  void anOrderThatIsBeingFinishedDoesNotMove() throws Exception {
    first.atEnd.set(away());
    start();
    String id = submit("one.test");
    Go.sleep(Duration.ofDays(2));
    assertEquals(OrderState.FINALIZING, find(id).state());
    first.atEnd.set(failure(CaException.Kind.ACCOUNT, "unauthorized", null));
    Go.sleep(Duration.ofDays(1));
    first.atEnd.set(failure(CaException.Kind.RATE_LIMITED, "rateLimited", HOUR));
    Go.sleep(Duration.ofDays(1));
    assertEquals(OrderState.FINALIZING, find(id).state());
    first.atEnd.set(null);
    Go.sleep(HOUR.multipliedBy(3));
    assertIssuedAt(Order.FIRST_CA, id);
    assertEquals(0, second.placed.get());
  }

  @Test
  void aRateLimitMovesOrdersOnlyIfItLastsTooLong() throws Exception {
    first.atPlacement.set(
        failure(CaException.Kind.RATE_LIMITED, "rateLimited", MINUTE.multipliedBy(5)));
    start();
    String brief = submit("one.test");
    Go.sleep(MINUTE);
    assertEquals(OrderState.SUBMITTED, find(brief).state());
    first.atPlacement.set(null);
    Go.sleep(MINUTE.multipliedBy(10));
    assertIssuedAt(Order.FIRST_CA, brief);
    first.atPlacement.set(
        failure(CaException.Kind.RATE_LIMITED, "rateLimited", HOUR.multipliedBy(3)));
    assertIssuedAt("b", submit("two.test"));
  }

  @Test
  void anAccountThatTheCaDoesNotServeMovesItsOrders() throws Exception {
    first.atPlacement.set(failure(CaException.Kind.ACCOUNT, "userActionRequired", null));
    start();
    String id = submit("one.test");
    Go.sleep(MINUTE.multipliedBy(11));
    assertIssuedAt("b", id);
  }

  @Test
  void aCaThatCaaRecordsForbidIsLeft() throws Exception {
    forbidden = Set.of("a-");
    start();
    assertIssuedAt("b", submit("one.test"));
    assertEquals(1, first.placed.get());
  }

  /** The records are asked for again after a while, for every CA. */
  @Test
  void theCaThatCaaRecordsAllowLaterIsFound() throws Exception {
    start();
    for (String allowed : List.of("a-", "b-")) {
      forbidden = Set.of("a-", "b-");
      int before = first.placed.get();
      Order waiting = find(submit(allowed + "name.test"));
      assertEquals(before + 1, first.placed.get());
      assertEquals(OrderState.SUBMITTED, waiting.state(), waiting::toString);
      assertEquals(Order.FIRST_CA, waiting.ca(), "its refusal is to be solved");
      assertEquals(1, waiting.attempts());
      forbidden = Set.of(allowed.equals("a-") ? "b-" : "a-");
      Go.sleep(HOUR.multipliedBy(3)); // longer than any wait after a first attempt
      Order issued = find(waiting.id());
      assertEquals(OrderState.ISSUED, issued.state(), issued::toString);
      assertEquals(allowed.equals("a-") ? Order.FIRST_CA : "b", issued.ca());
    }
  }

  @Test
  void anOrderThatCaaRecordsForbidToAllIsGivenUp() throws Exception {
    forbidden = Set.of("a-", "b-");
    start();
    String id = submit("one.test");
    Go.sleep(WEEK.multipliedBy(10));
    Order dead = find(id);
    assertEquals(OrderState.DEAD, dead.state(), dead::toString);
    assertEquals(dead.attempts(), first.placed.get());
    assertEquals(dead.attempts(), second.placed.get());
  }

  @Test
  void ordersOfACaThatWasRemovedStartAgain() throws Exception {
    Problem reason = Problem.of("away", "Away", "no answer");
    Order.Request request = new Order.Request("customer", List.of("one.test"), null);
    Order moved = Order.submitted("one", request, Go.now()).elsewhere("gone", null, reason);
    Order.Placement placement = new Failing("gone.test").place(List.of("one.test")).at(Go.now());
    for (OrderState stage : OrderState.STAGES) {
      String id = stage.label();
      Order order =
          new Order(
              id,
              new Order.Request("customer", List.of(id + ".test"), null),
              stage,
              Instant.EPOCH,
              0,
              0,
              stage == OrderState.SUBMITTED ? null : placement,
              null,
              null,
              moved.route());
      queue.publish(List.of(new Message(stage.label(), id, OrderJson.write(order))));
    }
    start();
    Go.sleep(MINUTE);
    for (OrderState stage : OrderState.STAGES) {
      assertIssuedAt(Order.FIRST_CA, stage.label());
    }
  }
}

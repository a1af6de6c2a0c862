package io.heddle.orders.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
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
import io.heddle.preflight.ChallengeCheck;
import io.heddle.preflight.CheckResult;
import io.heddle.preflight.Limits;
import io.heddle.preflight.Preflight;
import io.heddle.preflight.ProblemType;
import io.heddle.queue.Consumer;
import io.heddle.queue.Delivery;
import io.heddle.queue.Entry;
import io.heddle.queue.Filter;
import io.heddle.queue.Message;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import io.heddle.testing.Bubble;
import io.heddle.testing.Bubbled;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole pipeline over days, in virtual time, on a real queue. */
@Bubbled
@Tag("slow")
final class ScheduleTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration WEEK = Duration.ofDays(7);
  private static final String NEVER = "never.test";

  @TempDir private Path folder;
  private Queue queue;
  private OrderStore store;
  private Metrics metrics;
  private Log log = Log.NONE;
  private final CancelContext context = Context.background().withCancel();
  private final List<Goroutine<?>> running = new ArrayList<>();

  /** When each name was checked. */
  private final Map<String, List<Instant>> checks = new ConcurrentHashMap<>();

  private final Set<String> unready = ConcurrentHashMap.newKeySet();

  @BeforeEach
  void open() throws Exception {
    queue = Queues.open(folder.resolve("orders.db").toString(), 1);
    store = new OrderStore(queue);
    metrics = new Metrics(queue);
    unready.add(NEVER);
  }

  @AfterEach
  void close() throws Exception {
    end();
    queue.close();
  }

  private void end() throws InterruptedException {
    context.cancel();
    for (Goroutine<?> pipeline : running) {
      pipeline.join();
      assertEquals(null, pipeline.failure());
    }
  }

  /** One order of a stage at a time: if a goroutine waited for an order, all orders would wait. */
  private void start(PromptAuthority ca) throws Exception {
    ChallengeCheck check =
        (challenge, _) -> {
          checks
              .computeIfAbsent(challenge.domain(), _ -> new CopyOnWriteArrayList<>())
              .add(Go.now());
          return unready.contains(challenge.domain())
              ? CheckResult.notYet(ProblemType.UNAUTHORIZED, challenge.domain() + " has no file")
              : CheckResult.ready("there");
        };
    Pipeline pipeline =
        new Pipeline(
            new Pipeline.Parts(
                queue,
                Accounts.one("account", ca, Chain.Verifier.trusting(List.of(ca.root()))),
                new Preflight(Map.of(Challenge.HTTP, check), List.of(), Limits.DEFAULT),
                new CertificateFolder(folder.resolve("certificates"))),
            Pipeline.Settings.DEFAULT.with(Consumer.Settings.DEFAULT.withConcurrency(1)),
            log,
            metrics);
    running.add(Go.go(() -> pipeline.run(context)));
  }

  private String submit(String domain) throws Exception {
    return store
        .submit(new Order.Request("customer", List.of(domain), null), null)
        .order()
        .order()
        .id();
  }

  private StoredOrder find(String id) throws Exception {
    Bubble.settle();
    StoredOrder found = store.find(id);
    assertNotNull(found, id);
    return found;
  }

  private static List<Duration> waits(List<Instant> times) {
    List<Duration> waits = new ArrayList<>();
    for (int i = 1; i < times.size(); i++) {
      waits.add(Duration.between(times.get(i - 1), times.get(i)));
    }
    return waits;
  }

  /**
   * The schedule that the document has in mind, and its fault number 2 gone: its consumer sleeps
   * through the back-off of one order, and checks no other meanwhile.
   */
  @Test
  void anOrderThatIsNeverReadyIsTriedUntilItExpiresAndHoldsUpNobody() throws Exception {
    start(new PromptAuthority(WEEK));
    final Instant began = Go.now();
    String never = submit(NEVER);
    int others = 0;
    while (Go.now().isBefore(began.plus(WEEK).plus(HOUR))) {
      Go.sleep(Duration.ofHours(2));
      String domain = "ready-" + others++ + ".test";
      String other = submit(domain);
      assertEquals(OrderState.ISSUED, find(other).state(), "at once");
      assertEquals(List.of(Go.now()), checks.get(domain));
    }
    StoredOrder dead = find(never);
    assertEquals(OrderState.DEAD, dead.state());
    assertEquals("urn:heddle:orders:expired", dead.order().problem().type());
    assertTrue(dead.order().problem().detail().contains("never.test has no file"));
    List<Instant> times = checks.get(NEVER);
    assertEquals(began, times.getFirst());
    assertEquals(dead.order().attempts(), times.size());
    assertTrue(times.getLast().isAfter(began.plus(WEEK).minus(Duration.ofMinutes(11))));
    assertTrue(times.getLast().isBefore(began.plus(WEEK)));
    long[] most = {5, 10, 20, 40, 80, 120, 120, 120, 120};
    List<Duration> waits = waits(times);
    for (int i = 0; i < waits.size() - 1; i++) {
      long hours = waits.get(i).toHours();
      assertTrue(
          i < most.length
              ? waits.get(i).compareTo(Duration.ofMinutes(most[i])) <= 0
              : hours >= 22 && hours <= 25,
          i + ": " + waits);
    }
    assertTrue(waits.size() > most.length + 4, waits.toString());
  }

  /** The document's fault number 10: no shutdown, no metrics. */
  @Test
  void theEndLeavesEachOrderWhereItIsAndTheNextProcessGoesOn() throws Exception {
    start(new PromptAuthority(WEEK));
    String never = submit(NEVER);
    Go.sleep(HOUR);
    int before = find(never).order().attempts();
    assertTrue(metrics.text().contains("orders{state=\"checking\",work=\"waiting\"} 1.0"));
    Instant began = Go.now();
    end();
    assertEquals(began, Go.now(), "nothing was under way, so there was nothing to wait for");
    queue.close();
    queue = Queues.open(folder.resolve("orders.db").toString(), 1);
    assertEquals(before, new OrderStore(queue).find(never).order().attempts());
    assertEquals(OrderState.CHECKING, new OrderStore(queue).find(never).state());
  }

  @Test
  void aCaThatIsAwayIsAskedEverMoreSeldomAndIsNoAttempt() throws Exception {
    List<Instant> asked = new ArrayList<>();
    start(
        new PromptAuthority(WEEK) {
          @Override
          public Placed place(List<String> domains) throws CaException {
            asked.add(Go.now());
            throw new CaException(
                CaException.Kind.TRANSIENT, Problem.of("away", "Away", "no answer"), null, null);
          }
        });
    String id = submit("one.test");
    Go.sleep(WEEK);
    StoredOrder order = find(id);
    assertEquals(OrderState.SUBMITTED, order.state());
    assertEquals(0, order.order().attempts());
    // Drawn at random below 5, 10, 20, 40, 80 and then 120 minutes: 100 to 250 times a week.
    assertTrue(asked.size() > 80 && asked.size() < 300, asked.size() + " times");
    assertEquals(0, queue.find(id).attempts(), "the queue counts none either");
  }

  @Test
  void anOrderThatTheCaNeverFinishesIsOrderedAnewAndThatIsAnAttempt() throws Exception {
    start(
        new PromptAuthority(Duration.ofDays(300)) {
          @Override
          public OrderView order(URI order) {
            return new OrderView(Progress.PROCESSING, null, null);
          }
        });
    String id = submit("one.test");
    Go.sleep(MINUTE);
    StoredOrder first = find(id);
    assertEquals(OrderState.FINALIZING, first.state());
    URI location = first.order().placement().location();
    Go.sleep(Duration.ofHours(18));
    StoredOrder second = find(id);
    assertEquals(1, second.order().attempts());
    assertNotEquals(
        location,
        second.order().placement() == null ? null : second.order().placement().location());
  }

  /** A check that passed two hours ago may fail now, and a failed validation is expensive. */
  @Test
  void aVerdictThatIsTooOldIsFoundAnewBeforeTheCaIsTold() throws Exception {
    Instant back = Go.now().plus(Duration.ofHours(2));
    PromptAuthority ca =
        new PromptAuthority(WEEK) {
          @Override
          public AuthorizationView authorization(URI authorization)
              throws CaException, InterruptedException {
            if (Go.now().isBefore(back)) {
              throw new CaException(
                  CaException.Kind.RATE_LIMITED,
                  new Problem(Problem.ACME + "rateLimited", "No", 429, "Service busy"),
                  Duration.between(Go.now(), back),
                  null);
            }
            return super.authorization(authorization);
          }
        };
    start(ca);
    String id = submit("shop.test");
    Go.sleep(HOUR);
    assertEquals(OrderState.VALIDATING, find(id).state());
    unready.add("shop.test"); // the file is gone
    Go.sleep(HOUR.plus(MINUTE));
    assertEquals(OrderState.CHECKING, find(id).state());
    assertEquals(List.of(), ca.told);
    unready.remove("shop.test");
    Go.sleep(HOUR);
    assertEquals(OrderState.ISSUED, find(id).state());
    assertEquals(1, ca.told.size());
  }

  /** Decision 030: deliveries that are not attempts do not count towards the limit of faults. */
  @Test
  void aFaultAfterManyPollsIsOneAttempt() throws Exception {
    AtomicInteger looks = new AtomicInteger();
    start(
        new PromptAuthority(Duration.ofDays(300)) {
          @Override
          public OrderView order(URI order) throws InterruptedException {
            int look = looks.incrementAndGet();
            if (look == 200) {
              throw new IllegalStateException("a bug");
            }
            if (look > 200) {
              Go.sleep(WEEK); // the result of the defect is checked first, however soon
            }
            return new OrderView(Progress.PROCESSING, null, null);
          }
        });
    String id = submit("one.test");
    while (looks.get() < 200) {
      Go.sleep(MINUTE);
      Bubble.settle();
    }
    StoredOrder order = find(id);
    assertEquals(OrderState.FINALIZING, order.state());
    assertEquals(1, order.order().attempts());
    assertEquals("IllegalStateException", order.order().problem().detail());
  }

  @Test
  void whatIsNoOrderIsDeadAtOnceAndSaysSo() throws Exception {
    ByteArrayOutputStream logged = new ByteArrayOutputStream();
    log = Log.to(new PrintStream(logged, true, UTF_8));
    String body = "{\"id\": \"torn";
    for (OrderState stage : OrderState.STAGES) {
      queue.publish(List.of(new Message(stage.label(), "torn-" + stage.label(), body)));
    }
    start(new PromptAuthority(WEEK));
    assertEquals(OrderState.ISSUED, find(submit("one.test")).state());
    for (OrderState stage : OrderState.STAGES) {
      String id = "torn-" + stage.label();
      assertEquals(OrderState.DEAD, find(id).state());
      assertEquals(body, queue.find(id).body());
      String reason = queue.find(id).reason();
      assertTrue(reason.startsWith("the stored text is not an order"), reason);
      assertTrue(logged.toString(UTF_8).contains("\"unreadable_order\",\"order\":\"" + id + "\""));
    }
  }

  /** Workers of two versions have one queue for a while, and this is the older one. */
  @Test
  void whatANewerVersionHasWrittenIsLeftToIt() throws Exception {
    start(new PromptAuthority(WEEK));
    Order order =
        Order.submitted("newer", new Order.Request("c", List.of("one.test"), null), Go.now());
    String newer = OrderJson.write(order).replace("\"version\":1", "\"version\":4");
    queue.publish(List.of(new Message("submitted", "newer", newer)));
    Go.sleep(HOUR.multipliedBy(3));
    Entry waiting = queue.find("newer");
    assertEquals(newer, waiting.body());
    assertTrue(waiting.reason().contains("update this worker"), waiting.reason());
    assertTrue(Duration.between(Go.now(), waiting.due()).compareTo(MINUTE) < 0);
    end();
    Delivery turn = queue.claim("submitted", 1, HOUR).getFirst(); // of a newer one
    assertEquals(newer, turn.body());
    assertEquals(1, turn.attempt(), "there was none");
  }

  @Test
  void whatKillsItsWorkersIsADeadOrderThatKnowsWhyAndCanBeReplayed() throws Exception {
    String id = submit("one.test");
    for (int i = 0; i < 10; i++) {
      queue.begin(queue.claim("submitted", 1, Duration.ofSeconds(1)).getFirst()); // and "dies"
    }
    start(new PromptAuthority(WEEK));
    Go.sleep(MINUTE);
    StoredOrder dead = find(id);
    assertEquals(OrderState.DEAD, dead.state());
    assertEquals(OrderState.DEAD, dead.order().state(), "it says so itself");
    assertTrue(dead.order().problem().detail().contains("the last 10 workers"));
    assertEquals(1, store.replay(id));
    assertEquals(OrderState.ISSUED, find(id).state());
    assertEquals(1, queue.list(Filter.ALL.withKey(id), 0, 10).size());
  }
}

package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Select;
import io.heddle.TaskGroup;
import io.heddle.local.Pebble;
import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.PebbleNeeded;
import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.files.Keys;
import io.heddle.orders.pipeline.StoppableWorker.Fate;
import io.heddle.orders.pipeline.StoppableWorker.Mistake;
import io.heddle.orders.store.OrderJson;
import io.heddle.orders.store.OrderStore;
import io.heddle.preflight.Preflight;
import io.heddle.queue.Delivery;
import io.heddle.queue.Entry;
import io.heddle.queue.Filter;
import io.heddle.queue.Message;
import io.heddle.queue.Outcome;
import io.heddle.queue.PostgresServer;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Two workers have the same order, as one of them stood still for longer than its lease: before or
 * after each of its exchanges with the real Pebble and the queue, while the other one does the work
 * or stands still somewhere itself. The order is issued once, and has suffered nothing.
 *
 * <p>A lease is made so short that it is over when it begins, so nothing waits for its end.
 */
@Tag("system")
@Tag("slow")
@Timeout(value = 1800, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class TwoWorkersTest {
  /** How many orders are worked on at the same time, each in a queue of its own. */
  private static final int LANES = 6;

  /** Of the pairs of points only each so-manieth is tried; with {@code -Pchaos}, all are. */
  private static final int EACH = Integer.getInteger("orders.two.each", 7);

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration OVER = Duration.ofNanos(1000);
  private static final Duration LEASE = Duration.ofMinutes(10);
  private static final Pattern ISSUED =
      Pattern.compile("Issued certificate serial \\S+ for order (\\S+)");
  private static final AtomicInteger ORDERS = new AtomicInteger();

  private static Pebble pebble;
  private static AcmeAuthority ca;
  private static Preflight preflight;
  private static Chain.Verifier verifier;
  @TempDir private static Path folder;

  enum Engine {
    EMBEDDED,
    SHARED
  }

  @BeforeAll
  static void start() throws Exception {
    pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1", "PEBBLE_AUTHZREUSE", "0");
    ca =
        new AcmeAuthority(
            pebble.directory(),
            pebble.trust(),
            Keys.generate(),
            new AcmeAuthority.Registration(null, true, null, null),
            AcmeAuthority.Load.ofPebble(2 * LANES));
    preflight = Service.preflight(pebble);
    verifier = Chain.Verifier.trusting(List.of(pebble.root()));
  }

  @AfterAll
  static void end() {
    if (pebble != null) {
      ca.close();
      pebble.close();
    }
  }

  /**
   * What is tried.
   *
   * @param stage in which both have the order
   * @param first where the first one stands still
   * @param fate what happens to it then
   * @param second where the second one stands still meanwhile; empty if it does not
   */
  private record Trial(OrderState stage, String first, Fate fate, String second) {}

  /** A queue with the orders that are in it, one after the other. */
  private record Lane(Pipeline.Parts parts) implements AutoCloseable {
    static Lane open(Engine engine) throws Exception {
      String address =
          switch (engine) {
            case EMBEDDED -> folder.resolve("queue" + ORDERS.incrementAndGet()).toString();
            case SHARED -> PostgresServer.shared().newSchema();
          };
      Queue queue = Queues.open(address, 3);
      CertificateFolder certificates = new CertificateFolder(folder.resolve("certificates"));
      return new Lane(
          new Pipeline.Parts(queue, Accounts.one("one", ca, verifier), preflight, certificates));
    }

    Queue queue() {
      return parts.queue();
    }

    @Override
    public void close() {
      queue().close();
    }
  }

  /** One order that several workers have, and what is wrong with it in the end. */
  private static final class Course {
    private final Lane lane;
    private final Mistake mistake;
    private final String id;
    private final List<StoppableWorker> workers = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();

    Course(Lane lane, Mistake mistake) throws Exception {
      this.lane = lane;
      this.mistake = mistake;
      String domain = "n" + ORDERS.incrementAndGet() + ".test";
      Order.Request request =
          new Order.Request("customer", List.of("a." + domain, "b." + domain), null);
      this.id = new OrderStore(lane.queue()).submit(request, null).order().order().id();
    }

    StoppableWorker worker(String stop, Fate fate) {
      StoppableWorker worker = new StoppableWorker(lane.parts, mistake, stop, fate);
      workers.add(worker);
      return worker;
    }

    /** An order that is not due within this time is still leased by some worker. */
    Delivery claim(OrderState stage, Duration lease) throws Exception {
      Chan<Delivery> claimed = Chan.buffered(1);
      Goroutine<?> claiming =
          Go.go(() -> claimed.send(lane.queue().claim(stage.label(), 1, lease).getFirst()));
      Delivery delivery =
          Select.select(claimed.onReceive(one -> one), Go.after(PATIENCE).onReceive(_ -> null));
      if (delivery == null) {
        claiming.cancel();
        throw new AssertionError("no worker can get " + lane.queue().find(id));
      }
      assertEquals(id, delivery.key(), "another order is left over");
      return delivery;
    }

    /** Processes an order without interference, up to a state. */
    void lead(OrderState end) throws Exception {
      StoppableWorker worker = worker("", Fate.GOES_ON);
      for (int deliveries = 0; deliveries < 100; deliveries++) {
        Entry entry = lane.queue().find(id);
        OrderState state = OrderState.of(entry.stage());
        if (state == end || state.isFinal() || isDead(entry)) {
          return;
        }
        if (state == OrderState.CHECKING) {
          provision(OrderJson.read(entry.body()));
        }
        worker.start(claim(state, LEASE));
        worker.resume();
      }
      faults.add("it gets nowhere");
    }

    private static boolean isDead(Entry entry) {
      return entry.state() == io.heddle.queue.State.DEAD;
    }

    private static void provision(Order order) throws Exception {
      for (Authorization one : order.authorizations()) {
        Challenge challenge = one.challenge(Challenge.HTTP).orElseThrow();
        pebble.addHttp(challenge.token(), challenge.keyAuthorization());
      }
    }

    /** Puts two workers into a stage; yields whether both came to where they stand still. */
    boolean meet(Trial trial) throws Exception {
      lead(trial.stage);
      if (trial.stage == OrderState.CHECKING) {
        provision(OrderJson.read(lane.queue().find(id).body()));
      }
      StoppableWorker first = worker(trial.first, trial.fate);
      boolean keepsLease = trial.fate == Fate.ENDS || trial.fate == Fate.HEARS_NO_ANSWER;
      boolean firstStands = first.start(claim(trial.stage, keepsLease ? LEASE : OVER));
      boolean secondStands = true;
      if (keepsLease) {
        first.resume();
      } else if (isIn(trial.stage)) {
        StoppableWorker second = worker(trial.second, Fate.GOES_ON);
        secondStands = second.start(claim(trial.stage, LEASE));
        if (trial.fate != Fate.GOES_ON_LATE) {
          first.resume();
        }
        second.resume();
      }
      lead(OrderState.ISSUED);
      first.resume();
      return firstStands && (secondStands || trial.second.isEmpty());
    }

    private boolean isIn(OrderState stage) throws Exception {
      Entry entry = lane.queue().find(id);
      return OrderState.of(entry.stage()) == stage && !isDead(entry);
    }

    /** What the order has suffered. */
    List<String> faults() throws Exception {
      List<Entry> entries = lane.queue().list(Filter.ALL.withKey(id), 0, 10);
      Entry last = entries.getLast();
      Order order = OrderJson.read(last.body());
      if (entries.size() != 1 || order.state() != OrderState.ISSUED) {
        faults.add(
            "there are %d, the last one is %s: %s"
                .formatted(entries.size(), order.state(), order.problem()));
      } else {
        certificate(order);
      }
      for (Entry place : lane.queue().list(Filter.ALL.ofStage(FailedValidations.STAGE), 0, 10)) {
        faults.add("a place is taken for nothing: " + place.key());
        lane.queue().retract(new Message(place.stage(), place.key(), place.body()));
      }
      Map<String, Integer> told = new java.util.TreeMap<>();
      for (StoppableWorker worker : workers) {
        worker.outcomes.forEach(this::outcome);
        worker.log().lines().forEach(line -> event(line, told));
      }
      told.forEach((event, times) -> {
        if (times != 1) {
          faults.add("was told " + times + " times: " + event);
        }
      });
      if (told.size() != OrderState.STAGES.size()) {
        faults.add("was told " + told);
      }
      return faults;
    }

    /** Whether it is the key's, and what the order has. */
    private void certificate(Order order) throws Exception {
      Path files = folder.resolve("certificates").resolve(id);
      assertEquals(order.certificate().chain(), Files.readString(files.resolve("chain.pem")));
      assertEquals(
          Keys.read(files.resolve("key.pem")).getPublic(),
          Chain.read(files.resolve("chain.pem")).getFirst().getPublicKey());
      try (var all = Files.list(files)) {
        assertEquals(2, all.count());
      }
      if (order.attempts() != 0) {
        faults.add(order.attempts() + " attempts were counted");
      }
    }

    /** Only that the CA is not done yet may hold an order up. */
    private void outcome(Outcome outcome) {
      boolean isGood =
          switch (outcome) {
            case Outcome.Done _ -> true;
            case Outcome.Defer(_, _, var body) ->
                body == null || OrderJson.read(body).problem() == null;
            case Outcome.Retry _, Outcome.Dead _ -> false;
          };
      if (!isGood) {
        faults.add("an outcome was " + outcome.toString().replaceAll("body=.*", ""));
      }
    }

    private void event(String line, Map<String, Integer> told) {
      JsonObject event = JsonParser.parseString(line).getAsJsonObject();
      switch (event.get("event").getAsString()) {
        case "order" -> {
          String from = event.get("from").getAsString();
          String to = event.get("to").getAsString();
          if (!from.equals(to)) {
            told.merge(from + " to " + to, 1, Integer::sum);
          }
        }
        case "lease_lost" -> {}
        default -> faults.add(line);
      }
    }
  }

  /** Runs trials, several at the same time; returns their complaints. */
  private static List<String> run(Engine engine, Mistake mistake, List<Trial> trials)
      throws Exception {
    List<String> faults = new CopyOnWriteArrayList<>();
    Chan<Lane> lanes = Chan.buffered(LANES);
    List<Lane> all = new ArrayList<>();
    Map<String, Boolean> reached = Collections.synchronizedMap(new java.util.TreeMap<>());
    try {
      for (int i = 0; i < LANES; i++) {
        all.add(Lane.open(engine));
        lanes.send(all.getLast());
      }
      TaskGroup<Void> group = new TaskGroup<Void>().limit(LANES);
      for (Trial trial : trials) {
        group.go(() -> {
          Lane lane = lanes.receive();
          try {
            Course course = new Course(lane, mistake);
            boolean both = course.meet(trial);
            reached.merge(trial.stage + " " + trial.second, both, Boolean::logicalOr);
            course.faults().forEach(fault -> faults.add(trial + ": " + fault));
          } catch (Throwable e) {
            throw new AssertionError(trial.toString(), e);
          } finally {
            lanes.send(lane);
          }
        });
      }
      group.await();
    } finally {
      all.forEach(Lane::close);
    }
    if (mistake == Mistake.NONE) {
      reached.forEach((point, isReached) -> assertTrue(isReached, "no worker reached " + point));
    }
    return faults;
  }

  /** The points that a worker of a stage always passes; the number of polls depends on the CA. */
  private static Map<OrderState, List<String>> points() throws Exception {
    Map<OrderState, List<String>> points = new EnumMap<>(OrderState.class);
    try (Lane lane = Lane.open(Engine.EMBEDDED)) {
      Course course = new Course(lane, Mistake.NONE);
      for (OrderState stage : OrderState.STAGES) {
        course.lead(stage);
        if (stage == OrderState.CHECKING) {
          Course.provision(OrderJson.read(lane.queue().find(course.id).body()));
        }
        StoppableWorker worker = course.worker("", Fate.GOES_ON);
        worker.start(course.claim(stage, LEASE));
        worker.resume();
        points.put(
            stage, worker.points.stream().filter(point -> point.matches(".* [12]")).toList());
      }
      course.lead(OrderState.ISSUED);
      assertEquals(List.of(), course.faults());
    }
    return points;
  }

  /** The orders that the CA has issued a certificate for, one after the other. */
  private static List<String> issued() throws Exception {
    return ISSUED.matcher(pebble.log()).results().map(match -> match.group(1)).toList();
  }

  private static void assertGood(Engine engine, List<Trial> trials) throws Exception {
    int before = issued().size();
    long start = System.nanoTime();
    assertEquals(List.of(), run(engine, Mistake.NONE, trials));
    long millis = (System.nanoTime() - start) / 1_000_000;
    System.out.println(engine + ": " + trials.size() + " orders in " + millis + " ms");
    List<String> issued = issued();
    assertEquals(trials.size(), issued.size() - before, "one certificate for each order");
    assertEquals(issued.size(), Set.copyOf(issued).size(), "and for no order two");
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void whereverAWorkerStandsStillAnotherFinishesItsOrder(Engine engine) throws Exception {
    List<Trial> trials = new ArrayList<>();
    points()
        .forEach((stage, points) -> {
          for (String point : points) {
            for (Fate fate : EnumSet.complementOf(EnumSet.of(Fate.HEARS_NO_ANSWER))) {
              trials.add(new Trial(stage, point, fate, ""));
            }
            if (point.matches("after (validate|finalizeOrder).*")) {
              trials.add(new Trial(stage, point, Fate.HEARS_NO_ANSWER, ""));
            }
          }
        });
    assertGood(engine, trials);
  }

  @ParameterizedTest
  @EnumSource(Engine.class)
  void whereverTwoWorkersAreTheOrderIsIssuedOnce(Engine engine) throws Exception {
    List<Trial> trials = new ArrayList<>();
    AtomicInteger pairs = new AtomicInteger();
    points()
        .forEach((stage, points) -> {
          for (int first = 0; first < points.size(); first++) {
            for (int second = 0; second < points.size(); second++) {
              boolean areClose = second == first || second == first + 1;
              // If the first has done nothing yet, the second passes every point.
              if (first == 0 || areClose || pairs.incrementAndGet() % EACH == 0) {
                trials.add(new Trial(stage, points.get(first), Fate.GOES_ON, points.get(second)));
              }
            }
          }
        });
    assertGood(engine, trials);
  }

  private static void assertFound(Mistake mistake, String symptom, Trial... trials)
      throws Exception {
    List<String> faults = run(Engine.EMBEDDED, mistake, List.of(trials));
    System.out.println(mistake + ": " + faults);
    assertTrue(
        faults.stream().anyMatch(fault -> fault.contains(symptom)), () -> mistake + ": " + faults);
  }

  @Test
  void aStageThatBelievesARefusalIsFoundOut() throws Exception {
    Map<OrderState, String> requests =
        Map.of(
            OrderState.VALIDATING, "before validate a 1",
            OrderState.FINALIZING, "before finalizeOrder 1");
    for (Map.Entry<OrderState, String> one : requests.entrySet()) {
      assertFound(
          Mistake.BELIEVES_A_REFUSAL,
          "the last one is DEAD",
          new Trial(one.getKey(), one.getValue(), Fate.GOES_ON, one.getValue()));
    }
  }

  @Test
  void aPlaceThatIsTakenWithoutALeaseIsFoundOut() throws Exception {
    assertFound(
        Mistake.RESERVES_WITHOUT_A_LEASE,
        "a place is taken for nothing",
        new Trial(
            OrderState.VALIDATING, "before publishWhileLeased 1", Fate.DIES_AFTER_THE_NEXT, ""));
  }

  @Test
  void anOrderThatIsHandedOnWithoutALeaseIsFoundOut() throws Exception {
    assertFound(
        Mistake.SETTLES_WITHOUT_A_LEASE,
        "there are 2",
        new Trial(OrderState.CHECKING, "before settle 1", Fate.GOES_ON_LATE, ""));
  }

  @Test
  void whatIsToldAndNotStoredIsFoundOut() throws Exception {
    assertFound(
        Mistake.TELLS_BEFORE_IT_IS_STORED,
        "was told 2 times",
        new Trial(OrderState.FINALIZING, "before settle 1", Fate.GOES_ON, ""));
  }
}

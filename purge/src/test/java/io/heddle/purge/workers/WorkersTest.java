package io.heddle.purge.workers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.TaskGroup;
import io.heddle.purge.RealServer;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.heddle.purge.engine.Checkpoint;
import io.heddle.purge.engine.Ending;
import io.heddle.purge.engine.Observer;
import io.heddle.purge.engine.Plan;
import io.heddle.purge.engine.Progress;
import io.heddle.purge.engine.Selection;
import io.heddle.purge.engine.SharedPace;
import io.heddle.purge.engine.Summary;
import io.heddle.purge.stores.MemoryStore;
import io.heddle.purge.stores.Stores;
import io.nats.client.Message;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Jobs of several workers in this process, with a real server. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("clock")
@Tag("slow")
final class WorkersTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Plan PLAN = Plan.DEFAULT.with(Plan.Pace.of(4));
  private static final Checkpoint POSITION = position(10);
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private static RealServer nats;

  /** Each test has a job of its own. */
  private final String job = "job-" + NUMBER.incrementAndGet();

  @BeforeAll
  static void startNats() {
    nats = RealServer.nats();
  }

  @AfterAll
  static void stopNats() {
    nats.close();
  }

  private static Checkpoint position(long deleted) {
    return new Checkpoint("memory", "all keys", 1, "cursor", deleted, 0, 0, 0, 0, 0, null);
  }

  private static Stores.JobAddress address(RealServer server, String user, String job) {
    return Stores.job(
        "nats://" + user + "127.0.0.1:" + server.port() + "/" + job,
        new Stores.Access(Map.of(), TIMEOUT, null, 1));
  }

  private Workers.Settings settings() {
    return settings(nats, "");
  }

  private Workers.Settings settings(RealServer server, String user) {
    return new Workers.Settings(address(server, user, job).servers(), job, "test", LONG, 8, "");
  }

  private Coordinator open(Duration lease) throws Exception {
    Coordinator coordinator = Coordinator.open(settings().servers(), job);
    coordinator.listen(lease);
    return coordinator;
  }

  /** Records the parts. */
  private static final class Parts implements WorkersListener {
    final AtomicInteger ended = new AtomicInteger();

    @Override
    public Observer begins(String part, Selection selection, Progress progress) {
      return Observer.NONE;
    }

    @Override
    public void ends(String part, @Nullable Summary summary) {
      ended.incrementAndGet();
    }
  }

  private static MemoryStore store() {
    MemoryStore store = new MemoryStore();
    for (String prefix : List.of("a", "b", "keep")) {
      store.addAll(IntStream.range(0, 3000).mapToObj(i -> prefix + i).toList());
    }
    return store;
  }

  private JobSummary run(Store store, Plan plan) throws Exception {
    return Workers.run(Context.background(), store, plan, settings(), new Parts());
  }

  private StoreException refusal(RealServer server, String user) {
    return assertThrows(
        StoreException.class,
        () ->
            Workers.run(
                Context.background(),
                new MemoryStore(),
                PLAN,
                settings(server, user),
                new Parts()));
  }

  @Test
  void workersDeleteTogetherWhatIsSelected() throws Exception {
    MemoryStore store = store();
    Plan plan = PLAN.with(Selection.ofPrefixes("a", "b"));
    Parts parts = new Parts();
    Go.run(() -> {
      try (TaskGroup<JobSummary> workers = new TaskGroup<>(Context.background())) {
        for (int i = 0; i < 3; i++) {
          workers.go(() -> Workers.run(Context.background(), store, plan, settings(), parts));
        }
        for (JobSummary summary : workers.await()) {
          assertNull(summary.own());
          assertEquals(6000, summary.total().deleted(), summary::toString);
          assertTrue(summary.total().isComplete(), summary::toString);
          assertEquals(summary.parts().size(), parts.ended.get());
        }
      }
    });
    assertEquals(3000, store.keys().size());
    assertEquals("keep0", store.keys().first());
  }

  @Test
  void aJobThatHasEndedBeginsAnew() throws Exception {
    Go.run(() -> {
      assertEquals(9000, run(store(), PLAN).total().deleted());
      assertEquals(9000, run(store(), PLAN).total().deleted());
    });
  }

  @Test
  void whoLeavesAJobLeavesItsPartToOthers() throws Exception {
    Go.run(() -> {
      MemoryStore store = store();
      assertEquals(Ending.CANCELLED, leave(store).ending());
      assertTrue(run(store, PLAN).total().isComplete());
      assertEquals(0, store.keys().size());
    });
  }

  /** Begins a part of the job, and leaves. */
  private Summary leave(Store store) throws Exception {
    try (CancelContext leaving = Context.background().withCancel()) {
      Summary own =
          Workers.run(
                  leaving,
                  store,
                  PLAN,
                  settings(),
                  new WorkersListener() {
                    @Override
                    public Observer begins(String part, Selection selection, Progress progress) {
                      leaving.cancel();
                      return Observer.NONE;
                    }

                    @Override
                    public void ends(String part, @Nullable Summary summary) {}
                  })
              .own();
      assertNotNull(own);
      return own;
    }
  }

  @Test
  void aJobAboutOtherKeysIsNotTakenPartIn() throws Exception {
    Go.run(() -> {
      assertEquals(Ending.CANCELLED, leave(new MemoryStore()).ending());
      Plan other = PLAN.with(Selection.ofPrefixes("a"));
      StoreException refused =
          assertThrows(StoreException.class, () -> run(new MemoryStore(), other));
      assertTrue(
          refused
              .getMessage()
              .endsWith(
                  "is of all keys of memory with --passes 1 --lease 30000ms:"
                      + " name those, or another job"),
          refused.getMessage());
    });
  }

  @Test
  void aJobWithOtherOptionsIsNotTakenPartIn() throws Exception {
    Go.run(() -> {
      assertEquals(Ending.CANCELLED, leave(new MemoryStore()).ending());
      for (Plan.Passes other : List.of(new Plan.Passes(2, true), new Plan.Passes(1, false))) {
        assertRefused(PLAN.with(other), settings());
      }
      Workers.Settings mine = settings();
      assertRefused(PLAN, with(mine, LONG.plusSeconds(1), ""));
      assertRefused(PLAN, with(mine, LONG, "--no-markers"));
      assertTrue(run(new MemoryStore(), PLAN).total().isComplete());
    });
  }

  private static Workers.Settings with(Workers.Settings some, Duration lease, String options) {
    return new Workers.Settings(
        some.servers(), some.job(), some.worker(), lease, some.parts(), options);
  }

  private static void assertRefused(Plan plan, Workers.Settings settings) {
    StoreException refused =
        assertThrows(
            StoreException.class,
            () ->
                Workers.run(Context.background(), new MemoryStore(), plan, settings, new Parts()));
    assertTrue(
        refused
            .getMessage()
            .endsWith("with --passes 1 --lease 30000ms: name those, or another job"),
        refused.getMessage());
  }

  /** All processes have left it; the next one says so, and has its own rate. */
  @Test
  void anAbandonedJobIsContinuedWithTheNewRate() throws Exception {
    Go.run(() -> {
      MemoryStore store = store();
      assertEquals(Ending.CANCELLED, leave(store).ending());
      List<String> said = new ArrayList<>();
      WorkersListener listener =
          new WorkersListener() {
            @Override
            public void continues(String what) {
              said.add(what);
            }

            @Override
            public Observer begins(String part, Selection selection, Progress progress) {
              return Observer.NONE;
            }

            @Override
            public void ends(String part, @Nullable Summary summary) {}
          };
      Plan faster = PLAN.with(new Plan.Pace(4, 4, 50_000, 1000));
      JobSummary summary = Workers.run(Context.background(), store, faster, settings(), listener);
      assertTrue(summary.total().isComplete(), summary::toString);
      assertEquals(1, said.size());
      assertTrue(
          said.getFirst().matches("job .*, begun at 20.*Z, at 50000.0 keys/s"), said.getFirst());
    });
  }

  /** Whatever they die of: a part must not be passed on forever. */
  @Test
  void aPartThatManyProcessesDieOfEndsTheJob() throws Exception {
    Go.run(() -> {
      MemoryStore store = store();
      assertEquals(Ending.CANCELLED, leave(store).ending());
      administer(connection -> {
        var bucket = connection.keyValue("heddle-purge-" + job);
        Job begun = Job.parse(new String(bucket.get("job").getValue(), UTF_8));
        PartState held = new PartState(0, 0, "dead", 0, 10, null, null);
        bucket.put("part." + begun.run() + ".0", held.text());
      });
      Summary total = run(store, PLAN).total();
      assertEquals(Ending.FATAL, total.ending(), total::toString);
    });
  }

  /** As the documentation says to, before what is known about its parts. */
  @Test
  void aJobWhoseEntryWasRemovedIsNotTakenForTheNext() throws Exception {
    Go.run(() -> {
      assertEquals(9000, run(store(), PLAN).total().deleted());
      remove("job");
      MemoryStore store = store();
      assertEquals(9000, run(store, PLAN).total().deleted());
      assertEquals(0, store.keys().size());
    });
  }

  /** While this process works on a part, its job is replaced by one about other keys. */
  @Test
  void aProcessDoesNotTurnToAnotherJob() throws Exception {
    Go.run(() -> {
      MemoryStore store = store();
      Plan mine = PLAN.with(Selection.ofPrefixes("a"));
      WorkersListener replacing =
          new WorkersListener() {
            @Override
            public Observer begins(String part, Selection selection, Progress progress) {
              try {
                replaceJob();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
              return Observer.NONE;
            }

            @Override
            public void ends(String part, @Nullable Summary summary) {}
          };
      StoreException left =
          assertThrows(
              StoreException.class,
              () -> Workers.run(Context.background(), store, mine, settings(), replacing));
      assertEquals(Kind.INVALID, left.kind(), left.toString());
      assertEquals("b0", store.keys().tailSet("b").first(), "nothing else is deleted");
    });
  }

  /** Gives the job of this test other keys, and the same number. */
  private void replaceJob() throws Exception {
    administer(connection -> {
      var bucket = connection.keyValue("heddle-purge-" + job);
      Job mine = Job.parse(new String(bucket.get("job").getValue(), UTF_8));
      Job other =
          new Job(
              mine.run(),
              mine.store(),
              Selection.ALL.toString(),
              mine.options(),
              mine.begun(),
              0,
              List.of(Part.of(List.of()), Part.of(List.of())),
              null);
      bucket.put("job", other.text());
    });
  }

  @FunctionalInterface
  private interface Administration {
    void with(io.nats.client.Connection connection) throws Exception;
  }

  private static void administer(Administration work) throws Exception {
    var connection = io.nats.client.Nats.connect("nats://127.0.0.1:" + nats.port());
    try {
      work.with(connection);
    } finally {
      connection.close();
    }
  }

  private void remove(String entry) throws Exception {
    administer(connection -> {
      connection.keyValue("heddle-purge-" + job).delete(entry);
    });
  }

  @Test
  void aServerWithoutJetStreamIsSaidToBe() throws Exception {
    try (RealServer server = RealServer.natsWithoutJetStream()) {
      Go.run(() -> {
        StoreException refused = refusal(server, "");
        assertEquals(Kind.UNREACHABLE, refused.kind(), refused.toString());
        assertTrue(refused.getMessage().contains("nats-server with -js"), refused.getMessage());
      });
    }
  }

  @Test
  void credentialsThatAreRefusedAreSaidToBe() throws Exception {
    try (RealServer server = RealServer.nats("--user", "me", "--pass", "secret")) {
      Go.run(() -> assertEquals(Kind.UNAUTHORISED, refusal(server, "me:wrong@").kind()));
    }
  }

  @Test
  void aStreamOfSomethingElseIsLeftAlone() throws Exception {
    var connection = io.nats.client.Nats.connect("nats://127.0.0.1:" + nats.port());
    connection
        .jetStreamManagement()
        .addStream(
            io.nats.client.api.StreamConfiguration.builder()
                .name("heddle-purge-" + job)
                .subjects("mine." + job)
                .build());
    connection.close();
    Go.run(() -> {
      StoreException refused = refusal(nats, "");
      assertTrue(refused.getMessage().endsWith("name another job"), refused.getMessage());
    });
  }

  /** The first worker is suspended after it has received the message; the second takes over. */
  @Test
  void whoWasSuspendedDoesNotOverwriteANewerPosition() throws Exception {
    Go.run(() -> {
      Duration lease = Duration.ofMillis(300);
      try (Coordinator coordinator = open(lease);
          CancelContext run = Context.background().withCancel()) {
        coordinator.publish(List.of("1-0"));
        Message message = receive(coordinator);
        HeldPart first = take(coordinator, message, "first", LONG, run);
        first.write(POSITION);

        Message again = receive(coordinator);
        assertEquals(2, again.metaData().deliveredCount());
        HeldPart second = take(coordinator, again, "second", LONG, run);
        assertEquals(POSITION, second.read(), "it continues");
        second.write(position(20));

        assertThrows(IOException.class, () -> first.write(position(11)));
        assertTrue(first.isLost());
        assertEquals(position(20), second.read());
        second.write(position(21));
        assertNull(
            HeldPart.take(coordinator, "part", message, "first", LONG, run),
            "an old message is no reason to take it back");
        assertThrows(
            ContextException.class,
            () -> first.pace(SharedPace.NONE).take(1, run),
            "and it sends no deletions");
      }
    });
  }

  /** Operators remove the queue, and its numbers start over. */
  @Test
  void aPartIsTakenFromAQueueThatWasMadeAgain() throws Exception {
    Go.run(() -> {
      try (CancelContext run = Context.background().withCancel()) {
        try (Coordinator coordinator = open(LONG)) {
          coordinator.publish(List.of("1-0"));
          take(coordinator, receive(coordinator), "first", LONG, run).write(POSITION);
        }
        administer(connection -> {
          connection.jetStreamManagement().deleteStream("heddle-purge-" + job);
        });
        try (Coordinator coordinator = open(LONG)) {
          coordinator.publish(List.of("1-0"));
          Message message = receive(coordinator);
          assertEquals(1, message.metaData().streamSequence(), "the same number as before");
          assertEquals(POSITION, take(coordinator, message, "second", LONG, run).read());
        }
      }
    });
  }

  @Test
  void messagesOfNoPartAreRemoved() throws Exception {
    Go.run(() -> {
      long later = System.currentTimeMillis() + LONG.toMillis() * 1000;
      try (Coordinator coordinator = open(LONG)) {
        coordinator.publish(List.of("mine", "1-0", later + "-0", "1-2-3", "-1"));
      }
      assertTrue(run(store(), PLAN).total().isComplete());
    });
  }

  /** As long as no process has heard from it, it does not know whether the part is its own. */
  @Test
  void whoHasBeenSilentForTheLeaseSendsNoDeletions() throws Exception {
    Go.run(() -> {
      try (Coordinator coordinator = open(LONG);
          CancelContext run = Context.background().withCancel()) {
        coordinator.publish(List.of("1-0"));
        Duration lease = Duration.ofMillis(50);
        HeldPart held = take(coordinator, receive(coordinator), "me", lease, run);
        Go.sleep(lease.multipliedBy(2));
        assertThrows(ContextException.class, () -> held.pace(SharedPace.NONE).take(1, run));
      }
    });
  }

  private static Message receive(Coordinator coordinator) throws Exception {
    Message message = null;
    while (message == null) {
      message = coordinator.receive(Duration.ofSeconds(1));
    }
    return message;
  }

  private static HeldPart take(
      Coordinator coordinator, Message message, String worker, Duration lease, CancelContext run)
      throws Exception {
    HeldPart held = HeldPart.take(coordinator, "part", message, worker, lease, run);
    assertNotNull(held);
    return held;
  }

  @Test
  void aRefusalOfOneSlowsAll() throws Exception {
    Go.run(() -> {
      try (Coordinator coordinator = open(LONG)) {
        LeasedPace one = new LeasedPace(coordinator, "pace", 0);
        LeasedPace other = new LeasedPace(coordinator, "pace", 0);
        one.take(1, Context.background());
        Duration pause = Duration.ofMillis(700);
        long start = Go.nanoTime();
        one.refused(pause);
        other.take(1, Context.background());
        assertTrue(Go.nanoTime() - start >= pause.toNanos() - 100_000_000, "it has waited");
      }
    });
  }

  @Test
  void theRateIsThatOfAllTogether() throws Exception {
    Go.run(() -> {
      try (Coordinator coordinator = open(LONG)) {
        LeasedPace one = new LeasedPace(coordinator, "pace", 1000);
        LeasedPace other = new LeasedPace(coordinator, "pace", 1000);
        long start = Go.nanoTime();
        try (TaskGroup<Void> takers = new TaskGroup<>(Context.background())) {
          for (LeasedPace pace : List.of(one, other)) {
            takers.go(() -> {
              for (int i = 0; i < 10; i++) {
                pace.take(50, Context.background());
              }
            });
          }
          takers.await();
        }
        // The last slice of a quarter of a second is sent at its beginning.
        assertTrue(Go.nanoTime() - start >= 700_000_000, "a thousand keys, a thousand a second");
      }
    });
  }

  @Test
  void theRestOfASliceIsNotLost() throws Exception {
    Go.run(() -> {
      try (Coordinator coordinator = open(LONG)) {
        LeasedPace pace = new LeasedPace(coordinator, "pace", 1000);
        long start = Go.nanoTime();
        for (int i = 0; i < 10; i++) {
          pace.take(100, Context.background());
        }
        Coordinator.Entry entry = coordinator.get("pace");
        assertNotNull(entry);
        // Each write is a slice of 250 keys. A slice lapses in time.
        assertTrue(
            entry.revision() <= 4 || Go.nanoTime() - start > 2_000_000_000L,
            () -> entry.revision() + " slices");
      }
    });
  }

  /** Written by a process whose clock is wrong. */
  @Test
  void aTimeThatIsTooFarAheadIsIgnored() throws Exception {
    Go.run(() -> {
      try (Coordinator coordinator = open(LONG)) {
        long now = coordinator.now().toEpochMilli();
        long hour = Duration.ofHours(1).toMillis();
        LeasedPace.State ahead = new LeasedPace.State(1000, now + hour, now + 25 * hour, now, now);
        assertTrue(coordinator.create("pace", new Gson().toJson(ahead)).isPresent());
        new LeasedPace(coordinator, "pace", 1000).take(1, Context.background());
      }
    });
  }

  /** It has not sent enough to know how much is too much. */
  @Test
  void theFirstRefusalOfAJoinerHardlyLowersTheRate() throws Exception {
    Go.run(() -> {
      try (Coordinator coordinator = open(LONG)) {
        LeasedPace pace = new LeasedPace(coordinator, "pace", 1000);
        pace.take(1, Context.background());
        pace.refused(Duration.ofMillis(1));
        Coordinator.Entry entry = coordinator.get("pace");
        assertNotNull(entry);
        assertEquals(800, new Gson().fromJson(entry.text(), LeasedPace.State.class).rate());
      }
    });
  }
}

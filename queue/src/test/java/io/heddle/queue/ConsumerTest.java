package io.heddle.queue;

import static io.heddle.queue.QueueContract.invoke;
import static io.heddle.queue.QueueContract.message;
import static io.heddle.queue.QueueContract.proxy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.testing.Bubble;
import io.heddle.testing.Bubbled;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Consumers in virtual time, on the embedded engine. */
@Bubbled
final class ConsumerTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration HOUR = Duration.ofHours(1);

  @TempDir private Path folder;
  private Queue queue;
  private final CancelContext context = Context.background().withCancel();
  private final List<String> events = new ArrayList<>(); // in a bubble, in order
  private final List<Goroutine<?>> consumers = new ArrayList<>();
  private Instant start;

  private final Observer observer =
      new Observer() {
        @Override
        public void settled(Delivery delivery, Outcome outcome, Duration took) {
          note(outcome.getClass().getSimpleName() + " " + delivery.key());
        }

        @Override
        public void lost(Delivery delivery) {
          note("lost " + delivery.key());
        }

        @Override
        public void failed(String stage, QueueException failure) {
          note("failed " + failure.getMessage());
        }
      };

  @BeforeEach
  void open() throws Exception {
    queue = SqliteQueue.open(folder.resolve("queue"));
    start = Go.now();
  }

  @AfterEach
  void close() throws Exception {
    end();
    queue.close();
  }

  private void note(String event) {
    synchronized (events) {
      events.add(Duration.between(start, Go.now()) + " " + event);
    }
  }

  private void consume(String stage, Consumer.Settings settings, Handler handler) {
    Consumer consumer = new Consumer(queue, stage, settings, handler, observer);
    consumers.add(Go.go(context, () -> consumer.run(context)));
  }

  private void end() throws InterruptedException {
    context.cancel();
    for (Goroutine<?> consumer : consumers) {
      consumer.join();
      assertNull(consumer.failure());
    }
  }

  @Test
  void stagesHandMessagesOn() throws Exception {
    consume(
        "check",
        Consumer.Settings.DEFAULT,
        (delivery, _) -> Outcome.done(message("validate", delivery.key())));
    consume("validate", Consumer.Settings.DEFAULT, (_, _) -> Outcome.done());
    queue.publish(List.of(message("check", "a")));
    Bubble.settle();
    assertEquals(List.of("PT0S Done a", "PT0S Done a"), events);
    assertEquals(List.of(), queue.list(Filter.ALL, 0, 1));
  }

  @Test
  void aLongWorkKeepsItsLease() throws Exception {
    consume(
        "check",
        Consumer.Settings.DEFAULT.withLease(MINUTE),
        (_, _) -> {
          Go.sleep(HOUR);
          return Outcome.done();
        });
    queue.publish(List.of(message("check", "a")));
    Go.sleep(HOUR.plus(MINUTE));
    assertEquals(List.of("PT1H Done a"), events);
  }

  @Test
  void noMoreAreClaimedThanThereArePlaces() throws Exception {
    consume(
        "check",
        Consumer.Settings.DEFAULT.withConcurrency(3),
        (_, _) -> {
          Go.sleep(MINUTE);
          return Outcome.done();
        });
    queue.publish(IntStream.range(0, 9).mapToObj(i -> message("check", "m" + i)).toList());
    for (int left = 6; left > 0; left -= 3) {
      Bubble.settle();
      assertEquals(3, queue.list(Filter.ALL.in(State.LEASED), 0, 100).size());
      assertEquals(left, queue.list(Filter.ALL.in(State.WAITING), 0, 100).size());
      Go.sleep(MINUTE);
    }
    Go.sleep(MINUTE);
    Bubble.settle();
    assertEquals(9, events.size());
    assertTrue(events.getLast().startsWith("PT3M Done"), events::toString);
  }

  @Test
  void whoWaitsForMessagesIsToldThatTheQueueIsClosed() throws Exception {
    Goroutine<?> waiter =
        Go.go(() -> assertThrows(QueueException.class, () -> queue.claim("check", 1, HOUR)));
    Bubble.settle();
    queue.close();
    waiter.join();
  }

  /** However long the order would wait for a fault of its own. */
  @Test
  void aHandlerThatCouldNotReachTheQueueIsCalledAgainSoon() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    consume(
        "check",
        Consumer.Settings.DEFAULT,
        (_, _) -> {
          if (calls.incrementAndGet() == 1) {
            throw new QueueException("no answer");
          }
          return Outcome.done();
        });
    queue.publish(List.of(message("check", "a")));
    Go.sleep(Duration.ofSeconds(2));
    Bubble.settle();
    assertEquals(2, calls.get(), events::toString);
  }

  @Test
  void anExceptionIsAnAttemptThatFailed() throws Exception {
    Backoff twice = new Backoff(MINUTE, MINUTE, 0, MINUTE.multipliedBy(24), 2);
    consume(
        "check",
        Consumer.Settings.DEFAULT.withFailures(twice),
        (_, _) -> {
          throw new IllegalStateException("broken");
        });
    queue.publish(List.of(message("check", "a")));
    Go.sleep(HOUR);
    assertEquals(2, events.size(), events::toString);
    Entry entry = queue.find("a");
    assertNotNull(entry);
    assertEquals(State.DEAD, entry.state());
    assertEquals("java.lang.IllegalStateException: broken", entry.reason());
  }

  /** A handler whose bodies say how messages are has a say in the death of one, too. */
  private static final class Telling implements Handler {
    @Override
    public Outcome handle(Delivery delivery, Context context) {
      throw new IllegalStateException("broken");
    }

    @Override
    public Outcome.Dead givenUp(Delivery delivery, String reason) {
      if (delivery.key().equals("unreadable")) {
        throw new IllegalArgumentException("not a message of mine");
      }
      return new Outcome.Dead(reason, "dead: " + reason);
    }
  }

  @Test
  void theHandlerSaysWhatADeadMessageLooksLike() throws Exception {
    Backoff once = new Backoff(MINUTE, MINUTE, 0, MINUTE, 1);
    consume("check", Consumer.Settings.DEFAULT.withFailures(once), new Telling());
    queue.publish(List.of(message("check", "a"), message("check", "unreadable")));
    Go.sleep(HOUR);
    assertEquals("dead: java.lang.IllegalStateException: broken", queue.find("a").body());
    Entry unreadable = queue.find("unreadable");
    assertEquals(State.DEAD, unreadable.state());
    assertEquals("java.lang.IllegalStateException: broken", unreadable.reason());
  }

  /** A process in which one message is death: from then on it reaches no queue. */
  private final class Mortal {
    private final AtomicBoolean isDead = new AtomicBoolean();
    private final List<String> begun;

    Mortal(List<String> begun) {
      this.begun = begun;
    }

    private Queue mortal() {
      return proxy((_, method, arguments) -> {
        if (isDead.get()) {
          throw new QueueException("dead");
        }
        return invoke(queue, method, arguments);
      });
    }

    private Outcome handle(Delivery delivery) throws InterruptedException {
      begun.add(delivery.key());
      if (delivery.key().equals("poison")) {
        isDead.set(true);
      }
      Go.sleep(Duration.ofSeconds(1));
      return Outcome.done();
    }

    /** Works until it is dead or has done everything. */
    void live() throws InterruptedException {
      Consumer.Settings settings =
          new Consumer.Settings(16, MINUTE, Duration.ZERO, 4, Backoff.ORDERS);
      try (CancelContext life = Context.background().withCancel()) {
        Consumer consumer =
            new Consumer(mortal(), "check", settings, (one, _) -> handle(one), observer);
        Goroutine<?> running = Go.go(() -> consumer.run(life));
        Go.sleep(MINUTE.dividedBy(2));
        life.cancel();
        running.join();
      }
    }
  }

  /** With those that it takes along it is claimed again and again, as their leases end together. */
  @Test
  void whatKillsItsWorkersIsTakenFromThemAndItsNeighboursAreNot() throws Exception {
    List<String> neighbours = List.of("a", "b", "c");
    queue.publish(List.of(message("check", "poison")));
    queue.publish(neighbours.stream().map(key -> message("check", key)).toList());
    List<String> begun = new ArrayList<>();
    for (int life = 0; life < 10; life++) {
      new Mortal(begun).live();
      Go.sleep(MINUTE); // until its leases are over
    }
    Entry entry = queue.find("poison");
    assertNotNull(entry);
    assertEquals(State.DEAD, entry.state());
    assertEquals("the last 4 workers that began this message died or were cut off", entry.reason());
    assertEquals(1 + 4, Collections.frequency(begun, "poison"), "the first is not recorded");
    for (String key : neighbours) {
      assertTrue(events.stream().anyMatch(event -> event.endsWith(" Done " + key)), key);
      assertNull(queue.find(key));
    }
  }

  /** They are claimed together; none of them has been begun often enough to die. */
  @Test
  void ofTheSuspectsOneIsWorkedOnAtATimeAndHoldsUpNobodyElse() throws Exception {
    queue.publish(List.of(message("check", "a"), message("check", "b"), message("check", "c")));
    for (int i = 0; i < 5; i++) {
      for (Delivery one : queue.claim("check", 3, Duration.ofSeconds(1))) {
        queue.begin(one);
      }
    }
    queue.publish(List.of(message("check", "new")));
    Go.sleep(MINUTE);
    consume(
        "check",
        Consumer.Settings.DEFAULT,
        (_, _) -> {
          Go.sleep(MINUTE.multipliedBy(2));
          return Outcome.done();
        });
    Go.sleep(HOUR);
    assertTrue(events.remove("PT3M4S Done new"), events::toString);
    // Which of the suspects comes first is for the scheduler to say.
    assertEquals(
        List.of("PT3M4S Done", "PT5M4S Done", "PT7M4S Done"),
        events.stream().map(event -> event.substring(0, event.lastIndexOf(' '))).toList());
    assertEquals(
        Set.of("a", "b", "c"),
        events.stream()
            .map(event -> event.substring(event.lastIndexOf(' ') + 1))
            .collect(Collectors.toSet()));
  }

  @Test
  void whoLosesItsLeaseIsStopped() throws Exception {
    consume(
        "check",
        Consumer.Settings.DEFAULT.withLease(MINUTE),
        (delivery, _) -> {
          try {
            Go.sleep(HOUR);
          } catch (InterruptedException e) {
            note("stopped " + delivery.key());
            throw e;
          }
          return Outcome.done();
        });
    queue.publish(List.of(message("check", "a")));
    Bubble.settle();
    Delivery held = stolen();
    queue.settle(held, Outcome.done());
    Go.sleep(MINUTE);
    assertEquals(List.of("PT20S stopped a", "PT20S lost a"), events);
  }

  /** As after a pause of the whole process: the lease is over, and the consumer does not know. */
  @Test
  void aConsumerThatClaimsWhatItStillWorksOnStopsTheOlderWork() throws Exception {
    Queue forgetful =
        proxy((_, method, arguments) ->
            method.getName().equals("extend") // without having done so
                ? List.of()
                : invoke(queue, method, arguments));
    Consumer consumer =
        new Consumer(
            forgetful,
            "check",
            Consumer.Settings.DEFAULT.withLease(MINUTE),
            (delivery, _) -> {
              if (delivery.losses() == 0) {
                try {
                  Go.sleep(HOUR);
                } catch (InterruptedException e) {
                  note("stopped " + delivery.key());
                  throw e;
                }
              }
              return Outcome.done();
            },
            observer);
    consumers.add(Go.go(context, () -> consumer.run(context)));
    queue.publish(List.of(message("check", "a")));
    Go.sleep(MINUTE.plusSeconds(1));
    assertEquals(Set.of("PT1M stopped a", "PT1M lost a", "PT1M Done a"), Set.copyOf(events));
    assertEquals(List.of(), queue.list(Filter.ALL, 0, 1));
  }

  /** What the consumer holds, as a thief would see it: same message, same token. */
  private Delivery stolen() throws Exception {
    Entry entry = queue.list(Filter.ALL.in(State.LEASED), 0, 1).getFirst();
    return new Delivery(
        entry.id(),
        1,
        entry.stage(),
        entry.key(),
        entry.body(),
        "",
        1,
        0,
        0,
        null,
        start,
        start,
        0);
  }

  @Test
  void theEndWaitsForHandlersAndThenGivesTheirMessagesBack() throws Exception {
    consume(
        "check",
        Consumer.Settings.DEFAULT.withDrain(MINUTE),
        (delivery, _) -> {
          Go.sleep(delivery.key().equals("quick") ? Duration.ofSeconds(30) : HOUR);
          return Outcome.done();
        });
    queue.publish(List.of(message("check", "quick"), message("check", "slow")));
    Bubble.settle();
    context.cancel();
    queue.publish(List.of(message("check", "late")));
    end();
    assertEquals(List.of("PT30S Done quick", "PT1M Defer slow"), events);
    List<Entry> left = queue.list(Filter.ALL.in(State.WAITING), 0, 10);
    assertEquals(List.of("slow", "late"), left.stream().map(Entry::key).toList());
    assertEquals("its worker ended", left.getFirst().reason());
    assertEquals(0, left.getFirst().attempts());
  }

  @Test
  void aHandlerThatHeedsNoInterruptIsLeftBehind() throws Exception {
    consume(
        "check",
        Consumer.Settings.DEFAULT.withDrain(MINUTE),
        (_, _) -> {
          Instant enough = Go.now().plus(HOUR);
          while (Go.now().isBefore(enough)) {
            try {
              Go.sleep(HOUR);
            } catch (InterruptedException e) {
              // so what
            }
          }
          return Outcome.done();
        });
    queue.publish(List.of(message("check", "stubborn")));
    Bubble.settle();
    end();
    assertEquals(List.of("PT1M5S lost stubborn"), events);
    assertEquals(1, queue.list(Filter.ALL.in(State.LEASED), 0, 10).size());
    Go.sleep(HOUR.multipliedBy(2)); // until it has ended
  }

  /** The document's schedule: 5 minutes to 2 hours, then once a day, until the order expires. */
  @Test
  void anOrderThatIsNeverReadyFollowsTheScheduleAndHoldsUpNobody() throws Exception {
    Duration life = Duration.ofDays(7);
    Instant expires = start.plus(life);
    List<Instant> attempts = new ArrayList<>();
    consume(
        "check",
        Consumer.Settings.DEFAULT.withConcurrency(1),
        (delivery, _) -> {
          if (!delivery.key().equals("never")) {
            return Outcome.done();
          }
          attempts.add(Go.now());
          assertEquals(attempts.size(), delivery.attempt());
          Duration wait =
              Backoff.ORDERS.next(delivery.attempt(), Duration.between(Go.now(), expires));
          return wait == null ? new Outcome.Dead("expired") : new Outcome.Retry(wait, "not yet");
        });
    queue.publish(List.of(message("check", "never")));
    for (int i = 0; i < 8 * 24 * 4; i++) {
      Go.sleep(Duration.ofMinutes(15));
      queue.publish(List.of(message("check", "ready " + i)));
    }
    Bubble.settle();
    Map<String, String> others = new TreeMap<>();
    for (String event : events) {
      if (event.contains(" Done ")) {
        others.put(event.substring(event.indexOf("ready")), event.substring(0, event.indexOf(' ')));
      }
    }
    assertEquals(8 * 24 * 4, others.size());
    others.forEach((key, time) -> { // each at once
      int i = Integer.parseInt(key.substring("ready ".length()));
      assertEquals(Duration.ofMinutes(15).multipliedBy(i + 1), Duration.parse(time), key);
    });

    assertEquals(start, attempts.getFirst());
    for (int i = 1; i < attempts.size(); i++) {
      Duration wait = Duration.between(attempts.get(i - 1), attempts.get(i));
      if (i < 10) {
        assertTrue(wait.compareTo(Backoff.ORDERS.longest(i)) <= 0, i + ": " + wait);
      } else if (i < attempts.size() - 1) {
        assertTrue(wait.compareTo(Duration.ofHours(23)) >= 0, i + ": " + wait);
        assertTrue(wait.compareTo(Duration.ofHours(25)) <= 0, i + ": " + wait);
      }
    }
    assertTrue(attempts.size() >= 10 + 5, attempts::toString);
    Duration early = Duration.between(attempts.getLast(), expires);
    assertTrue(early.abs().compareTo(Duration.ofMillis(1)) < 0, "the last is as it expires");
    Entry entry = queue.find("never");
    assertNotNull(entry);
    assertEquals(State.DEAD, entry.state());
    assertEquals("expired", entry.reason());
  }
}

package io.heddle.queue;

import static java.util.stream.Collectors.toMap;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.TaskGroup;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What has to be true of every engine. Each test finds the queue empty. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class QueueContract {
  static final Duration HOUR = Duration.ofHours(1);
  private static final Duration SHORT = Duration.ofMillis(150);

  abstract ChannelQueue queue();

  /** Closes the queue and opens it again, as another process would. */
  abstract void reopen() throws Exception;

  static Message message(String stage, String key) {
    return new Message(stage, key, "{\"key\": \"" + key + "\"}");
  }

  /** A queue whose calls go to a handler. */
  static Queue proxy(InvocationHandler handler) {
    return (Queue)
        Proxy.newProxyInstance(Queue.class.getClassLoader(), new Class<?>[] {Queue.class}, handler);
  }

  /** Passes a call on to the real queue. */
  static Object invoke(Queue queue, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(queue, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private void publish(String stage, String... keys) throws Exception {
    List<Message> messages = Stream.of(keys).map(key -> message(stage, key)).toList();
    assertEquals(keys.length, queue().publish(messages));
  }

  private Delivery claimOne(String stage) throws Exception {
    return claimOne(stage, HOUR);
  }

  private Delivery claimOne(String stage, Duration lease) throws Exception {
    List<Delivery> deliveries = queue().claim(stage, 1, lease);
    assertEquals(1, deliveries.size());
    return deliveries.getFirst();
  }

  private void assertNothingDue(String stage) throws Exception {
    assertEquals(List.of(), queue().tryClaim(stage, 10, HOUR));
  }

  private List<String> keys(Filter filter) throws Exception {
    return queue().list(filter, 0, 1000).stream().map(Entry::key).toList();
  }

  @Test
  void aMessageIsDeliveredAndGoneWhenDone() throws Exception {
    publish("check", "a");
    Delivery delivery = claimOne("check");
    assertEquals("a", delivery.key());
    assertEquals("{\"key\": \"a\"}", delivery.body());
    assertEquals("check", delivery.stage());
    assertEquals(1, delivery.attempt());
    assertEquals(0, delivery.losses());
    assertNull(delivery.reason());
    assertNothingDue("check");
    queue().settle(delivery, Outcome.done());
    assertNothingDue("check");
    assertEquals(List.of(), keys(Filter.ALL));
  }

  @Test
  void aStageHasAKeyOnce() throws Exception {
    publish("check", "a");
    assertEquals(0, queue().publish(List.of(message("check", "a"))));
    assertEquals(1, queue().publish(List.of(message("check", "a"), message("validate", "a"))));
    queue().settle(claimOne("check"), new Outcome.Dead("no"));
    assertEquals(0, queue().publish(List.of(message("check", "a"))));
  }

  @Test
  void aMessageThatIsAbsentIsInNoStage() throws Exception {
    assertTrue(queue().publishIfAbsent(message("check", "a").in(HOUR)));
    assertFalse(queue().publishIfAbsent(message("check", "a")));
    assertFalse(queue().publishIfAbsent(message("validate", "a")));
    assertNothingDue("check");
    assertTrue(queue().publishIfAbsent(message("check", "b")));
    queue().settle(claimOne("check"), new Outcome.Dead("no"));
    assertFalse(queue().publishIfAbsent(message("validate", "b")));
    queue().purge(Filter.DEAD);
    assertTrue(queue().publishIfAbsent(message("validate", "b")));
    assertEquals("b", claimOne("validate").key());
  }

  @Test
  void aMessageMayReplaceItself() throws Exception {
    publish("check", "a");
    Delivery first = claimOne("check");
    queue().settle(first, Outcome.done(new Message("check", "a", "again")));
    Delivery second = claimOne("check");
    assertEquals("again", second.body());
    assertThrows(LeaseLostException.class, () -> queue().settle(first, Outcome.done()));
    queue().settle(second, Outcome.done());
  }

  @Test
  void textIsKeptAsItIs() throws Exception {
    String text = "ä€😀\n\t'\"\\%_" + "x".repeat(100_000);
    queue().publish(List.of(new Message("stage '", "key \"", text)));
    Delivery delivery = claimOne("stage '");
    assertEquals(text, delivery.body());
    assertEquals("key \"", delivery.key());
    assertThrows(IllegalArgumentException.class, () -> new Message("a", "b", "c\0d"));
    assertThrows(IllegalArgumentException.class, () -> new Outcome.Dead("\0"));
  }

  @Test
  void whatIsDueLongestComesFirst() throws Exception {
    queue()
        .publish(
            List.of(
                message("check", "third")
                    .in(Duration.ofSeconds(2)), // a busy machine takes its time
                message("check", "second").in(Duration.ofSeconds(1)),
                message("check", "first")));
    List<String> keys = new ArrayList<>();
    while (keys.size() < 3) {
      keys.add(claimOne("check").key());
    }
    assertEquals(List.of("first", "second", "third"), keys);
  }

  @Test
  void aClaimTakesNoMoreThanItAsksFor() throws Exception {
    publish("check", "a", "b", "c", "d", "e");
    assertEquals(3, queue().tryClaim("check", 3, HOUR).size());
    assertEquals(2, queue().tryClaim("check", 3, HOUR).size());
  }

  @Test
  void stagesAreSeparate() throws Exception {
    publish("check", "a");
    assertNothingDue("validate");
    assertEquals("a", claimOne("check").key());
  }

  @Test
  void aMessageIsTakenBackUnlessAWorkerHasItOrItIsDead() throws Exception {
    Message one = new Message("check", "a", "one");
    queue().publish(List.of(one.in(HOUR)));
    assertFalse(queue().retract(new Message("check", "a", "another")));
    assertFalse(queue().retract(new Message("validate", "a", "one")));
    assertTrue(queue().retract(one));
    assertFalse(queue().retract(one));
    assertEquals(List.of(), keys(Filter.ALL));

    queue().publish(List.of(one));
    Delivery delivery = claimOne("check");
    assertFalse(queue().retract(one));
    queue().settle(delivery, new Outcome.Dead("no good"));
    assertFalse(queue().retract(one));
    assertEquals(List.of("a"), keys(Filter.DEAD));
  }

  @Test
  void aWorkerPublishesOnlyWhileItHasTheLease() throws Exception {
    publish("check", "a");
    Delivery first = claimOne("check", Duration.ofNanos(1000));
    Message place = new Message("place", "p", "a's");
    assertTrue(
        queue().publishWhileLeased(first, List.of(place)),
        "it has expired, and no other worker has it");
    Delivery second = claimOne("check");
    List<Message> more = List.of(new Message("place", "q", "a's"));
    assertThrows(LeaseLostException.class, () -> queue().publishWhileLeased(first, more));
    assertTrue(queue().publishWhileLeased(second, List.of(place)), "it is there already");
    queue().settle(second, Outcome.done());
    assertThrows(
        LeaseLostException.class, () -> queue().publishWhileLeased(second, List.of(place)));
    assertEquals(List.of("p"), keys(Filter.ALL));
  }

  @Test
  void aWorkerPublishesAllOrNothing() throws Exception {
    publish("check", "a");
    Delivery holder = claimOne("check");
    Message taken = new Message("place", "p", "another's");
    queue().publish(List.of(taken));
    List<Message> both =
        List.of(new Message("place", "o", "a's"), new Message("place", "p", "a's"));
    assertFalse(queue().publishWhileLeased(holder, both));
    assertEquals(List.of("p"), keys(Filter.ALL.ofStage("place")));
    assertTrue(queue().retract(taken));
    assertTrue(queue().publishWhileLeased(holder, both));
    assertEquals(2, keys(Filter.ALL.ofStage("place")).size());
    queue().settle(holder, Outcome.done()); // its lease was not touched
  }

  @Test
  void whatAWorkerPublishesAnewIsDueLater() throws Exception {
    publish("check", "a");
    Delivery holder = claimOne("check");
    Message place = new Message("place", "p", "a's");
    assertTrue(queue().publishWhileLeased(holder, List.of(place)));
    assertTrue(queue().publishWhileLeased(holder, List.of(place.in(HOUR))));
    assertNothingDue("place");
    assertTrue(queue().publishWhileLeased(holder, List.of(place)));
    Delivery claimed = claimOne("place");
    assertFalse(queue().publishWhileLeased(holder, List.of(place)), "a worker has it");
    queue().settle(claimed, Outcome.done());
  }

  @Test
  void aDeferralMayChangeTheBody() throws Exception {
    publish("check", "a");
    queue().settle(claimOne("check"), new Outcome.Defer(Duration.ZERO, "wait", "changed"));
    Delivery again = claimOne("check");
    assertEquals("changed", again.body());
    assertEquals(1, again.attempt());
    queue().settle(again, new Outcome.Defer(Duration.ZERO, "wait"));
    assertEquals("changed", claimOne("check").body());
  }

  @Test
  void aDeferredMessageIsDeliveredWhenItIsDue() throws Exception {
    long start = System.nanoTime();
    queue().publish(List.of(message("check", "a").in(SHORT), message("check", "b").in(HOUR)));
    assertNothingDue("check");
    assertEquals("a", claimOne("check").key());
    assertTrue(System.nanoTime() - start >= SHORT.toNanos());
    assertNothingDue("check");
  }

  @Test
  void aDelayOfForeverIsNoError() throws Exception {
    queue().publish(List.of(message("check", "a").in(Duration.ofSeconds(Long.MAX_VALUE))));
    queue().publish(List.of(message("check", "b").in(Duration.ofSeconds(Long.MIN_VALUE))));
    assertEquals("b", claimOne("check", Duration.ofSeconds(Long.MAX_VALUE)).key());
    assertNothingDue("check");
  }

  @Test
  void aClaimThatWaitsIsWokenByAMessage() throws Exception {
    Chan<String> got = Chan.buffered(1);
    Go.run(() -> {
      Go.go(() -> got.send(claimOne("check").key()));
      queue().publish(List.of(message("check", "later").in(HOUR)));
      queue().publish(List.of(message("other", "elsewhere")));
      queue().publish(List.of(message("check", "soon").in(SHORT)));
      assertEquals("soon", got.receive());
    });
  }

  @Test
  void everyWaiterGetsItsMessage() throws Exception {
    int count = 20;
    Set<String> keys = Collections.synchronizedSet(new HashSet<>());
    TaskGroup<Void> group = new TaskGroup<>();
    for (int i = 0; i < count; i++) {
      group.go(() -> assertTrue(keys.add(claimOne("check").key())));
    }
    // Each knows of another due time, and any may be the one that has to hear of the next.
    for (int i = 0; i < count; i++) {
      Duration delay = i % 2 == 0 ? Duration.ofMillis(20L * (count - i)) : Duration.ZERO;
      queue().publish(List.of(message("check", "m" + i).in(delay)));
    }
    group.await(Duration.ofSeconds(60));
    assertEquals(count, keys.size());
  }

  @Test
  void whoIsInterruptedTakesNothingAndHoldsUpNobody() throws Exception {
    Go.run(() -> {
      for (int i = 0; i < 20; i++) {
        Chan<String> got = Chan.buffered(1);
        String key = "m" + i;
        Goroutine<?> gone =
            Go.go(() -> {
              List<Delivery> taken;
              try {
                taken = queue().claim("check", 1, HOUR);
              } catch (InterruptedException e) {
                return; // nothing was taken
              }
              Outcome back = new Outcome.Defer(Duration.ZERO, "interrupted");
              try {
                queue().settle(taken.getFirst(), back);
              } catch (InterruptedException e) { // it came too late for the claim
                queue().settle(taken.getFirst(), back);
              }
            });
        Go.go(() -> got.send(claimOne("check").key()));
        publish("check", key);
        gone.cancel();
        assertEquals(key, got.receive(Duration.ofSeconds(60)));
        gone.join();
      }
    });
  }

  @Test
  void theNextStageIsPublishedWithTheAcknowledgement() throws Exception {
    publish("check", "a");
    Delivery delivery = claimOne("check");
    queue().settle(delivery, Outcome.done(message("validate", "a"), message("audit", "check a")));
    assertEquals("a", claimOne("validate").key());
    assertEquals("check a", claimOne("audit").key());
    assertNothingDue("check");
  }

  @Test
  void aLostLeaseCanDoNothing() throws Exception {
    publish("check", "a");
    Delivery lost = claimOne("check", SHORT);
    Delivery delivery = claimOne("check"); // waits until the lease has ended
    assertEquals(lost.id(), delivery.id());
    assertEquals(2, delivery.attempt());
    assertEquals(1, delivery.losses());
    for (Outcome outcome :
        List.of(
            Outcome.done(message("validate", "a")),
            new Outcome.Retry(Duration.ZERO, "late", "late"),
            new Outcome.Defer(Duration.ZERO, "late"),
            new Outcome.Dead("late"))) {
      assertThrows(LeaseLostException.class, () -> queue().settle(lost, outcome));
    }
    assertEquals(List.of(lost), queue().extend(List.of(lost, delivery), HOUR));
    assertNothingDue("validate");
    queue().settle(delivery, Outcome.done(message("validate", "a")));
    assertEquals(List.of("a"), keys(Filter.ALL.ofStage("validate")));
  }

  @Test
  void aReplayedMessageHasLostEveryEarlierLease() throws Exception {
    publish("check", "a");
    Delivery first = claimOne("check", Duration.ofNanos(1000));
    Delivery second = claimOne("check");
    queue().settle(second, new Outcome.Dead("no good"));
    assertEquals(1, queue().replay(Filter.DEAD));
    for (Delivery late : List.of(first, second)) {
      assertThrows(LeaseLostException.class, () -> queue().settle(late, Outcome.done()));
    }
    Delivery third = claimOne("check");
    for (Delivery late : List.of(first, second)) {
      assertThrows(LeaseLostException.class, () -> queue().settle(late, Outcome.done()));
    }
    assertEquals(List.of(first, second), queue().extend(List.of(first, second, third), HOUR));
    queue().settle(third, Outcome.done());
  }

  @Test
  void aDeliveryIsSettledOnce() throws Exception {
    publish("check", "a");
    Delivery delivery = claimOne("check");
    queue().settle(delivery, Outcome.done(message("validate", "a")));
    queue().settle(claimOne("validate"), Outcome.done());
    Outcome again = Outcome.done(message("validate", "a"));
    assertThrows(LeaseLostException.class, () -> queue().settle(delivery, again));
    assertEquals(List.of(), keys(Filter.ALL));

    publish("check", "b"); // is not taken for a, wherever it is stored
    Delivery other = claimOne("check");
    assertThrows(LeaseLostException.class, () -> queue().settle(delivery, again));
    assertEquals(List.of(delivery), queue().extend(List.of(delivery), HOUR));
    queue().settle(other, Outcome.done());
  }

  @Test
  void aLeaseThatEndedIsGoodUntilAnotherHasTheMessage() throws Exception {
    publish("check", "a");
    Delivery delivery = claimOne("check", Duration.ofMillis(1));
    Go.sleep(Duration.ofMillis(5)); // real time has to pass, there is nothing to wait for
    queue().settle(delivery, Outcome.done());
    assertNothingDue("check");
  }

  @Test
  void anExtendedLeaseLasts() throws Exception {
    publish("check", "a", "b");
    List<Delivery> deliveries = queue().claim("check", 2, SHORT);
    assertEquals(2, deliveries.size());
    Delivery kept = deliveries.getFirst();
    assertEquals(List.of(), queue().extend(List.of(kept), HOUR));
    assertEquals(deliveries.getLast().key(), claimOne("check").key()); // b's lease is over
    assertNothingDue("check");
    queue().settle(kept, Outcome.done());
  }

  @Test
  void aRetryCountsAndADeferralDoesNot() throws Exception {
    publish("check", "a");
    queue().settle(claimOne("check"), new Outcome.Retry(Duration.ZERO, "no answer", "new body"));
    Delivery second = claimOne("check");
    assertEquals(2, second.attempt());
    assertEquals("no answer", second.reason());
    assertEquals("new body", second.body());
    queue().settle(second, new Outcome.Defer(Duration.ZERO, "rate limit"));
    Delivery third = claimOne("check");
    assertEquals(2, third.attempt());
    assertEquals("rate limit", third.reason());
    assertEquals("new body", third.body());
    queue().settle(third, new Outcome.Retry(HOUR, "still none"));
    assertNothingDue("check");
    Entry entry = queue().find("a");
    assertNotNull(entry);
    assertEquals(State.WAITING, entry.state());
    assertEquals("still none", entry.reason());
    assertEquals(HOUR, Duration.between(entry.changed(), entry.due()));
  }

  @Test
  void anOutcomeForgetsTheLosses() throws Exception {
    publish("check", "a");
    claimOne("check", Duration.ofMillis(1));
    claimOne("check", Duration.ofMillis(1));
    Delivery third = claimOne("check");
    assertEquals(2, third.losses());
    assertEquals(3, third.attempt());
    queue().settle(third, new Outcome.Retry(Duration.ZERO, "again"));
    assertEquals(0, claimOne("check").losses());
  }

  /** The lease of a worker that dies at once. */
  private Delivery lost(String stage) throws Exception {
    return claimOne(stage, Duration.ofNanos(1000));
  }

  @Test
  void onlyTheOwnerOfTheLeaseBegins() throws Exception {
    publish("check", "a");
    assertEquals(0, lost("check").begun());
    Delivery a = lost("check");
    assertEquals(0, a.begun(), "a claim is no beginning");
    queue().begin(a);
    Delivery b = claimOne("check");
    assertEquals(2, b.losses());
    assertEquals(1, b.begun(), "a began");
    assertThrows(LeaseLostException.class, () -> queue().begin(a));
    queue().begin(b);
    Entry entry = queue().find("a");
    assertNotNull(entry);
    assertEquals(2, entry.begun(), "a's second beginning came too late");
    assertThrows(LeaseLostException.class, () -> queue().settle(a, Outcome.done()));
    queue().settle(b, new Outcome.Retry(Duration.ZERO, "again"));
    assertThrows(LeaseLostException.class, () -> queue().begin(b));
    assertEquals(0, claimOne("check").begun(), "an outcome forgets what began before");
  }

  @Test
  void aReplayForgetsWhatBegan() throws Exception {
    publish("check", "a");
    queue().begin(lost("check"));
    queue().settle(claimOne("check"), new Outcome.Dead("no"));
    queue().replay(Filter.DEAD);
    assertEquals(0, claimOne("check").begun());
  }

  /** Mistakes in counting, each of which the test of the count has to find. */
  private enum Miscount {
    NONE,
    A_CLAIM_IS_A_BEGINNING,
    BEGINNINGS_ARE_FORGOTTEN;

    Queue plantedIn(Queue queue) {
      return proxy((_, method, arguments) -> {
        if (this == BEGINNINGS_ARE_FORGOTTEN && method.getName().equals("begin")) {
          return null;
        }
        Object answer = invoke(queue, method, arguments);
        if (this == A_CLAIM_IS_A_BEGINNING && method.getName().equals("claim")) {
          for (Object claimed : (List<?>) answer) {
            queue.begin((Delivery) claimed);
          }
        }
        return answer;
      });
    }
  }

  /** What the worker that follows two others makes of what those have claimed, or begun. */
  private List<String> judged(Miscount miscount) throws Exception {
    Queue queue = miscount.plantedIn(queue());
    publish("check", "claimed", "begun");
    for (int i = 0; i < 2 * 3; i++) {
      Delivery lost = queue.claim("check", 1, Duration.ofNanos(1000)).getFirst();
      if (lost.key().equals("begun")) {
        queue.begin(lost);
      }
    }
    Chan<String> outcomes = Chan.buffered(2);
    Observer observer =
        new Observer() {
          @Override
          public void settled(Delivery delivery, Outcome outcome, Duration took) {
            outcomes.trySend(delivery.key() + " " + outcome.getClass().getSimpleName());
          }
        };
    Consumer.Settings settings =
        new Consumer.Settings(4, Duration.ofMinutes(1), Duration.ZERO, 3, Backoff.ORDERS);
    Consumer consumer = new Consumer(queue, "check", settings, (_, _) -> Outcome.done(), observer);
    List<String> seen = new ArrayList<>();
    Go.run(() -> {
      try (CancelContext context = Context.background().withCancel()) {
        Goroutine<?> running = Go.go(() -> consumer.run(context));
        seen.add(outcomes.receive(Duration.ofSeconds(60)));
        seen.add(outcomes.receive(Duration.ofSeconds(60)));
        context.cancel();
        running.join();
      }
    });
    queue().purge(Filter.ALL);
    Collections.sort(seen);
    return seen;
  }

  @Test
  void aMessageDiesOfTheWorkersThatBeganItAndNotOfThoseThatClaimedIt() throws Exception {
    assertEquals(List.of("begun Dead", "claimed Done"), judged(Miscount.NONE));
    assertEquals(List.of("begun Dead", "claimed Dead"), judged(Miscount.A_CLAIM_IS_A_BEGINNING));
    assertEquals(List.of("begun Done", "claimed Done"), judged(Miscount.BEGINNINGS_ARE_FORGOTTEN));
  }

  @Test
  void theDeadAreKeptListedReplayedAndPurged() throws Exception {
    publish("check", "a", "b");
    publish("validate", "c");
    for (int i = 0; i < 2; i++) {
      Delivery delivery = claimOne("check");
      String reason = "reason " + delivery.key();
      queue().settle(delivery, new Outcome.Dead(reason, "the body at the end"));
    }
    queue().settle(claimOne("validate"), new Outcome.Dead("refused"));
    assertNothingDue("check");
    assertEquals(3, queue().list(Filter.DEAD, 0, 10).size());
    Entry entry = queue().find("a");
    assertNotNull(entry);
    assertEquals(State.DEAD, entry.state());
    assertEquals("reason a", entry.reason());
    assertEquals("the body at the end", entry.body());
    assertEquals(1, entry.attempts());

    reopen();
    assertEquals(0, queue().replay(Filter.DEAD.withKey("nobody")));
    assertEquals(0, queue().replay(Filter.ALL.in(State.WAITING)));
    assertEquals(1, queue().replay(Filter.DEAD.withKey("a")));
    Delivery replayed = claimOne("check");
    assertEquals("a", replayed.key());
    assertEquals(1, replayed.attempt());
    assertEquals("reason a", replayed.reason());

    assertEquals(0, queue().purge(Filter.ALL.unchangedFor(HOUR)));
    assertEquals(1, queue().purge(Filter.ALL.ofStage("check")));
    assertEquals(Set.of("a", "c"), Set.copyOf(keys(Filter.ALL)));
    assertEquals(1, queue().purge(Filter.ALL));
    assertEquals(List.of("a"), keys(Filter.ALL));
  }

  @Test
  void whoPurgesWhatHeSawPurgesNothingElse() throws Exception {
    publish("validate", "d");
    for (String key : List.of("a", "b", "c")) {
      publish("check", key);
      queue().settle(claimOne("check"), new Outcome.Dead("no"));
    }
    List<Entry> seen = queue().list(Filter.ALL, 0, 10);
    queue().replay(Filter.DEAD.withKey("b"));
    queue().settle(claimOne("check"), new Outcome.Dead("again"));
    queue().replay(Filter.DEAD.withKey("c"));
    assertEquals(1, queue().purge(seen));
    assertEquals(0, queue().purge(seen));
    assertEquals(0, queue().purge(List.of()));
    assertEquals(Set.of("b", "c", "d"), Set.copyOf(keys(Filter.ALL)));
    assertEquals(1, queue().purge(queue().list(Filter.ALL, 0, 10)));
  }

  @Test
  void aReplayWakesWhoWaits() throws Exception {
    publish("check", "a");
    queue().settle(claimOne("check"), new Outcome.Dead("no"));
    Go.run(() -> {
      Chan<String> got = Chan.buffered(1);
      Go.go(() -> got.send(claimOne("check").key()));
      assertEquals(1, queue().replay(Filter.DEAD));
      assertEquals("a", got.receive());
    });
  }

  @Test
  void aListCanBePagedAndFiltered() throws Exception {
    List<Message> messages =
        IntStream.range(0, 25)
            .mapToObj(i -> message(i % 2 == 0 ? "check" : "done", "m" + i))
            .toList();
    queue().publish(messages);
    List<String> seen = new ArrayList<>();
    List<Entry> page = queue().list(Filter.ALL, 0, 10);
    while (!page.isEmpty()) {
      page.forEach(entry -> seen.add(entry.key()));
      page = queue().list(Filter.ALL, page.getLast().id(), 10);
    }
    assertEquals(messages.stream().map(Message::key).toList(), seen);
    assertEquals(12, queue().list(Filter.ALL.ofStage("done"), 0, 100).size());
    claimOne("done");
    assertEquals(List.of("m1"), keys(Filter.ALL.in(State.LEASED)));
    assertEquals(11, keys(Filter.ALL.ofStage("done").in(State.WAITING)).size());
    assertEquals(List.of(), keys(Filter.DEAD));
    assertNull(queue().find("m25"));
  }

  @Test
  void anOwnersMessagesAreFoundInWhateverStateTheyAre() throws Exception {
    queue()
        .publish(
            List.of(
                message("check", "a").ownedBy("anna"),
                message("check", "b").ownedBy("bert").in(HOUR),
                message("check", "c")));
    assertTrue(queue().publishIfAbsent(message("done", "d").ownedBy("anna")));
    assertEquals(List.of("a", "d"), keys(Filter.ALL.ofOwner("anna")));
    assertEquals(List.of("a"), keys(Filter.ALL.ofOwner("anna").ofStage("check")));
    assertEquals(List.of("b"), keys(Filter.ALL.ofOwner("bert")));
    assertEquals(List.of("c"), keys(Filter.ALL.ofOwner("")));
    queue().settle(claimOne("check"), new Outcome.Retry(HOUR, "later"));
    queue().settle(claimOne("done"), new Outcome.Dead("no"));
    reopen();
    assertEquals(List.of("a", "d"), keys(Filter.ALL.ofOwner("anna")));
    assertEquals(List.of("d"), keys(Filter.DEAD.ofOwner("anna")));
    assertEquals(List.of(), keys(Filter.DEAD.ofOwner("bert")));
    String tooLong = "x".repeat(501);
    assertThrows(IllegalArgumentException.class, () -> message("check", "e").ownedBy(tooLong));
  }

  @Test
  void theFiguresAddUp() throws Exception {
    assertEquals(List.of(), queue().stats());
    publish("check", "a", "b", "c");
    queue().publish(List.of(message("check", "later").in(HOUR)));
    publish("validate", "d");
    queue().settle(claimOne("validate"), new Outcome.Dead("no"));
    claimOne("check", Duration.ofMillis(1));
    claimOne("check");
    Map<String, StageStats> stats =
        queue().stats().stream()
            .collect(toMap(one -> one.stage() + " " + one.state(), Function.identity()));
    assertEquals(Set.of("check WAITING", "check LEASED", "validate DEAD"), stats.keySet());
    assertEquals(2, stats.get("check LEASED").count());
    assertEquals(2, stats.get("check WAITING").count());
    assertEquals(1, stats.get("check WAITING").due());
    assertEquals(1, stats.get("validate DEAD").count());
    assertEquals(0, stats.get("validate DEAD").due());
    assertEquals(Duration.ZERO, stats.get("validate DEAD").overdue());
    assertTrue(stats.get("check WAITING").overdue().isPositive());
    assertTrue(stats.get("check WAITING").oldest().isPositive());
    assertTrue(stats.get("check WAITING").oldest().compareTo(Duration.ofMinutes(10)) < 0);
  }

  @Test
  void whatWasAcknowledgedOutlivesTheProcess() throws Exception {
    publish("check", "a", "b", "c");
    queue().settle(claimOne("check"), Outcome.done(message("validate", "next")));
    queue().settle(claimOne("check"), new Outcome.Retry(HOUR, "later"));
    reopen();
    assertEquals("next", claimOne("validate").key());
    claimOne("check");
    assertNothingDue("check");
    assertEquals(3, keys(Filter.ALL).size());
  }

  @Test
  void manyGoroutinesHaveEachMessageOnce() throws Exception {
    int count = 2000;
    queue().publish(IntStream.range(0, count).mapToObj(i -> message("check", "m" + i)).toList());
    Set<String> seen = Collections.synchronizedSet(new HashSet<>());
    AtomicInteger twice = new AtomicInteger();
    TaskGroup<Void> group = new TaskGroup<>();
    for (int i = 0; i < 16; i++) {
      group.go(() -> {
        List<Delivery> deliveries = queue().tryClaim("check", 7, HOUR);
        while (!deliveries.isEmpty()) {
          for (Delivery delivery : deliveries) {
            if (!seen.add(delivery.key())) {
              twice.incrementAndGet();
            }
            queue().settle(delivery, Outcome.done(message("done", delivery.key())));
          }
          deliveries = queue().tryClaim("check", 7, HOUR);
        }
      });
    }
    group.await();
    assertEquals(0, twice.get());
    assertEquals(count, seen.size());
    StageStats done = queue().stats().getFirst();
    assertEquals("done", done.stage());
    assertEquals(count, done.count());
  }

  @Test
  void senselessRequestsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> queue().claim("check", 0, HOUR));
    assertThrows(IllegalArgumentException.class, () -> queue().tryClaim("check", 1, Duration.ZERO));
    assertThrows(IllegalArgumentException.class, () -> queue().list(Filter.ALL, 0, -1));
  }

  @Test
  void whoWaitsWhenItIsClosedIsTold() throws Exception {
    Go.run(() -> {
      Chan<Boolean> waiting = Chan.unbuffered();
      Goroutine<?> waiter =
          Go.go(() -> {
            waiting.send(true);
            assertThrows(QueueException.class, () -> queue().claim("check", 1, HOUR));
          });
      waiting.receive();
      queue().close();
      waiter.join();
    });
    assertThrows(QueueException.class, () -> queue().tryClaim("check", 1, HOUR));
    assertThrows(QueueException.class, () -> queue().publish(List.of(message("check", "a"))));
    assertThrows(QueueException.class, () -> queue().stats());
    queue().close();
  }

  private static Hold hold(String resource, String owner) {
    return new Hold(resource, owner, List.of("check", "validate"));
  }

  @Test
  void aResourceIsHeldByMessagesOfOneOwnerForAsLongAsTheyAreInItsStages() throws Exception {
    publish("submit", "a", "b", "c");
    assertNull(queue().hold("a", List.of(hold("one.test", "anna"))));
    assertNull(
        queue().hold("b", List.of(hold("one.test", "bert"))), "what waits elsewhere holds nothing");
    assertFalse(queue().holds("a", "one.test"), "what another has taken is lost for good");
    assertTrue(queue().holds("b", "one.test"));
    Delivery b = null;
    for (Delivery one : queue().tryClaim("submit", 10, HOUR)) {
      b = one.key().equals("b") ? one : b;
    }
    assertEquals("b", queue().hold("a", List.of(hold("one.test", "anna"))), "leased");
    queue().settle(b, Outcome.done(message("check", "b")));
    assertEquals("b", queue().hold("a", List.of(hold("one.test", "anna"))), "waits in the stage");
    assertNull(queue().hold("c", List.of(hold("one.test", "bert"))), "of the same owner");
    queue().settle(claimOne("check"), Outcome.done(message("issued", "b")));
    assertEquals("c", queue().hold("a", List.of(hold("one.test", "anna"))), "c is leased");
    assertTrue(queue().holds("b", "one.test"), "no other message has taken it");
  }

  @Test
  void deathEndsAHoldAndAReplayRenewsItIfNobodyElseHasTheResource() throws Exception {
    publish("check", "a");
    assertNull(queue().hold("a", List.of(hold("one.test", "anna"))));
    queue().settle(claimOne("check"), new Outcome.Dead("no"));
    assertEquals(1, queue().replay(Filter.ALL));
    publish("check", "b");
    assertEquals("a", queue().hold("b", List.of(hold("one.test", "bert"))));
    for (Delivery one : queue().tryClaim("check", 10, HOUR)) {
      queue()
          .settle(
              one,
              one.key().equals("a")
                  ? new Outcome.Dead("no")
                  : new Outcome.Defer(Duration.ZERO, "later"));
    }
    assertNull(queue().hold("b", List.of(hold("one.test", "bert"))));
    assertEquals(1, queue().replay(Filter.ALL));
    assertFalse(queue().holds("a", "one.test"));
    assertEquals("b", queue().hold("a", List.of(hold("one.test", "anna"))));
  }

  @Test
  void allResourcesAreHeldOrNone() throws Exception {
    publish("check", "a", "b", "c");
    assertNull(queue().hold("a", List.of(hold("one.test", "anna"))));
    assertEquals(
        "a", queue().hold("b", List.of(hold("two.test", "bert"), hold("one.test", "bert"))));
    assertNull(queue().hold("c", List.of(hold("two.test", "carl"))));
    reopen();
    assertEquals("c", queue().hold("a", List.of(hold("two.test", "anna"))));
    assertTrue(queue().holds("a", "one.test"));
  }

  @Test
  void whatIsForgottenHoldsNothing() throws Exception {
    publish("check", "a", "b");
    assertNull(queue().hold("a", List.of(hold("one.test", "anna"))));
    assertNull(queue().hold("b", List.of(hold("two.test", "anna"))));
    for (Delivery one : queue().tryClaim("check", 10, HOUR)) {
      queue().settle(one, one.key().equals("a") ? Outcome.done() : new Outcome.Dead("no"));
    }
    assertFalse(queue().holds("a", "one.test"));
    assertTrue(queue().holds("b", "two.test"));
    assertEquals(1, queue().purge(queue().list(Filter.DEAD, 0, 10)));
    assertFalse(queue().holds("b", "two.test"));
  }

  @Test
  void ofThoseWhoPublishForOneResourceAtTheSameTimeOneDoes() throws Exception {
    for (int round = 0; round < 20; round++) {
      String resource = "request " + round;
      List<Queue.Publication> made;
      try (TaskGroup<Queue.Publication> group = new TaskGroup<>()) {
        for (int i = 0; i < 6; i++) {
          String key = round + "-" + i;
          group.go(
              () -> queue().publishWithHold(message("check", key), hold(resource, key), List.of()));
        }
        made = group.await();
      }
      assertEquals(1, made.stream().filter(Queue.Publication::isNew).count());
      assertEquals(1, made.stream().map(Queue.Publication::key).distinct().count());
      String key = made.getFirst().key();
      assertEquals(
          new Queue.Publication(false, key),
          queue().publishWithHold(message("submit", key), hold(resource, "another"), List.of()));
    }
  }

  /** Two owners who each want two resources, in whatever order they name them. */
  @Test
  void noTwoOwnersHoldAResourceHoweverTheyRace() throws Exception {
    List<String> owners = List.of("anna", "bert", "carl", "dora");
    for (int round = 0; round < 20; round++) {
      List<String> keys = new ArrayList<>();
      for (String owner : owners) {
        keys.add(owner + round);
      }
      publish("check", keys.toArray(String[]::new));
      List<Hold> wanted = List.of(hold("one.test" + round, ""), hold("two.test" + round, ""));
      AtomicInteger holders = new AtomicInteger();
      TaskGroup<Void> group = new TaskGroup<>();
      for (int i = 0; i < owners.size(); i++) {
        String owner = owners.get(i);
        String key = keys.get(i);
        boolean isTurned = i % 2 == 0;
        List<Hold> ours =
            (isTurned ? wanted : wanted.reversed())
                .stream().map(one -> hold(one.resource(), owner)).toList();
        group.go(() -> holders.addAndGet(queue().hold(key, ours) == null ? 1 : 0));
      }
      group.await();
      assertEquals(1, holders.get());
    }
  }

  private static Message owned(String key, String owner) {
    return message("channel", key).ownedBy(owner);
  }

  private List<String> claimInOrder() throws Exception {
    return queue().claimInOrder("channel", 10, HOUR).stream().map(Delivery::key).toList();
  }

  @Test
  void anOwnersMessagesComeOneAfterTheOther() throws Exception {
    for (Message message : List.of(owned("a1", "a"), owned("a2", "a"), owned("a3", "a"))) {
      assertEquals(ChannelQueue.Sent.ADDED, queue().publishIfOpen(message, "seen", null));
    }
    queue().publish(List.of(owned("b1", "b"), message("channel", "nobody's")));
    List<Delivery> first = queue().claimInOrder("channel", 10, HOUR);
    assertEquals(List.of("a1", "b1", "nobody's"), first.stream().map(Delivery::key).toList());
    queue().settle(first.getFirst(), new Outcome.Retry(Duration.ZERO, "again"));
    Delivery again = queue().claimInOrder("channel", 10, HOUR).getFirst();
    assertEquals("a1", again.key());
    queue().settle(again, new Outcome.Dead("no"));
    assertEquals(List.of("a2"), claimInOrder());
  }

  @Test
  void whoeverWaitsIsWokenWhenTheMessageBeforeIsSettled() throws Exception {
    queue().publish(List.of(owned("a1", "a")));
    Delivery first = queue().claimInOrder("channel", 1, HOUR).getFirst();
    queue().publish(List.of(owned("a2", "a")));
    Go.run(() -> {
      Goroutine<List<String>> waiter = Go.go(this::claimInOrder);
      queue().settle(first, Outcome.done());
      assertEquals(List.of("a2"), waiter.await());
    });
  }

  @Test
  void aStageThatHasEndedIsOverWhenItsMessagesAreSettled() throws Exception {
    queue().publish(List.of(owned("a", "")));
    queue().end("channel");
    queue().end("channel");
    assertEquals(ChannelQueue.Sent.ENDED, queue().publishIfOpen(owned("b", ""), "seen", null));
    assertEquals(ChannelQueue.Sent.PRESENT, queue().publishIfOpen(owned("a", ""), "seen", null));
    Delivery last = queue().claimInOrder("channel", 1, HOUR).getFirst();
    Go.run(() -> {
      Goroutine<List<String>> waiter = Go.go(this::claimInOrder);
      queue().settle(last, Outcome.done());
      assertEquals(List.of(), waiter.await());
    });
    assertEquals(List.of(), claimInOrder());
    assertEquals(
        ChannelQueue.Sent.ADDED, queue().publishIfOpen(message("another", "b"), "seen", null));
  }

  @Test
  void onlyTheLatestLeaseMayPublish() throws Exception {
    publish("lock", "l");
    Delivery lost = claimOne("lock", SHORT);
    Delivery holder = claimOne("lock");
    assertThrows(
        LeaseLostException.class, () -> queue().publishIfOpen(owned("a", ""), "seen", lost));
    assertNothingDue("channel");
    assertEquals(ChannelQueue.Sent.ADDED, queue().publishIfOpen(owned("a", ""), "seen", holder));
  }

  @Test
  void messagesThatAreDueExpire() throws Exception {
    publish("seen", "a", "b", "c");
    queue().publish(List.of(message("seen", "later").in(HOUR)));
    claimOne("seen");
    assertEquals(1, queue().expire("seen", 1));
    assertEquals(1, queue().expire("seen", 10));
    assertEquals(0, queue().expire("seen", 10));
    assertEquals(2, queue().list(Filter.ALL.ofStage("seen"), 0, 10).size());
  }

  @Test
  void aKeyThatIsDueIsPublishedAgain() throws Exception {
    publish("seen", "a", "b");
    queue().publish(List.of(message("seen", "later").in(HOUR)));
    Delivery leased = claimOne("seen");
    assertEquals("a", leased.key());
    assertEquals(ChannelQueue.Sent.PRESENT, queue().publishIfOpen(owned("a", ""), "seen", null));
    assertEquals(
        ChannelQueue.Sent.PRESENT, queue().publishIfOpen(owned("later", ""), "seen", null));
    queue().settle(leased, new Outcome.Defer(Duration.ZERO, "due"));
    assertEquals(ChannelQueue.Sent.PRESENT, queue().publishIfOpen(owned("a", ""), "other", null));
    assertEquals(ChannelQueue.Sent.ADDED, queue().publishIfOpen(owned("a", ""), "seen", null));
    assertEquals(ChannelQueue.Sent.PRESENT, queue().publishIfOpen(owned("a", ""), "seen", null));
    queue().end("channel");
    assertEquals(ChannelQueue.Sent.ENDED, queue().publishIfOpen(owned("b", ""), "seen", null));
    assertEquals(List.of("a"), claimInOrder());
  }

  @Test
  void whatExpiresLeavesNoHistory() throws Exception {
    queue().publish(List.of(owned("a", "owner")));
    Delivery delivery = queue().claimInOrder("channel", 1, HOUR).getFirst();
    queue().settle(delivery, Outcome.done(message("seen", "a")));
    assertEquals(1, queue().history("a").size());
    assertEquals(1, queue().expire("seen", 10));
    assertEquals(List.of(), queue().history("a"));
  }

  @Test
  void noTwoMessagesOfAnOwnerAreLeasedHoweverTheyArePublished() throws Exception {
    AtomicInteger publishers = new AtomicInteger(4);
    AtomicInteger claimed = new AtomicInteger();
    Filter leased = Filter.ALL.ofStage("channel").in(State.LEASED);
    try (TaskGroup<Void> group = new TaskGroup<>()) {
      for (int i = 0; i < 4; i++) {
        int publisher = i;
        group.go(() -> {
          for (int n = 0; n < 15; n++) {
            queue().publishIfOpen(owned(publisher + "-" + n, "a"), "seen", null);
          }
          if (publishers.decrementAndGet() == 0) {
            queue().end("channel");
          }
        });
      }
      for (int i = 0; i < 2; i++) {
        group.go(() -> {
          List<Delivery> some = queue().claimInOrder("channel", 10, HOUR);
          while (!some.isEmpty()) {
            assertEquals(1, some.size());
            assertEquals(1, queue().list(leased, 0, 10).size());
            claimed.incrementAndGet();
            queue().settle(some.getFirst(), Outcome.done());
            some = queue().claimInOrder("channel", 10, HOUR);
          }
        });
      }
      group.await();
    }
    assertEquals(60, claimed.get());
  }
}

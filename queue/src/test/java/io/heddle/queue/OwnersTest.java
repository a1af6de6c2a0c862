package io.heddle.queue;

import static io.heddle.queue.QueueContract.HOUR;
import static io.heddle.queue.QueueContract.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.TaskGroup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What owners of messages have of each other, on both engines. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class OwnersTest {
  @TempDir private Path folder;

  private Queue open(boolean isShared) throws Exception {
    return Queues.open(
        isShared ? PostgresServer.shared().newSchema() : folder.resolve("queue").toString(), 4);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aClaimPassesOverOwners(boolean isShared) throws Exception {
    try (Queue queue = open(isShared)) {
      queue.publish(
          List.of(
              message("check", "a").ownedBy("anna"),
              message("check", "b").ownedBy("bert"),
              message("check", "c").ownedBy("carl"),
              message("check", "nobodys")));
      List<Delivery> claimed = queue.claim("check", 9, HOUR, Set.of("anna", "carl"));
      assertEquals(List.of("b", "nobodys"), claimed.stream().map(Delivery::key).toList());
      assertEquals(List.of("bert", ""), claimed.stream().map(Delivery::owner).toList());
      Go.run(() -> {
        Chan<String> got = Chan.buffered(1);
        Go.go(() -> got.send(queue.claim("check", 9, HOUR, Set.of("anna")).getFirst().key()));
        assertEquals("c", got.receive(Duration.ofSeconds(60)));
        Go.go(() -> got.send(queue.claim("check", 9, HOUR, Set.of("anna")).getFirst().key()));
        queue.publish(List.of(message("check", "more").ownedBy("anna")));
        queue.publish(List.of(message("check", "late").ownedBy("dora")));
        assertEquals("late", got.receive(Duration.ofSeconds(60)));
      });
      assertEquals("a", queue.claim("check", 1, HOUR).getFirst().key());
    }
  }

  /** Two consumers wait, are notified of places that are free again, and miss no message. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void twoConsumersThatShareTheirPlacesWorkOnEveryMessage(boolean isShared) throws Exception {
    int count = 60;
    try (Queue queue = open(isShared)) {
      Chan<String> worked = Chan.buffered(3 * count);
      Go.run(() -> {
        try (CancelContext context = Context.background().withCancel()) {
          List<Goroutine<?>> consumers = new ArrayList<>();
          for (int i = 0; i < 2; i++) {
            Consumer consumer =
                new Consumer(
                    queue,
                    "check",
                    Consumer.Settings.DEFAULT.withConcurrency(3),
                    (delivery, _) -> {
                      worked.send(delivery.key());
                      return Outcome.done();
                    },
                    Observer.NONE);
            consumers.add(Go.go(() -> consumer.run(context)));
          }
          for (String owner : List.of("anna", "bert", "carl")) {
            Go.go(() -> {
              for (int i = 0; i < count; i += 10) {
                int first = i;
                queue.publish(
                    IntStream.range(first, first + 10)
                        .mapToObj(j -> message("check", owner + j).ownedBy(owner))
                        .toList());
              }
            });
          }
          Set<String> keys = new TreeSet<>();
          for (int i = 0; i < 3 * count; i++) {
            keys.add(worked.receive(Duration.ofSeconds(60)));
          }
          assertEquals(3 * count, keys.size());
          context.cancel();
          for (Goroutine<?> consumer : consumers) {
            consumer.join();
          }
        }
      });
      assertEquals(List.of(), queue.list(Filter.ALL, 0, 10));
    }
  }

  private static Queue.Publication publish(Queue queue, String key, Quota... quotas)
      throws Exception {
    Hold own = new Hold("resource of " + key, key, List.of("check"));
    return queue.publishWithHold(message("check", key).ownedBy("anna"), own, List.of(quotas));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anOwnerHasNoMoreMessagesThanAQuotaPermits(boolean isShared) throws Exception {
    Quota two = new Quota.Count(List.of("check", "validate"), 2);
    try (Queue queue = open(isShared)) {
      assertTrue(publish(queue, "a", two).isNew());
      assertTrue(publish(queue, "b", two).isNew());
      assertEquals(
          new Queue.Publication(false, "c", new Quota.Exceeded(two, null)),
          publish(queue, "c", two));
      assertEquals(new Queue.Publication(false, "a"), publish(queue, "a", two), "it is there");
      assertNull(queue.find("c"));
      Hold other = new Hold("another", "owner", List.of("check"));
      assertTrue(
          queue
              .publishWithHold(message("check", "bert's").ownedBy("bert"), other, List.of(two))
              .isNew());

      List<Delivery> claimed = queue.claim("check", 1, HOUR);
      queue.settle(claimed.getFirst(), Outcome.done(message("validate", "a").ownedBy("anna")));
      assertNotNull(publish(queue, "c", two).exceeded(), "the next stage counts, too");
      Delivery last = queue.claim("validate", 1, HOUR).getFirst();
      assertNotNull(publish(queue, "c", two).exceeded(), "so does one that is worked on");
      queue.settle(last, new Outcome.Dead("no"));
      assertTrue(publish(queue, "c", two).isNew());

      assertEquals(
          new Queue.Replayed(false, new Quota.Exceeded(two, null)),
          queue.replay("a", "anna", List.of(two)));
      assertEquals(new Queue.Replayed(false, null), queue.replay("b", "anna", List.of(two)));
      assertEquals(State.DEAD, queue.find("a").state());
      assertEquals(new Queue.Replayed(true, null), queue.replay("a", "anna", List.of()));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRateSaysWhenItPermitsOneMore(boolean isShared) throws Exception {
    Quota twice = new Quota.Rate("receipt", 2, HOUR);
    try (Queue queue = open(isShared)) {
      assertTrue(publish(queue, "a", twice).isNew());
      assertFalse(publish(queue, "a", twice).isNew());
      Quota longer = new Quota.Rate("receipt", 2, HOUR.multipliedBy(2));
      assertTrue(publish(queue, "b", longer).isNew());
      Quota.Exceeded exceeded = publish(queue, "c", twice).exceeded();
      assertTrue(exceeded.delay().compareTo(HOUR) <= 0, exceeded::toString);
      assertTrue(exceeded.delay().compareTo(HOUR.minusMinutes(2)) > 0, exceeded::toString);
      // The limit is lowered: both receipts have to fall due, not only the first.
      Quota once = new Quota.Rate("receipt", 1, HOUR);
      assertTrue(publish(queue, "c", once).exceeded().delay().compareTo(HOUR) > 0);
      Quota soon = new Quota.Rate("brief", 1, Duration.ofMillis(1));
      assertTrue(publish(queue, "d", soon).isNew());
      assertEquals("", queue.claim("brief", 1, HOUR).getFirst().body()); // it is due: it is over
      assertTrue(publish(queue, "e", soon).isNew());
    }
  }

  /** Each is added or refused, and none is added that exceeds a quota. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void howeverManyPublishAtTheSameTimeNoQuotaIsExceeded(boolean isShared) throws Exception {
    Quota count = new Quota.Count(List.of("check"), 7);
    Quota rate = new Quota.Rate("receipt", 5, HOUR);
    try (Queue queue = open(isShared);
        TaskGroup<Queue.Publication> group = new TaskGroup<>()) {
      for (int i = 0; i < 24; i++) {
        String key = "m" + i;
        group.go(() -> publish(queue, key, count, rate));
      }
      List<Queue.Publication> made = group.await();
      assertEquals(5, made.stream().filter(Queue.Publication::isNew).count());
      assertEquals(19, made.stream().filter(one -> one.exceeded() != null).count());
      assertEquals(5, queue.list(Filter.ALL.ofStage("check"), 0, 100).size());
      assertEquals(5, queue.list(Filter.ALL.ofStage("receipt"), 0, 100).size());
    }
  }
}

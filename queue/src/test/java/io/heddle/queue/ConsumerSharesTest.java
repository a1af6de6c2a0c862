package io.heddle.queue;

import static io.heddle.queue.QueueContract.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.testing.Bubble;
import io.heddle.testing.Bubbled;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How owners share the places of a consumer, in virtual time. */
@Bubbled
final class ConsumerSharesTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @TempDir private Path folder;
  private Queue queue;
  private final CancelContext context = Context.background().withCancel();
  private Goroutine<?> consumer;

  /** How long the work on the messages of an owner takes. */
  private final Map<String, Duration> works = new ConcurrentHashMap<>();

  @BeforeEach
  void open() throws Exception {
    queue = SqliteQueue.open(folder.resolve("queue"));
    Consumer made =
        new Consumer(
            queue,
            "check",
            Consumer.Settings.DEFAULT.withConcurrency(12),
            (delivery, _) -> {
              Go.sleep(works.getOrDefault(delivery.owner(), MINUTE));
              return Outcome.done();
            },
            Observer.NONE);
    consumer = Go.go(context, () -> made.run(context));
  }

  @AfterEach
  void close() throws Exception {
    context.cancel();
    consumer.join();
    assertNull(consumer.failure());
    queue.close();
  }

  private void publish(String owner, int count) throws Exception {
    queue.publish(
        IntStream.range(0, count)
            .mapToObj(i -> message("check", owner + i).ownedBy(owner))
            .toList());
  }

  /** How many messages of each owner are being worked on. */
  private Map<String, Integer> working(String... owners) throws Exception {
    Bubble.settle();
    Map<String, Integer> working = new HashMap<>();
    for (String owner : owners) {
      int count = queue.list(Filter.ALL.ofOwner(owner).in(State.LEASED), 0, 100).size();
      working.put(owner, count);
    }
    return working;
  }

  @Test
  void anOwnerLeavesPlacesForTheNextHoweverManyMessagesItHas() throws Exception {
    works.put("anna", Duration.ofHours(10));
    publish("anna", 40);
    assertEquals(Map.of("anna", 6), working("anna"));
    publish("bert", 1);
    assertEquals(Map.of("anna", 6, "bert", 1), working("anna", "bert"));
    Go.sleep(MINUTE);
    assertEquals(Map.of("anna", 6, "bert", 0), working("anna", "bert"));
  }

  @Test
  void ownersHaveEqualShares() throws Exception {
    works.put("anna", Duration.ofSeconds(50)); // so that not all places are free at one moment
    works.put("bert", Duration.ofSeconds(70));
    publish("anna", 90);
    publish("bert", 90);
    publish("carl", 90);
    Go.sleep(MINUTE.multipliedBy(4));
    assertEquals(Map.of("anna", 3, "bert", 3, "carl", 3), working("anna", "bert", "carl"));
    publish("dora", 1);
    assertEquals(Map.of("dora", 1), working("dora"));
  }

  @Test
  void whatAnOwnerLeavesAnotherTakesAtOnce() throws Exception {
    works.put("bert", Duration.ofSeconds(30));
    publish("anna", 90);
    publish("bert", 4);
    assertEquals(Map.of("anna", 6, "bert", 4), working("anna", "bert"));
    Go.sleep(Duration.ofSeconds(30));
    assertEquals(Map.of("anna", 6, "bert", 0), working("anna", "bert"));
    Go.sleep(MINUTE.multipliedBy(90 / 6 + 1));
    assertEquals(Map.of("anna", 0), working("anna"));
    assertEquals(List.of(), queue.list(Filter.ALL, 0, 1), "all are done");
  }

  @Test
  void messagesWithoutAnOwnerHaveNoLimit() throws Exception {
    publish("", 40);
    assertEquals(Map.of("", 12), working(""));
  }

  @Test
  void aSinglePlaceIsForWhoeverIsFirst() throws Exception {
    Shares shares = new Shares(1);
    assertEquals(1, shares.allowance(1).max());
    shares.take("anna");
    shares.giveBack("anna");
    assertEquals(new Shares.Allowance(1, java.util.Set.of()), shares.allowance(1));
  }
}

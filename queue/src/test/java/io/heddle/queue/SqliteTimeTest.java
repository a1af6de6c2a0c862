package io.heddle.queue;

import static io.heddle.queue.QueueContract.HOUR;
import static io.heddle.queue.QueueContract.message;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.heddle.Go;
import io.heddle.testing.Bubbled;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The time of day jumps, and the embedded queue does not care. */
@Bubbled
final class SqliteTimeTest {
  private static final Duration YEAR = Duration.ofDays(365);

  @TempDir private Path folder;
  private Duration jump = Duration.ZERO;

  private Instant now() {
    return Go.now().plus(jump);
  }

  private SqliteQueue open() throws Exception {
    return SqliteQueue.open(folder.resolve("queue"), this::now);
  }

  private static int due(Queue queue) throws Exception {
    return queue.tryClaim("check", 10, HOUR).size();
  }

  @Test
  void aJumpWhileItRunsChangesNothing() throws Exception {
    try (Queue queue = open()) {
      queue.publish(List.of(message("check", "leased")));
      assertEquals(1, due(queue));
      queue.publish(List.of(message("check", "deferred").in(Duration.ofMinutes(30))));
      jump = YEAR;
      assertEquals(0, due(queue));
      jump = YEAR.negated();
      Go.sleep(Duration.ofMinutes(30));
      assertEquals(1, due(queue));
      Go.sleep(Duration.ofMinutes(30));
      assertEquals(1, due(queue)); // the first lease is over
    }
  }

  @Test
  void aJumpBackwardsWhileNothingRunsHoldsUpNothing() throws Exception {
    try (Queue queue = open()) {
      queue.publish(List.of(message("check", "deferred").in(HOUR)));
    }
    jump = YEAR.negated();
    try (Queue queue = open()) {
      assertEquals(0, due(queue));
      Go.sleep(HOUR);
      assertEquals(1, due(queue));
    }
  }

  /**
   * Nothing else tells how long the queue was closed; but only once, and nothing is stuck after.
   */
  @Test
  void aTimeOfDayThatIsAheadWhenItIsOpenedLooksLikeAPause() throws Exception {
    try (Queue queue = open()) {
      queue.publish(List.of(message("check", "early").in(Duration.ofDays(364))));
    }
    jump = YEAR;
    try (Queue queue = open()) {
      queue.settle(queue.tryClaim("check", 10, HOUR).getFirst(), Outcome.done());
      queue.publish(List.of(message("check", "deferred").in(HOUR)));
    }
    jump = Duration.ZERO;
    try (Queue queue = open()) {
      Go.sleep(HOUR.minusMillis(1));
      assertEquals(0, due(queue));
      Go.sleep(Duration.ofMillis(1));
      assertEquals(1, due(queue));
    }
  }

  @Test
  void aPauseCounts() throws Exception {
    try (Queue queue = open()) {
      queue.publish(List.of(message("check", "deferred").in(HOUR)));
    }
    Go.sleep(HOUR);
    try (Queue queue = open()) {
      assertEquals(1, due(queue));
    }
  }

  @Test
  void leasesEndWithTheirProcess() throws Exception {
    try (Queue queue = open()) {
      queue.publish(List.of(message("check", "a")));
      assertEquals(1, due(queue));
    }
    try (Queue queue = open()) {
      List<Delivery> deliveries = queue.tryClaim("check", 1, HOUR); // at once
      assertEquals(1, deliveries.size());
      assertEquals(1, deliveries.getFirst().losses());
    }
  }
}

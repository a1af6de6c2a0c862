package io.heddle.orders.queue;

import static io.heddle.orders.queue.QueueContract.HOUR;
import static io.heddle.orders.queue.QueueContract.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The time of day of the database server jumps. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class PostgresClockTest {
  private static final Duration MARGIN = Duration.ofMinutes(2);

  private String address;
  private PostgresQueue queue;

  @BeforeEach
  void open() throws Exception {
    address = PostgresServer.shared().newSchema();
    queue = PostgresQueue.open(address, 2);
  }

  @AfterEach
  void close() {
    if (queue != null) {
      queue.close();
    }
  }

  /** Sets the server's clock: what the queue's functions see of it. */
  private void jump(Duration offset) throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:" + address);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE OR REPLACE FUNCTION queue_wall() RETURNS bigint LANGUAGE sql STABLE AS "
              + "$$ SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint + "
              + offset.toSeconds()
              + "::bigint * 1000000 $$");
    }
  }

  private Instant published(String key) throws Exception {
    queue.publish(List.of(message("times", key)));
    Entry entry = queue.find(key);
    assertNotNull(entry);
    return entry.published();
  }

  private void assertSteady(Instant before, Instant after) {
    assertTrue(Duration.between(before, after).abs().compareTo(MARGIN) < 0, before + " " + after);
  }

  @Test
  void aJumpForwardsMakesNothingDueAndEndsNoLease() throws Exception {
    queue.publish(List.of(message("check", "leased")));
    List<Delivery> leased = queue.claim("check", 1, HOUR);
    queue.publish(List.of(message("check", "deferred").in(HOUR)));
    Instant before = published("before");
    jump(Duration.ofDays(365));
    assertEquals(List.of(), queue.tryClaim("check", 2, HOUR)); // though nobody has noticed yet
    queue.clock().look();
    assertEquals(List.of(), queue.tryClaim("check", 2, HOUR));
    assertSteady(before, published("after"));
    queue.settle(leased.getFirst(), Outcome.done());
  }

  @Test
  void aJumpBackwardsHoldsUpNothing() throws Exception {
    queue.publish(List.of(message("check", "leased")));
    queue.claim("check", 1, Duration.ofMillis(100));
    queue.publish(List.of(message("check", "deferred").in(Duration.ofMillis(100))));
    Instant before = published("before");
    jump(Duration.ofDays(-365));
    assertEquals(List.of(), queue.tryClaim("check", 2, HOUR));
    queue.clock().look();
    assertEquals(1, queue.claim("check", 1, HOUR).size());
    assertEquals(1, queue.claim("check", 1, HOUR).size());
    assertSteady(before, published("after"));
  }

  @Test
  void aJumpBackwardsWhileNobodyLooksHoldsUpNothing() throws Exception {
    queue.publish(List.of(message("check", "deferred").in(Duration.ofMillis(100))));
    Instant before = published("before");
    queue.close();
    jump(Duration.ofDays(-365));
    queue = PostgresQueue.open(address, 2);
    assertEquals(1, queue.claim("check", 1, HOUR).size());
    assertSteady(before, published("after"));
  }

  @Test
  void aJumpIsTakenOutOnce() throws Exception {
    Instant before = published("before");
    try (PostgresQueue other = PostgresQueue.open(address, 2)) {
      jump(Duration.ofDays(1));
      queue.clock().look();
      other.clock().look();
      queue.clock().look();
    }
    assertSteady(before, published("after"));
  }
}

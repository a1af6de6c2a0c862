package io.heddle.queue;

import static io.heddle.queue.QueueContract.HOUR;
import static io.heddle.queue.QueueContract.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.heddle.Go;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The time of day of the database server jumps. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
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
    PostgresServer.jump(address, Duration.ofDays(365));
    assertEquals(List.of(), queue.tryClaim("check", 2, HOUR)); // although not noticed yet
    queue.clock().look();
    assertEquals(List.of(), queue.tryClaim("check", 2, HOUR));
    assertSteady(before, published("after"));
    queue.settle(leased.getFirst(), Outcome.done());
  }

  /** Otherwise two workers would have all that is being worked on, until the first one looks. */
  @Test
  void aJumpForwardsEndsNoLeaseThatIsExtendedInTime() throws Exception {
    Duration left = Consumer.Settings.DEFAULT.lease().multipliedBy(2).dividedBy(3);
    queue.publish(List.of(message("check", "leased")));
    queue.claim("check", 1, left.minusSeconds(2));
    PostgresServer.jump(address, Duration.ofDays(365));
    assertEquals(List.of(), queue.tryClaim("check", 2, HOUR));
  }

  @Test
  void aJumpBackwardsHoldsUpNothing() throws Exception {
    queue.publish(List.of(message("check", "leased")));
    queue.claim("check", 1, Duration.ofMillis(100));
    queue.publish(List.of(message("check", "deferred").in(Duration.ofMillis(100))));
    Instant before = published("before");
    PostgresServer.jump(address, Duration.ofDays(-365));
    assertEquals(List.of(), queue.tryClaim("check", 2, HOUR));
    queue.clock().look();
    assertEquals(1, queue.claim("check", 1, HOUR).size());
    assertEquals(1, queue.claim("check", 1, HOUR).size());
    assertSteady(before, published("after"));
  }

  /** What is kept for ninety days would be forgotten at once. */
  @Test
  void whatIsPublishedBeforeAJumpBackwardsIsNoticedIsNotDueEarly() throws Exception {
    queue.clock().look();
    PostgresServer.jump(address, Duration.ofDays(-365));
    queue.publish(List.of(message("check", "deferred").in(HOUR)));
    queue.clock().look();
    assertEquals(List.of(), queue.tryClaim("check", 2, HOUR));
  }

  @Test
  void aJumpBackwardsWhileNobodyLooksHoldsUpNothing() throws Exception {
    queue.publish(List.of(message("check", "deferred").in(Duration.ofMillis(100))));
    Instant before = published("before");
    queue.close();
    PostgresServer.jump(address, Duration.ofDays(-365));
    queue = PostgresQueue.open(address, 2);
    assertEquals(1, queue.claim("check", 1, HOUR).size());
    assertSteady(before, published("after"));
  }

  @Test
  void aJumpIsTakenOutOnce() throws Exception {
    Instant before = published("before");
    try (PostgresQueue other = PostgresQueue.open(address, 2)) {
      PostgresServer.jump(address, Duration.ofDays(1));
      queue.clock().look();
      other.clock().look();
      queue.clock().look();
    }
    assertSteady(before, published("after"));
  }

  /** A virtual machine was suspended for an hour, and its monotonic clock with it. */
  @Test
  void whoseOwnClockStoodStillYieldsToThoseThatRan() throws Exception {
    AtomicLong stoodStill = new AtomicLong();
    try (HikariDataSource pool = pool()) {
      PostgresClock suspended = PostgresClock.start(pool, () -> Go.nanoTime() - stoodStill.get());
      try {
        Instant before = published("before");
        stoodStill.set(HOUR.toNanos());
        for (int i = 0; i < 3; i++) {
          suspended.look();
          queue.clock().look();
          assertEquals(0, shiftInSeconds(), 0.001);
        }
        assertSteady(before, published("after"));
      } finally {
        suspended.close();
      }
    }
  }

  /**
   * It was the only one that could look: the hour is not counted until another process corrects it.
   */
  @Test
  void processesThatDisagreeDoNotCorrectEachOtherWithoutEnd() throws Exception {
    AtomicLong stoodStill = new AtomicLong();
    try (HikariDataSource pool = pool()) {
      PostgresClock suspended = PostgresClock.start(pool, () -> Go.nanoTime() - stoodStill.get());
      try {
        Instant before = published("before");
        stoodStill.set(HOUR.toNanos());
        execute("UPDATE queue_clock SET high = high - " + micros(HOUR));
        suspended.look();
        assertEquals(-3600, shiftInSeconds(), 60);
        for (int i = 0; i < 3; i++) {
          queue.clock().look();
          assertEquals(0, shiftInSeconds(), 1);
          suspended.look();
        }
        assertSteady(before, published("after"));
      } finally {
        suspended.close();
      }
    }
  }

  private static long micros(Duration duration) {
    return duration.toNanos() / 1000;
  }

  private HikariDataSource pool() {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl("jdbc:" + address);
    config.setMaximumPoolSize(2);
    config.setAutoCommit(false);
    return new HikariDataSource(config);
  }

  private void execute(String sql) throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:" + address);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private double shiftInSeconds() throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:" + address);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT shift FROM queue_clock")) {
      row.next();
      return row.getLong(1) / 1e6;
    }
  }
}

package io.heddle.queue;

import static io.heddle.queue.QueueContract.HOUR;
import static io.heddle.queue.QueueContract.message;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.testing.Bubble;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A message is due, and another transaction has locked it for long. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class LockedRowsTest {
  @TempDir private Path folder;

  /** An engine for which the first of the messages that are due is always locked. */
  private static final class Locked extends SqlQueue {
    private final Session session;
    private final AtomicInteger looks;

    Locked(Session session, AtomicInteger looks) {
      String now = "(SELECT 1 << 60)";
      MessageTable table =
          new MessageTable(now, "OFFSET 1", null, new HoldTable(null), new QuotaTable(now, null));
      super(table, new ChannelTable(table, now, "", null), null);
      this.session = session;
      this.looks = looks;
    }

    @Override
    <T extends @Nullable Object> T write(Work<T> work) {
      looks.incrementAndGet();
      return read(work);
    }

    @Override
    <T extends @Nullable Object> T read(Work<T> work) {
      try {
        return work.run(session);
      } catch (SQLException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public void close() {}
  }

  @Test
  void whoWaitsForItAsksTheDatabaseOnceASecond() throws Exception {
    Path file = folder.resolve("queue");
    try (Queue queue = SqliteQueue.open(file)) {
      queue.publish(List.of(message("check", "locked")));
    }
    try (Session session = new Session(DriverManager.getConnection("jdbc:sqlite:" + file))) {
      AtomicInteger looks = new AtomicInteger();
      Bubble.run(() -> {
        Locked queue = new Locked(session, looks);
        Goroutine<?> waiter =
            Go.go(() ->
                assertThrows(InterruptedException.class, () -> queue.claim("check", 1, HOUR)));
        Go.sleep(Duration.ofMinutes(1)); // in virtual time
        waiter.cancel();
        waiter.join();
      });
      assertTrue(looks.get() > 60 && looks.get() < 80, looks + " looks in a minute");
    }
  }
}

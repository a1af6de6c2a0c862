package io.heddle.queue;

import static io.heddle.queue.QueueContract.HOUR;
import static io.heddle.queue.QueueContract.message;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.WaitGroup;
import io.heddle.testing.Explore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who waits for messages is woken in time, under many schedules. */
final class ArrivalsTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @TempDir private Path folder;
  private final AtomicInteger files = new AtomicInteger();

  @Test
  void whoLeavesPassesOnWhatItKnows() throws Exception {
    Explore.schedules(20).check(this::leave);
  }

  private void leave() throws Exception {
    Instant start = Go.now();
    Set<String> got = new TreeSet<>();
    Set<String> wanted = new TreeSet<>(Set.of("now PT0S", "soon PT1M"));
    Queue queue = SqliteQueue.open(folder.resolve("queue" + files.incrementAndGet()));
    Goroutine<?> impatient =
        Go.go(() -> {
          try {
            claim(queue, start, got);
          } catch (InterruptedException e) {
            return; // nothing was taken
          }
          wanted.add("another PT0S"); // for who goes without because of it
          List<Message> another = List.of(message("check", "another"));
          try {
            queue.publish(another);
          } catch (InterruptedException e) { // it came too late for the claim
            queue.publish(another);
          }
        });
    WaitGroup waiters = new WaitGroup();
    for (int i = 0; i < 2; i++) {
      waiters.go(() -> claim(queue, start, got));
    }
    queue.publish(List.of(message("check", "soon").in(MINUTE)));
    impatient.cancel();
    queue.publish(List.of(message("check", "now")));
    impatient.join();
    waiters.await(HOUR);
    queue.close();
    assertEquals(wanted, got);
  }

  private static void claim(Queue queue, Instant start, Set<String> got) throws Exception {
    Delivery one = queue.claim("check", 1, HOUR).getFirst();
    got.add(one.key() + " " + Duration.between(start, Go.now()));
  }
}

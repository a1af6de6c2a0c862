package io.heddle.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Mutex;
import io.heddle.WaitGroup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** The examples of docs/testing.md and README.md. */
final class GuideTest {
  private void transfers() throws Exception {
    Mutex a = new Mutex();
    Mutex b = new Mutex();
    WaitGroup transfers = new WaitGroup();
    transfers.go(() -> transfer(a, b));
    transfers.go(() -> transfer(b, a));
    transfers.await();
  }

  private static void transfer(Mutex from, Mutex to) throws InterruptedException {
    from.lock();
    to.lock();
    to.unlock();
    from.unlock();
  }

  @Test
  void theGuideShowsWhatTheExplorationSays() throws Exception {
    ExplorationError error = Explore.seeds(1000).search(this::transfers).error();
    assertNotNull(error);
    String guide = Files.readString(Path.of("..", "docs", "testing.md"));
    String message = error.getMessage();
    String story = message.substring(0, message.indexOf("\n\ngoroutine 1 ["));
    assertTrue(guide.contains(story), "docs/testing.md should have\n" + story);
  }

  private static final class Session {
    private final Instant end = Go.now().plus(Duration.ofHours(1));

    boolean isOpen() {
      return Go.now().isBefore(end);
    }
  }

  @Test
  @Bubbled
  void aSessionEndsAfterAnHour() throws Exception {
    Session session = new Session();
    Go.sleep(Duration.ofMinutes(59));
    assertTrue(session.isOpen());
    Go.sleep(Duration.ofMinutes(1));
    Bubble.settle();
    assertFalse(session.isOpen());
  }

  @Test
  @Bubbled
  void timesOutAfterAnHour() throws Exception {
    try (var context = Context.background().withTimeout(Duration.ofHours(1))) {
      assertThrows(ContextException.class, () -> Chan.never().receive(context));
    }
    assertEquals(Duration.ofHours(1), Duration.ofNanos(Go.nanoTime()));
  }
}

package io.heddle.queue;

import static io.heddle.queue.QueueContract.HOUR;
import static io.heddle.queue.QueueContract.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.TaskGroup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A person settles a message in place of its worker, on both engines. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class InterventionTest {
  private static final Note NOTE = new Note("anna", "127.0.0.1", "cancelled");

  @TempDir private Path folder;

  private Queue open(boolean isShared) throws Exception {
    return Queues.open(
        isShared ? PostgresServer.shared().newSchema() : folder.resolve("queue").toString(), 4);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theWorkerLosesItsLease(boolean isShared) throws Exception {
    try (Queue queue = open(isShared)) {
      queue.publish(List.of(message("check", "a")));
      Delivery delivery = queue.claim("check", 1, HOUR).getFirst();
      Entry seen = queue.find("a");
      assertTrue(queue.settle(seen, new Outcome.Dead("cancelled", "its last text"), NOTE));
      assertThrows(LeaseLostException.class, () -> queue.settle(delivery, Outcome.done()));
      assertEquals(List.of(delivery), queue.extend(List.of(delivery), HOUR));
      Entry dead = queue.find("a");
      assertEquals(State.DEAD, dead.state());
      assertEquals("cancelled", dead.reason());
      assertEquals("its last text", dead.body());
      assertEquals(
          NOTE, queue.notes(null, "a", Long.MAX_VALUE, 2).getFirst().note(), "in the audit log");
      assertFalse(queue.settle(dead, Outcome.done(), null), "the dead are purged or replayed");
      assertFalse(queue.settle(seen, Outcome.done(), null), "it has changed since");
      assertEquals(1, queue.replay(Filter.DEAD));
      assertThrows(LeaseLostException.class, () -> queue.settle(delivery, Outcome.done()));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aMessageIsDueAtOnceAndItsAttemptsStay(boolean isShared) throws Exception {
    try (Queue queue = open(isShared)) {
      queue.publish(List.of(message("check", "a")));
      queue.settle(queue.claim("check", 1, HOUR).getFirst(), new Outcome.Retry(HOUR, "not yet"));
      assertEquals(List.of(), queue.tryClaim("check", 1, HOUR));
      assertEquals(1, queue.find("a").attempts());
      assertTrue(queue.settle(queue.find("a"), new Outcome.Defer(Duration.ZERO, "now"), null));
      assertEquals(1, queue.find("a").attempts());
      Delivery second = queue.claim("check", 1, HOUR).getFirst();
      assertEquals(2, second.attempt());
      // The attempt that a worker had begun is taken back, as by its own deferral.
      assertTrue(
          queue.settle(queue.find("a"), new Outcome.Defer(Duration.ZERO, "now", "new"), null));
      assertEquals(1, queue.find("a").attempts());
      assertEquals("new", queue.claim("check", 1, HOUR).getFirst().body());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aMessageIsRemovedWithWhatItHolds(boolean isShared) throws Exception {
    try (Queue queue = open(isShared)) {
      Hold hold = new Hold("name", "anna", List.of("check"));
      queue.publishWithHold(message("check", "a"), hold, List.of());
      assertEquals("a", queue.hold("b", List.of(new Hold("name", "berta", List.of("check")))));
      assertTrue(queue.settle(queue.find("a"), Outcome.done(), null));
      assertNull(queue.find("a"));
      assertFalse(queue.holds("a", "name"));
      queue.publish(List.of(message("check", "a"), message("validate", "a")));
      Entry seen = queue.list(Filter.ALL.ofStage("check"), 0, 1).getFirst();
      Outcome taken = Outcome.done(message("validate", "a"));
      assertThrows(KeyTakenException.class, () -> queue.settle(seen, taken, null));
      assertEquals(1, queue.list(Filter.ALL.ofStage("check"), 0, 2).size());
    }
  }

  /** Either the person wins or the worker, and both learn it. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPersonAndAWorkerRace(boolean isShared) throws Exception {
    try (Queue queue = open(isShared)) {
      Go.run(() -> {
        for (int i = 0; i < 40; i++) {
          String key = "m" + i;
          queue.publish(List.of(message("check", key)));
          Delivery delivery = queue.claim("check", 1, HOUR).getFirst();
          Entry seen = queue.find(key);
          boolean isDead;
          boolean isDone;
          try (TaskGroup<Boolean> race = new TaskGroup<>()) {
            race.go(() -> queue.settle(seen, new Outcome.Dead("cancelled"), null));
            race.go(() -> {
              try {
                queue.settle(delivery, Outcome.done(message("validate", key)));
                return true;
              } catch (LeaseLostException e) {
                return false;
              }
            });
            List<Boolean> both = race.await();
            isDead = both.getFirst();
            isDone = both.getLast();
          }
          assertTrue(isDead ^ isDone, key);
          Entry left = queue.find(key);
          assertEquals(isDead ? "check" : "validate", left.stage());
          assertEquals(isDead ? State.DEAD : State.WAITING, left.state());
        }
      });
    }
  }
}

package io.heddle.queue;

import static io.heddle.queue.QueueContract.HOUR;
import static io.heddle.queue.QueueContract.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stage that has another message with the key of one that is handed on, on both engines. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class HandOverTest {
  @TempDir private Path folder;

  private Queue open(boolean isShared) throws Exception {
    return Queues.open(
        isShared ? PostgresServer.shared().newSchema() : folder.resolve("queue").toString(), 4);
  }

  /** The message was removed, and nothing was in its place. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void losesNothing(boolean isShared) throws Exception {
    try (Queue queue = open(isShared)) {
      queue.publish(List.of(message("check", "a"), message("validate", "a")));
      Delivery delivery = queue.claim("check", 1, HOUR).getFirst();
      Outcome next = Outcome.done(message("done", "a"), message("validate", "a"));
      QueueException refused =
          assertThrows(KeyTakenException.class, () -> queue.settle(delivery, next));
      assertTrue(refused.getMessage().contains("stage check with the key a"), refused::getMessage);
      assertEquals(State.LEASED, queue.list(Filter.ALL.ofStage("check"), 0, 1).getFirst().state());
      assertEquals(List.of(), queue.list(Filter.ALL.ofStage("done"), 0, 1));
      queue.settle(queue.claim("validate", 1, HOUR).getFirst(), Outcome.done());
      queue.settle(delivery, next);
      assertEquals(1, queue.list(Filter.ALL.ofStage("validate"), 0, 2).size());
    }
  }

  /** A death and its report are one transaction, whoever settles. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aDeathIsReportedIfItHappens(boolean isShared) throws Exception {
    try (Queue queue = open(isShared)) {
      queue.publish(List.of(message("check", "a")));
      Delivery first = queue.claim("check", 1, HOUR).getFirst();
      Outcome dead = new Outcome.Dead("no", null, List.of(message("report", "a")));
      Entry seen = queue.list(Filter.ALL.ofStage("check").withKey("a"), 0, 1).getFirst();
      assertTrue(queue.settle(seen, new Outcome.Defer(Duration.ZERO, "again"), null));
      assertThrows(LeaseLostException.class, () -> queue.settle(first, dead));
      Filter reported = Filter.ALL.ofStage("report").withKey("a");
      assertEquals(List.of(), queue.list(reported, 0, 1));
      Delivery second = queue.claim("check", 1, HOUR).getFirst();
      queue.settle(second, dead);
      assertEquals(State.DEAD, queue.list(Filter.DEAD.withKey("a"), 0, 1).getFirst().state());
      assertEquals("a", queue.claim("report", 2, HOUR).getFirst().key());
      // If it cannot be reported, it does not happen.
      queue.publish(List.of(message("check", "b"), message("report", "b")));
      Entry other = queue.list(Filter.ALL.ofStage("check").withKey("b"), 0, 1).getFirst();
      Outcome taken = new Outcome.Dead("no", null, List.of(message("report", "b")));
      assertThrows(KeyTakenException.class, () -> queue.settle(other, taken, null));
      assertEquals(List.of(), queue.list(Filter.DEAD.withKey("b"), 0, 1));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void isAnAttemptThatFailed(boolean isShared) throws Exception {
    Backoff once = new Backoff(HOUR, HOUR, 0, HOUR, 1);
    try (Queue queue = open(isShared)) {
      Chan<Outcome> settled = Chan.buffered(1);
      Observer observer =
          new Observer() {
            @Override
            public void settled(Delivery delivery, Outcome outcome, Duration took) {
              settled.trySend(outcome);
            }

            @Override
            public void lost(Delivery delivery) {}

            @Override
            public void failed(String stage, QueueException failure) {}
          };
      queue.publish(List.of(message("check", "a"), message("validate", "a")));
      Consumer consumer =
          new Consumer(
              queue,
              "check",
              Consumer.Settings.DEFAULT.withFailures(once),
              (_, _) -> Outcome.done(message("validate", "a")),
              observer);
      Go.run(() -> {
        try (CancelContext context = Context.background().withCancel()) {
          Goroutine<?> running = Go.go(() -> consumer.run(context));
          assertTrue(settled.receive(Duration.ofSeconds(60)) instanceof Outcome.Dead);
          context.cancel();
          running.join();
        }
      });
      Entry dead = queue.list(Filter.ALL.ofStage("check"), 0, 1).getFirst();
      assertEquals(State.DEAD, dead.state());
      assertTrue(dead.reason().contains("cannot be handed on"), dead::reason);
    }
  }
}

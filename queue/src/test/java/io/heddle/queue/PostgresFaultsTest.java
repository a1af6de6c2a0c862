package io.heddle.queue;

import static io.heddle.queue.QueueContract.HOUR;
import static io.heddle.queue.QueueContract.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.WaitGroup;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The database server goes away, and comes back. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class PostgresFaultsTest {
  private static PostgresServer server;

  @BeforeAll
  static void start() {
    server = PostgresServer.launch();
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  private interface Outage {
    void begin() throws Exception;
  }

  @Test
  void consumersGoOnAfterTheServerWasStopped() throws Exception {
    workThrough(server::stop);
  }

  @Test
  void consumersGoOnAfterTheServerFellDown() throws Exception {
    workThrough(server::crash);
  }

  /** Messages go through two stages while the server is away for a while. */
  private void workThrough(Outage outage) throws Exception {
    int count = 300;
    Chan<QueueException> failures = Chan.buffered(1);
    AtomicInteger done = new AtomicInteger();
    Chan<Boolean> some = Chan.buffered(1);
    Observer observer =
        new Observer() {
          @Override
          public void settled(Delivery delivery, Outcome outcome, Duration took) {
            if (done.incrementAndGet() > count / 4) {
              some.trySend(true);
            }
          }

          @Override
          public void failed(String stage, QueueException failure) {
            failures.trySend(failure);
          }
        };
    Go.run(() -> {
      try (Queue queue = PostgresQueue.open(server.newSchema(), 4);
          CancelContext context = Context.background().withCancel()) {
        WaitGroup consumers = new WaitGroup();
        Consumer.Settings settings =
            Consumer.Settings.DEFAULT.withConcurrency(4).withLease(Duration.ofSeconds(3));
        for (String stage : List.of("check", "validate")) {
          String next = stage.equals("check") ? "validate" : "finished";
          Handler handler =
              (delivery, _) ->
                  Outcome.done(
                      message(next, delivery.key()),
                      message("mark", stage + " " + delivery.key() + " " + UUID.randomUUID()));
          consumers.go(() -> new Consumer(queue, stage, settings, handler, observer).run(context));
        }
        queue.publish(IntStream.range(0, count).mapToObj(i -> message("check", "m" + i)).toList());
        some.receive();
        outage.begin();
        QueueException failure = failures.receive();
        assertNotNull(failure);
        String said = failure.getMessage();
        assertTrue(said.startsWith("the queue postgresql://127.0.0.1:"), said);
        assertTrue(
            said.length() > "the queue postgresql://127.0.0.1:12345/postgres failed: ".length());
        server.start();
        while (queue.list(Filter.ALL.ofStage("finished"), 0, 2 * count).size() < count) {
          Go.sleep(Duration.ofMillis(50)); // another process would do no better
        }
        List<Entry> marks = queue.list(Filter.ALL.ofStage("mark"), 0, 10 * count);
        assertEquals(2 * count, marks.size());
        context.cancel();
        consumers.await();
      }
    });
  }

  @Test
  void processesHearOfEachOthersMessagesAlsoAfterARestart() throws Exception {
    String address = server.newSchema();
    Go.run(() -> {
      // They never look by themselves.
      try (Queue one = PostgresQueue.open(address, 2, HOUR);
          Queue other = PostgresQueue.open(address, 2, HOUR)) {
        hear(one, other, "first");
        hear(other, one, "second");
        server.stop();
        server.start();
        // The one who waits may have begun before it could hear: it looks when it can.
        hear(one, other, "third");
        hear(one, other, "fourth");
      }
    });
  }

  private static void hear(Queue one, Queue other, String key) throws Exception {
    Chan<String> got = Chan.buffered(1);
    Go.go(() -> got.send(retried(() -> one.claim("check", 1, HOUR)).getFirst().key()));
    assertEquals(1, (int) retried(() -> other.publish(List.of(message("check", key)))));
    assertEquals(key, got.receive(Duration.ofSeconds(60)));
  }

  private interface Call<T> {
    T run() throws QueueException, InterruptedException;
  }

  /** A pool may have connections that are dead and do not know it. */
  private static <T> T retried(Call<T> call) throws InterruptedException {
    while (true) {
      try {
        return call.run();
      } catch (QueueException e) {
        Go.sleep(Duration.ofMillis(100));
      }
    }
  }

  @Test
  void whatIsWrongIsNamed() {
    for (String wrong : List.of("postgresql:", "mysql://localhost/x", "postgresql://h", "a b")) {
      assertThrows(QueueException.class, () -> PostgresQueue.open(wrong, 1), wrong);
    }
    QueueException refused =
        assertThrows(
            QueueException.class,
            () -> PostgresQueue.open("postgresql://me:secret@127.0.0.1:1/nowhere", 1));
    assertTrue(refused.getMessage().contains("postgresql://127.0.0.1:1/nowhere"));
    assertTrue(refused.getMessage().contains("refused"), refused::getMessage);
    assertTrue(!refused.getMessage().contains("secret"), refused::getMessage);
  }
}

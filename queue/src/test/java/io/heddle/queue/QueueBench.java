package io.heddle.queue;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Task;
import io.heddle.WaitGroup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Measures a queue, and prints Markdown: {@code bin/bench-queue} runs it.
 *
 * <pre>QueueBench FILE|shared MESSAGES</pre>
 */
final class QueueBench {
  private static final String BODY = "x".repeat(1000);
  private static final Duration LEASE = Duration.ofMinutes(1);

  private final Queue queue;
  private int round;

  private QueueBench(Queue queue) {
    this.queue = queue;
  }

  public static void main(String[] arguments) throws Exception {
    int messages = Integer.parseInt(arguments[1]);
    if (arguments[0].equals("shared")) {
      try (PostgresServer server = PostgresServer.launch();
          Queue queue = PostgresQueue.open(server.newSchema(), 8)) {
        new QueueBench(queue).run("PostgreSQL", messages);
      }
    } else {
      try (Queue queue = SqliteQueue.open(Path.of(arguments[0]))) {
        new QueueBench(queue).run("embedded", messages);
      }
    }
  }

  private void run(String name, int messages) throws Exception {
    Go.run(() -> {
      throughput(16, messages / 4); // warms up
      pickUp(200);
      for (int concurrency : new int[] {1, 8, 64}) {
        int count = concurrency == 1 ? messages / 10 : messages;
        long[] took = throughput(concurrency, count);
        double seconds = Arrays.stream(took).max().orElseThrow() / 1e9;
        IO.println("| %s | %d at a time | %,.0f |".formatted(name, concurrency, count / seconds));
      }
      long[] late = pickUp(1000);
      IO.println(
          "| %s | picked up, median / 99 %% / longest | %.1f / %.1f / %.1f ms |"
              .formatted(name, ms(late, 0.5), ms(late, 0.99), ms(late, 1)));
    });
  }

  private static double ms(long[] sorted, double part) {
    return sorted[(int) Math.min(sorted.length - 1L, (long) (sorted.length * part))] / 1e6;
  }

  /** When each message was settled, with the next stage's published in the same transaction. */
  private long[] throughput(int concurrency, int count) throws Exception {
    String stage = "stage" + ++round;
    for (int i = 0; i < count; i += 500) {
      queue.publish(
          IntStream.range(i, Math.min(count, i + 500))
              .mapToObj(j -> new Message(stage, "m" + j, BODY))
              .toList());
    }
    long[] settled = new long[count];
    AtomicInteger next = new AtomicInteger();
    Chan<Boolean> done = Chan.buffered(1);
    long start = System.nanoTime();
    Observer observer =
        new Observer() {
          @Override
          public void settled(Delivery delivery, Outcome outcome, Duration took) {
            int i = next.getAndIncrement();
            settled[i] = System.nanoTime() - start;
            if (i == count - 1) {
              done.trySend(true);
            }
          }
        };
    Handler handler =
        (delivery, _) ->
            Outcome.done(new Message(stage + " done", delivery.key(), delivery.body()));
    consume(stage, concurrency, handler, observer, done::receive);
    return settled;
  }

  /** How long after it was published each message was in the hands of a handler. */
  private long[] pickUp(int count) throws Exception {
    String stage = "stage" + ++round;
    Chan<Long> started = Chan.buffered(1);
    long[] late = new long[count];
    Handler handler =
        (_, _) -> {
          started.send(System.nanoTime());
          return Outcome.done();
        };
    consume(
        stage,
        4,
        handler,
        Observer.NONE,
        () -> {
          for (int i = 0; i < count; i++) {
            long published = System.nanoTime();
            queue.publish(List.of(new Message(stage, "m" + i, BODY)));
            late[i] = started.receive() - published;
          }
        });
    Arrays.sort(late);
    return late;
  }

  private void consume(
      String stage, int concurrency, Handler handler, Observer observer, Task meanwhile)
      throws Exception {
    Consumer.Settings settings =
        Consumer.Settings.DEFAULT.withConcurrency(concurrency).withLease(LEASE);
    Consumer consumer = new Consumer(queue, stage, settings, handler, observer);
    WaitGroup consumers = new WaitGroup();
    try (CancelContext context = Context.background().withCancel()) {
      consumers.go(() -> consumer.run(context));
      meanwhile.run();
    }
    consumers.await();
  }
}

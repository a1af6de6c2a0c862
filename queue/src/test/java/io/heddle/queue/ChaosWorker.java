package io.heddle.queue;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.WaitGroup;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/**
 * A worker process that is going to be killed. Its messages go from stage to stage; each stage
 * leaves a mark of every time that it was completed, in the transaction that completes it. It may
 * also publish messages, and then says which are in the queue.
 *
 * <pre>ChaosWorker ADDRESS atomic|careless [FIRST COUNT]</pre>
 */
final class ChaosWorker {
  static final List<String> STAGES = List.of("order", "check", "validate");
  static final String END = "finished";
  static final String MARK = "mark";

  /** What a careless one says when it has published, and not acknowledged. */
  static final String AHEAD = "ahead";

  private static final Duration LEASE = Duration.ofSeconds(2);

  private final Queue queue;
  private final boolean careless;

  private ChaosWorker(Queue queue, boolean careless) {
    this.queue = queue;
    this.careless = careless;
  }

  public static void main(String[] arguments) throws Exception {
    Go.run(() -> {
      Queue queue = Queues.open(arguments[0], 4);
      ChaosWorker worker = new ChaosWorker(queue, arguments[1].equals("careless"));
      IO.println("ready");
      WaitGroup all = new WaitGroup();
      for (String stage : STAGES) {
        all.go(() -> worker.consume(stage));
      }
      if (arguments.length > 2) {
        worker.publish(Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]));
      }
      all.await();
    });
  }

  private void publish(int first, int count) throws Exception {
    for (int i = first; i < first + count; i++) {
      queue.publish(List.of(new Message(STAGES.getFirst(), "m" + i, "{}")));
      IO.println("published " + i);
    }
  }

  private void consume(String stage) throws InterruptedException {
    Consumer.Settings settings =
        new Consumer.Settings(8, LEASE, LEASE, Integer.MAX_VALUE, Backoff.ORDERS.scaled(0.0001));
    new Consumer(queue, stage, settings, (delivery, _) -> handle(delivery), Observer.NONE)
        .run(Context.background());
  }

  private Outcome handle(Delivery delivery) throws Exception {
    int dice = Math.floorMod((delivery.stage() + delivery.key()).hashCode(), 10);
    if (dice == 0 && delivery.attempt() == 1) {
      return new Outcome.Retry(Duration.ofMillis(50), "not yet");
    }
    if (dice == 1 && delivery.reason() == null) {
      return new Outcome.Defer(Duration.ofMillis(20), "too many");
    }
    int next = STAGES.indexOf(delivery.stage()) + 1;
    Message[] done = {
      new Message(next < STAGES.size() ? STAGES.get(next) : END, delivery.key(), "{}"),
      new Message(MARK, delivery.stage() + " " + delivery.key() + " " + UUID.randomUUID(), "")
    };
    if (careless) {
      queue.publish(List.of(done));
      IO.println(AHEAD);
      Go.sleep(Duration.ofMillis(20)); // what a server may well need
      return Outcome.done();
    }
    return Outcome.done(done);
  }
}

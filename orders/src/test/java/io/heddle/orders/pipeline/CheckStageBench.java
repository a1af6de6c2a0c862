package io.heddle.orders.pipeline;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.local.Pebble;
import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.files.Chain;
import io.heddle.orders.notify.Notifications;
import io.heddle.orders.store.OrderJson;
import io.heddle.orders.store.Ownership;
import io.heddle.orders.telemetry.Events;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.queue.Backoff;
import io.heddle.queue.Consumer;
import io.heddle.queue.Delivery;
import io.heddle.queue.Message;
import io.heddle.queue.Observer;
import io.heddle.queue.Outcome;
import io.heddle.queue.PostgresServer;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import java.net.URI;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How many orders go through the check stage in a second, and how long one takes from the queue to
 * the next stage: real checks by DNS and HTTP of the servers that come with Pebble, real queue. See
 * docs/performance.md for the command and figures.
 */
public final class CheckStageBench {
  private static final int ORDERS = 2000;
  private static final int CONCURRENCY = 64;
  private static final int WARM = 500;
  private static final String ACCOUNT = "account";

  private CheckStageBench() {}

  public static void main(String[] args) throws Exception {
    String address =
        args[0].equals("postgresql")
            ? PostgresServer.shared().newSchema()
            : Files.createTempDirectory("heddle-bench").resolve("orders.db").toString();
    try (Pebble pebble = Pebble.start(Map.of());
        Queue queue = Queues.open(address, 8)) {
      pebble.addHttp("token", "token.thumbprint");
      run(queue, pebble, 0, WARM, Duration.ZERO);
      report(args[0] + ", all at once", run(queue, pebble, 10_000, ORDERS, Duration.ZERO));
      report(args[0] + ", one each 10 ms", run(queue, pebble, 20_000, WARM, Duration.ofMillis(10)));
    }
    System.exit(0); // PostgreSQL ends with the process
  }

  private record Run(Duration took, long[] latencies) {}

  private static void report(String what, Run run) {
    Arrays.sort(run.latencies);
    int count = run.latencies.length;
    System.out.printf(
        "%s: %.0f orders/s; latency 50 %% %.1f ms, 99 %% %.1f ms%n",
        what,
        count / (run.took.toNanos() / 1e9),
        run.latencies[count / 2] / 1e6,
        run.latencies[count * 99 / 100] / 1e6);
  }

  private static Run run(Queue queue, Pebble pebble, int first, int count, Duration pace)
      throws Exception {
    String stageName = OrderState.CHECKING.label();
    long[] latencies = new long[count];
    long[] published = new long[count];
    Chan<Integer> done = Chan.buffered(count);
    Metrics metrics = new Metrics(queue);
    Retries retries = new Retries(Backoff.ORDERS, Duration.ofMinutes(1));
    Stage stage =
        new CheckStage(
            Service.preflight(pebble), Set.of("http-01"), Duration.ofHours(1), retries, metrics);
    Events events = new Events(OrderState.CHECKING, Log.NONE, metrics);
    StageHandler handler =
        new StageHandler(
            OrderState.CHECKING,
            _ -> stage,
            Accounts.one(ACCOUNT, new PromptAuthority(Duration.ofDays(7)), Chain.Verifier.system()),
            new Ownership(queue),
            retries,
            Polling.STANDARD,
            new Fallback(
                Accounts.one(
                    ACCOUNT, new PromptAuthority(Duration.ofDays(7)), Chain.Verifier.system()),
                Duration.ofMinutes(10),
                AccountHold.LOOK),
            new AccountHold(AccountHold.LOOK),
            Duration.ofDays(1),
            Renewals.DEFAULT,
            Notifications.NONE,
            events);
    Observer observer =
        new Observer() {
          @Override
          public void settled(Delivery delivery, Outcome outcome, Duration took) {
            if (!(outcome instanceof Outcome.Done)) {
              throw new IllegalStateException("not ready: " + outcome);
            }
            int i = Integer.parseInt(delivery.key()) - first;
            latencies[i] = System.nanoTime() - published[i];
            done.trySend(i);
          }
        };
    Consumer consumer =
        new Consumer(
            queue,
            stageName,
            Consumer.Settings.DEFAULT.withConcurrency(CONCURRENCY),
            handler,
            observer);
    try (CancelContext working = Context.background().withCancel()) {
      long start = System.nanoTime();
      if (pace.isZero()) {
        Message[] all = new Message[count];
        for (int i = 0; i < count; i++) {
          published[i] = start;
          all[i] = message(first + i);
        }
        queue.publish(List.of(all));
        start = System.nanoTime();
      }
      Goroutine<?> worker = Go.go(() -> consumer.run(working));
      for (int i = 0; i < count && !pace.isZero(); i++) {
        published[i] = System.nanoTime();
        queue.publish(List.of(message(first + i)));
        Go.sleep(pace);
      }
      for (int i = 0; i < count; i++) {
        done.receive();
      }
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      working.cancel();
      worker.join();
      return new Run(took, latencies);
    }
  }

  private static Message message(int i) {
    URI ca = URI.create("https://ca.test/" + i);
    Challenge challenge = new Challenge("http-01", ca, "token", "token.thumbprint");
    Authorization authorization =
        new Authorization(
            "www" + i + ".test",
            false,
            ca,
            Authorization.Status.PENDING,
            List.of(challenge),
            null,
            null,
            null);
    Order order =
        Order.submitted(
                String.valueOf(i),
                new Order.Request("bench", List.of("www" + i + ".test"), null),
                Instant.now())
            .with(new Order.Placement(ca, null, List.of(authorization), ACCOUNT))
            .to(OrderState.CHECKING);
    return new Message("checking", order.id(), OrderJson.write(order));
  }
}

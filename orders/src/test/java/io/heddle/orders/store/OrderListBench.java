package io.heddle.orders.store;

import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.queue.Message;
import io.heddle.queue.PostgresServer;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Measures lists and searches among many issued orders, and prints Markdown: {@code
 * bin/bench-orders} runs it.
 *
 * <pre>OrderListBench FILE|shared ORDERS</pre>
 */
final class OrderListBench {
  private static final int CUSTOMERS = 1000;
  private static final int BATCH = 2000;
  private static final int RUNS = 200;
  private static final Instant EXPIRY = Instant.parse("2031-01-01T00:00:00Z");

  private OrderListBench() {}

  private interface Page {
    int orders(int run) throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    int orders = Integer.parseInt(arguments[1]);
    if (arguments[0].equals("shared")) {
      try (PostgresServer server = PostgresServer.launch();
          Queue queue = Queues.open(server.newSchema(), 4)) {
        run("PostgreSQL", queue, orders);
      }
    } else {
      try (Queue queue = Queues.open(arguments[0], 4)) {
        run("embedded", queue, orders);
      }
    }
  }

  private static void run(String engine, Queue queue, int orders) throws Exception {
    long start = System.nanoTime();
    fill(queue, orders);
    System.err.printf(
        Locale.ROOT,
        "%s: %d orders in %d s%n",
        engine,
        orders,
        (System.nanoTime() - start) / 1_000_000_000);
    OrderStore store = new OrderStore(queue);
    int of = orders / CUSTOMERS;
    measure(
        engine,
        "a customer's orders",
        run -> store.list(null, customer(run), 0, 50).orders().size());
    measure(
        engine,
        "a customer's orders, again",
        run -> store.list(null, customer(run), 0, 50).orders().size());
    measure(
        engine,
        "a customer's issued orders",
        run -> store.list(OrderState.ISSUED, customer(run), 0, 50).orders().size());
    measure(
        engine,
        "orders for a domain",
        run ->
            found(
                store.search(
                    OrderTerms.named("www." + run * of + ".example.com"), null, null, null, 50)));
    measure(
        engine,
        "orders below a domain that all have",
        run -> found(store.search(OrderTerms.named("example.com"), null, null, null, 50)));
    measure(
        engine,
        "the order with a serial number",
        run ->
            found(
                store.search(
                    OrderTerms.ofSerial(Integer.toHexString(run * of)), null, null, null, 50)));
    measure(
        engine,
        "the next orders to expire",
        run -> found(store.search(OrderTerms.expiringUntil(EXPIRY), null, null, null, 50)));
  }

  private static int found(OrderStore.Found page) {
    return page.orders().size();
  }

  private static String customer(int run) {
    return "customer" + run % CUSTOMERS;
  }

  private static void fill(Queue queue, int orders) throws Exception {
    URI location = URI.create("https://ca.example/order");
    for (int first = 0; first < orders; first += BATCH) {
      List<Message> batch = new ArrayList<>();
      for (int i = first; i < Math.min(orders, first + BATCH); i++) {
        List<String> names = List.of("www." + i + ".example.com", i + ".example.com");
        Order order =
            Order.submitted(
                    String.format(Locale.ROOT, "%025d", i),
                    new Order.Request(customer(i), names, null),
                    EXPIRY)
                .with(new Order.Placement(location, null, List.of()))
                .to(OrderState.CHECKING)
                .to(OrderState.VALIDATING)
                .to(OrderState.FINALIZING)
                .with(
                    new Order.Certificate(
                        "x".repeat(3000), Integer.toHexString(i), EXPIRY.minusSeconds(i)))
                .to(OrderState.ISSUED);
        batch.add(
            new Message(
                    OrderState.ISSUED.label(),
                    order.id(),
                    OrderJson.write(order),
                    Duration.ofDays(90),
                    order.request().customer())
                .foundBy(OrderTerms.of(order)));
      }
      queue.publish(batch);
    }
  }

  private static void measure(String engine, String what, Page page) throws Exception {
    long[] took = new long[RUNS];
    int least = Integer.MAX_VALUE;
    for (int i = -20; i < RUNS; i++) { // warms up first
      long start = System.nanoTime();
      int found = page.orders(Math.abs(i));
      if (i >= 0) {
        took[i] = System.nanoTime() - start;
        least = Math.min(least, found);
      }
    }
    if (least == 0) {
      throw new AssertionError(what + ": none found");
    }
    Arrays.sort(took);
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | %.1f | %.1f |%n",
        engine,
        what,
        took[RUNS / 2] / 1e6,
        took[RUNS * 99 / 100] / 1e6);
  }
}

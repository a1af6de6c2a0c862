package io.heddle.orders.service;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.local.Pebble;
import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.store.StoredOrder;
import io.heddle.orders.telemetry.Log;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Services that work on one queue in this process, at a real Pebble. */
class RunningServices implements AutoCloseable {
  private final List<OrdersService> services = new ArrayList<>();
  private final List<Goroutine<?>> running = new ArrayList<>();
  private final CancelContext context = Context.background().withCancel();

  /** Starts one more. */
  final void start(Settings settings, Log log) throws Exception {
    OrdersService service = OrdersService.open(settings, log);
    services.add(service);
    running.add(Go.go(() -> service.run(context)));
  }

  final OrderStore store() {
    return services.getFirst().store();
  }

  final String submit(String customer, String csr, String... names) throws Exception {
    return store()
        .submit(new Order.Request(customer, List.of(names), csr), null)
        .order()
        .order()
        .id();
  }

  /** Waits until an order is as it should be. */
  final Order await(String id, Predicate<Order> isSo) throws Exception {
    long start = System.nanoTime();
    while (true) {
      StoredOrder now = store().find(id);
      if (now != null && isSo.test(now.order())) {
        return now.order();
      }
      if (System.nanoTime() - start > Duration.ofMinutes(2).toNanos()) {
        throw new AssertionError("still " + now);
      }
      Go.sleep(Duration.ofMillis(20));
    }
  }

  final Order await(String id, OrderState state) throws Exception {
    return await(id, order -> order.state() == state);
  }

  /** Does what the customer of an order has to do. */
  final void prove(Pebble pebble, String id) throws Exception {
    for (Authorization one :
        await(id, order -> !order.authorizations().isEmpty()).authorizations()) {
      Challenge challenge = one.challenge(Challenge.HTTP).orElseThrow();
      pebble.addHttp(challenge.token(), challenge.keyAuthorization());
    }
  }

  @Override
  public void close() throws IOException {
    context.cancel();
    try {
      for (Goroutine<?> one : running) {
        one.join();
      }
    } catch (InterruptedException e) { // the test has timed out
      throw new AssertionError(e);
    }
    services.forEach(OrdersService::close);
    context.close();
  }
}

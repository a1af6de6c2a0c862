package io.heddle.orders.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.heddle.ErrGroup;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.queue.Delivery;
import io.heddle.orders.queue.Filter;
import io.heddle.orders.queue.Message;
import io.heddle.orders.queue.Outcome;
import io.heddle.orders.queue.PostgresServer;
import io.heddle.orders.queue.Queue;
import io.heddle.orders.queue.Queues;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Submissions of one idempotency key, on both engines, while the order goes through its stages. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class OrderStoreTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final int CUSTOMERS = 8;

  @TempDir private Path folder;

  @Test
  void oneKeyIsOneOrderInAFile() throws Exception {
    oneKeyIsOneOrder(folder.resolve("orders.db").toString());
  }

  @Test
  void oneKeyIsOneOrderInPostgreSql() throws Exception {
    oneKeyIsOneOrder(PostgresServer.shared().newSchema());
  }

  private static void oneKeyIsOneOrder(String address) throws Exception {
    try (Queue queue = Queues.open(address, CUSTOMERS + 2)) {
      OrderStore store = new OrderStore(queue);
      for (int round = 0; round < 30; round++) {
        String key = "renewal-" + round;
        AtomicBoolean isOver = new AtomicBoolean();
        AtomicInteger made = new AtomicInteger();
        Set<String> ids = Collections.synchronizedSet(new HashSet<>());
        ErrGroup group = new ErrGroup();
        for (OrderState stage : OrderState.STAGES) {
          group.go(() -> handOver(queue, stage, isOver));
        }
        ErrGroup customers = new ErrGroup();
        for (int i = 0; i < CUSTOMERS; i++) {
          customers.go(() -> {
            for (int again = 0; again < 5; again++) {
              OrderStore.Submission one =
                  store.submit(new Order.Request("anna", List.of("a.example.com"), null), key);
              ids.add(one.order().order().id());
              made.addAndGet(one.isNew() ? 1 : 0);
            }
          });
        }
        customers.await();
        isOver.set(true);
        group.await();
        assertEquals(1, made.get());
        assertEquals(1, ids.size());
        String id = ids.iterator().next();
        assertEquals(1, queue.list(Filter.ALL.withKey(id), 0, 10).size());
      }
    }
  }

  /** Hands orders on to the next stage, and back to the first, as the pipeline does. */
  private static void handOver(Queue queue, OrderState stage, AtomicBoolean isOver)
      throws Exception {
    OrderState next =
        switch (stage) {
          case SUBMITTED -> OrderState.CHECKING;
          case CHECKING -> OrderState.VALIDATING;
          case VALIDATING -> OrderState.FINALIZING;
          default -> OrderState.SUBMITTED;
        };
    while (!isOver.get()) {
      for (Delivery one : queue.tryClaim(stage.label(), 1, HOUR)) {
        queue.settle(one, Outcome.done(new Message(next.label(), one.key(), one.body())));
      }
    }
  }
}

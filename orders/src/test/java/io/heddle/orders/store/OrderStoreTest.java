package io.heddle.orders.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.TaskGroup;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.queue.Delivery;
import io.heddle.queue.Filter;
import io.heddle.queue.Message;
import io.heddle.queue.Outcome;
import io.heddle.queue.PostgresServer;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Submissions of one idempotency key, on both engines, while the order goes through its stages; and
 * orders that cannot be read.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
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
        TaskGroup<Void> group = new TaskGroup<>();
        for (OrderState stage : OrderState.STAGES) {
          group.go(() -> handOver(queue, stage, isOver));
        }
        TaskGroup<Void> customers = new TaskGroup<>();
        for (int i = 0; i < CUSTOMERS; i++) {
          customers.go(() -> {
            for (int again = 0; again < 5; again++) {
              OrderStore.Submission one =
                  store.submit(new Order.Request("anna", List.of(key + ".test"), null), key);
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

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "no JSON",
        "[]",
        "null",
        "{}",
        "{'id':'o','state':'LOST'}",
        "{'id':'o','state':'CHECKING','created':'2026-01-01T00:00:00Z','request':{'customer':'c'}}",
        "{'id':'o','state':'CHECKING','created':'yesterday','request':{'customer':'c','domains':[]}}",
        "{'id':'o','state':'CHECKING','created':'2026-01-01T00:00:00Z','attempts':'many',"
            + "'request':{'customer':'c','domains':['a.test']}}",
        "{'id':'o','state':'CHECKING','created':'2026-01-01T00:00:00Z',"
            + "'request':{'customer':'c','domains':['a.test']},"
            + "'placement':{'location':'https://ca','authorizations':[{'domain':'a.test'}]}}"
      })
  void anOrderThatCannotBeReadIsShownAndHidesNoOther(String body) throws Exception {
    try (Queue queue = Queues.open(folder.resolve("orders.db").toString(), 1)) {
      OrderStore store = new OrderStore(queue);
      String before = store.submit(request("anna", null, "a.test"), "one").order().order().id();
      String broken = "b".repeat(25);
      queue.publish(List.of(new Message("submitted", broken, body.replace('\'', '"'))));
      String after = store.submit(request("anna", null, "b.test"), "two").order().order().id();
      assertEquals(List.of(before, broken, after), ids(store, OrderState.SUBMITTED, null));
      assertEquals(List.of(before, after), ids(store, OrderState.SUBMITTED, "anna"));
      StoredOrder found = store.find(broken);
      assertEquals(OrderState.SUBMITTED, found.state());
      assertEquals("urn:heddle:orders:unreadable", found.order().problem().type());
      for (Delivery one : queue.claim("submitted", 3, HOUR)) {
        queue.settle(one, new Outcome.Dead("it is"));
      }
      assertEquals(List.of(before, broken, after), ids(store, OrderState.DEAD, null));
      queue.publish(List.of(new Message("elsewhere", "no order", "")));
      queue.settle(queue.claim("elsewhere", 1, HOUR).getFirst(), new Outcome.Dead("it is"));
      assertEquals(1, store.replay(broken));
      assertEquals(List.of(broken), ids(store, OrderState.SUBMITTED, null));
      assertEquals(3, store.purge(null));
      assertEquals(List.of(broken), ids(store, OrderState.SUBMITTED, null));
      assertEquals(1, queue.list(Filter.ALL.ofStage("submitted"), 0, 10).size());
    }
  }

  /** One page of a customer would not reach the end if it read what is there of others. */
  @Test
  void aCustomersListReadsNobodyElsesOrders() throws Exception {
    try (Queue queue = Queues.open(folder.resolve("orders.db").toString(), 1)) {
      OrderStore store = new OrderStore(queue);
      Order old = Order.submitted("old", request("anna", null, "o.test"), Instant.EPOCH);
      queue.publish(List.of(new Message("submitted", "old", OrderJson.write(old)))); // no owner
      String first = store.submit(request("anna", null, "a.test"), "one").order().order().id();
      queue.publish(
          IntStream.range(0, 6000)
              .mapToObj(i -> new Message("submitted", "other" + i, "").ownedBy("bert"))
              .toList());
      String last = store.submit(request("anna", null, "b.test"), "two").order().order().id();
      OrderStore.Page page = store.list(OrderState.SUBMITTED, "anna", 0, 10);
      assertEquals(
          List.of("old", first, last), page.orders().stream().map(o -> o.order().id()).toList());
      assertNull(page.next());
    }
  }

  @Test
  void allDeadOrdersArePurgedHoweverMany() throws Exception {
    try (Queue queue = Queues.open(folder.resolve("orders.db").toString(), 1)) {
      OrderStore store = new OrderStore(queue);
      for (int i = 0; i < 120; i++) {
        if (i % 3 == 0) {
          queue.publish(List.of(new Message("submitted", "torn" + i, "")));
        } else {
          store.submit(request("anna", null, "a" + i + ".test"), "renewal-" + i);
        }
      }
      for (Delivery one : queue.claim("submitted", 120, HOUR)) {
        queue.settle(one, new Outcome.Dead("it is"));
      }
      assertEquals(120, store.purge(null));
    }
  }

  /** What a newer version may have added: to pass over it would be to lose it. */
  @Test
  void aNameThatThisVersionDoesNotKnowIsSaid() {
    Order order = Order.submitted("o", new Order.Request("c", List.of(), null), Instant.EPOCH);
    String newer = OrderJson.write(order).replace("\"submitted\"", "\"considered\"");
    String reason =
        assertThrows(IllegalArgumentException.class, () -> OrderJson.read(newer)).getMessage();
    assertEquals("the stored text is not an order: 'considered' is not an OrderState", reason);
  }

  @Test
  void whatAnotherVersionWroteIsReadUnlessItIsNewer() {
    Order order = Order.submitted("o", new Order.Request("c", List.of(), null), Instant.EPOCH);
    String json = OrderJson.write(order);
    assertEquals(order, OrderJson.read(json));
    assertEquals(order, OrderJson.read(json.replace("\"version\":1", "\"member\":\"unknown\"")));
    // A version that does not know of renewals would lose what this order says about them.
    Order once =
        Order.submitted("o", new Order.Request("c", List.of(), null).once(), Instant.EPOCH);
    assertTrue(OrderJson.write(once).contains("\"version\":2"));
    assertEquals(once, OrderJson.read(OrderJson.write(once)));
    // One that does not know of other CAs would place it at the first.
    Order moved = order.elsewhere("b", Instant.EPOCH, Problem.of("away", "Away", "no answer"));
    assertTrue(OrderJson.write(moved).contains("\"version\":3"));
    assertEquals(moved, OrderJson.read(OrderJson.write(moved)));
    assertEquals(Order.FIRST_CA, OrderJson.read(OrderJson.write(once)).ca());
    String newer = json.replace("\"version\":1", "\"version\":4");
    String reason =
        assertThrows(OrderJson.NewerException.class, () -> OrderJson.read(newer)).getMessage();
    assertTrue(reason.contains("in format 4 instead of 3"), reason);
  }

  private static List<String> ids(OrderStore store, OrderState state, String customer)
      throws Exception {
    return store.list(state, customer, 0, 10).orders().stream()
        .map(one -> one.order().id())
        .toList();
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

  private static Order.Request request(String customer, String csr, String... domains) {
    return new Order.Request(customer, List.of(domains), csr);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCustomerHasOneOpenOrderForASetOfNames(boolean isShared) throws Exception {
    try (Queue queue = Queues.open(address(isShared), CUSTOMERS + 2)) {
      OrderStore store = new OrderStore(queue);
      OrderStore.Submission first = store.submit(request("anna", null, "a.test", "b.test"), null);
      assertEquals(OrderStore.Answer.NEW, first.answer());
      String id = first.order().order().id();
      OrderStore.Submission turned = store.submit(request("anna", null, "b.test", "a.test"), "k");
      assertEquals(OrderStore.Answer.SAME, turned.answer());
      assertEquals(id, turned.order().order().id());
      assertEquals(
          OrderStore.Answer.OTHER_CSR,
          store.submit(request("anna", "a csr", "a.test", "b.test"), "other").answer());
      assertEquals(
          OrderStore.Answer.NEW, store.submit(request("anna", null, "a.test"), null).answer());
      assertEquals(
          OrderStore.Answer.NEW,
          store.submit(request("bert", null, "a.test", "b.test"), null).answer());

      handOver(queue, id, OrderState.ISSUED);
      OrderStore.Submission key = store.submit(request("anna", null, "b.test", "a.test"), "k");
      assertEquals(OrderStore.Answer.SAME, key.answer(), "the key stands for the order it got");
      assertEquals(id, key.order().order().id());
      assertEquals(
          OrderStore.Answer.KEY_REUSED,
          store.submit(request("anna", null, "c.test"), "k").answer());
      OrderStore.Submission next =
          store.submit(request("anna", "a csr", "a.test", "b.test"), "other");
      assertEquals(
          OrderStore.Answer.NEW, next.answer(), "a rejected submission has not used the key");
    }
  }

  private String address(boolean isShared) throws Exception {
    return isShared ? PostgresServer.shared().newSchema() : folder.resolve("names.db").toString();
  }

  /** As the pipeline does, if in one step. */
  private static void handOver(Queue queue, String id, OrderState state) throws Exception {
    for (Delivery one : queue.tryClaim(OrderState.SUBMITTED.label(), 100, HOUR)) {
      queue.settle(
          one,
          one.key().equals(id)
              ? Outcome.done(new Message(state.label(), id, one.body(), HOUR))
              : new Outcome.Defer(Duration.ZERO, "not this one"));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whoSubmitTheSameNamesAtTheSameTimeGetOneOrder(boolean isShared) throws Exception {
    try (Queue queue = Queues.open(address(isShared), CUSTOMERS + 2)) {
      OrderStore store = new OrderStore(queue);
      for (int round = 0; round < 20; round++) {
        Order.Request wanted = request("anna", null, "a" + round + ".test");
        try (TaskGroup<OrderStore.Submission> customers = new TaskGroup<>()) {
          for (int i = 0; i < CUSTOMERS; i++) {
            String key = i % 3 == 0 ? null : "key " + round + " " + i % 4;
            customers.go(() -> store.submit(wanted, key));
          }
          List<OrderStore.Submission> made = customers.await();
          assertEquals(1, made.stream().filter(OrderStore.Submission::isNew).count());
          assertEquals(1, made.stream().map(one -> one.order().order().id()).distinct().count());
        }
      }
    }
  }
}

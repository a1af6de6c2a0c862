package io.heddle.orders.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.orders.Authorization;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.queue.Delivery;
import io.heddle.queue.LeaseLostException;
import io.heddle.queue.Message;
import io.heddle.queue.Outcome;
import io.heddle.queue.PostgresServer;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose the CA's orders and authorizations are, on both engines. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class OwnershipTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final String ACCOUNT = "https://ca.test/directory#thumbprint";

  @TempDir private Path folder;
  private final Map<String, Delivery> leased = new HashMap<>();

  private String address(boolean isShared) throws Exception {
    return isShared ? PostgresServer.shared().newSchema() : folder.resolve("orders.db").toString();
  }

  private static URI uri(String path) {
    return URI.create("https://ca.test/" + path);
  }

  private static Authorization authorization(String path) {
    return new Authorization(
        "one.test", false, uri(path), Authorization.Status.PENDING, List.of(), null, null, null);
  }

  private static List<Authorization> authorizations(String... paths) {
    return Arrays.stream(paths).map(OwnershipTest::authorization).toList();
  }

  /** An order that a worker has in its hands. */
  private Order order(Queue queue, String customer, String... names) throws Exception {
    Order.Request request = new Order.Request(customer, List.of(names), null);
    Order order = new OrderStore(queue).submit(request, null).order().order();
    claim(queue, OrderState.SUBMITTED);
    return order;
  }

  private void claim(Queue queue, OrderState state) throws Exception {
    for (Delivery one : queue.tryClaim(state.label(), 10, HOUR)) {
      leased.put(one.key(), one);
    }
  }

  private Order placed(Queue queue, Order order, String location, List<Authorization> all)
      throws Exception {
    Order placed =
        order.with(new Order.Placement(uri(location), null, all, ACCOUNT)).to(OrderState.CHECKING);
    to(queue, placed);
    return placed;
  }

  private void to(Queue queue, Order order) throws Exception {
    queue.settle(
        leased.remove(order.id()),
        Outcome.done(new Message(order.state().label(), order.id(), OrderJson.write(order))));
  }

  private void dead(Queue queue, Order order) throws Exception {
    claim(queue, order.state());
    Order dead = order.dead(io.heddle.orders.Problem.of("no", "No", "no"));
    queue.settle(leased.remove(order.id()), new Outcome.Dead("no", OrderJson.write(dead)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anAuthorizationIsItsFirstCustomersAlsoWhenItIsValid(boolean isShared) throws Exception {
    String address = address(isShared);
    Order bert;
    try (Queue queue = Queues.open(address, 4)) {
      Ownership ownership = new Ownership(queue);
      Order anna = order(queue, "anna", "one.test");
      assertTrue(ownership.takeNames(anna, ACCOUNT));
      assertTrue(ownership.bind(anna, uri("1"), authorizations("a"), Set.of(uri("a"))).isOurs());
      bert = order(queue, "bert", "one.test");
    }
    try (Queue queue = Queues.open(address, 4)) { // it survives restarts
      Ownership ownership = new Ownership(queue);
      assertEquals(
          authorizations("a"),
          ownership.bind(bert, uri("1"), authorizations("a"), Set.of(uri("a"))).foreign(),
          "pending, and not his");
      assertEquals(
          authorizations("a"),
          ownership.bind(bert, uri("1"), authorizations("a"), Set.of()).foreign(),
          "valid, and not his");
      assertEquals(
          authorizations("unknown"),
          ownership.bind(bert, uri("2"), authorizations("unknown"), Set.of()).foreign(),
          "valid, of an unknown owner");
      assertTrue(ownership.bind(bert, uri("3"), authorizations("b"), Set.of(uri("b"))).isOurs());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aNameIsOneCustomersWhileAnOrderForItIsAtTheCa(boolean isShared) throws Exception {
    try (Queue queue = Queues.open(address(isShared), 4)) {
      Ownership ownership = new Ownership(queue);
      Order anna = order(queue, "anna", "one.test", "two.test");
      Order again = order(queue, "anna", "one.test");
      Order bert = order(queue, "bert", "*.two.test");
      assertTrue(ownership.takeNames(anna, ACCOUNT));
      assertTrue(ownership.takeNames(again, ACCOUNT), "of the same customer");
      assertFalse(ownership.takeNames(bert, ACCOUNT));
      assertTrue(ownership.takeNames(bert, ACCOUNT + "2"), "of another account");
      anna = placed(queue, anna, "1", authorizations("a"));
      assertFalse(ownership.takeNames(bert, ACCOUNT), "it waits to be checked");
      claim(queue, OrderState.CHECKING);
      to(queue, anna.to(OrderState.SUBMITTED));
      assertTrue(ownership.takeNames(bert, ACCOUNT), "it is to be placed anew");
      claim(queue, OrderState.SUBMITTED);
      assertFalse(ownership.takeNames(anna, ACCOUNT));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aReplayGoesOnOnlyWithWhatNobodyElseHasUsed(boolean isShared) throws Exception {
    try (Queue queue = Queues.open(address(isShared), 4)) {
      Ownership ownership = new Ownership(queue);
      Order first = order(queue, "anna", "one.test");
      assertTrue(ownership.takeNames(first, ACCOUNT));
      assertTrue(ownership.bind(first, uri("1"), authorizations("a"), Set.of(uri("a"))).isOurs());
      first = placed(queue, first, "1", authorizations("a"));
      dead(queue, first);
      assertEquals(null, ownership.reopen(first));
      assertTrue(ownership.isOurs(first, ACCOUNT));

      Order second = order(queue, "anna", "one.test");
      assertEquals(second.id(), ownership.reopen(first), "there is one for these names");
      assertTrue(ownership.takeNames(second, ACCOUNT));
      assertTrue(
          ownership.bind(second, uri("1"), authorizations("a"), Set.of()).isOurs(),
          "the CA's open order goes to the customer's next one");
      assertFalse(ownership.isOurs(first, ACCOUNT), "it could fetch the other's certificate");
      assertTrue(
          ownership.bind(first, uri("1"), authorizations("a"), Set.of()).isInUse(),
          "not even in a worker that is late");
    }
  }

  /** The worker that is to deactivate them may do so at any time after that. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsDisownedIsNobodysForEver(boolean isShared) throws Exception {
    try (Queue queue = Queues.open(address(isShared), 4)) {
      Ownership ownership = new Ownership(queue);
      Order anna = order(queue, "anna", "one.test");
      assertTrue(ownership.takeNames(anna, ACCOUNT));
      assertTrue(ownership.bind(anna, uri("1"), authorizations("a"), Set.of(uri("a"))).isOurs());
      anna = placed(queue, anna, "1", authorizations("a"));
      dead(queue, anna);

      Order bert = order(queue, "bert", "one.test");
      assertTrue(ownership.takeNames(bert, ACCOUNT));
      Delivery lease = leased.get(bert.id());
      ownership.disown(lease, authorizations("a"));
      ownership.disown(lease, authorizations("a", "b"));
      dead(queue, bert);
      assertThrows(LeaseLostException.class, () -> ownership.disown(lease, authorizations("c")));

      assertFalse(ownership.isOurs(anna, ACCOUNT), "a replay would use it");
      Order again = order(queue, "anna", "one.test");
      assertTrue(ownership.takeNames(again, ACCOUNT));
      assertEquals(
          authorizations("a", "b"),
          ownership
              .bind(
                  again,
                  uri("2"),
                  authorizations("a", "b", "c"),
                  Set.of(uri("a"), uri("b"), uri("c")))
              .foreign(),
          "all but what a worker without a lease was about to disown");
    }
  }

  /** What an earlier version has in the queue, which bound nothing. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatAnEarlierVersionPlacedIsBoundBeforeAnythingElseIs(boolean isShared) throws Exception {
    try (Queue queue = Queues.open(address(isShared), 4)) {
      URI ca = uri("directory");
      for (String customer : List.of("anna", "bert")) {
        Order order =
            Order.submitted(
                    customer, new Order.Request(customer, List.of("one.test"), null), Instant.EPOCH)
                .with(new Order.Placement(uri("1"), null, authorizations("a")))
                .to(OrderState.CHECKING);
        queue.publish(
            List.of(new Message(OrderState.CHECKING.label(), order.id(), OrderJson.write(order))));
      }
      CaBinding binding = new CaBinding(queue);
      assertEquals(ca, binding.bind(ca, "account.pem", "thumbprint"));
      assertEquals(CaBinding.account(ca, "thumbprint"), binding.first());
      Ownership ownership = new Ownership(queue);
      Order anna = new OrderStore(queue).find("anna").order();
      Order bert = new OrderStore(queue).find("bert").order();
      assertTrue(ownership.isOurs(anna, binding.first()));
      assertFalse(ownership.isOurs(bert, binding.first()), "both had the same");
      OrderStore.Submission again = new OrderStore(queue).submit(anna.request(), null);
      assertEquals("anna", again.order().order().id());
    }
  }
}

package io.heddle.orders.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.local.Pebble;
import io.heddle.orders.CaProxy;
import io.heddle.orders.OrderState;
import io.heddle.orders.PebbleNeeded;
import io.heddle.orders.ca.TestAccounts;
import io.heddle.orders.files.Keys;
import io.heddle.orders.store.StoredOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A CA that does not serve our account: the operator's business, for which no order dies. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class AccountTest {
  private static final String REFUSED = "orders_account_refused{stage=\"submitted\"} ";

  @TempDir private Path folder;

  private static void assertWaits(Service service, String id) throws Exception {
    StoredOrder waiting = service.await(id, order -> order.order().problem() != null);
    assertEquals(OrderState.SUBMITTED, waiting.state());
    assertEquals("urn:heddle:orders:account", waiting.order().problem().type());
    assertEquals(0, waiting.order().attempts());
    assertTrue(service.metrics.text().contains(REFUSED + "1.0"), service.metrics.text());
    assertNotNull(service.pipeline.refusal());
  }

  @Test
  void ordersWaitUntilTheCaServesTheAccountAgain() throws Exception {
    AtomicBoolean isSolved = new AtomicBoolean();
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1");
        CaProxy proxy =
            new CaProxy(
                pebble,
                (path, _) ->
                    path.startsWith("/order-plz") && !isSolved.get()
                        ? CaProxy.problem(
                            403,
                            "userActionRequired",
                            "the terms of service have changed",
                            "Location: https://ca.test/terms")
                        : null);
        Service service = new Service(pebble, proxy.directory(), folder, Service.PATIENT)) {
      String one = service.submit("one.test");
      String two = service.submit("two.test");
      assertWaits(service, one);
      String log = service.lines.toString(UTF_8);
      assertTrue(log.contains("\"event\":\"account_refused\""), log);
      assertTrue(log.contains("the terms of service have changed"), log);
      isSolved.set(true);
      service.provision(pebble, one);
      service.provision(pebble, two);
      service.await(one, OrderState.ISSUED);
      service.await(two, OrderState.ISSUED);
      assertTrue(service.metrics.text().contains(REFUSED + "0.0"), service.metrics.text());
      assertNull(service.pipeline.refusal());
      assertTrue(service.lines.toString(UTF_8).contains("account_served"));
    }
  }

  /** Of many orders that the CA has refused, only one asks again, from time to time. */
  @Test
  void aCaThatRefusesTheAccountIsNotAskedForEachOrder() throws Exception {
    try (Pebble pebble = PebbleNeeded.start();
        CaProxy proxy =
            new CaProxy(
                pebble,
                (path, _) ->
                    path.startsWith("/sign-me-up")
                        ? CaProxy.problem(
                            400, "externalAccountRequired", "who are you to our sales people?")
                        : null);
        Service service = new Service(pebble, proxy.directory(), folder, Service.PATIENT)) {
      String first = service.submit("first.test");
      assertWaits(service, first);
      int before = proxy.refused().size();
      long began = System.nanoTime();
      String last = first;
      for (int i = 0; i < 50; i++) {
        last = service.submit("more-" + i + ".test");
      }
      service.await(last, order -> order.due() != null && order.due().isAfter(order.changed()));
      double seconds = (System.nanoTime() - began) / 1e9;
      int asked = proxy.refused().size() - before;
      assertTrue(asked <= seconds + 2, asked + " questions in " + seconds + " s");
      assertTrue(service.pipeline.refusal().detail().contains("--eab-kid"));
    }
  }

  @Test
  void anAccountThatWasDeactivatedIsToldFromAnOrderThatIsForbidden() throws Exception {
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1")) {
      String id;
      try (Service service = new Service(pebble, folder, Service.PATIENT)) {
        service.ca.account();
        TestAccounts.deactivate(pebble, Keys.in(folder.resolve("account.pem")));
        id = service.submit("one.test");
        assertWaits(service, id);
        assertTrue(service.pipeline.refusal().detail().contains("account.pem"));
      }
      Files.move(folder.resolve("account.pem"), folder.resolve("old-account.pem"));
      try (Service service = new Service(pebble, folder, Service.PATIENT)) {
        service.provision(pebble, id);
        service.await(id, OrderState.ISSUED);
      }
    }
  }
}

package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.local.Pebble;
import io.heddle.orders.CaProxy;
import io.heddle.orders.OrderState;
import io.heddle.orders.PebbleNeeded;
import io.heddle.orders.store.StoredOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The limits of a CA, which the real Pebble has not: something before it has them. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class RateLimitsTest {
  private static final String AN_HOUR = "Retry-After: 3600";

  @TempDir private Path folder;

  private static String limited(String detail) {
    return CaProxy.problem(429, "rateLimited", detail, AN_HOUR);
  }

  private static boolean isDueLater(StoredOrder order) {
    Instant due = order.due(); // none while a worker has the order
    return due != null && due.isAfter(Instant.now().plusSeconds(60));
  }

  private static void assertHeld(StoredOrder order) {
    assertEquals(OrderState.SUBMITTED, order.state());
    assertEquals(0, order.order().attempts(), "it is no attempt");
    Duration wait = Duration.between(Instant.now(), order.due());
    assertTrue(wait.toMinutes() > 50 && wait.toMinutes() <= 60, wait.toString());
  }

  @Test
  void aLimitForOneSetOfNamesHoldsUpNoOther() throws Exception {
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1");
        CaProxy proxy =
            new CaProxy(
                pebble,
                (path, payload) ->
                    path.startsWith("/order-plz") && payload.contains("\"limited.test\"")
                        ? limited(
                            "too many certificates (5) already issued for this exact set of"
                                + " identifiers in the last 168h0m0s")
                        : null);
        Service service = new Service(pebble, proxy.directory(), folder, Service.PATIENT)) {
      String limited = service.submit("limited.test");
      StoredOrder held = service.await(limited, order -> order.order().problem() != null);
      assertHeld(held);
      String free = service.submit("free.test");
      service.provision(pebble, free);
      service.await(free, OrderState.ISSUED);
      assertHeld(service.store.find(limited));
      assertEquals(1, proxy.refused().size(), "it is not asked again");
    }
  }

  @Test
  void aLimitForADomainHoldsUpAllBelowIt() throws Exception {
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1");
        CaProxy proxy =
            new CaProxy(
                pebble,
                (path, payload) ->
                    path.startsWith("/order-plz") && payload.contains("shop.test\"")
                        ? limited("too many certificates (50) already issued for \"shop.test\"")
                        : null);
        Service service = new Service(pebble, proxy.directory(), folder, Service.PATIENT)) {
      String one = service.submit("www.shop.test");
      assertHeld(service.await(one, order -> order.order().problem() != null));
      String two = service.submit("mail.shop.test");
      String free = service.submit("free.test");
      service.provision(pebble, free);
      service.await(free, OrderState.ISSUED);
      assertHeld(service.await(two, RateLimitsTest::isDueLater));
      assertEquals(1, proxy.refused().size(), "the second one is not even asked for");
    }
  }

  @Test
  void aLimitForNewOrdersLetsThoseGoOnThatArePlaced() throws Exception {
    var isFull = new java.util.concurrent.atomic.AtomicBoolean();
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1");
        CaProxy proxy =
            new CaProxy(
                pebble,
                (path, _) ->
                    path.startsWith("/order-plz") && isFull.get()
                        ? limited("too many new orders (300) from this account in the last 3h0m0s")
                        : null);
        Service service = new Service(pebble, proxy.directory(), folder, Service.PATIENT)) {
      String placed = service.submit("placed.test");
      service.await(placed, OrderState.CHECKING);
      isFull.set(true);
      String late = service.submit("late.test");
      assertHeld(service.await(late, order -> order.order().problem() != null));
      service.provision(pebble, placed);
      service.await(placed, OrderState.ISSUED);
      assertHeld(service.store.find(late));
    }
  }
}

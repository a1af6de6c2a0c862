package io.heddle.orders.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.local.Pebble;
import io.heddle.orders.CaProxy;
import io.heddle.orders.OrderState;
import io.heddle.orders.PebbleNeeded;
import io.heddle.orders.store.StoredOrder;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A CA with an internal fault: the customer sees that, and the operator sees the details. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class CaFaultTest {
  private static final String INTERNALS = "no route to db.internal";

  @TempDir private Path folder;

  private static String page() {
    return "HTTP/1.1 500 No\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
        .formatted(INTERNALS.length(), INTERNALS);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void itsInternalsAreNoneOfTheCustomersBusiness(boolean isExplained) throws Exception {
    AtomicBoolean isSolved = new AtomicBoolean();
    String answer = isExplained ? CaProxy.problem(500, "serverInternal", INTERNALS) : page();
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1");
        CaProxy proxy =
            new CaProxy(
                pebble,
                (path, _) -> path.startsWith("/order-plz") && !isSolved.get() ? answer : null);
        Service service = new Service(pebble, proxy.directory(), folder, Service.PATIENT)) {
      String id = service.submit("one.test");
      StoredOrder waiting = service.await(id, order -> order.order().problem() != null);
      assertEquals(OrderState.SUBMITTED, waiting.state());
      assertEquals(0, waiting.order().attempts());
      assertEquals("The CA has a fault", waiting.order().problem().title());
      assertEquals(
          "The CA has a fault: there is nothing wrong with the order, and the CA is asked again"
              + " automatically",
          waiting.order().problem().detail());
      String log = service.lines.toString(UTF_8);
      String host = proxy.directory().getHost() + ":" + proxy.directory().getPort();
      assertTrue(log.contains(host) && log.contains("HTTP 500"), log);
      assertEquals(isExplained, log.contains(INTERNALS), log);
      isSolved.set(true);
      service.provision(pebble, id);
      service.await(id, OrderState.ISSUED);
    }
  }
}

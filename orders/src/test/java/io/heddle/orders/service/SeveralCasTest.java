package io.heddle.orders.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.local.Pebble;
import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.PebbleNeeded;
import io.heddle.orders.pipeline.Renewals;
import io.heddle.orders.store.StoredOrder;
import io.heddle.orders.telemetry.Log;
import io.heddle.queue.PostgresServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Services with more than one CA, profiles and chains, at real Pebbles. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class SeveralCasTest {
  @TempDir private Path folder;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();

  private PebbleSettings pebbles() {
    return new PebbleSettings(folder);
  }

  private RunningServices workers(int number, Settings settings) throws Exception {
    RunningServices workers = new RunningServices();
    for (int i = 0; i < number; i++) {
      workers.start(settings, Log.to(new PrintStream(log, true, UTF_8)));
    }
    return workers;
  }

  private static List<Order> orders(RunningServices workers) throws Exception {
    return workers.store().list(null, null, 0, 100).orders().stream()
        .map(StoredOrder::order)
        .toList();
  }

  private static void prove(Pebble pebble, Order order) throws Exception {
    for (Authorization one : order.authorizations()) {
      Challenge challenge = one.challenge(Challenge.HTTP).orElseThrow();
      pebble.addHttp(challenge.token(), challenge.keyAuthorization());
    }
  }

  private static boolean isAt(Order order, String ca) {
    return order.ca().equals(ca) && order.state() == OrderState.CHECKING;
  }

  private static long issued(Pebble pebble) throws IOException {
    return pebble.log().lines().filter(line -> line.contains("Issued certificate")).count();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void ordersMoveWhenTheirCaIsKilled(boolean isShared) throws Exception {
    String address = isShared ? PostgresServer.shared().newSchema() : pebbles().address();
    Pebble a = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1");
    try (a;
        Pebble b = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1")) {
      Settings settings =
          pebbles()
              .of(
                  address,
                  b,
                  PebbleSettings.PIPELINE.withFallbackAfter(Duration.ofSeconds(1)),
                  pebbles().ca(a),
                  pebbles().ca(b));
      int number = isShared ? 2 : 1; // a file's queue has one process
      List<String> ids = new ArrayList<>();
      try (RunningServices workers = workers(number, settings)) {
        for (int i = 0; i < 4; i++) {
          ids.add(workers.submit("anna", null, "placed" + i + ".test"));
        }
        List<Order> placed = new ArrayList<>();
        for (String id : ids) {
          placed.add(workers.await(id, order -> isAt(order, Order.FIRST_CA)));
        }
        a.close();
        for (Order order : placed) {
          prove(b, order); // it is ready now, and its CA does not answer
        }
        for (int i = 0; i < 2; i++) {
          ids.add(workers.submit("anna", null, "new" + i + ".test"));
        }
        for (String id : ids) {
          workers.await(id, order -> isAt(order, "b"));
        }
      }
      try (RunningServices workers = workers(number, settings)) {
        for (String id : ids) {
          prove(b, workers.await(id, order -> isAt(order, "b")));
        }
        Set<String> serials = new TreeSet<>();
        for (String id : ids) {
          Order order = workers.await(id, OrderState.ISSUED);
          assertEquals("b", order.ca());
          assertEquals(Order.FIRST_CA, order.left().getFirst().ca());
          serials.add(order.certificate().serial());
        }
        assertEquals(ids.size(), serials.size());
        assertEquals(ids.size(), orders(workers).size());
        assertEquals(ids.size(), issued(b), b::toString);
      }
    }
  }

  /** Only the CA that issued a certificate knows it, and can record that it is replaced. */
  @Test
  void anOrderThatIsRefusedMovesAtOnceAndIsRenewedWhereItWasIssued() throws Exception {
    try (Pebble a = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1");
        Pebble b =
            PebbleNeeded.start(
                Map.of("domainBlocklist", List.of(), "certificateValidityPeriod", 1800),
                "PEBBLE_VA_NOSLEEP",
                "1",
                "PEBBLE_AUTHZREUSE",
                "0"); // the renewal has to prove the name, too
        RunningServices workers =
            workers(
                1,
                pebbles()
                    .of(
                        pebbles().address(),
                        b,
                        PebbleSettings.PIPELINE.with(
                            new Renewals(
                                true,
                                Duration.ofHours(1),
                                Duration.ofSeconds(1),
                                Duration.ofMillis(1))),
                        pebbles().ca(a),
                        pebbles().ca(b)))) {
      String id = workers.submit("anna", null, "blocked.test");
      prove(b, workers.await(id, order -> isAt(order, "b")));
      workers.await(id, OrderState.ISSUED);
      workers.await(id, _ -> log.toString(UTF_8).contains("renewal_begun"));
      Order renewal =
          orders(workers).stream()
              .filter(one -> one.request().replaces() != null)
              .filter(one -> one.request().replaces().order().equals(id))
              .findFirst()
              .orElseThrow();
      assertEquals("b", renewal.ca());
      assertEquals(List.of(), renewal.left());
      assertNotNull(renewal.request().replaces().certificate());
      prove(b, workers.await(renewal.id(), order -> isAt(order, "b")));
      workers.await(renewal.id(), OrderState.ISSUED);
      assertEquals(0, issued(a));
    }
  }

  /** The queue records all CAs; a worker that lacks one could not continue its orders. */
  @Test
  void aWorkerWithoutACaOfTheQueueDoesNotStart() throws Exception {
    try (Pebble a = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1");
        Pebble b = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1")) {
      Settings one = pebbles().of(pebbles().address(), a, PebbleSettings.PIPELINE, pebbles().ca(a));
      Settings two =
          pebbles()
              .of(
                  pebbles().address(),
                  a,
                  PebbleSettings.PIPELINE,
                  pebbles().ca(a),
                  pebbles().ca(b));
      try (RunningServices workers = workers(1, one)) {
        String id = workers.submit("anna", null, "one.test");
        workers.await(id, order -> isAt(order, Order.FIRST_CA));
      }
      OrdersService.open(two, Log.NONE).close(); // a CA is added although an order is placed
      assertTrue(Files.exists(folder.resolve("cas/b/account.pem")));
      IOException e =
          assertThrows(IOException.class, () -> OrdersService.open(one, Log.NONE).close());
      assertTrue(e.getMessage().contains("no section [ca b]"), e.getMessage());
    }
  }
}

package io.heddle.orders.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.local.Pebble;
import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.PebbleNeeded;
import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.pipeline.Pipeline;
import io.heddle.orders.pipeline.Renewals;
import io.heddle.orders.store.StoredOrder;
import io.heddle.orders.telemetry.Log;
import io.heddle.preflight.Dns01Check;
import io.heddle.preflight.Network;
import io.heddle.queue.Backoff;
import io.heddle.queue.Consumer;
import io.heddle.queue.PostgresServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
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
@SuppressWarnings("try") // closing workers may be interrupted
final class SeveralCasTest {
  private static final Backoff EAGER =
      new Backoff(
          Duration.ofMillis(50), Duration.ofMillis(500), 1000, Duration.ofMillis(500), 1000);

  private static final Pipeline.Settings PIPELINE =
      Pipeline.Settings.DEFAULT
          .with(EAGER)
          .with(Consumer.Settings.DEFAULT.withConcurrency(2).withDrain(Duration.ofSeconds(20)));

  @TempDir private Path folder;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();

  /** Workers of one queue, in this process. */
  private final class Workers implements AutoCloseable {
    final List<OrdersService> services = new ArrayList<>();
    final List<Goroutine<?>> running = new ArrayList<>();
    final CancelContext context = Context.background().withCancel();

    Workers(int number, Settings settings) throws Exception {
      for (int i = 0; i < number; i++) {
        OrdersService service =
            OrdersService.open(settings, Log.to(new PrintStream(log, true, UTF_8)));
        services.add(service);
        running.add(Go.go(() -> service.run(context)));
      }
    }

    String submit(String name) throws Exception {
      return services
          .getFirst()
          .store()
          .submit(new Order.Request("anna", List.of(name), null), null)
          .order()
          .order()
          .id();
    }

    List<Order> orders() throws Exception {
      return services.getFirst().store().list(null, null, 0, 100).orders().stream()
          .map(StoredOrder::order)
          .toList();
    }

    Order await(String id, Predicate<Order> isSo) throws Exception {
      long start = System.nanoTime();
      while (true) {
        StoredOrder now = services.getFirst().store().find(id);
        if (now != null && isSo.test(now.order())) {
          return now.order();
        }
        if (System.nanoTime() - start > Duration.ofMinutes(2).toNanos()) {
          throw new AssertionError("still " + now + ", and the log is:\n" + log.toString(UTF_8));
        }
        Go.sleep(Duration.ofMillis(20));
      }
    }

    @Override
    public void close() throws InterruptedException {
      context.cancel();
      for (Goroutine<?> one : running) {
        one.join();
      }
      services.forEach(OrdersService::close);
      context.close();
    }
  }

  private Settings.Authority ca(Pebble pebble, AcmeAuthority.Preferences wishes, int root)
      throws Exception {
    int port = pebble.directory().getPort();
    return new Settings.Authority(
        pebble.directory(),
        Files.writeString(folder.resolve("trust" + port + ".pem"), pebble.trustPem()),
        Files.writeString(folder.resolve("roots" + port + ".pem"), pebble.rootPem(root)),
        new Settings.Accounts(
            Settings.Mode.PER_CUSTOMER,
            new AcmeAuthority.Registration(null, true, null, null),
            Map.of(),
            false),
        AcmeAuthority.Load.ofPebble(4),
        wishes,
        Set.of());
  }

  private Settings.Authority ca(Pebble pebble) throws Exception {
    return ca(pebble, AcmeAuthority.Preferences.NONE, 0);
  }

  /**
   * Settings with two CAs.
   *
   * @param network the Pebble whose web server is that of all domains
   */
  private Settings settings(
      String address, Pebble network, Pipeline.Settings pipeline, Settings.Authority... cas) {
    SequencedMap<String, Settings.Authority> others = new LinkedHashMap<>();
    for (int i = 1; i < cas.length; i++) {
      others.put("b", cas[i]);
    }
    return new Settings(
        address,
        folder,
        null,
        new Settings.Workers(
                cas[0],
                new Settings.Checks(
                    Network.withLoopbackForTests(
                        new Network.Ports(
                            network.httpPort(), network.tlsPort(), network.nameServer().getPort()),
                        64),
                    List.of(network.nameServer()),
                    Dns01Check.Servers.RECURSIVE_ONLY,
                    Set.of()),
                pipeline)
            .with(others));
  }

  private String address() {
    return folder.resolve("orders.db").toString();
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
    String address = isShared ? PostgresServer.shared().newSchema() : address();
    Pebble a = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1");
    try (a;
        Pebble b = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1")) {
      Settings settings =
          settings(address, b, PIPELINE.withFallbackAfter(Duration.ofSeconds(1)), ca(a), ca(b));
      int number = isShared ? 2 : 1; // a file's queue has one process
      List<String> ids = new ArrayList<>();
      try (Workers workers = new Workers(number, settings)) {
        for (int i = 0; i < 4; i++) {
          ids.add(workers.submit("placed" + i + ".test"));
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
          ids.add(workers.submit("new" + i + ".test"));
        }
        for (String id : ids) {
          workers.await(id, order -> isAt(order, "b"));
        }
      }
      try (Workers workers = new Workers(number, settings)) {
        for (String id : ids) {
          prove(b, workers.await(id, order -> isAt(order, "b")));
        }
        Set<String> serials = new TreeSet<>();
        for (String id : ids) {
          Order order = workers.await(id, one -> one.state() == OrderState.ISSUED);
          assertEquals("b", order.ca());
          assertEquals(Order.FIRST_CA, order.left().getFirst().ca());
          serials.add(order.certificate().serial());
        }
        assertEquals(ids.size(), serials.size());
        assertEquals(ids.size(), workers.orders().size());
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
        Workers workers =
            new Workers(
                1,
                settings(
                    address(),
                    b,
                    PIPELINE.with(
                        new Renewals(
                            true,
                            Duration.ofHours(1),
                            Duration.ofSeconds(1),
                            Duration.ofMillis(1))),
                    ca(a),
                    ca(b)))) {
      String id = workers.submit("blocked.test");
      prove(b, workers.await(id, order -> isAt(order, "b")));
      workers.await(id, order -> order.state() == OrderState.ISSUED);
      workers.await(id, _ -> log.toString(UTF_8).contains("renewal_begun"));
      Order renewal =
          workers.orders().stream()
              .filter(one -> one.request().replaces() != null)
              .filter(one -> one.request().replaces().order().equals(id))
              .findFirst()
              .orElseThrow();
      assertEquals("b", renewal.ca());
      assertEquals(List.of(), renewal.left());
      assertNotNull(renewal.request().replaces().certificate());
      prove(b, workers.await(renewal.id(), order -> isAt(order, "b")));
      workers.await(renewal.id(), order -> order.state() == OrderState.ISSUED);
      assertEquals(0, issued(a));
    }
  }

  /** The queue records all CAs; a worker that lacks one could not continue its orders. */
  @Test
  void aWorkerWithoutACaOfTheQueueDoesNotStart() throws Exception {
    try (Pebble a = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1");
        Pebble b = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1")) {
      Settings one = settings(address(), a, PIPELINE, ca(a));
      Settings two = settings(address(), a, PIPELINE, ca(a), ca(b));
      try (Workers workers = new Workers(1, one)) {
        String id = workers.submit("one.test");
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

package io.heddle.orders.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.TaskGroup;
import io.heddle.local.Pebble;
import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.OrderState;
import io.heddle.orders.PebbleNeeded;
import io.heddle.orders.api.Tokens;
import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.pipeline.Pipeline;
import io.heddle.orders.store.StoredOrder;
import io.heddle.orders.telemetry.Log;
import io.heddle.preflight.Dns01Check;
import io.heddle.preflight.Network;
import io.heddle.queue.Consumer;
import io.heddle.queue.PostgresServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole service while its database goes away and comes back, and while clocks jump. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class OutageTest {
  private static final String TOKEN = "a-token-for-tests";
  private static final Pattern ISSUED =
      Pattern.compile("Issued certificate serial (\\S+) for order (\\S+)");
  private static final Duration DRAIN = Duration.ofSeconds(3);
  private static final Duration LEASE = Duration.ofSeconds(10);

  private static PostgresServer server;

  @TempDir private Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Set<String> provisioned = new HashSet<>();

  @BeforeAll
  static void startServer() {
    server = PostgresServer.launch();
  }

  @AfterAll
  static void stopServer() {
    if (server != null) {
      server.close();
    }
  }

  private interface Work {
    void with(OrdersService service) throws Exception;
  }

  private void serve(Pebble pebble, String address, Work work) throws Exception {
    Log log = Log.to(System.out);
    try (CancelContext running = Context.background().withCancel();
        OrdersService service = OrdersService.open(settings(pebble, address), log)) {
      Goroutine<?> serving = Go.go(() -> service.run(running));
      try {
        work.with(service);
      } finally {
        running.cancel();
        serving.join();
      }
    }
  }

  private Settings settings(Pebble pebble, String address) throws Exception {
    Path trust = Files.writeString(folder.resolve("trust.pem"), pebble.trustPem());
    Path roots = Files.writeString(folder.resolve("roots.pem"), pebble.rootPem());
    return new Settings(
        address,
        folder,
        Settings.Api.plain(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), Tokens.admin(TOKEN)),
        new Settings.Workers(
            new Settings.Authority(
                pebble.directory(),
                trust,
                roots,
                Settings.Accounts.of(new AcmeAuthority.Registration(null, true, null, null)),
                AcmeAuthority.Load.ofPebble(8)),
            new Settings.Checks(
                Network.withLoopbackForTests(
                    new Network.Ports(
                        pebble.httpPort(), pebble.tlsPort(), pebble.nameServer().getPort()),
                    64),
                List.of(pebble.nameServer()),
                Dns01Check.Servers.RECURSIVE_ONLY,
                Set.of()),
            Pipeline.Settings.DEFAULT
                .with(WorkerMain.BACKOFF)
                .with(
                    Consumer.Settings.DEFAULT
                        .withConcurrency(4)
                        .withDrain(DRAIN)
                        .withLease(LEASE))));
  }

  private HttpResponse<String> send(
      OrdersService service, String method, String path, String body, String key) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(service.uri() + path))
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .timeout(Duration.ofSeconds(60)) // no request hangs
            .header("Content-Type", "application/json")
            .header("Authorization", "Bearer " + TOKEN);
    if (!key.isEmpty()) {
      request.header("Idempotency-Key", key);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private int status(OrdersService service, String path) throws Exception {
    return send(service, "GET", path, "", "").statusCode();
  }

  /** Submits like a customer who repeats requests that failed. */
  private String submit(OrdersService service, String name) throws Exception {
    String body = "{\"domains\":[\"" + name + "\"]}";
    while (true) {
      HttpResponse<String> response = send(service, "POST", "/v1/orders", body, name);
      if (response.statusCode() < 300) {
        return JsonParser.parseString(response.body()).getAsJsonObject().get("id").getAsString();
      }
      assertEquals(503, response.statusCode(), response.body());
    }
  }

  /** Does what customers have to do; yields how many orders are issued. */
  private int look(Pebble pebble, OrdersService service, Set<String> ids) throws Exception {
    int issued = 0;
    for (String id : ids) {
      StoredOrder order = service.store().find(id);
      assertTrue(order != null, () -> id + " is lost");
      assertTrue(order.state() != OrderState.DEAD, order::toString);
      issued += order.state() == OrderState.ISSUED ? 1 : 0;
      for (Authorization one : order.order().authorizations()) {
        Challenge challenge = one.challenge(Challenge.HTTP).orElseThrow();
        if (provisioned.add(challenge.token())) {
          pebble.addHttp(challenge.token(), challenge.keyAuthorization());
        }
      }
    }
    return issued;
  }

  private void awaitIssued(Pebble pebble, OrdersService service, Set<String> ids, int count)
      throws Exception {
    while (look(pebble, service, ids) < count) {
      Go.sleep(Duration.ofMillis(50));
    }
  }

  private static void assertIssuedOnce(Pebble pebble, int orders) throws Exception {
    List<String> issued =
        ISSUED.matcher(pebble.log()).results().map(match -> match.group(2)).toList();
    assertEquals(orders, issued.size());
    assertEquals(orders, Set.copyOf(issued).size());
  }

  @Test
  void nothingIsLostAndNobodyHangsWhenTheDatabaseGoesAwayAndComesBack() throws Exception {
    String address = server.newSchema();
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1", "PEBBLE_AUTHZREUSE", "0")) {
      Go.run(() -> serve(pebble, address, service -> interrupted(pebble, service, 40)));
    }
  }

  private void interrupted(Pebble pebble, OrdersService service, int count) throws Exception {
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < count / 2; i++) {
      ids.add(submit(service, "www" + i + ".test"));
    }
    awaitIssued(pebble, service, ids, 3);
    assertEquals(200, status(service, "/readyz"));
    server.stop();
    TaskGroup<Void> requests =
        new TaskGroup<>(); // each waits for a connection, for as long as that takes
    requests.go(() -> {
      HttpResponse<String> ready = send(service, "GET", "/readyz", "", "");
      assertEquals(503, ready.statusCode(), ready.body());
      assertEquals("5", ready.headers().firstValue("retry-after").orElse("none"));
    });
    requests.go(() -> assertEquals(200, status(service, "/healthz")));
    requests.go(() -> assertEquals(200, status(service, "/metrics")));
    requests.go(() -> assertEquals(503, status(service, "/v1/orders")));
    requests.await();
    Goroutine<?> late =
        Go.go(() -> {
          for (int i = count / 2; i < count; i++) {
            ids.add(submit(service, "www" + i + ".test"));
          }
        });
    server.start();
    late.join();
    assertEquals(200, status(service, "/readyz"));
    assertEquals(count, ids.size());
    awaitIssued(pebble, service, ids, count);
    assertIssuedOnce(pebble, count);
  }

  /**
   * It cannot store the state of its orders; another worker takes them over, and repeats nothing.
   */
  @Test
  void aServiceEndsWhenItIsToldToWhileTheDatabaseIsAway() throws Exception {
    int count = 12;
    String address = server.newSchema();
    Set<String> ids = new HashSet<>();
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1", "PEBBLE_AUTHZREUSE", "0")) {
      Go.run(() -> {
        serve(
            pebble,
            address,
            service -> {
              for (int i = 0; i < count; i++) {
                ids.add(submit(service, "www" + i + ".test"));
              }
              awaitIssued(pebble, service, ids, 1);
              server.crash();
            });
        server.start();
        serve(pebble, address, service -> awaitIssued(pebble, service, ids, count));
        assertIssuedOnce(pebble, count);
      });
    }
  }

  /** A year forwards, then two back, on the database's machine, in the middle of the work. */
  @Test
  void clocksThatJumpLoseNothing() throws Exception {
    String address = server.newSchema();
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1", "PEBBLE_AUTHZREUSE", "0")) {
      Go.run(() ->
          serve(
              pebble,
              address,
              service -> {
                Set<String> ids = new HashSet<>();
                for (Duration jump : List.of(Duration.ofDays(365), Duration.ofDays(-365))) {
                  int before = ids.size();
                  for (int i = before; i < before + 8; i++) {
                    ids.add(submit(service, "www" + i + ".test"));
                  }
                  awaitIssued(pebble, service, ids, before + 2);
                  PostgresServer.jump(address, jump);
                  awaitIssued(pebble, service, ids, before + 8);
                }
                // In particular none is forgotten, as it would be after ninety days.
                assertEquals(16, look(pebble, service, ids));
                assertIssuedOnce(pebble, 16);
              }));
    }
  }
}

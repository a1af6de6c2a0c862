package io.heddle.cli;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.local.Pebble;
import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.files.SafeFiles;
import io.heddle.orders.pipeline.Pipeline;
import io.heddle.orders.service.OrdersService;
import io.heddle.orders.service.Settings;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.store.StoredOrder;
import io.heddle.orders.telemetry.Log;
import io.heddle.preflight.Dns01Check;
import io.heddle.preflight.Network;
import io.heddle.queue.Backoff;
import io.heddle.queue.QueueException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Twenty orders at a local CA. Some customers meet their challenges at once, some later, some
 * never. The times of the back-off are a thousandth of the normal ones.
 */
final class OrdersDemo {
  private static final Backoff BACKOFF =
      new Backoff(Duration.ofMillis(300), Duration.ofSeconds(2), 6, Duration.ofSeconds(3), 8);

  private static final Duration LOOK_EVERY = Duration.ofMillis(100);

  private final Path folder;
  private final PrintStream log;
  private final List<Customer> customers = new ArrayList<>();

  /** A customer, and the number of failed checks after which it meets the challenge. */
  private static final class Customer {
    final List<String> domains;
    final int patience;
    @Nullable String order;
    boolean isDone;

    Customer(int patience, String... domains) {
      this.domains = List.of(domains);
      this.patience = patience;
    }
  }

  /** Observes the number of orders in each state. */
  public interface Watch {
    /**
     * Called ten times a second.
     *
     * @param counts the number of orders in each state
     */
    void see(Map<OrderState, Integer> counts);
  }

  /**
   * The result of the demonstration.
   *
   * @param issued the orders with a certificate
   * @param dead the orders that were given up
   */
  public record Result(List<StoredOrder> issued, List<StoredOrder> dead) {}

  /**
   * Makes a demo.
   *
   * @param folder the folder for queue, keys and certificates; existing orders are continued
   */
  public OrdersDemo(Path folder, PrintStream log) {
    this.folder = folder;
    this.log = log;
    for (int i = 1; i <= 10; i++) {
      customers.add(new Customer(0, "www" + i + ".ready.test", "ready" + i + ".test"));
    }
    for (int i = 1; i <= 6; i++) {
      customers.add(new Customer(1 + i / 2, "www" + i + ".later.test"));
    }
    for (int i = 1; i <= 3; i++) {
      customers.add(new Customer(Integer.MAX_VALUE, "www" + i + ".never.test"));
    }
    customers.add(new Customer(0, "www.blocked.test")); // the CA refuses this name
  }

  /**
   * Runs it until all orders are issued or dead.
   *
   * @throws IOException if Pebble does not start, or a file cannot be written
   */
  public Result run(Context context, Watch watch)
      throws IOException, QueueException, InterruptedException {
    try (Pebble pebble = Pebble.start(Map.of("PEBBLE_VA_SLEEPTIME", "2"));
        OrdersService service = OrdersService.open(settings(pebble), Log.to(log));
        CancelContext working = context.withCancel()) {
      Goroutine<?> workers = Go.go("pipeline", () -> service.run(working));
      try {
        OrderStore store = service.store();
        for (Customer one : customers) {
          one.order =
              store.submit(new Order.Request("demo", one.domains, null), null).order().order().id();
        }
        while (!look(pebble, store, watch)) {
          Go.sleep(LOOK_EVERY, context);
        }
        return new Result(
            store.list(OrderState.ISSUED, null, 0, customers.size()).orders(),
            store.list(OrderState.DEAD, null, 0, customers.size()).orders());
      } finally {
        working.cancel();
        workers.join();
      }
    }
  }

  private Settings settings(Pebble pebble) throws IOException, InterruptedException {
    SafeFiles.folder(folder);
    Path trust = Files.writeString(folder.resolve("ca-server.pem"), pebble.trustPem());
    Path roots = Files.writeString(folder.resolve("ca-root.pem"), pebble.rootPem());
    Network network =
        Network.withLoopbackForTests(
            new Network.Ports(pebble.httpPort(), pebble.tlsPort(), pebble.nameServer().getPort()),
            64);
    return new Settings(
        folder.resolve("orders.db").toString(),
        folder,
        null,
        new Settings.Workers(
            new Settings.Authority(
                pebble.directory(),
                trust,
                roots,
                Settings.Accounts.of(new AcmeAuthority.Registration(null, true, null, null)),
                AcmeAuthority.Load.ofPebble(8)),
            new Settings.Checks(
                network,
                List.of(pebble.nameServer()),
                Dns01Check.Servers.RECURSIVE_ONLY, // Pebble's name server has no others to name
                Set.of()),
            Pipeline.Settings.DEFAULT.with(BACKOFF)));
  }

  /** Acts for the customers, and returns whether nothing is left to do. */
  private boolean look(Pebble pebble, OrderStore store, Watch watch)
      throws IOException, QueueException, InterruptedException {
    Map<OrderState, Integer> counts = new EnumMap<>(OrderState.class);
    boolean isOver = true;
    for (Customer one : customers) {
      StoredOrder order = store.find(Objects.requireNonNull(one.order, "submitted"));
      if (order == null) {
        continue;
      }
      counts.merge(order.state(), 1, Integer::sum);
      isOver &= order.state().isFinal();
      List<Authorization> wanted = order.order().authorizations();
      if (!one.isDone && !wanted.isEmpty() && order.order().attempts() >= one.patience) {
        for (Authorization authorization : wanted) {
          Challenge challenge = authorization.challenge(Challenge.HTTP).orElseThrow();
          pebble.addHttp(challenge.token(), challenge.keyAuthorization());
        }
        one.isDone = true;
      }
    }
    watch.see(counts);
    return isOver;
  }
}

package io.heddle.orders.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;

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
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.files.Keys;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.store.StoredOrder;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.preflight.Http01Check;
import io.heddle.preflight.Limits;
import io.heddle.preflight.Network;
import io.heddle.preflight.Preflight;
import io.heddle.preflight.Resolver;
import io.heddle.queue.Backoff;
import io.heddle.queue.Consumer;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** A whole pipeline in this process, on a real queue and the real Pebble. */
final class Service implements AutoCloseable {
  static final Backoff FAST =
      new Backoff(Duration.ofMillis(100), Duration.ofMillis(400), 6, Duration.ofMillis(800), 8);

  /** For orders that are to be issued, however slow the machine is. */
  static final Backoff PATIENT =
      new Backoff(
          Duration.ofMillis(100), Duration.ofMillis(800), 1000, Duration.ofMillis(800), 1000);

  final Queue queue;
  final OrderStore store;
  final Metrics metrics;
  final AcmeAuthority ca;
  final Path folder;
  final Pipeline pipeline;
  final ByteArrayOutputStream lines = new ByteArrayOutputStream();
  private final PrintStream log = new PrintStream(lines, true, UTF_8);
  private final CancelContext context = Context.background().withCancel();
  private final Goroutine<?> running;

  Service(Pebble pebble, Path folder, Backoff backoff) throws Exception {
    this(pebble, folder, folder.resolve("orders.db").toString(), backoff);
  }

  Service(Pebble pebble, Path folder, String address, Backoff backoff) throws Exception {
    this(pebble, pebble.directory(), folder, address, backoff);
  }

  /** Sends the CA's requests, and no others, to another address. */
  Service(Pebble pebble, URI directory, Path folder, Backoff backoff) throws Exception {
    this(pebble, directory, folder, folder.resolve("orders.db").toString(), backoff);
  }

  private Service(Pebble pebble, URI directory, Path folder, String address, Backoff backoff)
      throws Exception {
    this(pebble, directory, folder, address, backoff, Renewals.DEFAULT);
  }

  Service(
      Pebble pebble, URI directory, Path folder, String address, Backoff backoff, Renewals renewals)
      throws Exception {
    this.folder = folder;
    queue = Queues.open(address, 8);
    store = new OrderStore(queue);
    metrics = new Metrics(queue);
    ca =
        new AcmeAuthority(
            directory,
            pebble.trust(),
            Keys.in(folder.resolve("account.pem")),
            new AcmeAuthority.Registration(null, true, null, null),
            AcmeAuthority.Load.ofPebble(8));
    Pipeline.Settings settings =
        Pipeline.Settings.DEFAULT
            .with(backoff)
            .with(renewals)
            .with(Consumer.Settings.DEFAULT.withDrain(Duration.ofSeconds(20)));
    pipeline =
        new Pipeline(
            new Pipeline.Parts(
                queue,
                Accounts.one("account", ca, Chain.Verifier.trusting(List.of(pebble.root()))),
                preflight(pebble),
                new CertificateFolder(folder.resolve("certificates"))),
            settings,
            new Polling(
                8,
                Duration.ofMillis(100),
                Duration.ofSeconds(2),
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                100),
            Duration.ofSeconds(1),
            Log.to(log),
            metrics);
    running = Go.go(() -> pipeline.run(context));
  }

  static Preflight preflight(Pebble pebble) {
    Network network =
        Network.withLoopbackForTests(
            new Network.Ports(pebble.httpPort(), pebble.tlsPort(), pebble.nameServer().getPort()),
            64);
    Resolver resolver = new Resolver(network, List.of(pebble.nameServer()), Duration.ofSeconds(20));
    return new Preflight(
        Map.of("http-01", new Http01Check(resolver, Duration.ofSeconds(20))),
        List.of(),
        Limits.DEFAULT);
  }

  String submit(String... domains) throws Exception {
    return store
        .submit(new Order.Request("customer", List.of(domains), null), null)
        .order()
        .order()
        .id();
  }

  /** Waits until an order is as it should be. */
  StoredOrder await(String id, Predicate<StoredOrder> isSo) throws Exception {
    long start = System.nanoTime();
    while (true) {
      StoredOrder now = store.find(id);
      if (now != null && isSo.test(now)) {
        return now;
      }
      if (System.nanoTime() - start > Duration.ofSeconds(150).toNanos()) {
        throw new AssertionError("still " + now + ", and the log is:\n" + lines.toString(UTF_8));
      }
      Go.sleep(Duration.ofMillis(20));
    }
  }

  StoredOrder await(String id, OrderState state) throws Exception {
    return await(id, order -> order.state() == state);
  }

  /** Does what a customer has to do. */
  void provision(Pebble pebble, String id) throws Exception {
    StoredOrder placed = await(id, order -> !order.order().authorizations().isEmpty());
    for (Authorization one : placed.order().authorizations()) {
      Challenge challenge = one.challenge(Challenge.HTTP).orElseThrow();
      pebble.addHttp(challenge.token(), challenge.keyAuthorization());
    }
  }

  URI location(String id) throws Exception {
    return store.find(id).order().placement().location();
  }

  @Override
  public void close() {
    context.cancel();
    try {
      running.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    queue.close();
    ca.close();
  }
}

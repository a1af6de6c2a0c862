package io.heddle.orders.service;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Select;
import io.heddle.Selected.First;
import io.heddle.Selected.Second;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.api.ApiServer;
import io.heddle.orders.api.ApiTls;
import io.heddle.orders.api.OrdersApi;
import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.files.AccountKeys;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.notify.Notifications;
import io.heddle.orders.pipeline.Pipeline;
import io.heddle.orders.store.CaBinding;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.telemetry.Events;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.preflight.CaaCheck;
import io.heddle.preflight.Limits;
import io.heddle.preflight.Preflight;
import io.heddle.preflight.Resolver;
import io.heddle.queue.Queue;
import io.heddle.queue.QueueException;
import io.heddle.queue.Queues;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * The service: the API, the workers, or both, with one queue.
 *
 * {@snippet :
 * try (var context = Context.untilShutdown();
 *     var service = OrdersService.open(settings, Log.to(System.err))) {
 *   service.run(context);
 * }
 * }
 */
public final class OrdersService implements AutoCloseable {
  private static final Duration DNS_TIMEOUT = Duration.ofSeconds(5);
  private static final int CONNECTIONS = 10;
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final Duration VERIFY_AGAIN = Duration.ofMinutes(1);

  private final Queue queue;
  private final OrderStore store;
  private final Log log;
  private final @Nullable Authorities accounts;
  private final Notifications notifications;
  private final @Nullable Pipeline pipeline;
  private final @Nullable OrdersApi api;
  private final @Nullable ApiServer server;

  /** Why CAs reject the operator's account, by the names of the CAs. */
  private final Map<String, Problem> refusals;

  private OrdersService(
      Queue queue,
      Log log,
      @Nullable Authorities accounts,
      Notifications notifications,
      @Nullable Pipeline pipeline,
      @Nullable OrdersApi api,
      @Nullable ApiServer server,
      Map<String, Problem> refusals) {
    this.refusals = refusals;
    this.queue = queue;
    this.store = new OrderStore(queue);
    this.log = log;
    this.accounts = accounts;
    this.notifications = notifications;
    this.pipeline = pipeline;
    this.api = api;
    this.server = server;
  }

  /**
   * Opens the queue, and begins to listen. Orders that arrive are stored; {@link #run} works on
   * them.
   *
   * @throws IOException if a file cannot be read, the port cannot be opened, or the orders in the
   *     queue were placed at another CA or with other accounts; the message says what to do
   */
  public static OrdersService open(Settings settings, Log log)
      throws QueueException, IOException, InterruptedException {
    return open(settings, Queues.open(settings.queue(), CONNECTIONS), log);
  }

  /**
   * Checks the files that settings name, and opens neither the queue nor a port.
   *
   * @throws IOException if a file cannot be used; the message says why
   */
  public static void check(Settings settings) throws IOException {
    Settings.Workers workers = settings.workers();
    if (workers != null) {
      check(workers.ca());
      for (Settings.Authority ca : workers.others().values()) {
        check(ca);
      }
    }
    Settings.Certificate certificate = settings.api() == null ? null : settings.api().certificate();
    if (certificate != null) {
      ApiTls.of(certificate.chain(), certificate.key(), Log.NONE);
    }
  }

  private static void check(Settings.Authority ca) throws IOException {
    Path trust = ca.trust();
    if (trust != null) {
      trusting(trust);
    }
    Path roots = ca.roots();
    if (roots != null) {
      Chain.readRoots(roots);
    }
  }

  /** The same with an open queue, which is closed with the service. */
  static OrdersService open(Settings settings, Queue queue, Log log)
      throws QueueException, IOException, InterruptedException {
    Authorities accounts = null;
    Map<String, Problem> refusals = new ConcurrentSkipListMap<>();
    try {
      Metrics metrics = new Metrics(queue);
      Pipeline pipeline = null;
      Settings.Workers workers = settings.workers();
      if (workers != null) {
        accounts = Authorities.open(workers, settings.folder(), new CaBinding(queue), log);
        pipeline = pipeline(settings.folder(), workers, queue, accounts, log, metrics);
      }
      OrdersApi api = null;
      ApiServer server = null;
      Settings.Api wanted = settings.api();
      if (wanted != null) {
        Pipeline ours = pipeline;
        api =
            new OrdersApi(
                new OrderStore(queue),
                wanted.tokens(),
                wanted.policy(),
                metrics,
                () -> {
                  Problem waiting = ours == null ? null : ours.refusal();
                  return waiting == null
                      ? refusals.values().stream().findFirst().orElse(null)
                      : waiting;
                },
                log);
        Settings.Certificate certificate = wanted.certificate();
        server =
            api.serve(
                wanted.listen(),
                ApiServer.Limits.DEFAULT,
                certificate == null ? null : ApiTls.of(certificate.chain(), certificate.key(), log),
                wanted.accessLog());
      }
      return new OrdersService(
          queue,
          log,
          accounts,
          workers == null ? Notifications.NONE : workers.notifications(),
          pipeline,
          api,
          server,
          refusals);
    } catch (QueueException | IOException | InterruptedException | RuntimeException e) {
      queue.close();
      if (accounts != null) {
        accounts.close();
      }
      throw e;
    }
  }

  private static Pipeline pipeline(
      Path folder,
      Settings.Workers workers,
      Queue queue,
      Authorities accounts,
      Log log,
      Metrics metrics) {
    return new Pipeline(
        new Pipeline.Parts(
            queue,
            accounts,
            preflight(workers, accounts, new Events(OrderState.CHECKING, log, metrics)),
            new CertificateFolder(folder.resolve("certificates")), // each account has its own
            workers.notifications()),
        workers.pipeline(),
        log,
        metrics);
  }

  private static Preflight preflight(
      Settings.Workers workers, Authorities accounts, Events events) {
    Resolver resolver =
        new Resolver(workers.checks().network(), workers.checks().nameServers(), DNS_TIMEOUT);
    CaaCheck caa = new CaaCheck(resolver, new CaIssuer(accounts::known, accounts.first(), events));
    return Preflight.standard(resolver, workers.checks().servers(), caa, Limits.DEFAULT);
  }

  /** A context that trusts the certificates of a file. */
  static SSLContext trusting(Path file) throws IOException {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (X509Certificate one : Chain.read(file)) {
        store.setCertificateEntry(one.getSerialNumber().toString(), one);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException(file + " cannot be used: " + e.getMessage(), e);
    }
  }

  /** The address of the API for clients on this machine. */
  public URI uri() {
    return Objects.requireNonNull(server, "no API").uri();
  }

  /** The orders, for code in the same process. */
  public OrderStore store() {
    return store;
  }

  /**
   * Works until the context is done, then lets the work in progress finish.
   *
   * @throws QueueException if another process has converted the queue for a newer version of this
   *     program, so that this one has to end
   */
  public void run(Context context) throws QueueException, InterruptedException {
    log.write("started", "api", server == null ? null : server.uri(), "workers", pipeline != null);
    boolean isConverted;
    try (CancelContext working = context.withCancel()) {
      Goroutine<Boolean> watching = Go.go("watch version", () -> isConverted(working));
      work(working);
      working.cancel();
      isConverted = watching.await();
    }
    if (server != null) {
      server.shutdown(GRACE);
    }
    log.write("stopped", "problem", isConverted ? "the queue has a newer version" : null);
    if (isConverted) {
      queue.find("version"); // fails, and says which versions
    }
  }

  private void work(Context context) throws InterruptedException {
    if (api != null) {
      context.afterFunc(api::drain);
    }
    if (pipeline != null && accounts != null) {
      List<Goroutine<?>> verifying = new ArrayList<>();
      accounts
          .all()
          .forEach((name, ca) ->
              verifying.add(
                  Go.go(context, "verify account", () -> verify(name, ca.operator(), context))));
      pipeline.run(context);
      for (Goroutine<?> one : verifying) {
        one.join();
      }
    } else {
      Select.select(context.onDone());
    }
  }

  /** Ends the work when the queue is converted, and returns whether that has happened. */
  private boolean isConverted(CancelContext working) throws InterruptedException {
    return switch (Select.choose(queue.onNewerVersion(), working.onDone())) {
      case First(_) -> {
        working.cancel();
        yield true;
      }
      case Second(_) -> false;
    };
  }

  /** Asks a CA for the operator's account, until the CA accepts it. */
  private void verify(String name, AcmeAuthority operator, Context context) {
    String account =
        name.equals(Order.FIRST_CA) ? AccountKeys.OPERATOR : name + " " + AccountKeys.OPERATOR;
    String known = "";
    try {
      while (true) {
        try {
          log.write("account_verified", "ca", name, "account", operator.account());
          refusals.remove(name);
          return;
        } catch (CaException e) {
          boolean isRefused = e.kind() == CaException.Kind.ACCOUNT;
          if (isRefused) {
            refusals.put(name, e.problem());
          } else {
            refusals.remove(name);
          }
          String problem = e.problem().toString();
          if (!problem.equals(known)) {
            String event = isRefused ? "account_refused" : "ca_failure";
            log.write(event, "account", account, "problem", problem);
            known = problem;
          }
        }
        Go.sleep(VERIFY_AGAIN, context);
      }
    } catch (InterruptedException | ContextException e) {
      // the service ends
    }
  }

  /** Stops the API, and closes the queue. */
  @Override
  public void close() {
    if (server != null) {
      server.close();
    }
    queue.close();
    notifications.close();
    if (accounts != null) {
      accounts.close();
    }
  }
}

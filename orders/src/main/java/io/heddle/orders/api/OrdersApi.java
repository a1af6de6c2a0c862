package io.heddle.orders.api;

import com.google.gson.JsonObject;
import io.heddle.orders.Order;
import io.heddle.orders.Problem;
import io.heddle.orders.store.Interventions;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.store.QuotaException;
import io.heddle.orders.store.Quotas;
import io.heddle.orders.store.StoredOrder;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.queue.Note;
import io.heddle.queue.QueueException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP API. Errors are answered with a problem document; {@code /openapi.json} describes the
 * API.
 */
public final class OrdersApi {
  private static final int MAX_KEY = 255;

  private static final String JSON = "application/json";

  private final OrderStore store;
  private final OrderChanges changes;
  private final Tokens tokens;
  private final TokenGuard guard;
  private final Policy policy;
  private final Metrics metrics;
  private final Log log;
  private final Supplier<@Nullable Problem> trouble;
  private final OrderList list;
  private final HistoryView history;
  private final Overview overview;
  private volatile boolean isDraining;

  /**
   * Makes an API.
   *
   * @param policy what is accepted from customers
   * @param metrics the metrics for {@code /metrics}
   * @param trouble the reason, for {@code /readyz}, why orders are accepted but not processed; null
   *     if they are processed
   * @param log gets failures of the service, but not errors in requests
   */
  public OrdersApi(
      OrderStore store,
      Tokens tokens,
      Policy policy,
      Metrics metrics,
      Supplier<@Nullable Problem> trouble,
      Log log) {
    this.store = store;
    this.changes = new OrderChanges(new Interventions(store), log);
    this.tokens = tokens;
    this.policy = policy;
    this.metrics = metrics;
    this.trouble = trouble;
    this.log = log;
    this.guard = new TokenGuard(tokens, log, metrics);
    this.list = new OrderList(store, this::unreadable);
    this.history = new HistoryView(store.queue());
    this.overview = new Overview(store.queue(), metrics, trouble);
  }

  /**
   * Starts a server for this API.
   *
   * @param address where to listen; port 0 is any free port
   * @param limits the limits for clients
   * @param tls the certificate, null for plain HTTP
   * @param accessLog a file for one line per request, as for {@link ApiServer}; null for none
   * @throws IOException if it cannot listen there, or cannot write the log
   */
  public ApiServer serve(
      InetSocketAddress address,
      ApiServer.Limits limits,
      @Nullable ApiTls tls,
      @Nullable Path accessLog)
      throws IOException {
    return ApiServer.start(address, limits, tls, accessLog, this::handle, this::reloadIfChanged);
  }

  /** Makes {@code /readyz} report that no more requests should be sent here. */
  public void drain() {
    isDraining = true;
  }

  /** Reads the files again that have changed; called about once a second. */
  void reloadIfChanged() {
    tokens.reloadIfChanged();
    policy.limits().reloadIfChanged();
  }

  /** Answers a request; throws an IOException if the request does not arrive. */
  ApiResponse handle(ApiRequest request) throws IOException, InterruptedException {
    try {
      return route(request);
    } catch (ProblemException e) {
      return e.answer();
    } catch (QuotaException e) {
      return tooMany(e).answer();
    } catch (QueueException e) {
      log.write("queue_failure", "stage", "api", "problem", e.getMessage());
      return unavailable("The queue is not available").answer();
    } catch (RuntimeException e) {
      log.write(
          "api_fault",
          "method",
          request.method(),
          "path",
          "/" + String.join("/", request.path()),
          "problem",
          e,
          "trace",
          trace(e));
      return fault().answer();
    }
  }

  private static ProblemException unavailable(String title) {
    return new ProblemException(
        503, "unavailable", title, "try again later", Map.of("Retry-After", "5"));
  }

  private static ProblemException tooMany(QuotaException e) {
    long seconds = e.retryAfter().plusMillis(999).toSeconds();
    return new ProblemException(
        429,
        "quota",
        "The quota is used up",
        e.getMessage() + "; try again in " + seconds + " s",
        Map.of("Retry-After", String.valueOf(seconds)));
  }

  private static ProblemException fault() {
    return new ProblemException(
        500, "fault", "A fault of the service", "see the log of the service");
  }

  private void unreadable(StoredOrder order) {
    log.write("unreadable_order", "order", order.order().id(), "problem", order.order().problem());
  }

  private static String trace(RuntimeException e) {
    StringWriter text = new StringWriter();
    e.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  private ApiResponse route(ApiRequest request)
      throws ProblemException, QuotaException, QueueException, IOException, InterruptedException {
    List<String> path = request.path();
    String method = request.method().equals("HEAD") ? "GET" : request.method();
    String target = String.join("/", path);
    ApiResponse page = Page.file(target);
    if (page != null) {
      if (!method.equals("GET")) {
        throw notAllowed("GET, HEAD");
      }
      return page;
    }
    ApiResponse open =
        switch (target) {
          case "healthz" -> get(method, () -> ApiResponse.of(200, "text/plain", "ok\n"));
          case "readyz" -> get(method, this::readiness);
          case "metrics" ->
              get(method, () -> ApiResponse.of(200, "text/plain; version=0.0.4", metrics.text()));
          case "openapi.json" -> get(method, () -> ApiResponse.of(200, JSON, description()));
          default -> null;
        };
    if (open != null) {
      return open;
    }
    boolean isKnown = List.of("v1/caller", "v1/audit", "v1/overview").contains(target);
    boolean isOrders =
        path.size() >= 2 && path.getFirst().equals("v1") && path.get(1).equals("orders");
    boolean isDead =
        path.size() == 3
            && path.get(2).startsWith("dead:")
            && (isOrders || target.startsWith("v1/notifications/"));
    if (!isKnown && !isOrders && !isDead) {
      throw notFound("there is nothing at this address; see /openapi.json");
    }
    InetAddress client = LocalProxy.clientOf(request);
    Tokens.Caller caller = guard.callerOf(client, request.header("authorization"));
    request.letIn();
    if (isKnown) {
      return get(
          method,
          () ->
              json(
                  200,
                  switch (target) {
                    case "v1/audit" -> history.audit(caller, request);
                    case "v1/overview" -> overview(caller);
                    default -> shown(caller);
                  }));
    }
    if (path.size() == 2) {
      return switch (method) {
        case "POST" -> submit(caller, request);
        case "GET" -> json(200, list.answer(caller, request));
        default -> throw notAllowed("GET, HEAD, POST");
      };
    }
    if (isDead) {
      return dead(caller, request, method, path.get(1) + "/" + path.get(2));
    }
    return one(caller, request, method, path);
  }

  private JsonObject overview(Tokens.Caller caller)
      throws ProblemException, QueueException, InterruptedException {
    if (!caller.isAdmin()) {
      throw notAdmin("only the customer 'admin' may see the figures of all orders");
    }
    return overview.answer();
  }

  private static JsonObject shown(Tokens.Caller caller) {
    JsonObject json = new JsonObject();
    json.addProperty("name", caller.name());
    json.addProperty("admin", caller.isAdmin());
    return json;
  }

  /** A note for the audit log. */
  private static Note note(Tokens.Caller caller, ApiRequest request, String action) {
    InetAddress sender = request.client();
    InetAddress client = LocalProxy.clientOf(request);
    String source = client.getHostAddress();
    return new Note(
        caller.name(),
        client.equals(sender) ? source : source + " by way of " + sender.getHostAddress(),
        action);
  }

  private ApiResponse one(
      Tokens.Caller caller, ApiRequest request, String method, List<String> path)
      throws ProblemException, QuotaException, QueueException, InterruptedException {
    StoredOrder order = own(caller, path.get(2));
    String what = path.size() == 3 ? "" : path.size() == 4 ? path.get(3) : "?";
    return switch (what) {
      case "" ->
          switch (method) {
            case "GET" -> json(200, OrderView.of(order, store.renewalOf(order.order())));
            case "DELETE" ->
                changed(
                    caller,
                    order,
                    store.purge(order.order().id(), note(caller, request, "purged")),
                    "purged");
            default -> throw notAllowed("GET, HEAD, DELETE");
          };
      case "certificate" -> get(method, () -> certificate(order));
      case "history" -> get(method, () -> json(200, history.of(caller, order.order().id())));
      case OrderChanges.CANCEL, OrderChanges.RETRY, OrderChanges.REVOKE, OrderChanges.VALIDATE -> {
        if (!method.equals("POST")) {
          throw notAllowed("POST");
        }
        Note note = note(caller, request, OrderChanges.done(what));
        yield changes.answer(what, order, request, quotas(caller), note);
      }
      case "replay" -> {
        if (!method.equals("POST")) {
          throw notAllowed("POST");
        }
        Note note = note(caller, request, "replayed");
        boolean isReplayed = store.replay(order, quotas(caller), note);
        yield changed(caller, order, isReplayed ? 1 : 0, "replayed");
      }
      default ->
          throw notFound(
              "an order has a certificate and a history; it can be cancelled, retried, validated,"
                  + " revoked and replayed");
    };
  }

  /** The quotas of a caller who changes an order. */
  private Quotas quotas(Tokens.Caller caller) {
    return caller.isAdmin() ? Quotas.NONE : policy.limits().of(caller.name()).quotas();
  }

  private StoredOrder own(Tokens.Caller caller, String id)
      throws ProblemException, QueueException, InterruptedException {
    StoredOrder order = OrderStore.isId(id) ? store.find(id) : null;
    if (order != null && order.isUnreadable()) {
      unreadable(order);
      if (!caller.isAdmin()) { // it may be the caller's, and must not appear to be lost
        throw fault();
      }
    }
    // Another customer's order is reported as missing, so that ids cannot be guessed.
    if (order == null
        || !(caller.isAdmin() || order.order().request().customer().equals(caller.name()))) {
      throw notFound("there is no such order");
    }
    return order;
  }

  private ApiResponse submit(Tokens.Caller caller, ApiRequest request)
      throws ProblemException, QuotaException, QueueException, IOException, InterruptedException {
    String type = Objects.requireNonNullElse(request.header("content-type"), "");
    if (!type.toLowerCase(Locale.ROOT).split(";", -1)[0].strip().equals(JSON)) {
      throw new ProblemException(
          415, "media-type", "Not JSON", "send Content-Type: application/json");
    }
    Order.Request wanted = OrderRequest.read(caller.name(), request.body());
    if (policy.needsCsr() && wanted.csr() == null) {
      throw new ProblemException(
          422,
          "csr-required",
          "A signing request is required",
          "this service makes no private keys; send a csr");
    }
    checkNames(wanted);
    OrderStore.Submission made =
        store.submit(
            wanted,
            idempotencyKey(request),
            policy.limits().of(caller.name()).quotas(),
            note(caller, request, "submitted"));
    if (made.order().isUnreadable()) {
      unreadable(made.order());
      throw fault();
    }
    String address = "/v1/orders/" + made.order().order().id();
    return switch (made.answer()) {
      case NEW -> json(201, OrderView.of(made.order())).with("Location", address);
      case SAME -> json(200, OrderView.of(made.order())).with("Location", address);
      case KEY_REUSED ->
          throw new ProblemException(
              422,
              "key-reused",
              "The idempotency key was used",
              "another order was submitted with this Idempotency-Key; take a new one for each"
                  + " order");
      case OTHER_CSR ->
          throw new ProblemException(
              409,
              "order-open",
              "An order for these names is open",
              "the order "
                  + made.order().order().id()
                  + " is open for the same names, and has another csr; wait until it is issued or"
                  + " dead, or submit the same csr",
              Map.of(),
              Map.of("order", address));
    };
  }

  /** Refuses names that are not for the customer to order. */
  private void checkNames(Order.Request wanted) throws ProblemException, InterruptedException {
    if (policy.isPublic()) {
      OrderRequest.checkPublic(wanted.domains());
    }
    String customer = wanted.customer();
    CustomerLimits.Limit limit = policy.limits().of(customer);
    List<String> forbidden =
        new ArrayList<>(wanted.domains().stream().filter(name -> !limit.permits(name)).toList());
    DomainGate gate = policy.gate();
    if (forbidden.isEmpty() && gate != null) {
      try {
        forbidden.addAll(gate.forbidden(customer, wanted.domains()));
      } catch (IOException e) {
        log.write("ask_failure", "customer", customer, "problem", e.getMessage());
        throw unavailable("Names cannot be checked");
      }
    }
    if (!forbidden.isEmpty()) {
      throw new ProblemException(
          403,
          "domain-not-allowed",
          "The order is not allowed",
          "not for this customer: " + String.join(", ", forbidden));
    }
  }

  private static @Nullable String idempotencyKey(ApiRequest request) throws ProblemException {
    String key = request.header("idempotency-key");
    if (key != null
        && (key.isEmpty()
            || key.length() > MAX_KEY
            || key.chars().anyMatch(c -> c < ' ' || c > '~'))) {
      throw new ProblemException(
          400,
          "bad-key",
          "Not an idempotency key",
          "Idempotency-Key must have 1 to " + MAX_KEY + " visible ASCII characters");
    }
    return key;
  }

  private ApiResponse dead(Tokens.Caller caller, ApiRequest request, String method, String action)
      throws ProblemException, QueueException, InterruptedException {
    if (!caller.isAdmin()) {
      throw notAdmin("only the customer 'admin' may do this for all customers");
    }
    if (!method.equals("POST")) {
      throw notAllowed("POST");
    }
    JsonObject json = new JsonObject();
    switch (action) {
      case "orders/dead:replay" -> {
        OrderStore.ReplayedAll all = store.replayAll(note(caller, request, "replayed"));
        action(caller, "replayed", "all", all.replayed());
        json.addProperty("replayed", all.replayed());
        json.addProperty("skipped", all.skipped());
      }
      case "orders/dead:purge" -> {
        long purged = store.purge(null, note(caller, request, "purged"));
        action(caller, "purged", "all", purged);
        json.addProperty("purged", purged);
      }
      case "notifications/dead:replay" -> {
        long replayed = store.replayNotifications(note(caller, request, "replayed"));
        action(caller, "replayed", "notifications", replayed);
        json.addProperty("replayed", replayed);
      }
      case "notifications/dead:purge" -> {
        long purged = store.purgeNotifications(note(caller, request, "purged"));
        action(caller, "purged", "notifications", purged);
        json.addProperty("purged", purged);
      }
      default -> throw notFound("there are dead:replay and dead:purge");
    }
    return json(200, json);
  }

  /** Logs which administrator has changed dead orders or notifications. */
  private void action(Tokens.Caller caller, String what, String order, long count) {
    log.write("dead_orders", "action", what, "by", caller.name(), "order", order, "count", count);
  }

  private ApiResponse changed(Tokens.Caller caller, StoredOrder order, long count, String what)
      throws ProblemException {
    if (count == 0) {
      throw new ProblemException(
          409,
          "not-dead",
          "The order is not dead",
          "only a dead order can be " + what + "; this one is " + order.state().label());
    }
    action(caller, what, order.order().id(), count);
    JsonObject json = new JsonObject();
    json.addProperty("id", order.order().id());
    json.addProperty(what, true);
    return json(200, json);
  }

  private static ApiResponse certificate(StoredOrder order) throws ProblemException {
    Order.Certificate certificate = order.order().certificate();
    if (certificate == null) {
      throw new ProblemException(
          409,
          "not-issued",
          "There is no certificate yet",
          "the order is " + order.state().label());
    }
    return ApiResponse.of(200, "application/pem-certificate-chain", certificate.chain());
  }

  private ApiResponse readiness() throws ProblemException, QueueException, InterruptedException {
    if (isDraining) {
      throw new ProblemException(503, "draining", "About to end", "send requests elsewhere");
    }
    store.find("ready"); // whether the database answers
    Problem waiting = trouble.get(); // accepted orders are safe, so the service is ready
    String text = waiting == null ? "ready\n" : "ready, but orders wait: " + waiting + "\n";
    return ApiResponse.of(200, "text/plain", text);
  }

  private static String description() {
    try (InputStream in = OrdersApi.class.getResourceAsStream("openapi.json")) {
      return new String(
          Objects.requireNonNull(in, "openapi.json").readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ApiResponse json(int status, JsonObject json) {
    return ApiResponse.of(status, JSON, json.toString());
  }

  private interface Source {
    ApiResponse answer() throws ProblemException, QueueException, InterruptedException;
  }

  private static ApiResponse get(String method, Source source)
      throws ProblemException, QueueException, InterruptedException {
    if (!method.equals("GET")) {
      throw notAllowed("GET, HEAD");
    }
    return source.answer();
  }

  private static ProblemException notFound(String detail) {
    return new ProblemException(404, "not-found", "Not found", detail);
  }

  private static ProblemException notAdmin(String detail) {
    return new ProblemException(403, "not-admin", "Not allowed", detail);
  }

  private static ProblemException notAllowed(String methods) {
    return new ProblemException(
        405, "method", "Not allowed", "this address takes " + methods, Map.of("Allow", methods));
  }
}

package io.heddle.orders.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.heddle.orders.store.OrderStore;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Calls the API of a service. A submission has an idempotency key, so it may be sent twice. */
public final class ApiClient implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final BodyPublisher NOTHING = BodyPublishers.noBody();

  /** Enough for a page of orders, each with the trace of its last check. */
  private static final int LARGEST = 64 << 20;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT).build();

  private final URI server;
  private final String authorization;
  private final String idempotencyKey;

  /**
   * Makes a client.
   *
   * @param idempotencyKey the key of this client's submission, null to generate one
   * @throws IllegalArgumentException if the server is not an HTTP address, or if one of the other
   *     arguments cannot be sent in a header
   */
  public ApiClient(URI server, String token, @Nullable String idempotencyKey) {
    this.server = server;
    this.authorization = "Bearer " + token;
    this.idempotencyKey = idempotencyKey == null ? UUID.randomUUID().toString() : idempotencyKey;
    request("/").header("Idempotency-Key", this.idempotencyKey).build();
  }

  /** The service refused a request; the message is that of its problem document. */
  public static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    /** The HTTP status of the refusal. */
    private final int status;

    RefusedException(int status, String message) {
      super(message);
      this.status = status;
    }

    /** The HTTP status, 400 or more. */
    public int status() {
      return status;
    }
  }

  /**
   * Orders a certificate.
   *
   * @param csr a signing request in PEM, or null
   * @param isRenewed whether the certificate is to be renewed
   */
  public JsonObject submit(List<String> domains, @Nullable String csr, boolean isRenewed)
      throws RefusedException, IOException, InterruptedException {
    JsonObject request = new JsonObject();
    JsonArray names = new JsonArray();
    domains.forEach(names::add);
    request.add("domains", names);
    if (csr != null) {
      request.addProperty("csr", csr);
    }
    if (!isRenewed) {
      request.addProperty("renew", false);
    }
    return send(
        request("/v1/orders")
            .header("Idempotency-Key", idempotencyKey)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(request.toString())));
  }

  /** Returns an order. */
  public JsonObject order(String id) throws RefusedException, IOException, InterruptedException {
    return send(request("/v1/orders/" + URLEncoder.encode(id, UTF_8)));
  }

  /** Returns what has happened to an order. */
  public JsonObject history(String id) throws RefusedException, IOException, InterruptedException {
    return send(request("/v1/orders/" + URLEncoder.encode(id, UTF_8) + "/history"));
  }

  /**
   * Lists orders.
   *
   * @param query the parameters of the query, such as {@code state}; {@code after} is the value of
   *     {@code next} in the previous page
   */
  public JsonObject list(Map<String, String> query)
      throws RefusedException, IOException, InterruptedException {
    return send(request("/v1/orders" + text(query)));
  }

  /**
   * Reads the audit log.
   *
   * @param query the parameters of the query, such as {@code order}
   */
  public JsonObject audit(Map<String, String> query)
      throws RefusedException, IOException, InterruptedException {
    return send(request("/v1/audit" + text(query)));
  }

  private static String text(Map<String, String> query) {
    return query.entrySet().stream()
        .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), UTF_8))
        .collect(Collectors.joining("&", "?", ""));
  }

  /** Cancels an open order, or the renewal of an issued one. */
  public void cancel(String id) throws RefusedException, IOException, InterruptedException {
    send(request("/v1/orders/" + URLEncoder.encode(id, UTF_8) + "/cancel").POST(NOTHING));
  }

  /** Makes an open order due at once. */
  public void retry(String id) throws RefusedException, IOException, InterruptedException {
    send(request("/v1/orders/" + URLEncoder.encode(id, UTF_8) + "/retry").POST(NOTHING));
  }

  /**
   * Has the certificate of an issued order revoked.
   *
   * @param reason why, such as {@code key-compromise}
   */
  public void revoke(String id, String reason)
      throws RefusedException, IOException, InterruptedException {
    String query = "/revoke?reason=" + URLEncoder.encode(reason, UTF_8);
    send(request("/v1/orders/" + URLEncoder.encode(id, UTF_8) + query).POST(NOTHING));
  }

  /**
   * Makes an order skip its check.
   *
   * @param type the type of the challenges that have been answered
   */
  public void validate(String id, String type)
      throws RefusedException, IOException, InterruptedException {
    String query = "/validate?type=" + URLEncoder.encode(type, UTF_8);
    send(request("/v1/orders/" + URLEncoder.encode(id, UTF_8) + query).POST(NOTHING));
  }

  /** Retries a dead order. */
  public void replay(String id) throws RefusedException, IOException, InterruptedException {
    send(request("/v1/orders/" + URLEncoder.encode(id, UTF_8) + "/replay").POST(NOTHING));
  }

  /** Retries all dead orders, except cancelled and revoked ones. */
  public OrderStore.ReplayedAll replayAll()
      throws RefusedException, IOException, InterruptedException {
    JsonObject json = send(request("/v1/orders/dead:replay").POST(NOTHING));
    JsonElement skipped = json.get("skipped"); // missing in the answer of an older service
    return new OrderStore.ReplayedAll(
        count(json, "replayed"), skipped == null ? 0 : skipped.getAsLong());
  }

  /**
   * Deletes dead orders.
   *
   * @param id the id of one order, null for all
   */
  public long purge(@Nullable String id)
      throws RefusedException, IOException, InterruptedException {
    JsonObject json =
        send(
            id == null
                ? request("/v1/orders/dead:purge").POST(NOTHING)
                : request("/v1/orders/" + URLEncoder.encode(id, UTF_8)).DELETE());
    return count(json, "purged");
  }

  /** Delivers all notifications again that were not delivered. */
  public long replayNotifications() throws RefusedException, IOException, InterruptedException {
    return count(send(request("/v1/notifications/dead:replay").POST(NOTHING)), "replayed");
  }

  /** Deletes all notifications that were not delivered. */
  public long purgeNotifications() throws RefusedException, IOException, InterruptedException {
    return count(send(request("/v1/notifications/dead:purge").POST(NOTHING)), "purged");
  }

  private static long count(JsonObject json, String name) {
    JsonElement count = json.get(name);
    return count.getAsJsonPrimitive().isBoolean() ? 1 : count.getAsLong();
  }

  private HttpRequest.Builder request(String target) {
    return HttpRequest.newBuilder(server.resolve(target)).header("Authorization", authorization);
  }

  /** Sends a request, and waits for the whole response. The JDK's time-out covers only its head. */
  private JsonObject send(HttpRequest.Builder request)
      throws RefusedException, IOException, InterruptedException {
    CompletableFuture<HttpResponse<String>> response =
        http.sendAsync(
            request.build(), BodyHandlers.limiting(BodyHandlers.ofString(UTF_8), LARGEST));
    try {
      return json(response.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS));
    } catch (TimeoutException e) {
      throw new HttpTimeoutException("no complete answer within " + TIMEOUT.toSeconds() + " s");
    } catch (ExecutionException e) {
      throw new IOException(reason(e.getCause()), e.getCause());
    } finally {
      response.cancel(true); // closes the connection, unless the response is complete
    }
  }

  /** The JDK's client has no message for a connection that it could not open. */
  private static String reason(@Nullable Throwable cause) {
    if (!(cause instanceof ConnectException)) {
      return cause == null ? "no answer" : String.valueOf(cause.getMessage());
    }
    return cause.getCause() instanceof UnresolvedAddressException
        ? "unknown host"
        : "no connection: is the service running there?";
  }

  private static JsonObject json(HttpResponse<String> response)
      throws RefusedException, IOException {
    JsonObject json;
    try {
      json = JsonParser.parseString(response.body()).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      throw new IOException(
          "the server answers " + response.statusCode() + ", but not as heddle orders does", e);
    }
    if (response.statusCode() >= 400) {
      JsonElement detail = json.get("detail");
      throw new RefusedException(
          response.statusCode(),
          detail == null ? "status " + response.statusCode() : detail.getAsString());
    }
    return json;
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}

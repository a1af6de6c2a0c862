package io.heddle.orders.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.heddle.http.HttpLimits;
import io.heddle.http.HttpPool;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Calls the API of a service. A submission has an idempotency key, so it may be sent twice. */
public final class ApiClient implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /**
   * A page of orders, each with what its last check saw, is larger than what one asks of strangers.
   */
  private static final HttpLimits LIMITS = HttpLimits.DEFAULT.withBody(64 << 20);

  private static final byte[] NOTHING = {};

  private final HttpPool pool;
  private final HttpPool submitting;

  /**
   * Makes a client.
   *
   * @param idempotencyKey names the submission of this client, null for one of its own making
   * @throws IllegalArgumentException if it is no address of HTTP, or the others have line breaks
   */
  public ApiClient(URI server, String token, @Nullable String idempotencyKey) {
    String authorization = "Bearer " + token;
    String key = idempotencyKey == null ? UUID.randomUUID().toString() : idempotencyKey;
    this.pool = new HttpPool(server, TIMEOUT, LIMITS, Map.of("Authorization", authorization));
    this.submitting =
        new HttpPool(
            server,
            TIMEOUT,
            LIMITS,
            Map.of("Authorization", authorization, "Idempotency-Key", key));
  }

  /** The service refused; the message is what its problem document says. */
  public static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    /** The HTTP status of the refusal. */
    private final int status;

    RefusedException(int status, String message) {
      super(message);
      this.status = status;
    }

    /**
     * The HTTP status.
     *
     * @return 400 or more
     */
    public int status() {
      return status;
    }
  }

  /**
   * Orders a certificate.
   *
   * @param csr a signing request in PEM, or null
   */
  public JsonObject submit(List<String> domains, @Nullable String csr)
      throws RefusedException, IOException, InterruptedException {
    JsonObject request = new JsonObject();
    JsonArray names = new JsonArray();
    domains.forEach(names::add);
    request.add("domains", names);
    if (csr != null) {
      request.addProperty("csr", csr);
    }
    return json(
        submitting.send(
            "POST", "/v1/orders", "application/json", request.toString().getBytes(UTF_8)));
  }

  /** Looks at an order. */
  public JsonObject order(String id) throws RefusedException, IOException, InterruptedException {
    return json(pool.send("GET", "/v1/orders/" + URLEncoder.encode(id, UTF_8)));
  }

  /**
   * Lists orders.
   *
   * @param after what {@code next} was in the page before, 0 for the first page
   */
  public JsonObject list(String state, long after)
      throws RefusedException, IOException, InterruptedException {
    String query = "?state=" + URLEncoder.encode(state, UTF_8) + "&after=" + after + "&limit=200";
    return json(pool.send("GET", "/v1/orders" + query));
  }

  /**
   * Has dead orders be tried once more.
   *
   * @param id which one, null for all
   */
  public long replay(@Nullable String id)
      throws RefusedException, IOException, InterruptedException {
    String target =
        id == null
            ? "/v1/orders/dead:replay"
            : "/v1/orders/" + URLEncoder.encode(id, UTF_8) + "/replay";
    return count(json(pool.send("POST", target, "application/json", NOTHING)), "replayed");
  }

  /**
   * What became of dead orders that were to be forgotten.
   *
   * @param unreadable how many were kept, as the service cannot read them
   */
  public record Purge(long purged, long unreadable) {}

  /**
   * Forgets dead orders.
   *
   * @param id which one, null for all
   * @param isForUnreadable whether also those that the service cannot read, which another version
   *     of it may
   * @throws RefusedException if the service refuses, as with one that it cannot read
   */
  public Purge purge(@Nullable String id, boolean isForUnreadable)
      throws RefusedException, IOException, InterruptedException {
    String query = isForUnreadable ? "?unreadable=true" : "";
    JsonObject json =
        json(
            id == null
                ? pool.send("POST", "/v1/orders/dead:purge" + query, "application/json", NOTHING)
                : pool.send("DELETE", "/v1/orders/" + URLEncoder.encode(id, UTF_8) + query));
    return new Purge(count(json, "purged"), json.has("unreadable") ? count(json, "unreadable") : 0);
  }

  private static long count(JsonObject json, String name) {
    JsonElement count = json.get(name);
    return count.getAsJsonPrimitive().isBoolean() ? 1 : count.getAsLong();
  }

  private static JsonObject json(HttpPool.Response response) throws RefusedException, IOException {
    JsonObject json;
    try {
      json = JsonParser.parseString(new String(response.body(), UTF_8)).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      throw new IOException(
          "the server answers " + response.status() + ", but not as heddle orders does", e);
    }
    if (response.status() >= 400) {
      JsonElement detail = json.get("detail");
      throw new RefusedException(
          response.status(), detail == null ? "status " + response.status() : detail.getAsString());
    }
    return json;
  }

  @Override
  public void close() {
    pool.close();
    submitting.close();
  }
}

package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.heddle.Go;
import io.heddle.purge.Deletion;
import io.heddle.purge.Outcome;
import io.heddle.purge.Page;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A KV store of Fastly's, or of any server that speaks its HTTP API. There is no bulk deletion: a
 * request for each key.
 */
public final class FastlyStore implements Store {
  /** Where the service is. */
  public static final URI SERVICE = URI.create("https://api.fastly.com");

  private final HttpClient client;
  private final URI keys;
  private final String token;
  private final String name;
  private final Duration timeout;

  /**
   * Makes a client of a store. Sends nothing yet.
   *
   * @param api the base address of the API
   * @param id the store's id
   * @param token the API token
   * @param timeout how long to wait for an answer
   */
  public FastlyStore(URI api, String id, String token, Duration timeout) {
    this.keys = URI.create(api + "/resources/stores/kv/" + encode(id) + "/keys");
    this.token = token;
    this.timeout = timeout;
    this.name = "Fastly KV store " + id + " at " + api.getAuthority();
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(timeout)
            .executor(task -> Go.go("http", task::run))
            .build();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Page list(String prefix, @Nullable String cursor, int limit)
      throws StoreException, InterruptedException {
    StringBuilder query = new StringBuilder("?consistency=strong&limit=").append(limit);
    if (cursor != null) {
      query.append("&cursor=").append(encode(cursor));
    }
    if (!prefix.isEmpty()) {
      query.append("&prefix=").append(encode(prefix));
    }
    HttpResponse<String> response = send(request(keys + query.toString()).GET().build());
    if (response.statusCode() != 200) {
      throw failure("list keys", response);
    }
    try {
      JsonObject page = JsonParser.parseString(response.body()).getAsJsonObject();
      List<String> found = new ArrayList<>();
      page.getAsJsonArray("data").forEach(key -> found.add(key.getAsString()));
      JsonElement next = page.getAsJsonObject("meta").get("next_cursor");
      boolean isLast = next == null || next.isJsonNull() || next.getAsString().isEmpty();
      return new Page(found, isLast ? null : next.getAsString());
    } catch (JsonParseException | IllegalStateException | NullPointerException e) {
      throw new StoreException(
          Kind.INVALID, "not a listing", "the answer is no list of keys", null, e);
    }
  }

  @Override
  public Deletion delete(List<String> batch) throws StoreException, InterruptedException {
    String key = batch.getFirst();
    HttpResponse<String> response = send(request(keys + "/" + encode(key)).DELETE().build());
    return switch (response.statusCode()) {
      case 204, 200 -> deletion(true, response);
      case 404 -> deletion(false, response);
      default -> throw failure("delete " + key, response);
    };
  }

  private static Deletion deletion(boolean wasThere, HttpResponse<String> response) {
    Optional<String> remaining = response.headers().firstValue("Fastly-RateLimit-Remaining");
    if (remaining.isPresent() && remaining.get().equals("0")) {
      Duration reset = untilReset(response);
      if (reset != null) {
        return new Deletion(List.of(Outcome.of(wasThere)), reset);
      }
    }
    return Deletion.of(wasThere);
  }

  private HttpRequest.Builder request(String uri) {
    return HttpRequest.newBuilder(URI.create(uri))
        .timeout(timeout)
        .header("Fastly-Key", token)
        .header("Accept", "application/json");
  }

  private HttpResponse<String> send(HttpRequest request)
      throws StoreException, InterruptedException {
    try {
      return client.send(request, BodyHandlers.ofString());
    } catch (HttpConnectTimeoutException e) {
      throw new StoreException(Kind.UNAVAILABLE, "no connection", describe(e), null, e);
    } catch (HttpTimeoutException e) {
      String message = "no answer in " + timeout.toSeconds() + " s";
      throw new StoreException(Kind.TIMEOUT, "no answer", message, null, e);
    } catch (ConnectException e) {
      throw new StoreException(Kind.UNAVAILABLE, "no connection", describe(e), null, e);
    } catch (IOException e) {
      throw new StoreException(Kind.UNAVAILABLE, "connection broke", describe(e), null, e);
    }
  }

  private String describe(IOException e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return keys.getAuthority() + ": " + message;
  }

  private static StoreException failure(String what, HttpResponse<String> response) {
    int status = response.statusCode();
    Kind kind =
        switch (status) {
          case 401 -> Kind.UNAUTHORISED;
          case 403 -> Kind.FORBIDDEN;
          case 404 -> Kind.NOT_FOUND;
          case 408 -> Kind.TIMEOUT;
          case 412 -> Kind.PRECONDITION;
          case 423, 425 -> Kind.LOCKED;
          case 429 -> Kind.THROTTLED;
          default -> status >= 500 ? Kind.UNAVAILABLE : Kind.INVALID;
        };
    String detail = ErrorBody.text(response.body());
    String message = what + ": HTTP " + status + (detail.isEmpty() ? "" : ", " + detail);
    return new StoreException(kind, "HTTP " + status, message, pause(response), null);
  }

  /** What the answer to a request that failed says about when to come back. */
  private static @Nullable Duration pause(HttpResponse<String> response) {
    Optional<String> retryAfter = response.headers().firstValue("Retry-After");
    if (retryAfter.isPresent()) {
      return RetryAfter.parse(retryAfter.get());
    }
    return response.statusCode() == 429 ? untilReset(response) : null;
  }

  private static @Nullable Duration untilReset(HttpResponse<String> response) {
    try {
      return response
          .headers()
          .firstValue("Fastly-RateLimit-Reset")
          .map(seconds -> RetryAfter.until(Long.parseLong(seconds.strip())))
          .orElse(null);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Percent-encodes everything that could mean something in a path or a query. */
  static String encode(String component) {
    String encoded = URLEncoder.encode(component, UTF_8).replace("+", "%20");
    return encoded.matches("\\.+") ? encoded.replace(".", "%2E") : encoded;
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}

package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.heddle.purge.Deletion;
import io.heddle.purge.Outcome;
import io.heddle.purge.Page;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.heddle.purge.keys.KeyBytes;
import io.heddle.purge.stores.StoreHttp.Response;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A namespace of Cloudflare's Workers KV, through the REST API. A request deletes up to 10,000
 * keys; the service does not say which of them existed. Listings are eventually consistent: for
 * about a minute they may lack new keys, and contain deleted ones.
 */
final class CloudflareStore implements Store {
  /** The address of the service. */
  static final URI SERVICE = URI.create("https://api.cloudflare.com/client/v4");

  private static final int BATCH = 10_000;

  /** The limits of a page. */
  private static final int MIN_PAGE = 10;

  private static final int MAX_PAGE = 1000;

  /** The service allows an account 1,200 requests in five minutes. */
  private static final int CONCURRENCY = 4;

  private static final int MAX_KEY = 512;

  private final StoreHttp http;
  private final String name;
  private final String path;

  /**
   * Makes a client of a namespace. Sends nothing yet.
   *
   * @param api the base address of the API
   */
  CloudflareStore(URI api, String account, String namespace, String token, Network network) {
    String base = api.getRawPath() == null ? "" : api.getRawPath().replaceFirst("/+$", "");
    this.path =
        base
            + "/accounts/"
            + FastlyStore.encode(account)
            + "/storage/kv/namespaces/"
            + FastlyStore.encode(namespace);
    this.name = "Cloudflare KV namespace " + namespace + " at " + StoreAddress.place(api, SERVICE);
    this.http = new StoreHttp(api, network, Map.of("Authorization", "Bearer " + token));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean hasPrefixes() {
    return true;
  }

  @Override
  public int batchLimit() {
    return BATCH;
  }

  @Override
  public int usualBatch() {
    return BATCH;
  }

  @Override
  public int usualPage() {
    return BATCH;
  }

  @Override
  public int concurrency() {
    return CONCURRENCY;
  }

  @Override
  public @Nullable String refusal(String key) {
    if (key.isEmpty() || key.equals(".") || key.equals("..") || !KeyBytes.isUnicode(key)) {
      return "and no key of Cloudflare has that name";
    }
    return key.getBytes(UTF_8).length > MAX_KEY
        ? "and a key of Cloudflare has " + MAX_KEY + " bytes at most"
        : null;
  }

  /** Joins as many of the service's pages as fit. */
  @Override
  public Page list(String prefix, @Nullable String cursor, int limit)
      throws StoreException, InterruptedException {
    if (!KeyBytes.isUnicode(prefix)) {
      return new Page(List.of(), null); // no key begins with it
    }
    List<String> keys = new ArrayList<>();
    String next = cursor;
    do {
      next = list(prefix, next, limit - keys.size(), keys);
    } while (next != null && keys.size() + MAX_PAGE <= limit);
    return new Page(keys, next);
  }

  private @Nullable String list(
      String prefix, @Nullable String cursor, int limit, List<String> keys)
      throws StoreException, InterruptedException {
    StringBuilder target = new StringBuilder(path).append("/keys?limit=");
    target.append(Math.clamp(limit, MIN_PAGE, MAX_PAGE));
    if (cursor != null) {
      target.append("&cursor=").append(FastlyStore.encode(cursor));
    }
    if (!prefix.isEmpty()) {
      target.append("&prefix=").append(FastlyStore.encode(prefix));
    }
    JsonObject page = send("GET", target.toString(), null);
    try {
      for (JsonElement key : page.getAsJsonArray("result")) {
        keys.add(key.getAsJsonObject().get("name").getAsString());
      }
      JsonElement next = page.getAsJsonObject("result_info").get("cursor");
      boolean isLast = next == null || next.isJsonNull() || next.getAsString().isEmpty();
      return isLast ? null : next.getAsString();
    } catch (IllegalStateException | ClassCastException | NullPointerException e) {
      throw malformed(e);
    }
  }

  @Override
  public Deletion delete(List<String> batch) throws StoreException, InterruptedException {
    JsonArray names = new JsonArray(batch.size());
    // A lone surrogate would be sent as a question mark, which names another key.
    batch.stream().filter(key -> refusal(key) == null).forEach(names::add);
    JsonObject answer =
        names.isEmpty() ? new JsonObject() : send("POST", path + "/bulk/delete", names);
    Set<String> failed = new HashSet<>();
    if (answer.get("result") instanceof JsonObject result
        && result.get("unsuccessful_keys") instanceof JsonArray keys) {
      keys.forEach(key -> failed.add(key.getAsString()));
    }
    StoreException cause =
        new StoreException(
            Kind.UNAVAILABLE, "unsuccessful", name + ": the service did not delete the key");
    List<Outcome> outcomes = new ArrayList<>(batch.size());
    for (String key : batch) {
      if (refusal(key) != null) {
        outcomes.add(new Outcome.Failed(notAKey(), 1));
      } else {
        outcomes.add(
            failed.contains(key) ? new Outcome.Failed(cause, 1) : new Outcome.Deleted(false));
      }
    }
    return new Deletion(outcomes, Duration.ZERO);
  }

  private StoreException notAKey() {
    return new StoreException(Kind.INVALID, "not a key", name + ": it can have no such key");
  }

  private JsonObject send(String method, String target, @Nullable JsonElement body)
      throws StoreException, InterruptedException {
    Response response;
    try {
      byte[] json = body == null ? null : body.toString().getBytes(UTF_8);
      response = http.send(method, target, json);
    } catch (IOException e) {
      throw NetworkFailure.of(name, e);
    }
    if (response.status() != 200) {
      String retryAfter = response.header("retry-after");
      throw HttpFailure.of(
          name, response, retryAfter == null ? null : RetryAfter.parse(retryAfter));
    }
    JsonObject answer;
    try {
      answer = JsonParser.parseString(KeyBytes.text(response.body())).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      throw malformed(e);
    }
    if (new JsonPrimitive(false).equals(answer.get("success"))) {
      throw HttpFailure.of(Kind.INVALID, name, response, null);
    }
    if (!new JsonPrimitive(true).equals(answer.get("success"))) {
      throw malformed(null);
    }
    return answer;
  }

  private StoreException malformed(@Nullable Exception e) {
    return new StoreException(
        Kind.INVALID, "not Cloudflare", name + ": the answer is not one of Cloudflare's", null, e);
  }

  @Override
  public void close() {
    http.close();
  }
}

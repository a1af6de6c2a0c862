package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.heddle.purge.Deletion;
import io.heddle.purge.Details;
import io.heddle.purge.Outcome;
import io.heddle.purge.Page;
import io.heddle.purge.Property;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.heddle.purge.keys.KeyBytes;
import io.heddle.purge.stores.StoreHttp.Response;
import java.io.EOFException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A KV store of Fastly, or of any server with its HTTP API. There is no bulk deletion: each key
 * takes a request.
 */
public final class FastlyStore implements Store {
  /** The address of the service. */
  public static final URI SERVICE = URI.create("https://api.fastly.com");

  private static final int TOO_MANY_REQUESTS = 429;

  private static final int MAX_KEY = 1024;

  /** Not allowed in keys. */
  private static final Pattern FORBIDDEN =
      Pattern.compile("[\\r\\n#;?^|]|\\./|^\\.well-known/acme-challenge");

  /** How long an idle connection is kept while the store throttles. */
  private static final Duration SPARE = Duration.ofMillis(100);

  private final StoreHttp http;
  private final String store;
  private final String keys;
  private final String name;
  private final int pipeline;
  private volatile boolean isThrottled;

  /**
   * Makes a client of a store. Sends nothing yet.
   *
   * @param api the base address of the API
   * @param timeout how long to wait for an answer
   * @param generation the generation that a key must have to be deleted, null for any
   * @param pipeline how many requests to send at once on a connection
   * @throws IllegalArgumentException if the address is neither {@code http} nor {@code https}
   */
  public FastlyStore(
      URI api, String id, String token, Duration timeout, @Nullable Long generation, int pipeline) {
    this(api, id, token, Network.usual(timeout), generation, pipeline);
  }

  FastlyStore(
      URI api, String id, String token, Network network, @Nullable Long generation, int pipeline) {
    this.pipeline = pipeline;
    String path = api.getRawPath() == null ? "" : api.getRawPath().replaceFirst("/+$", "");
    this.store = path + "/resources/stores/kv/" + encode(id);
    this.keys = store + "/keys";
    this.name = "Fastly KV store " + id + " at " + StoreAddress.place(api, SERVICE);
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Fastly-Key", token);
    headers.put("Accept", "application/json");
    if (generation != null) {
      headers.put("if-generation-match", generation.toString());
    }
    this.http = new StoreHttp(api, network, headers);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public @Nullable String refusal(String key) {
    if (!isAddressable(key)) {
      return "and no HTTP request can name that";
    }
    if (key.getBytes(UTF_8).length > MAX_KEY) {
      return "and a key of Fastly has " + MAX_KEY + " bytes at most";
    }
    return FORBIDDEN.matcher(key).find()
        ? "and a key of Fastly contains no line break, ./, or any of # ; ? ^ |"
        : null;
  }

  /**
   * Whether a path can end with a key. A segment of dots would be resolved on the way, encoded or
   * not, and a request to delete {@code keys/..} deletes the store.
   */
  private static boolean isAddressable(String key) {
    return !key.isEmpty() && !key.equals(".") && !key.equals("..") && KeyBytes.isUnicode(key);
  }

  @Override
  public Page list(String prefix, @Nullable String cursor, int limit)
      throws StoreException, InterruptedException {
    if (!KeyBytes.isUnicode(prefix)) {
      return new Page(List.of(), null); // no key begins with it
    }
    StringBuilder query = new StringBuilder("?consistency=strong&limit=").append(limit);
    if (cursor != null) {
      query.append("&cursor=").append(encode(cursor));
    }
    if (!prefix.isEmpty()) {
      query.append("&prefix=").append(encode(prefix));
    }
    Response response = send("GET", keys + query);
    if (response.status() != 200) {
      throw failure(response);
    }
    try {
      JsonObject page = JsonParser.parseString(KeyBytes.text(response.body())).getAsJsonObject();
      List<String> found = new ArrayList<>();
      page.getAsJsonArray("data").forEach(key -> found.add(key.getAsString()));
      JsonElement next = page.getAsJsonObject("meta").get("next_cursor");
      boolean isLast = next == null || next.isJsonNull() || next.getAsString().isEmpty();
      return new Page(found, isLast ? null : next.getAsString());
    } catch (JsonParseException | IllegalStateException | NullPointerException e) {
      throw new StoreException(
          Kind.INVALID, "not a listing", name + ": the answer is not a list of keys", null, e);
    }
  }

  /** A hundred requests at a time, each of which takes the service about 100 ms. */
  @Override
  public long usualRate() {
    return 1000;
  }

  @Override
  public boolean hasPrefixes() {
    return true;
  }

  @Override
  public int batchLimit() {
    return pipeline;
  }

  @Override
  public Deletion delete(List<String> batch) throws StoreException, InterruptedException {
    List<String> addressable = batch.stream().filter(FastlyStore::isAddressable).toList();
    if (addressable.size() < batch.size()) {
      return merged(batch, addressable);
    }
    List<String> targets = batch.stream().map(key -> keys + "/" + encode(key)).toList();
    List<Response> responses;
    try {
      responses = http.sendAll("DELETE", targets);
    } catch (IOException e) {
      throw NetworkFailure.of(name, e);
    }
    List<Outcome> outcomes = new ArrayList<>(batch.size());
    Duration pause = Duration.ZERO;
    for (int i = 0; i < batch.size(); i++) {
      if (i < responses.size()) {
        outcomes.add(outcome(responses.get(i)));
        pause = longer(pause, wantedPause(responses.get(i)));
      } else {
        IOException broken = new EOFException("the connection broke before the answer");
        outcomes.add(new Outcome.Failed(NetworkFailure.of(name, broken), 1));
      }
    }
    if (responses.stream().anyMatch(response -> response.status() == TOO_MANY_REQUESTS)) {
      isThrottled = true;
      http.closeIdle(Duration.ZERO); // the slower pace needs fewer connections
    } else if (isThrottled) {
      http.closeIdle(SPARE);
    }
    return new Deletion(outcomes, pause);
  }

  /** Deletes some of the keys, and reports the others as failed. */
  private Deletion merged(List<String> batch, List<String> addressable)
      throws StoreException, InterruptedException {
    Deletion sent =
        addressable.isEmpty() ? new Deletion(List.of(), Duration.ZERO) : delete(addressable);
    Iterator<Outcome> outcomes = sent.outcomes().iterator();
    return new Deletion(
        batch.stream()
            .map(key -> isAddressable(key) ? outcomes.next() : new Outcome.Failed(unsendable(), 1))
            .toList(),
        sent.pause());
  }

  private StoreException unsendable() {
    return new StoreException(
        Kind.INVALID, "not a key", name + ": no HTTP request can name this key");
  }

  private Outcome outcome(Response response) {
    return switch (response.status()) {
      case 204, 200 -> Outcome.DELETED;
      case 404 -> Outcome.GONE;
      default -> new Outcome.Failed(failure(response), 1);
    };
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }

  /** How long a server that has answered this request asks the client to wait. */
  private static Duration wantedPause(Response response) {
    boolean isUsedUp =
        response.status() != TOO_MANY_REQUESTS
            && "0".equals(response.header("fastly-ratelimit-remaining"));
    Duration reset = isUsedUp ? untilReset(response) : null;
    return reset == null ? Duration.ZERO : reset;
  }

  @Override
  public Set<Property> properties() {
    return Set.of(Property.MODIFIED, Property.SIZE);
  }

  @Override
  public List<@Nullable Details> details(List<String> batch, Set<Property> wanted)
      throws StoreException, InterruptedException {
    List<String> addressable = batch.stream().filter(FastlyStore::isAddressable).toList();
    List<String> targets = addressable.stream().map(key -> keys + "/" + encode(key)).toList();
    List<Response> responses = new ArrayList<>();
    try {
      while (responses.size() < targets.size()) { // a connection may break after some
        responses.addAll(http.sendAll("HEAD", targets.subList(responses.size(), targets.size())));
      }
    } catch (IOException e) {
      throw NetworkFailure.of(name, e);
    }
    List<@Nullable Details> details = new ArrayList<>(batch.size());
    Iterator<Response> next = responses.iterator();
    for (String key : batch) {
      details.add(isAddressable(key) ? details(next.next()) : Details.NONE);
    }
    return details;
  }

  private @Nullable Details details(Response response) throws StoreException {
    if (response.status() == 404) {
      return null;
    }
    if (response.status() != 200) {
      throw failure(response);
    }
    String size = response.header("stored-content-length");
    String modified = response.header("last-modified");
    try {
      return Details.of(
          modified == null
              ? null
              : Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(modified)),
          size == null ? null : Long.valueOf(size));
    } catch (DateTimeException | NumberFormatException e) {
      throw new StoreException(
          Kind.INVALID, "not an item", name + ": malformed size or date of a key", null, e);
    }
  }

  @Override
  public void drop() throws StoreException, InterruptedException {
    Response response = send("DELETE", store);
    if (response.status() == 409) {
      throw new StoreException(
          Kind.PRECONDITION, "HTTP 409", name + " still holds keys: purge it once more");
    }
    if (response.status() != 204) {
      throw failure(response);
    }
  }

  private Response send(String method, String target) throws StoreException, InterruptedException {
    try {
      return http.send(method, target, null);
    } catch (IOException e) {
      throw NetworkFailure.of(name, e);
    }
  }

  private StoreException failure(Response response) {
    return HttpFailure.of(name, response, pause(response));
  }

  /** How long the server asks the client to wait, in its answer to a request that failed. */
  private static @Nullable Duration pause(Response response) {
    String retryAfter = response.header("retry-after");
    if (retryAfter != null) {
      return RetryAfter.parse(retryAfter);
    }
    return response.status() == TOO_MANY_REQUESTS ? untilReset(response) : null;
  }

  private static @Nullable Duration untilReset(Response response) {
    String reset = response.header("fastly-ratelimit-reset");
    try {
      return reset == null ? null : RetryAfter.until(Long.parseLong(reset));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Percent-encodes every character that could have a meaning in a path or a query. */
  static String encode(String component) {
    return URLEncoder.encode(component, UTF_8).replace("+", "%20");
  }

  @Override
  public void close() {
    http.close();
  }
}

package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.heddle.SingleFlight;
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
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The keys of an etcd cluster, through the JSON gateway that every member has on its client port. A
 * deletion is one transaction, small enough not to delay the cluster. The first request asks for a
 * token if there is a user, and a request whose token is outdated asks for another.
 */
final class EtcdStore implements Store {
  /** Below the default limit of a transaction's operations, which is 128. */
  private static final int BATCH = 100;

  private static final int CONCURRENCY = 8;

  private static final Set<Property> PROPERTIES = Set.of(Property.TTL, Property.SIZE);

  private static final byte[] ZERO = {0};

  /** Errors with status 400: a wrong password, or a missing user. */
  private static final Pattern NOT_LET_IN =
      Pattern.compile("authentication failed|user name is empty");

  /** Errors that a new token mends: the token expired, or users or roles have changed since. */
  private static final Pattern OUTDATED =
      Pattern.compile("invalid auth token|revision of auth store is old");

  private static final String ONLY = "";

  private final String name;
  private final List<StoreHttp> members;
  private final String user;
  private final String password;
  private final SingleFlight<String, String> authenticating = new SingleFlight<>();

  /** The index of the member that answered last. */
  private volatile int current;

  /** The token of the last authentication, null before the first. */
  private volatile @Nullable String token;

  /**
   * Makes a client of a cluster. Sends nothing yet.
   *
   * @param members the addresses of some members' client ports, {@code http} or {@code https}; if
   *     one does not answer, the next is asked
   * @param user the user, empty for no authentication
   */
  EtcdStore(List<URI> members, String user, String password, Network network) {
    this.name =
        "etcd at " + members.stream().map(StoreAddress::place).collect(Collectors.joining(","));
    this.members =
        members.stream().map(member -> new StoreHttp(member, network, Map.of())).toList();
    this.user = user;
    this.password = password;
  }

  /** The token for a request; null if there is no user. */
  private @Nullable String token() throws StoreException, InterruptedException {
    if (user.isEmpty()) {
      return null;
    }
    String known = token;
    return known != null ? known : renewed(null);
  }

  /** Asks for a token, unless another request has replaced the outdated one. */
  private String renewed(@Nullable String outdated) throws StoreException, InterruptedException {
    try {
      return authenticating
          .run(
              ONLY,
              () -> {
                String known = token;
                if (known != null && !known.equals(outdated)) {
                  return known;
                }
                JsonObject request = new JsonObject();
                request.addProperty("name", user);
                request.addProperty("password", password);
                Response response = send("auth/authenticate", request, null);
                String fresh = answer(response).get("token").getAsString();
                token = fresh;
                return fresh;
              })
          .value();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StoreException failure) {
        throw failure;
      }
      throw new IllegalStateException("a defect of the client of " + name, e);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long usualRate() {
    return 20_000;
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
  public int concurrency() {
    return CONCURRENCY;
  }

  @Override
  public @Nullable String refusal(String key) {
    return key.isEmpty() ? "and etcd has no key without a name" : Refusal.unlessBytes(key);
  }

  @Override
  public Page list(String prefix, @Nullable String cursor, int limit)
      throws StoreException, InterruptedException {
    JsonObject request = range(prefix);
    if (cursor != null) {
      byte[] last = Base64.getDecoder().decode(cursor);
      request.addProperty("key", base64(Arrays.copyOf(last, last.length + 1)));
    }
    request.addProperty("limit", limit);
    request.addProperty("keys_only", true);
    JsonObject answer = call("kv/range", request);
    List<String> keys = new ArrayList<>();
    String last = null;
    if (answer.get("kvs") instanceof JsonArray items) {
      for (JsonElement item : items) {
        last = item.getAsJsonObject().get("key").getAsString();
        keys.add(KeyBytes.text(Base64.getDecoder().decode(last)));
      }
    }
    JsonElement more = answer.get("more");
    return new Page(keys, more != null && more.getAsBoolean() ? last : null);
  }

  @Override
  public OptionalLong count(String prefix) throws StoreException, InterruptedException {
    JsonObject request = range(prefix);
    request.addProperty("count_only", true);
    return OptionalLong.of(number(call("kv/range", request), "count"));
  }

  /** The range of keys with a prefix. */
  private static JsonObject range(String prefix) {
    byte[] start = KeyBytes.of(prefix);
    byte[] end = start.clone();
    int last = end.length - 1;
    while (last >= 0 && end[last] == (byte) 0xff) {
      last--;
    }
    JsonObject range = new JsonObject();
    range.addProperty("key", base64(start.length == 0 ? ZERO : start));
    if (last < 0) {
      range.addProperty("range_end", base64(ZERO)); // to the end of all keys
    } else {
      end[last]++;
      range.addProperty("range_end", base64(Arrays.copyOf(end, last + 1)));
    }
    return range;
  }

  @Override
  public Deletion delete(List<String> batch) throws StoreException, InterruptedException {
    JsonArray operations = new JsonArray(batch.size());
    for (String key : batch) {
      JsonObject range = new JsonObject();
      range.addProperty("key", base64(KeyBytes.of(key)));
      JsonObject operation = new JsonObject();
      operation.add("request_delete_range", range);
      operations.add(operation);
    }
    JsonObject transaction = new JsonObject();
    transaction.add("success", operations);
    List<Outcome> outcomes = new ArrayList<>(batch.size());
    for (JsonElement answer : call("kv/txn", transaction).getAsJsonArray("responses")) {
      JsonObject deleted = answer.getAsJsonObject().getAsJsonObject("response_delete_range");
      outcomes.add(Outcome.of(number(deleted, "deleted") > 0));
    }
    return new Deletion(outcomes, Duration.ZERO);
  }

  @Override
  public Set<Property> properties() {
    return PROPERTIES;
  }

  /** The size takes the value itself, because etcd has no request for the size alone. */
  @Override
  public List<@Nullable Details> details(List<String> keys, Set<Property> wanted)
      throws StoreException, InterruptedException {
    JsonArray operations = new JsonArray(keys.size());
    for (String key : keys) {
      JsonObject range = new JsonObject();
      range.addProperty("key", base64(KeyBytes.of(key)));
      range.addProperty("keys_only", !wanted.contains(Property.SIZE));
      JsonObject operation = new JsonObject();
      operation.add("request_range", range);
      operations.add(operation);
    }
    JsonObject transaction = new JsonObject();
    transaction.add("success", operations);
    List<@Nullable Details> details = new ArrayList<>(keys.size());
    Map<String, Duration> leases = new HashMap<>();
    for (JsonElement answer : call("kv/txn", transaction).getAsJsonArray("responses")) {
      JsonElement items = answer.getAsJsonObject().getAsJsonObject("response_range").get("kvs");
      details.add(
          items instanceof JsonArray found
              ? details(found.get(0).getAsJsonObject(), wanted, leases)
              : null);
    }
    return details;
  }

  private Details details(JsonObject item, Set<Property> wanted, Map<String, Duration> leases)
      throws StoreException, InterruptedException {
    Duration ttl = null;
    if (wanted.contains(Property.TTL)) {
      String lease = item.get("lease") == null ? "0" : item.get("lease").getAsString();
      ttl = lease.equals("0") ? Details.NEVER : leases.get(lease);
      if (ttl == null) {
        JsonObject request = new JsonObject();
        request.addProperty("ID", lease);
        ttl = Duration.ofSeconds(Math.max(0, number(call("lease/timetolive", request), "TTL")));
        leases.put(lease, ttl);
      }
    }
    JsonElement value = item.get("value");
    long size = value == null ? 0 : Base64.getDecoder().decode(value.getAsString()).length;
    return new Details(null, ttl, null, null, wanted.contains(Property.SIZE) ? size : null);
  }

  /** A number as the gateway writes it: as a string, or not at all if it is 0. */
  private static long number(JsonObject answer, String name) {
    JsonElement number = answer.get(name);
    return number == null ? 0 : number.getAsLong();
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private JsonObject call(String what, JsonObject request)
      throws StoreException, InterruptedException {
    String used = token();
    Response response = send(what, request, used);
    if (used != null && isOutdated(response)) {
      response = send(what, request, renewed(used));
    }
    return answer(response);
  }

  private static boolean isOutdated(Response response) {
    return response.status() == 401
        || (response.status() != 200 && OUTDATED.matcher(HttpFailure.detail(response)).find());
  }

  private JsonObject answer(Response response) throws StoreException {
    if (response.status() != 200) {
      throw failure(response);
    }
    try {
      return JsonParser.parseString(new String(response.body(), UTF_8)).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      throw new StoreException(Kind.INVALID, "not etcd", name + " is not an etcd server", null, e);
    }
  }

  /** Sends a request to the members in turn, until one answers and can serve it. */
  private Response send(String what, JsonObject request, @Nullable String token)
      throws StoreException, InterruptedException {
    byte[] body = request.toString().getBytes(UTF_8);
    Map<String, String> headers = token == null ? Map.of() : Map.of("Authorization", token);
    int first = current;
    StoreException failure = null;
    for (int i = 0; i < members.size(); i++) {
      int at = (first + i) % members.size();
      try {
        Response response = members.get(at).send("POST", "/v3/" + what, body, headers);
        if (response.status() < 500 || i == members.size() - 1) {
          current = at;
          return response;
        }
      } catch (IOException e) {
        StoreException one = NetworkFailure.of(name, e);
        if (failure == null) {
          failure = one;
        } else {
          failure.addSuppressed(one);
        }
      }
    }
    throw Objects.requireNonNull(failure, "the last member has answered");
  }

  private StoreException failure(Response response) {
    Kind kind =
        NOT_LET_IN.matcher(HttpFailure.detail(response)).find()
            ? Kind.UNAUTHORISED
            : HttpFailure.kind(response.status());
    return HttpFailure.of(kind, name, response, null);
  }

  @Override
  public void close() {
    members.forEach(StoreHttp::close);
  }
}

package io.heddle.local.kv;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.heddle.Go;
import io.heddle.local.kv.Database.Item;
import io.heddle.local.kv.Database.KvStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.message.BasicClassicHttpResponse;
import org.jspecify.annotations.Nullable;

/** Implements the requests of the API. */
final class KeyValueApi {
  private static final ContentType JSON = ContentType.create("application/json");
  private static final ContentType PROBLEM = ContentType.create("application/problem+json");
  private static final int MAX_LIMIT = 1000;
  private static final int MAX_METADATA = 2000;
  private static final int MAX_VALUE = 25_000_000;
  private static final String TOO_LONG = "the value has more than 25 MB";
  private static final String NO_METADATA =
      "metadata has more than " + MAX_METADATA + " bytes, or control characters";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter HTTP_DATE =
      DateTimeFormatter.RFC_1123_DATE_TIME.withZone(ZoneOffset.UTC);

  private final Database database;

  KeyValueApi(Database database) {
    this.database = database;
  }

  ClassicHttpResponse handle(KvRequest request) {
    try {
      List<String> path = request.path();
      if (path.equals(List.of("realms", "fastly", ".well-known", "openid-configuration"))) {
        return openId(request);
      }
      if (path.size() < 3 || !path.subList(0, 3).equals(List.of("resources", "stores", "kv"))) {
        throw new Problem(404);
      }
      if (path.size() == 3) {
        return stores(request);
      }
      KvStore store = database.store(path.get(3));
      if (store == null) {
        throw new Problem(404);
      }
      return switch (path.size()) {
        case 4 -> store(request, store);
        case 5 ->
            switch (path.get(4)) {
              case "keys" -> keys(request, store);
              case "batch" -> batch(request, store);
              default -> throw new Problem(404);
            };
        default -> {
          if (!path.get(4).equals("keys")) {
            throw new Problem(404);
          }
          yield item(request, store, String.join("/", path.subList(5, path.size())));
        }
      };
    } catch (Problem e) {
      return e.response();
    } catch (IOException e) {
      return problem(507, "cannot write to the file: " + e.getMessage());
    }
  }

  /** Fastly's own command requests this whenever it starts. */
  private static ClassicHttpResponse openId(KvRequest request) {
    String base = "http://" + request.header("host") + "/realms/fastly";
    JsonObject answer = new JsonObject();
    answer.addProperty("issuer", base);
    answer.addProperty("authorization_endpoint", base + "/protocol/openid-connect/auth");
    answer.addProperty("token_endpoint", base + "/protocol/openid-connect/token");
    answer.addProperty("jwks_uri", base + "/protocol/openid-connect/certs");
    return json(200, answer);
  }

  private ClassicHttpResponse stores(KvRequest request) throws Problem, IOException {
    return switch (request.method()) {
      case "POST" -> {
        KvStore store = database.create(name(request));
        if (store == null) {
          throw new Problem(409, "a store of this name exists");
        }
        yield json(201, describe(store));
      }
      case "GET" -> listStores(request);
      default -> throw new Problem(405);
    };
  }

  private ClassicHttpResponse listStores(KvRequest request) throws Problem {
    int limit = limit(request);
    String after = after(request);
    String name = request.query().get("name");
    JsonArray data = new JsonArray();
    JsonObject meta = new JsonObject();
    meta.addProperty("limit", limit);
    String last = null;
    for (KvStore store : database.stores().values()) {
      boolean isWanted =
          (after == null || store.id.compareTo(after) > 0)
              && (name == null || name.equals(store.name));
      if (isWanted) {
        if (data.size() == limit) {
          meta.addProperty("next_cursor", Cursor.of(String.valueOf(last)));
          break;
        }
        data.add(describe(store));
        last = store.id;
      }
    }
    return list(data, meta);
  }

  private ClassicHttpResponse store(KvRequest request, KvStore store) throws Problem, IOException {
    return switch (request.method()) {
      case "GET" -> json(200, describe(store));
      case "PUT" -> {
        if (!database.rename(store, name(request))) {
          throw new Problem(409, "a store of this name exists");
        }
        yield json(200, describe(store));
      }
      case "DELETE" -> {
        if (!database.delete(store)) {
          throw new Problem(409, "the store still holds items");
        }
        yield new BasicClassicHttpResponse(204);
      }
      default -> throw new Problem(405);
    };
  }

  private static String name(KvRequest request) throws Problem {
    try {
      JsonElement name = JsonParser.parseString(new String(request.body(), UTF_8));
      if (name instanceof JsonObject object
          && object.get("name") instanceof JsonPrimitive text
          && !text.getAsString().isEmpty()) {
        return text.getAsString();
      }
    } catch (JsonParseException e) {
      // treated like a missing one
    }
    throw new Problem(400, "the body needs a name");
  }

  private static JsonObject describe(KvStore store) {
    JsonObject answer = new JsonObject();
    answer.addProperty("id", store.id);
    answer.addProperty("name", store.name);
    answer.addProperty("created_at", TIME.format(store.created));
    answer.addProperty("updated_at", TIME.format(store.updated));
    return answer;
  }

  private static ClassicHttpResponse keys(KvRequest request, KvStore store) throws Problem {
    if (!request.method().equals("GET")) {
      throw new Problem(405);
    }
    int limit = limit(request);
    String prefix = request.query().getOrDefault("prefix", "");
    KeyOrder.Page page =
        KeyOrder.page(store.items.navigableKeySet(), prefix, after(request), limit);
    JsonArray data = new JsonArray(page.keys().size());
    page.keys().forEach(data::add);
    JsonObject meta = new JsonObject();
    meta.addProperty("limit", limit);
    if (!prefix.isEmpty()) {
      meta.addProperty("prefix", prefix);
    }
    if ("eventual".equals(request.query().get("consistency"))) {
      meta.addProperty("consistency", "eventual");
    }
    if (page.next() != null) {
      meta.addProperty("next_cursor", Cursor.of(page.next()));
    }
    return list(data, meta);
  }

  private static int limit(KvRequest request) throws Problem {
    String text = request.query().getOrDefault("limit", "");
    try {
      int limit = text.isEmpty() ? MAX_LIMIT : Integer.parseInt(text);
      if (limit >= 1) {
        return Math.min(limit, MAX_LIMIT);
      }
    } catch (NumberFormatException e) {
      // treated like a number that is too small
    }
    throw new Problem(400, "limit is not a positive number");
  }

  private static @Nullable String after(KvRequest request) throws Problem {
    String cursor = request.query().getOrDefault("cursor", "");
    String key = cursor.isEmpty() ? null : Cursor.key(cursor);
    if (!cursor.isEmpty() && key == null) {
      throw new Problem(400, "bad cursor");
    }
    return key;
  }

  private static ClassicHttpResponse list(JsonArray data, JsonObject meta) {
    JsonObject answer = new JsonObject();
    answer.add("data", data);
    answer.add("meta", meta);
    return json(200, answer);
  }

  private ClassicHttpResponse item(KvRequest request, KvStore store, String key)
      throws Problem, IOException {
    if (!isValid(key)) {
      throw new Problem(400, "not a valid key");
    }
    return switch (request.method()) {
      case "GET", "HEAD" -> get(store, key);
      case "PUT" -> put(request, store, key);
      case "DELETE" -> delete(request, store, key);
      default -> throw new Problem(405);
    };
  }

  private static boolean isValid(String key) {
    int length = key.getBytes(UTF_8).length;
    return length >= 1
        && length <= 1024
        && !key.startsWith(".well-known/acme-challenge")
        && !key.equals(".")
        && !key.equals("..")
        && !key.contains("./")
        && UTF_8.newEncoder().canEncode(key) // no lone surrogates
        && key.chars().noneMatch(c -> "\r\n#;?^|".indexOf(c) >= 0);
  }

  private ClassicHttpResponse get(KvStore store, String key) throws Problem {
    Item item = database.get(store, key);
    if (item == null) {
      throw new Problem(404);
    }
    ClassicHttpResponse response = new BasicClassicHttpResponse(200);
    response.setEntity(new ByteArrayEntity(item.value(), ContentType.APPLICATION_OCTET_STREAM));
    response.setHeader("Generation", item.generation());
    response.setHeader("Stored-Content-Length", item.value().length);
    response.setHeader("Last-Modified", HTTP_DATE.format(item.modified()));
    if (item.metadata() != null) {
      response.setHeader("Metadata", item.metadata());
    }
    return response;
  }

  private ClassicHttpResponse put(KvRequest request, KvStore store, String key)
      throws Problem, IOException {
    var query = request.query();
    String metadata = request.header("metadata");
    if (!isMetadata(metadata)) {
      throw new Problem(400, NO_METADATA);
    }
    Instant expires = expiry(request.header("time_to_live_sec"));
    Long wanted = generation(request);
    AtomicBoolean isTooLong = new AtomicBoolean();
    boolean isDone =
        database.put(
            store,
            key,
            old -> {
              if ((old != null && isSet(query.get("add")))
                  || (wanted != null && (old == null ? 0 : old.generation()) != wanted)) {
                return null;
              }
              byte[] value = request.body();
              if (old != null && isSet(query.get("append"))) {
                value = joined(old.value(), value);
              } else if (old != null && isSet(query.get("prepend"))) {
                value = joined(value, old.value());
              }
              isTooLong.set(value.length > MAX_VALUE);
              return isTooLong.get()
                  ? null
                  : new Item(value, metadata, database.nextGeneration(), Go.now(), expires);
            });
    if (isTooLong.get()) {
      throw new Problem(413, TOO_LONG);
    }
    return new BasicClassicHttpResponse(isDone ? 200 : 412);
  }

  /** Whether a text can be a header. */
  private static boolean isMetadata(@Nullable String text) {
    return text == null
        || (text.getBytes(UTF_8).length <= MAX_METADATA
            && text.chars().noneMatch(Character::isISOControl));
  }

  private static boolean isSet(@Nullable String flag) {
    return "true".equals(flag);
  }

  private static byte[] joined(byte[] first, byte[] second) {
    ByteArrayOutputStream all = new ByteArrayOutputStream(first.length + second.length);
    all.writeBytes(first);
    all.writeBytes(second);
    return all.toByteArray();
  }

  private ClassicHttpResponse delete(KvRequest request, KvStore store, String key)
      throws Problem, IOException {
    Long wanted = generation(request);
    while (true) {
      Item item = database.get(store, key);
      if (item == null) {
        if (isSet(request.query().get("force"))) {
          return new BasicClassicHttpResponse(204);
        }
        throw new Problem(404);
      }
      if (wanted != null && wanted != item.generation()) {
        return new BasicClassicHttpResponse(412);
      }
      if (database.remove(store, key, item)) {
        return new BasicClassicHttpResponse(204);
      }
    }
  }

  private static @Nullable Long generation(KvRequest request) throws Problem {
    String text = request.header("if-generation-match");
    try {
      return text == null || text.isEmpty() ? null : Long.valueOf(text);
    } catch (NumberFormatException e) {
      throw new Problem(400, "if-generation-match is not a number");
    }
  }

  private static @Nullable Instant expiry(@Nullable String seconds) throws Problem {
    try {
      return seconds == null || seconds.isEmpty()
          ? null
          : Go.now().plusSeconds(Integer.parseInt(seconds));
    } catch (NumberFormatException e) {
      throw new Problem(400, "time_to_live_sec is not a number");
    }
  }

  private ClassicHttpResponse batch(KvRequest request, KvStore store) throws Problem, IOException {
    if (!request.method().equals("PUT")) {
      throw new Problem(405);
    }
    JsonArray errors = new JsonArray();
    String[] lines = text(request.body()).split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      if (!lines[i].isBlank()) {
        String reason = putLine(store, lines[i]);
        if (reason != null) {
          JsonObject error = new JsonObject();
          error.addProperty("key", "");
          error.addProperty("index", i);
          error.addProperty("code", "400");
          error.addProperty("reason", reason);
          errors.add(error);
        }
      }
    }
    JsonObject answer = new JsonObject();
    answer.addProperty("type", "");
    answer.addProperty("title", errors.isEmpty() ? "success" : "some items could not be stored");
    answer.add("errors", errors);
    return json(errors.isEmpty() ? 200 : 400, answer);
  }

  private static String text(byte[] body) throws Problem {
    try {
      return KvRequest.text(body);
    } catch (CharacterCodingException e) {
      throw new Problem(400, "the body is not UTF-8");
    }
  }

  /** Stores the item of a line in a batch; returns null, or the reason why not. */
  private @Nullable String putLine(KvStore store, String line) throws IOException {
    try {
      JsonObject item = JsonParser.parseString(line).getAsJsonObject();
      String key = item.get("key").getAsString();
      if (!isValid(key)) {
        return "not a valid key";
      }
      byte[] value = Base64.getDecoder().decode(item.get("value").getAsString());
      if (value.length > MAX_VALUE) {
        return TOO_LONG;
      }
      JsonElement metadata = item.get("metadata");
      JsonElement ttl = item.get("time_to_live_sec");
      boolean expires = ttl != null && ttl.getAsInt() > 0;
      String text = metadata == null || metadata.isJsonNull() ? null : metadata.getAsString();
      if (!isMetadata(text)) {
        return NO_METADATA;
      }
      Instant end = expires ? Go.now().plusSeconds(ttl.getAsInt()) : null;
      database.put(
          store, key, _ -> new Item(value, text, database.nextGeneration(), Go.now(), end));
      return null;
    } catch (JsonParseException
        | IllegalStateException
        | IllegalArgumentException
        | NullPointerException
        | UnsupportedOperationException e) {
      return "not an item: " + e.getMessage();
    }
  }

  private static ClassicHttpResponse json(int status, JsonObject body) {
    return response(status, JSON, body);
  }

  private static ClassicHttpResponse response(int status, ContentType type, JsonObject body) {
    ClassicHttpResponse response = new BasicClassicHttpResponse(status);
    response.setEntity(new ByteArrayEntity(body.toString().getBytes(UTF_8), type));
    return response;
  }

  /** An error, answered as by the service: problem+json (RFC 9457). */
  private static final class Problem extends Exception {
    private static final long serialVersionUID = 1;
    private final int status;
    private final String detail;

    Problem(int status) {
      this(status, "");
    }

    Problem(int status, String detail) {
      super(detail, null, false, false);
      this.status = status;
      this.detail = detail;
    }

    ClassicHttpResponse response() {
      return problem(status, detail);
    }
  }

  /** An error in the form of the service. */
  static ClassicHttpResponse problem(int status, String detail) {
    String title =
        switch (status) {
          case 400 -> "The request was malformed";
          case 401 -> "Provide credentials to access this";
          case 403 -> "You may not access this";
          case 404 -> "The content you requested could not be found";
          case 409 -> "The request conflicts with what is there";
          case 429 -> "Too many requests";
          case 503 -> "The service is not available";
          default -> status >= 500 ? "The service has failed" : "The request was refused";
        };
    String type =
        switch (status) {
          case 404 -> "https://fastly.help/alerts/not-found";
          default -> "about:blank";
        };
    JsonObject body = new JsonObject();
    body.addProperty("type", type);
    body.addProperty("title", title);
    body.addProperty("status", status);
    body.add("errors", JsonNull.INSTANCE);
    body.addProperty("detail", detail);
    return response(status, PROBLEM, body);
  }
}

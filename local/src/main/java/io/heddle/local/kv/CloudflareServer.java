package io.heddle.local.kv;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.message.BasicClassicHttpResponse;

/**
 * The keys of one KV namespace, with the requests of Cloudflare's REST API that list and delete
 * keys, reachable on this machine only, for tests. Written from the public description of the API,
 * and not compared with the service.
 */
public final class CloudflareServer implements AutoCloseable {
  /** The account of the namespace. */
  public static final String ACCOUNT = "account";

  /** The namespace. */
  public static final String NAMESPACE = "namespace";

  private static final int MAX_PAGE = 1000;
  private static final int MIN_PAGE = 10;
  private static final int MAX_BATCH = 10_000;
  private static final List<String> PATH =
      List.of("client", "v4", "accounts", ACCOUNT, "storage", "kv", "namespaces", NAMESPACE);

  private final NavigableSet<String> keys = new ConcurrentSkipListSet<>(KeyOrder.BYTES);
  private final Set<String> stubborn = new ConcurrentSkipListSet<>();
  private final AtomicLong deletions = new AtomicLong();
  private final String token;
  private final HttpListener server;

  private CloudflareServer(String token) throws IOException {
    this.token = token;
    this.server =
        new HttpListener(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), this::handle);
  }

  /**
   * Starts a server on a free port of the loopback interface.
   *
   * @param token the token that clients must send
   */
  public static CloudflareServer start(String token) throws IOException {
    return new CloudflareServer(token);
  }

  /** The base address of the API. */
  public URI uri() {
    return URI.create("http://127.0.0.1:" + server.port() + "/client/v4");
  }

  /** The keys, as a view that can be modified. */
  public NavigableSet<String> keys() {
    return keys;
  }

  /** The keys that a deletion reports as unsuccessful, as a view that can be modified. */
  public Set<String> stubborn() {
    return stubborn;
  }

  /** The number of requests to delete keys. */
  public long deletions() {
    return deletions.get();
  }

  private ClassicHttpResponse handle(ClassicHttpRequest http) throws IOException {
    KvRequest request = KvRequest.of(http);
    if (!("Bearer " + token).equals(request.header("authorization"))) {
      return error(401, 10000, "Authentication error");
    }
    List<String> path = request.path();
    if (path.size() <= PATH.size() || !path.subList(0, PATH.size()).equals(PATH)) {
      return error(404, 10013, "namespace not found");
    }
    return switch (request.method()
        + " "
        + String.join("/", path.subList(PATH.size(), path.size()))) {
      case "GET keys" -> list(request);
      case "POST bulk/delete" -> delete(request);
      default -> error(404, 7003, "Could not route");
    };
  }

  private ClassicHttpResponse list(KvRequest request) {
    int limit = Integer.parseInt(request.query().getOrDefault("limit", "" + MAX_PAGE));
    if (limit < MIN_PAGE || limit > MAX_PAGE) {
      return error(400, 10029, "limit must be from 10 to 1000");
    }
    String cursor = request.query().getOrDefault("cursor", "");
    KeyOrder.Page page =
        KeyOrder.page(
            keys,
            request.query().getOrDefault("prefix", ""),
            cursor.isEmpty() ? null : Cursor.key(cursor),
            limit);
    JsonArray result = new JsonArray();
    for (String key : page.keys()) {
      JsonObject entry = new JsonObject();
      entry.addProperty("name", key);
      result.add(entry);
    }
    JsonObject info = new JsonObject();
    info.addProperty("count", page.keys().size());
    info.addProperty("cursor", page.next() == null ? "" : Cursor.of(page.next()));
    JsonObject answer = answer(true);
    answer.add("result", result);
    answer.add("result_info", info);
    return response(200, answer);
  }

  private ClassicHttpResponse delete(KvRequest request) {
    deletions.incrementAndGet();
    if (!(JsonParser.parseString(new String(request.body(), UTF_8)) instanceof JsonArray names)
        || names.size() > MAX_BATCH) {
      return error(400, 10026, "not an array of up to 10000 keys");
    }
    JsonArray unsuccessful = new JsonArray();
    for (JsonElement name : names) {
      if (stubborn.contains(name.getAsString())) {
        unsuccessful.add(name);
      } else {
        keys.remove(name.getAsString());
      }
    }
    JsonObject result = new JsonObject();
    result.addProperty("successful_key_count", names.size() - unsuccessful.size());
    result.add("unsuccessful_keys", unsuccessful);
    JsonObject answer = answer(true);
    answer.add("result", result);
    return response(200, answer);
  }

  private static JsonObject answer(boolean isSuccess) {
    JsonObject answer = new JsonObject();
    answer.addProperty("success", isSuccess);
    answer.add("errors", new JsonArray());
    answer.add("messages", new JsonArray());
    return answer;
  }

  private static ClassicHttpResponse error(int status, int code, String message) {
    JsonObject error = new JsonObject();
    error.addProperty("code", code);
    error.addProperty("message", message);
    JsonObject answer = answer(false);
    answer.getAsJsonArray("errors").add(error);
    return response(status, answer);
  }

  private static ClassicHttpResponse response(int status, JsonObject body) {
    ClassicHttpResponse response = new BasicClassicHttpResponse(status);
    response.setEntity(
        new ByteArrayEntity(body.toString().getBytes(UTF_8), ContentType.APPLICATION_JSON));
    return response;
  }

  /** Closes all connections and ends the server. */
  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

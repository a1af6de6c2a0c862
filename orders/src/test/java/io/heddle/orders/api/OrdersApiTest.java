package io.heddle.orders.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.heddle.http.HttpServer;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.files.Keys;
import io.heddle.orders.pipeline.Metrics;
import io.heddle.orders.queue.Outcome;
import io.heddle.orders.queue.Queue;
import io.heddle.orders.queue.Queues;
import io.heddle.orders.store.OrderJson;
import io.heddle.orders.store.OrderStore;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The API over real HTTP, on a real queue. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class OrdersApiTest {
  private static final String ANNA = "annas-token-of-16-characters";
  private static final String BERT = "berts-token-of-16-characters";
  private static final String ADMIN = "admins-token-of-16-characters";

  @TempDir private Path folder;
  private Queue queue;
  private HttpServer server;
  private OrdersApi api;
  private final HttpClient client = HttpClient.newHttpClient();

  @BeforeEach
  void start() throws Exception {
    Path tokens =
        Files.writeString(
            folder.resolve("tokens"),
            "# who\nanna " + ANNA + "\n\nbert\t" + BERT + "\nadmin " + ADMIN + "\n");
    queue = Queues.open(folder.resolve("orders.db").toString(), 2);
    api = new OrdersApi(new OrderStore(queue), Tokens.read(tokens), new Metrics(queue), () -> null);
    server = HttpServer.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), api);
  }

  @AfterEach
  void stop() {
    client.shutdownNow();
    server.close();
    queue.close();
  }

  private HttpResponse<String> send(
      String method, String path, String token, String body, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.address().getPort() + path))
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body))
            .header("Content-Type", "application/json");
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    for (int i = 0; i < headers.length; i += 2) {
      request.setHeader(headers[i], headers[i + 1]);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static JsonObject json(HttpResponse<String> response) {
    return JsonParser.parseString(response.body()).getAsJsonObject();
  }

  private String submit(String token, String domain) throws Exception {
    HttpResponse<String> response =
        send("POST", "/v1/orders", token, "{\"domains\":[\"" + domain + "\"]}");
    assertEquals(201, response.statusCode(), response.body());
    return json(response).get("id").getAsString();
  }

  @Test
  void anOrderIsTakenAndShown() throws Exception {
    HttpResponse<String> made =
        send("POST", "/v1/orders", ANNA, "{\"domains\":[\"WWW.Example.com\",\"*.example.com\"]}");
    assertEquals(201, made.statusCode(), made.body());
    String location = made.headers().firstValue("location").orElseThrow();
    JsonObject order = json(send("GET", location, ANNA, null));
    assertEquals("submitted", order.get("state").getAsString());
    assertEquals("anna", order.get("customer").getAsString());
    assertEquals("[\"www.example.com\",\"*.example.com\"]", order.get("domains").toString());
    assertEquals(409, send("GET", location + "/certificate", ANNA, null).statusCode());
  }

  @Test
  void theSameIdempotencyKeyIsTheSameOrder() throws Exception {
    String body = "{\"domains\":[\"a.example.com\"]}";
    HttpResponse<String> first = send("POST", "/v1/orders", ANNA, body, "Idempotency-Key", "one");
    HttpResponse<String> second = send("POST", "/v1/orders", ANNA, body, "Idempotency-Key", "one");
    assertEquals(201, first.statusCode());
    assertEquals(200, second.statusCode());
    assertEquals(json(first).get("id"), json(second).get("id"));
    HttpResponse<String> other =
        send(
            "POST",
            "/v1/orders",
            ANNA,
            "{\"domains\":[\"b.example.com\"]}",
            "Idempotency-Key",
            "one");
    assertEquals(422, other.statusCode());
    assertEquals("urn:heddle:orders:key-reused", json(other).get("type").getAsString());
    HttpResponse<String> bert = send("POST", "/v1/orders", BERT, body, "Idempotency-Key", "one");
    assertEquals(201, bert.statusCode());
    assertNotEquals(json(first).get("id"), json(bert).get("id"));
    assertEquals(400, send("POST", "/v1/orders", ANNA, body, "Idempotency-Key", "").statusCode());
  }

  @Test
  void whoIsNotKnownIsNotLetInAndNobodySeesOthersOrders() throws Exception {
    String id = submit(ANNA, "a.example.com");
    for (String token : new String[] {null, "nobodys-token-of-16-characters", ANNA + " "}) {
      HttpResponse<String> response = send("GET", "/v1/orders/" + id, token, null);
      assertEquals(token == null || !token.strip().equals(ANNA) ? 401 : 200, response.statusCode());
    }
    assertEquals(404, send("GET", "/v1/orders/" + id, BERT, null).statusCode());
    assertEquals(200, send("GET", "/v1/orders/" + id, ADMIN, null).statusCode());
    String list = "/v1/orders?state=submitted";
    assertEquals(0, json(send("GET", list, BERT, null)).getAsJsonArray("orders").size());
    assertEquals(1, json(send("GET", list, ANNA, null)).getAsJsonArray("orders").size());
    assertEquals(403, send("POST", "/v1/orders/dead:replay", ANNA, "").statusCode());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{\"domains\":[]}",
        "{\"domains\":\"a.example.com\"}",
        "{\"domains\":[1]}",
        "{\"domains\":[null]}",
        "{\"domains\":[\"localhost\"]}",
        "{\"domains\":[\"127.0.0.1\"]}",
        "{\"domains\":[\"-a.example.com\"]}",
        "{\"domains\":[\"a..example.com\"]}",
        "{\"domains\":[\"a.*.example.com\"]}",
        "{\"domains\":[\"http://a.example.com\"]}",
        "{\"domains\":[\"a.example.com/../b\"]}",
        "{\"domains\":[\"a.example.com\",\"A.example.com\"]}",
        "{\"domains\":[\"a\\u0000.example.com\"]}",
        "{\"domains\":[\"a.example.com\"],\"admin\":true}",
        "{\"domains\":[\"a.example.com\"],\"csr\":\"no\"}",
        "{\"domains\":[\"a.example.com\"],\"csr\":7}"
      })
  void whatNoCaWouldTakeIsRefusedWithAProblem(String body) throws Exception {
    HttpResponse<String> response = send("POST", "/v1/orders", ANNA, body);
    assertTrue(response.statusCode() == 400 || response.statusCode() == 422, response.body());
    assertEquals(
        "application/problem+json", response.headers().firstValue("content-type").orElseThrow());
    JsonObject problem = json(response);
    assertEquals(response.statusCode(), problem.get("status").getAsInt());
    assertFalse(problem.get("detail").getAsString().isEmpty());
    assertEquals(List.of(), new OrderStore(queue).list(OrderState.SUBMITTED, 0, 9));
  }

  @Test
  void tooMuchIsRefused() throws Exception {
    String many = "\"x.example.com\",".repeat(100) + "\"y.example.com\"";
    assertEquals(
        422, send("POST", "/v1/orders", ANNA, "{\"domains\":[" + many + "]}").statusCode());
    assertEquals(
        413,
        send("POST", "/v1/orders", ANNA, "{\"csr\":\"" + "x".repeat(70_000) + "\"}").statusCode());
    String deep = "{\"domains\":" + "[".repeat(30_000) + "}";
    assertEquals(400, send("POST", "/v1/orders", ANNA, deep).statusCode());
    assertEquals(
        415, send("POST", "/v1/orders", ANNA, "{}", "Content-Type", "text/plain").statusCode());
  }

  @Test
  void aSigningRequestHasToBeForTheSameNames() throws Exception {
    byte[] der = Keys.request(Keys.generate(), List.of("a.example.com"));
    String csr =
        "-----BEGIN CERTIFICATE REQUEST-----\n"
            + Base64.getMimeEncoder(64, "\n".getBytes(UTF_8)).encodeToString(der)
            + "\n-----END CERTIFICATE REQUEST-----\n";
    JsonObject body = new JsonObject();
    body.add("domains", JsonParser.parseString("[\"a.example.com\"]"));
    body.addProperty("csr", csr);
    assertEquals(201, send("POST", "/v1/orders", ANNA, body.toString()).statusCode());
    body.add("domains", JsonParser.parseString("[\"b.example.com\"]"));
    assertEquals(422, send("POST", "/v1/orders", ANNA, body.toString()).statusCode());
  }

  @Test
  void aDeadOrderIsListedReplayedAndPurged() throws Exception {
    String id = submit(ANNA, "a.example.com");
    assertEquals(409, send("POST", "/v1/orders/" + id + "/replay", ANNA, "").statusCode());
    kill();
    assertEquals(
        "dead", json(send("GET", "/v1/orders/" + id, ANNA, null)).get("state").getAsString());
    assertEquals(
        1, json(send("GET", "/v1/orders?state=dead", ANNA, null)).getAsJsonArray("orders").size());
    assertEquals(404, send("POST", "/v1/orders/" + id + "/replay", BERT, "").statusCode());
    assertEquals(200, send("POST", "/v1/orders/" + id + "/replay", ANNA, "").statusCode());
    assertEquals(
        "submitted", json(send("GET", "/v1/orders/" + id, ANNA, null)).get("state").getAsString());
    kill();
    assertEquals(
        1, json(send("POST", "/v1/orders/dead:purge", ADMIN, "")).get("purged").getAsInt());
    assertEquals(404, send("GET", "/v1/orders/" + id, ANNA, null).statusCode());
  }

  /** Gives the order up, as a worker does. */
  private void kill() throws Exception {
    var delivery = queue.claim("submitted", 1, Duration.ofMinutes(1)).getFirst();
    Order stored = OrderJson.read(delivery.body());
    Order alive = stored.state() == OrderState.DEAD ? stored.replayed(Instant.now()) : stored;
    Order dead = alive.dead(Problem.of("over", "Over", "over"));
    queue.settle(delivery, new Outcome.Dead("over", OrderJson.write(dead)));
  }

  @Test
  void pagesFollowEachOther() throws Exception {
    for (int i = 0; i < 5; i++) {
      submit(ANNA, "p" + i + ".example.com");
    }
    JsonObject first = json(send("GET", "/v1/orders?state=submitted&limit=3", ANNA, null));
    assertEquals(3, first.getAsJsonArray("orders").size());
    JsonObject second =
        json(
            send(
                "GET",
                "/v1/orders?state=submitted&limit=3&after=" + first.get("next").getAsLong(),
                ANNA,
                null));
    assertEquals(2, second.getAsJsonArray("orders").size());
    assertNull(second.get("next"));
    for (String query : List.of("state=lost", "limit=0", "limit=x", "after=-1", "limit=201")) {
      assertEquals(400, send("GET", "/v1/orders?" + query, ANNA, null).statusCode(), query);
    }
  }

  @Test
  void healthMetricsAndDescriptionNeedNoToken() throws Exception {
    submit(ANNA, "a.example.com");
    assertEquals(200, send("GET", "/healthz", null, null).statusCode());
    assertEquals(200, send("GET", "/readyz", null, null).statusCode());
    String metrics = send("GET", "/metrics", null, null).body();
    assertTrue(metrics.contains("orders{state=\"submitted\",work=\"waiting\"} 1.0"), metrics);
    JsonObject description = json(send("GET", "/openapi.json", null, null));
    assertEquals("3.1.0", description.get("openapi").getAsString());
    for (String path : description.getAsJsonObject("paths").keySet()) {
      int status = send("PATCH", path.replace("{id}", "none"), ADMIN, "").statusCode();
      assertTrue(status == 405 || (status == 404 && path.contains("{id}")), path + " " + status);
    }
    api.drain();
    assertEquals(503, send("GET", "/readyz", null, null).statusCode());
    assertEquals(200, send("GET", "/healthz", null, null).statusCode());
  }
}

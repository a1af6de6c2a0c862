package io.heddle.orders.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.heddle.TaskGroup;
import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.files.Keys;
import io.heddle.orders.store.OrderJson;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.store.OrderTerms;
import io.heddle.orders.store.Revocation;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.queue.Filter;
import io.heddle.queue.Message;
import io.heddle.queue.Outcome;
import io.heddle.queue.Queue;
import io.heddle.queue.QueueException;
import io.heddle.queue.Queues;
import io.heddle.queue.State;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The API over real HTTP, on a real queue. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class OrdersApiTest {
  private static final String ANNA = "annas-token-of-16-characters";
  private static final String BERT = "berts-token-of-16-characters";
  private static final String ADMIN = "admins-token-of-16-characters";

  @TempDir private Path folder;
  private Path limits;
  private Queue queue;
  private ApiServer server;
  private OrdersApi api;
  private long changes = 1;
  private volatile Supplier<Problem> trouble = () -> null;
  private final HttpClient client = HttpClient.newHttpClient();
  private final ByteArrayOutputStream logged = new ByteArrayOutputStream();
  private final Log log = Log.to(new PrintStream(logged, true, UTF_8));
  private final Set<String> answers = new TreeSet<>();
  private Description description;

  @BeforeEach
  void start() throws Exception {
    description = Description.read();
    Path tokens =
        Files.writeString(
            folder.resolve("tokens"),
            "# who\nanna " + ANNA + "\n\nbert\t" + BERT + "\nadmin " + ADMIN + "\n");
    Files.setPosixFilePermissions(tokens, PosixFilePermissions.fromString("rw-r-----"));
    limits = Files.writeString(folder.resolve("limits"), "* orders=0 open=0 replays=0\n");
    queue = Queues.open(folder.resolve("orders.db").toString(), 2);
    api =
        new OrdersApi(
            new OrderStore(queue),
            Tokens.read(tokens, log),
            new Policy(CustomerLimits.read(limits, log), false, false, null),
            new Metrics(queue),
            () -> trouble.get(),
            log);
    server =
        api.serve(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            ApiServer.Limits.DEFAULT,
            null,
            null);
  }

  @AfterEach
  void stop() {
    client.shutdownNow();
    server.close();
    queue.close();
  }

  /** Sends a request; whatever the answer is, it has to be as the description has it. */
  private HttpResponse<String> send(
      String method, String path, String token, String body, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server.uri() + path))
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
    HttpResponse<String> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertEquals(List.of(), description.faults(method, path, response));
    answers.add(String.valueOf(description.answer(method, path, response.statusCode())));
    return response;
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
        send("POST", "/v1/orders", ANNA, "{\"domains\":[\"Example.com\",\"*.example.com\"]}");
    assertEquals(201, made.statusCode(), made.body());
    String location = made.headers().firstValue("location").orElseThrow();
    JsonObject order = json(send("GET", location, ANNA, null));
    assertEquals("submitted", order.get("state").getAsString());
    assertEquals("anna", order.get("customer").getAsString());
    assertEquals("[\"example.com\",\"*.example.com\"]", order.get("domains").toString());
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

    String two = domains("c.example.com", "d.example.com");
    String turned = domains("d.example.com", "c.example.com");
    assertEquals(201, send("POST", "/v1/orders", ANNA, two, "Idempotency-Key", "two").statusCode());
    assertEquals(
        200, send("POST", "/v1/orders", ANNA, turned, "Idempotency-Key", "two").statusCode());
  }

  @Test
  void theSameNamesAreTheOpenOrderUntilItIsDone() throws Exception {
    String names = "\"domains\":[\"a.example.com\",\"b.example.com\"]";
    HttpResponse<String> first = send("POST", "/v1/orders", ANNA, "{" + names + "}");
    assertEquals(201, first.statusCode());
    String turned = "{\"domains\":[\"b.example.com\",\"A.example.com\"]}";
    HttpResponse<String> second =
        send("POST", "/v1/orders", ANNA, turned, "Idempotency-Key", "two");
    assertEquals(200, second.statusCode());
    assertEquals(json(first).get("id"), json(second).get("id"));
    String location = first.headers().firstValue("location").orElseThrow();
    assertEquals(location, second.headers().firstValue("location").orElseThrow());
    assertEquals(201, send("POST", "/v1/orders", BERT, turned).statusCode(), "bert has none");

    JsonObject signed = JsonParser.parseString(turned).getAsJsonObject();
    List<String> domains = List.of("a.example.com", "b.example.com");
    signed.addProperty("csr", pem(Keys.request(Keys.generate(), domains)));
    HttpResponse<String> other =
        send("POST", "/v1/orders", ANNA, signed.toString(), "Idempotency-Key", "three");
    assertEquals(409, other.statusCode());
    assertEquals("urn:heddle:orders:order-open", json(other).get("type").getAsString());
    assertEquals(location, json(other).get("order").getAsString());
    kill();
    HttpResponse<String> third =
        send("POST", "/v1/orders", ANNA, signed.toString(), "Idempotency-Key", "three");
    assertEquals(201, third.statusCode(), "a rejected submission has not used the key");
    HttpResponse<String> again = send("POST", "/v1/orders", ANNA, turned, "Idempotency-Key", "two");
    assertEquals(200, again.statusCode());
    assertEquals(json(first).get("id"), json(again).get("id"), "the key stands for what it got");
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
        "{\"domains\":[\"straße.example.com\"]}",
        "{\"domains\":[\"STRAẞE.example.com\"]}",
        "{\"domains\":[\"νίκος.example.com\"]}",
        "{\"domains\":[\"a\u200db.example.com\"]}",
        "{\"domains\":[\"*.example.com\",\"www.example.com\"]}",
        "{\"domains\":[\"a.example.com\"],\"admin\":true}",
        "{\"domains\":[\"a.example.com\"]} {}",
        "{\"domains\":[\"a.example.com\"]}x",
        "{\"domains\":[\"a.example.com\"],\"domains\":[\"b.example.com\"]}",
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
    assertEquals(List.of(), new OrderStore(queue).list(OrderState.SUBMITTED, null, 0, 9).orders());
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

  private static String pem(byte[] der) {
    return "-----BEGIN CERTIFICATE REQUEST-----\n"
        + Base64.getMimeEncoder(64, "\n".getBytes(UTF_8)).encodeToString(der)
        + "\n-----END CERTIFICATE REQUEST-----\n";
  }

  @Test
  void aSigningRequestHasToBeForTheSameNames() throws Exception {
    byte[] der = Keys.request(Keys.generate(), List.of("a.example.com"));
    JsonObject body = new JsonObject();
    body.add("domains", JsonParser.parseString("[\"a.example.com\"]"));
    body.addProperty("csr", pem(der));
    assertEquals(201, send("POST", "/v1/orders", ANNA, body.toString()).statusCode());
    body.add("domains", JsonParser.parseString("[\"b.example.com\"]"));
    assertEquals(422, send("POST", "/v1/orders", ANNA, body.toString()).statusCode());
  }

  @Test
  void anOrderIsCancelledRetriedAndNotChecked() throws Exception {
    String checking = stored(OrderState.CHECKING);
    HttpResponse<String> soon = send("POST", checking + "/retry", ANNA, "");
    assertEquals(429, soon.statusCode());
    assertEquals("30", soon.headers().firstValue("Retry-After").orElseThrow());
    HttpResponse<String> other = send("POST", checking + "/validate?type=dns-02", ANNA, "");
    assertEquals(400, other.statusCode());
    assertTrue(other.body().contains("there are http-01, dns-01, tls-alpn-01"), other.body());
    assertEquals(404, send("POST", checking + "/validate?type=dns-01", BERT, "").statusCode());
    assertEquals(200, send("POST", checking + "/validate?type=dns-01", ANNA, "").statusCode());
    JsonObject seen =
        json(send("GET", checking, ANNA, null))
            .getAsJsonArray("authorizations")
            .get(0)
            .getAsJsonObject();
    assertEquals("dns-01", seen.get("ready").getAsString());
    assertEquals(
        "not checked, as anna asked", seen.getAsJsonObject("check").get("summary").getAsString());
    assertEquals(404, send("POST", checking + "/cancel", BERT, "").statusCode());
    assertEquals(200, send("POST", checking + "/cancel", ADMIN, "").statusCode());
    JsonObject dead = json(send("GET", checking, ANNA, null));
    assertEquals("dead", dead.get("state").getAsString());
    assertEquals("by admin", dead.getAsJsonObject("problem").get("detail").getAsString());
    assertEquals(200, send("POST", checking + "/replay", ANNA, "").statusCode());
    assertTrue(logged.toString(UTF_8).contains("\"action\":\"cancelled\",\"by\":\"admin\""));
  }

  @Test
  void theClientMakesTheSameChanges() throws Exception {
    String issued = stored(OrderState.ISSUED);
    try (ApiClient anna = new ApiClient(server.uri(), ANNA, null)) {
      JsonObject order = anna.submit(List.of("a.example.com"), null, false);
      assertFalse(order.get("renew").getAsBoolean());
      String id = order.get("id").getAsString();
      anna.retry(id);
      ApiClient.RefusedException refused =
          assertThrows(ApiClient.RefusedException.class, () -> anna.validate(id, "dns-01"));
      assertEquals(409, refused.status());
      anna.cancel(id);
      assertEquals("dead", anna.order(id).get("state").getAsString());
      anna.revoke(issued.substring(issued.lastIndexOf('/') + 1), "key-compromise");
      assertEquals(1, queue.list(Filter.ALL.ofStage(Revocation.STAGE), 0, 2).size());
    }
  }

  @Test
  void anOrderIsRenewedUnlessItsCustomerDoesNotWantThat() throws Exception {
    String once = "{\"domains\":[\"once.example.com\"],\"renew\":false}";
    HttpResponse<String> answer = send("POST", "/v1/orders", ANNA, once);
    assertEquals(201, answer.statusCode());
    assertFalse(json(answer).get("renew").getAsBoolean());
    String wrong = "{\"domains\":[\"once.example.com\"],\"renew\":\"no\"}";
    assertEquals(422, send("POST", "/v1/orders", ANNA, wrong).statusCode());
    String id = submit(ANNA, "twice.example.com");
    assertTrue(json(send("GET", "/v1/orders/" + id, ANNA, null)).get("renew").getAsBoolean());
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

  private void killAll() throws Exception {
    while (!queue.list(Filter.ALL.ofStage("submitted").in(State.WAITING), 0, 1).isEmpty()) {
      kill();
    }
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

  @Test
  void twoSubmissionsOfOneKeyAtOnceAreOneOrder() throws Exception {
    String body = "{\"domains\":[\"a.example.com\"]}";
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.address().getPort() + "/v1/orders"))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .header("Content-Type", "application/json")
            .header("Authorization", "Bearer " + ANNA)
            .header("Idempotency-Key", "one")
            .build();
    try (TaskGroup<HttpResponse<String>> submissions = new TaskGroup<>()) {
      for (int i = 0; i < 16; i++) {
        submissions.go(() -> client.send(request, HttpResponse.BodyHandlers.ofString()));
      }
      List<Integer> statuses = new ArrayList<>();
      Set<String> orders = new TreeSet<>();
      for (HttpResponse<String> response : submissions.await()) {
        statuses.add(response.statusCode());
        orders.add(response.body());
      }
      assertEquals(Set.of(200, 201), Set.copyOf(statuses));
      assertEquals(1, Collections.frequency(statuses, 201));
      assertEquals(1, orders.size(), orders::toString);
    }
  }

  @Test
  void anOrderThatCannotBeReadIsShownToTheOperatorAlone() throws Exception {
    String good = submit(ANNA, "a.example.com");
    String id = "b".repeat(25);
    queue.publish(List.of(new Message("submitted", id, "{\"id\": \"torn")));
    String list = "/v1/orders?state=submitted";
    assertEquals(1, json(send("GET", list, ANNA, null)).getAsJsonArray("orders").size());
    assertEquals(2, json(send("GET", list, ADMIN, null)).getAsJsonArray("orders").size());
    assertEquals(200, send("GET", "/v1/orders/" + good, ANNA, null).statusCode());
    logged.reset();
    HttpResponse<String> fault = send("GET", "/v1/orders/" + id, ANNA, null);
    assertEquals(500, fault.statusCode(), "it may be hers");
    assertFalse(fault.body().contains("torn"), fault.body());
    JsonObject line = JsonParser.parseString(logged.toString(UTF_8)).getAsJsonObject();
    assertEquals("unreadable_order", line.get("event").getAsString());
    assertEquals(id, line.get("order").getAsString());
    JsonObject shown = json(send("GET", "/v1/orders/" + id, ADMIN, null));
    String type = shown.getAsJsonObject("problem").get("type").getAsString();
    assertEquals("urn:heddle:orders:unreadable", type);
    for (var one : queue.claim("submitted", 2, Duration.ofMinutes(1))) {
      queue.settle(one, new Outcome.Dead("it is"));
    }
    String order = "/v1/orders/" + id;
    assertEquals(200, send("DELETE", order, ADMIN, null).statusCode());
    assertEquals(404, send("GET", order, ADMIN, null).statusCode());
    assertEquals("{\"purged\":1}", send("POST", "/v1/orders/dead:purge", ADMIN, "").body());
  }

  @Test
  void theDescriptionIsWhole() {
    assertEquals(List.of(), description.faults());
  }

  /** An order that has come to a state, with all that it can have by then. */
  private String stored(OrderState state) throws Exception {
    String id = (state.label() + "0".repeat(25)).substring(0, 25);
    Instant now = Instant.now();
    Authorization authorization =
        new Authorization(
            "a.example.com",
            true,
            URI.create("https://ca/authorization"),
            Authorization.Status.PENDING,
            List.of(
                new Challenge(Challenge.HTTP, URI.create("https://ca/1"), "token", "token.key"),
                new Challenge(Challenge.DNS, URI.create("https://ca/2"), "token", "token.key"),
                new Challenge(
                    Challenge.TLS_ALPN, URI.create("https://ca/3"), "token", "token.key")),
            Challenge.DNS,
            now,
            new Authorization.CheckNote("READY", "it is there", "step by step", now, 0));
    Order order =
        new Order(
            id,
            new Order.Request("anna", List.of("*.a.example.com"), null),
            state,
            now,
            1,
            0,
            new Order.Placement(URI.create("https://ca/order"), now, List.of(authorization)),
            Problem.of("over", "Over", "over"),
            state == OrderState.ISSUED ? new Order.Certificate("chain", "1f", now) : null,
            null);
    OrderState stage = state == OrderState.DEAD ? OrderState.VALIDATING : state;
    queue.publish(List.of(new Message(stage.label(), id, OrderJson.write(order))));
    if (state == OrderState.DEAD) {
      queue.settle(
          queue.claim(stage.label(), 1, Duration.ofMinutes(1)).getFirst(),
          new Outcome.Dead("over"));
    }
    return "/v1/orders/" + id;
  }

  @Test
  void everyAnswerThatIsDescribedIsGivenAsItIsDescribed() throws Exception {
    String body = "{\"domains\":[\"a.example.com\"]}";
    List<String> open = List.of("/healthz", "/readyz", "/metrics", "/openapi.json");
    for (String path : open) {
      send("GET", path, null, null);
      send("HEAD", path, null, null);
      send("POST", path, null, "");
    }
    String checking = stored(OrderState.CHECKING);
    String issued = stored(OrderState.ISSUED);
    String dead = stored(OrderState.DEAD);
    for (String token : new String[] {null, BERT, ANNA, ADMIN}) {
      for (String order : List.of(checking, issued, dead, "/v1/orders/none")) {
        send("GET", order, token, null);
        send("GET", order + "/certificate", token, null);
        send("GET", order + "/history", token, null);
        send("GET", order + "/nothing", token, null);
        send("PATCH", order, token, "");
        send("GET", order + "/replay", token, null);
      }
      for (String action : List.of("/cancel", "/retry", "/validate", "/revoke?reason=none")) {
        for (String order : List.of(issued, "/v1/orders/none", "/v1/orders/%ff")) {
          send("POST", order + action, token, "");
        }
        send("GET", checking + action, token, null);
      }
      send("POST", checking + "/retry", token, "");
      send("POST", checking + "/revoke", token, "");
      send("POST", issued + "/revoke?reason=superseded", token, "");
      send("POST", checking + "/validate?type=none", token, "");
      send("POST", checking + "/validate?type=dns-01", token, "");
      send("POST", checking + "/replay", token, "");
      send("POST", dead + "/replay", token, "");
      send("GET", "/v1/orders/%ff", token, null);
      send("GET", "/v1/orders/%ff/certificate", token, null);
      send("GET", "/v1/orders/%ff/history", token, null);
      for (String path : List.of("/v1/audit", "/v1/overview", "/v1/caller")) {
        send("GET", path, token, null);
        send("POST", path, token, "");
      }
      send("GET", "/v1/audit?limit=0", token, null);
      send("GET", "/v1/audit?customer=bert", token, null);
      send("GET", "/v1/orders?customer=bert", token, null);
      send("GET", "/v1/orders?domain=example.com&limit=1", token, null);
      send("POST", "/v1/orders/%ff/replay", token, "");
      send("DELETE", "/v1/orders/%ff", token, null);
      send("DELETE", checking, token, null);
      for (OrderState state : OrderState.values()) {
        send("GET", "/v1/orders?state=" + state.label(), token, null);
      }
      send("HEAD", "/v1/orders", token, null);
      send("GET", "/v1/orders?limit=0", token, null);
      send("PUT", "/v1/orders", token, body);
      send("POST", "/v1/orders", token, body, "Idempotency-Key", "one");
      send("POST", "/v1/orders", token, body, "Idempotency-Key", "one");
      JsonObject signed = JsonParser.parseString(body).getAsJsonObject();
      List<String> names =
          signed.getAsJsonArray("domains").asList().stream().map(one -> one.getAsString()).toList();
      signed.addProperty("csr", pem(Keys.request(Keys.generate(), names)));
      send("POST", "/v1/orders", token, signed.toString());
      send("POST", "/v1/orders", token, "{");
      send("POST", "/v1/orders", token, "{}");
      send("POST", "/v1/orders", token, "{}", "Content-Type", "text/plain");
      send("POST", "/v1/orders", token, " ".repeat(70_000));
      send("POST", "/v1/orders/dead:replay", token, "");
      send("POST", "/v1/orders/dead:purge", token, "");
      send("GET", "/v1/orders/dead:purge", token, null);
      send("POST", "/v1/orders/dead:else", token, "");
      send("POST", "/v1/notifications/dead:replay", token, "");
      send("POST", "/v1/notifications/dead:purge", token, "");
      send("POST", "/v1/notifications/dead:else", token, "");
    }
    String fresh = "/v1/orders/" + submit(ANNA, "fresh.example.com");
    assertEquals(200, send("POST", fresh + "/retry", ANNA, "").statusCode());
    assertEquals(200, send("POST", fresh + "/cancel", ANNA, "").statusCode());
    assertEquals(409, send("POST", fresh + "/cancel", ANNA, "").statusCode());
    killAll();
    queue.purge(Filter.ALL);
    exceedQuotas();
    limit("anna replays=1");
    String more = "/v1/orders/" + submit(ANNA, "more.example.com");
    assertEquals(200, send("POST", more + "/retry", ANNA, "").statusCode());
    String unchecked = stored(OrderState.CHECKING) + "/validate?type=dns-01";
    assertEquals(429, send("POST", unchecked, ANNA, "").statusCode());
    assertEquals(429, send("POST", stored(OrderState.ISSUED) + "/revoke", ANNA, "").statusCode());
    dead = stored(OrderState.DEAD);
    send("DELETE", dead, ANNA, null);
    queue.close();
    for (String path :
        List.of(
            "/readyz",
            "/v1/orders",
            "/v1/audit",
            "/v1/overview",
            issued,
            issued + "/history",
            issued + "/certificate")) {
      assertEquals(503, send("GET", path, ADMIN, null).statusCode(), path);
    }
    assertEquals(503, send("DELETE", issued, ANNA, null).statusCode());
    for (String path :
        List.of(
            "/v1/orders",
            dead + "/replay",
            dead + "/cancel",
            dead + "/retry",
            dead + "/validate",
            dead + "/revoke",
            "/v1/orders/dead:replay",
            "/v1/orders/dead:purge",
            "/v1/notifications/dead:replay",
            "/v1/notifications/dead:purge")) {
      assertEquals(503, send("POST", path, ADMIN, body).statusCode());
    }
    Set<String> missing = description.answers();
    missing.removeAll(answers);
    missing.removeIf(answer -> answer.endsWith(" 500")); // a fault of ours is not at hand
    assertEquals(Set.of(), missing);
    assertTrue(logged.toString(UTF_8).contains("the queue is closed"), logged::toString);
  }

  @Test
  void aFaultIsAnsweredAndLogged() throws Exception {
    trouble =
        () -> {
          throw new IllegalStateException("a bug");
        };
    HttpResponse<String> response = send("GET", "/readyz", null, null);
    assertEquals(500, response.statusCode());
    assertFalse(response.body().contains("a bug"), response.body());
    JsonObject line = JsonParser.parseString(logged.toString(UTF_8)).getAsJsonObject();
    assertEquals("api_fault", line.get("event").getAsString());
    assertEquals("/readyz", line.get("path").getAsString());
    assertTrue(line.get("problem").getAsString().contains("a bug"), line::toString);
    assertTrue(line.get("trace").getAsString().contains("OrdersApi"), line::toString);
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "...", "%20", "A", "+"})
  void whatIsNoIdIsNoOrder(String id) throws Exception {
    assertEquals(404, send("GET", "/v1/orders/" + id, ADMIN, null).statusCode());
    assertEquals(404, send("DELETE", "/v1/orders/" + id, ADMIN, null).statusCode());
  }

  @ParameterizedTest
  @ValueSource(strings = {"%ff", "%00", "a%00b", "..", "a;b", "%2e%2e", "a%2fb"})
  void aPathThatCouldBeReadInTwoWaysIsRefused(String id) throws Exception {
    String path = "/v1/orders/" + id;
    assertEquals(400, send("GET", path, ADMIN, null).statusCode());
    assertEquals(400, send("DELETE", path, ADMIN, null).statusCode());
    assertEquals(400, send("GET", path + "/certificate", ADMIN, null).statusCode());
    assertEquals(400, send("POST", path + "/replay", ADMIN, "").statusCode());
  }

  /** Whoever sends us a broken one has to hear what is wrong, whichever byte it is. */
  @Test
  void aBrokenSigningRequestIsRefusedWithAReason() throws Exception {
    byte[] der = Keys.request(Keys.generate(), List.of("a.example.com"));
    Random random = new Random(7);
    int refused = 0;
    for (int i = 0; i < 400; i++) {
      byte[] broken = der.clone();
      for (int changes = random.nextInt(1, 4); changes > 0; changes--) {
        broken[random.nextInt(broken.length)] = (byte) random.nextInt();
      }
      byte[] cut = Arrays.copyOf(broken, i % 2 == 0 ? broken.length : random.nextInt(der.length));
      JsonObject body = new JsonObject();
      body.add("domains", JsonParser.parseString("[\"a.example.com\"]"));
      body.addProperty("csr", pem(cut));
      HttpResponse<String> response = send("POST", "/v1/orders", ANNA, body.toString());
      if (response.statusCode() == 422) {
        refused++;
        assertFalse(json(response).get("detail").getAsString().isEmpty());
      } else { // what has changed may not matter; the order of an earlier one is open then
        assertTrue(
            Set.of(201, 200, 409).contains(response.statusCode()),
            () -> response.body() + "\n" + pem(cut));
      }
    }
    assertTrue(refused > 390, refused + " of 400");
  }

  /** A filter that is ignored would show more than was asked for. */
  @Test
  void aParameterThatThereIsNotIsRefused() throws Exception {
    for (String query : List.of("staet=dead", "state=dead&state=issued", "name=anna", "=1")) {
      HttpResponse<String> response = send("GET", "/v1/orders?" + query, ANNA, null);
      assertEquals(400, response.statusCode(), response.body());
      assertEquals("urn:heddle:orders:bad-query", json(response).get("type").getAsString());
    }
  }

  @Test
  void whoHasUsedUpAQuotaIsToldWhenToTryAgain() throws Exception {
    exceedQuotas();
    assertTrue(logged.toString(UTF_8).contains("\"event\":\"limits_reloaded\""), logged::toString);
  }

  private void exceedQuotas() throws Exception {
    limit(
        "bert orders=3 open=2 replays=1 domains=B.example,c.example\n* orders=0 open=0 replays=0");
    HttpResponse<String> other =
        send("POST", "/v1/orders", BERT, domains("x.b.example", "d.example"));
    assertEquals(403, other.statusCode());
    assertTrue(json(other).get("detail").getAsString().endsWith(": d.example"), other::body);

    String dead = submit(BERT, "b.example");
    kill();
    submit(BERT, "*.b.example");
    String open = submit(BERT, "c.example");
    assertRefused("60", "2 orders are open", "/v1/orders", domains("x.c.example"));
    HttpResponse<String> again = send("POST", "/v1/orders", BERT, domains("c.example"));
    assertEquals(200, again.statusCode(), "it is there already");
    assertRefused("60", "2 orders are open", "/v1/orders/" + dead + "/replay", "");

    limit("bert orders=3 replays=1");
    assertRefused("3600", "3 orders in the last hour", "/v1/orders", domains("x.c.example"));
    assertEquals(200, send("POST", "/v1/orders/" + dead + "/replay", BERT, "").statusCode());
    killAll();
    assertRefused(
        "3600",
        "1 replays, retries, validations and revocations in the last hour",
        "/v1/orders/" + dead + "/replay",
        "");
    assertEquals(200, send("POST", "/v1/orders/" + dead + "/replay", ADMIN, "").statusCode());
    submit(ANNA, "y.example");
    assertEquals(
        "dead", json(send("GET", "/v1/orders/" + open, BERT, null)).get("state").getAsString());
  }

  /** Each of these makes the service check, or ask the CA, out of turn. */
  @Test
  void retriesValidationsAndRevocationsCountAsReplays() throws Exception {
    limit("anna replays=3\nbert replays=1");
    String fresh = "/v1/orders/" + submit(ANNA, "fresh.example.com");
    assertEquals(200, send("POST", fresh + "/retry", ANNA, "").statusCode());
    send("POST", fresh + "/cancel", ANNA, "");
    String checking = stored(OrderState.CHECKING);
    String issued = stored(OrderState.ISSUED);
    assertEquals(409, send("POST", fresh + "/retry", ANNA, "").statusCode(), "that costs nothing");
    assertEquals(400, send("POST", checking + "/validate?type=dns-02", ANNA, "").statusCode());
    assertEquals(200, send("POST", checking + "/validate?type=dns-01", ANNA, "").statusCode());
    assertEquals(200, send("POST", issued + "/revoke", ANNA, "").statusCode());
    for (String address : List.of(issued + "/revoke", checking + "/validate?type=dns-01")) {
      HttpResponse<String> refused = send("POST", address, ANNA, "");
      assertEquals(429, refused.statusCode(), address);
      assertEquals("urn:heddle:orders:quota", json(refused).get("type").getAsString());
      assertTrue(refused.headers().firstValue("retry-after").isPresent());
      assertEquals(200, send("POST", address, ADMIN, "").statusCode(), address);
    }
    String other = "/v1/orders/" + submit(BERT, "other.example.com");
    assertEquals(200, send("POST", other + "/retry", BERT, "").statusCode());
    assertRefused(
        "3600",
        "1 replays, retries, validations and revocations in the last hour",
        other + "/retry",
        "");
  }

  /** Replaces the limits. */
  private void limit(String lines) throws Exception {
    Files.writeString(limits, lines);
    Files.setLastModifiedTime(limits, FileTime.from(Instant.ofEpochSecond(changes++)));
    api.reloadIfChanged();
  }

  private static String domains(String... names) {
    return "{\"domains\":[\"" + String.join("\",\"", names) + "\"]}";
  }

  private void assertRefused(String longest, String detail, String path, String body)
      throws Exception {
    HttpResponse<String> refused = send("POST", path, BERT, body);
    assertEquals(429, refused.statusCode(), refused.body());
    assertEquals("urn:heddle:orders:quota", json(refused).get("type").getAsString());
    assertTrue(json(refused).get("detail").getAsString().startsWith(detail), refused::body);
    int wait = Integer.parseInt(refused.headers().firstValue("retry-after").orElseThrow());
    int most = Integer.parseInt(longest);
    assertTrue(wait > most - 120 && wait > 0 && wait <= most, () -> "after " + wait + " s");
  }

  @Test
  void whoChangesDeadOrdersIsLogged() throws Exception {
    String id = submit(ANNA, "a.example.com");
    kill();
    send("POST", "/v1/orders/" + id + "/replay", ANNA, "");
    kill();
    send("POST", "/v1/orders/dead:purge", ADMIN, "");
    String log = logged.toString(UTF_8);
    String line = "\"event\":\"dead_orders\",\"action\":";
    assertTrue(
        log.contains(line + "\"replayed\",\"by\":\"anna\",\"order\":\"" + id + "\",\"count\":1"),
        log);
    assertTrue(
        log.contains(line + "\"purged\",\"by\":\"admin\",\"order\":\"all\",\"count\":1"), log);
  }

  @Test
  void aPageIsFullAndBounded() throws Exception {
    for (int i = 0; i < 120; i++) {
      submit(i % 40 == 39 ? BERT : ANNA, "p" + i + ".example.com");
    }
    JsonObject page = json(send("GET", "/v1/orders?state=submitted&limit=3", BERT, null));
    assertEquals(3, page.getAsJsonArray("orders").size()); // among 117 others
    assertNull(page.get("next"));
    page = json(send("GET", "/v1/orders?state=submitted&limit=2", BERT, null));
    assertEquals(2, page.getAsJsonArray("orders").size());
    String next = "/v1/orders?state=submitted&limit=2&after=" + page.get("next").getAsLong();
    page = json(send("GET", next, BERT, null));
    assertEquals(1, page.getAsJsonArray("orders").size());

    OrderStore store = new OrderStore(queue);
    String large = "x".repeat(500_000);
    for (int i = 0; i < 5; i++) {
      store.submit(new Order.Request("carl", List.of("l" + i + ".example.com"), large), null);
    }
    OrderStore.Page first = store.list(OrderState.SUBMITTED, "carl", 0, 200);
    assertEquals(3, first.orders().size());
    OrderStore.Page rest = store.list(OrderState.SUBMITTED, "carl", first.next(), 200);
    assertEquals(2, rest.orders().size());
    assertNull(rest.next());
  }

  /** An order with a certificate, moved there as a worker does. */
  private void issue(String serial, Instant notAfter) throws Exception {
    var delivery = queue.tryClaim("submitted", 1, Duration.ofMinutes(1)).getFirst();
    Order order = OrderJson.read(delivery.body());
    Order issued =
        order
            .with(new Order.Placement(URI.create("https://ca/order"), null, List.of()))
            .to(OrderState.CHECKING)
            .to(OrderState.VALIDATING)
            .to(OrderState.FINALIZING)
            .with(new Order.Certificate("chain", serial, notAfter))
            .to(OrderState.ISSUED);
    String customer = order.request().customer();
    Message next =
        new Message("issued", order.id(), OrderJson.write(issued), Duration.ofDays(9), customer);
    queue.settle(delivery, Outcome.done(next.foundBy(OrderTerms.of(issued))));
  }

  private List<String> found(String token, String query) throws Exception {
    JsonObject page = json(send("GET", "/v1/orders?" + query, token, null));
    return page.getAsJsonArray("orders").asList().stream()
        .map(one -> one.getAsJsonObject().get("domains").getAsJsonArray().get(0).getAsString())
        .toList();
  }

  @Test
  void ordersAreFoundByDomainSerialExpiryAndCustomer() throws Exception {
    Instant soon = Instant.parse("2031-01-01T00:00:00Z");
    submit(ANNA, "www.example.com");
    issue("00ab12", soon.plusSeconds(1));
    submit(BERT, "example.com");
    issue("ff", soon);
    submit(ANNA, "*.shop.example.com");
    submit(ANNA, "example.org");
    assertEquals(
        List.of("example.com", "www.example.com", "*.shop.example.com"),
        found(ADMIN, "domain=EXAMPLE.com."));
    assertEquals(List.of("*.shop.example.com"), found(ANNA, "domain=shop.example.com"));
    assertEquals(
        List.of("www.example.com", "*.shop.example.com"), found(ANNA, "domain=example.com"));
    assertEquals(List.of("*.shop.example.com"), found(ADMIN, "domain=example.com&state=submitted"));
    assertEquals(List.of("www.example.com"), found(ANNA, "serial=AB:12"));
    assertEquals(List.of(), found(BERT, "serial=ab12"));
    assertEquals(
        List.of("example.com", "www.example.com"), found(ADMIN, "expires_before=2031-01-02"));
    assertEquals(List.of("example.com"), found(ADMIN, "expires_before=2031-01-01T00:00:00Z"));
    assertEquals(List.of("example.com"), found(ADMIN, "customer=bert"));
    JsonObject first = json(send("GET", "/v1/orders?domain=example.com&limit=2", ADMIN, null));
    String next = first.get("next").getAsString();
    assertEquals(List.of("*.shop.example.com"), found(ADMIN, "domain=example.com&after=" + next));
    assertEquals(403, send("GET", "/v1/orders?customer=bert", ANNA, null).statusCode());
    for (String wrong :
        List.of(
            "domain=",
            "serial=xyz",
            "expires_before=soon",
            "domain=a%00.b",
            "domain=a.b&serial=1",
            "domain=a.b&after=7")) {
      assertEquals(400, send("GET", "/v1/orders?" + wrong, ANNA, null).statusCode(), wrong);
    }
  }

  @Test
  void theAuditLogHasWhoDidWhatFromWhere() throws Exception {
    String id = submit(ANNA, "a.example.com");
    send("POST", "/v1/orders", ANNA, "{\"domains\":[\"a.example.com\"]}"); // the same order
    kill();
    send(
        "POST",
        "/v1/orders/" + id + "/replay",
        ADMIN,
        "",
        "X-Forwarded-For",
        "198.51.100.1, 192.0.2.9");
    assertEquals(409, send("POST", "/v1/orders/" + id + "/replay", ANNA, "").statusCode());
    kill();
    submit(BERT, "b.example.com");
    String history = send("GET", "/v1/orders/" + id + "/history", ANNA, null).body();
    assertTrue(
        history.matches(
            ".*submitted.*\"by\":\"anna\",\"client\":\"127.0.0.1\".*\"event\":\"dead\".*\"over\".*"
                + "replayed.*\"by\":\"admin\"}.*\"event\":\"dead\".*"),
        history);
    send("DELETE", "/v1/orders/" + id, ANNA, null);
    List<String> all = audit(ADMIN, "");
    assertEquals(4, all.size(), all::toString);
    assertTrue(all.get(1).matches("submitted bert 127.0.0.1 .* bert"), all::toString);
    assertEquals("purged anna 127.0.0.1 " + id + " anna", all.get(0));
    assertEquals("replayed admin 192.0.2.9 by way of 127.0.0.1 " + id + " anna", all.get(2));
    assertEquals("submitted anna 127.0.0.1 " + id + " anna", all.get(3));
    assertEquals("replayed admin null " + id + " anna", audit(ANNA, "").get(1));
    assertEquals(3, audit(ADMIN, "?order=" + id).size());
    assertEquals(1, audit(ADMIN, "?customer=bert").size());
    assertEquals(400, send("GET", "/v1/audit?order=%00", ADMIN, null).statusCode());
    JsonObject page = json(send("GET", "/v1/audit?limit=3", ADMIN, null));
    assertEquals(List.of(all.get(3)), audit(ADMIN, "?after=" + page.get("next").getAsString()));
  }

  @Test
  void aReplayOfAllSkipsWhatWasCancelled() throws Exception {
    String dead = submit(ANNA, "a.example.com");
    kill();
    String cancelled = submit(ANNA, "b.example.com");
    send("POST", "/v1/orders/" + cancelled + "/cancel", ANNA, "");
    JsonObject answer = json(send("POST", "/v1/orders/dead:replay", ADMIN, ""));
    assertEquals("{\"replayed\":1,\"skipped\":1}", answer.toString());
    OrderStore store = new OrderStore(queue);
    assertEquals(OrderState.SUBMITTED, store.find(dead).state());
    assertEquals(OrderState.DEAD, store.find(cancelled).state());
  }

  @Test
  void deadNotificationsAndDeadOrdersAreReplayedAndPurgedSeparately() throws Exception {
    queue.publish(
        List.of(
            new Message("webhook", "evt_1", "").ownedBy("anna"),
            new Message("command", "evt_1", "").ownedBy("anna")));
    submit(ANNA, "a.example.com");
    kill();
    killNotifications();
    String orders = "/v1/orders/dead:";
    String notifications = "/v1/notifications/dead:";
    assertEquals(403, send("POST", notifications + "purge", ANNA, "").statusCode());
    assertEquals(404, send("POST", notifications + "else", ADMIN, "").statusCode());
    assertEquals(404, send("GET", "/v1/notifications", ADMIN, null).statusCode());
    assertEquals("{\"replayed\":2}", send("POST", notifications + "replay", ADMIN, "").body());
    killNotifications();
    assertEquals(
        "{\"replayed\":1,\"skipped\":0}", send("POST", orders + "replay", ADMIN, "").body());
    kill();
    assertEquals("{\"purged\":1}", send("POST", orders + "purge", ADMIN, "").body());
    assertEquals(2, queue.list(Filter.DEAD, 0, 10).size());
    submit(ANNA, "b.example.com");
    kill();
    assertEquals("{\"purged\":2}", send("POST", notifications + "purge", ADMIN, "").body());
    assertEquals(1, queue.list(Filter.DEAD, 0, 10).size());
  }

  private void killNotifications() throws Exception {
    for (String stage : List.of("webhook", "command")) {
      var delivery = queue.claim(stage, 1, Duration.ofMinutes(1)).getFirst();
      queue.settle(delivery, new Outcome.Dead("the receiver is down"));
    }
  }

  /** The text of a failed connection names the database's host. */
  @Test
  void onlyAdministratorsSeeTheTextOfAnExceptionInAHistory() throws Exception {
    String id = submit(ANNA, "a.example.com");
    var delivery = queue.claim("submitted", 1, Duration.ofMinutes(1)).getFirst();
    QueueException failure =
        new QueueException("db.internal:5432 refused", new SQLException("refused"));
    queue.settle(delivery, new Outcome.Defer(Duration.ZERO, failure.toString()));
    String path = "/v1/orders/" + id + "/history";
    assertTrue(send("GET", path, ADMIN, null).body().contains("db.internal:5432 refused"));
    String shown = send("GET", path, ANNA, null).body();
    assertFalse(shown.contains("db.internal"), shown);
    assertTrue(shown.contains("\"an internal error\""), shown);
  }

  private List<String> audit(String token, String query) throws Exception {
    JsonObject page = json(send("GET", "/v1/audit" + query, token, null));
    return page.getAsJsonArray("entries").asList().stream()
        .map(one -> {
          JsonObject entry = one.getAsJsonObject();
          String client = entry.has("client") ? entry.get("client").getAsString() : null;
          return entry.get("action").getAsString()
              + " "
              + entry.get("by").getAsString()
              + " "
              + client
              + " "
              + entry.get("order").getAsString()
              + " "
              + entry.get("customer").getAsString();
        })
        .toList();
  }
}

package io.heddle.orders.notify;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.queue.Backoff;
import io.heddle.queue.Consumer;
import io.heddle.queue.Message;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Webhooks for a real server, which may be slow, broken or hostile. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
final class WebhookTest {
  private static final byte[] KEY = "a key of thirty-two random bytes".getBytes(UTF_8);
  private static final String SECRET = "whsec_" + Base64.getEncoder().encodeToString(KEY);

  /** For a server that answers at once, on a machine of any load. */
  private static final Duration LONG = Duration.ofSeconds(60);

  private static final Duration SHORT = Duration.ofMillis(300);

  private final Notification notification = TestReceiver.notification("order", "anna");
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch over = new CountDownLatch(1);
  private final Map<String, String> headers = new ConcurrentHashMap<>();
  private volatile String body = "";
  private HttpServer server;

  @BeforeEach
  void start() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.start();
  }

  @AfterEach
  void stop() {
    over.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private URI address(String path) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
  }

  /** Answers requests to the only address. */
  private void answer(HttpHandler handler) {
    server.createContext(
        "/hook",
        exchange -> {
          body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
          exchange
              .getRequestHeaders()
              .forEach((name, all) -> headers.put(name.toLowerCase(Locale.ROOT), all.getFirst()));
          try (exchange) {
            handler.handle(exchange);
          }
        });
  }

  private static void send(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private void deliver(Duration timeout) throws IOException, InterruptedException {
    deliver(address("/hook?to=all"), timeout);
  }

  private void deliver(URI address, Duration timeout) throws IOException, InterruptedException {
    try (Webhook webhook = new Webhook(address, WebhookSecret.of(SECRET), timeout)) {
      webhook.deliver(notification);
    }
  }

  private String failure(Duration timeout) {
    return assertThrows(IOException.class, () -> deliver(timeout)).getMessage();
  }

  @Test
  void aReceiverCanVerifyTheSignature() throws Exception {
    answer(exchange -> send(exchange, 204, ""));
    deliver(LONG);
    assertEquals(notification.text(), body);
    assertEquals("application/json", headers.get("content-type"));
    String id = headers.get("webhook-id");
    assertEquals(notification.id(), id);
    long seconds = Long.parseLong(headers.get("webhook-timestamp"));
    assertTrue(Math.abs(Instant.now().getEpochSecond() - seconds) < 300);
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(KEY, "HmacSHA256"));
    byte[] expected = mac.doFinal((id + "." + seconds + "." + body).getBytes(UTF_8));
    assertEquals(
        "v1," + Base64.getEncoder().encodeToString(expected), headers.get("webhook-signature"));
  }

  /** The example of the specification. */
  @Test
  void theSignatureIsThatOfStandardWebhooks() {
    WebhookSecret secret = WebhookSecret.of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n" + SECRET);
    String signature =
        secret.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}");
    assertTrue(
        signature.startsWith("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,"), signature);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|there is none",
        "secret|it does not begin with whsec_",
        "whsec_!|it is not base64",
        "whsec_c2hvcnQ=|it has 5 bytes, and not 24 to 64"
      })
  void aSecretThatIsNoneIsRefusedAndNotShown(String text, String problem) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> WebhookSecret.of(text));
    assertTrue(refused.getMessage().contains(problem), refused::getMessage);
    assertTrue(refused.getMessage().contains("openssl rand"), refused::getMessage);
    assertFalse(refused.getMessage().contains("c2hvcnQ"), refused::getMessage);
  }

  @Test
  void aServerThatFailsIsQuotedAndMaySayWhenToRetry() {
    AtomicInteger requests = new AtomicInteger();
    answer(exchange -> {
      if (requests.incrementAndGet() == 1) {
        exchange.getResponseHeaders().set("Retry-After", "120");
        send(exchange, 503, "  the disk is full\n");
      } else if (requests.get() == 2) {
        exchange.getResponseHeaders().set("Retry-After", "Fri, 01 Jan 2100 00:00:00 GMT");
        send(exchange, 503, "");
      } else {
        send(exchange, 500, "");
      }
    });
    Receiver.RefusedException refused =
        assertThrows(Receiver.RefusedException.class, () -> deliver(LONG));
    assertTrue(
        refused.getMessage().endsWith(" answered with status 503: the disk is full"),
        refused::getMessage);
    assertEquals(Duration.ofMinutes(2), refused.retryAfter());
    refused = assertThrows(Receiver.RefusedException.class, () -> deliver(LONG));
    assertTrue(refused.retryAfter().compareTo(Duration.ofDays(365)) > 0);
    refused = assertThrows(Receiver.RefusedException.class, () -> deliver(LONG));
    assertTrue(refused.getMessage().endsWith(" answered with status 500"), refused::getMessage);
    assertNull(refused.retryAfter());
  }

  @Test
  void anAnswerThatQuotesTheAddressIsShownWithoutIt() {
    String target = "/hook/T0123456/B0123456?key=very-secret%2Bkey";
    String filler = "x".repeat(BodyStart.KEPT - target.length() + 3); // three bytes are cut off
    assertShown("no …?… here", "no " + target + " here", target);
    assertShown("no key '…'", "no key 'very-secret%2Bkey'", target);
    assertShown("no key '…'", "no key 'very-secret+key'", target);
    assertShown("x…?…", filler + target, target);
  }

  private void assertShown(String shown, String answer, String target) {
    answer(exchange -> send(exchange, 404, answer));
    String message =
        assertThrows(Receiver.RefusedException.class, () -> deliver(address(target), LONG))
            .getMessage();
    assertTrue(message.endsWith(shown), message);
    server.removeContext("/hook");
  }

  @Test
  void redirectsAreNotFollowed() {
    AtomicInteger followed = new AtomicInteger();
    server.createContext(
        "/other",
        exchange -> {
          followed.incrementAndGet();
          send(exchange, 200, "");
          exchange.close();
        });
    answer(exchange -> {
      exchange.getResponseHeaders().set("Location", address("/other").toString());
      send(exchange, 307, "");
    });
    String problem = failure(LONG);
    assertTrue(problem.contains("redirects with status 307; configure the address"), problem);
    assertEquals(0, followed.get());
  }

  @Test
  void aServerThatIsDownOrUnknownIsNamed() throws Exception {
    server.stop(0);
    String problem = failure(LONG);
    assertEquals(
        "http://127.0.0.1:"
            + server.getAddress().getPort()
            + " cannot be reached: the connection is refused",
        problem,
        "and not the path, which may contain a secret");
  }

  @Test
  void aServerThatDoesNotAnswerIsGivenUp() {
    answer(_ -> await());
    String problem = failure(SHORT);
    assertTrue(problem.endsWith(" has not answered within 300 ms"), problem);
  }

  private void await() {
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A status says all, so a server cannot hold the worker by the rest. */
  @Test
  void aResponseThatDoesNotEndCountsByItsStatus() throws Exception {
    AtomicInteger status = new AtomicInteger(200);
    answer(exchange -> {
      exchange.sendResponseHeaders(status.get(), 0);
      exchange.getResponseBody().write("slow".getBytes(UTF_8));
      exchange.getResponseBody().flush();
      await();
    });
    deliver(Duration.ofSeconds(2));
    status.set(500);
    String problem = failure(Duration.ofSeconds(2));
    assertTrue(problem.endsWith(" answered with status 500"), problem);
  }

  @Test
  void aResponseWithoutEndIsCutOff() {
    answer(exchange -> {
      exchange.sendResponseHeaders(500, 0);
      byte[] much = "much ".repeat(2000).getBytes(UTF_8);
      try (OutputStream out = exchange.getResponseBody()) {
        while (over.getCount() > 0) {
          out.write(much);
        }
      }
    });
    String problem = failure(LONG);
    assertTrue(problem.contains("status 500: much much"), problem);
    assertTrue(problem.length() < 400, problem);
  }

  /** Two workers, and a server that fails at first: each notification arrives. */
  @Test
  void eachNotificationArrivesAtAServerThatFailsNowAndThen(@TempDir Path folder) throws Exception {
    int count = 30;
    Map<String, Integer> arrived = new HashMap<>();
    Chan<Boolean> all = Chan.buffered(1);
    AtomicInteger requests = new AtomicInteger();
    answer(exchange -> {
      if (requests.incrementAndGet() % 3 != 0) {
        send(exchange, 500, "not now");
        return;
      }
      synchronized (arrived) {
        arrived.merge(idOf(exchange), 1, Integer::sum);
        if (arrived.size() == count) {
          all.trySend(true);
        }
      }
      send(exchange, 200, "");
    });
    Backoff backoff =
        new Backoff(Duration.ofMillis(1), Duration.ofMillis(20), 1000, Duration.ofDays(1), 2000);
    try (Queue queue = Queues.open(folder.resolve("queue").toString(), 2);
        CancelContext context = Context.background().withCancel()) {
      Receiver first = new Webhook(address("/hook"), WebhookSecret.of(SECRET), LONG);
      Receiver second = new Webhook(address("/hook"), WebhookSecret.of(SECRET), LONG);
      List<Message> messages = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        messages.add(
            new Notification("evt_" + i, "order.issued", "order" + i, "customer" + i % 3, "{}")
                .to(first));
      }
      queue.publish(messages);
      Go.run(() -> {
        List<Goroutine<?>> workers = new ArrayList<>();
        for (Receiver each : List.of(first, second)) {
          for (Consumer consumer :
              new Notifications(List.of(each), backoff)
                  .consumers(queue, Consumer.Settings.DEFAULT, Log.NONE, new Metrics(queue))) {
            workers.add(Go.go(() -> consumer.run(context)));
          }
        }
        assertTrue(all.receive(Duration.ofSeconds(100)));
        context.cancel();
        for (Goroutine<?> worker : workers) {
          worker.join();
        }
      });
      first.close();
      second.close();
      assertEquals(0, queue.stats().size(), () -> "all are settled");
      assertEquals(count, new TreeSet<>(arrived.keySet()).size());
      assertTrue(requests.get() >= 3 * count);
    }
  }

  private static String idOf(HttpExchange exchange) {
    return exchange.getRequestHeaders().getFirst("webhook-id");
  }
}

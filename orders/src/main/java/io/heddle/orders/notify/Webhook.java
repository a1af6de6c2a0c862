package io.heddle.orders.notify;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.Go;
import io.heddle.TaskGroup;
import io.heddle.orders.HttpTime;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Posts notifications to a server, in the manner of Standard Webhooks. The server accepts a
 * notification with a status from 200 to 299. Redirects are not followed.
 */
public final class Webhook implements Receiver {
  /** The stage of notifications for a server. */
  public static final String STAGE = "webhook";

  private static final Duration TIMEOUT = Duration.ofSeconds(15);

  /** What separates the parts of a path and of a query. */
  private static final Pattern SEPARATORS = Pattern.compile("[/&=]");

  /** A shorter part of an address is a word, and is shown. */
  private static final int SHORTEST_SECRET = 8;

  private final URI address;
  private final WebhookSecret secret;
  private final Duration timeout;
  private final List<String> secrets;
  private final HttpClient http;

  /** Makes a receiver. It does not connect yet. */
  public Webhook(URI address, WebhookSecret secret) {
    this(address, secret, TIMEOUT);
  }

  Webhook(URI address, WebhookSecret secret, Duration timeout) {
    this.address = address;
    this.secret = secret;
    this.timeout = timeout;
    this.secrets = secrets(address);
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(timeout)
            .build();
  }

  @Override
  public String stage() {
    return STAGE;
  }

  /** The parts of an address that may be secret, the longest first. */
  private static List<String> secrets(URI address) {
    Set<String> parts = new HashSet<>();
    for (String text :
        Arrays.asList(
            address.getRawPath(), address.getPath(), address.getRawQuery(), address.getQuery())) {
      if (text != null && text.length() > 1) {
        parts.add(text);
        SEPARATORS
            .splitAsStream(text)
            .filter(part -> part.length() >= SHORTEST_SECRET)
            .forEach(parts::add);
      }
    }
    return parts.stream().sorted(Comparator.comparingInt(String::length).reversed()).toList();
  }

  /** A text of the server, which may quote the address, without what may be secret. */
  private String hidden(String text) {
    String shown = text;
    for (String secret : secrets) {
      shown = shown.replace(secret, "…");
      // The text may have been cut off within the secret.
      for (int length = secret.length() - 1; length >= SHORTEST_SECRET / 2; length--) {
        if (shown.endsWith(secret.substring(0, length))) {
          shown = shown.substring(0, shown.length() - length) + "…";
          break;
        }
      }
    }
    return shown;
  }

  /** Without the path, which may contain a secret. */
  @Override
  public String place() {
    return address.getScheme() + "://" + address.getAuthority();
  }

  @Override
  public void deliver(Notification notification) throws IOException, InterruptedException {
    HttpRequest request = request(notification);
    AtomicReference<HttpResponse.@Nullable ResponseInfo> head = new AtomicReference<>();
    HttpResponse.BodyHandler<String> body =
        info -> {
          head.set(info);
          return new BodyStart();
        };
    String answer = "";
    try (TaskGroup<String> exchange = new TaskGroup<String>().timeout(timeout)) {
      exchange.go(() -> http.send(request, body).body());
      answer = exchange.await().getFirst();
    } catch (ExecutionException e) {
      if (head.get() == null) {
        throw new IOException(place() + reason(e.getCause()), e);
      }
    }
    // If only the rest of the response is late or missing, the status counts.
    HttpResponse.ResponseInfo response = Objects.requireNonNull(head.get(), "response");
    if (response.statusCode() / 100 != 2) {
      throw refused(response, answer);
    }
  }

  private String reason(@Nullable Throwable failure) {
    return switch (failure) {
      case TimeoutException _ -> " has not answered within " + timeout.toMillis() + " ms";
      case ConnectException _ -> " cannot be reached: the connection is refused";
      case null -> " cannot be reached";
      case Throwable other -> " cannot be reached: " + hidden(other.toString());
    };
  }

  private HttpRequest request(Notification notification) {
    long seconds = Go.now().getEpochSecond();
    return HttpRequest.newBuilder(address)
        .header("Content-Type", "application/json")
        .header("User-Agent", "heddle-orders")
        .header("webhook-id", notification.id())
        .header("webhook-timestamp", String.valueOf(seconds))
        .header(
            "webhook-signature", secret.signature(notification.id(), seconds, notification.text()))
        .POST(HttpRequest.BodyPublishers.ofString(notification.text(), UTF_8))
        .build();
  }

  private RefusedException refused(HttpResponse.ResponseInfo response, String answer) {
    String text = answer.isBlank() ? "" : ": " + hidden(answer).strip();
    int status = response.statusCode();
    return new RefusedException(
        place()
            + (status / 100 == 3
                ? " redirects with status " + status + "; configure the address that it names"
                : " answered with status " + status + text),
        retryAfter(response));
  }

  private static @Nullable Duration retryAfter(HttpResponse.ResponseInfo response) {
    Instant now = Go.now();
    return response
        .headers()
        .firstValue("Retry-After")
        .flatMap(text -> HttpTime.retryAfter(text, now))
        .map(time -> Duration.between(now, time))
        .orElse(null);
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}

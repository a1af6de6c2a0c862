package io.heddle.orders.ca;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * HTTP to the CA, for all sessions. An exchange has one deadline, from the first attempt to connect
 * to the last byte of the answer: the JDK's time-outs end with the headers, so a CA that stalls
 * after that would block the caller forever.
 *
 * <p>After a deadline has passed, the next request uses new connections. With HTTP/2 all requests
 * share one connection, and the JDK's client keeps using it until it learns that the peer is gone.
 * Requests in progress on the old connections may still succeed, and finish there.
 */
final class Transport {
  /** The longest that a CA needs for an answer; most need a second. */
  static final Duration DEADLINE = Duration.ofSeconds(30);

  /** Chains, and orders of a hundred names, have a few dozen kilobytes. */
  static final int LARGEST = 1 << 20;

  private static final BodyHandler<InputStream> WHOLE =
      BodyHandlers.limiting(
          _ -> BodySubscribers.mapping(BodySubscribers.ofByteArray(), ByteArrayInputStream::new),
          LARGEST);

  private final @Nullable SSLContext tls;
  private final Duration deadline;
  private HttpClient client;

  /** Clients whose last requests are still in progress. */
  private final List<HttpClient> replaced = new ArrayList<>();

  /**
   * Makes a transport, without connecting yet.
   *
   * @param tls the trusted certificates, null for those that the JDK trusts
   */
  Transport(@Nullable SSLContext tls, Duration deadline) {
    this.tls = tls;
    this.deadline = deadline;
    this.client = make();
  }

  private HttpClient make() {
    HttpClient.Builder builder =
        HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL);
    if (tls != null) {
      builder.sslContext(tls);
    }
    return builder.build();
  }

  /** The client for the next request. */
  synchronized HttpClient client() {
    return client;
  }

  /**
   * Sends a request, and waits for the complete answer.
   *
   * @return the answer, which is in memory
   * @throws IOException if there is no answer, or if it is too large
   * @throws InterruptedException if the thread is interrupted, which cancels the request
   */
  HttpResponse<InputStream> exchange(HttpRequest request) throws IOException, InterruptedException {
    HttpClient used;
    CompletableFuture<HttpResponse<InputStream>> answer;
    synchronized (this) { // a client accepts no more requests once it is replaced
      used = client;
      answer = used.sendAsync(request, WHOLE);
    }
    try {
      return answer.get(deadline.toNanos(), NANOSECONDS);
    } catch (TimeoutException e) {
      replace(used);
      throw new HttpTimeoutException("no complete answer within " + text(deadline));
    } catch (ExecutionException e) {
      throw new IOException("no answer", e.getCause());
    } finally {
      answer.cancel(true); // closes the connection or the stream, unless the answer is complete
    }
  }

  private static String text(Duration time) {
    return time.toMillis() % 1000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
  }

  private synchronized void replace(HttpClient used) {
    if (client.equals(used)) { // no other goroutine has replaced it
      client = make();
      used.shutdown();
      replaced.removeIf(HttpClient::isTerminated);
      replaced.add(used);
    }
  }

  /** Closes the connections. Requests in progress fail. */
  synchronized void close() {
    client.shutdownNow();
    replaced.forEach(HttpClient::shutdownNow);
  }
}

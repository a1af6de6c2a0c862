package io.heddle.orders.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.TaskGroup;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * Asks a server of the operator whether a customer may order a name, with a GET request that has
 * the parameters {@code domain} and {@code customer}. Status 200 permits the name, and any other
 * status below 500 forbids it.
 */
public final class DomainGate implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** The highest number of concurrent requests for one order. */
  private static final int TOGETHER = 8;

  private final URI address;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT).build();

  /**
   * Makes a gate. It does not connect yet.
   *
   * @param address the server's address, which may have parameters
   */
  public DomainGate(URI address) {
    this.address = address;
  }

  /**
   * Asks about names.
   *
   * @return the names that the customer may not order
   * @throws IOException if the server does not answer in time, or fails
   */
  List<String> forbidden(String customer, List<String> names)
      throws IOException, InterruptedException {
    try (TaskGroup<Boolean> questions = new TaskGroup<Boolean>().limit(TOGETHER).timeout(TIMEOUT)) {
      for (String name : names) {
        questions.go(() -> isPermitted(customer, name));
      }
      List<Boolean> answers = questions.await();
      return names.stream().filter(name -> !answers.get(names.indexOf(name))).toList();
    } catch (ExecutionException e) {
      String why =
          e.getCause() instanceof TimeoutException
              ? " within " + TIMEOUT.toSeconds() + " s"
              : ": " + e.getCause();
      throw new IOException(address + " did not answer" + why, e);
    }
  }

  private boolean isPermitted(String customer, String name)
      throws IOException, InterruptedException {
    String query = "domain=" + encoded(name) + "&customer=" + encoded(customer);
    String separator = address.getRawQuery() == null ? "?" : "&";
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address + separator + query)).timeout(TIMEOUT).build();
    int status = http.send(request, BodyHandlers.discarding()).statusCode();
    if (status >= 500) {
      throw new IOException("HTTP " + status);
    }
    return status == 200;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}

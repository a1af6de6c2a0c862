package io.heddle.interop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.heddle.Goroutine;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The JDK's HTTP server and client with an executor of goroutines. */
@Timeout(60)
@Tag("system")
final class HttpClientTest {
  @Test
  void aServerAndAClientRunOnGoroutines() throws Exception {
    var threads = ConcurrentHashMap.<Boolean>newKeySet();
    try (var executor = new GoroutineExecutor()) {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.setExecutor(executor);
      server.createContext(
          "/",
          exchange -> {
            threads.add(Goroutine.current() != null);
            byte[] answer = exchange.getRequestURI().getPath().getBytes(UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
          });
      server.start();
      try (HttpClient client = HttpClient.newBuilder().executor(executor).build()) {
        List<CompletableFuture<String>> answers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
          URI uri = new URI("http://127.0.0.1:" + server.getAddress().getPort() + "/" + i);
          answers.add(
              client
                  .sendAsync(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                  .thenApplyAsync(
                      response -> {
                        threads.add(Goroutine.current() != null);
                        return response.body();
                      },
                      executor));
        }
        assertEquals(
            IntStream.range(0, 20).mapToObj(i -> "/" + i).toList(),
            answers.stream().map(CompletableFuture::join).toList());
      } finally {
        server.stop(0);
      }
    }
    assertTrue(threads.contains(true));
    assertEquals(1, threads.size());
  }
}

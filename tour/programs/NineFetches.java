import static io.heddle.Go.*;
import static java.time.Duration.ofSeconds;

import com.sun.net.httpserver.*;
import io.heddle.*;
import java.net.http.*;

// Nine fetches: at most four at a time, the results in order, all cancelled by the first failure,
// and within a deadline. The body of the method has six lines.

List<String> fetchAll(List<URI> uris) throws Exception {
  try (var fetches = new TaskGroup<String>().limit(4).timeout(ofSeconds(20))) {
    for (URI uri : uris) {
      fetches.go(() -> fetch(uri));
    }
    return fetches.await();
  }
}

// With the JDK alone it has eighteen. Four threads are the limit, and whoever cancels has to
// interrupt them.
List<String> fetchAllWithExecutor(List<URI> uris) throws Exception {
  long deadline = System.nanoTime() + ofSeconds(20).toNanos();
  try (var executor = Executors.newFixedThreadPool(4, Thread.ofVirtual().factory())) {
    try {
      var service = new ExecutorCompletionService<String>(executor);
      var futures = uris.stream().map(uri -> service.submit(() -> fetch(uri))).toList();
      for (int i = 0; i < uris.size(); i++) {
        long left = deadline - System.nanoTime();
        var ended = service.poll(left, TimeUnit.NANOSECONDS);
        if (ended == null) {
          throw new TimeoutException();
        }
        ended.get(); // throws the first failure
      }
      return futures.stream().map(Future::resultNow).toList();
    } finally {
      executor.shutdownNow();
    }
  }
}

// With StructuredTaskScope, a preview in Java 25, it has fifteen: see docs/decisions, 051.

final HttpClient client = HttpClient.newHttpClient();
final AtomicInteger active = new AtomicInteger();
final AtomicInteger most = new AtomicInteger();

String fetch(URI uri) throws Exception {
  most.accumulateAndGet(active.incrementAndGet(), Math::max);
  try {
    var request = HttpRequest.newBuilder(uri).build();
    var response = client.send(request, HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException(response.statusCode() + " of " + uri.getPath());
    }
    return response.body();
  } finally {
    active.decrementAndGet();
  }
}

void main() throws Exception {
  var broken = new AtomicBoolean();
  var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
  server.createContext(
      "/page/",
      exchange -> {
        String number = exchange.getRequestURI().getPath().substring("/page/".length());
        byte[] page = ("page " + number).getBytes();
        exchange.sendResponseHeaders(broken.get() && number.equals("5") ? 500 : 200, page.length);
        exchange.getResponseBody().write(page);
        exchange.close();
      });
  server.start();
  try {
    var root = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    var uris = IntStream.rangeClosed(1, 9).mapToObj(i -> root.resolve("/page/" + i)).toList();

    run(() -> {
      var pages = fetchAll(uris);
      IO.println(pages);
      IO.println("At most four at a time: " + (most.get() <= 4));
      broken.set(true);
      try {
        fetchAll(uris);
      } catch (ExecutionException e) {
        IO.println("Failed: " + e.getCause().getMessage());
      }
      broken.set(false);
      IO.println(
          "With an ExecutorCompletionService the same: "
              + fetchAllWithExecutor(uris).equals(pages));
    });
  } finally {
    server.stop(0);
    client.close();
  }
}

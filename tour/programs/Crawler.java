import static io.heddle.Go.*;
import static io.heddle.Select.*;
import static java.time.Duration.*;

import com.sun.net.httpserver.*;
import io.heddle.*;
import io.heddle.Selected.*;
import java.net.http.*;
import java.util.regex.*;

record Page(URI uri, int status, List<URI> links) {}

record Report(Map<URI, Integer> pages, boolean complete) {}

// Fetches each page once, level by level, so that a page's depth does not depend on which fetch is
// quicker. Only this goroutine uses the collections, so they need no locks.
Report crawl(URI root, int maxDepth, int fetchers, Duration limit) throws InterruptedException {
  Chan<URI> work = Chan.unbuffered();
  Chan<Page> pages = Chan.unbuffered();
  var fetched = new TreeMap<URI, Integer>(); // sorted, for a report in a fixed order
  var seen = new HashSet<>(Set.of(root));
  var level = new ArrayDeque<>(seen);
  try (var group = new TaskGroup<Void>().timeout(limit)) {
    for (int i = 0; i < fetchers; i++) {
      group.go(() -> {
        for (URI uri : work) {
          pages.send(fetch(uri));
        }
      });
    }
    for (int depth = 0; depth <= maxDepth; depth++) {
      var next = new ArrayDeque<URI>();
      for (int active = 0; active > 0 || !level.isEmpty(); ) {
        switch (choose(
            pages.onReceive(),
            work.onSend(level.peek()).when(!level.isEmpty()),
            group.context().onDone())) {
          case First(var page) -> {
            active--;
            fetched.put(page.uri(), page.status());
            page.links().stream().filter(seen::add).forEach(next::add);
          }
          case Second(_) -> {
            level.remove();
            active++;
          }
          case Third(_) -> {
            return new Report(fetched, false); // the time is over, or a fetch has failed
          }
        }
      }
      level = next;
    }
    return new Report(fetched, true);
  } // cancels the fetchers, waits for them, and throws what a fetch failed with
}

// With the JDK alone. It waits for a whole level, so it needs no select; to fetch a link as soon as
// it is found, it would need a queue of events.
Report crawlWithExecutor(URI root, int maxDepth, int fetchers, Duration limit) throws Exception {
  long deadline = System.nanoTime() + limit.toNanos();
  var fetched = new TreeMap<URI, Integer>();
  var seen = new HashSet<>(Set.of(root));
  List<URI> level = List.of(root);
  try (var executor = Executors.newFixedThreadPool(fetchers, Thread.ofVirtual().factory())) {
    try {
      for (int depth = 0; depth <= maxDepth; depth++) {
        var service = new ExecutorCompletionService<Page>(executor);
        level.forEach(uri -> service.submit(() -> fetch(uri)));
        var next = new ArrayList<URI>();
        for (int i = 0; i < level.size(); i++) {
          var ended = service.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
          if (ended == null) {
            return new Report(fetched, false);
          }
          Page page = ended.get(); // throws what the fetch failed with
          fetched.put(page.uri(), page.status());
          page.links().stream().filter(seen::add).forEach(next::add);
        }
        level = next;
      }
      return new Report(fetched, true);
    } finally {
      executor.shutdownNow(); // else leaving by an exception would wait for the other fetches
    }
  }
}

final HttpClient client = HttpClient.newHttpClient();
final Pattern link = Pattern.compile("href='([^']+)'");

Page fetch(URI uri) throws Exception {
  var request = HttpRequest.newBuilder(uri).build();
  var response = client.send(request, HttpResponse.BodyHandlers.ofString());
  var links = link.matcher(response.body()).results().map(match -> uri.resolve(match.group(1)));
  return new Page(uri, response.statusCode(), links.toList());
}

final Map<String, String> site =
    Map.of("/", "/a /b /c /d", "/a", "/ /b /a/1", "/b", "/a /x", "/c", "", "/d", "", "/a/1", "/2");
final Semaphore connections = new Semaphore(3); // the site refuses a fourth request
final Map<String, Integer> requests = new ConcurrentHashMap<>();

void serve(HttpExchange exchange) throws IOException {
  String path = exchange.getRequestURI().getPath();
  requests.merge(path, 1, Integer::sum);
  if (path.equals("/stuck")) {
    return; // never answers
  }
  int status = 503;
  if (connections.tryAcquire()) {
    LockSupport.parkNanos(20_000_000); // the site's latency
    status = site.containsKey(path) ? 200 : 404;
    connections.release(); // before the answer, which lets the client send the next request
  }
  byte[] page = site.getOrDefault(path, "").replaceAll("\\S+", "<a href='$0'>").getBytes();
  exchange.sendResponseHeaders(status, page.length == 0 ? -1 : page.length);
  exchange.getResponseBody().write(page);
  exchange.close();
}

void main() throws Exception {
  var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
  server.createContext("/", this::serve);
  server.setExecutor(command -> Thread.startVirtualThread(command));
  server.start();
  try {
    var root = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    run(() -> {
      var report = crawl(root, 2, 3, ofMinutes(1));
      report.pages().forEach((uri, status) -> IO.println(uri.getPath() + ": " + status));
      IO.println("Complete: " + report.complete());
      IO.println("Each page once: " + requests.values().stream().allMatch(n -> n == 1));
      IO.println("In time: " + crawl(root.resolve("/stuck"), 2, 3, ofMillis(200)).complete());
      IO.println(
          "With an executor the same: "
              + crawlWithExecutor(root, 2, 3, ofMinutes(1)).equals(report));
    });
  } finally {
    server.stop(0);
    client.close();
  }
}

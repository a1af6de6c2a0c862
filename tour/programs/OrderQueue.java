import static io.heddle.Go.*;

import io.heddle.*;
import io.heddle.queue.*;

// An order of a certificate for two domains waits in a durable queue until a challenge of each
// would pass. The whole pipeline, with a CA, is a tool: heddle orders demo.

void main() throws Exception {
  run(() -> {
    var file = Files.createTempDirectory("orders").resolve("orders.db");
    try (var queue = Queues.open(file.toString(), 1)) {
      queue.publish(List.of(new Message("check", "order 1", "shop.example www.shop.example")));

      try (var working = Context.background().withCancel()) {
        var checks =
            new Consumer(queue, "check", Consumer.Settings.DEFAULT, this::check, Observer.NONE);
        var consumer = go(() -> checks.run(working));
        var ready = queue.claim("validate", 1, Duration.ofMinutes(1)).getFirst();
        IO.println(ready.key() + " is handed over to the CA");
        working.cancel();
        consumer.join();
      }
    }
  });
}

/** All domains at the same time, all challenges of each: the first that passes ends the others. */
Outcome check(Delivery order, Context context) throws Exception {
  try (var domains = new TaskGroup<String>(context)) {
    for (String domain : order.body().split(" ", -1)) {
      domains.go(() -> Race.race(() -> checkHttp(domain, order.attempt()), () -> checkDns(domain)));
    }
    domains.await();
  } catch (ExecutionException e) {
    IO.println("Attempt " + order.attempt() + ": not ready, comes back later");
    return new Outcome.Retry(
        Duration.ofMillis(20), "not ready"); // no goroutine sleeps: the queue has the time
  }
  IO.println("Attempt " + order.attempt() + ": a challenge of each domain would pass");
  return Outcome.done(new Message("validate", order.key(), order.body())); // in one transaction
}

String checkHttp(String domain, int attempt) throws IOException {
  if (domain.startsWith("www.") && attempt < 3) {
    throw new IOException("404 Not Found");
  }
  return "http-01";
}

String checkDns(String domain) throws Exception {
  Go.sleep(Duration.ofMillis(50)); // a slow name server
  throw new IOException("no TXT record");
}

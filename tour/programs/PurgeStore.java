import static io.heddle.Go.*;

import io.heddle.Context;
import io.heddle.local.kv.*;
import io.heddle.purge.engine.*;
import io.heddle.purge.stores.*;
import io.heddle.terminal.*;

// The same job with the tool's engine: heddle purge --demo. The keys are behind a real HTTP server
// that sometimes throttles, fails and drops connections.

void main() throws Exception {
  run(() -> {
    var faults = new Faults().latency(Duration.ofMillis(5));
    faults.addPart(Faults.Which.deletions(), 0.01, Faults.What.status(503));
    faults.addPart(Faults.Which.deletions(), 0.01, new Faults.What.Reset());
    faults.add(Faults.Which.deletions(), 1, Faults.What.status(429));

    try (var context = Context.untilShutdown();
        var server = KvServer.start(0, faults, null)) {
      String id = server.createStore("tour", 10_000);
      var timeout = Duration.ofSeconds(10);
      try (var store = new FastlyStore(server.uri(), id, "any token", timeout, null, 1)) {
        var progress = new Progress();
        try (var spinner =
            Spinner.start(Terminal.stderr(), () -> "Deleting keys..." + progress.deleted())) {
          var summary = Purge.run(context, store, Plan.DEFAULT, progress, Observer.NONE);
          spinner.stop("deleted keys " + summary.deleted());
          IO.println("Deleted keys: " + summary.deleted());
          IO.println("Some were tried again: " + (summary.retries() > 0));
          IO.println("Keys left: " + summary.left().getAsLong());
        }
      }
    }
  });
}

package io.heddle.cli;

import io.heddle.Go;
import io.heddle.purge.engine.Observer;
import io.heddle.purge.engine.Plan;
import io.heddle.purge.engine.Progress;
import io.heddle.purge.engine.Purge;
import io.heddle.purge.engine.Summary;
import io.heddle.purge.server.Faults;
import io.heddle.purge.server.KvServer;
import io.heddle.purge.stores.FastlyStore;
import io.heddle.terminal.Shutdown;
import io.heddle.terminal.Spinner;
import io.heddle.terminal.Terminal;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Empties a key-value store. */
@Command(
    name = "purge",
    header = "Deletes the keys of a key-value store.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
final class PurgeCommand implements Callable<Integer> {

  @Option(
      names = "--demo",
      paramLabel = "N",
      description = "Delete N keys of a store that is made for it, on a server of its own.")
  private long demo;

  @Override
  public Integer call() throws Exception {
    AtomicInteger status = new AtomicInteger();
    Go.run(() -> status.set(demo()));
    return status.get();
  }

  private int demo() throws Exception {
    Faults faults = new Faults().latency(Duration.ofMillis(5));
    try (var shutdown = new Shutdown();
        var server = KvServer.start(0, faults, null)) {
      String id = server.createStore("demo", demo);
      Progress progress = new Progress();
      try (var store = new FastlyStore(server.uri(), id, "demo", Duration.ofSeconds(30));
          var spinner =
              Spinner.start(Terminal.stderr(), () -> "deleted " + progress.deleted() + " keys")) {
        Summary summary =
            Purge.run(shutdown.context(), store, Plan.DEFAULT, progress, Observer.NONE);
        spinner.stop("deleted " + summary.deleted() + " keys");
        System.out.println(summary);
        return summary.isComplete() ? 0 : 5;
      }
    }
  }
}

package io.heddle.tour.store;

import io.heddle.Go;
import io.heddle.terminal.Shutdown;
import io.heddle.tour.store.BulkDelete.Version;
import java.time.Duration;

/** A program that deletes keys for far longer than anybody is ready to wait. */
final class LongRun {
  private LongRun() {}

  public static void main(String[] args) throws InterruptedException {
    Go.run(() -> {
      KeyValueStore store =
          KeyValueStore.withKeys(100_000).latency(Duration.ZERO, Duration.ofSeconds(1));
      try (Shutdown shutdown = new Shutdown()) {
        IO.println("deleting");
        Version version = Version.valueOf(args[0]);
        IO.println(version.deleteAllKeys(shutdown.context(), new StoreClient(store)));
      }
    });
  }
}

package io.heddle.tour.store;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.ShutdownContext;
import io.heddle.tour.store.BulkDelete.Version;
import java.time.Duration;

/** A program that deletes keys for far longer than any test waits. */
final class LongRun {
  private LongRun() {}

  public static void main(String[] args) throws InterruptedException {
    Go.run(() -> {
      KeyValueStore store =
          KeyValueStore.withKeys(100_000).latency(Duration.ZERO, Duration.ofSeconds(1));
      try (ShutdownContext context = Context.untilShutdown()) {
        IO.println("deleting");
        Version version = Version.valueOf(args[0]);
        IO.println(version.deleteAllKeys(context, new StoreClient(store)));
      }
    });
  }
}

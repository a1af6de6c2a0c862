import static io.heddle.Go.*;

import io.heddle.*;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.heddle.terminal.*;
import io.heddle.tour.store.*;

// Unlike the Go original, this counts no failure as a deleted key, and drops no failed key.

/** The size of the pool. Each goroutine takes keys from a channel and issues DELETE requests. */
static final int POOL_SIZE = 100;

Summary deleteAllKeys(Context parent, StoreClient conn, Appendable failedKeys, Terminal terminal)
    throws InterruptedException {
  Chan<String> keys = Chan.buffered(1000); // correlates to the page size
  Chan<Outcome> outcomes = Chan.buffered(POOL_SIZE);

  var deleted = new AtomicLong();
  var gone = new AtomicLong();
  var failures = new TreeMap<String, Long>();
  var listingError = new AtomicReference<StoreException>();
  var processing = new WaitGroup();

  // Three execution flows happen at once:
  //
  // 1. Pushing keys from the pages into the keys channel.
  // 2. Pulling keys from the keys channel, deleting them, and pushing the outcome of each into the
  //    outcomes channel. Its size does not matter: a sender that finds it full waits, so nothing is
  //    dropped and nothing piles up.
  // 3. Pulling outcomes from their channel: counting them, and writing the failed keys down.
  //
  // Ranging over a channel ends when the channel is closed. The first flow closes the keys; the
  // outcomes are closed when the wait group reports that no sender is left.

  try (var run = parent.withCancel();
      var spinner = Spinner.start(terminal, () -> "Deleting keys..." + deleted)) {

    processing.go(run, () -> pushKeys(conn, keys, outcomes, run));

    Task deleteKeys =
        () -> {
          for (String key; (key = keys.receive(run)) != null; ) {
            outcomes.send(delete(conn, key, run));
          }
        };
    for (int i = 0; i < POOL_SIZE; i++) {
      processing.go(run.withoutInterrupts(), deleteKeys);
    }

    Goroutine<?> collector =
        go(() -> {
          for (Outcome outcome : outcomes) {
            switch (outcome) {
              case Outcome.Deleted _ -> deleted.incrementAndGet();
              case Outcome.Gone _ -> gone.incrementAndGet();
              case Outcome.ListingFailed failed -> listingError.set(failed.cause());
              case Outcome.Failed failed -> {
                failures.merge(failed.cause().reason(), 1L, Long::sum);
                write(failed, failedKeys, run);
              }
            }
          }
        });

    try {
      processing.await();
    } catch (InterruptedException e) {
      run.cancel(e);
      processing.await();
    }
    outcomes.close();
    collector.join();

    Throwable stopped = run.cause() != null ? run.cause() : listingError.get();
    var summary = new Summary(deleted.get(), gone.get(), failures, stopped);
    if (summary.isComplete()) {
      spinner.stop("deleted keys " + deleted);
    } else {
      spinner.stopFail("deleted keys " + deleted);
    }
    if (stopped instanceof InterruptedException e) {
      throw e;
    }
    return summary;
  }
}

void pushKeys(StoreClient conn, Sender<String> keys, Sender<Outcome> outcomes, Context run)
    throws InterruptedException {
  try {
    var pages = conn.keys();
    while (pages.next(run)) {
      for (String key : pages.keys()) {
        keys.send(key, run);
      }
    }
  } catch (StoreException e) {
    outcomes.send(new Outcome.ListingFailed(e));
  } finally {
    keys.close();
  }
}

Outcome delete(StoreClient conn, String key, Context run) throws InterruptedException {
  try {
    return conn.delete(key, run) ? new Outcome.Deleted(key) : new Outcome.Gone(key);
  } catch (StoreException e) {
    return new Outcome.Failed(key, e);
  }
}

/** Writes a failed key down. If that is impossible, on a full disk for one, the run is stopped. */
void write(Outcome.Failed failed, Appendable failedKeys, CancelContext run) {
  try {
    failedKeys.append(failed.key() + "\t" + failed.cause().reason() + "\n");
  } catch (IOException e) {
    run.cancel(e);
  }
}

void main() throws Exception {
  run(() -> {
    IO.println("A store where 1000 of 10000 keys cannot be deleted and 20 are gone already:");
    var store = KeyValueStore.withKeys(10_000).latency(Duration.ofMillis(20), Duration.ofMillis(5));
    for (int i = 0; i < 10_000; i += 10) {
      var kind = i % 100 == 0 ? Kind.LOCKED : Kind.FORBIDDEN;
      store.failKey(KeyValueStore.key(i), Fault.always(kind));
    }
    for (int i = 1; i < 10_000; i += 500) {
      store.failKey(KeyValueStore.key(i), Fault.always(Kind.NOT_FOUND));
      store.failKey(KeyValueStore.key(i + 1), Fault.once(Kind.UNAVAILABLE));
    }

    Path file = Files.createTempFile("failed-keys", ".tsv");
    try (var context = Context.untilShutdown();
        var failedKeys = Files.newBufferedWriter(file)) {
      var conn = new StoreClient(store);
      IO.println(deleteAllKeys(context, conn, failedKeys, Terminal.stderr()));
    }
    IO.println("Keys in the file of failed keys: " + Files.readAllLines(file).size());
    Files.delete(file);
  });
}

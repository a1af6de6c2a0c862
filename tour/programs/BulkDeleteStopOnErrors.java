import static io.heddle.Go.*;
import static io.heddle.Select.*;

import io.heddle.*;
import io.heddle.Selected.*;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.heddle.terminal.*;
import io.heddle.tour.store.*;

// Unlike the Go original, this counts no failure as a deleted key, and drops no error before it
// stops.

/** The size of the pool. Each goroutine takes keys from a channel and issues DELETE requests. */
static final int POOL_SIZE = 100;

/** The number of errors we tolerate; with the next one, everybody stops. */
static final int MAX_ERRORS = 100;

Summary deleteAllKeys(Context parent, StoreClient conn, int maxErrors, Terminal terminal)
    throws InterruptedException {
  // Keys to delete. The number correlates to the page size defined by the API.
  Chan<String> keys = Chan.buffered(1000);

  // Keys that could not be deleted, and why.
  Chan<Outcome.Failed> errors = Chan.buffered(maxErrors);

  var deleted = new AtomicLong();
  var gone = new AtomicLong();
  var wg = new WaitGroup();

  // A single context cancels the whole run, and ends every wait in it. A worker first finishes its
  // current request, so that the numbers are right. A failure of such a request is not counted: its
  // key is left, like the keys that were never tried.
  try (var run = parent.withCancel();
      var spinner = Spinner.start(terminal, () -> "Deleting keys..." + deleted)) {

    // One goroutine pushes the keys of each page into the channel.
    wg.go(run, () -> pushKeys(conn, keys, run));

    // The others pull keys from the channel.
    Task deleteKeys =
        () -> {
          for (String key; (key = keys.receive(run)) != null; ) {
            try {
              (conn.delete(key, run) ? deleted : gone).incrementAndGet();
            } catch (StoreException e) {
              var failed = new Outcome.Failed(key, e);
              switch (choose(errors.onSend(failed), otherwise())) {
                case First(_) -> {}
                case Second(_) -> run.cancel(new TooManyErrorsException(maxErrors, failed));
              }
            }
          }
        };
    for (int i = 0; i < POOL_SIZE; i++) {
      wg.go(run.withoutInterrupts(), deleteKeys);
    }

    try {
      wg.await();
    } catch (InterruptedException e) {
      run.cancel(e);
      wg.await();
    }

    var summary = summary(deleted.get(), gone.get(), errors, run.cause());
    if (summary.isComplete()) {
      spinner.stop("deleted keys " + deleted);
    } else {
      spinner.stopFail("deleted keys " + deleted);
    }
    if (run.cause() instanceof InterruptedException e) {
      throw e;
    }
    return summary;
  }
}

/** Only the sender closes the channel. */
void pushKeys(StoreClient conn, Sender<String> keys, CancelContext run)
    throws InterruptedException {
  try {
    var pages = conn.keys();
    while (pages.next(run)) {
      for (String key : pages.keys()) {
        keys.send(key, run);
      }
    }
  } catch (StoreException e) {
    run.cancel(e); // a failed listing is not the end of the keys
  } finally {
    keys.close();
  }
}

/** Counts the errors by cause: those in the channel, and the one that was too many for it. */
Summary summary(long deleted, long gone, Chan<Outcome.Failed> errors, Throwable stopped) {
  var failures = new TreeMap<String, Long>();
  errors.close();
  for (Outcome.Failed failed : errors) {
    failures.merge(failed.cause().reason(), 1L, Long::sum);
  }
  if (stopped instanceof TooManyErrorsException e) {
    failures.merge(e.last().cause().reason(), 1L, Long::sum);
  }
  return new Summary(deleted, gone, failures, stopped);
}

void main() throws Exception {
  run(() -> {
    try (var context = Context.untilShutdown()) {
      IO.println("A store where 100 of 10000 keys cannot be deleted:");
      var store =
          KeyValueStore.withKeys(10_000).latency(Duration.ofMillis(20), Duration.ofMillis(5));
      for (int i = 0; i < 10_000; i += 100) {
        store.failKey(KeyValueStore.key(i), Fault.always(Kind.FORBIDDEN));
      }
      IO.println(deleteAllKeys(context, new StoreClient(store), MAX_ERRORS, Terminal.stderr()));
      IO.println("Keys left: " + store.size());

      IO.println("\nA store where none can:");
      store = KeyValueStore.withKeys(10_000).latency(Duration.ofMillis(20), Duration.ofMillis(5));
      for (int i = 0; i < 10_000; i++) {
        store.failKey(KeyValueStore.key(i), Fault.always(Kind.FORBIDDEN));
      }
      IO.println(deleteAllKeys(context, new StoreClient(store), MAX_ERRORS, Terminal.stderr()));
      IO.println("Keys left: " + store.size());
    }
  });
}

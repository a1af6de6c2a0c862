package io.heddle.tour.store;

import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.WaitGroup;
import io.heddle.purge.Page;
import io.heddle.purge.StoreException;
import java.util.concurrent.atomic.AtomicLong;

/** The Go code as it was: what the tests of its defects have to catch. */
final class OriginalBulkDelete {
  private OriginalBulkDelete() {}

  /** What it reports. */
  record Report(long deleted, int failed) {}

  static Report deleteAllKeys(KeyValueStore store, int maxErrors) throws InterruptedException {
    Chan<String> errors = Chan.buffered(maxErrors);
    Chan<String> keys = Chan.buffered(1000);
    AtomicLong deleteCount = new AtomicLong();
    WaitGroup wg = new WaitGroup();
    wg.go(() -> {
      try {
        Page page = store.list(null, Context.todo());
        while (true) {
          for (String key : page.keys()) {
            keys.send(key);
          }
          if (page.next() == null) {
            break;
          }
          page = store.list(page.next(), Context.todo());
        }
      } catch (StoreException e) {
        // Next() returns false, and Err() is never called
      } finally {
        keys.close();
      }
    });
    for (int i = 0; i < BulkDelete.POOL_SIZE; i++) {
      wg.go(() -> {
        for (String key : keys) {
          try {
            store.delete(key, Context.todo());
          } catch (StoreException e) {
            if (!errors.trySend(key)) {
              return;
            }
          }
          deleteCount.incrementAndGet();
        }
      });
    }
    wg.await();
    return new Report(deleteCount.get(), errors.len());
  }
}

package io.heddle.purge.engine;

import io.heddle.Context;
import io.heddle.purge.Page;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Lists the keys of a store, one prefix after the other. With several prefixes, the cursor has the
 * number of the prefix before the store's own cursor.
 */
final class StoreListing implements Lister.Source {
  private final Store store;
  private final List<String> prefixes;
  private final @Nullable String start;
  private final int pageSize;

  /**
   * Makes a listing.
   *
   * @param start the store's cursor to begin at, for at most one prefix; null for the beginning
   */
  StoreListing(Store store, List<String> prefixes, @Nullable String start, int pageSize) {
    this.store = store;
    this.prefixes = prefixes.isEmpty() ? List.of("") : prefixes;
    this.start = start;
    this.pageSize = pageSize;
  }

  @Override
  public Page page(@Nullable String cursor, Context run)
      throws StoreException, InterruptedException {
    if (prefixes.size() == 1) {
      return store.list(prefixes.getFirst(), cursor == null ? start : cursor, pageSize);
    }
    String[] parts = cursor == null ? new String[] {"0"} : cursor.split(":", 2);
    int number = Integer.parseInt(parts[0]);
    Page page = store.list(prefixes.get(number), parts.length == 1 ? null : parts[1], pageSize);
    if (page.next() != null) {
      return new Page(page.keys(), number + ":" + page.next());
    }
    boolean isLast = number + 1 == prefixes.size();
    return new Page(page.keys(), isLast ? null : Integer.toString(number + 1));
  }

  /** Requests a single key, to see whether the store answers. */
  void probe() throws StoreException, InterruptedException {
    var _ = store.list(prefixes.getFirst(), null, 1);
  }

  /** The number of keys; empty if the store would have to list them. */
  OptionalLong count() throws StoreException, InterruptedException {
    long all = 0;
    for (String prefix : prefixes) {
      OptionalLong some = store.count(prefix);
      if (some.isEmpty()) {
        return some;
      }
      all += some.getAsLong();
    }
    return OptionalLong.of(all);
  }
}

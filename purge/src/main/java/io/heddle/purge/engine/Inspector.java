package io.heddle.purge.engine;

import io.heddle.Context;
import io.heddle.TaskGroup;
import io.heddle.purge.Details;
import io.heddle.purge.Property;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Asks the store what it records about the keys of a page, with concurrent requests. */
final class Inspector {
  private final Store store;
  private final Set<Property> wanted;
  private final Filter filter;
  private final int concurrency;
  private final Requests requests;

  Inspector(Store store, Set<Property> wanted, Filter filter, int concurrency, Requests requests) {
    this.store = store;
    this.wanted = wanted;
    this.filter = filter;
    this.concurrency = concurrency;
    this.requests = requests;
  }

  /** The keys of a page that pass the filter. A key that is gone counts as not selected. */
  Lister.Selected inspect(Lister.Selected page, Context run)
      throws StopException, InterruptedException {
    List<String> keys = page.keys();
    List<@Nullable Details> found = new ArrayList<>();
    int size = store.detailsLimit();
    try (TaskGroup<List<@Nullable Details>> chunks =
        new TaskGroup<List<@Nullable Details>>(run).limit(concurrency)) {
      for (int i = 0; i < keys.size(); i += size) {
        List<String> chunk = keys.subList(i, Math.min(keys.size(), i + size));
        chunks.go(() -> details(chunk, run));
      }
      chunks.await().forEach(found::addAll);
    } catch (ExecutionException e) {
      throw Lister.stopOf(e, run);
    }
    List<String> selected = new ArrayList<>();
    List<Details> details = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      Details one = found.get(i);
      if (one != null && filter.test(one)) {
        selected.add(keys.get(i));
        details.add(one);
      }
    }
    int skipped = page.skipped() + keys.size() - selected.size();
    return new Lister.Selected(selected, details, skipped, page.next());
  }

  private List<@Nullable Details> details(List<String> keys, Context run)
      throws StopException, InterruptedException {
    try {
      return requests.send(() -> store.details(keys, wanted), run);
    } catch (StoreException e) {
      throw StopException.of("reading the properties of keys failed", e);
    }
  }
}

package io.heddle.purge.engine;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.TaskGroup;
import io.heddle.purge.Details;
import io.heddle.purge.Property;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import java.time.Instant;
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
  private volatile Instant at = Go.now();

  Inspector(Store store, Set<Property> wanted, Filter filter, int concurrency, Requests requests) {
    this.store = store;
    this.wanted = wanted;
    this.filter = filter;
    this.concurrency = concurrency;
    this.requests = requests;
  }

  /** Sets the instant as of which the ages of keys are judged, before the first page. */
  void judgeAt(Instant instant) {
    at = instant;
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
        chunks.go(() -> selected(chunk, run));
      }
      chunks.await().forEach(found::addAll);
    } catch (ExecutionException e) {
      throw Lister.stopOf(e, run);
    }
    List<String> selected = new ArrayList<>();
    List<Details> details = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      Details one = found.get(i);
      if (one != null) {
        selected.add(keys.get(i));
        details.add(one);
      }
    }
    int skipped = page.skipped() + keys.size() - selected.size();
    return new Lister.Selected(selected, details, skipped, page.next());
  }

  /** The details of each key; null if it is gone, or not selected. */
  private List<@Nullable Details> selected(List<String> keys, Context run)
      throws StopException, InterruptedException {
    try {
      List<@Nullable Details> found = requests.send(() -> store.details(keys, wanted), run);
      Instant now = Go.now();
      List<@Nullable Details> selected = new ArrayList<>(found.size());
      for (Details one : found) {
        selected.add(one != null && filter.test(one, at, now) ? one : null);
      }
      return selected;
    } catch (StoreException e) {
      throw StopException.of("reading the properties of keys failed", e);
    }
  }
}

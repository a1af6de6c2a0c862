package io.heddle.purge.workers;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.TaskGroup;
import io.heddle.purge.Page;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.engine.Selection;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Divides a selection into parts, so that each process lists as few keys of others as possible:
 *
 * <ul>
 *   <li>into the parts that the store itself has: the masters of a cluster, ranges of a hash table,
 *       ranges of a stream;
 *   <li>where the store finds prefixes quickly, into prefixes. Each prefix with many keys is probed
 *       for each printable ASCII character after it;
 *   <li>otherwise by a checksum of the key, so that each process lists all keys.
 * </ul>
 *
 * <p>The last part is always the whole selection. It begins after the others have ended, and finds
 * the keys that they have left: keys with other characters, keys that failed, new keys. So the
 * other parts need not be complete; they only save time.
 */
final class PartPlanner {
  /** A part with fewer keys is not worth a message. */
  private static final int FEW = 1000;

  /** Each shard lists all keys, so there are not many. */
  private static final int MAX_SHARDS = 16;

  private static final char FIRST = '!';
  private static final char LAST = '~';
  private static final int CONCURRENCY = 16;

  /** The limit of probed prefixes with many keys. */
  private static final int PROBES = 40;

  private static final int ATTEMPTS = 8;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

  private final Store store;
  private final Context run;

  PartPlanner(Store store, Context run) {
    this.store = store;
    this.run = run;
  }

  /**
   * Makes the parts.
   *
   * @param most how many parts are wanted for a large store
   */
  List<Part> parts(Selection selection, int most) throws StoreException, InterruptedException {
    List<Part> parts = new ArrayList<>();
    List<String> prefixes = selection.prefixes().isEmpty() ? List.of("") : selection.prefixes();
    int wanted = wanted(prefixes, most);
    if (prefixes.size() == 1) {
      for (String start : ask(() -> store.parts(prefixes.getFirst(), wanted))) {
        parts.add(new Part(selection.prefixes(), start, 1, 1));
      }
    }
    if (parts.isEmpty() && store.hasPrefixes()) {
      probe(prefixes, wanted, parts);
    }
    int shards = Math.min(wanted, MAX_SHARDS);
    if (parts.isEmpty() && selection.portion().shards() == 1 && shards > 1) {
      for (int i = 1; i <= shards; i++) {
        parts.add(new Part(selection.prefixes(), null, i, shards));
      }
    }
    parts.add(Part.of(selection.prefixes()));
    return parts;
  }

  /** Fewer parts for fewer keys, if their number is known. */
  private int wanted(List<String> prefixes, int most) throws StoreException, InterruptedException {
    long keys = 0;
    for (String prefix : prefixes) {
      OptionalLong some = ask(() -> store.count(prefix));
      if (some.isEmpty()) {
        return most;
      }
      keys += some.getAsLong();
    }
    return Math.clamp(keys / FEW, 1, most);
  }

  /**
   * Some keys with a prefix.
   *
   * @param keys how many of them were listed
   * @param hasMore whether there are more
   */
  private record Probe(String prefix, int keys, boolean hasMore) {}

  /** Replaces a prefix with many keys by longer ones until there are enough. */
  private void probe(List<String> prefixes, int wanted, List<Part> parts)
      throws StoreException, InterruptedException {
    Deque<Probe> large = new ArrayDeque<>();
    Bin small = new Bin(parts);
    sort(probe(prefixes), large, small);
    for (int i = 0; i < PROBES && !large.isEmpty() && large.size() + parts.size() < wanted; i++) {
      Probe one = large.remove();
      List<String> longer = new ArrayList<>();
      for (char c = FIRST; c <= LAST; c++) {
        longer.add(one.prefix + c);
      }
      List<Probe> found = probe(longer);
      if (found.isEmpty()) {
        parts.add(Part.of(List.of(one.prefix))); // its keys have other characters
      }
      sort(found, large, small);
    }
    for (Probe one : large) {
      if (!one.prefix.isEmpty()) {
        parts.add(Part.of(List.of(one.prefix)));
      }
    }
    small.close();
  }

  private static void sort(List<Probe> found, Deque<Probe> large, Bin small) {
    for (Probe one : found) {
      if (one.hasMore) {
        large.add(one);
      } else {
        small.add(one);
      }
    }
  }

  /** Joins prefixes with few keys to parts that are worth a message. */
  private static final class Bin {
    private final List<Part> parts;
    private final List<String> prefixes = new ArrayList<>();
    private int keys;

    Bin(List<Part> parts) {
      this.parts = parts;
    }

    void add(Probe one) {
      if (one.prefix.isEmpty()) {
        return; // the last part has few keys, too
      }
      prefixes.add(one.prefix);
      keys += one.keys;
      if (keys >= FEW) {
        close();
      }
    }

    void close() {
      if (!prefixes.isEmpty()) {
        parts.add(Part.of(List.copyOf(prefixes)));
        prefixes.clear();
        keys = 0;
      }
    }
  }

  /** Lists the first keys with each prefix; leaves out prefixes without keys. */
  private List<Probe> probe(List<String> prefixes) throws StoreException, InterruptedException {
    try (TaskGroup<@Nullable Probe> probes =
        new TaskGroup<@Nullable Probe>(run).limit(CONCURRENCY)) {
      for (String prefix : prefixes) {
        probes.go(() -> probe(prefix));
      }
      List<Probe> found = new ArrayList<>();
      for (Probe one : probes.await()) {
        if (one != null) {
          found.add(one);
        }
      }
      return found;
    } catch (ExecutionException e) {
      run.check();
      if (e.getCause() instanceof StoreException failure) {
        throw failure;
      }
      throw new IllegalStateException("a defect of the client of " + store.name(), e);
    }
  }

  private @Nullable Probe probe(String prefix) throws StoreException, InterruptedException {
    Page page = ask(() -> store.list(prefix, null, FEW));
    boolean hasMore = page.next() != null;
    return page.keys().isEmpty() && !hasMore
        ? null
        : new Probe(prefix, page.keys().size(), hasMore);
  }

  @FunctionalInterface
  private interface Request<T> {
    T send() throws StoreException, InterruptedException;
  }

  private <T> T ask(Request<T> request) throws StoreException, InterruptedException {
    Duration pause = FIRST_PAUSE;
    for (int attempt = 1; ; attempt++) {
      try {
        return request.send();
      } catch (StoreException e) {
        if (!e.kind().isRetryable() || attempt == ATTEMPTS) {
          throw e;
        }
        Go.sleep(e.retryAfter() == null ? pause : e.retryAfter(), run);
        pause = pause.multipliedBy(2);
      }
    }
  }
}

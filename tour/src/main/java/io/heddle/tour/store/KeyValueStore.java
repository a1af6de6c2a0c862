package io.heddle.tour.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.purge.Page;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A key-value store in memory that behaves like one behind an HTTP API: requests take time, the
 * keys are listed in pages, there is no bulk deletion, and any request can fail.
 *
 * <p>Its methods may be called from any thread at any time. A put happens before a get, list or
 * delete that sees it. The time that requests take is that of {@link Go#sleep(Duration, Context)},
 * so it passes on the clock of the program that calls.
 */
public final class KeyValueStore {
  /** The number of keys in a page, except in the last. */
  public static final int PAGE_SIZE = 1000;

  private final NavigableMap<String, byte[]> items =
      new ConcurrentSkipListMap<>(
          (a, b) -> Arrays.compareUnsigned(a.getBytes(UTF_8), b.getBytes(UTF_8)));

  private final Map<String, ArmedFault> brokenKeys = new ConcurrentHashMap<>();
  private final Map<Integer, ArmedFault> brokenPages = new ConcurrentHashMap<>();
  private volatile Duration listLatency = Duration.ZERO;
  private volatile Duration deleteLatency = Duration.ZERO;
  private volatile Watcher watcher = (request, context) -> {};

  /** Makes an empty store that answers at once. */
  public KeyValueStore() {}

  /**
   * Makes a store with some keys, {@code key-00000}, {@code key-00001} and so on.
   *
   * @param count the number of keys, 100,000 at most
   */
  public static KeyValueStore withKeys(int count) {
    KeyValueStore store = new KeyValueStore();
    for (int i = 0; i < count; i++) {
      store.put(key(i), ("value " + i).getBytes(UTF_8));
    }
    return store;
  }

  /**
   * The name of a key that {@link #withKeys} makes.
   *
   * @param number its number, from 0
   */
  public static String key(int number) {
    String digits = Integer.toString(number);
    return "key-" + "0".repeat(Math.max(0, 5 - digits.length())) + digits;
  }

  /** Sets the time that requests take from now on. */
  public KeyValueStore latency(Duration list, Duration delete) {
    listLatency = list;
    deleteLatency = delete;
    return this;
  }

  /** Makes the deletion of a key fail. */
  public KeyValueStore failKey(String key, Fault fault) {
    brokenKeys.put(key, new ArmedFault(fault));
    return this;
  }

  /**
   * Makes the listing of a page fail.
   *
   * @param page its number, from 1
   */
  public KeyValueStore failPage(int page, Fault fault) {
    brokenPages.put(page, new ArmedFault(fault));
    return this;
  }

  /** Sets the value of a key, at once. */
  public void put(String key, byte[] value) {
    items.put(key, value.clone());
  }

  /** Reads the value of a key, at once; null if there is no such key. */
  public byte @Nullable [] get(String key) {
    byte[] value = items.get(key);
    return value == null ? null : value.clone();
  }

  /** Counts the keys, at once. */
  public int size() {
    return items.size();
  }

  /**
   * Lists a page of keys. A page begins after the last key of the previous page, whether or not
   * that key still exists, so deleting keys during a listing skips none.
   *
   * @param cursor where the page begins, null for the first
   */
  public Page list(@Nullable String cursor, Context context)
      throws StoreException, InterruptedException {
    int colon = cursor == null ? 0 : cursor.indexOf(':');
    int number = cursor == null ? 1 : Integer.parseInt(cursor.substring(0, colon));
    request("list page " + number, listLatency, brokenPages.get(number), context);
    List<String> keys = new ArrayList<>(PAGE_SIZE);
    for (String key :
        (cursor == null ? items : items.tailMap(cursor.substring(colon + 1), false)).keySet()) {
      if (keys.size() == PAGE_SIZE) {
        return new Page(List.copyOf(keys), number + 1 + ":" + keys.getLast());
      }
      keys.add(key);
    }
    return new Page(List.copyOf(keys), null);
  }

  /**
   * Deletes a key. It is still there if this throws.
   *
   * @throws StoreException if the store cannot; of kind NOT_FOUND if there is no such key
   */
  public void delete(String key, Context context) throws StoreException, InterruptedException {
    String request = "delete " + key;
    request(request, deleteLatency, brokenKeys.get(key), context);
    if (items.remove(key) == null) {
      throw failure(request, Kind.NOT_FOUND, null, null);
    }
  }

  /** The failure of a request. Its reason is its kind, in words. */
  static StoreException failure(
      String request, Kind kind, @Nullable Duration retryAfter, @Nullable Throwable cause) {
    String reason = kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    return new StoreException(kind, reason, request + ": " + reason, retryAfter, cause);
  }

  /** Sets an observer that sees every request before it takes effect, and can delay it. */
  void watch(Watcher watcher) {
    this.watcher = watcher;
  }

  private void request(
      String request, Duration latency, @Nullable ArmedFault fault, Context context)
      throws StoreException, InterruptedException {
    Go.sleep(latency, context);
    watcher.before(request, context);
    if (fault != null && fault.left.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      throw failure(request, fault.fault.kind(), fault.fault.retryAfter(), null);
    }
  }

  /** Sees requests. */
  @FunctionalInterface
  interface Watcher {
    void before(String request, Context context) throws InterruptedException;
  }

  private record ArmedFault(Fault fault, AtomicInteger left) {
    ArmedFault(Fault fault) {
      this(fault, new AtomicInteger(fault.times()));
    }
  }
}

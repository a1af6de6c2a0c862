package io.heddle.purge.server;

import io.heddle.Go;
import io.heddle.purge.KeyOrder;
import java.time.Instant;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The stores and their items, in memory. */
final class Database {
  private static final String ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
  private static final int ID_LENGTH = 22;

  private final Map<String, KvStore> stores = new ConcurrentSkipListMap<>();
  private final Map<String, String> ids = new ConcurrentHashMap<>();
  private final AtomicLong generation = new AtomicLong();

  /** A store and its items, in the order of the bytes of their keys. */
  static final class KvStore {
    final String id;
    final Instant created;
    volatile String name;
    volatile Instant updated;
    final NavigableMap<String, Item> items = new ConcurrentSkipListMap<>(KeyOrder.BYTES);

    KvStore(String id, String name, Instant created) {
      this.id = id;
      this.name = name;
      this.created = created;
      this.updated = created;
    }
  }

  /** The value of a key. It is gone when its time is over. */
  record Item(
      byte[] value,
      @Nullable String metadata,
      long generation,
      Instant modified,
      @Nullable Instant expires) {
    boolean isExpired(Instant now) {
      return expires != null && !now.isBefore(expires);
    }
  }

  Map<String, KvStore> stores() {
    return stores;
  }

  @Nullable KvStore store(String id) {
    return stores.get(id);
  }

  /** Makes a store; null if there is one of this name. */
  @Nullable KvStore create(String name) {
    KvStore store = new KvStore(newId(), name, Go.now());
    if (ids.putIfAbsent(name, store.id) != null) {
      return null;
    }
    stores.put(store.id, store);
    return store;
  }

  /** Gives a store another name; false if there is one of this name. */
  boolean rename(KvStore store, String name) {
    if (ids.putIfAbsent(name, store.id) != null) {
      return false;
    }
    ids.remove(store.name);
    store.name = name;
    store.updated = Go.now();
    return true;
  }

  /** Deletes a store if it is empty; says whether it was. */
  boolean delete(KvStore store) {
    if (!store.items.isEmpty()) {
      return false;
    }
    stores.remove(store.id);
    ids.remove(store.name);
    return true;
  }

  @Nullable Item get(KvStore store, String key) {
    Item item = store.items.get(key);
    if (item != null && item.isExpired(Go.now())) {
      store.items.remove(key, item);
      return null;
    }
    return item;
  }

  /** Grows with every value ever put, and is about the time in microseconds. */
  long nextGeneration() {
    Instant now = Go.now();
    long micros = now.getEpochSecond() * 1_000_000 + now.getNano() / 1000;
    return generation.updateAndGet(last -> Math.max(last + 1, micros));
  }

  private static String newId() {
    StringBuilder id = new StringBuilder(ID_LENGTH);
    for (int i = 0; i < ID_LENGTH; i++) {
      id.append(ID_LETTERS.charAt(ThreadLocalRandom.current().nextInt(ID_LETTERS.length())));
    }
    return id.toString();
  }
}

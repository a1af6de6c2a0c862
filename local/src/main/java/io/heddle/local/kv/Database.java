package io.heddle.local.kv;

import com.google.gson.JsonObject;
import io.heddle.Go;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The stores and their items, in memory and optionally in a file. */
final class Database implements AutoCloseable {
  private static final String ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
  private static final int ID_LENGTH = 22;

  private final Map<String, KvStore> stores = new ConcurrentSkipListMap<>();
  private final Map<String, String> ids = new ConcurrentHashMap<>();
  private final AtomicLong generation = new AtomicLong();
  private final @Nullable Journal journal;

  Database(@Nullable Path file) throws IOException {
    if (file == null) {
      this.journal = null;
    } else {
      this.journal = Journal.open(file, this);
    }
  }

  /** A store and its items, in the order of their keys' bytes. */
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

  /** The value of a key. It disappears when its time is over. */
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

  /** Makes a store; null if there is one with this name. */
  @Nullable KvStore create(String name) throws IOException {
    Instant now = Go.now();
    KvStore store = new KvStore(newId(), name, now);
    if (ids.putIfAbsent(name, store.id) != null) {
      return null;
    }
    stores.put(store.id, store);
    log(Journal.store(store));
    return store;
  }

  /** Makes a store that the journal contains. */
  void restore(String id, String name, Instant created) {
    KvStore store = stores.get(id);
    if (store == null) {
      stores.put(id, new KvStore(id, name, created));
    } else {
      ids.remove(store.name);
      store.name = name;
    }
    ids.put(name, id);
  }

  /** Renames a store; false if there is one with the new name. */
  boolean rename(KvStore store, String name) throws IOException {
    if (ids.putIfAbsent(name, store.id) != null) {
      return false;
    }
    ids.remove(store.name);
    store.name = name;
    store.updated = Go.now();
    log(Journal.store(store));
    return true;
  }

  /** Deletes a store if it is empty; returns whether it was. */
  boolean delete(KvStore store) throws IOException {
    if (!store.items.isEmpty()) {
      return false;
    }
    stores.remove(store.id);
    ids.remove(store.name);
    log(Journal.noStore(store.id));
    return true;
  }

  @Nullable Item get(KvStore store, String key) {
    Item item = store.items.get(key);
    return item == null || item.isExpired(Go.now()) ? null : item;
  }

  /** Replaces the value of a key by the function's result; null leaves it unchanged. */
  boolean put(KvStore store, String key, Function<@Nullable Item, @Nullable Item> change)
      throws IOException {
    while (true) {
      Item found = store.items.get(key);
      Item next = change.apply(found == null || found.isExpired(Go.now()) ? null : found);
      if (next == null) {
        return false;
      }
      boolean isDone =
          found == null
              ? store.items.putIfAbsent(key, next) == null
              : store.items.replace(key, found, next);
      if (isDone) {
        log(Journal.item(store.id, key, next));
        return true;
      }
    }
  }

  boolean remove(KvStore store, String key, Item item) throws IOException {
    if (!store.items.remove(key, item)) {
      return false;
    }
    log(Journal.noItem(store.id, key));
    return true;
  }

  private void log(JsonObject line) throws IOException {
    if (journal != null) {
      journal.write(line);
    }
  }

  @Override
  public void close() throws IOException {
    if (journal != null) {
      journal.close();
    }
  }

  /** Increases with every value, and is approximately the time in microseconds. */
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

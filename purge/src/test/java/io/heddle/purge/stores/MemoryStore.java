package io.heddle.purge.stores;

import io.heddle.purge.Deletion;
import io.heddle.purge.Page;
import io.heddle.purge.Store;
import io.heddle.purge.keys.KeyBytes;
import java.util.Collection;
import java.util.List;
import java.util.NavigableSet;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentSkipListSet;
import org.jspecify.annotations.Nullable;

/** Keys in memory, in the order of their bytes. They have no values. Nothing blocks. */
public final class MemoryStore implements Store {
  private final NavigableSet<String> keys = new ConcurrentSkipListSet<>(KeyBytes::compare);

  /** Makes an empty store. */
  public MemoryStore() {}

  /** Adds keys. */
  public void addAll(Collection<String> more) {
    keys.addAll(more);
  }

  /** The keys: a view that can be read and modified at any time. */
  public NavigableSet<String> keys() {
    return keys;
  }

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public @Nullable String refusal(String key) {
    return Refusal.unlessBytes(key);
  }

  @Override
  public boolean hasPrefixes() {
    return true;
  }

  @Override
  public Page list(String prefix, @Nullable String cursor, int limit) {
    List<String> page =
        (cursor == null ? keys.tailSet(prefix) : keys.tailSet(cursor, false))
            .stream().takeWhile(key -> KeyBytes.startsWith(key, prefix)).limit(limit + 1L).toList();
    return page.size() > limit
        ? new Page(page.subList(0, limit), page.get(limit - 1))
        : new Page(page, null);
  }

  @Override
  public Deletion delete(List<String> batch) {
    return Deletion.of(keys.remove(batch.getFirst()));
  }

  @Override
  public OptionalLong count(String prefix) {
    return prefix.isEmpty() ? OptionalLong.of(keys.size()) : OptionalLong.empty();
  }

  @Override
  public void close() {}
}

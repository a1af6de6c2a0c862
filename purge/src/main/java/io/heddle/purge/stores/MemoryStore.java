package io.heddle.purge.stores;

import io.heddle.purge.Deletion;
import io.heddle.purge.KeyOrder;
import io.heddle.purge.Page;
import io.heddle.purge.Store;
import java.util.Collection;
import java.util.List;
import java.util.NavigableSet;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentSkipListSet;
import org.jspecify.annotations.Nullable;

/** Keys in memory, in the order of their bytes. They have no values. Nothing blocks. */
public final class MemoryStore implements Store {
  private final NavigableSet<String> keys = new ConcurrentSkipListSet<>(KeyOrder.BYTES);

  /** Makes an empty store. */
  public MemoryStore() {}

  /** Adds keys. */
  public void addAll(Collection<String> more) {
    keys.addAll(more);
  }

  /**
   * The keys.
   *
   * @return a view that can be read and changed at any time
   */
  public NavigableSet<String> keys() {
    return keys;
  }

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public Page list(String prefix, @Nullable String cursor, int limit) {
    return KeyOrder.page(keys, prefix, cursor, limit);
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

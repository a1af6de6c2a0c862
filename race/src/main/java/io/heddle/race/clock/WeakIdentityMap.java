package io.heddle.race.clock;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Values for objects that have no field for them, as arrays and the JDK's locks. It keeps neither
 * alive: a value goes with its object, to which it must not refer.
 *
 * @param <V> the values
 */
public final class WeakIdentityMap<V> {
  /** Entries found last, by hash. Each is immutable, so a lost update only costs a search. */
  private static final int CACHE = 1 << 12;

  private final ConcurrentHashMap<Object, Entry<V>> entries = new ConcurrentHashMap<>();
  private final ReferenceQueue<Object> cleared = new ReferenceQueue<>();

  @SuppressWarnings({"unchecked", "rawtypes"}) // there are no generic arrays
  private final @Nullable Entry<V>[] cache = new Entry[CACHE];

  /** Makes an empty map. */
  public WeakIdentityMap() {}

  /** An object, weakly, and its value. Equal to every entry of the object, and to its probe. */
  private static final class Entry<V> extends WeakReference<Object> {
    final int hash;
    final V value;

    Entry(Object key, int hash, V value, ReferenceQueue<Object> queue) {
      super(key, queue);
      this.hash = hash;
      this.value = value;
    }

    @Override
    public int hashCode() {
      return hash;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      if (other instanceof Probe probe) {
        return refersTo(probe.key);
      }
      Object key = get();
      return this == other
          || (key != null && other instanceof Entry<?> entry && entry.refersTo(key));
    }
  }

  /** What an entry is looked up by. */
  private record Probe(Object key, int hash) {
    @Override
    public int hashCode() {
      return hash;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Entry<?> entry && entry.refersTo(key);
    }
  }

  /**
   * The value of an object.
   *
   * @param key the object
   * @return null if absent
   */
  public @Nullable V get(Object key) {
    int hash = System.identityHashCode(key);
    int place = hash & CACHE - 1;
    Entry<V> last = cache[place];
    if (last != null && last.refersTo(key)) {
      return last.value;
    }
    Entry<V> found = entries.get(new Probe(key, hash));
    if (found == null) {
      return null;
    }
    cache[place] = found;
    return found.value;
  }

  /**
   * The value of an object, which gets one if it has none.
   *
   * @param key the object
   * @param make makes a value of the object; must not keep it
   * @return always the same
   */
  public V get(Object key, Function<Object, ? extends V> make) {
    V found = get(key);
    return found != null ? found : make(key, make.apply(key));
  }

  private V make(Object key, V value) {
    dropCleared();
    int hash = System.identityHashCode(key);
    Entry<V> fresh = new Entry<>(key, hash, value, cleared);
    Entry<V> before = entries.putIfAbsent(fresh, fresh);
    return before == null ? value : before.value;
  }

  private void dropCleared() {
    for (Reference<?> gone = cleared.poll(); gone != null; gone = cleared.poll()) {
      if (gone instanceof Entry<?> entry) {
        entries.remove(entry);
        cache[entry.hash & CACHE - 1] = null;
      }
    }
  }

  /**
   * Takes the value of an object away.
   *
   * @param key the object
   * @return the value, null if it had none
   */
  public @Nullable V remove(Object key) {
    int hash = System.identityHashCode(key);
    Entry<V> found = entries.remove(new Probe(key, hash));
    if (found == null) {
      return null;
    }
    cache[hash & CACHE - 1] = null;
    found.clear();
    return found.value;
  }
}

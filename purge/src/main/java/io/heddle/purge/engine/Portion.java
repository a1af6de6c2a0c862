package io.heddle.purge.engine;

import io.heddle.purge.keys.KeyBytes;
import io.heddle.purge.keys.KeyLine;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A portion of a store's keys, so that several processes share the work without knowing of each
 * other: a range in the order of the keys' bytes, and one of several shards. A key belongs to the
 * same shard in each process, whatever the store.
 *
 * @param from the first key; null for the store's first
 * @param before the key before which the range ends; null for no end
 * @param shard the number of the shard, from 1
 * @param shards the number of shards; 1 for no division
 */
public record Portion(@Nullable String from, @Nullable String before, int shard, int shards)
    implements Predicate<String> {
  /** All keys. */
  public static final Portion ALL = new Portion(null, null, 1, 1);

  @Override
  public boolean test(String key) {
    return (from == null || KeyBytes.compare(key, from) >= 0)
        && (before == null || KeyBytes.compare(key, before) < 0)
        && (shards == 1 || shardOf(key, shards) == shard);
  }

  /** The shard of a key. The rest of a checksum's division distributes similar keys evenly. */
  static int shardOf(String key, int shards) {
    return (int) (KeyBytes.checksum(key) % shards) + 1;
  }

  /** The portion in the form of options, empty for all keys. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    if (from != null) {
      text.append(" --from ").append(KeyLine.quoted(from));
    }
    if (before != null) {
      text.append(" --before ").append(KeyLine.quoted(before));
    }
    if (shards > 1) {
      text.append(" --shard ").append(shard).append('/').append(shards);
    }
    return text.toString().strip();
  }
}

package io.heddle.purge.workers;

import io.heddle.purge.engine.Portion;
import io.heddle.purge.engine.Selection;
import io.heddle.purge.keys.KeyBytes;
import io.heddle.purge.keys.KeyLine;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A part of a job: some of the selected keys, which one process lists and deletes.
 *
 * @param prefixes the prefixes of the keys; empty for all
 * @param start the store's cursor at which the part begins; null for the store's beginning
 * @param shard the number of the shard, from 1
 * @param shards the number of shards; 1 for no division
 */
public record Part(List<String> prefixes, @Nullable String start, int shard, int shards) {
  /** The keys with some prefixes. */
  static Part of(List<String> prefixes) {
    return new Part(prefixes, null, 1, 1);
  }

  /** Whether the keys of this part are keys with the prefixes of a selection. */
  boolean isOf(Selection all) {
    List<String> allowed = all.prefixes();
    return allowed.isEmpty()
        || (!prefixes.isEmpty()
            && prefixes.stream()
                .allMatch(
                    some -> allowed.stream().anyMatch(one -> KeyBytes.startsWith(some, one))));
  }

  /**
   * Restricts a selection to this part.
   *
   * @throws IllegalArgumentException if the part has keys that the selection does not have
   */
  Selection of(Selection all) {
    if (!isOf(all)) {
      throw new IllegalArgumentException(this + " is not a part of " + all);
    }
    Portion portion = all.portion();
    Selection some = all.with(prefixes);
    return shards == 1
        ? some
        : some.with(new Portion(portion.from(), portion.before(), shard, shards));
  }

  /** What distinguishes this part from the others; empty if it is the whole. */
  @Override
  public String toString() {
    if (shards > 1) {
      return "shard " + shard + "/" + shards;
    }
    if (start != null) {
      return "from the store's cursor " + start;
    }
    return prefixes.stream().map(KeyLine::quoted).collect(Collectors.joining(" or "));
  }
}

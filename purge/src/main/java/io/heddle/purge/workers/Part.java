package io.heddle.purge.workers;

import io.heddle.purge.engine.Portion;
import io.heddle.purge.engine.Selection;
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

  /** Restricts a selection to this part. */
  Selection of(Selection all) {
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

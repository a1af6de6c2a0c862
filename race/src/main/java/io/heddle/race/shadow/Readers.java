package io.heddle.race.shadow;

import io.heddle.race.clock.Epoch;
import io.heddle.race.clock.ThreadState;
import io.heddle.race.report.Access;
import org.jspecify.annotations.Nullable;

/**
 * The last reads of each thread of the variables of one {@link Shadow} that are read without order.
 * An open hash table by slot. It is guarded by the lock of the shadow, but for {@link #has}, which
 * may miss an entry.
 */
final class Readers {
  private static final int INITIAL = 4;

  /** Of one thread. */
  private static final class Reader {
    final int slot;

    /** Which variables it has read in which epoch. */
    long epoch;

    long seen;

    /** By variable, 0 if it has not been read. */
    final long[] epochs;

    final int[] stacks;

    Reader(int slot, int variables) {
      this.slot = slot;
      this.epochs = new long[variables];
      this.stacks = new int[variables];
    }
  }

  private final int variables;
  private @Nullable Reader[] table = new Reader[INITIAL];
  private int size;

  Readers(int variables) {
    this.variables = variables;
  }

  /** Whether the read is noted, as far as that can be seen without the lock. */
  boolean has(long epoch, int variable) {
    @Nullable Reader[] now = table;
    Reader own = now[Epoch.slot(epoch) & now.length - 1];
    return own != null && own.epoch == epoch && Shadow.has(own.seen, variable);
  }

  /** The variables that are noted as read in an epoch. */
  long seen(long epoch) {
    Reader own = table[find(table, Epoch.slot(epoch))];
    return own != null && own.epoch == epoch ? own.seen : 0;
  }

  void add(long epoch, int variable, int stack) {
    Reader reader = reader(Epoch.slot(epoch));
    reader.epochs[variable] = epoch;
    reader.stacks[variable] = stack;
    if (reader.epoch != epoch) {
      reader.seen = 0;
      reader.epoch = epoch;
    }
    // An atomic read does not stand for a plain one.
    reader.seen =
        Shadow.isAtomic(stack)
            ? reader.seen & ~Shadow.bit(variable)
            : reader.seen | Shadow.bit(variable);
  }

  private Reader reader(int slot) {
    int at = find(table, slot);
    Reader found = table[at];
    if (found == null) {
      found = new Reader(slot, variables);
      table[at] = found;
      if (++size * 2 > table.length) {
        grow();
      }
    }
    return found;
  }

  private void grow() {
    @Nullable Reader[] larger = new Reader[table.length * 2];
    for (Reader reader : table) {
      if (reader != null) {
        larger[find(larger, reader.slot)] = reader;
      }
    }
    table = larger;
  }

  /** The place of a slot's entry, or the free one for it. */
  private static int find(@Nullable Reader[] table, int slot) {
    int at = slot & table.length - 1;
    for (Reader reader = table[at]; reader != null && reader.slot != slot; reader = table[at]) {
      at = at + 1 & table.length - 1;
    }
    return at;
  }

  /** A read that does not happen before what the thread does; null if all do. */
  @Nullable Access unordered(ThreadState thread, int variable, int leaf) {
    for (Reader reader : table) {
      if (reader != null) {
        long epoch = reader.epochs[variable];
        if (epoch != 0 && !thread.knows(epoch)) {
          Access found = Shadow.conflict(leaf, false, epoch, reader.stacks[variable]);
          if (found != null) {
            return found;
          }
        }
      }
    }
    return null;
  }

  /** All reads of the variable happen before a write, which takes their place. */
  void forget(int variable) {
    for (Reader reader : table) {
      if (reader != null) {
        reader.epochs[variable] = 0;
        reader.seen &= ~Shadow.bit(variable);
      }
    }
  }
}

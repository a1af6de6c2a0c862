package io.heddle.race.shadow;

import io.heddle.race.clock.ThreadState;
import io.heddle.race.report.Access;
import io.heddle.race.report.CallTree;
import io.heddle.race.report.Reports;
import org.jspecify.annotations.Nullable;

/**
 * The last accesses to the fields of an object, or to the elements of an array: FastTrack's state.
 *
 * <p>For each variable there are the epoch of the last write, that of the last read, and the stacks
 * of the two. If two reads are not ordered, the read epoch is {@link #SHARED}, and there is an
 * entry for each thread. A write that is ordered after all reads forgets them.
 *
 * <p><b>Fast path.</b> An access in an epoch in which the same thread has accessed the variable in
 * the same way, or has written it, has nothing to add, and costs one or two plain reads. Everything
 * else happens under the lock of this object. The plain reads may be old, but a thread sees its own
 * writes, and only the owner of an epoch writes it.
 */
public final class Shadow {
  private static final int WRITE = 0;
  private static final int READ = 1;
  private static final int STACKS = 2;
  private static final int WORDS = 3;

  /** In place of the epoch of the last read: see {@link #readers}. */
  private static final long SHARED = -1;

  private final long[] words;

  /** Of the variables that are read without order. */
  private @Nullable Readers @Nullable [] readers;

  /**
   * Makes the state of variables that nobody has accessed.
   *
   * @param variables how many there are
   */
  public Shadow(int variables) {
    this.words = new long[variables * WORDS];
  }

  /**
   * Checks and notes a read.
   *
   * @param thread who reads
   * @param variable the number of the variable
   * @param stack the stack of the method that reads
   * @param site the place in the method
   * @param object what the variable is part of
   */
  public void read(ThreadState thread, int variable, CallTree stack, int site, Object object) {
    read(thread, variable, stack, site, object, 0);
  }

  void read(ThreadState thread, int variable, CallTree stack, int site, Object object, int offset) {
    int at = variable * WORDS;
    long epoch = thread.epoch;
    long read = words[at + READ];
    if (read != epoch && words[at + WRITE] != epoch) {
      if (read != SHARED || !isNoted(variable, epoch)) {
        readSlow(thread, variable, stack, site, object, offset);
      }
    }
  }

  private boolean isNoted(int variable, long epoch) {
    @Nullable Readers @Nullable [] all = readers;
    Readers own = all == null ? null : all[variable];
    return own != null && own.has(epoch);
  }

  /**
   * Checks and notes a write.
   *
   * @param thread who writes
   * @param variable the number of the variable
   * @param stack the stack of the method that writes
   * @param site the place in the method
   * @param object what the variable is part of
   */
  public void write(ThreadState thread, int variable, CallTree stack, int site, Object object) {
    write(thread, variable, stack, site, object, 0);
  }

  void write(
      ThreadState thread, int variable, CallTree stack, int site, Object object, int offset) {
    if (words[variable * WORDS + WRITE] != thread.epoch) {
      writeSlow(thread, variable, stack, site, object, offset);
    }
  }

  private void readSlow(
      ThreadState thread, int variable, CallTree stack, int site, Object object, int offset) {
    int at = variable * WORDS;
    int leaf = stack.child(site).id();
    Access earlier = null;
    synchronized (this) {
      thread.accessed();
      earlier = unorderedWrite(thread, at);
      long read = words[at + READ];
      if (read == SHARED) {
        readersOf(variable).add(thread.epoch, leaf);
      } else if (read == 0 || thread.knows(read)) {
        words[at + READ] = thread.epoch;
        words[at + STACKS] = ((long) leaf << Integer.SIZE) | (words[at + STACKS] & 0xFFFF_FFFFL);
      } else {
        Readers all = readersOf(variable);
        all.add(read, readStack(at));
        all.add(thread.epoch, leaf);
        words[at + READ] = SHARED;
      }
    }
    if (earlier != null) {
      Reports.found(
          thread, new Access(false, thread.epoch, leaf), earlier, object, offset + variable);
    }
  }

  private void writeSlow(
      ThreadState thread, int variable, CallTree stack, int site, Object object, int offset) {
    int at = variable * WORDS;
    int leaf = stack.child(site).id();
    Access write;
    Access read;
    synchronized (this) {
      thread.accessed();
      write = unorderedWrite(thread, at);
      read = unorderedRead(thread, variable);
      if (words[at + READ] == SHARED) {
        forgetReaders(variable);
      }
      words[at + WRITE] = thread.epoch;
      words[at + READ] = 0;
      words[at + STACKS] = leaf;
    }
    Access now = new Access(true, thread.epoch, leaf);
    if (write != null) {
      Reports.found(thread, now, write, object, offset + variable);
    }
    if (read != null) {
      Reports.found(thread, now, read, object, offset + variable);
    }
  }

  private @Nullable Access unorderedWrite(ThreadState thread, int at) {
    long write = words[at + WRITE];
    return write == 0 || thread.knows(write)
        ? null
        : new Access(true, write, (int) words[at + STACKS]);
  }

  private @Nullable Access unorderedRead(ThreadState thread, int variable) {
    int at = variable * WORDS;
    long read = words[at + READ];
    if (read == SHARED) {
      Readers all = readersOf(variable);
      int unordered = all.unordered(thread);
      return unordered < 0 ? null : new Access(false, all.epoch(unordered), all.stack(unordered));
    }
    return read == 0 || thread.knows(read) ? null : new Access(false, read, readStack(at));
  }

  private int readStack(int at) {
    return (int) (words[at + STACKS] >>> Integer.SIZE);
  }

  private Readers readersOf(int variable) {
    @Nullable Readers @Nullable [] all = readers;
    if (all == null) {
      all = new Readers[words.length / WORDS];
      readers = all;
    }
    Readers own = all[variable];
    if (own == null) {
      own = new Readers();
      all[variable] = own;
    }
    return own;
  }

  private void forgetReaders(int variable) {
    @Nullable Readers @Nullable [] all = readers;
    if (all != null) {
      all[variable] = null;
    }
  }
}

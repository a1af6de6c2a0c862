package io.heddle.race.shadow;

import io.heddle.race.clock.Epoch;
import io.heddle.race.clock.ThreadState;
import io.heddle.race.report.Access;
import io.heddle.race.report.Reports;
import io.heddle.race.site.CallTree;
import org.jspecify.annotations.Nullable;

/**
 * The last accesses to the fields of an object, or to some elements of an array: FastTrack's state.
 *
 * <p>For each variable there are the epoch of the last write, that of the last read, and the stacks
 * of the two. If two reads are not ordered, the read epoch is {@link #SHARED}, and there is an
 * entry for each thread. A write that is ordered after all reads forgets them.
 *
 * <p><b>Fast path.</b> An access in an epoch in which the same thread has accessed the variable in
 * the same way, or has written it, has nothing to add. Most are like that. So there is one more
 * epoch, the one in which a thread last had something to add, with a set of the variables that it
 * has read and written since: an access costs a comparison and a look at a bit, and does not touch
 * the state of the variable itself. Everything that adds something happens under the lock of this
 * object. The plain reads may be old, but a thread sees its own writes, and only the owner of an
 * epoch writes it; in the worst case an access is missed that another thread's hides.
 *
 * <p>An access is that of a thread to the variable with a number. It has the stack of the accessing
 * method (null if it calls nothing), the place in that method, and the object that the variable is
 * part of.
 */
public final class Shadow {
  private static final int WRITE = 0;
  private static final int READ = 1;
  private static final int STACKS = 2;
  private static final int WORDS = 3;

  /** How many variables have a bit in the sets. */
  static final int BITS = Long.SIZE;

  /** In the number of a stack: the access is atomic, and does not conflict with another such. */
  private static final int ATOMIC = 1 << 30;

  /** In place of the epoch of the last read: see {@link #readers}. */
  private static final long SHARED = -1;

  /** Whoever has noted something last, and which variables it has read and written since. */
  private long epoch;

  private long read;
  private long written;

  private final long[] words;

  /** Of the variables that are read without order. */
  private @Nullable Readers readers;

  /**
   * Makes the state of variables that no thread has accessed.
   *
   * @param variables how many there are
   */
  public Shadow(int variables) {
    this.words = new long[variables * WORDS];
  }

  /** Whether a variable is in a set. Those without a bit are in none. */
  static boolean has(long set, int variable) {
    return (set >>> variable & 1) != 0 && variable < BITS;
  }

  /** The set of one variable, or none. */
  static long bit(int variable) {
    return variable < BITS ? 1L << variable : 0;
  }

  /** Checks and notes a read. */
  public void read(
      ThreadState thread, int variable, @Nullable CallTree stack, int site, Object object) {
    if (epoch != thread.quickEpoch || !has(read, variable)) {
      readAgain(thread, variable, stack, site, object, 0);
    }
  }

  void read(
      ThreadState thread,
      int variable,
      @Nullable CallTree stack,
      int site,
      Object object,
      int offset) {
    if (epoch != thread.quickEpoch || !has(read, variable)) {
      readAgain(thread, variable, stack, site, object, offset);
    }
  }

  /** Checks and notes a write. */
  public void write(
      ThreadState thread, int variable, @Nullable CallTree stack, int site, Object object) {
    if (epoch != thread.quickEpoch || !has(written, variable)) {
      writeAgain(thread, variable, stack, site, object, 0);
    }
  }

  void write(
      ThreadState thread,
      int variable,
      @Nullable CallTree stack,
      int site,
      Object object,
      int offset) {
    if (epoch != thread.quickEpoch || !has(written, variable)) {
      writeAgain(thread, variable, stack, site, object, offset);
    }
  }

  /** Another thread may have had something to add since, or reads the same variables. */
  private void readAgain(
      ThreadState thread,
      int variable,
      @Nullable CallTree stack,
      int site,
      Object object,
      int offset) {
    if (thread.mayRace()) {
      return;
    }
    if (thread.explores()) {
      readExploring(thread, variable, stack, site, object, offset);
      return;
    }
    long now = thread.epoch;
    Readers all = readers;
    if (all == null || !all.has(now, variable)) {
      int at = variable * WORDS;
      boolean isNoted =
          (words[at + READ] == now && !isAtomic(readStack(at)))
              || (words[at + WRITE] == now && !isAtomic(writeStack(at)));
      if (!isNoted) {
        readSlow(thread, variable, thread.leaf(stack, site), object, offset);
      }
    }
  }

  private void writeAgain(
      ThreadState thread,
      int variable,
      @Nullable CallTree stack,
      int site,
      Object object,
      int offset) {
    int at = variable * WORDS;
    long last = lastAccess(at, thread);
    if (words[at + WRITE] != thread.epoch || isAtomic(writeStack(at))) {
      writeSlow(thread, variable, thread.leaf(stack, site), object, offset);
    }
    thread.passed(site, last);
  }

  /** Every access may be followed by another goroutine's. */
  private void readExploring(
      ThreadState thread,
      int variable,
      @Nullable CallTree stack,
      int site,
      Object object,
      int offset) {
    long last = lastAccess(variable * WORDS, thread);
    readSlow(thread, variable, thread.leaf(stack, site), object, offset);
    thread.passed(site, last);
  }

  /** An access of another thread if there is one, for explorations. */
  private long lastAccess(int at, ThreadState thread) {
    long lastRead = words[at + READ];
    return lastRead == 0 || Epoch.slot(lastRead) == Epoch.slot(thread.epoch)
        ? words[at + WRITE]
        : lastRead;
  }

  /**
   * Checks and notes an atomic access. A plain one after it has something to add.
   *
   * @param offset of the first variable in the object
   */
  public void atomic(
      ThreadState thread,
      int variable,
      boolean writes,
      @Nullable CallTree stack,
      int site,
      Object object,
      int offset) {
    int at = variable * WORDS;
    boolean isNoted =
        (words[at + WRITE] == thread.epoch && !isAtomic(writeStack(at)))
            || (!writes && words[at + READ] == thread.epoch && !isAtomic(readStack(at)));
    if (isNoted) {
      return; // a plain one stands for it
    }
    int leaf = thread.leaf(stack, site) | ATOMIC;
    if (writes) {
      writeSlow(thread, variable, leaf, object, offset);
    } else {
      readSlow(thread, variable, leaf, object, offset);
    }
  }

  static boolean isAtomic(int leaf) {
    return (leaf & ATOMIC) != 0;
  }

  private void readSlow(ThreadState thread, int variable, int leaf, Object object, int offset) {
    int at = variable * WORDS;
    Access earlier;
    synchronized (this) {
      thread.accessed();
      earlier = unorderedWrite(thread, at, leaf);
      long before = words[at + READ];
      if (before == SHARED) {
        readers().add(thread.epoch, variable, leaf);
      } else if (before == 0 || thread.knows(before)) {
        words[at + READ] = thread.epoch;
        words[at + STACKS] = ((long) leaf << Integer.SIZE) | (words[at + STACKS] & 0xFFFF_FFFFL);
        own(thread);
        read = isAtomic(leaf) ? read & ~bit(variable) : read | bit(variable);
      } else {
        readers().add(before, variable, readStack(at));
        readers().add(thread.epoch, variable, leaf);
        words[at + READ] = SHARED;
      }
    }
    if (earlier != null) {
      Reports.found(
          thread,
          new Access(false, thread.epoch, leaf & ~ATOMIC),
          earlier,
          object,
          offset + variable);
    }
  }

  private void writeSlow(ThreadState thread, int variable, int leaf, Object object, int offset) {
    int at = variable * WORDS;
    Access write;
    Access reading;
    synchronized (this) {
      thread.accessed();
      write = unorderedWrite(thread, at, leaf);
      reading = unorderedRead(thread, variable, leaf);
      if (words[at + READ] == SHARED) {
        readers().forget(variable);
      }
      words[at + WRITE] = thread.epoch;
      words[at + READ] = 0;
      words[at + STACKS] = leaf;
      own(thread);
      if (isAtomic(leaf)) {
        written &= ~bit(variable);
        read &= ~bit(variable);
      } else {
        written |= bit(variable);
        read |= bit(variable);
      }
    }
    if (write != null || reading != null) {
      Access now = new Access(true, thread.epoch, leaf & ~ATOMIC);
      if (write != null) {
        Reports.found(thread, now, write, object, offset + variable);
      }
      if (reading != null) {
        Reports.found(thread, now, reading, object, offset + variable);
      }
    }
  }

  /** Reminds the thread of what it has accessed of this page of an array in its present epoch. */
  synchronized void remind(ThreadState thread, int hash, int index) {
    boolean isOwn = epoch == thread.epoch;
    long shared = readers == null ? 0 : readers.seen(thread.epoch);
    thread.accessedPage(hash, index, shared | (isOwn ? read : 0), isOwn ? written : 0);
  }

  /** From now on the sets are those of the thread. */
  private void own(ThreadState thread) {
    if (epoch != thread.epoch) {
      read = 0;
      written = 0;
      epoch = thread.epoch;
    }
  }

  private @Nullable Access unorderedWrite(ThreadState thread, int at, int leaf) {
    long write = words[at + WRITE];
    return write == 0 || thread.knows(write) ? null : conflict(leaf, true, write, writeStack(at));
  }

  private @Nullable Access unorderedRead(ThreadState thread, int variable, int leaf) {
    int at = variable * WORDS;
    long before = words[at + READ];
    if (before == SHARED) {
      return readers().unordered(thread, variable, leaf);
    }
    return before == 0 || thread.knows(before)
        ? null
        : conflict(leaf, false, before, readStack(at));
  }

  /** An access that conflicts with one that has the stack; null if both are atomic. */
  static @Nullable Access conflict(int leaf, boolean writes, long epoch, int stack) {
    return isAtomic(leaf & stack) ? null : new Access(writes, epoch, stack & ~ATOMIC);
  }

  private int writeStack(int at) {
    return (int) words[at + STACKS];
  }

  private int readStack(int at) {
    return (int) (words[at + STACKS] >>> Integer.SIZE);
  }

  private Readers readers() {
    Readers all = readers;
    if (all == null) {
      all = new Readers(words.length / WORDS);
      readers = all;
    }
    return all;
  }
}

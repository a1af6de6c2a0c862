package io.heddle.scheduler;

import io.heddle.jvm.Observers;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The flight recorder: what goroutines and workers did last, in rings of a fixed size, one for each
 * worker and a few for all other threads.
 *
 * <h2>An entry</h2>
 *
 * <p>Two longs: the event in the top byte of the first and its argument in the rest, and the
 * subject. A worker's ring has one writer, the thread itself: a goroutine that records something
 * does not leave its worker while it does. The other rings have a lock. A reader copies a ring and
 * drops the entries that were overwritten meanwhile.
 *
 * <h2>Time</h2>
 *
 * <p>Reading the clock takes several times as long as writing an entry, so there is an entry of its
 * own for the time. It precedes each event, but where events come in quick succession only every
 * sixteenth. A reader spreads those between two readings evenly. A ticker makes the next event read
 * the clock at least once in a millisecond, so a pause after such a succession is not taken for a
 * part of it.
 */
public final class Recorder {
  /** The subject is a reading of {@link System#nanoTime}. */
  public static final int TIME = 1;

  /** The argument, a goroutine or another thread, starts a goroutine. */
  public static final int START = 2;

  /** A goroutine begins. This event, and those up to END but for WAKE, are {@link #numbered}. */
  public static final int BEGIN = 3;

  /** A goroutine begins to wait; the argument is the number of the reason. */
  public static final int WAIT = 4;

  /** A goroutine continues after a wait. */
  public static final int RESUME = 5;

  /** The argument, a goroutine or another thread, wakes a goroutine. */
  public static final int WAKE = 6;

  /** A goroutine ends. */
  public static final int END = 7;

  /** A worker has taken tasks from the worker that is the argument. */
  public static final int STEAL = 8;

  /** A worker has nothing to run. */
  public static final int IDLE = 9;

  /** A worker has something to run again. */
  public static final int BUSY = 10;

  /** The subject, a worker, has run one goroutine for a long time. */
  public static final int STUCK = 11;

  /** Where in an argument the {@linkplain #numbered number} begins. */
  private static final int NUMBER_SHIFT = 8;

  private static final int EVENT_SHIFT = 56;
  private static final long ARGUMENT = (1L << EVENT_SHIFT) - 1;

  /** In which bits of a {@linkplain #key key} the program is. */
  private static final int PROGRAM_SHIFT = 40;

  private static final long PROGRAMS = (1L << (EVENT_SHIFT - PROGRAM_SHIFT)) - 1;

  /** Rings for threads that are no workers of ours. */
  private static final int SHARED = 4;

  private static final int LEAST_ENTRIES = 1024;
  private static final int MOST_ENTRIES = 1 << 24;
  private static final int BYTES_OF_ENTRY = 16;

  private static final VarHandle WRITTEN;

  static {
    try {
      WRITTEN = MethodHandles.lookup().findVarHandle(Ring.class, "written", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static final List<Ring> RINGS = new CopyOnWriteArrayList<>();

  private static volatile Shared @Nullable [] shared;
  private static volatile int entries;

  /** Read without order: events that come a little later or earlier do not matter. */
  private static boolean active;

  /** Moves on while it records. */
  private static int tick;

  private Recorder() {}

  /**
   * What identifies a goroutine: not its thread, as it gets that late and may share it. A key is
   * larger than the number of any thread, so those identify other threads.
   *
   * @param program the number of its program, of which 65,535 are distinguished
   * @param goroutine its number in the program
   * @return a number of 56 bits
   */
  public static long key(long program, long goroutine) {
    return (1 + program % PROGRAMS) << PROGRAM_SHIFT | goroutine;
  }

  /**
   * What a goroutine or another thread is called if nothing but its key is known.
   *
   * @param key the number that identifies it
   * @return such as "goroutine 7"
   */
  public static String name(long key) {
    long goroutine = key & ((1L << PROGRAM_SHIFT) - 1);
    return key >>> PROGRAM_SHIFT == 0 ? "thread " + key : "goroutine " + goroutine;
  }

  /**
   * The argument of an event that is a goroutine's own. Such events are numbered because their
   * times are estimates: a goroutine that changes workers quickly seems to be on both at once.
   *
   * @param number its place among the goroutine's events, from 1; 0 if it is a thread's
   * @param argument at most 8 bits
   * @return the argument for {@link #record}
   */
  public static long numbered(long number, int argument) {
    return number << NUMBER_SHIFT | argument;
  }

  /**
   * Whether events are recorded.
   *
   * @return false in a JVM that was not started for it, which costs nothing
   */
  public static boolean isOn() {
    return Observers.WANTED && active;
  }

  /**
   * Begins to record, if that has not begun.
   *
   * @param bytes the size of a ring, rounded down to a power of two
   * @return false if it was recording already
   */
  public static synchronized boolean begin(int bytes) {
    if (active || !Observers.WANTED) {
      return false;
    }
    int wanted = Math.clamp(bytes / BYTES_OF_ENTRY, LEAST_ENTRIES, MOST_ENTRIES);
    entries = Integer.highestOneBit(wanted);
    RINGS.clear();
    Shared[] others = new Shared[SHARED];
    for (int i = 0; i < SHARED; i++) {
      others[i] = new Shared(entries);
    }
    shared = others;
    active = true;
    Observers.start("heddle-trace-clock", Recorder::tick);
    return true;
  }

  /** Ends recording, and releases the recorded entries. */
  public static synchronized void end() {
    active = false;
    shared = null;
    for (Ring ring : RINGS) {
      ring.leaveOwner();
    }
    RINGS.clear();
  }

  private static void tick() {
    int mine = entries;
    while (active && entries == mine) {
      try {
        Thread.sleep(1);
      } catch (InterruptedException e) {
        return;
      }
      tick++;
    }
  }

  /**
   * Records an event.
   *
   * @param event one of the constants
   * @param argument at most 56 bits
   * @param subject mostly a goroutine, by its {@link #key}, or another thread, by its number
   */
  public static void record(int event, long argument, long subject) {
    long first = ((long) event << EVENT_SHIFT) | (argument & ARGUMENT);
    if (Carriers.current() instanceof Worker worker) {
      Ring ring = worker.ring;
      if (ring == null || ring.generation != shared) {
        ring = ringOf(worker);
        if (ring == null) {
          return;
        }
        if (Carriers.current() != worker) { // the lock made it wait, and another worker runs it
          record(event, argument, subject);
          return;
        }
      }
      ring.add(first, subject);
    } else {
      Shared[] others = shared;
      if (others != null) {
        others[(int) Thread.currentThread().threadId() & (SHARED - 1)].addShared(first, subject);
      }
    }
  }

  private static synchronized @Nullable Ring ringOf(Worker worker) {
    Shared[] generation = shared;
    if (generation == null) {
      return null;
    }
    Ring known = worker.ring;
    if (known != null && known.generation == generation) {
      return known; // made for another goroutine meanwhile
    }
    try {
      Ring ring = new Ring(worker, generation, entries);
      RINGS.add(ring);
      worker.ring = ring;
      return ring;
    } catch (OutOfMemoryError e) {
      active = false; // what is recorded must not fail for want of memory to record it
      return null;
    }
  }

  /**
   * What is recorded at present.
   *
   * @param worker the number of the worker; 0 if the entries are of other threads
   * @param name the worker's name
   * @param entries the longs of each entry, the oldest first
   */
  @SuppressWarnings("ArrayRecordComponent") // it may be large, and belongs to the reader alone
  public record Track(int worker, String name, long[] entries) {}

  /**
   * Copies what is recorded.
   *
   * @return one for each ring
   */
  public static List<Track> tracks() {
    List<Track> tracks = new ArrayList<>();
    for (Ring ring : RINGS) {
      Worker owner = ring.owner;
      if (owner != null) {
        tracks.add(new Track(owner.number, owner.getName(), ring.copy()));
      }
    }
    Shared[] others = shared;
    if (others != null) {
      for (Shared one : others) {
        tracks.add(new Track(0, "other threads", one.copyShared()));
      }
    }
    return tracks;
  }

  /** A ring with one writer. */
  static class Ring {
    /** How many events share a reading of the clock where they are dense. */
    private static final int DENSE = 16;

    /** Events are dense if they come more often than every so many nanoseconds. */
    private static final long DENSE_NANOS = 2_000;

    final @Nullable Worker owner;

    /** Tells one recording from the next. */
    final Shared @Nullable [] generation;

    private final long[] slots;

    /** The number of entries ever written. */
    private volatile long written;

    /** The last reading of the clock, and the number of its entry. */
    private long lastTime;

    private long lastTimeAt;

    /** Before the entry with this number the clock is read again. */
    private long nextTimeAt;

    private int tickSeen;

    Ring(@Nullable Worker owner, Shared @Nullable [] generation, int entries) {
      this.slots = new long[entries * 2];
      this.owner = owner;
      this.generation = generation;
    }

    /** The owner may see this late, and then writes to a ring that is no longer read. */
    void leaveOwner() {
      if (owner != null && owner.ring == this) {
        owner.ring = null;
      }
    }

    final void add(long first, long subject) {
      long at = (long) WRITTEN.get(this);
      if (at >= nextTimeAt || tickSeen != tick) {
        stamp(at++);
      }
      put(at, first, subject);
    }

    private void stamp(long at) {
      long now = now();
      long events = at - lastTimeAt - 1; // since the last reading
      boolean dense = now - lastTime < DENSE_NANOS * events;
      nextTimeAt = at + 1 + (dense ? DENSE : 1);
      lastTime = now;
      lastTimeAt = at;
      tickSeen = tick;
      put(at, (long) TIME << EVENT_SHIFT, now);
    }

    /** Replaced in tests. */
    long now() {
      return System.nanoTime();
    }

    private void put(long at, long first, long subject) {
      long[] into = slots;
      int slot = (int) at * 2;
      VarHandle.storeStoreFence(); // a reader that sees a part of this sees the count before it
      into[slot & (into.length - 1)] = first; // masked, so that the bounds need no check
      into[(slot + 1) & (into.length - 1)] = subject;
      WRITTEN.setRelease(this, at + 1);
    }

    final long[] copy() {
      long before = written;
      long[] all = slots.clone();
      VarHandle.loadLoadFence();
      long after = written;
      int size = slots.length / 2;
      long oldest = Math.max(0, after + 1 - size); // the writer may be at work on one more
      int count = (int) Math.max(0, before - oldest);
      long[] copied = new long[count * 2];
      for (int i = 0; i < count; i++) {
        int slot = ((int) (oldest + i) * 2) & (slots.length - 1);
        copied[2 * i] = all[slot];
        copied[2 * i + 1] = all[slot + 1];
      }
      return copied;
    }
  }

  /** A ring for several writers. */
  static final class Shared extends Ring {
    Shared(int entries) {
      super(null, null, entries);
    }

    synchronized void addShared(long first, long subject) {
      add(first, subject);
    }

    synchronized long[] copyShared() {
      return copy();
    }
  }
}

package io.heddle.race.clock;

import io.heddle.race.site.CallTree;
import io.heddle.race.site.LockSets;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the detector knows of a goroutine or another thread. Only the thread itself uses it, but for
 * its name and creator, which reports read.
 *
 * <p>A release takes a snapshot of the clock and begins a new epoch, so that what follows is not
 * covered by it. Without an access since the last one there is nothing to tell apart, and the same
 * snapshot serves again: a goroutine that only passes messages on allocates nothing.
 */
@SuppressWarnings("ReferenceEquality") // a join that changes nothing returns the same clock
public final class ThreadState {
  /** So many accesses of a goroutine are no steps of an exploration: a loop may have many. */
  private static final int MAX_TURNS = 100_000;

  private static final long NO_EPOCH = -2;
  private static final Slots SLOTS = new Slots();
  private static final ThreadLocal<@Nullable ThreadState> OF_THREAD = new ThreadLocal<>();

  /** The field of a thread that refers to its goroutine. */
  private static final VarHandle HANDLER;

  static {
    try { // the agent has opened the package
      HANDLER =
          MethodHandles.privateLookupIn(Thread.class, MethodHandles.lookup())
              .findVarHandle(
                  Thread.class, "uncaughtExceptionHandler", Thread.UncaughtExceptionHandler.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** The thread's own slot and time: what its accesses are marked with. */
  public long epoch;

  /** The epoch in which an access has nothing to add; none while schedules are explored. */
  public long quickEpoch;

  /** What stands for that epoch in the two tables. */
  public long quickMark;

  /** The elements of arrays that it has read, or written, in that epoch. */
  public Accessed readElements = Accessed.NONE;

  /** Those that it has written. */
  public Accessed writtenElements = Accessed.NONE;

  /** The instrumented method that called last, and the place in it: see {@link CallTree}. */
  public CallTree caller = CallTree.ROOT;

  /** The place of the last call. */
  public int callSite;

  /** The call of the JDK that the thread is in; null while code is run that is instrumented. */
  public @Nullable Operation operation;

  /** The condition or the monitor in which it waits; null if a wait has returned. */
  public @Nullable Object waitsFor;

  /** Null until it is known, and once it has ended. */
  private @Nullable Thread thread;

  private volatile boolean running = true;

  /** That of a goroutine, 0 of another thread. */
  private volatile long id;

  private volatile String threadName;
  private final @Nullable CallTree creator;
  private final int creatorSite;
  private final long creatorId;
  private final @Nullable String creatorName;

  /** How often it has forgotten what it has accessed. */
  private long marks;

  /** Null if it has never held any. */
  private @Nullable List<Object> held;

  /** The time since which it has its slot, and the previous owner. Guarded by {@link Slots}. */
  private long ownsSince;

  private @Nullable ThreadState ownerBefore;

  /** What it knew at its end, for those who learn of that. */
  private volatile @Nullable VectorClock last;

  private VectorClock clock;
  private @Nullable VectorClock snapshot;
  private boolean accessed;
  private boolean ended;

  /** What whoever is started by this thread inherits in addition. */
  private VectorClock legacy = VectorClock.ZERO;

  private boolean actsForAlarm;

  /** Null unless schedules are explored. */
  private @Nullable Explorer explorer;

  private int turns;

  /** In an optimistic read of a stamped lock. */
  private boolean unchecked;

  /** How many locks it holds, or may hold, that goroutines outside of Heddle wait for. */
  private int locksOutside;

  // For the time of a claim: see HeddleHooks.
  private @Nullable Object claimedOn;
  private @Nullable VectorClock offered;

  private ThreadState(
      @Nullable Thread thread, String name, VectorClock start, @Nullable ThreadState starter) {
    this.thread = thread;
    this.threadName = name;
    this.clock = start;
    this.creatorId = starter == null ? 0 : starter.id;
    this.creatorName = starter == null ? null : starter.threadName;
    this.epoch = SLOTS.take(start, this);
    this.quickEpoch = epoch;
    forgetElements();
    this.creator = starter == null ? null : starter.caller;
    this.creatorSite = starter == null ? 0 : starter.callSite;
  }

  /**
   * The calling thread's.
   *
   * @return always the same for one goroutine or thread
   */
  public static ThreadState current() {
    Thread thread = Thread.currentThread();
    // The field and not the method, which first finds out whether the thread has ended.
    var handler = (Thread.UncaughtExceptionHandler) HANDLER.get(thread);
    return handler instanceof StateHolder holder
            && holder.race$state() instanceof ThreadState state
            && state.thread == thread
        ? state
        : ofThread(thread);
  }

  private static ThreadState ofThread(Thread thread) {
    ThreadState state = OF_THREAD.get();
    if (state == null) {
      ThreadState started = Starts.take(thread);
      state =
          started == null
              ? new ThreadState(thread, nameOf(thread), VectorClock.ZERO, null)
              : started;
      OF_THREAD.set(state);
    }
    return state;
  }

  /**
   * The state of a thread that the calling thread starts.
   *
   * @param started the new thread
   * @return its state
   */
  public static ThreadState startedBy(Thread started) {
    return startedByCaller(started, nameOf(started));
  }

  /**
   * The state of a goroutine that the calling thread starts. Its thread is not known before it
   * begins.
   *
   * @return its state
   */
  public static ThreadState ofGoroutine() {
    return startedByCaller(null, "");
  }

  private static ThreadState startedByCaller(@Nullable Thread started, String name) {
    ThreadState starter = current();
    return new ThreadState(started, name, starter.snapshot().join(starter.legacy), starter);
  }

  /**
   * The state of the calling thread, if it is no goroutine and has one.
   *
   * @return null if absent
   */
  public static @Nullable ThreadState ofPlainThread() {
    Thread thread = Thread.currentThread();
    if (thread.isVirtual() && HANDLER.get(thread) instanceof StateHolder) {
      return null; // a look for a thread local would make it one
    }
    ThreadState state = OF_THREAD.get();
    return state == null ? Starts.take(thread) : state;
  }

  /**
   * The goroutine begins, on the calling thread.
   *
   * @param goroutine its number
   */
  public void begin(long goroutine) {
    thread = Thread.currentThread();
    threadName = thread.getName();
    id = goroutine;
  }

  /**
   * From now on, others may have their turn between the accesses of this goroutine.
   *
   * @param by what decides that
   */
  public void explore(Explorer by) {
    explorer = by;
    quickEpoch = NO_EPOCH;
    forgetElements();
  }

  /**
   * An access is over. In an exploration, another goroutine may have its turn.
   *
   * @param site the place of the access
   * @param other an earlier access to the variable, 0 if there was none
   */
  public void passed(int site, long other) {
    Explorer by = explorer;
    if (by != null) {
      boolean isShared = SharedSites.has(site);
      if (!isShared
          && SharedSites.areLearnt()
          && other != 0
          && Epoch.slot(other) != Epoch.slot(epoch)) {
        SharedSites.add(site);
        isShared = true;
      }
      if (isShared) {
        turn();
      }
    }
  }

  /** In an exploration, another goroutine may have its turn. */
  public void turn() {
    Explorer by = explorer;
    if (by != null && locksOutside == 0) {
      turns++;
      by.race$decide(turns > MAX_TURNS);
    }
  }

  /**
   * Whether it holds a lock.
   *
   * @param lock the lock
   * @return whether it has locked it and not unlocked
   */
  public boolean holds(Object lock) {
    if (held != null) {
      for (Object one : held) {
        if (one == lock) {
          return true;
        }
      }
    }
    return false;
  }

  /** What it reads is not used, or found to be valid: it may race. */
  public void readsUnchecked() {
    unchecked = true;
  }

  /** What it reads is checked again. */
  public void readsChecked() {
    unchecked = false;
  }

  /** Whether reads may race. */
  public boolean mayRace() {
    return unchecked;
  }

  /** The thread waits for others, in a loop. */
  public void spins() {
    Explorer by = explorer;
    if (by != null && locksOutside == 0) {
      by.race$giveWay();
    }
  }

  /** Whether schedules are explored. */
  public boolean explores() {
    return explorer != null;
  }

  /** The thread has, or may have, a lock of the JDK: others would block on it in their turn. */
  public void lockedOutside() {
    locksOutside++;
  }

  /** The lock is free again. */
  public void unlockedOutside() {
    if (locksOutside > 0) {
      locksOutside--;
    }
  }

  /** What this goroutine has done happens before what those do who learn of its end. */
  public void ending() {
    last = snapshot();
  }

  /**
   * What this goroutine knew at its end.
   *
   * @return null if it has not ended, or {@link #end} has been called
   */
  public @Nullable VectorClock last() {
    return last;
  }

  void owns(long since, @Nullable ThreadState before) {
    ownsSince = since;
    ownerBefore = before;
  }

  long ownsSince() {
    return ownsSince;
  }

  @Nullable ThreadState ownerBefore() {
    return ownerBefore;
  }

  void forgetOwnerBefore() {
    ownerBefore = null;
  }

  /** The thread accesses nothing any more: its slot may be given to another one. */
  public void end() {
    if (!ended) {
      ended = true;
      long last = Epoch.time(epoch) - (accessed ? 0 : 1);
      SLOTS.free(Epoch.of(Epoch.slot(epoch), last));
      thread = null;
      running = false;
      readElements = Accessed.NONE;
      writtenElements = Accessed.NONE;
      this.last = null;
      clock = VectorClock.ZERO;
      snapshot = null;
    }
  }

  /**
   * Whether an access happens before what this thread does now.
   *
   * @param other the epoch of the access
   * @return whether this thread's clock covers it
   */
  public boolean knows(long other) {
    int slot = Epoch.slot(other);
    return slot == Epoch.slot(epoch) || clock.get(slot) >= Epoch.time(other);
  }

  /**
   * The number of the stack of an access.
   *
   * @param stack that of the method; null for one that calls nothing, which does not look it up
   * @param site the place in the method
   * @return a number
   */
  public int leaf(@Nullable CallTree stack, int site) {
    CallTree leaf = (stack == null ? caller.child(callSite) : stack).child(site);
    return (explorer == null || held == null ? leaf : leaf.holding(LockSets.number(held))).id();
  }

  /** An access has been marked with the epoch: the next release begins another. */
  public void accessed() {
    accessed = true;
  }

  /**
   * An element of an array has been accessed, and noted.
   *
   * @param hash the array's identity hash code
   * @return false if the whole page is to be {@linkplain #accessedPage added}
   */
  public boolean accessedElement(int hash, int index, boolean writes) {
    if (explorer != null || unchecked) {
      return true; // what may race has not been noted
    }
    return readElements.add(hash, index, quickMark)
        && (!writes || writtenElements.add(hash, index, quickMark));
  }

  /**
   * What this thread has accessed of a page of an array in its present epoch.
   *
   * @param hash the array's identity hash code
   * @param read a set of elements
   * @param written a part of that set
   */
  public void accessedPage(int hash, int index, long read, long written) {
    if (readElements == Accessed.NONE) {
      readElements = new Accessed();
    }
    readElements.put(hash, index, quickMark, read);
    if (written != 0) {
      if (writtenElements == Accessed.NONE) {
        writtenElements = new Accessed();
      }
      writtenElements.put(hash, index, quickMark, written);
    }
  }

  /** From now on the thread has accessed no elements. */
  public void forgetElements() {
    quickMark = Accessed.mark(++marks);
  }

  /**
   * The clock to release: what this thread does from now on is not covered by it.
   *
   * @return a clock
   */
  public VectorClock snapshot() {
    if (actsForAlarm) {
      return legacy;
    }
    VectorClock taken = snapshot;
    if (taken == null || accessed) {
      taken = clock.releasedAt(epoch);
      clock = taken;
      snapshot = taken;
      accessed = false;
      unchecked = false;
      epoch++;
      quickEpoch = explorer == null ? epoch : NO_EPOCH;
      forgetElements();
    }
    return taken;
  }

  /**
   * From now on, what the clock covers happens before what this thread does.
   *
   * @param released a clock that was released, null for none
   */
  public void acquire(@Nullable VectorClock released) {
    if (released != null && !actsForAlarm) {
      VectorClock joined = clock.join(released);
      if (joined != clock) {
        clock = joined;
        snapshot = null;
      }
    }
  }

  /**
   * Adds to what whoever is started by this thread inherits besides its clock.
   *
   * @param clock of whoever arranged the start
   */
  public void bequeath(VectorClock clock) {
    legacy = legacy.join(clock);
  }

  /** From now on, a thread started by this thread inherits its clock and nothing else. */
  public void bequeathNoMore() {
    if (!actsForAlarm) {
      legacy = VectorClock.ZERO;
    }
  }

  /**
   * An alarm goes off on this thread, which happened to look after the clock: what it does now is
   * not its own.
   *
   * @param clock of the thread that has set the alarm
   */
  public void beginAlarm(VectorClock clock) {
    actsForAlarm = true;
    legacy = clock;
  }

  /** The alarm has gone off. */
  public void endAlarm() {
    actsForAlarm = false;
    legacy = VectorClock.ZERO;
  }

  /**
   * The thread is about to claim a waiter of Heddle's.
   *
   * @param on what the waiter waits on
   * @param clock what it has offered
   */
  public void claims(Object on, @Nullable VectorClock clock) {
    claimedOn = on;
    offered = clock;
  }

  /** The claim has been dealt with. What was offered stays known. */
  public void claimEnds() {
    claimedOn = null;
  }

  /**
   * What the claimed waiter waits on.
   *
   * @return null if nothing has to be done for it
   */
  public @Nullable Object claimedOn() {
    return claimedOn;
  }

  /**
   * What the waiter that was claimed last had offered.
   *
   * @return a clock
   */
  public VectorClock offered() {
    VectorClock clock = offered;
    return clock == null ? VectorClock.ZERO : clock;
  }

  /**
   * Notes a lock that is held, for reports.
   *
   * @param lock a lock
   */
  public void locked(Object lock) {
    if (held == null) {
      held = new ArrayList<>(2);
    }
    held.add(lock);
  }

  /**
   * Notes that a lock is no longer held.
   *
   * @param lock a lock
   */
  public void unlocked(Object lock) {
    if (held == null) {
      return;
    }
    for (int i = held.size() - 1; i >= 0; i--) {
      if (held.get(i) == lock) {
        held.remove(i);
        return;
      }
    }
  }

  /**
   * The locks that are held.
   *
   * @return in the order in which they were locked
   */
  public List<Object> held() {
    return held == null ? List.of() : List.copyOf(held);
  }

  /** Whether it is a goroutine that has not begun. */
  boolean isNew() {
    return running && thread == null;
  }

  private static String nameOf(Thread thread) {
    String name = thread.getName();
    return "thread " + (name.isEmpty() ? "#" + thread.threadId() : '"' + name + '"');
  }

  /**
   * Whose epoch it is.
   *
   * @param epoch of an access
   * @return null if the thread ended too long ago
   */
  public static @Nullable ThreadState owner(long epoch) {
    return SLOTS.owner(epoch);
  }

  /**
   * What a report calls the thread.
   *
   * @return its goroutine's number, or the thread's name
   */
  public String name() {
    return name(id, threadName);
  }

  private static String name(long id, String given) {
    return id == 0 ? given : "goroutine " + id + (given.isEmpty() ? "" : " \"" + given + '"');
  }

  /**
   * Whether the thread still runs.
   *
   * @return false once it has ended
   */
  public boolean isRunning() {
    return running;
  }

  /**
   * Where the thread was started.
   *
   * @return null if the detector has not seen it
   */
  public @Nullable CallTree creator() {
    return creator;
  }

  /**
   * The place in the creator's method.
   *
   * @return a site
   */
  public int creatorSite() {
    return creatorSite;
  }

  /**
   * Who started the thread.
   *
   * @return null if the detector has not seen it
   */
  public @Nullable String creatorName() {
    return creatorName == null ? null : name(creatorId, creatorName);
  }
}

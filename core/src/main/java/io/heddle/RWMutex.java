package io.heddle;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A lock held by any number of readers or by one writer: Go's {@code sync.RWMutex}. The lock itself
 * is the writer's; {@link #reading} is the readers'.
 *
 * {@snippet :
 * RWMutex config = new RWMutex();
 * config.reading().lock();        // RLock
 * config.reading().unlock();      // RUnlock
 * config.lock();                  // Lock
 * config.unlock();                // Unlock
 * }
 *
 * <p>A waiting writer blocks new readers, and a writer that unlocks admits all readers that waited
 * meanwhile, before the next writer: neither starves. So a goroutine must not lock for reading
 * twice: if a writer queues in between, the goroutine waits for itself.
 *
 * <p>A select that has chosen another case keeps its place until its goroutine runs. Until then,
 * later callers may queue behind it and {@link #tryLock} may fail even though the lock is free.
 *
 * <p>A write unlock happens before every later lock, a read unlock before every later write lock.
 */
public final class RWMutex extends Waitable implements Locker {
  // state: WRITING, QUEUED while a goroutine waits, and the number of readers from READER upwards.
  // Uncontended locks and unlocks are one compare-and-set. QUEUED sends all callers to the slow
  // path;
  // it changes only under the lock. Unlocking passes the lock to waiting goroutines, so a goroutine
  // that is woken does not compete for it.

  // While WRITING is set, when there are no readers, their bits have the number of the writer's
  // thread instead, for dumps and the search for deadlocks. A goroutine whose thread a lock has
  // recorded keeps it: see Mutex.
  //
  // Both also need the readers. A reader that finds the lock free is recorded in the lock, which
  // costs next to nothing. Any other reader records the lock in its goroutine, which takes longer.
  // Unlocking removes the record of the calling thread. A thread without one unlocks what another
  // has locked; from then on no record counts.

  private static final long WRITING = 1;
  private static final long QUEUED = 2;
  private static final long READER = 4;

  private static final VarHandle STATE;
  private static final VarHandle FIRST_READER;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(RWMutex.class, "state", long.class);
      FIRST_READER = lookup.findVarHandle(RWMutex.class, "firstReader", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Reading reading = new Reading(this);
  private final WaitQueue readers = new WaitQueue();
  private final WaitQueue writers = new WaitQueue();
  private volatile long state;

  /**
   * The number of the thread that locked it for reading when it was free, while that holds it; 0 if
   * another did. Only that thread writes it.
   */
  @SuppressWarnings("unused") // through FIRST_READER
  private long firstReader;

  /** Whether it was ever unlocked for reading by one not known to have locked it. */
  private volatile boolean hasUnknownReaders;

  /** Makes an unlocked lock. */
  public RWMutex() {}

  /**
   * The lock for readers: Go's {@code RLock}, {@code TryRLock}, {@code RUnlock} and {@code
   * RLocker}.
   *
   * @return always the same object
   */
  public Reading reading() {
    return reading;
  }

  @Override
  public void lock() throws InterruptedException {
    lock(null, Clock.NEVER);
  }

  @Override
  public void lock(Context context) throws InterruptedException {
    lock(Objects.requireNonNull(context, "context"), Clock.NEVER);
  }

  @Override
  public void lock(Duration timeout) throws InterruptedException, TimeoutException {
    if (!lock(null, Program.current().clock().deadline(timeout))) {
      throw Waiter.timedOut(WaitReason.RWMUTEX_LOCK, timeout);
    }
  }

  private boolean lock(@Nullable Context context, long deadline) throws InterruptedException {
    touch();
    Waiter.check(WaitReason.RWMUTEX_LOCK, context);
    return acquire() || await(true, WaitReason.RWMUTEX_LOCK, context, deadline);
  }

  @Override
  public boolean tryLock() {
    touch();
    return acquire();
  }

  private boolean acquire() {
    boolean locked = STATE.compareAndSet(this, 0L, writing(Thread.currentThread()));
    Schedulers.keepThread();
    return locked;
  }

  private static long writing(Thread writer) {
    return WRITING | writer.threadId() * READER;
  }

  @Override
  public <R extends @Nullable Object> Case<R> onLock(Supplier<? extends R> result) {
    return new LockCase<R>(writers, true, result);
  }

  @Override
  public void unlock() {
    touchToGive();
    long seen = state;
    if ((seen & (WRITING | QUEUED)) != WRITING || !STATE.compareAndSet(this, seen, 0L)) {
      Wakeups wakeups = Wakeups.ofUnlock();
      enter();
      if ((state & WRITING) == 0) {
        exit();
        throw new IllegalStateException("unlock of unlocked RWMutex");
      }
      state = QUEUED; // only the slow path changes it now
      admitReadersLocked(wakeups);
      admitWriterLocked(wakeups);
      updateQueuedLocked();
      exit();
      wakeups.wake();
    }
  }

  private boolean tryLockReading() {
    long seen = state;
    while ((seen & (WRITING | QUEUED)) == 0) {
      if (STATE.compareAndSet(this, seen, seen + READER)) {
        recordReader(seen == 0);
        return true;
      }
      backOff();
      seen = state;
    }
    return false;
  }

  /** After it was locked for reading: records that the calling thread did so. */
  private void recordReader(boolean wasFree) {
    long thread = Thread.currentThread().threadId();
    if (wasFree) {
      FIRST_READER.setOpaque(this, thread);
      Schedulers.keepThread();
    } else if (!isFirstReader(thread) && !hasUnknownReaders) {
      Routine.reads(this);
    }
  }

  /** Before it is unlocked for reading: what the calling thread unlocks is no longer its own. */
  private void removeReader() {
    if (isFirstReader(Thread.currentThread().threadId())) {
      FIRST_READER.setOpaque(this, 0L);
    } else if (!hasUnknownReaders && !Routine.readsNoLonger(this)) {
      hasUnknownReaders = true;
    }
  }

  private boolean isFirstReader(long thread) {
    return (long) FIRST_READER.getOpaque(this) == thread;
  }

  private void unlockReading() {
    while (true) {
      long seen = state;
      if (seen < READER || (seen & WRITING) != 0) {
        throw new IllegalStateException("unlock of RWMutex that is not locked for reading");
      }
      boolean lastOfQueued = (seen & QUEUED) != 0 && seen < 2 * READER;
      if (lastOfQueued) {
        Wakeups wakeups = Wakeups.ofUnlock();
        enter();
        boolean done = STATE.compareAndSet(this, seen, seen - READER);
        if (done) {
          admitWriterLocked(wakeups);
          admitReadersLocked(wakeups);
          updateQueuedLocked();
        }
        exit();
        wakeups.wake();
        if (done) {
          return;
        }
      } else if (STATE.compareAndSet(this, seen, seen - READER)) {
        return;
      } else {
        backOff();
      }
    }
  }

  /** Waits until it is locked; false if the deadline passes first. */
  private boolean await(boolean write, WaitReason reason, @Nullable Context context, long deadline)
      throws InterruptedException {
    if (deadline == Clock.NEVER && tryForAMoment(write, reason, context)) {
      return true;
    }
    Waiter self = Waiter.current();
    boolean locked = lockOrQueue(self, write) || self.await(reason, context, deadline);
    if (locked && !write) {
      recordReader(false);
    }
    return locked;
  }

  /**
   * Tries to lock for a moment, unless others wait already. Whoever queues has all who come later
   * queue as well, and each of them parks and is woken: that takes longer than most hold the lock.
   */
  private boolean tryForAMoment(boolean write, WaitReason reason, @Nullable Context context)
      throws InterruptedException {
    for (int looks = 0; (state & QUEUED) == 0 && hesitate(looks, reason, context); looks++) {
      if (write ? state == 0 && acquire() : tryLockReading()) {
        return true;
      }
    }
    return false;
  }

  boolean isTaken(boolean write) {
    long seen = state;
    return (seen & WRITING) != 0 ? write : !write && seen >= READER;
  }

  /** For {@link Cond}, whose wait ends with the lock held whatever happens. */
  void lockUninterruptibly(boolean write) {
    Waiter self = Waiter.current();
    if (!lockOrQueue(self, write)) {
      self.awaitUninterruptibly(write ? WaitReason.RWMUTEX_LOCK : WaitReason.RWMUTEX_RLOCK);
    }
    if (!write) {
      recordReader(false);
    }
  }

  /** Locks, or queues the waiter and returns false. */
  private boolean lockOrQueue(Waiter self, boolean write) {
    Schedulers.keepThread(); // it may be handed the lock
    enter();
    boolean locked = acquireOrQueueLocked(write);
    if (!locked) {
      self.prepare(this, null);
      (write ? writers : readers).add(self);
    }
    exit();
    return locked;
  }

  /** Whether a state lets the lock be taken at once. */
  private boolean isFreeLocked(long seen, boolean write) {
    assert isHeld();
    return write
        ? (seen & ~QUEUED) == 0 && writers.isEmpty() && readers.isEmpty()
        : (seen & WRITING) == 0 && writers.isEmpty();
  }

  /** What the calling thread adds to the state when it locks. */
  private static long one(boolean write) {
    if (write) {
      Schedulers.keepThread();
    }
    return write ? writing(Thread.currentThread()) : READER;
  }

  /** Locks, or leaves QUEUED set for a waiter. */
  private boolean acquireOrQueueLocked(boolean write) {
    assert isHeld();
    while (true) {
      long seen = state;
      boolean free = isFreeLocked(seen, write);
      long wanted = free ? seen + one(write) : seen | QUEUED;
      if (STATE.compareAndSet(this, seen, wanted)) {
        return free;
      }
    }
  }

  /** With QUEUED set: lets all readers in that wait, unless a writer has it. */
  private void admitReadersLocked(Wakeups wakeups) {
    assert isHeld();
    if ((state & WRITING) == 0) {
      for (Node node = readers.poll(); node != null; node = readers.poll()) {
        admitReaderLocked(node, wakeups);
      }
    }
  }

  /** Counts before the claim: the reader may unlock at once. */
  private void admitReaderLocked(Node node, Wakeups wakeups) {
    assert isHeld();
    STATE.getAndAdd(this, READER);
    if (!wakeups.claim(node)) {
      STATE.getAndAdd(this, -READER);
    }
  }

  /** With QUEUED set: gives the lock to the first writer, if it is free. */
  private void admitWriterLocked(Wakeups wakeups) {
    assert isHeld();
    Node node;
    while ((state & ~QUEUED) == 0 && (node = writers.poll()) != null) {
      state = QUEUED | writing(Objects.requireNonNull(Waiter.of(node).sleeper()));
      if (!wakeups.claim(node)) {
        state = QUEUED;
      }
    }
  }

  private void updateQueuedLocked() {
    assert isHeld();
    if (readers.isEmpty() && writers.isEmpty()) {
      STATE.getAndBitwiseAnd(this, ~QUEUED);
    }
  }

  /**
   * A writer may have left. Readers that wait behind no other can go; so can those of a select that
   * wait behind nothing but its own write cases, as it would wait for itself otherwise.
   */
  @Override
  void withdrawnLocked(Node node, Wakeups wakeups) {
    assert isHeld();
    Node first = writers.first();
    if (first == null) {
      admitReadersLocked(wakeups);
    } else if (first != first.waiter && (state & WRITING) == 0) {
      admitReaderLocked(first.waiter, wakeups);
    }
    updateQueuedLocked();
  }

  /** Lets a select in to read if all writers that wait are its own. */
  private void admitReaderLocked(@Nullable Waiter select, Wakeups wakeups) {
    assert isHeld();
    if (waitsForOwnWritersOnlyLocked(select)) {
      Node node = readers.first();
      while (node != null && node.waiter != select) {
        node = node.next;
      }
      if (node != null) {
        readers.remove(node);
        admitReaderLocked(node, wakeups);
      }
    }
  }

  /** Whether no other waiter's writers are queued. */
  private boolean waitsForOwnWritersOnlyLocked(@Nullable Waiter reader) {
    assert isHeld();
    Node writer = writers.first();
    while (writer != null && writer.waiter == reader) {
      writer = writer.next;
    }
    return writer == null;
  }

  @Override
  long holder() {
    long seen = state;
    return (seen & WRITING) != 0 ? seen / READER : 0;
  }

  /** Whether a waiter is queued to read. For those who look on. */
  boolean queuesToRead(Waiter waiter) {
    enter();
    boolean reads = waiter.queue == readers;
    exit();
    return reads;
  }

  /**
   * The goroutine that is to write before those who are queued to read. For those who look on.
   *
   * @return null if no goroutine waits, or if the first is a select, which may choose another case
   */
  @Nullable Routine firstWriter() {
    enter();
    Node first = writers.first();
    exit();
    return first instanceof Routine writer ? writer : null;
  }

  /** The number of readers that hold it. */
  long readers() {
    long seen = state;
    return (seen & WRITING) != 0 ? 0 : seen / READER;
  }

  /** The number of the thread that is recorded in the lock as a reader; 0 if none is. */
  long firstReader() {
    return (long) FIRST_READER.getOpaque(this);
  }

  /** Whether recorded readers do read: no other thread has unlocked what they locked. */
  boolean knowsReaders() {
    return !hasUnknownReaders;
  }

  @Override
  public String toString() {
    long seen = state;
    return (seen & WRITING) != 0
        ? "RWMutex[locked]"
        : seen >= READER ? "RWMutex[" + seen / READER + " reading]" : "RWMutex[unlocked]";
  }

  private final class LockCase<R extends @Nullable Object> extends Case.Action<R> {
    private final WaitQueue waiting;
    private final boolean write;

    LockCase(WaitQueue waiting, boolean write, Supplier<? extends R> result) {
      super(RWMutex.this, result);
      this.waiting = waiting;
      this.write = write;
    }

    @Override
    boolean ready() {
      return RWMutex.this.isFreeLocked(state, write);
    }

    @Override
    boolean complete(Wakeups wakeups) {
      long seen = state;
      while (RWMutex.this.isFreeLocked(seen, write)) {
        if (STATE.compareAndSet(RWMutex.this, seen, seen + one(write))) {
          return true;
        }
        seen = state;
      }
      return false;
    }

    @Override
    boolean enqueue() {
      long seen = state;
      while (!isFreeLocked(seen)) {
        if (STATE.compareAndSet(RWMutex.this, seen, seen | QUEUED)) {
          Schedulers.keepThread();
          waiting.add(this);
          return true;
        }
        seen = state;
      }
      return false;
    }

    /** Its own write cases, which may be queued already, do not keep a select from reading. */
    private boolean isFreeLocked(long seen) {
      assert isHeld();
      return write
          ? RWMutex.this.isFreeLocked(seen, true)
          : (seen & WRITING) == 0 && waitsForOwnWritersOnlyLocked(waiter);
    }

    @Override
    boolean settle() {
      if (!write) {
        recordReader(false);
      }
      return true;
    }
  }

  /** The readers' side of a {@link RWMutex}. */
  public static final class Reading implements Locker {
    private final RWMutex mutex;

    private Reading(RWMutex mutex) {
      this.mutex = mutex;
    }

    RWMutex mutex() {
      return mutex;
    }

    @Override
    public void lock() throws InterruptedException {
      lock(null, Clock.NEVER);
    }

    @Override
    public void lock(Context context) throws InterruptedException {
      lock(Objects.requireNonNull(context, "context"), Clock.NEVER);
    }

    @Override
    public void lock(Duration timeout) throws InterruptedException, TimeoutException {
      if (!lock(null, Program.current().clock().deadline(timeout))) {
        throw Waiter.timedOut(WaitReason.RWMUTEX_RLOCK, timeout);
      }
    }

    private boolean lock(@Nullable Context context, long deadline) throws InterruptedException {
      mutex.touch();
      Waiter.check(WaitReason.RWMUTEX_RLOCK, context);
      return mutex.tryLockReading()
          || mutex.await(false, WaitReason.RWMUTEX_RLOCK, context, deadline);
    }

    @Override
    public boolean tryLock() {
      mutex.touch();
      return mutex.tryLockReading();
    }

    @Override
    public <R extends @Nullable Object> Case<R> onLock(Supplier<? extends R> result) {
      return mutex.new LockCase<R>(mutex.readers, false, result);
    }

    @Override
    public void unlock() {
      mutex.touchToGive();
      mutex.removeReader();
      mutex.unlockReading();
    }

    @Override
    public String toString() {
      return mutex + ".reading";
    }
  }
}

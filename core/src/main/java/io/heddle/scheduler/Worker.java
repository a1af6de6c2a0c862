package io.heddle.scheduler;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A platform thread that runs goroutines: Go's P and M in one.
 *
 * <p>A goroutine that a running goroutine wakes goes into {@link #next}, a slot that is looked at
 * before the queue: the two talk to each other, so what the one wrote is still in this processor's
 * cache, and the one that woke the other is about to wait for it. The task that was in the slot
 * moves to the queue. A goroutine that was started, or that yielded, goes to the queue directly.
 */
final class Worker extends Thread {
  // States:
  //
  //   RUNNING   has a task, or looks for one
  //   NAPPING   sleeps for a moment; to wake it for a goroutine just started is not worth it
  //   DOZING    sleeps for a limited time: other workers run, and may have something to steal soon
  //   PARKED    sleeps until woken: no other worker runs, or only those that are stuck
  //   ENDED     its thread is about to end
  //
  // Transitions; those out of a sleep are compare-and-sets, so only one thread makes each:
  //
  //   RUNNING          -> NAPPING, DOZING   the worker: it has found nothing
  //   RUNNING          -> PARKED            the worker: the same, and no other runs
  //   NAPPING, DOZING  -> RUNNING           the worker, when its time is over; its waker
  //   PARKED           -> RUNNING           its waker; the worker: its last look has found
  //                                         something, or a timer is due
  //   RUNNING          -> ENDED             the worker: a spare one that has found nothing, or the
  //                                         scheduler is closed

  static final int RUNNING = 0;

  static final int NAPPING = 1;
  static final int DOZING = 2;
  static final int PARKED = 3;
  static final int ENDED = 4;

  /**
   * After this many tasks in a row from the slot the queue gets a turn: two goroutines that only
   * talk to each other must not keep the others waiting.
   */
  private static final int SLOT_TURNS = 64;

  /** Every so many tasks, the global queue is looked at first, as in Go. */
  private static final int GLOBAL_TURN = 61;

  /**
   * Every so many tasks, timers are looked at: a look at the clock takes as long as a short task.
   */
  private static final int TIMERS_TURN = 8;

  /** How many goroutines follow each other on one thread at most: see {@link #pollUnstarted}. */
  static final int MOST_TURNS = TIMERS_TURN;

  private static final VarHandle NEXT;
  private static final VarHandle SLEEP;
  private static final VarHandle TASKS;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      NEXT = lookup.findVarHandle(Worker.class, "next", Runnable.class);
      SLEEP = lookup.findVarHandle(Worker.class, "sleep", int.class);
      TASKS = lookup.findVarHandle(Worker.class, "tasks", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final Scheduler scheduler;

  /** Tells one worker from another. */
  final int number;

  final RunQueue queue = new RunQueue();

  static final long NOT_SEEN = -1;

  /** What {@link #tasks} was at the monitor's last look. Monitor only. */
  long tasksSeen = NOT_SEEN;

  /** What {@link #tasks} was when observers learned that it is stuck. Monitor only. */
  long stuckReported = NOT_SEEN;

  /** What it recorded last, if anything. Owner only. */
  Recorder.@Nullable Ring ring;

  /** How often it took tasks from another. Owner only, others read it without order. */
  long steals;

  /** Set while the running goroutine starts another that has a thread. Owner only. */
  boolean starting;

  /** Set by the running goroutine, if it is to keep its thread. Owner only. */
  boolean keepsThread;

  /** Set while the worker starts a thread that it is to run at once. Owner only. */
  private boolean mounting;

  /** The carrier of that thread. Owner only. */
  private @Nullable Runnable mounted;

  /** See {@link #clearVectorRegisters}. */
  private final byte[] scratch = new byte[256];

  /** No constant: the compiler would copy without the routine. */
  private int scratchLength = 100;

  private volatile @Nullable Runnable next;
  private volatile int sleep;
  private volatile long tasks;
  private int slotTurns;
  private boolean batchTurn;

  Worker(Scheduler scheduler, String name, int number) {
    super(null, null, name + "-" + number, 0, false);
    this.number = number;
    this.scheduler = scheduler;
    setDaemon(true);
  }

  @Override
  public void run() {
    scheduler.work(this);
  }

  /** The number of tasks begun. It moves on as long as the worker is not stuck. */
  long tasks() {
    return (long) TASKS.getOpaque(this);
  }

  void begin() {
    TASKS.setOpaque(this, (long) TASKS.get(this) + 1);
  }

  boolean isGlobalTurn() {
    return (long) TASKS.get(this) % GLOBAL_TURN == 0;
  }

  boolean isTimersTurn() {
    return (long) TASKS.get(this) % TIMERS_TURN == 0;
  }

  /** Alternates. Owner only. */
  boolean isBatchTurn() {
    batchTurn = !batchTurn;
    return batchTurn;
  }

  boolean hasWork() {
    return queued() > 0;
  }

  int queued() {
    return queue.size() + (next == null ? 0 : 1);
  }

  @Nullable Runnable peekNext() {
    return next;
  }

  /**
   * Owner only: puts a woken goroutine first; the one that was first into the queue.
   *
   * @throws OutOfMemoryError if that does not fit; the task has then not been added
   */
  void addNext(Runnable task) {
    Runnable displaced = (Runnable) NEXT.getAndSet(this, task);
    if (displaced != null) {
      try {
        addLast(displaced);
      } catch (OutOfMemoryError e) {
        if (NEXT.compareAndSet(this, task, displaced)) {
          throw e;
        }
        NEXT.setVolatile(this, displaced); // another worker took the task: the slot is free
      }
    }
  }

  /**
   * Owner only. A task for which the queue has no room goes to the global one.
   *
   * @throws OutOfMemoryError if it has no room either; the task has then not been added
   */
  void addLast(Runnable task) {
    while (!queue.add(task)) {
      spill();
    }
    scheduler.added(this);
  }

  private void spill() {
    Runnable[] half = queue.stealHalf();
    if (half.length > 0) {
      try {
        scheduler.addGlobal(half);
      } catch (OutOfMemoryError e) {
        for (Runnable task : half) {
          queue.add(task); // no other thread adds, so there is room
        }
        throw e;
      }
    }
  }

  /** Owner only: the next task of this worker's own; null if absent. */
  @Nullable Runnable poll() {
    if (next != null && slotTurns < SLOT_TURNS) {
      Runnable task = (Runnable) NEXT.getAndSet(this, null);
      if (task != null) {
        slotTurns++;
        return task;
      }
    }
    slotTurns = 0;
    Runnable task = queue.poll();
    return task != null ? task : (Runnable) NEXT.getAndSet(this, null);
  }

  /** Owner only: whether the next task is a goroutine that has not begun. Others may take it. */
  boolean isUnstartedNext() {
    return next == null && !isTimersTurn() && !isGlobalTurn() && queue.isUnstartedFirst();
  }

  /**
   * Owner only: the next task, if that is a goroutine without a thread and nothing has to be done
   * before it. It counts as begun.
   */
  @Nullable Unstarted pollUnstarted() {
    if (!isUnstartedNext()) {
      return null;
    }
    Unstarted goroutine = queue.pollUnstarted();
    if (goroutine != null) {
      slotTurns = 0;
      begin();
    }
    return goroutine;
  }

  /** Called by the worker itself: starts a thread, and returns its carrier. */
  Runnable startHere(Thread thread) {
    mounting = true;
    try {
      Listing.start(thread);
      clearVectorRegisters();
      return Objects.requireNonNull(mounted);
    } finally {
      mounting = false;
      mounted = null;
    }
  }

  /**
   * Has the processor forget the upper halves of its vector registers. The JIT's code clears the
   * memory of a new thread with AVX instructions. On x86, the next SSE instruction then takes about
   * a hundred nanoseconds, and the JVM has some where it restores a goroutine's stack. The JVM's
   * routine for copying ends with VZEROUPPER.
   */
  private void clearVectorRegisters() {
    System.arraycopy(scratch, 0, scratch, scratchLength, scratchLength);
  }

  /** Called by the worker itself: whether the task is that of the thread that it starts. */
  boolean mounts(Runnable task) {
    boolean mine = mounting;
    if (mine) {
      mounting = false; // the first task is the thread's
      mounted = task;
    }
    return mine;
  }

  /**
   * Takes tasks from another worker: one to run, the rest into the own queue.
   *
   * @param slot whether the task in the slot may be taken, if there is no other
   */
  @Nullable Runnable stealFrom(Worker victim, boolean slot) {
    Runnable[] half = victim.queue.stealHalf();
    if (half.length > 0) {
      return accept(half);
    }
    Runnable task = slot ? victim.next : null;
    return task != null && NEXT.compareAndSet(victim, task, null) ? task : null;
  }

  /** Owner only: takes over tasks, the first of them to be run at once. */
  Runnable accept(Runnable[] tasks) {
    int i = 1;
    while (i < tasks.length) {
      try {
        addLast(tasks[i]);
        i++;
      } catch (OutOfMemoryError e) {
        Scheduler.awaitMemory(); // or until others have taken something
      }
    }
    return tasks[0];
  }

  /** Moves everything to the global queue, on behalf of a worker that is stuck. */
  boolean giveUp() {
    boolean moved = false;
    for (Runnable[] half = queue.stealHalf(); half.length > 0; half = queue.stealHalf()) {
      scheduler.addGlobalSurely(half);
      moved = true;
    }
    Runnable task = next;
    if (task != null) {
      Runnable[] alone = {task}; // made first: there may be no memory for it
      if (NEXT.compareAndSet(this, task, null)) {
        scheduler.addGlobalSurely(alone);
        moved = true;
      }
    }
    return moved;
  }

  /** What it does, in a word. */
  String stateName() {
    return switch (sleep) {
      case PARKED -> "parked";
      case NAPPING, DOZING -> "searching";
      case ENDED -> "ended";
      default -> "running";
    };
  }

  int sleepState() {
    return sleep;
  }

  void sleepState(int state) {
    sleep = state;
  }

  /** Ends a sleep, by its owner or by the thread that wakes it; only one of them does. */
  boolean endSleep(int state) {
    return SLEEP.compareAndSet(this, state, RUNNING);
  }
}

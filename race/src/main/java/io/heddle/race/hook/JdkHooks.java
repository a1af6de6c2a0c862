package io.heddle.race.hook;

import io.heddle.race.clock.Operation;
import io.heddle.race.clock.Starts;
import io.heddle.race.clock.SyncVar;
import io.heddle.race.clock.ThreadState;
import io.heddle.race.clock.WeakIdentityMap;
import org.jspecify.annotations.Nullable;

/** What classes of the JDK call once the agent has woven them. */
public final class JdkHooks {
  /** The part of a thread that interrupts are released to. */
  static final String INTERRUPT = "interrupt";

  /** Tasks that were forked by an operation that calls back. */
  private static final WeakIdentityMap<Part> TAKING_PART = new WeakIdentityMap<>();

  private static volatile boolean takesPart;

  /** What a task is part of, and what the thread that runs it was in before. */
  private static final class Part {
    final Operation operation;
    @Nullable Operation before;

    Part(Operation operation) {
      this.operation = operation;
    }
  }

  private JdkHooks() {}

  /** A thread is about to be started. */
  public static void starting(Thread thread) {
    Starts.add(thread);
  }

  /** The calling thread's task has ended. A goroutine's end is seen in Heddle's own class. */
  public static void ending() {
    ThreadState state = ThreadState.ofPlainThread();
    if (state != null && state.isRunning()) {
      SyncVar.of(Thread.currentThread()).release(state);
      state.end();
    }
  }

  /** A thread is about to be interrupted: code that sees the interrupt comes after. */
  public static void interrupting(Thread thread) {
    SyncVar.of(thread, INTERRUPT).release(ThreadState.current());
  }

  /** A task is about to be given to another thread, or its outcome to be set. */
  public static void release(@Nullable Object task) {
    if (task != null) {
      SyncVar.of(task).release(ThreadState.current());
    }
  }

  /** A task is about to run, or its outcome is known. */
  public static void acquire(@Nullable Object task) {
    if (task != null) {
      SyncVar known = SyncVar.known(task);
      if (known != null) {
        known.acquire(ThreadState.current());
      }
    }
  }

  /** A task is about to be given to another thread, which then takes part in the operation. */
  public static void forks(Object task) {
    ThreadState thread = ThreadState.current();
    SyncVar.of(task).release(thread);
    Operation operation = thread.operation;
    if (operation != null) {
      TAKING_PART.get(task, key -> new Part(operation));
      takesPart = true;
    }
  }

  /** A task is about to run. */
  public static void executes(Object task) {
    acquire(task);
    Part part = takesPart ? TAKING_PART.get(task) : null;
    if (part != null) {
      ThreadState thread = ThreadState.current();
      part.before = thread.operation;
      thread.operation = part.operation;
    }
  }

  /** A task has run. */
  public static void executed(Object task) {
    Part part = takesPart ? TAKING_PART.get(task) : null;
    if (part != null) {
      ThreadState.current().operation = part.before;
    }
  }

  /**
   * The action of a cleaner is about to run. Their thread forgets its thread locals in between.
   *
   * @param cleanable what has the action
   */
  public static void cleans(Object cleanable) {
    acquire(cleanable);
    acquire(Thread.currentThread());
  }

  /** The action of a cleaner has run. */
  public static void cleaned() {
    release(Thread.currentThread());
  }

  /** As {@link #acquire}, if an operation has succeeded. */
  public static void acquireIf(@Nullable Object task, boolean success) {
    if (success) {
      acquire(task);
    }
  }

  /**
   * A task's outcome is about to be set: if the task was passed on, other threads may see the
   * outcome.
   */
  public static void completes(Object task) {
    SyncVar known = SyncVar.known(task);
    if (known != null) {
      known.release(ThreadState.current());
    }
  }

  /**
   * Something to run was made a task of a pool, unless it is a continuation of a virtual thread.
   *
   * @param runs what it runs
   */
  public static void adapted(Object task, @Nullable Object runs) {
    if (runs != null && !runs.getClass().getName().startsWith("java.lang.VirtualThread")) {
      release(task);
    }
  }

  /** Two tasks have ended. */
  public static void acquireBoth(Object first, Object second) {
    acquire(first);
    acquire(second);
  }

  /**
   * Tasks have ended.
   *
   * @param tasks a collection or an array
   */
  public static void acquireAll(Object tasks) {
    if (tasks instanceof Object[] array) {
      for (Object task : array) {
        acquire(task);
      }
    } else if (tasks instanceof Iterable<?> several) {
      for (Object task : several) {
        acquire(task);
      }
    }
  }
}

package io.heddle.scheduler;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Schedules goroutines over a few workers, as Go's scheduler does.
 *
 * <h2>Where a task goes</h2>
 *
 * <p>Woken by a running goroutine: the slot of that worker. Started by one, or yielding: the end of
 * that worker's queue. Made ready by any other thread: the global queue. A worker runs its slot,
 * its queue, the global queue, and then steals from other workers. Every 61 tasks, it takes from
 * the global queue first.
 *
 * <p>A task is either the continuation of a virtual thread, or an {@link Unstarted} goroutine,
 * which has no thread yet: see {@link SharedThread}.
 *
 * <h2>Stealing</h2>
 *
 * <p>Start spreads, wake-ups stay. A goroutine that was just woken is about to run where its data
 * is; to move it costs more than the work it does between two waits. So a thief looks at a queue
 * twice, a few microseconds apart, and takes only what has not moved in between.
 *
 * <h2>Going idle, and being woken</h2>
 *
 * <p>{@link Worker} has the states. <i>Entry.</i> A worker without a task searches for a few
 * microseconds; then it naps or dozes while {@code busy} is above {@code stuck}, for longer each
 * time, or parks. To park it sets its state, and then looks at everything once more. <i>Exit.</i>
 * Either the worker itself (the doze is over, the last look found something) or who wakes it
 * changes the state back to RUNNING with a compare-and-set; the waker then unparks it.
 *
 * <p><i>How each signal is caught.</i> A task in the global queue: its producer adds it first, then
 * looks for a sleeper to wake; a worker that parks sets its state first, then looks at the queue.
 * Both are volatile accesses, so at least one of the two sees the other. A task in a worker's own
 * queue: that worker is running and will get to it; others are woken only to share the work, so a
 * signal that is missed costs time and not the task. If the worker is stuck, the monitor moves its
 * tasks to the global queue. <i>Invariant.</i> While a task is queued anywhere, some worker is
 * RUNNING, NAPPING or DOZING, or about to be woken.
 */
public final class Scheduler implements Executor, AutoCloseable {
  private static final long FIRST_DOZE_NANOS = 20_000;

  /** No longer a doze is a nap. To wake a worker takes as long as ten short goroutines. */
  private static final long LONGEST_NAP_NANOS = 160_000;

  private static final long LAST_DOZE_NANOS = 1_000_000;

  /** Between two tries to get memory. */
  private static final long MEMORY_NANOS = 1_000_000;

  /**
   * As many look out for work while others run. The rest parks, however many processors there are.
   */
  private static final int MOST_DOZERS = 2;

  /** Tasks of its own that make a worker call for help at once. */
  static final int BACKLOG = 32;

  /** With those that stand in for others that are stuck. */
  public static final int MOST_WORKERS = 1024;

  private final String name;
  private final int parallelism;
  private final GlobalQueue global = new GlobalQueue();

  /** Workers that have a task. */
  private final AtomicInteger busy = new AtomicInteger();

  /** Workers that look for one, awake or dozing. */
  private final AtomicInteger searching = new AtomicInteger();

  /** All that have not ended. Replaced, never changed, with {@code this} locked. */
  private volatile Worker[] workers = {};

  private final Monitor monitor = new Monitor(this);

  private volatile @Nullable Timers timers;

  private volatile boolean closed;
  private int named;

  /**
   * Makes a scheduler and starts its workers.
   *
   * @param name what its threads' names begin with
   * @param parallelism how many goroutines can run at the same time, from 1 to {@link
   *     #MOST_WORKERS}
   * @throws IllegalArgumentException if it is not
   */
  public Scheduler(String name, int parallelism) {
    if (parallelism < 1 || parallelism > MOST_WORKERS) {
      throw new IllegalArgumentException(
          "parallelism: " + parallelism + " is not from 1 to " + MOST_WORKERS);
    }
    this.name = name;
    this.parallelism = parallelism;
    for (int i = 0; i < parallelism; i++) {
      addWorker();
    }
    monitor.start(name + "-monitor");
  }

  /**
   * The number of goroutines that can run at the same time.
   *
   * @return a positive number
   */
  public int parallelism() {
    return parallelism;
  }

  /**
   * Whether a thread is one of the workers.
   *
   * @param thread any thread
   * @return true if it runs this scheduler's tasks
   */
  public boolean isWorker(Thread thread) {
    return thread instanceof Worker worker && worker.scheduler == this;
  }

  /**
   * Whether a thread is a worker that has nothing to do. It sleeps until there is a task, or until
   * it has to look whether an alarm is due, but does nothing of its own accord.
   *
   * @param thread any thread
   * @return true for an idle worker of this scheduler
   */
  public boolean isIdle(Thread thread) {
    return thread instanceof Worker worker
        && worker.scheduler == this
        && worker.sleepState() == Worker.PARKED;
  }

  /**
   * Whether a thread is the monitor, which runs no goroutine and wakes none that waits.
   *
   * @param thread any thread
   * @return true for this scheduler's monitor
   */
  public boolean isMonitor(Thread thread) {
    return monitor.isOn(thread);
  }

  /**
   * Starts a virtual thread of this scheduler as what it is: independent work, to be spread.
   *
   * @param thread a thread that was not started
   */
  public void start(Thread thread) {
    Worker worker = worker();
    if (worker == null) {
      Listing.start(thread);
    } else {
      worker.starting = true;
      try {
        Listing.start(thread);
      } finally {
        worker.starting = false;
      }
    }
  }

  /**
   * Starts a goroutine that gets a thread when its turn comes.
   *
   * @param goroutine one that was not started
   * @throws RejectedExecutionException if the scheduler is closed
   */
  public void start(Unstarted goroutine) {
    Headroom.forQueueing();
    Worker worker = worker();
    if (worker == null) {
      addFromOutside(goroutine);
    } else {
      addIndependent(worker, goroutine);
    }
  }

  /** Called by a thread whose next goroutine turns out to have a thread of its own. */
  void startOwn(Unstarted goroutine) {
    Thread thread = goroutine.ownThread();
    if (thread != null) {
      try {
        start(thread);
      } catch (IllegalThreadStateException e) {
        // the caller that asked for the thread has started it
      } catch (Throwable e) {
        goroutine.fail(e);
      }
    }
  }

  /** Has the goroutine that the calling code belongs to, if any, keep its thread when it ends. */
  public static void keepThread() {
    if (Carriers.current() instanceof Worker worker) {
      worker.keepsThread = true;
    }
  }

  /** The worker that the calling code runs on; null if it runs on none. */
  @Nullable Worker worker() {
    return Carriers.current() instanceof Worker worker && worker.scheduler == this ? worker : null;
  }

  /** Called by a thread that shares goroutines: the next one, null if the thread is to end. */
  @Nullable Unstarted nextUnstarted() {
    Worker worker = worker();
    return worker == null ? null : worker.pollUnstarted();
  }

  /**
   * Has the workers look after timers.
   *
   * @param served what they look after, from now on
   */
  public void serve(Timers served) {
    timers = served;
  }

  /** Has a worker see when the next timer is due, if none would do so anyway. */
  public void lookAtTimers() {
    if (!isAnyMoving()) {
      wake();
    }
  }

  /**
   * Which worker the calling code runs on.
   *
   * @return a number from 1 on; -1 if it runs on none
   */
  public int currentWorker() {
    return Carriers.current() instanceof Worker worker && worker.scheduler == this
        ? worker.number
        : -1;
  }

  /**
   * Whether the calling code may wait, without giving its worker up, for what a goroutine does that
   * runs at the same time: there is one, and none is queued here. Go's {@code
   * sync_runtime_canSpin}.
   *
   * @return false if it had better park
   */
  public boolean canSpin() {
    Thread carrier = Carriers.current();
    int self = carrier != null && isWorker(carrier) ? 1 : 0;
    return busy.get() > self && queuedHere() == 0;
  }

  /**
   * How many goroutines are queued on the worker that the calling code runs on.
   *
   * @return 0, too, if it runs on none
   */
  public int queuedHere() {
    return Carriers.current() instanceof Worker worker && worker.scheduler == this
        ? worker.queued()
        : 0;
  }

  /** Called by virtual threads of this scheduler when they can continue. */
  @Override
  public void execute(Runnable task) {
    Headroom.forQueueing(); // the caller may be any code of the JDK, at any depth
    if (Carriers.current() instanceof Worker worker && worker.scheduler == this) {
      if (worker.starting) {
        addIndependent(worker, task);
      } else if (Thread.currentThread() != worker) {
        worker.addNext(task);
        share();
      } else if (!worker.mounts(task)) {
        worker.addLast(task); // on no goroutine: the one that just ran has yielded
      }
    } else {
      addFromOutside(task);
    }
  }

  private void addFromOutside(Runnable task) {
    if (closed) {
      throw new RejectedExecutionException("the scheduler is closed");
    }
    addGlobal(task);
  }

  /** Adds a goroutine that one of this worker's has started. */
  private void addIndependent(Worker worker, Runnable task) {
    worker.addLast(task);
    if (worker.queue.size() > 1) {
      call(); // worth it even if a worker dozes and would take it
    }
  }

  void addGlobal(Runnable task) {
    global.add(task);
    wake();
  }

  void addGlobal(Runnable[] batch) {
    global.addBatch(batch);
    wake();
  }

  /** Adds tasks that cannot stay where they were, however long that takes. */
  void addGlobalSurely(Runnable[] batch) {
    while (true) {
      try {
        addGlobal(batch);
        return;
      } catch (OutOfMemoryError e) {
        awaitMemory();
      }
    }
  }

  static void awaitMemory() {
    LockSupport.parkNanos(MEMORY_NANOS);
  }

  /** After a worker has added to its queue. */
  void added(Worker worker) {
    share();
    if (worker.queue.size() == BACKLOG) {
      wake();
    }
  }

  /**
   * Sees to it that a worker looks for work while there is some: the worker that has it may not get
   * to it for long. Who is woken then dozes while others run, so this costs once in a busy period.
   */
  private void share() {
    if (searching.get() == 0) {
      wake();
    }
  }

  /**
   * Whether a worker has a task that it may soon be done with. One that is stuck starts nothing
   * that it would not call for, and may be so forever: to doze beside it would look like life.
   */
  private boolean isAnyMoving() {
    return busy.get() > monitor.stuck();
  }

  /** Wakes one worker that sleeps, a parked one if there is one. */
  private void wake() {
    if (!call()) {
      wakeOne(Worker.NAPPING);
    }
  }

  /**
   * As {@link #wake}, for work that a worker may well do itself: a worker that naps takes it soon.
   */
  private boolean call() {
    return wakeOne(Worker.PARKED) || wakeOne(Worker.DOZING);
  }

  /** Wakes a worker that sleeps in this state; false if no worker does. */
  boolean wakeOne(int state) {
    for (Worker worker : workers) {
      if (worker.sleepState() == state && worker.endSleep(state)) {
        LockSupport.unpark(worker);
        return true;
      }
    }
    return false;
  }

  /** All that have not ended. The array is never changed. */
  Worker[] workers() {
    return workers;
  }

  /** What a worker does all its life. */
  void work(Worker self) {
    Thief thief = new Thief(self);
    while (true) {
      Runnable task = next(self);
      if (task == null) {
        task = search(self, thief);
        if (task == null) {
          return;
        }
      }
      self.begin();
      try {
        if (task instanceof Unstarted goroutine) {
          begin(self, goroutine);
        } else {
          task.run();
        }
      } catch (Throwable e) { // not a goroutine's: those catch their own
        report(self, e);
      }
    }
  }

  /** Gives a goroutine a thread, unless it has one, and runs that. */
  private void begin(Worker self, Unstarted goroutine) {
    Runnable started = startThread(self, goroutine);
    if (started != null) {
      started.run();
    }
  }

  /**
   * Tries until there is memory for a thread: the caller that started the goroutine relies on it.
   */
  private @Nullable Runnable startThread(Worker self, Unstarted goroutine) {
    while (true) {
      Thread own = goroutine.ownThread();
      try {
        return self.startHere(own != null ? own : newSharedThread(goroutine));
      } catch (IllegalThreadStateException e) {
        return null; // the caller that asked for the thread has started it
      } catch (Throwable e) {
        if (own != null || !(e instanceof OutOfMemoryError)) { // no thread can be started twice
          goroutine.fail(e);
          return null;
        }
        awaitMemory();
      }
    }
  }

  private Thread newSharedThread(Unstarted first) {
    return Carriers.newBareThread(this, new SharedThread(this, first));
  }

  /** A worker continues whatever fails: no other thread runs its tasks. */
  private static void report(Worker self, Throwable e) {
    try {
      Thread.UncaughtExceptionHandler handler = self.getUncaughtExceptionHandler();
      handler.uncaughtException(self, e);
    } catch (Throwable failure) {
      // A handler that fails, for want of memory most likely, can only be left out.
    }
  }

  private @Nullable Runnable next(Worker self) {
    if (self.isTimersTurn()) {
      runTimers();
    }
    if (self.isGlobalTurn()) {
      Runnable task = pollGlobal(self);
      if (task != null) {
        return task;
      }
    }
    Runnable task = self.poll();
    return task != null ? task : pollGlobal(self);
  }

  private void runTimers() {
    Timers served = timers;
    if (served != null) {
      try {
        served.runDue();
      } catch (OutOfMemoryError e) {
        // They stay due, and the next look comes soon.
      }
    }
  }

  /** Takes from the two global queues in turn, so that neither keeps the other waiting. */
  @Nullable Runnable pollGlobal(Worker self) {
    if (self.isBatchTurn()) {
      Runnable task = pollBatch(self);
      return task != null ? task : global.poll();
    }
    Runnable task = global.poll();
    return task != null ? task : pollBatch(self);
  }

  private @Nullable Runnable pollBatch(Worker self) {
    Runnable[] batch = global.pollBatch();
    return batch == null ? null : self.accept(batch);
  }

  /** Looks for a task until there is one; null if the worker has to end. */
  private @Nullable Runnable search(Worker self, Thief thief) {
    busy.decrementAndGet();
    searching.incrementAndGet();
    if (Recorder.isOn()) {
      Recorder.record(Recorder.IDLE, 0, self.number);
    }
    self.queue.forget();
    long doze = FIRST_DOZE_NANOS;
    while (true) {
      Runnable task = look(self, thief);
      if (task != null) {
        searching.decrementAndGet();
        if (busy.incrementAndGet() == 1) {
          monitor.wakeUp();
        }
        if (Recorder.isOn()) {
          Recorder.record(Recorder.BUSY, 0, self.number);
        }
        return task;
      }
      if (closed || retire(self)) {
        searching.decrementAndGet();
        remove(self);
        return null;
      }
      if (isAnyMoving() && searching.get() <= MOST_DOZERS) {
        int state = doze <= LONGEST_NAP_NANOS ? Worker.NAPPING : Worker.DOZING;
        self.sleepState(state);
        if (global.isEmpty()) {
          LockSupport.parkNanos(this, doze);
        }
        // Who was called and finds nothing naps again first, so that it is not called for each
        // start.
        doze = self.endSleep(state) ? Math.min(doze * 2, LAST_DOZE_NANOS) : FIRST_DOZE_NANOS;
      } else {
        park(self);
        doze = FIRST_DOZE_NANOS;
      }
    }
  }

  private @Nullable Runnable look(Worker self, Thief thief) {
    runTimers();
    try {
      Runnable task = self.poll();
      return task != null ? task : thief.lookAround();
    } catch (OutOfMemoryError e) {
      return null; // nothing was taken; the next look comes soon
    }
  }

  private void park(Worker self) {
    searching.decrementAndGet();
    self.sleepState(Worker.PARKED);
    if (closed || hasWork() || (isAnyMoving() && searching.get() == 0)) {
      self.endSleep(Worker.PARKED);
    }
    Timers served = isAnyMoving() ? null : timers; // else those who run look after them
    long time = served == null ? Long.MAX_VALUE : served.untilNext();
    while (self.sleepState() == Worker.PARKED) {
      if (time == Long.MAX_VALUE) {
        LockSupport.park(this);
      } else if (time > 0) {
        LockSupport.parkNanos(this, time);
        time = served == null ? time : served.untilNext();
      } else {
        self.endSleep(Worker.PARKED);
      }
    }
    searching.incrementAndGet();
  }

  /**
   * Whether there is a task that no worker has begun.
   *
   * @return true if one was seen
   */
  public boolean hasWork() {
    if (!global.isEmpty()) {
      return true;
    }
    for (Worker worker : workers) {
      if (worker.hasWork()) {
        return true;
      }
    }
    return false;
  }

  /** Whether this worker is one too many. */
  private boolean retire(Worker self) {
    if (workers.length - monitor.stuck() <= parallelism) {
      return false;
    }
    synchronized (this) {
      if (workers.length - monitor.stuck() <= parallelism) {
        return false;
      }
      try {
        remove(self);
        return true;
      } catch (OutOfMemoryError e) {
        return false;
      }
    }
  }

  /**
   * What its queues and workers look like from outside.
   *
   * @param queued the tasks that belong to no worker
   * @param stuck the workers that have run one goroutine for a long time
   * @param steals how often a worker that still lives took tasks from another
   * @param workers each worker
   */
  public record State(int queued, int stuck, long steals, List<WorkerState> workers) {}

  /**
   * A worker.
   *
   * @param name its name
   * @param state what it does: running, searching or parked
   * @param queued its tasks that have not begun
   * @param tasks how many tasks it has begun
   */
  public record WorkerState(String name, String state, int queued, long tasks) {}

  /**
   * Looks at the queues and workers, which continue meanwhile.
   *
   * @return how they were
   */
  public State state() {
    List<WorkerState> states = new ArrayList<>();
    long steals = 0;
    for (Worker worker : workers) {
      states.add(
          new WorkerState(
              worker.getName(), worker.stateName(), worker.queued(), Math.max(0, worker.tasks())));
      steals += worker.steals;
    }
    return new State(global.size(), monitor.stuck(), steals, states);
  }

  private synchronized void remove(Worker self) {
    List<Worker> rest = new ArrayList<>(List.of(workers));
    rest.remove(self);
    workers = rest.toArray(Worker[]::new);
    self.sleepState(Worker.ENDED);
  }

  // For the monitor.

  boolean isClosed() {
    return closed;
  }

  boolean isBusy() {
    return busy.get() > 0;
  }

  boolean hasGlobalWork() {
    return !global.isEmpty();
  }

  synchronized void addWorker() {
    if (!closed && workers.length < MOST_WORKERS) {
      Worker worker = new Worker(this, name, ++named);
      Worker[] all = Arrays.copyOf(workers, workers.length + 1);
      all[all.length - 1] = worker;
      workers = all;
      busy.incrementAndGet(); // until its first search
      boolean started = false;
      try {
        worker.start();
        started = true;
      } finally {
        if (!started) { // no memory for a thread: it never was
          busy.decrementAndGet();
          remove(worker);
        }
      }
    }
  }

  /** Ends the workers and the monitor. Goroutines that wait then will never run again. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    for (Worker worker : workers) {
      worker.endSleep(Worker.PARKED);
      LockSupport.unpark(worker); // also for those who doze
    }
    monitor.end();
  }
}

package io.heddle;

import io.heddle.Snapshot.Activity;
import io.heddle.internal.Events;
import io.heddle.internal.Failing;
import io.heddle.internal.Failures;
import io.heddle.jvm.Observers;
import io.heddle.jvm.ThreadFields;
import io.heddle.scheduler.Headroom;
import io.heddle.scheduler.Recorder;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A goroutine: its task, its {@linkplain Threaded thread} once it has one, and all that is known of
 * it. It is also the waiter of its own blocking operations, so these allocate nothing.
 *
 * <p>The way from a thread to its goroutine is the thread's uncaught exception handler, which is
 * the goroutine. It is a field of the thread, so this costs neither a thread local nor a map, in a
 * program that may have a million of them.
 */
sealed class Routine extends Cancellable implements Goroutine<@Nullable Object>
    permits ObservedRoutine {
  /** After so many changes under a dump's eyes a goroutine is running. */
  private static final int CLEAR_LOOKS = 3;

  private static final VarHandle ENDED;
  private static final VarHandle OLDER;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      ENDED = lookup.findVarHandle(Routine.class, "ended", Signal.class);
      OLDER = lookup.findVarHandle(Routine.class, "older", Object.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static final Signal HAS_ENDED = new Signal(WaitReason.JOIN, null);

  static {
    HAS_ENDED.fire();
    Failing.register(Routine::failing);
    Failures.register(e -> e instanceof ContextException || e instanceof BubbleClock.Abandoned);
  }

  private final Program program;
  private final long id;
  private final long parentId;
  private final Creator creator;

  /**
   * Its {@link Task} until that begins; what a {@link Returning} one returned once it has ended. A
   * {@link GroupTask} stays, and has what it returned.
   */
  private @Nullable Object taskOrValue;

  /** Ends its waits at their deadlines: in a bubble its part in that, else made when needed. */
  private @Nullable Alarm wakeUpCall;

  private volatile boolean interruptedByEnd;

  /**
   * What it last locked for reading while others read, and still has locked. Its own, for the
   * search for circles of locks: others read it while the goroutine is asleep.
   */
  private @Nullable RWMutex reading;

  /** Whether a wait has told it that its program has failed. Its own. */
  private boolean toldOfFailure;

  private volatile @Nullable Throwable failure;

  /** Made when a caller wants to wait for the end; HAS_ENDED once that has come. */
  private volatile @Nullable Signal ended;

  // Its place among the program's goroutines, guarded by the program.
  @Nullable Routine younger;

  /** The next older one; or the {@link Dormant} that stands in its place, once there is one. */
  private @Nullable Object older;

  /** Use {@link #create}. */
  Routine(
      Program program,
      @Nullable String name,
      Task task,
      Object origin,
      @Nullable Propagation propagation) {
    Objects.requireNonNull(task, "go of a null task");
    this.program = program;
    this.id = program.nextId();
    this.taskOrValue = propagation == null ? task : propagation.restoring(task);
    Thread starter = Thread.currentThread();
    Routine parent = of(starter);
    // One that is started late is started by whoever happens to run an alarm or to cancel a
    // context.
    boolean isLate = origin instanceof Creator;
    this.parentId = parent == null || isLate ? 0 : parent.id;
    this.creator = origin instanceof Creator known ? known : Creator.of(origin);
    if (!Schedulers.shareThreads()
        || name != null
        || program.clock() != SystemClock.INSTANCE
        || (!isLate && inherits(starter))
        || (propagation != null && propagation.hasBindings())) {
      Thread thread = Schedulers.newThread(this);
      if (isLate) {
        thread.setContextClassLoader(program.loader());
      }
      if (name != null) {
        thread.setName(name);
      }
      if (propagation != null) {
        propagation.bind(thread);
      }
      hasOwnThread(thread);
    }
    if (Observers.WANTED && propagation != null) {
      propagation.label(this);
    }
    if (Observers.WANTED) {
      Propagation.inheritLabels(parent, this);
    }
    this.wakeUpCall = program.clock().admit(this);
  }

  private static Routine create(
      Program program,
      @Nullable String name,
      Task task,
      Object origin,
      @Nullable Propagation propagation) {
    return Observers.WANTED
        ? ObservedRoutine.create(program, name, task, origin, propagation)
        : new Routine(program, name, task, origin, propagation);
  }

  /** Whether a thread that this one makes gets anything from it. */
  private boolean inherits(Thread starter) {
    return ThreadFields.haveInheritableLocals(starter)
        || starter.getContextClassLoader() != program.loader();
  }

  @Override
  @Nullable ClassLoader loader() {
    return program.loader();
  }

  /**
   * The goroutine of a thread; null if the thread runs no goroutine, or the goroutine has ended.
   */
  static @Nullable Routine of(Thread thread) {
    // A thread can be given another's handler, and must not be taken for that goroutine.
    return ThreadFields.handler(thread) instanceof Routine routine && routine.runsOn(thread)
        ? routine
        : null;
  }

  /** The context that the calling thread runs under. */
  static Context currentContext() {
    Routine routine = of(Thread.currentThread());
    return routine == null ? RootContext.BACKGROUND : routine.context();
  }

  static Routine start(Program program, @Nullable String name, Context context, Task task) {
    return start(program, name, context, task, task);
  }

  /** Starts a goroutine whose value is what the callable returns. */
  static Routine startReturning(
      Program program, @Nullable String name, Context context, Callable<?> callable) {
    return start(program, name, context, new Returning(callable), callable);
  }

  /**
   * Starts a goroutine.
   *
   * @param origin the task that the user passed, where it is another than the one to run
   */
  static Routine start(
      Program program, @Nullable String name, Context context, Task task, Object origin) {
    Headroom.forTaking();
    return launch(program, name, context, task, origin, Propagation.capture());
  }

  /**
   * Starts a goroutine as a part of an operation that has made sure of stack for it.
   *
   * @param origin as for {@link #start}, or the place where the user asked for a goroutine that is
   *     started later
   * @param propagation what it inherits
   */
  static Routine launch(
      Program program,
      @Nullable String name,
      Context context,
      Task task,
      Object origin,
      @Nullable Propagation propagation) {
    Routine routine = create(program, name, task, origin, propagation);
    if (context != RootContext.BACKGROUND) {
      routine.follow(context);
    }
    if (!program.add(routine)) {
      routine.cancel();
    }
    Member member = routine.member();
    if (member != null) {
      member.start();
    }
    if (Recorder.isOn()) {
      Recorder.record(Recorder.START, keyOfCaller(), routine.key());
    }
    boolean started = false;
    try {
      if (routine.ownThread() == null) {
        Schedulers.start(routine);
      } else {
        routine.startOwnThread();
      }
      started = true;
    } finally {
      if (!started) { // out of memory or threads: the goroutine never was
        routine.end(null);
      }
    }
    if (member != null) {
      member.bubble.decide();
    }
    return routine;
  }

  /** What its thread runs. */
  @Override
  public void run() {
    if (Recorder.isOn()) {
      record(Recorder.BEGIN, 0);
    }
    if (Events.areMade()) {
      Events.started(program.number(), id, createdBy());
    }
    Throwable thrown = null;
    try {
      // No variable holds the task: what it refers to can go while it runs.
      if (taskOrValue instanceof Returning) {
        taskOrValue = ((Returning) begin()).callable().call();
      } else {
        begin().run();
      }
    } catch (Throwable e) {
      thrown = e;
    }
    end(thrown);
  }

  private Task begin() {
    Member member = member();
    if (member != null) {
      member.begin();
    }
    Task begun = (Task) Objects.requireNonNull(taskOrValue);
    if (!(begun instanceof GroupTask)) {
      taskOrValue = null;
    }
    return begun;
  }

  @Override
  public void fail(Throwable why) {
    hasNoThread();
    end(why);
  }

  private void end(@Nullable Throwable thrown) {
    if (Recorder.isOn()) {
      record(Recorder.END, 0);
    }
    if (Events.areMade()) {
      Events.ended(program.number(), id, thrown);
    }
    leaveContext();
    // Its failure is known before its end is, and the program ends after that. So a goroutine that
    // joins it learns of the failure, and one that the failure interrupts finds it done.
    try {
      if (thrown != null && thrown != failure) { // else the program knows of it already
        failure = thrown;
        if (!isQuiet(thrown)) {
          program.failed(this, thrown);
        }
      }
    } finally {
      Signal signal = (Signal) ENDED.getAndSet(this, HAS_ENDED);
      try {
        if (signal != null) {
          signal.fire();
        }
      } finally { // a waiter may not have been woken, for lack of memory
        try {
          leaveGroup();
        } finally {
          program.endIfFailed(this);
          program.remove(this);
          Member member = member();
          if (member != null) {
            member.end();
          }
        }
      }
    }
  }

  /** After its end is known: a caller that waits for a group finds its goroutines ended. */
  private void leaveGroup() {
    if (taskOrValue instanceof GroupTask<?> task) {
      taskOrValue = task.value(); // a handle keeps no other task
      task.leave();
    }
  }

  @Override
  @Nullable GroupTask<?> groupTask() {
    return taskOrValue instanceof GroupTask<?> task ? task : null;
  }

  /** The task of a group that the calling goroutine runs, null if it runs another. */
  static @Nullable GroupTask<?> currentGroupTask() {
    Routine routine = of(Thread.currentThread());
    return routine == null ? null : routine.groupTask();
  }

  @Override
  void interrupt() {
    program.clock().interrupt(this);
  }

  /** A goroutine that was never started, because its result is no longer needed. */
  static Routine refused(Program program, Object origin, Throwable why) {
    Routine routine = create(program, null, () -> {}, origin, null);
    routine.taskOrValue = null;
    routine.failure = why;
    routine.ended = HAS_ENDED;
    return routine;
  }

  /**
   * Comes last in a wait for the end of goroutines. That must not be taken for their success where
   * one of them has failed and ends the program: in Go, the program is gone at that moment. A
   * goroutine is notified once, here or by the interrupt, and can then wait again to clean up.
   *
   * @throws InterruptedException if the caller's program has failed, and it is news to the caller
   */
  static void checkProgram(WaitReason reason) throws InterruptedException {
    if (Program.haveAnyFailed()) {
      Routine self = of(Thread.currentThread());
      if (self != null && self.program.hasFailed() && self.isFailureNews()) {
        throw new InterruptedException(shown(reason) + ": the program has failed");
      }
    }
  }

  private boolean isFailureNews() {
    boolean told = toldOfFailure || interruptedByEnd; // read before the interrupt that precedes it
    toldOfFailure = true;
    return Thread.interrupted() || !told;
  }

  /** Interrupts it because its program ends. */
  void endWithProgram() {
    cancel();
    interruptedByEnd = true;
  }

  /**
   * Called by the running goroutine's task with what it is about to throw: the program knows of the
   * failure from now on. If that ends the program, it has failed.
   */
  static void failing(Throwable thrown) {
    Routine routine = of(Thread.currentThread());
    if (routine != null && !routine.isQuiet(thrown)) {
      routine.failure = thrown;
      routine.program.failed(routine, thrown);
    }
  }

  /**
   * Called by the running goroutine's task: makes the throwable its {@link #failure}, if a caller
   * other than the program handles it.
   */
  static void caught(Throwable thrown) {
    Routine routine = of(Thread.currentThread());
    if (routine != null) {
      routine.failure = thrown;
    }
  }

  /** Whether the goroutine threw this because it was cancelled. */
  private boolean isQuiet(Throwable thrown) {
    return isToEnd() && (thrown instanceof ContextException || Failures.isInterruption(thrown));
  }

  /** What {@link #run} let through, which is nothing; or what killed the thread before that. */
  @Override
  public void uncaughtException(Thread dead, Throwable e) {
    program.failed(this, e);
    program.endIfFailed(this);
  }

  @Override
  Clock clock() {
    return program.clock();
  }

  @Override
  Alarm wakeUpCall() {
    Alarm call = wakeUpCall;
    if (call == null) {
      call = new WakeUpCall(Thread.currentThread());
      wakeUpCall = call;
    }
    return call;
  }

  @Override
  void park() {
    LockSupport.park();
  }

  @Override
  void inSelect(@Nullable Select select) {
    if (wakeUpCall instanceof Member member) {
      member.select = select;
    }
    if (Observers.WANTED) {
      item = select; // its own node is not in use
    }
  }

  /** The select that it waits in, as far as that is known without a lock. */
  @Nullable Select selecting() {
    return item instanceof Select select ? select : null;
  }

  /** What it does, in a word or two, without its stack. */
  String doing() {
    WaitReason why = reason();
    return isDone()
        ? "ended"
        : isWaiting() && why != null
            ? why.toString()
            : isBlockedOutside()
                ? "waiting outside Heddle"
                : threadState() == Thread.State.NEW ? Activity.NOT_STARTED.what() : "running";
  }

  /** Fires when it has ended, if a caller has asked for it. */
  @Nullable Signal endIfAsked() {
    return ended;
  }

  @Override
  void under(@Nullable Waitable done) {
    if (wakeUpCall instanceof Member member) {
      member.done = done;
    }
  }

  /** Guarded by the program. */
  @Nullable Routine older() {
    return older instanceof Routine routine ? routine : null;
  }

  void older(@Nullable Routine routine) {
    older = routine;
  }

  @Nullable Dormant dormant() {
    return OLDER.getVolatile(this) instanceof Dormant place ? place : null;
  }

  void dormant(Dormant place) {
    OLDER.setVolatile(this, place);
  }

  @Override
  void seenWaitEnds() {
    Dormant place = dormant();
    if (place != null) {
      place.wakes(this);
    }
  }

  /** Its part in a bubble; null in real time. */
  @Nullable Member member() {
    return wakeUpCall instanceof Member member ? member : null;
  }

  Program program() {
    return program;
  }

  @Override
  long key() {
    return program.keyOf(id);
  }

  /** What identifies the calling goroutine, or another thread, for observers. */
  static long keyOfCaller() {
    Thread thread = Thread.currentThread();
    Routine routine = of(thread);
    return routine == null ? thread.threadId() : routine.key();
  }

  @Override
  public long id() {
    return id;
  }

  @Override
  public String name() {
    String given = givenName();
    return given != null ? given : "goroutine " + id;
  }

  /** What a message calls a thread: by its goroutine, if it has one. */
  static String nameOf(Thread thread) {
    Routine routine = of(thread);
    return text(routine == null ? 0 : routine.id, thread.getName());
  }

  /**
   * What a message calls a thread.
   *
   * @param id the number of its goroutine, 0 if absent
   * @param name the name of the thread, empty if absent
   */
  static String text(long id, String name) {
    String what = id == 0 ? "thread" : "goroutine ".concat(Long.toString(id));
    return id != 0 && name.isEmpty() ? what : what.concat(" \"").concat(name).concat("\"");
  }

  /** The thread keeps it; null if it was given none. */
  private @Nullable String givenName() {
    Thread thread = sleeper();
    String given = thread == null ? "" : thread.getName();
    return given.isEmpty() ? null : given;
  }

  @Override
  public String createdBy() {
    return creator + (parentId == 0 ? "" : " in goroutine " + parentId);
  }

  @Override
  public void join() throws InterruptedException {
    ended().receive();
  }

  @Override
  public void join(Context context) throws InterruptedException {
    ended().receive(context);
  }

  @Override
  public void join(Duration timeout) throws InterruptedException, TimeoutException {
    ended().receive(timeout);
  }

  @Override
  public @Nullable Object await() throws InterruptedException {
    named(WaitReason.AWAIT, () -> join());
    return outcome();
  }

  @Override
  public @Nullable Object await(Context context) throws InterruptedException {
    named(WaitReason.AWAIT, () -> join(context));
    return outcome();
  }

  @Override
  public @Nullable Object await(Duration timeout) throws InterruptedException, TimeoutException {
    named(WaitReason.AWAIT, () -> join(timeout));
    return outcome();
  }

  private @Nullable Object outcome() {
    Throwable thrown = failure;
    if (thrown != null) {
      throw Failures.report(thrown, CompletionException::new);
    }
    return value();
  }

  private @Nullable Object value() {
    return taskOrValue instanceof GroupTask<?> task ? task.value() : taskOrValue;
  }

  @Override
  public @Nullable Object result() {
    if (!isDone()) {
      throw new IllegalStateException("result of " + name() + ", which has not ended");
    }
    Throwable thrown = failure;
    if (thrown != null) {
      throw new IllegalStateException(
          "result of " + name() + ", which failed: " + Failures.text(thrown), thrown);
    }
    return value();
  }

  @Override
  public Case<@Nullable Object> onJoin() {
    return ended().onReceive(none -> outcome());
  }

  @Override
  @SuppressWarnings("NullAway") // the function takes nulls; NullAway drops the ? super @Nullable
  public <R extends @Nullable Object> Case<R> onJoin(
      Function<? super @Nullable Object, ? extends R> result) {
    Objects.requireNonNull(result, "result");
    return ended().onReceive(none -> result.apply(outcome()));
  }

  /** Itself, as the starter sees it: its type is that of the value of the task. */
  @SuppressWarnings("unchecked") // no other value gets into it
  <T extends @Nullable Object> Goroutine<T> handle() {
    return (Goroutine<T>) (Goroutine<?>) this;
  }

  @Override
  public boolean isDone() {
    return ended == HAS_ENDED;
  }

  @Override
  public @Nullable Throwable failure() {
    return isDone() ? failure : null;
  }

  private Signal ended() {
    Signal signal = ended;
    if (signal == null) {
      // It belongs to the bubble that the goroutine runs in, even if the first to wait is outside.
      Signal fresh = new Signal(WaitReason.JOIN, BubbleClock.of(program));
      Signal found = (Signal) ENDED.compareAndExchange(this, null, fresh);
      signal = found == null ? fresh : found;
    }
    return signal;
  }

  /** What it does, with the stack that belongs to that. */
  Snapshot snapshot(Holders holders) {
    synchronized (Watch.MARKING) {
      Seen mark = new Seen();
      for (int tries = 0; ; tries++) {
        Seen before = see(mark);
        Activity activity = activity(before, holders);
        StackTraceElement[] frames = stack();
        if (see(mark) == before && activity.isSame(activity(before, holders))) {
          boolean begun = activity != Activity.RUNNING || frames.length > 0;
          return snapshot(begun ? activity : Activity.NOT_STARTED, frames);
        } else if (tries == CLEAR_LOOKS) { // it comes and goes
          return snapshot(Activity.RUNNING, frames);
        }
      }
    }
  }

  /** What it does, with another stack than its thread's. */
  Snapshot snapshot(StackTraceElement[] frames) {
    return snapshot(activity(seen(), new Holders()), frames);
  }

  private Snapshot snapshot(Activity activity, StackTraceElement[] frames) {
    return new Snapshot(
        program.number(),
        id,
        givenName(),
        activity,
        List.of(frames),
        CancelContext.describeEnd(context()),
        createdBy());
  }

  /** Where it waits, by the stack of that wait. */
  LeakSite site(StackTraceElement[] frames) {
    return new LeakSite(
        givenName(), String.valueOf(reason()), Snapshot.own(List.of(frames)), creator.toString());
  }

  /** Whether it is blocked in the JDK. */
  boolean isBlockedOutside() {
    return switch (threadState()) {
      case BLOCKED, WAITING, TIMED_WAITING -> !isWaiting();
      case NEW, RUNNABLE, TERMINATED -> false;
    };
  }

  /**
   * Whether the waiting goroutine resumes only when the operation has happened or a caller
   * interrupts it by its handle: neither its wait nor the goroutine has a context, or a deadline.
   */
  boolean waitsForGood() {
    return !mayGiveUp() && !mayBeInterruptedByContext();
  }

  /** Records in the calling goroutine, if it is one, that it has locked a lock for reading. */
  static void reads(RWMutex mutex) {
    Routine routine = of(Thread.currentThread());
    if (routine != null) {
      routine.reading = mutex;
    }
  }

  /** Removes the record of {@link #reads}; false if the calling thread has none of the lock. */
  static boolean readsNoLonger(RWMutex mutex) {
    Routine routine = of(Thread.currentThread());
    if (routine == null || routine.reading != mutex) {
      return false;
    }
    routine.reading = null;
    return true;
  }

  /** The lock that is recorded in it as locked for reading. */
  @Nullable RWMutex reading() {
    return reading;
  }

  /** Whether another goroutine waits for the end of this one, which has not come. */
  boolean isJoinedBy(Routine other) {
    Signal signal = ended;
    return signal != null && signal != HAS_ENDED && signal.isAwaitedBy(other);
  }

  private Activity activity(@Nullable Seen mark, Holders holders) {
    if (isDone()) {
      return Activity.ENDED; // its thread may take a moment more
    }
    Thread.State state = threadState();
    WaitReason reason = reason();
    if (isWaiting() && reason != null) {
      long waited = mark == null ? 0 : System.nanoTime() - mark.at;
      return new Activity(reason.toString(), waited, holders.of(this));
    }
    return switch (state) {
      case NEW, RUNNABLE -> Activity.RUNNING;
      case BLOCKED -> new Activity("monitor");
      case WAITING, TIMED_WAITING -> new Activity("waiting outside Heddle");
      case TERMINATED -> Activity.ENDED;
    };
  }

  @Override
  public String toString() {
    return name() + " [" + activity(seen(), new Holders()) + "]";
  }

  /**
   * Clears the interrupt status of the calling thread until {@link #restoreInterrupt}, because an
   * interrupted thread does not park, and would keep its carrier. The clock of a bubble, which must
   * not move while a goroutine is interrupted, sees a mark instead.
   *
   * @return whether the thread was interrupted
   */
  static boolean suspendInterrupt() {
    if (!Thread.currentThread().isInterrupted()) {
      return false;
    }
    mark(true); // first, so that the clock, which looks at the status first, sees one of the two
    return Thread.interrupted();
  }

  static void restoreInterrupt() {
    Thread.currentThread().interrupt();
    mark(false);
  }

  private static void mark(boolean interrupted) {
    Routine routine = of(Thread.currentThread());
    if (routine != null && routine.wakeUpCall instanceof Member member) {
      member.interrupted = interrupted;
    }
  }

  /** Lets other goroutines run: of the bubble that the caller is in, or all. */
  @SuppressWarnings("ThreadPriorityCheck") // the caller asks for it
  static void yieldNow() {
    Headroom.forTaking();
    Routine routine = of(Thread.currentThread());
    if (routine != null && routine.wakeUpCall instanceof Member member) {
      member.bubble.giveWay();
    } else if (Thread.currentThread().isVirtual()) {
      Turns.giveWay();
    } else {
      Thread.yield();
    }
  }

  /** Tells observers of a wait of the calling goroutine, or another thread, that is over. */
  static void waited(Object wait, WaitReason reason) {
    Routine routine = of(Thread.currentThread());
    Events.waited(
        wait,
        reason.toString(),
        routine == null ? 0 : routine.program.number(),
        routine == null ? 0 : routine.id);
  }

  /**
   * Called by a goroutine, or any other thread, that has been notified that a context is done.
   *
   * @param end what has ended the context; null if that is not known
   */
  static void learnOfCancellation(@Nullable ContextEnd end) {
    Routine routine = of(Thread.currentThread());
    if (routine != null) {
      routine.learnsOfCancellation(end);
    }
  }

  /**
   * Called by a goroutine, or any other thread, that has received from a source, which may have
   * reported the end of a context.
   */
  static void learnOfCancellation(Source<?> source) {
    Routine routine = of(Thread.currentThread());
    if (routine != null && routine.mayBeInterruptedByContext()) {
      routine.learnsOfCancellation(source instanceof Signal signal ? signal.contextEnd() : null);
    }
  }

  /**
   * A task that returns a value. Its goroutine calls the callable itself, with no frame between.
   */
  record Returning(Callable<?> callable) implements Task {
    Returning {
      Objects.requireNonNull(callable, "go of a null task");
    }

    @Override
    public void run() throws Exception {
      callable.call();
    }
  }

  /** Ends a sleep. It may come late, and make a later one end early, which then looks again. */
  private static final class WakeUpCall extends Alarm {
    private final Thread sleeper;

    WakeUpCall(Thread sleeper) {
      this.sleeper = sleeper;
    }

    @Override
    void goOff() {
      LockSupport.unpark(sleeper);
    }

    @Override
    String what() {
      return "end of a wait";
    }

    @Override
    long waiter() {
      Routine routine = of(sleeper);
      return routine == null ? sleeper.threadId() : routine.key();
    }
  }
}

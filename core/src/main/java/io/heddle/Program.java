package io.heddle;

import io.heddle.internal.Alerts;
import io.heddle.internal.Failures;
import io.heddle.scheduler.Headroom;
import io.heddle.scheduler.Recorder;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The goroutines that belong together: those that one {@link Go#run} started, directly and
 * indirectly. They share a clock and a numbering, and a failure of one ends them all. Goroutines
 * started outside of any run belong to the ambient program, which has no end.
 */
final class Program {
  private static final AtomicLong NUMBERS = new AtomicLong();
  private static final Program AMBIENT = new Program(SystemClock.INSTANCE);

  /** How long the end of a program waits for goroutines that do not heed an interrupt. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  static {
    Diagnosis.install();
    LeakSearch.begin();
  }

  /** The number of the goroutine that runs the main function. */
  private static final long MAIN = 1;

  /** Tells the JVM's programs from each other; that of the ambient one is 0. */
  private final long number = NUMBERS.getAndIncrement();

  /** What the {@linkplain Routine#key keys} of its goroutines have in common. */
  private final long keys = Recorder.key(number, 0);

  private final Clock clock;

  /** Whether any program has ever failed: this can be asked without knowing the caller's. */
  private static volatile boolean haveAnyFailed;

  /** What takes failures; null if they end the program. */
  private final @Nullable FailureHandler handler;

  /** The program that the caller of {@link #run} belongs to. */
  private final @Nullable Program parent;

  /** The context class loader of those of its goroutines that do not inherit another. */
  private final @Nullable ClassLoader loader;

  private final AtomicLong ids = new AtomicLong();
  private final Registry registry = new Registry();

  /** What {@link #run} throws, once the program has failed; without its dump at first. */
  private final AtomicReference<@Nullable Supplier<PanicException>> panic = new AtomicReference<>();

  /** The goroutine that failed first. */
  private volatile @Nullable Routine first;

  /** What goroutines failed with after the first. */
  private final Failures later = new Failures();

  /**
   * Fires when the program is to end: its main function has returned, or a goroutine failed. Only
   * the caller of {@link #run}, which also makes the program, waits for it.
   */
  private final Signal over = new Signal(WaitReason.RUN, BubbleClock.current());

  /** Set when {@link #run} is about to return. */
  private volatile boolean stopped;

  Program(Clock clock) {
    this(clock, null);
  }

  Program(Clock clock, @Nullable FailureHandler handler) {
    this.clock = clock;
    this.handler = handler;
    Routine caller = Routine.of(Thread.currentThread());
    this.parent = caller == null ? null : caller.program();
    // The ambient program has no end, so it must not keep the loader of whoever came first.
    this.loader =
        number == 0
            ? Program.class.getClassLoader()
            : Thread.currentThread().getContextClassLoader();
  }

  static Program ambient() {
    return AMBIENT;
  }

  /** The program that the calling thread belongs to. */
  static Program current() {
    Routine routine = Routine.of(Thread.currentThread());
    return routine == null ? AMBIENT : routine.program();
  }

  long number() {
    return number;
  }

  /** What identifies one of its goroutines, for observers. */
  long keyOf(long goroutine) {
    return keys | goroutine;
  }

  Clock clock() {
    return clock;
  }

  @Nullable ClassLoader loader() {
    return loader;
  }

  long nextId() {
    return ids.incrementAndGet();
  }

  /** Adds a goroutine; false if the program has ended and the goroutine must, too. */
  boolean add(Routine routine) {
    registry.add(routine);
    return !stopped;
  }

  void remove(Routine routine) {
    registry.remove(routine);
    if (isMain(routine)) {
      clock.mainEnded(this);
    }
  }

  boolean isMain(Routine routine) {
    return routine.id() == MAIN && this != AMBIENT;
  }

  Registry registry() {
    return registry;
  }

  Signal over() {
    return over;
  }

  /** Has {@link #run} end the goroutines that are left, and return. */
  void end() {
    over.fire();
  }

  /** The goroutines that have not ended, by number. */
  List<Routine> goroutines() {
    return registry.all();
  }

  /** The goroutines of all programs that have not ended. */
  static List<Routine> allGoroutines() {
    return Watch.allPrograms().stream().flatMap(each -> each.goroutines().stream()).toList();
  }

  /** Runs a main function until it returns or the program fails. */
  void run(Task main) throws InterruptedException {
    start(main);
    awaitEnd();
  }

  /** Starts the main function. If that fails there is no program. */
  void start(Task main) throws InterruptedException {
    Objects.requireNonNull(main, "main");
    Headroom.forScope();
    Waiter.check(WaitReason.RUN, null);
    Watch.begin(this);
    boolean started = false;
    try {
      Routine.start(this, null, Context.background(), main);
      started = true;
    } finally {
      if (!started) {
        end();
        stop();
      }
    }
  }

  /** Waits until the main function returns or the program fails. */
  void awaitEnd() throws InterruptedException {
    InterruptedException interrupt = null;
    try {
      clock.awaitEnd(over);
    } catch (InterruptedException e) {
      interrupt = e;
    } finally {
      end();
      stop();
    }
    Supplier<PanicException> failure = panic.get();
    if (failure != null) {
      if (interrupt != null) {
        Thread.currentThread().interrupt(); // the failure must not be lost, nor may this
      }
      throw withLater(failure.get());
    }
    if (interrupt != null) {
      throw interrupt;
    }
  }

  private PanicException withLater(PanicException thrown) {
    for (Throwable other : later.all()) { // a wait group reports its own twice
      if (other != thrown.getCause()) {
        thrown.addSuppressed(other);
      }
    }
    return thrown;
  }

  /** Whether {@link #hasFailed} may be true of a program. */
  static boolean haveAnyFailed() {
    return haveAnyFailed;
  }

  /** Whether a goroutine has failed, or all are deadlocked, and the program is about to end. */
  boolean hasFailed() {
    return panic.get() != null && !stopped;
  }

  @Nullable Program parent() {
    return parent;
  }

  /** Whether its main function has returned, or a goroutine failed. */
  boolean isOver() {
    return over.hasFired();
  }

  boolean isEmpty() {
    return registry.size() == 0;
  }

  /** Called by the watch when no goroutine will ever run again. */
  void deadlocked() {
    haveAnyFailed = true;
    if (!over.hasFired() && panic.compareAndSet(null, () -> new DeadlockException(""))) {
      try {
        String goroutines = dump();
        panic.set(() -> new DeadlockException(goroutines));
        Alerts.raise("deadlock", goroutines);
      } finally { // there may be no memory for a dump
        over.fire();
      }
    }
  }

  /** Called on a goroutine that ends with a failure. {@link #endIfFailed} has to follow. */
  void failed(Routine routine, Throwable e) {
    if (this == AMBIENT) {
      report(routine.thread(), e);
    } else if (handler == null || isMain(routine)) {
      fail(routine, e);
    } else if (!over.hasFired() || !Failures.isCancellation(e)) {
      handle(handler, routine, e);
    }
  }

  private void handle(FailureHandler handler, Routine routine, Throwable e) {
    boolean _ = Thread.interrupted(); // was meant for the task, and would close a handler's files
    try {
      handler.failed(routine, e);
    } catch (Throwable thrown) {
      if (thrown != e) {
        thrown.addSuppressed(e);
      }
      if (over.hasFired() && panic.get() == null) {
        report(routine.thread(), thrown); // too late to end the program
      } else {
        fail(routine, thrown);
      }
    }
  }

  /** The program ends with this failure, if it is the first. */
  private void fail(Routine routine, Throwable e) {
    haveAnyFailed = true;
    if (over.hasFired() && panic.get() == null) {
      return; // the end of the program is what made it fail
    } else if (panic.compareAndSet(null, () -> new PanicException(e, routine, "", ""))) {
      first = routine;
      String own = dump(routine, e); // for want of memory there may be none
      panic.set(() -> new PanicException(e, routine, own, ""));
      String others = dumpOfOthers(routine);
      panic.set(() -> new PanicException(e, routine, own, others));
    } else if (!Failures.isCancellation(e)) {
      later.add(e);
    }
  }

  /** Has the program end if this goroutine's failure was the first. */
  void endIfFailed(Routine routine) {
    if (first == routine) {
      end();
    }
  }

  /** Every goroutine's state and stack. */
  String dump() {
    StringBuilder text = new StringBuilder();
    Holders holders = new Holders();
    for (Routine routine : goroutines()) {
      text.append(routine.snapshot(holders).text()).append('\n');
    }
    return text.toString();
  }

  private static String dump(Routine failed, Throwable e) {
    return failed.snapshot(Causes.stack(e)).text();
  }

  private String dumpOfOthers(Routine failed) {
    StringBuilder text = new StringBuilder();
    Holders holders = new Holders();
    for (Routine routine : goroutines()) {
      if (routine != failed) {
        text.append(routine.snapshot(holders).text()).append('\n');
      }
    }
    return text.toString();
  }

  /**
   * Ends the goroutines that are left, as Go's exit does. They cannot be killed, only interrupted;
   * one that does not heed it is left behind, on a daemon thread.
   */
  private void stop() {
    Clock clock = current().clock(); // the caller's clock, as the caller waits
    long deadline = clock.deadline(GRACE);
    boolean interrupted = Thread.interrupted();
    try {
      for (List<Routine> left = goroutines(); !left.isEmpty(); left = goroutines()) {
        left.forEach(Routine::endWithProgram);
        for (Routine routine : left) {
          Duration remaining = Duration.ofNanos(deadline - clock.nanoTime());
          if (!remaining.isPositive()) {
            throw Waiter.timedOut("end of program", GRACE);
          }
          Waiter.named(WaitReason.RUN, () -> routine.join(remaining));
        }
      }
    } catch (TimeoutException e) {
      // those that are left may even start others
    } catch (InterruptedException e) {
      interrupted = true;
    } finally {
      stopped = true;
      goroutines().forEach(Routine::cancel);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Hands a failure outside of any program to the handler that Java programs have for it. */
  static void report(Thread thread, Throwable e) {
    Thread.UncaughtExceptionHandler handler = Thread.getDefaultUncaughtExceptionHandler();
    if (handler != null) {
      handler.uncaughtException(thread, e);
    } else {
      Routine routine = Routine.of(thread);
      String who =
          routine == null
              ? "thread \"" + thread.getName() + '"'
              : routine.snapshot(new StackTraceElement[0]).headline();
      java.io.StringWriter text = new java.io.StringWriter();
      text.append("Exception in ").append(who).append(' ');
      try {
        e.printStackTrace(new java.io.PrintWriter(text, true));
      } catch (Throwable its) { // foreign code
        text.append(Failures.text(e)).append(System.lineSeparator());
      }
      if (routine != null) {
        text.append("created by ").append(routine.createdBy()).append(System.lineSeparator());
      }
      System.err.print(text);
    }
  }
}

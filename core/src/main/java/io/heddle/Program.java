package io.heddle;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The goroutines that belong together: those that one {@link Go#run} started, directly and
 * indirectly. They share a clock, a numbering, and their fate when one of them fails. Goroutines
 * started outside of any run belong to the ambient program, which has no end.
 */
final class Program {
  private static final Program AMBIENT = new Program(SystemClock.INSTANCE);

  /** How long the end of a program waits for goroutines that do not heed an interrupt. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  private static final int SHARDS = 16;

  private final Clock clock;
  private final AtomicLong ids = new AtomicLong();
  private final Shard[] shards = new Shard[SHARDS];
  private final AtomicReference<@Nullable Panic> panic = new AtomicReference<>();

  /** Fires when the program is to end: its main function has returned, or a goroutine failed. */
  private final Signal over = new Signal(WaitReason.JOIN);

  Program(Clock clock) {
    this.clock = clock;
    for (int i = 0; i < SHARDS; i++) {
      shards[i] = new Shard();
    }
  }

  static Program ambient() {
    return AMBIENT;
  }

  /** The program that the calling thread belongs to. */
  static Program current() {
    Routine routine = Routine.of(Thread.currentThread());
    return routine == null ? AMBIENT : routine.program();
  }

  Clock clock() {
    return clock;
  }

  long nextId() {
    return ids.incrementAndGet();
  }

  void add(Routine routine) {
    shard(routine).add(routine);
  }

  void remove(Routine routine) {
    shard(routine).remove(routine);
  }

  /** The goroutines that have not ended, by number. */
  List<Routine> goroutines() {
    List<Routine> all = new ArrayList<>();
    for (Shard shard : shards) {
      shard.addTo(all);
    }
    all.sort((a, b) -> Long.compare(a.id(), b.id()));
    return all;
  }

  /** Runs a main function until it returns or the program fails. */
  void run(Task main) throws InterruptedException {
    Objects.requireNonNull(main, "main");
    Routine.start(
        this,
        null,
        Context.background(),
        () -> {
          main.run();
          over.fire();
        },
        main);
    try {
      over.receive();
    } finally {
      stop();
    }
    Panic failure = panic.get();
    if (failure != null) {
      throw new PanicException(failure.cause, failure.routine, failure.goroutines);
    }
  }

  /**
   * Starts a goroutine on behalf of an alarm or of the end of a context, which may come after the
   * end of the program: it is then not started, or ended like those that were left.
   */
  void startLate(Task task) {
    if (!over.hasFired()) {
      Routine routine = Routine.start(this, null, Context.background(), task);
      if (over.hasFired()) {
        routine.cancel();
      }
    }
  }

  /** Called on a goroutine that ends with an exception nobody asked for. */
  void failed(Routine routine, Throwable e) {
    if (this == AMBIENT) {
      report(routine.thread(), e);
    } else if (over.hasFired()) {
      return; // the end of the program is what made it fail, or nobody is left to tell
    } else if (panic.compareAndSet(null, new Panic(e, routine, dump(routine, e)))) {
      over.fire();
    }
  }

  /** Every goroutine's state and stack. */
  String dump() {
    StringBuilder text = new StringBuilder();
    for (Routine routine : goroutines()) {
      text.append(routine.describe(routine.thread().getStackTrace())).append('\n');
    }
    return text.toString();
  }

  private String dump(Routine failed, Throwable e) {
    StringBuilder text = new StringBuilder();
    text.append(failed.describe(e.getStackTrace())).append('\n');
    for (Routine routine : goroutines()) {
      if (routine != failed) {
        text.append(routine.describe(routine.thread().getStackTrace())).append('\n');
      }
    }
    return text.toString();
  }

  /**
   * Ends the goroutines that are left, as Go's exit does. They cannot be killed, only interrupted;
   * one that does not heed it is left behind, on a daemon thread.
   */
  private void stop() {
    Clock clock = current().clock(); // that of the caller, as it is the one who waits
    long deadline = clock.deadline(GRACE);
    boolean interrupted = Thread.interrupted();
    for (List<Routine> left = goroutines(); !left.isEmpty(); left = goroutines()) {
      left.forEach(Routine::cancel);
      try {
        for (Routine routine : left) {
          routine.join(Duration.ofNanos(deadline - clock.nanoTime()));
        }
      } catch (DeadlineExceededException e) {
        break;
      } catch (InterruptedException e) {
        interrupted = true;
        break;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Hands a failure that nobody waits for to where Java programs expect it. */
  static void report(Thread thread, Throwable e) {
    Thread.UncaughtExceptionHandler handler = Thread.getDefaultUncaughtExceptionHandler();
    if (handler != null) {
      handler.uncaughtException(thread, e);
    } else {
      Routine routine = Routine.of(thread);
      String who = routine == null ? "thread " + thread.getName() : routine.name();
      StringBuilder text = new StringBuilder("Exception in ").append(who).append(' ');
      java.io.StringWriter trace = new java.io.StringWriter();
      e.printStackTrace(new java.io.PrintWriter(trace, true));
      System.err.print(text.append(trace));
    }
  }

  private Shard shard(Routine routine) {
    return shards[(int) routine.id() & (SHARDS - 1)];
  }

  /** What ended the program before its main function returned. */
  private record Panic(Throwable cause, Routine routine, String goroutines) {}

  /** Some of the goroutines, in a list linked through them: adding one allocates nothing. */
  private static final class Shard extends SpinLock {
    private @Nullable Routine first;

    void add(Routine routine) {
      enter();
      Routine head = first;
      routine.next = head;
      if (head != null) {
        head.previous = routine;
      }
      first = routine;
      exit();
    }

    void remove(Routine routine) {
      enter();
      Routine before = routine.previous;
      Routine after = routine.next;
      if (before != null) {
        before.next = after;
      } else if (first == routine) {
        first = after;
      }
      if (after != null) {
        after.previous = before;
      }
      routine.previous = null;
      routine.next = null;
      exit();
    }

    void addTo(List<Routine> all) {
      enter();
      for (Routine routine = first; routine != null; routine = routine.next) {
        all.add(routine);
      }
      exit();
    }
  }
}

package io.heddle;

import io.heddle.jvm.ForeignVirtualThreads;
import io.heddle.jvm.ShutdownHooks;
import io.heddle.scheduler.Listing;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Checks periodically whether the programs that run are deadlocked. Goroutines do nothing for it.
 *
 * <h2>What is proved</h2>
 *
 * <p><i>Actors</i> are all that can wake a goroutine: the goroutines of all programs, the clocks'
 * alarms, and the JVM's other threads. An actor is <i>passive</i> while it can do nothing unless
 * another actor wakes it: a goroutine that waits in Heddle without a deadline, a clock without
 * alarms, a thread that waits without a limit. Two passes over all actors prove that all were
 * passive at one moment, and so from then on:
 *
 * <ol>
 *   <li>The first pass sees each actor passive and notes in which wait. Goroutines get a
 *       {@linkplain Waiter.Seen mark} that does not outlive the wait, threads have a count of their
 *       waits.
 *   <li>The second pass sees each actor passive in the same wait, and no other actors.
 * </ol>
 *
 * <p>Each was passive from its first look to its second, so all were between the two passes. The
 * exception is a platform thread that waits outside of Heddle: it may have been let go before the
 * first look and still lack a processor. So where there are such, the second pass is repeated until
 * it would have got one ({@link Bystanders}).
 *
 * <p>An alarm or a virtual thread that is not a goroutine is not looked at on its own; they come
 * last in the first pass, when no actor is left that could have begun one later.
 *
 * <h2>What is not proved</h2>
 *
 * <p>If all goroutines and clocks are passive and only threads outside of Heddle are not, the
 * programs may be deadlocked all the same. Then {@link Standstill} looks for another proof.
 *
 * <h2>What it costs</h2>
 *
 * <p>One actor that is not passive proves that there is no deadlock. The one that did so last time
 * is asked first, so that a look at a program of a million goroutines takes microseconds as a rule.
 * Where looks take longer, the next one comes later in proportion, but never later than after five
 * seconds. What a look takes is measured by the clock on the wall, so on a machine that has too few
 * processors it may be anything.
 */
final class Watch {
  /** Held to leave marks: between our two passes no other thread may. */
  static final Object MARKING = new Object();

  private static final boolean ON = isOn();

  private static final long SHORTEST_NANOS = 10_000_000;
  private static final long LONGEST_NANOS = 250_000_000;

  /** The part of a processor's time that looking may take: one in so many. */
  private static final int SHARE = 200;

  /** A look that seems too costly to be repeated earlier was most likely held up. */
  private static final long LONGEST_FOR_COST_NANOS = 5_000_000_000L;

  /** The number of looks for each change in the program. */
  private static final int PATIENCE = 8;

  private static final long BETWEEN_PASSES_NANOS = 1_000_000;

  /** How long a standstill is taken for granted while the same thread may call. */
  private static final long RECHECK_NANOS = 500_000_000;

  /** How long a thread that was let go may take to get a processor. */
  private static final long ON_THEIR_WAY_NANOS = 500_000_000;

  /** How long the thread stays without a program. */
  private static final long LINGER_NANOS = 1_000_000_000;

  /** Those that run, the youngest last. Guarded by this class. */
  private static final List<Program> PROGRAMS = new ArrayList<>();

  /** The thread that watches, null if absent. Guarded by this class. */
  private static @Nullable Thread watcher;

  /** Whether the next look is too far away for a program that begins. Guarded by this class. */
  private static boolean sleepsLong;

  /** The number of looks, for tests: a state between two looks was not seen. */
  static final AtomicLong LOOKS = new AtomicLong();

  private final Bystanders bystanders = new Bystanders();
  private final Standstill standstill = new Standstill();

  /** Since when only threads outside of Heddle may have done anything; never if that is not so. */
  private long stillSince = Clock.NEVER;

  /** What else may still wake a goroutine in a standstill. */
  private List<String> doubts = List.of();

  /** Whether the actor that was found last is still not passive; null if none was found. */
  private @Nullable BooleanSupplier alive;

  private long aliveSince;
  private long lastCost;

  /** How much of the present look was no work. */
  private long paused;

  private List<Program> programs = List.of();

  private Watch() {}

  private static boolean isOn() {
    String choice = System.getProperty("heddle.deadlock", "report");
    return switch (choice) {
      case "report" -> true;
      case "off" -> false;
      default ->
          throw new IllegalArgumentException("heddle.deadlock=" + choice + ": use report or off");
    };
  }

  /** Watches over a program until it has no goroutines left. */
  static void begin(Program program) {
    synchronized (Watch.class) {
      if (!ON) {
        PROGRAMS.removeIf(Watch::hasEnded);
      }
      PROGRAMS.add(program);
      if (!ON) {
        return;
      }
      if (watcher == null) {
        watcher =
            Thread.ofPlatform()
                .name("heddle-watch")
                .daemon()
                .inheritInheritableThreadLocals(false)
                .start(new Watch()::watch);
      } else if (sleepsLong) {
        LockSupport.unpark(watcher);
      }
    }
  }

  /** The programs that run, the ambient one first. */
  static List<Program> allPrograms() {
    List<Program> all = new ArrayList<>();
    all.add(Program.ambient());
    synchronized (Watch.class) {
      all.addAll(PROGRAMS);
    }
    return all;
  }

  private void watch() {
    long idleSince = System.nanoTime();
    aliveSince = idleSince;
    long pause = SHORTEST_NANOS;
    while (true) {
      LockSupport.parkNanos(this, pause);
      long start = System.nanoTime();
      paused = 0;
      if (lookSafely()) {
        LOOKS.incrementAndGet();
        idleSince = start;
      } else if (start - idleSince > LINGER_NANOS && retire()) {
        return;
      }
      long end = System.nanoTime();
      long wanted = Math.clamp((end - aliveSince) / PATIENCE, SHORTEST_NANOS, LONGEST_NANOS);
      long cost = end - start - paused;
      long share = Math.min(cost, lastCost) * SHARE; // once is a class being loaded
      lastCost = cost;
      pause = untilNext(Math.max(wanted, Math.min(share, LONGEST_FOR_COST_NANOS)));
    }
  }

  /** Says how long the thread will sleep. Not long if a program began that did not wake it. */
  private long untilNext(long wanted) {
    synchronized (Watch.class) {
      long pause = PROGRAMS.equals(programs) ? wanted : SHORTEST_NANOS;
      sleepsLong = pause > LONGEST_NANOS;
      return pause;
    }
  }

  /** Takes the list of the programs; false if no program runs. */
  private boolean hasPrograms() {
    synchronized (Watch.class) {
      PROGRAMS.removeIf(Watch::hasEnded);
      if (!PROGRAMS.equals(programs)) {
        programs = List.copyOf(PROGRAMS);
        lastCost = 0; // an expensive look may be cheap now
        aliveSince = System.nanoTime();
      }
      return !programs.isEmpty();
    }
  }

  private static boolean hasEnded(Program program) {
    return program.isOver() && program.isEmpty();
  }

  private static boolean retire() {
    synchronized (Watch.class) {
      if (PROGRAMS.isEmpty()) {
        watcher = null;
        return true;
      }
      return false;
    }
  }

  /**
   * No failure, of memory for one, is a reason to cease looking.
   *
   * @return false if there was nothing to look at
   */
  private boolean lookSafely() {
    try {
      if (!hasPrograms()) {
        return false;
      }
      look();
    } catch (Throwable e) {
      alive = null;
    }
    return true;
  }

  private void look() {
    BooleanSupplier last = alive;
    if (last != null && last.getAsBoolean()) {
      return;
    }
    boolean wasStill = stillSince != Clock.NEVER;
    stillSince = Clock.NEVER;
    alive = proof();
    if (alive == null) {
      report(programs);
    } else if (stillSince != Clock.NEVER) {
      report(standstill.look(programs, stillSince, doubts));
    }
    if (!wasStill || stillSince == Clock.NEVER) {
      aliveSince = System.nanoTime();
    }
  }

  /** Who is not passive; null if everything is. */
  private @Nullable BooleanSupplier proof() {
    synchronized (MARKING) {
      Waiter.Seen mark = new Waiter.Seen();
      Count first = new Count();
      BooleanSupplier found = awake(routine -> routine.see(mark), first);
      if (found != null) {
        return found;
      }
      BooleanSupplier caller = bystanders.firstPass();
      found = events();
      if (found != null) {
        return found;
      }
      if (caller == null && ShutdownHooks.mayCall()) {
        caller = ShutdownHooks::mayCall;
      }
      if (caller != null) {
        return standsStill(first, caller, doubts());
      }
      // In growing steps: most threads that were let go get a processor soon, and then this ends.
      long span = bystanders.mayBeOnTheirWay() ? ON_THEIR_WAY_NANOS : BETWEEN_PASSES_NANOS;
      long start = System.nanoTime();
      Count second = new Count();
      do {
        pause(Math.max(BETWEEN_PASSES_NANOS, (System.nanoTime() - start) / 2));
        second.goroutines = 0;
        found = events();
        caller = found != null ? null : bystanders.secondPass();
        found = found != null ? found : awake(Waiter::seen, second);
        LOOKS.incrementAndGet();
      } while (found == null && caller == null && System.nanoTime() - start < span);
      if (found == null && caller != null) {
        return standsStill(first, caller, doubts());
      }
      if (found == null && (first.goroutines != second.goroutines || !isSame() || !reportable())) {
        found = () -> false; // a goroutine came or went: we look again
      }
      if (found == null && Bystanders.arePolled() && mayBeInIo(second.goroutines)) {
        found =
            standsStill(
                first,
                () -> true,
                List.of("virtual threads that are not goroutines, if any wait for I/O"));
      }
      return found;
    }
  }

  /** Notes that only what is outside of Heddle may wake a goroutine. */
  private BooleanSupplier standsStill(Count count, BooleanSupplier caller, List<String> others) {
    stillSince = count.youngest;
    doubts = others;
    long until = System.nanoTime() + RECHECK_NANOS;
    return () -> System.nanoTime() - until < 0 && caller.getAsBoolean();
  }

  private List<String> doubts() {
    List<String> found = new ArrayList<>();
    if (ShutdownHooks.mayCall()) {
      found.add("a shutdown hook");
    }
    if (bystanders.areHidden()) {
      found.add("any other thread: without the module java.management none can be excluded");
    }
    return found;
  }

  private void pause(long nanos) {
    long start = System.nanoTime();
    for (long left = nanos; left > 0; left = nanos - (System.nanoTime() - start)) {
      LockSupport.parkNanos(this, left);
    }
    paused += System.nanoTime() - start;
  }

  /** Whether there may be a virtual thread in I/O that is not a goroutine. */
  private boolean mayBeInIo(long goroutines) {
    if (Listing.isBypassed()) {
      return ForeignVirtualThreads.mayExist(Set.of());
    }
    if (goroutines > ForeignVirtualThreads.MOST) {
      return true;
    }
    Set<Long> threads = new HashSet<>();
    Stream.concat(Stream.of(Program.ambient()), programs.stream())
        .flatMap(program -> program.goroutines().stream())
        .forEach(routine -> threads.add(routine.threadId()));
    return ForeignVirtualThreads.mayExist(threads);
  }

  /** What a pass over the goroutines has seen. */
  private static final class Count {
    long goroutines;

    /** When the youngest of their waits was first seen. */
    long youngest = Long.MIN_VALUE;
  }

  /** How a goroutine's wait is seen in a pass. */
  private interface Eye {
    Waiter.@Nullable Seen look(Routine routine);
  }

  private @Nullable BooleanSupplier awake(Eye eye, Count count) {
    BooleanSupplier found = awake(Program.ambient(), eye, count);
    for (int i = programs.size() - 1; i >= 0 && found == null; i--) {
      found = awake(programs.get(i), eye, count);
    }
    return found;
  }

  private static @Nullable BooleanSupplier awake(Program program, Eye eye, Count count) {
    Routine routine =
        program
            .registry()
            .firstAwake(
                new Registry.Pass() {
                  @Override
                  public boolean isAsleep(Routine one) {
                    count.goroutines++;
                    return Watch.isAsleep(one, eye, count);
                  }

                  @Override
                  public void dormant() {
                    count.goroutines++;
                  }
                });
    return routine == null ? null : () -> !routine.isDone() && isAwake(routine);
  }

  /** A wait with a deadline is timed, or the clock's alarm shows it: see {@link #events}. */
  private static boolean isAsleep(Routine routine, Eye eye, Count count) {
    Waiter.Seen mark = eye.look(routine);
    if (mark == null) {
      return false;
    }
    count.youngest = Math.max(count.youngest, mark.at);
    return routine.threadState() == Thread.State.WAITING && !routine.isDone();
  }

  private static boolean isAwake(Routine routine) {
    return !routine.isWaiting() || routine.threadState() != Thread.State.WAITING;
  }

  private @Nullable BooleanSupplier events() {
    if (OutsideEvent.isExpected()) {
      return OutsideEvent::isExpected;
    }
    if (Schedulers.haveWork()) {
      return Schedulers::haveWork;
    }
    if (!Program.ambient().clock().isQuiet()) {
      return () -> !Program.ambient().clock().isQuiet();
    }
    for (Program program : programs) {
      Clock clock = program.clock();
      if (!clock.isQuiet()) {
        return () -> !clock.isQuiet() && !program.isOver();
      }
    }
    return null;
  }

  private boolean isSame() {
    synchronized (Watch.class) {
      return PROGRAMS.equals(programs);
    }
  }

  private boolean reportable() {
    return programs.stream().anyMatch(this::isReportable);
  }

  /** A program whose goroutine runs another waits for that: the inner one is reported. */
  private boolean isReportable(Program program) {
    return !program.isOver()
        && programs.stream().noneMatch(other -> other.parent() == program && !other.isOver());
  }

  /** Reports the youngest. Its end may wake those of others. */
  private void report(List<Program> deadlocked) {
    deadlocked.reversed().stream()
        .filter(this::isReportable)
        .findFirst()
        .ifPresent(Program::deadlocked);
  }
}

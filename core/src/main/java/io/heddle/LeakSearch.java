package io.heddle;

import io.heddle.internal.Alerts;
import io.heddle.jvm.JdkHook;
import io.heddle.scheduler.Listing;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Finds goroutines that wait for unreachable objects, while the program runs.
 *
 * <h2>How a leak is recognized</h2>
 *
 * <p>By the garbage collector. A goroutine that waits is reachable through what it waits on, which
 * holds its waiters: the channel, the mutex, the context that would interrupt it, the clock if it
 * has a deadline. Code that could wake it can reach one of these. So it is enough that nothing else
 * holds on to it: not the JDK ({@link Listing}), and not our own {@link Registry}, which lets go of
 * a goroutine in a wait that has lasted for a while. What the collector then takes was a leak, and
 * its memory is free. Its finally blocks do not run.
 *
 * <p>A goroutine that anything can reach, by strong references, is never taken: that is what
 * collectors are for. The one exception is a finalizer, which can reach unreachable objects; if it
 * wakes a goroutine, that resumes, and its report was a false one. Releasing the reference to a
 * goroutine is therefore harmless at any time. It is released only during a long wait, and restored
 * afterwards, so that the report can name the operation that the goroutine waited for.
 *
 * <p>Goroutines that wait for each other's locks are stuck even if these are reachable. As it looks
 * at all goroutines anyway, it reports such {@linkplain LockCycles circles}, too.
 *
 * <h2>What it costs</h2>
 *
 * <p>Goroutines do nothing for it. A thread looks at all of them twice a second, for a twentieth of
 * one processor's time at most. One that it sees in the same wait for a second costs {@linkplain
 * Dormant 48 bytes} until it ends, and a stack trace. Equal traces are stored once. If thousands of
 * goroutines begin to wait each second, the rest of them have no trace. If hundreds of thousands
 * wait for long, the registry keeps strong references to the rest of them.
 */
class LeakSearch {
  /** How long a wait has to last. For shorter ones, many stacks would be taken for nothing. */
  private static final long LONG_NANOS = 1_000_000_000;

  private static final long PERIOD_NANOS = 500_000_000;

  /** What seems to have taken long may have been held up. */
  private static final long LONGEST_NANOS = 5_000_000_000L;

  /** The part of a processor's time that looking may take: one in so many. */
  private static final int SHARE = 20;

  /** How long stacks may be taken for in a look: one takes 10 microseconds, or 50 while cold. */
  private static final long STACKS_NANOS = PERIOD_NANOS / SHARE;

  private static final StackTraceElement[] NO_STACK = {};

  private static final long NANOS_PER_MILLI = 1_000_000;

  /** More sites than this are not distinguished, and their stacks are not shared. */
  private static final int MOST_SITES = 10_000;

  /**
   * How many goroutines of a program take part in the search at a time. With a million goroutines,
   * memory is needed for other things.
   */
  static final int MOST_DORMANT = 250_000;

  private static final LeakSite ELSEWHERE =
      new LeakSite(null, "in other places", List.of(), "others");

  private static final boolean ON = isOn();

  /** The goroutines that the collector took. Locked to let go of goroutines and to note them. */
  static final ReferenceQueue<Routine> TAKEN = new ReferenceQueue<>();

  /** The leaks found, in the order of the first of each site. Guarded by itself. */
  private static final Map<LeakSite, Long> FOUND = new LinkedHashMap<>();

  private static final AtomicBoolean HAS_COMPLAINED = new AtomicBoolean();
  private static volatile @Nullable Thread searcher;
  private static volatile boolean isReporting;

  /** The sites of the goroutines that are dormant, each for all that are alike. */
  private final Map<LeakSite, LeakSite> sites = new HashMap<>();

  /**
   * The goroutines of the circles that were reported, each with the mark of its wait. One look
   * marks several waits with one object, so the mark alone does not identify a wait.
   */
  private final Map<Routine, Waiter.Seen> circles = new WeakHashMap<>();

  private final long longNanos;
  private final int mostDormantOfShard;
  private long nextLook = System.nanoTime() + PERIOD_NANOS;
  private long timeForStacks;

  /**
   * A search that lets go of goroutines.
   *
   * @param longNanos once they have waited for so long
   * @param mostDormant of so many at a time, in a program; 0 to search for nothing but circles of
   *     locks
   */
  LeakSearch(long longNanos, int mostDormant) {
    this.longNanos = longNanos;
    this.mostDormantOfShard = mostDormant / Registry.SHARDS;
  }

  private static boolean isOn() {
    String choice = System.getProperty("heddle.leaks", "report");
    return switch (choice) {
      case "report" -> true;
      case "off" -> false;
      default ->
          throw new IllegalArgumentException("heddle.leaks=" + choice + ": use report or off");
    };
  }

  /** Why there is no search; null if there is one. */
  static @Nullable String obstacle() {
    if (!ON) {
      return "heddle.leaks=off";
    }
    if (Listing.isKept() && !Listing.isBypassed()) {
      String track = "-Djdk.trackAllThreads=false";
      return "the JDK holds on to all virtual threads: start java with "
          + (JdkHook.isOpen() ? track : JdkHook.option() + ", or with " + track);
    }
    return null;
  }

  /** Begins to search, for as long as the JVM lives. */
  static void begin() {
    if (ON) {
      searcher =
          Thread.ofPlatform()
              .name("heddle-leaks")
              .daemon()
              .inheritInheritableThreadLocals(false)
              .start(new LeakSearch(LONG_NANOS, obstacle() == null ? MOST_DORMANT : 0)::search);
    }
  }

  /** Whether this is the thread that searches, and wakes no goroutine now. */
  static boolean isSearcher(Thread thread) {
    return thread == searcher && !isReporting;
  }

  /** The leaks found so far. Where there is no search, the first call logs why. */
  static List<Leak> found() {
    String obstacle = obstacle();
    if (obstacle != null && HAS_COMPLAINED.compareAndSet(false, true)) {
      System.getLogger("io.heddle")
          .log(
              System.Logger.Level.WARNING,
              "Leaks.found() finds nothing, as there is no search for leaks: " + obstacle);
    }
    synchronized (FOUND) {
      return FOUND.entrySet().stream().map(LeakSearch::leak).toList();
    }
  }

  static long count() {
    synchronized (FOUND) {
      return FOUND.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  private static Leak leak(Map.Entry<LeakSite, Long> found) {
    LeakSite site = found.getKey();
    return new Leak(
        found.getValue(), site.name(), site.waitReason(), site.stack(), site.createdBy());
  }

  private void search() {
    while (true) {
      try {
        long left = nextLook - System.nanoTime();
        Reference<? extends Routine> taken =
            TAKEN.remove(Math.max(1, left / NANOS_PER_MILLI)); // zero would have no limit
        if (taken != null) {
          note(taken);
        }
        if (nextLook - System.nanoTime() <= 0) {
          long start = System.nanoTime();
          look();
          long end = System.nanoTime();
          nextLook = end + Math.clamp((end - start) * SHARE, PERIOD_NANOS, LONGEST_NANOS);
        }
      } catch (InterruptedException e) {
        // no code of Heddle does that
      } catch (Throwable e) {
        nextLook = System.nanoTime() + PERIOD_NANOS; // for want of memory, say: we look again
      }
    }
  }

  // What is found.

  private static void note(Reference<? extends Routine> first) {
    Map<LeakSite, Long> news = new HashMap<>();
    synchronized (TAKEN) {
      for (Reference<? extends Routine> taken = first; taken != null; taken = TAKEN.poll()) {
        Dormant gone = (Dormant) taken;
        if (!gone.isRevived()) {
          gone.shard.remove(gone);
          news.merge(gone.site(), 1L, Long::sum);
        }
      }
    }
    news.forEach(LeakSearch::note);
  }

  /** Reports first, so that a leak that is listed has been reported. */
  private static void note(LeakSite where, long more) {
    boolean isKnown;
    long before;
    synchronized (FOUND) {
      isKnown = FOUND.containsKey(where) || FOUND.size() < MOST_SITES;
      before = FOUND.getOrDefault(isKnown ? where : ELSEWHERE, 0L);
    }
    LeakSite site = isKnown ? where : ELSEWHERE;
    long count = before + more;
    try {
      if (digits(count) > digits(before)) {
        isReporting = true; // a handler is foreign code, and may wake goroutines
        Alerts.raise("leak", leak(Map.entry(site, count)).toString());
        System.getLogger("io.heddle")
            .log(System.Logger.Level.WARNING, leak(Map.entry(site, count)).toString());
      }
    } finally {
      isReporting = false;
      synchronized (FOUND) {
        FOUND.put(site, count);
      }
    }
  }

  /** A site is reported again only when it has got worse by another digit. */
  private static int digits(long count) {
    return count == 0 ? 0 : Long.toString(count).length();
  }

  // Where to look.

  void look() {
    timeForStacks = STACKS_NANOS;
    List<Routine> locked = new ArrayList<>();
    synchronized (TAKEN) {
      for (Program program : Watch.allPrograms()) {
        if (program.clock() instanceof SystemClock) { // a bubble finds its own
          if (mostDormantOfShard > 0) {
            look(program);
          }
          locked.addAll(LockCycles.lockedOut(program, longNanos));
        }
      }
    }
    reportCircles(locked);
    if (sites.size() > MOST_SITES) {
      sites.clear(); // dormant goroutines keep theirs
    }
  }

  void look(Program program) {
    for (Registry.Shard shard : program.registry().shards()) {
      look(program, shard);
    }
  }

  private void look(Program program, Registry.Shard shard) {
    List<Routine> awake = new ArrayList<>();
    int room = shard.addAwakeTo(awake, mostDormantOfShard);
    List<Routine> asleep = new ArrayList<>();
    long now;
    synchronized (Watch.MARKING) {
      Waiter.Seen mark = new Waiter.Seen();
      now = mark.at;
      for (Routine routine : awake) {
        Waiter.Seen seen = routine.see(mark);
        if (seen != null && now - seen.at >= longNanos && !program.isMain(routine)) {
          asleep.add(routine);
        }
      }
    }
    for (Routine routine : asleep) {
      if (routine.dormant() == null && room-- <= 0) {
        continue;
      }
      // A stack that is taken holds its thread up, and a place that is changed looks asleep for a
      // moment: no conclusion may be drawn from that.
      synchronized (Watch.MARKING) {
        letGo(routine, shard, now);
      }
    }
  }

  private void letGo(Routine routine, Registry.Shard shard, long now) {
    Waiter.Seen mark = routine.seen();
    if (mark == null || now - mark.at < longNanos) {
      return; // it has woken since
    }
    LeakSite site = routine.site(stack(routine));
    LeakSite same = sites.putIfAbsent(site, site);
    LeakSite where = same == null ? site : same;
    if (routine.seen() != mark) {
      return; // the stack may be another's
    }
    Dormant place = routine.dormant();
    if (place == null) {
      place = new Dormant(routine, shard, where, TAKEN);
      if (!shard.replace(routine, place)) {
        return;
      }
    }
    place.sleeps(routine, mark, where);
  }

  /** Locks may be reachable from everywhere, so the collector does not find these. */
  private void reportCircles(List<Routine> locked) {
    for (List<Routine> circle : new LockCycles(locked).find()) {
      if (isNew(circle)) {
        try {
          isReporting = true; // a handler is foreign code, and may wake goroutines
          System.getLogger("io.heddle")
              .log(System.Logger.Level.WARNING, LockCycles.describe(circle));
        } finally {
          isReporting = false;
        }
      }
    }
  }

  private boolean isNew(List<Routine> circle) {
    boolean isNew = false;
    for (Routine routine : circle) {
      Waiter.Seen wait = routine.seen();
      isNew |= wait != null && circles.put(routine, wait) != wait;
    }
    return isNew;
  }

  StackTraceElement[] stack(Routine routine) {
    if (timeForStacks <= 0) {
      return NO_STACK;
    }
    long start = System.nanoTime();
    StackTraceElement[] stack = routine.stack();
    timeForStacks -= System.nanoTime() - start;
    return stack;
  }
}

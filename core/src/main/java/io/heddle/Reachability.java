package io.heddle;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks the garbage collector which programs are stuck, when all goroutines are asleep: those whose
 * main goroutine nothing can reach any more but goroutines that are asleep, too.
 *
 * <p>As in the {@linkplain LeakSearch search for leaks}, code that can wake a goroutine can reach
 * it, and the {@link Registry} lets go of goroutines in long waits. Here it lets go of all at once,
 * the main goroutines included, and the collector looks at all of the heap. What a live thread's
 * stack, a static field, native code or an alarm can reach stays reachable.
 *
 * <p>But a program that turns out to be stuck has to end as every deadlocked program does, with a
 * dump of its goroutines, and with an interrupt for each, so that their finally blocks run. So
 * these goroutines must not be lost. An object with a finalizer, to which nothing refers, holds on
 * to them: the collector clears weak references to what is only reachable from there, and then
 * hands the object over to its finalizer. Without a finalizer, an object that is only weakly
 * reachable cannot be distinguished from one that is lost, nor one that a soft reference keeps from
 * one that is in use; hence the finalizer, though the JDK discourages them. Where finalization is
 * disabled, or an explicit collection, a trial shows it, and nothing is asked. As a machine that is
 * busy looks the same, the next question comes with another trial.
 *
 * <p>Not safe for concurrent use.
 */
final class Reachability {
  /** Letting go of a goroutine takes 48 bytes and a microsecond or so. */
  private static final int MOST_GOROUTINES = 10_000;

  /** More memory than this in use takes the collector too long. */
  private static final long MOST_MEMORY = 512L << 20;

  private static final long PATIENCE_SECONDS = 10;

  /** A goroutine, its place in the registry, and whether the registry held on to it before. */
  private record Held(Routine routine, Dormant place, boolean wasAwake) {}

  /** Hands the goroutines back once the collector has seen them. */
  private final class Keeper {
    private final List<Held> kept;

    Keeper(List<Held> kept) {
      this.kept = kept;
    }

    @Override
    @SuppressWarnings({"removal", "deprecation", "Finalize"}) // see above
    protected void finalize() {
      returned.add(kept);
    }
  }

  private final LinkedBlockingQueue<List<Held>> returned = new LinkedBlockingQueue<>();

  /** Whether a trial has shown that it works, and nothing since that it does not. */
  private boolean works;

  /** Whether an answer can be had at a bearable price. */
  boolean canBeAsked() {
    Runtime runtime = Runtime.getRuntime();
    return LeakSearch.obstacle() == null
        && runtime.totalMemory() - runtime.freeMemory() <= MOST_MEMORY
        && Goroutines.count() <= MOST_GOROUTINES
        && (works || tryOut());
  }

  private boolean tryOut() {
    let(List.of());
    works = collect() != null;
    return works;
  }

  /** Has nothing but a finalizer hold on to the goroutines. */
  private void let(List<Held> go) {
    var _ = new Keeper(go);
  }

  /**
   * The programs that are stuck.
   *
   * @param programs some whose goroutines are all asleep
   */
  List<Program> stuck(List<Program> programs) {
    List<Program> stuck = new ArrayList<>();
    synchronized (
        LeakSearch.TAKEN) { // else another search would report the released goroutines as leaks
      letGo();
      List<Held> kept = collect();
      if (kept == null) {
        works = false; // they come back when the collector next looks
        return stuck;
      }
      for (Held held : kept) {
        Program program = held.routine.program();
        if (held.place.isGone() && program.isMain(held.routine) && programs.contains(program)) {
          stuck.add(program);
        }
      }
      kept.forEach(Reachability::takeBack);
    }
    return stuck;
  }

  /** Takes back the goroutines that came back late. */
  void tidy() {
    for (List<Held> kept = returned.poll(); kept != null; kept = returned.poll()) {
      synchronized (LeakSearch.TAKEN) {
        kept.forEach(Reachability::takeBack);
      }
    }
  }

  /** In a frame of its own, which must not keep any of them reachable. */
  private void letGo() {
    List<Held> all = new ArrayList<>();
    synchronized (Watch.MARKING) {
      for (Routine routine : Program.allGoroutines()) {
        Waiter.Seen mark = routine.seen();
        if (mark != null) {
          letGo(routine, mark, all);
        }
      }
    }
    let(all);
  }

  private static void letGo(Routine routine, Waiter.Seen mark, List<Held> all) {
    Dormant place = routine.dormant();
    boolean wasAwake = place == null || place.awake() != null;
    if (place == null) {
      Registry.Shard shard = routine.program().registry().shard(routine);
      LeakSite site = routine.site(new StackTraceElement[0]);
      place = new Dormant(routine, shard, site, LeakSearch.TAKEN);
      if (!shard.replace(routine, place)) {
        return; // it has ended
      }
    }
    all.add(new Held(routine, place, wasAwake));
    if (wasAwake) {
      place.sleeps(routine, mark, place.site());
    }
  }

  private static void takeBack(Held held) {
    if (held.place.isGone()) {
      held.place.revived();
      held.place.shard.revive(held.routine, held.place);
      if (held.routine.program().isOver()) {
        held.routine.cancel(); // the end of the program could not see it
      }
    } else if (held.wasAwake) {
      held.place.wakes(held.routine);
    }
  }

  /** What the collector has handed back; null if it does not. */
  private @Nullable List<Held> collect() {
    System.gc();
    try {
      return returned.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      return null; // no code of Heddle does that
    }
  }
}

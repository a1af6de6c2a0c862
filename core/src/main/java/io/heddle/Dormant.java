package io.heddle;

import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import org.jspecify.annotations.Nullable;

/**
 * Stands in the {@link Registry} for a goroutine that has waited for long, and holds on to it
 * weakly for exactly as long as that wait lasts. So the collector can tell whether anything else
 * does, and if nothing does, take it away: what it waits for cannot come any more.
 *
 * <p><b>Protocol.</b> The search for leaks, having seen the goroutine in a wait that has a {@link
 * Waiter.Seen mark}, first makes this its place in the registry, which still holds on to it through
 * {@link #awake}; then it lets go; then it looks whether the mark is still there, and takes hold
 * again if not. A thread that ends a wait that has a mark first replaces the mark, and then takes
 * hold on the goroutine's behalf. All of these are volatile accesses. So either the search sees the
 * mark gone, or the other comes after it has let go; and until then that other, a running thread,
 * has the goroutine in its hands.
 */
final class Dormant extends WeakReference<Routine> {
  /** The goroutine, unless it is in the wait that {@link #site} describes. */
  private volatile @Nullable Routine awake;

  /** Where it waits. The search's own. */
  private LeakSite site;

  /** Whether the goroutine is still there, though the collector has cleared this. */
  private boolean isRevived;

  // Its place among the others of its shard, guarded by the shard.
  @Nullable Dormant previous;
  @Nullable Dormant next;
  final Registry.Shard shard;

  Dormant(
      Routine routine, Registry.Shard shard, LeakSite site, ReferenceQueue<? super Routine> queue) {
    super(routine, queue);
    this.shard = shard;
    this.site = site;
    this.awake = routine;
  }

  /** The goroutine if the wait is over for which it was put here. */
  @Nullable Routine awake() {
    return awake;
  }

  /** Takes hold of the goroutine: its wait is over. */
  void wakes(Routine routine) {
    awake = routine;
  }

  /** Lets go of the goroutine for as long as it is in the wait that has this mark. */
  void sleeps(Routine routine, Waiter.Seen mark, LeakSite where) {
    site = where;
    awake = null;
    if (routine.seen() != mark) {
      awake = routine;
    }
  }

  LeakSite site() {
    return site;
  }

  /** What the collector has cleared is no leak: {@link Reachability} has kept it. */
  void revived() {
    isRevived = true;
  }

  boolean isRevived() {
    return isRevived;
  }

  /** Whether the collector has taken the goroutine. */
  boolean isGone() {
    return refersTo(null);
  }
}

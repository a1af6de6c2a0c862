package io.heddle.purge.workers;

import com.google.gson.Gson;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Semaphore;
import io.heddle.purge.StoreException;
import io.heddle.purge.engine.SharedPace;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The pace of all processes of a job: an entry of the bucket that each process changes by
 * compare-and-set.
 *
 * <p>While there is a rate, the entry has the time at which the next slice, which no process has
 * leased yet, may be sent. A process leases a slice: it moves this time forward by as long as the
 * slice takes at the rate, and may send the slice's keys when its part of the time has come. While
 * there is no rate, a process reads the entry once a second.
 *
 * <p>When the store refuses a process, no process leases a slice until the pause is over. The rate
 * is lowered to four fifths of the rate that was sent, and rises again by a twentieth a second when
 * nothing has been refused for some seconds.
 */
final class LeasedPace implements SharedPace {
  private static final Gson GSON = new Gson();

  private static final Duration SLICE = Duration.ofMillis(250);
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

  /** The pause if the store asks for fewer requests without saying for how long. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** Refusals within this time are one: they answer requests that were sent together. */
  private static final Duration TOGETHER = Duration.ofSeconds(2);

  private static final Duration CALM = Duration.ofSeconds(10);
  private static final double LOWER = 0.8;
  private static final double HIGHER = 1.05;
  private static final double MILLIS = 1000;

  /** A pause that a store asks for is kept for up to a day. */
  private static final Duration LONGEST_PAUSE = Duration.ofDays(1);

  /** As many slices can be leased at once, or slices of this time together. */
  private static final int MOST_SLICES = 128;

  private static final Duration LONGEST_LEASES = Duration.ofMinutes(10);

  /** How often a compare-and-set is tried again before the pace of a moment ago is good enough. */
  private static final int ATTEMPTS = 20;

  private final Coordinator coordinator;
  private final String key;
  private final double limit;
  private final Semaphore turn = new Semaphore(1);

  // Guarded by the semaphore.
  private long keys;
  private long usableUntil = Go.nanoTime();

  // Guarded by this: how many keys this process has sent in the current second and the one before.
  private long since = Go.nanoTime();
  private long sent;
  private double sentBefore;

  /** When this process last reported a refusal, by the clock of the servers; guarded by this. */
  private Instant reported = Instant.MIN;

  /**
   * Shares a pace.
   *
   * @param key the name of the entry
   * @param limit the highest rate of all processes together, in keys per second; 0 for none
   */
  LeasedPace(Coordinator coordinator, String key, double limit) {
    this.coordinator = coordinator;
    this.key = key;
    this.limit = limit;
  }

  /**
   * The entry; times are milliseconds since 1970 by the clock of the servers.
   *
   * @param rate keys per second; 0 for no limit
   * @param free the time from which on no slice is leased
   * @param paused the time until which no process may send
   * @param changed when the rate was last lowered or raised
   * @param lowered when the rate was last lowered
   */
  record State(double rate, long free, long paused, long changed, long lowered) {
    /** Without times so far ahead that only a wrong clock can have written them. */
    State plausible(long now, long slice) {
      long pause = paused - now > LONGEST_PAUSE.toMillis() ? 0 : paused;
      long leases = Math.max(LONGEST_LEASES.toMillis(), MOST_SLICES * slice);
      boolean isFreeLater = free - Math.max(now, pause) > leases;
      return new State(rate, isFreeLater ? 0 : free, pause, changed, lowered);
    }

    State leased(long until) {
      return new State(rate, until, paused, changed, lowered);
    }

    State raised(double to, long now) {
      return new State(to, free, paused, now, lowered);
    }

    State refused(double to, long until, long now) {
      return new State(to, Math.max(free, until), Math.max(paused, until), now, now);
    }
  }

  @Override
  public void take(long count, Context run) throws InterruptedException {
    turn.acquire(run);
    try {
      while (keys < count || Go.nanoTime() - usableUntil > 0) {
        lease(count, run);
      }
      keys -= count;
    } finally {
      turn.release();
    }
    count(count);
  }

  private void lease(long count, Context run) throws InterruptedException {
    try {
      Coordinator.Entry entry = coordinator.get(key);
      long now = coordinator.now().toEpochMilli();
      State state = state(entry);
      if (state.rate == 0) {
        long pause = state.plausible(now, 0).paused - now;
        usable(Long.MAX_VALUE, pause, LOOK_AGAIN, run);
        return;
      }
      State raised = raised(state, now);
      long left = Go.nanoTime() - usableUntil > 0 ? 0 : keys;
      long slice = Math.max(count - left, (long) (raised.rate * SLICE.toMillis() / MILLIS));
      long millis = (long) Math.ceil(slice / raised.rate * MILLIS);
      State next = raised.plausible(now, millis);
      long start = Math.max(now, Math.max(next.free, next.paused));
      if (isReplaced(entry, next.leased(start + millis))) {
        usable(left + slice, start - now, Duration.ofMillis(millis).plus(LOOK_AGAIN), run);
      }
    } catch (StoreException e) { // the lease of the part limits how long this continues
      Go.sleep(LOOK_AGAIN, run);
    }
  }

  private void usable(long slice, long waitMillis, Duration time, Context run)
      throws InterruptedException {
    if (waitMillis > 0) {
      Go.sleep(Duration.ofMillis(waitMillis), run);
    }
    keys = slice;
    usableUntil = Go.nanoTime() + time.toNanos();
  }

  private State raised(State state, long now) {
    boolean isDue =
        now - state.lowered > CALM.toMillis()
            && now - state.changed > LOOK_AGAIN.toMillis()
            && (limit == 0 || state.rate < limit);
    double higher = state.rate * HIGHER;
    return isDue ? state.raised(limit == 0 ? higher : Math.min(limit, higher), now) : state;
  }

  private State state(Coordinator.@Nullable Entry entry) {
    return entry == null ? new State(limit, 0, 0, 0, 0) : GSON.fromJson(entry.text(), State.class);
  }

  private boolean isReplaced(Coordinator.@Nullable Entry entry, State next)
      throws StoreException, InterruptedException {
    String text = GSON.toJson(next);
    return (entry == null
            ? coordinator.create(key, text)
            : coordinator.update(key, text, entry.revision()))
        .isPresent();
  }

  private synchronized void count(long more) {
    long now = Go.nanoTime();
    if (now - since > LOOK_AGAIN.toNanos()) {
      sentBefore = sent * (double) LOOK_AGAIN.toNanos() / (now - since);
      sent = 0;
      since = now;
    }
    sent += more;
  }

  /** How many keys a second this process has sent lately; 0 if it has just begun. */
  private synchronized double sentRate() {
    return sentBefore == 0 ? 0 : Math.max(sentBefore, (double) sent);
  }

  @Override
  public void refused(@Nullable Duration asked) {
    Instant now = coordinator.now();
    Instant until = now.plus(asked == null ? PAUSE : asked);
    synchronized (this) {
      if (!until.isAfter(reported)) {
        return; // all know it
      }
      reported = until.plus(SLICE); // the others of the same moment
    }
    try {
      report(now.toEpochMilli(), until.toEpochMilli());
    } catch (StoreException e) {
      // this process has slowed down; the others notice for themselves
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void report(long now, long until) throws StoreException, InterruptedException {
    for (int i = 0; i < ATTEMPTS; i++) {
      Coordinator.Entry entry = coordinator.get(key);
      State state = state(entry);
      if (isReplaced(entry, state.refused(lowered(state, now), until, now))) {
        return;
      }
    }
  }

  private double lowered(State state, long now) throws StoreException, InterruptedException {
    if (state.rate > 0 && now - state.lowered < TOGETHER.toMillis()) {
      return state.rate;
    }
    double own = sentRate();
    if (own == 0 && state.rate == 0) {
      return 0; // a process that has just begun knows no rate, and the pause is enough
    }
    double all = own * Math.max(1, (double) coordinator.active());
    double base = own == 0 ? state.rate : state.rate == 0 ? all : Math.min(state.rate, all);
    return Math.max(1, base * LOWER);
  }
}

package io.heddle.rate;

import io.heddle.Case;
import io.heddle.Go;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tokens of a {@link RateLimiter} that were taken on credit, and the time from which they may be
 * used: Go's {@code rate.Reservation}.
 *
 * <p>Wait for {@link #delay} and then act, or give the tokens back with {@link #cancel}. In a
 * select:
 *
 * {@snippet :
 * var slot = limiter.reserve();
 * select(
 *     slot.onReady(() -> publish(state)),
 *     updates.onReceive(u -> { slot.cancel(); return state.with(u); }));
 * }
 */
public final class Reservation {
  private final RateLimiter limiter;
  private final boolean ok;
  private final AtomicBoolean cancelled = new AtomicBoolean();

  final long tokens;

  /** The limiter's limit when this was made. */
  final double limit;

  /** When the tokens may be used. */
  final long ready;

  /** What {@link #ready} is by. */
  final Object clock;

  Reservation(
      RateLimiter limiter, boolean ok, long tokens, double limit, long ready, Object clock) {
    this.limiter = limiter;
    this.ok = ok;
    this.tokens = tokens;
    this.limit = limit;
    this.ready = ready;
    this.clock = clock;
  }

  /**
   * Whether the tokens are taken: Go's {@code r.OK()}.
   *
   * @return false if the limiter's burst is too small for them ever to be there
   */
  public boolean isOk() {
    return ok;
  }

  /**
   * The time from now until the tokens may be used: Go's {@code r.Delay()}.
   *
   * @return zero if they may be used now; the longest there is, 292 years, if this is not
   *     {@linkplain #isOk ok} or the limit was 0
   */
  public Duration delay() {
    return delay(Go.nanoTime());
  }

  Duration delay(long now) {
    boolean never = !ok || ready == Long.MAX_VALUE;
    return Duration.ofNanos(never ? Long.MAX_VALUE : Math.max(0, ready - now));
  }

  /**
   * A case that is chosen when the tokens may be used. It waits for a time that is fixed here and
   * now; {@link #cancel} does not touch it. Once chosen, it is not chosen again.
   *
   * @return the case; its result is null
   */
  public Case<@Nullable Void> onReady() {
    return onReady(() -> null);
  }

  /**
   * A case that is chosen when the tokens may be used, and then yields a result.
   *
   * @param <R> the result
   * @param result called when the case is chosen, on the goroutine that selects
   * @return the case
   */
  public <R extends @Nullable Object> Case<R> onReady(Supplier<? extends R> result) {
    Objects.requireNonNull(result, "result");
    return Go.after(delay()).onReceive(time -> result.get());
  }

  /**
   * Gives the tokens back, as far as that does not delay reservations that were made later: Go's
   * {@code r.Cancel()}. Does nothing if their time has passed, if this is not {@linkplain #isOk
   * ok}, and if it was cancelled before.
   */
  public void cancel() {
    if (ok && !cancelled.getAndSet(true)) {
      limiter.giveBack(this);
    }
  }

  void cancel(long now) {
    if (ok && !cancelled.getAndSet(true)) {
      limiter.giveBack(now, this);
    }
  }

  @Override
  public String toString() {
    return ok ? "Reservation[" + tokens + "]" : "Reservation[refused]";
  }
}

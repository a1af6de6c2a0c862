package io.heddle;

import io.heddle.internal.Failures;
import io.heddle.scheduler.Headroom;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Lets callers that need the same value at the same time share one computation of it: {@code
 * golang.org/x/sync/singleflight}'s {@code Group}. It is not a cache: a call after the end of a
 * computation starts a new one.
 *
 * {@snippet :
 * SingleFlight<URI, Page> fetches = new SingleFlight<>();
 * Page page = fetches.run(uri, () -> fetch(uri)).value();
 * }
 *
 * <p>The first caller's computation is run, in a goroutine of its own, unlike Go's. So each caller
 * can stop waiting independently: when it is interrupted, when its context is done or after a
 * time-out. The computation continues for the other callers. When the last caller has left, the
 * computation is interrupted, and the next call starts a new one.
 *
 * <p>The computation runs under a context with the values of the first caller's: the context given
 * to {@link #run(Object, Callable, Context) run}, or else the one that the caller {@linkplain
 * Context#current runs under}. The end and the deadline of that context concern only the caller.
 *
 * <p>What the computation throws, an {@link Error} as well as an exception, reaches all callers as
 * the cause of an {@link ExecutionException}, and does not end the program. If all callers have
 * left by then, it is dropped.
 *
 * <p>A computation that calls {@code run} with its own key waits for itself.
 *
 * <p>What the computation does happens before its result or exception reaches a caller; what the
 * first caller did before it asked happens before the computation.
 *
 * <p>If {@code hashCode} or {@code equals} of a key throws, so does the call that it was passed to.
 * If a key throws when its computation has ended, the callers get the result, and the exception is
 * the failure of the computation's goroutine: it ends the program.
 *
 * @param <K> the keys that identify computations, by {@code equals} and {@code hashCode}
 * @param <V> the value
 */
public final class SingleFlight<K, V extends @Nullable Object> {
  private final ConcurrentHashMap<K, Flight<K, V>> flights = new ConcurrentHashMap<>();

  /** Makes a group with nothing in flight. */
  public SingleFlight() {}

  /**
   * What a computation has returned.
   *
   * @param <V> the value
   * @param value the value, the same object for all callers
   * @param shared whether more than one caller got it
   */
  public record Result<V extends @Nullable Object>(V value, boolean shared) {}

  /**
   * Waits for the computation that is in flight for a key, and first starts one if necessary:
   * {@code g.Do(key, f)}.
   *
   * @param key what to compute
   * @param computation is run if none is in flight for the key
   * @return what this or the other caller's computation returned
   * @throws ExecutionException if the computation failed
   * @throws InterruptedException if the thread is interrupted
   */
  public Result<V> run(K key, Callable<? extends V> computation)
      throws ExecutionException, InterruptedException {
    Waiter.check(WaitReason.SINGLE_FLIGHT, null);
    try (Call<V> call = call(key, computation)) {
      return call.await();
    }
  }

  /**
   * As {@link #run(Object, Callable)}, unless the context is done first.
   *
   * @param key what to compute
   * @param computation is run if none is in flight for the key
   * @param context ends the wait, and the computation if no other caller waits for it
   * @return what this or the other caller's computation returned
   * @throws ExecutionException if the computation failed
   * @throws ContextException if the context is done
   * @throws InterruptedException if the thread is interrupted
   */
  public Result<V> run(K key, Callable<? extends V> computation, Context context)
      throws ExecutionException, InterruptedException {
    Waiter.check(WaitReason.SINGLE_FLIGHT, Objects.requireNonNull(context, "context"));
    try (Call<V> call = join(key, context, computation)) {
      return call.await(context);
    }
  }

  /**
   * As {@link #run(Object, Callable)}, for a limited time.
   *
   * @param key what to compute
   * @param computation is run if none is in flight for the key
   * @param timeout how long to wait at most; zero or less does not wait
   * @return what this or the other caller's computation returned
   * @throws ExecutionException if the computation failed
   * @throws TimeoutException if the time is over
   * @throws InterruptedException if the thread is interrupted
   */
  public Result<V> run(K key, Callable<? extends V> computation, Duration timeout)
      throws ExecutionException, InterruptedException, TimeoutException {
    long deadline = Program.current().clock().deadline(timeout);
    Waiter.check(WaitReason.SINGLE_FLIGHT, null);
    try (Call<V> call = call(key, computation)) {
      return call.await(timeout, deadline);
    }
  }

  /**
   * Joins the computation that is in flight for a key without waiting for it, and first starts one
   * if necessary: {@code g.DoChan(key, f)}.
   *
   * {@snippet :
   * try (var call = fetches.call(uri, () -> fetch(uri))) {
   *   return select(
   *       call.onAwait(fetched -> fetched.value()),
   *       after(ofSeconds(1)).onReceive(t -> Page.EMPTY));
   * }
   * }
   *
   * @param key what to compute
   * @param computation is run if none is in flight for the key
   * @return a caller's part in the computation; close it to leave
   */
  public Call<V> call(K key, Callable<? extends V> computation) {
    return join(key, null, computation);
  }

  private Call<V> join(K key, @Nullable Context context, Callable<? extends V> computation) {
    Headroom.forScope();
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(computation, "computation");
    Flight<K, V> found = flights.get(key);
    if (found != null && found.join()) {
      return new Call<>(found);
    }
    Flight<K, V> fresh = new Flight<>(flights, key, context != null ? context : Context.current());
    Flight<K, V> flight =
        flights.compute(key, (k, other) -> other != null && other.join() ? other : fresh);
    if (flight == fresh) {
      flight.start(computation);
    }
    return new Call<>(flight);
  }

  /**
   * Lets the next caller start a new computation, even if one is in flight: {@code g.Forget(key)}.
   * The computation in flight continues for the callers that wait for it.
   *
   * @param key the key of the computation
   */
  public void forget(K key) {
    flights.remove(Objects.requireNonNull(key, "key"));
  }

  @Override
  public String toString() {
    return "SingleFlight[" + flights.size() + "]";
  }

  /**
   * A caller's part in a computation, from {@link SingleFlight#call}. For the four forms of waiting
   * see the {@linkplain io.heddle package}.
   *
   * @param <V> the value
   */
  public static final class Call<V extends @Nullable Object> implements AutoCloseable {
    private final Flight<?, V> flight;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Call(Flight<?, V> flight) {
      this.flight = flight;
    }

    /**
     * Waits for the end of the computation.
     *
     * @return what it returned
     * @throws ExecutionException if the computation failed
     * @throws InterruptedException if the thread is interrupted
     */
    public Result<V> await() throws ExecutionException, InterruptedException {
      flight.landed.await(null, Clock.NEVER);
      return flight.outcome();
    }

    /**
     * Waits for the end of the computation, unless the context is done first.
     *
     * @param context ends the wait
     * @return what the computation returned
     * @throws ExecutionException if the computation failed
     * @throws ContextException if the context is done
     * @throws InterruptedException if the thread is interrupted
     */
    public Result<V> await(Context context) throws ExecutionException, InterruptedException {
      flight.landed.await(Objects.requireNonNull(context, "context"), Clock.NEVER);
      return flight.outcome();
    }

    /**
     * Waits a limited time for the end of the computation.
     *
     * @param timeout how long to wait at most; zero or less does not wait
     * @return what the computation returned
     * @throws ExecutionException if the computation failed
     * @throws TimeoutException if the time is over
     * @throws InterruptedException if the thread is interrupted
     */
    public Result<V> await(Duration timeout)
        throws ExecutionException, InterruptedException, TimeoutException {
      return await(timeout, Program.current().clock().deadline(timeout));
    }

    private Result<V> await(Duration timeout, long deadline)
        throws ExecutionException, InterruptedException, TimeoutException {
      if (!flight.landed.await(null, deadline)) {
        throw Waiter.timedOut(WaitReason.SINGLE_FLIGHT, timeout);
      }
      return flight.outcome();
    }

    /**
     * What the computation returned, if it has ended.
     *
     * @return the result, null if the computation has not ended
     * @throws ExecutionException if the computation failed
     */
    public @Nullable Result<V> tryAwait() throws ExecutionException {
      return flight.landed.hasFired() ? flight.outcome() : null;
    }

    /**
     * A case that is chosen when the computation has ended.
     *
     * @return the case; its result is what {@link #await} returns, or a {@link CompletionException}
     *     is thrown in the place of an ExecutionException
     */
    public Case<Result<V>> onAwait() {
      return onAwait(Function.identity());
    }

    /**
     * A case that is chosen when the computation has ended.
     *
     * @param <R> the result
     * @param result called when the case is chosen and the computation has not failed; if it has, a
     *     {@link CompletionException} is thrown in the place of {@link #await}'s ExecutionException
     * @return the case
     */
    public <R extends @Nullable Object> Case<R> onAwait(
        Function<? super Result<V>, ? extends R> result) {
      Objects.requireNonNull(result, "result");
      return flight.landed.onReceive(none -> {
        try {
          return result.apply(flight.outcome());
        } catch (ExecutionException e) {
          throw Failures.report(e, CompletionException::new);
        }
      });
    }

    /**
     * Leaves the computation. It continues if other callers wait for it; otherwise it is
     * interrupted. Does nothing if the computation has ended, or at a second call.
     */
    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        flight.leave();
      }
    }
  }

  /** A computation. */
  private static final class Flight<K, V extends @Nullable Object> {
    private final ConcurrentHashMap<K, Flight<K, V>> flights;
    private final K key;
    private final CancelContext context;

    /** Belongs to the bubble that the computation runs in, that of the caller that starts it. */
    final Signal landed = new Signal(WaitReason.SINGLE_FLIGHT, BubbleClock.current());

    /**
     * The number of callers. Once it is zero, because all have left or the flight has landed, no
     * caller can join: the next one replaces this flight by its own.
     */
    private final AtomicInteger callers = new AtomicInteger(1);

    // The outcome, written before the flight lands.
    private @Nullable Result<V> result;
    private @Nullable Throwable failure;

    Flight(ConcurrentHashMap<K, Flight<K, V>> flights, K key, Context first) {
      this.flights = flights;
      this.key = key;
      this.context = CancelContext.interrupting(first.withoutCancel());
    }

    boolean join() {
      return callers.getAndUpdate(n -> n == 0 ? 0 : n + 1) > 0;
    }

    void leave() {
      if (callers.getAndUpdate(n -> n == 0 ? 0 : n - 1) == 1) {
        context.close();
      }
    }

    void start(Callable<? extends V> computation) {
      try {
        Routine.start(Program.current(), null, context, () -> compute(computation), computation);
      } catch (Throwable e) { // out of memory or threads: others may have joined by now
        land(null, e);
        throw e;
      }
    }

    private void compute(Callable<? extends V> computation) {
      V value;
      try {
        value = computation.call();
      } catch (Throwable e) {
        Routine.caught(e);
        land(null, e);
        return;
      }
      land(new Result<>(value, callers.getAndSet(0) > 1), null);
    }

    private void land(@Nullable Result<V> result, @Nullable Throwable failure) {
      callers.set(0); // from now on no caller joins, even if it finds this flight
      this.result = result;
      this.failure = failure;
      try {
        flights.remove(key, this);
      } catch (Throwable e) { // the key is the user's code
        Routine.failing(e); // before the callers know of the end, as the program may end with them
        throw e;
      } finally {
        landed.fire();
      }
    }

    Result<V> outcome() throws ExecutionException {
      Throwable thrown = failure;
      if (thrown != null) {
        throw Failures.report(thrown, ExecutionException::new);
      }
      return Objects.requireNonNull(result, "landed");
    }
  }
}

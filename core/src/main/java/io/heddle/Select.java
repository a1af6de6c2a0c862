package io.heddle;

import io.heddle.scheduler.Headroom;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Waits for the first of several operations: Go's {@code select}.
 *
 * <p>As a statement, {@link #choose} says which case was chosen, and a switch what to do:
 *
 * {@snippet :
 * switch (choose(jobs.onReceive(), context.onDone())) {
 *   case First(var job) -> work(job);
 *   case Second(_) -> {
 *     return;
 *   }
 * }
 * }
 *
 * <p>As an expression, each case yields a value:
 *
 * {@snippet :
 * String line = select(
 *     messages.onReceive(m -> "received " + m),
 *     after(ofSeconds(2)).onReceive(t -> "timed out"));
 * }
 *
 * <p>In a loop that runs often, or for any number of cases, make the select once and ask which case
 * was chosen:
 *
 * {@snippet :
 * var job = jobs.onReceive();
 * var quit = context.onDone();
 * var either = Select.of(job, quit);
 * while (either.await() != quit) {
 *   work(job.result());
 * }
 * }
 *
 * <p>This form allocates nothing, however often it waits.
 *
 * <p>A select examines all its cases at one moment, except for mutexes and read-write mutexes,
 * which it examines one after the other: if at each moment only one of two is free, it may find
 * neither. If several cases are ready, the select chooses one at random, each with the same
 * probability, or with {@link #inOrder} the first. If no case is ready, it chooses {@link
 * #otherwise} if present, and waits if not; a select without cases waits forever. The same channel
 * may be in several cases, to send and to receive. Cases can be {@linkplain Case#when disabled}.
 * Only the chosen case has an effect.
 *
 * <p>A select that waits chooses the first case that becomes ready. If several cases of one object
 * become ready at the same moment, it chooses one of these at random, or with {@link #inOrder} the
 * first. If it waits both to receive from a channel and to send to it, and the channel is closed,
 * it receives.
 *
 * <p>A pending interrupt makes a select throw, even if a case is ready. The exception is {@link
 * Context#onDone} of a context that is done, which is chosen: a goroutine that selects on the end
 * of its context is notified by the case, not by an interrupt. In a {@linkplain Go#run program}
 * that has failed, a select that waits throws {@link InterruptedException} instead of choosing
 * {@link Goroutine#onJoin} or another case of the end of goroutines.
 *
 * <p>A {@code Select} object is for one goroutine at a time.
 */
public final class Select extends SelectStatement {
  private static final Comparator<Waitable> LOCK_ORDER = Comparator.comparingLong(Waitable::rank);

  /** So many are compared with each other faster than by a set of them, which allocates. */
  private static final int FEW_CASES = 16;

  /** The alternatives; unless they are to be taken in order, their order means nothing. */
  private final Case<?>[] cases;

  /** The distinct objects of the cases, in the order in which every select locks them. */
  private final Waitable[] objects;

  /** The case besides {@link #otherwise}, null if there are several, or none. */
  private final @Nullable Case<?> only;

  private final @Nullable Otherwise<?> otherwise;
  private final boolean inOrder;

  /** Whether several cases wait at the same object, where their order of queueing matters. */
  private final boolean repeats;

  private final Wakeups wakeups = new Wakeups();

  Select(boolean inOrder, Case<?>[] cases) {
    this.inOrder = inOrder;
    Otherwise<?> last = null;
    for (Case<?> one : cases) {
      if (Objects.requireNonNull(one, "case") instanceof Otherwise<?> other) {
        if (last != null) {
          throw new IllegalArgumentException("more than one otherwise in a select");
        }
        last = other;
      }
    }
    this.otherwise = last;
    this.cases = cases.clone();
    this.only = only(cases);
    if (hasTheSameTwice(cases)) {
      throw new IllegalArgumentException("the same case twice in a select: make two of it");
    }
    this.objects = objects(cases);
    this.repeats = objects.length < live(cases);
  }

  /** The cases, in an order that changes while it is used. */
  Case<?>[] cases() {
    return cases.clone();
  }

  private static boolean hasTheSameTwice(Case<?>[] cases) {
    if (cases.length > FEW_CASES) {
      return new HashSet<>(Arrays.asList(cases)).size() < cases.length;
    }
    for (int i = 0; i < cases.length; i++) {
      for (int j = i + 1; j < cases.length; j++) {
        if (cases[i] == cases[j]) {
          return true;
        }
      }
    }
    return false;
  }

  private static @Nullable Case<?> only(Case<?>[] cases) {
    Case<?> only = null;
    for (Case<?> one : cases) {
      if (one.on() != null) {
        if (only != null) {
          return null;
        }
        only = one;
      }
    }
    return only;
  }

  /** How many of the cases wait at an object. */
  private static int live(Case<?>[] cases) {
    int live = 0;
    for (Case<?> one : cases) {
      live += one.on() != null ? 1 : 0;
    }
    return live;
  }

  private static Waitable[] objects(Case<?>[] cases) {
    Waitable[] objects = new Waitable[cases.length];
    int n = 0;
    for (Case<?> one : cases) {
      Waitable on = one.on();
      if (on != null) {
        objects[n++] = on;
      }
    }
    if (n > 1) {
      Arrays.sort(objects, 0, n, LOCK_ORDER);
    }
    int distinct = 0;
    for (int i = 0; i < n; i++) {
      if (i == 0 || objects[i] != objects[distinct - 1]) {
        objects[distinct++] = objects[i];
      }
    }
    return distinct == objects.length ? objects : Arrays.copyOf(objects, distinct);
  }

  /**
   * Waits for one of the cases and yields its result. All cases have results of the same type; for
   * cases of different types, or to ignore the results, see {@link #choose}.
   *
   * @param <R> the result
   * @param cases the alternatives, in any order
   * @return the result of the case that was chosen
   * @throws ChannelClosedException if it is a send on a closed channel
   * @throws InterruptedException if the thread is interrupted; no case has happened
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <R extends @Nullable Object> R select(Case<R>... cases)
      throws InterruptedException {
    return resultOf(new Select(false, cases));
  }

  /**
   * Waits for one of the cases and yields its result. If several can go ahead it takes the first of
   * them.
   *
   * @param <R> the result
   * @param cases the alternatives, the most important first
   * @return the result of the case that was chosen
   * @throws ChannelClosedException if it is a send on a closed channel
   * @throws InterruptedException if the thread is interrupted; no case has happened
   */
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <R extends @Nullable Object> R selectInOrder(Case<R>... cases)
      throws InterruptedException {
    return resultOf(new Select(true, cases));
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // all cases yield an R
  private static <R extends @Nullable Object> R resultOf(Select select)
      throws InterruptedException {
    return (R) select.await().result();
  }

  /**
   * The case that is chosen when no other can go ahead: Go's {@code default}.
   *
   * @param <R> the result
   * @param result called when the case is chosen
   * @return the case
   */
  public static <R extends @Nullable Object> Case<R> otherwise(Supplier<? extends R> result) {
    return new Otherwise<>(Objects.requireNonNull(result, "result"));
  }

  /**
   * The case that is chosen when no other can go ahead: Go's {@code default}.
   *
   * @return the case; its result is null
   */
  public static Case<@Nullable Void> otherwise() {
    return otherwise(() -> null);
  }

  /**
   * A case that is chosen when a stage is complete: a {@link CompletableFuture}, or another
   * library's counterpart of one.
   *
   * <p>A stage refers to its waiters until it is complete. To wait for one stage in many selects,
   * make one case and use it in all of them.
   *
   * @param <T> the stage's value
   * @param stage what to wait for; null only if the case is {@linkplain Case#when disabled}
   *     whenever a select runs, else that throws a {@link NullPointerException}
   * @return the case; its result is what {@link CompletableFuture#join} returns or throws
   */
  public static <T extends @Nullable Object> Case<T> onComplete(
      @Nullable CompletionStage<T> stage) {
    return Completion.of(stage, CompletableFuture::join);
  }

  /**
   * A case that is chosen when a stage is complete.
   *
   * @param <T> the stage's value
   * @param <R> the result
   * @param stage what to wait for; null only if the case is {@linkplain Case#when disabled}
   *     whenever a select runs, else that throws a {@link NullPointerException}
   * @param result called with the value and null, or null and what the stage failed with
   * @return the case
   */
  public static <T extends @Nullable Object, R extends @Nullable Object> Case<R> onComplete(
      @Nullable CompletionStage<T> stage,
      BiFunction<? super @Nullable T, ? super @Nullable Throwable, ? extends R> result) {
    Objects.requireNonNull(result, "result");
    return Completion.of(stage, complete -> Completion.handle(complete, result));
  }

  /**
   * Makes a select for repeated use.
   *
   * @param cases the alternatives, in any order
   * @return a select
   */
  public static Select of(Case<?>... cases) {
    return new Select(false, cases);
  }

  /**
   * Makes a select for repeated use that takes the first case of those that can go ahead.
   *
   * @param cases the alternatives, the most important first
   * @return a select
   */
  public static Select inOrder(Case<?>... cases) {
    return new Select(true, cases);
  }

  /**
   * Waits for one of the cases.
   *
   * @return the case that was chosen
   * @throws ChannelClosedException if it is a send on a closed channel
   * @throws InterruptedException if the thread is interrupted; no case has happened
   */
  public Case<?> await() throws InterruptedException {
    return Objects.requireNonNull(await(reason(), null, Clock.NEVER));
  }

  /**
   * Waits for one of the cases, unless the context is done first.
   *
   * @param context ends the wait
   * @return the case that was chosen
   * @throws ContextException if the context is done; no case has happened
   * @throws ChannelClosedException if it is a send on a closed channel
   * @throws InterruptedException if the thread is interrupted; no case has happened
   */
  public Case<?> await(Context context) throws InterruptedException {
    Objects.requireNonNull(context, "context");
    return Objects.requireNonNull(await(reason(), context, Clock.NEVER));
  }

  /**
   * Waits for one of the cases for a limited time.
   *
   * @param timeout how long to wait at most; zero or less does not wait
   * @return the case that was chosen
   * @throws TimeoutException if the time is over; no case has happened
   * @throws ChannelClosedException if it is a send on a closed channel
   * @throws InterruptedException if the thread is interrupted; no case has happened
   */
  public Case<?> await(Duration timeout) throws InterruptedException, TimeoutException {
    Case<?> found = await(reason(), null, Program.current().clock().deadline(timeout));
    if (found == null) {
      throw Waiter.timedOut(reason(), timeout);
    }
    return found;
  }

  /**
   * Takes one of the cases if that is possible at once.
   *
   * @return the case that was chosen, null if none can go ahead and there is no {@link #otherwise}
   * @throws ChannelClosedException if it is a send on a closed channel
   */
  public @Nullable Case<?> tryAwait() {
    begin();
    Case<?> found = ended();
    if (found == null && only != null && only.seemsUnready()) {
      found = fallback();
    } else if (found == null) {
      lockAll();
      found = attemptLocked();
      unlockAll();
      wakeups.wake();
    }
    if (found != null && !found.settle()) {
      found = null;
    }
    return choose(found);
  }

  /** Waits for one of the cases; null if the deadline passes first. */
  @Nullable Case<?> await(WaitReason reason, @Nullable Context context, long deadline)
      throws InterruptedException {
    begin();
    if (Thread.currentThread().isInterrupted()) {
      return interrupted(reason, context);
    }
    // An interrupt that comes from now on may go with the end of a context that a case waits for:
    // the cases are looked at first, and it is noticed if there is nothing to choose.
    Waiter.checkContext(reason, context);
    Case<?> ended = ended();
    if (ended != null) {
      ended.settle();
      return chosen(ended);
    }
    // The passes of Go's selectgo: take a case that is ready; queue all cases and sleep; let all
    // but the winner leave their queues.
    while (true) {
      lockAll();
      Case<?> found = attemptLocked();
      if (found != null) {
        unlockAll();
        wakeups.wake();
        if (found.settle()) {
          return chosen(found);
        }
        continue;
      }
      Waiter self = currentWaiterLocked();
      long wakeAt = enqueueAllLocked(self, deadline);
      unlockAll();
      wakeups.wake();
      if (wakeAt == RETRY) {
        continue;
      }
      self.inSelect(this);
      Waiter.End end;
      Node winner = null;
      try {
        end = self.sleep(reason, context, wakeAt, true);
        winner = end == Waiter.End.CLAIMED ? self.claimedBy() : null;
      } finally { // a foreign context may fail, and a bubble may be given up
        leaveAll(self, winner);
      }
      if (winner instanceof Case<?> claimed) {
        if (claimed.settle()) {
          return chosen(claimed);
        }
      } else if (end != Waiter.End.EXPIRED) {
        throw Waiter.failure(end, reason, context);
      } else if (wakeAt == deadline) {
        return null;
      }
    }
  }

  /**
   * Without a lock: the only case, if it stays possible. Where many learn of the same end, they do
   * not wait for each other.
   */
  private @Nullable Case<?> ended() {
    return only != null && only.isEnabled() && only.isEnded() && only.complete(wakeups)
        ? only
        : null;
  }

  /** Ends a wait, however it ended: no case is queued afterwards. */
  private void leaveAll(Waiter self, @Nullable Node winner) {
    self.inSelect(null);
    if (winner == null) {
      self.abandon();
    }
    for (Case<?> one : cases) {
      if (one != winner && one.waiter == self) {
        one.leave();
      }
      one.waiter = null;
    }
    self.forget();
  }

  /**
   * What {@link #enqueueAllLocked} returns when a case has become ready. No deadline is negative.
   */
  private static final long RETRY = -1;

  /**
   * Queues every case.
   *
   * @return the earliest of the deadlines, or RETRY, and then nothing is queued
   */
  private long enqueueAllLocked(Waiter self, long deadline) {
    assert areHeld();
    long wakeAt = deadline;
    if (repeats && !inOrder) {
      shuffle(); // of several cases of one object, the one that is queued first is served first
    }
    self.prepare();
    for (int i = 0; i < cases.length; i++) {
      Case<?> one = cases[i];
      Waitable on = one.on();
      if (on == null || !one.isEnabled()) {
        one.waiter = null;
        continue;
      }
      if (one.queue != null) {
        giveUpLocked(self, i);
        throw new IllegalStateException(
            "a case is in use by another goroutine's select: make one for each");
      }
      one.waiter = self;
      if (!one.enqueue()) {
        dequeueLocked(i);
        self.abandon();
        return RETRY;
      }
      try {
        wakeAt = Math.min(wakeAt, one.deadline(self.clock()));
      } catch (Throwable e) { // there may be no memory for an alarm
        giveUpLocked(self, i + 1);
        throw e;
      }
    }
    return wakeAt;
  }

  /** Takes the first cases back and lets the locks go. */
  private void giveUpLocked(Waiter self, int end) {
    assert areHeld();
    dequeueLocked(end);
    self.abandon();
    unlockAll();
    wakeups.wake();
  }

  /**
   * Undoes the queueing of the first cases. All leave before the objects hear of it, for that may
   * let others pass, and another of these cases must not be among them.
   */
  private void dequeueLocked(int end) {
    assert areHeld();
    for (int i = 0; i < end; i++) {
      WaitQueue queue = cases[i].queue;
      if (queue != null && cases[i].waiter != null) {
        queue.remove(cases[i]);
      }
    }
    for (int i = 0; i < end; i++) {
      Waitable on = cases[i].on();
      if (on != null && cases[i].waiter != null) {
        on.withdrawnLocked(cases[i], wakeups);
      }
    }
  }

  /**
   * Does one of the operations that are possible; null if none is. Without memory for what is
   * received, lets the locks go.
   */
  private @Nullable Case<?> attemptLocked() {
    assert areHeld();
    try {
      if (!inOrder) {
        Case<?> candidate = candidateLocked();
        if (candidate == null || candidate.complete(wakeups)) {
          return candidate != null ? candidate : fallback();
        }
        // The case looked ready because of a waiter that has been served already: a select, which
        // may have left such a node at every object here. Drawing again after each failure would
        // take quadratic time, so from here on each case is tried once.
        shuffle();
      }
      for (Case<?> one : cases) {
        if (one.on() != null && one.isEnabled() && one.ready() && one.complete(wakeups)) {
          return one;
        }
      }
      return fallback();
    } catch (Throwable e) {
      unlockAll();
      wakeups.wake();
      throw e;
    }
  }

  private @Nullable Case<?> fallback() {
    return otherwise != null && otherwise.isEnabled() ? otherwise : null;
  }

  /** One of the cases that look ready, each with the same probability. */
  private @Nullable Case<?> candidateLocked() {
    assert areHeld();
    Case<?> candidate = null;
    int ready = 0;
    for (Case<?> one : cases) {
      if (one.on() != null && one.isEnabled() && one.ready()) {
        ready++;
        if (ready == 1 || random().nextInt(ready) == 0) {
          candidate = one;
        }
      }
    }
    return candidate;
  }

  /** Puts the cases into a random order, each with the same probability. */
  private void shuffle() {
    RandomGenerator random = random();
    for (int i = cases.length - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      Case<?> one = cases[i];
      cases[i] = cases[other];
      cases[other] = one;
    }
  }

  /** In a bubble, chance is the bubble's, which may have to repeat it. */
  private static RandomGenerator random() {
    BubbleClock bubble = BubbleClock.current();
    return bubble == null ? ThreadLocalRandom.current() : bubble.random();
  }

  /** A pending interrupt: a context's end that is asked for goes first. */
  private Case<?> interrupted(WaitReason reason, @Nullable Context context)
      throws InterruptedException {
    if (!inOrder) {
      shuffle();
    }
    for (Case<?> one : cases) {
      Waitable on = one.on();
      if (on != null && one.tellsOfCancellation() && one.isEnabled()) {
        on.enter();
        boolean taken = one.ready() && one.complete(wakeups);
        on.exit();
        wakeups.wake();
        if (taken) {
          one.settle();
          return chosen(one);
        }
      }
    }
    Waiter.check(reason, context);
    throw new AssertionError("an interrupt was pending");
  }

  /** The calling thread's waiter. Without memory for one, lets them go. */
  private Waiter currentWaiterLocked() {
    assert areHeld();
    try {
      return Waiter.current();
    } catch (Throwable e) {
      unlockAll();
      throw e;
    }
  }

  /** Comes first: no case is chosen yet, and none may be unfit. */
  private void begin() {
    touchAll();
    Case<?> unfit = null;
    for (Case<?> one : cases) {
      one.unchoose();
      if (one.isUnfit && one.isEnabled()) {
        unfit = one;
      }
    }
    if (unfit != null) {
      throw unfit.refusal();
    }
  }

  private Case<?> chosen(Case<?> found) throws InterruptedException {
    WaitReason joined = found.joins();
    if (joined != null) {
      Routine.checkProgram(joined);
    }
    choose(found);
    return found;
  }

  private @Nullable Case<?> choose(@Nullable Case<?> found) {
    if (found != null) {
      found.choose();
    }
    return found;
  }

  private void touchAll() {
    Headroom.forTaking();
    BubbleClock bubble = null;
    for (Waitable object : objects) {
      if (object.bubble != null && object.bubble.admits(object)) {
        bubble = object.bubble;
      }
    }
    if (bubble != null) {
      bubble.operation();
    }
  }

  /** Whether every case that takes part is on an object made in the bubble, or is never ready. */
  boolean isWithin(BubbleClock bubble) {
    for (Case<?> one : cases) {
      Waitable on = one.on();
      if (on != null && one.isEnabled() && !bubble.contains(on)) {
        return false;
      }
    }
    return true;
  }

  private boolean areHeld() {
    for (Waitable object : objects) {
      if (!object.isHeld()) {
        return false;
      }
    }
    return true;
  }

  private void lockAll() {
    for (Waitable object : objects) {
      object.enter();
    }
  }

  private void unlockAll() {
    for (Waitable object : objects) {
      object.exit();
    }
  }

  private WaitReason reason() {
    return objects.length == 0 ? WaitReason.SELECT_NO_CASES : WaitReason.SELECT;
  }

  /** Go's default. It is on no object: the select falls back to it. */
  static final class Otherwise<R extends @Nullable Object> extends Case<R> {
    private final Supplier<? extends R> result;

    Otherwise(Supplier<? extends R> result) {
      super(null);
      this.result = result;
    }

    @Override
    boolean ready() {
      return false;
    }

    @Override
    boolean complete(Wakeups wakeups) {
      return false;
    }

    @Override
    boolean enqueue() {
      throw new AssertionError("never queued");
    }

    @Override
    R outcome() {
      return result.get();
    }
  }
}

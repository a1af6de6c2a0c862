package io.heddle;

import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One alternative of a {@link Select}: an operation to wait for, and a function for its result.
 *
 * <p>Each type with a blocking operation makes cases of it: {@link Receiver#onReceive}, {@link
 * Sender#onSend}, {@link Mutex#onLock}, {@link Context#onDone} and so on. {@link Select#otherwise}
 * is Go's default. {@link Cond}, {@link Once}, {@link OnceValue} and {@link Race} offer no case,
 * because they do more than wait: they lock again afterwards, or run the caller's code. A case can
 * be used in any number of selects, one after another, by one goroutine at a time.
 *
 * @param <R> the result
 */
public abstract sealed class Case<R extends @Nullable Object> extends Node
    permits ReceiveCase, SendCase, Case.Action, Select.Otherwise {
  private final @Nullable Waitable on;
  private boolean enabled = true;

  // Numbers and no enum: to store a reference takes more, and each select stores several.

  private static final int NOT_CHOSEN = 0;
  private static final int CHOSEN = 1;

  /** Chosen, and the function has returned the result. */
  private static final int KNOWN = 2;

  /** Chosen, and the function has thrown. */
  private static final int FAILED = 3;

  private int state = NOT_CHOSEN;

  /** What the case's function has made of the choice, until the next select. */
  private @Nullable R result;

  /** Whether no select can run with this case enabled: see {@link #refusal}. */
  boolean isUnfit;

  Case(@Nullable Waitable on) {
    this.on = on;
  }

  /**
   * Takes the case out of the select, or puts it in again: Go's idiom of setting a channel variable
   * to nil. A disabled case is never chosen. Cases start enabled.
   *
   * <p>A disabled case may lack what it needs: the value to send or the future may be null, the
   * number of permits negative. A select refuses that when it runs, and only if the case is
   * enabled. In a loop, this buffers numbers between two channels; the queue may be empty:
   *
   * {@snippet :
   * switch (choose(
   *     in.onReceive().when(queue.size() < 10),
   *     out.onSend(queue.peek()).when(!queue.isEmpty()))) {
   *   case First(var number) -> queue.add(number);
   *   case Second(_) -> queue.remove();
   * }
   * }
   *
   * @param enabled whether the case takes part
   * @return this case
   */
  public Case<R> when(boolean enabled) {
    this.enabled = enabled;
    return this;
  }

  /**
   * The result of the operation: the value received, or what the case's function returns. The first
   * call after a choice calls the function; later calls return the same result.
   *
   * @return the result
   * @throws IllegalStateException if this is not the case that the last select chose, or an earlier
   *     call has thrown what the function threw
   */
  @SuppressWarnings("NullAway") // a result that is known is an R, which may be null
  public final R result() {
    if (state == CHOSEN) {
      state = FAILED; // unless the function returns
      result = outcome();
      state = KNOWN;
    } else if (state != KNOWN) {
      throw new IllegalStateException(
          state == FAILED
              ? "result of a case whose function has failed"
              : "result of a case that was not chosen");
    }
    return result;
  }

  /** A select has chosen this case. */
  final void choose() {
    state = CHOSEN;
  }

  /** A select begins: neither this one nor any other that the case was in has chosen it. */
  final void unchoose() {
    int before = state;
    if (before != NOT_CHOSEN) {
      state = NOT_CHOSEN;
      if (before == KNOWN) {
        result = null;
      }
    }
  }

  abstract R outcome();

  final boolean isEnabled() {
    return enabled;
  }

  /** What a select throws instead of running with this case, if it {@link #isUnfit}. */
  RuntimeException refusal() {
    throw new AssertionError("fit for every select");
  }

  @Override
  final @Nullable Waitable on() {
    return on;
  }

  /** Without the lock: whether the operation was impossible at some moment since the call. */
  boolean seemsUnready() {
    return false;
  }

  /**
   * Without the lock: whether the case stays ready forever, so that {@link #complete} needs no
   * lock.
   */
  boolean isEnded() {
    return false;
  }

  /** With the lock held: whether the operation looks possible now. */
  abstract boolean ready();

  /**
   * Does the operation: with the lock held, or without it if the case {@linkplain #isEnded has
   * ended}.
   *
   * @return false if it has become impossible since {@link #ready} was asked
   */
  abstract boolean complete(Wakeups wakeups);

  /**
   * With the lock held: puts this node into the object's queue.
   *
   * @return false if the operation has become possible since {@link #ready} was asked
   */
  abstract boolean enqueue();

  /** With the lock held: when, by the waiter's clock, this case becomes ready by itself. */
  long deadline(Clock clock) {
    return Clock.NEVER;
  }

  /**
   * After the operation was done, by this goroutine or by a waker, and with no lock held: examines
   * the node's item.
   *
   * @return false if the waker only wanted the case to be looked at again
   */
  boolean settle() {
    return true;
  }

  /** What it waits for if that is the end of goroutines; null if it is not. */
  @Nullable WaitReason joins() {
    return null;
  }

  /** Whether this case tells the goroutine that chooses it that a context is done. */
  boolean tellsOfCancellation() {
    return false;
  }

  /** Takes this node out of its queue, at the end of a wait that another node won. */
  final void leave() {
    if (on != null) {
      on.withdraw(this);
    }
    item = null;
  }

  /** A case whose operation passes no value, such as locking a mutex. */
  abstract static non-sealed class Action<R extends @Nullable Object> extends Case<R> {
    private final Supplier<? extends R> result;

    Action(@Nullable Waitable on, Supplier<? extends R> result) {
      super(on);
      this.result = Objects.requireNonNull(result, "result");
    }

    @Override
    final R outcome() {
      return result.get();
    }
  }
}

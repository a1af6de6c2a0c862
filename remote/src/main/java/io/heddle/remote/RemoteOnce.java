package io.heddle.remote;

import io.heddle.Context;
import io.heddle.ContextException;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * An action whose result is stored once, for all processes: what {@link io.heddle.OnceValue} is to
 * goroutines. All objects with the same name, in whatever process, are one.
 *
 * {@snippet :
 * RemoteOnce<String> setup = remote.once("setup-2026", Codec.text());
 * String version = setup.run(held -> migrate(held.context()));
 * }
 *
 * <p>The first call runs the action, and stores its result durably. Calls meanwhile wait for the
 * result, and later calls return it without running anything. It is kept for good, so give each
 * action a name of its own.
 *
 * <p>An action may run more than once, but never in two processes at the same time as long as it
 * heeds its context: it runs again if it fails, if its process dies, or if its lease is lost. Only
 * the result of the latest lease is stored. This differs from the local {@code OnceValue}, to which
 * a failure is a result. Effects of the action outside of the backend may happen twice, and {@link
 * Held} says how to fence them.
 *
 * <p>What the action does happens before the return of every call.
 *
 * @param <T> the result, never null
 */
public final class RemoteOnce<T> {
  private final Acquisition acquisition;
  private final Codec<T> codec;

  RemoteOnce(Keeper keeper, String name, Codec<T> codec) {
    this.acquisition = new Acquisition(keeper, new Lock(Lock.Kind.ONCE, name));
    this.codec = codec;
  }

  /**
   * The action of a once.
   *
   * @param <T> the result
   */
  @FunctionalInterface
  public interface Action<T> {
    /**
     * Runs.
     *
     * @param held the right to run, whose context ends when the lease is lost. It is closed by the
     *     caller
     * @return the result, not null
     * @throws Exception if it fails; a later call runs it again
     */
    T run(Held held) throws Exception;
  }

  /**
   * Returns the stored result. If no result is stored, runs the action and stores what it returns,
   * or waits while another process does.
   *
   * @param action what to run
   * @return the result of the one action whose result was stored
   * @throws ExecutionException if the action has failed; nothing is stored
   * @throws LeaseLostException if the lease was lost while the action ran; its result is not stored
   * @throws UnknownOutcomeException if it is unknown whether the result was stored; another call
   *     returns it, or runs the action again
   * @throws RemoteException if the backend cannot be reached, or the stored result cannot be
   *     decoded
   * @throws IllegalArgumentException if the codec cannot encode the result
   * @throws InterruptedException if the thread is interrupted while it waits, or the action throws
   *     that
   */
  public T run(Action<? extends T> action)
      throws RemoteException, ExecutionException, InterruptedException {
    Objects.requireNonNull(action, "action");
    T known = result();
    return known == null ? finish(acquisition.acquire(), action) : known;
  }

  /**
   * Returns the result, as {@link #run(Action)} does, unless the context is done first.
   *
   * @param action what to run
   * @param context ends the wait, and is the parent of the action's {@link Held#context}
   * @return the result of the one action whose result was stored
   * @throws ContextException if the context is done while this waits, or the action throws that
   * @throws ExecutionException if the action has failed; nothing is stored
   * @throws LeaseLostException if the lease was lost while the action ran; its result is not stored
   * @throws UnknownOutcomeException if it is unknown whether the result was stored; another call
   *     returns it, or runs the action again
   * @throws RemoteException if the backend cannot be reached, or the stored result cannot be
   *     decoded
   * @throws IllegalArgumentException if the codec cannot encode the result
   * @throws InterruptedException if the thread is interrupted while it waits, or the action throws
   *     that
   */
  public T run(Action<? extends T> action, Context context)
      throws RemoteException, ExecutionException, InterruptedException {
    Objects.requireNonNull(action, "action");
    context.check();
    T known = result();
    return known == null ? finish(acquisition.acquire(context), action) : known;
  }

  /**
   * The stored result. Waits for the backend's answer.
   *
   * @return the result; null if no action has succeeded yet
   * @throws RemoteException if the backend cannot be reached, or the result cannot be decoded
   * @throws InterruptedException if the thread was interrupted before
   */
  public @Nullable T result() throws RemoteException, InterruptedException {
    String text = acquisition.backend().locks().result(acquisition.lock());
    return text == null ? null : decode(text);
  }

  private T finish(@Nullable Held acquired, Action<? extends T> action)
      throws RemoteException, ExecutionException, InterruptedException {
    if (acquired == null) {
      T result = result();
      if (result == null) {
        throw failure("its result was deleted from the backend. Use another name", null);
      }
      return result;
    }
    try (Held held = acquired) {
      T value = run(action, held);
      Settlement completed = new Settlement.Completed(encode(value));
      Calls.result(Calls.cleanUp(() -> held.settle(completed))); // also if it was interrupted
      return value;
    }
  }

  /** An action that is cancelled throws that to the caller, as in a local once. */
  private T run(Action<? extends T> action, Held held)
      throws ExecutionException, InterruptedException {
    try {
      return Objects.requireNonNull(action.run(held), "the result of the action");
    } catch (InterruptedException | ContextException e) {
      throw e;
    } catch (Exception e) {
      throw new ExecutionException(e);
    }
  }

  private String encode(T value) {
    String text;
    try {
      text = codec.encode(value);
    } catch (Exception e) {
      throw new IllegalArgumentException("the codec cannot encode a result: " + e, e);
    }
    Envelope.checkText(text);
    return text;
  }

  private T decode(String text) throws RemoteException {
    try {
      return Objects.requireNonNull(codec.decode(text), "the value");
    } catch (Exception e) {
      throw failure("its result cannot be decoded: " + e + ". Correct the codec", e);
    }
  }

  private RemoteException failure(String why, @Nullable Exception e) {
    return new RemoteException(
        "cannot run " + acquisition.lock() + " in " + acquisition.backend().name() + ": " + why, e);
  }

  /** The name. */
  @Override
  public String toString() {
    return "RemoteOnce[" + acquisition.lock().name() + "]";
  }
}

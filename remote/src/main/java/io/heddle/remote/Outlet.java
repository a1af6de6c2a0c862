package io.heddle.remote;

import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Select;
import io.heddle.queue.Uninterrupted;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The sending side of a remote channel: what {@link io.heddle.Sender} is to a local one. Any number
 * of processes may have outlets of one channel, and no receiver has to exist.
 *
 * {@snippet :
 * Outlet<String> jobs = remote.outlet("jobs", Codec.text());
 * jobs.send("resize image 7");
 * }
 *
 * <p>A send has three outcomes:
 *
 * <ul>
 *   <li>It returns: the value is stored durably.
 *   <li>It throws a {@link RemoteException}, or another exception: the value is not stored.
 *   <li>It throws an {@link UnknownOutcomeException}: the value may be stored. Repeat the send with
 *       the same {@linkplain Message#withId id}, which is stored once.
 * </ul>
 *
 * <p>What a goroutine did before a send happens before the receive of the value, in whatever
 * process. If the thread is interrupted before the backend has begun, the send throws {@link
 * InterruptedException} and stores nothing. An interrupt during the call does not end it; the
 * interrupt status stays set. An outlet has no resources of its own, so it need not be closed.
 *
 * @param <T> the values, never null
 */
public final class Outlet<T> {
  private final Backend backend;
  private final String channel;
  private final Codec<T> codec;

  Outlet(Backend backend, String channel, Codec<T> codec) {
    this.backend = backend;
    this.channel = channel;
    this.codec = codec;
  }

  /**
   * Sends a value, and waits until it is stored.
   *
   * @param value the value
   * @throws ChannelEndedException if the channel has ended; the value was not stored
   * @throws UnknownOutcomeException if it is unknown whether the value was stored
   * @throws RemoteException if the backend refuses the value or cannot be reached; it was not
   *     stored
   * @throws IllegalArgumentException if the codec cannot encode the value
   * @throws InterruptedException if the thread was interrupted before; the value was not stored
   */
  public void send(T value) throws RemoteException, InterruptedException {
    send(Message.of(value));
  }

  /**
   * Sends a value, as {@link #send(Object)} does, unless the context is done first.
   *
   * @param value the value
   * @param context ends the wait
   * @throws ContextException if the context is done before the call; the value was not stored
   * @throws ChannelEndedException if the channel has ended; the value was not stored
   * @throws UnknownOutcomeException if it is unknown whether the value was stored, also because the
   *     context has ended during the call
   * @throws RemoteException if the backend refuses the value or cannot be reached; it was not
   *     stored
   * @throws IllegalArgumentException if the codec cannot encode the value
   * @throws InterruptedException if the thread was interrupted before; the value was not stored
   */
  public void send(T value, Context context) throws RemoteException, InterruptedException {
    send(Message.of(value), context);
  }

  /**
   * Sends a message, and waits until it is stored. If a message with its id is in the channel, or
   * was acknowledged less than {@link Remote#WINDOW} ago, returns without storing it again.
   *
   * @param message the value, with its id, key, delay and headers
   * @throws ChannelEndedException if the channel has ended and does not know the id; nothing was
   *     stored
   * @throws UnknownOutcomeException if it is unknown whether the message was stored
   * @throws RemoteException if the backend refuses the message or cannot be reached; it was not
   *     stored
   * @throws IllegalArgumentException if the codec cannot encode the value
   * @throws InterruptedException if the thread was interrupted before; the message was not stored
   */
  public void send(Message<? extends T> message) throws RemoteException, InterruptedException {
    backend.send(channel, Envelope.of(message, codec), null);
  }

  /**
   * Sends a message, as {@link #send(Message)} does, unless the context is done first.
   *
   * @param message the value, with its id, key, delay and headers
   * @param context ends the wait
   * @throws ContextException if the context is done before the call; the message was not stored
   * @throws ChannelEndedException if the channel has ended and does not know the id; nothing was
   *     stored
   * @throws UnknownOutcomeException if it is unknown whether the message was stored, also because
   *     the context has ended during the call
   * @throws RemoteException if the backend refuses the message or cannot be reached; it was not
   *     stored
   * @throws IllegalArgumentException if the codec cannot encode the value
   * @throws InterruptedException if the thread was interrupted before; the message was not stored
   */
  public void send(Message<? extends T> message, Context context)
      throws RemoteException, InterruptedException {
    context.check();
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    Envelope envelope = Envelope.of(message, codec);
    Chan<Calls.Ending<Boolean>> ending = Chan.buffered(1);
    Go.go(() -> ending.trySend(Calls.run(() -> store(envelope, null))));
    Calls.result(await(ending, envelope, context));
  }

  /**
   * Waits until the call has ended, or the context does. An interrupt does not end the wait, as it
   * would not end the call.
   */
  private Calls.Ending<Boolean> await(
      Chan<Calls.Ending<Boolean>> ending, Envelope envelope, Context context) {
    return Uninterrupted.await(() ->
        Select.<Calls.Ending<Boolean>>selectInOrder(
            ending.onReceive(reached -> Objects.requireNonNull(reached)),
            context.onDone(() -> new Calls.Ending.Threw<Boolean>(unknown(envelope, context)))));
  }

  private UnknownOutcomeException unknown(Envelope envelope, Context context) {
    return Failures.maybeSent(
        "send to channel " + channel + " in " + backend.name(),
        envelope.id(),
        Objects.requireNonNull(context.error()));
  }

  /**
   * Sends a message on behalf of the holder of a lock: the message is stored only if no other
   * process has had the lock since. The check and the store are one transaction, so a holder that
   * was suspended cannot store anything after its successor has the lock. NATS refuses such a send.
   *
   * @param message the value, with its id, key, delay and headers
   * @param holder holds a lock of the same {@link Remote}
   * @throws LeaseLostException if the holder no longer has the lock; the message was not stored
   * @throws ChannelEndedException if the channel has ended and does not know the id; nothing was
   *     stored
   * @throws UnknownOutcomeException if it is unknown whether the message was stored
   * @throws RemoteException if the backend refuses the message or cannot be reached; it was not
   *     stored
   * @throws IllegalArgumentException if the codec cannot encode the value, or the holder's lock
   *     belongs to another {@link Remote}
   * @throws InterruptedException if the thread was interrupted before; the message was not stored
   */
  public void send(Message<? extends T> message, Held holder)
      throws RemoteException, InterruptedException {
    if (!holder.isIn(backend)) {
      throw new IllegalArgumentException(
          "the lock belongs to another Remote than channel " + channel);
    }
    store(Envelope.of(message, codec), holder.lease());
  }

  private boolean store(Envelope envelope, @Nullable Lease holder)
      throws RemoteException, InterruptedException {
    backend.send(channel, envelope, holder);
    return true;
  }

  /**
   * Ends the channel, for all processes and for good: later sends throw {@link
   * ChannelEndedException}. Receivers get what is in the channel, and then null: when every message
   * that was sent before has been acknowledged or is a dead letter. Ending a channel twice has no
   * effect. The local counterpart is {@link io.heddle.Sender#close}.
   *
   * @throws RemoteException if the backend cannot be reached; the call may be repeated
   * @throws InterruptedException if the thread was interrupted before; nothing has happened
   */
  public void end() throws RemoteException, InterruptedException {
    backend.end(channel);
  }

  /** The channel's name. */
  @Override
  public String toString() {
    return "Outlet[" + channel + "]";
  }
}

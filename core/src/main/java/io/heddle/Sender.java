package io.heddle;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The sending side of a channel: Go's {@code chan<- T}.
 *
 * <p>Only the sender can close a channel. If other code gets only a {@link Receiver}, the compiler
 * checks that it never closes the channel.
 *
 * @param <T> the elements, never null
 */
public sealed interface Sender<T> permits Chan {
  /**
   * Sends a value: Go's {@code ch <- v}. Waits until a receiver takes it, or until the buffer has
   * room for it.
   *
   * <p>The send happens before the completion of the receive that gets the value.
   *
   * @param value what to send
   * @throws ChannelClosedException if the channel is closed, or is closed during the wait
   * @throws InterruptedException if the thread is interrupted; the value was not sent
   */
  void send(T value) throws InterruptedException;

  /**
   * Sends a value, unless the context is done first.
   *
   * @param value what to send
   * @param context ends the wait
   * @throws ChannelClosedException if the channel is closed, or is closed during the wait
   * @throws ContextException if the context is done; the value was not sent
   * @throws InterruptedException if the thread is interrupted; the value was not sent
   */
  void send(T value, Context context) throws InterruptedException;

  /**
   * Sends a value, waiting for a limited time.
   *
   * @param value what to send
   * @param timeout how long to wait at most; zero or less does not wait
   * @throws ChannelClosedException if the channel is closed, or is closed during the wait
   * @throws TimeoutException if the time is over; the value was not sent
   * @throws InterruptedException if the thread is interrupted; the value was not sent
   */
  void send(T value, Duration timeout) throws InterruptedException, TimeoutException;

  /**
   * Sends a value if that is possible at once: Go's select of a send with a default.
   *
   * <p>It fails only if at some moment during the call there was neither a waiting receiver nor
   * room in the buffer.
   *
   * @param value what to send
   * @return whether the value was sent
   * @throws ChannelClosedException if the channel is closed
   */
  boolean trySend(T value);

  /**
   * A case that sends a value. On a closed channel it can go ahead, and a select that takes it
   * throws {@link ChannelClosedException}.
   *
   * @param value what to send; null only if the case is {@linkplain Case#when disabled} or given
   *     {@linkplain SendCase#value another value} before a select runs, else that throws a {@link
   *     NullPointerException}
   * @return the case; its result is null
   */
  SendCase<T, @Nullable Void> onSend(@Nullable T value);

  /**
   * A case that sends a value, as {@link #onSend(Object)} does, and then yields a result.
   *
   * @param <R> the result
   * @param value what to send, or null, as in {@link #onSend(Object)}
   * @param result called once the value has been sent, on the goroutine that selects
   * @return the case
   */
  <R extends @Nullable Object> SendCase<T, R> onSend(
      @Nullable T value, Supplier<? extends R> result);

  /**
   * Closes the channel: Go's {@code close(ch)}. Receivers get what is in the buffer and then null;
   * those waiting get null now. Senders that wait get a {@link ChannelClosedException}.
   *
   * <p>The close happens before a receive that returns null because of it.
   *
   * @throws ChannelClosedException if it is closed already
   */
  void close();

  /**
   * The number of elements in the buffer: Go's {@code len(ch)}.
   *
   * @return a number from 0 to {@link #cap}
   */
  int len();

  /**
   * The size of the buffer: Go's {@code cap(ch)}.
   *
   * @return 0 for an unbuffered channel
   */
  int cap();
}

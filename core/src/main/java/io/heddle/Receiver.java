package io.heddle;

import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The receiving side of a channel: Go's {@code <-chan T}.
 *
 * <p>Null stands for "closed, and nothing left", Go's {@code v, ok := <-ch} with ok false:
 *
 * {@snippet :
 * for (String line; (line = lines.receive()) != null; ) { print(line); }
 * for (String line : lines) { print(line); }             // the same: for line := range lines
 * }
 *
 * @param <T> the elements, never null
 */
public sealed interface Receiver<T> extends Iterable<T> permits Source, Feed {
  /**
   * Receives a value: Go's {@code <-ch}. Waits until there is one.
   *
   * <p>Null means closed, so a primitive needs a check first: {@code int n = numbers.receive()}
   * throws a {@link NullPointerException} that names this call, once the channel is closed. A loop
   * {@code for (int n : numbers)} ends instead.
   *
   * <p>The send of a value happens before the completion of its receive. On a channel with capacity
   * C, the k-th receive happens before the completion of the (k+C)-th send.
   *
   * @return the value; null if the channel is closed and nothing is left in it
   * @throws InterruptedException if the thread is interrupted; nothing was received
   */
  @Nullable T receive() throws InterruptedException;

  /**
   * Receives a value, unless the context is done first.
   *
   * @param context ends the wait
   * @return the value; null if the channel is closed and nothing is left in it
   * @throws ContextException if the context is done; nothing was received
   * @throws InterruptedException if the thread is interrupted; nothing was received
   */
  @Nullable T receive(Context context) throws InterruptedException;

  /**
   * Receives a value, waiting for a limited time.
   *
   * @param timeout how long to wait at most; zero or less does not wait
   * @return the value; null if the channel is closed and nothing is left in it
   * @throws TimeoutException if the time is over; nothing was received
   * @throws InterruptedException if the thread is interrupted; nothing was received
   */
  @Nullable T receive(Duration timeout) throws InterruptedException, TimeoutException;

  /**
   * Receives a value if there is one at once: Go's select of a receive with a default.
   *
   * <p>Returns null only if at some moment during the call there was neither a value in the buffer
   * nor a waiting sender. Where it matters whether that was because the channel is closed, ask
   * {@link #isDrained} afterwards: a drained channel stays drained.
   *
   * @return the value; null if there is no value now
   */
  @Nullable T tryReceive();

  /**
   * A case that receives a value.
   *
   * @return the case; its result is what {@link #receive()} returns
   */
  Case<@Nullable T> onReceive();

  /**
   * A case that receives a value and makes a result of it.
   *
   * @param <R> the result
   * @param result called with the value received, null if the channel is closed and nothing is
   *     left, on the goroutine that selects
   * @return the case
   */
  <R extends @Nullable Object> Case<R> onReceive(Function<? super @Nullable T, ? extends R> result);

  /**
   * Whether the channel is closed and nothing is left in it, so that every receive returns null
   * from now on.
   *
   * @return true from that moment on
   */
  boolean isDrained();

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

  /**
   * Receives until the channel is closed: Go's {@code for v := range ch}. An iterator receives when
   * it is asked whether there is more, so one value is taken from the channel and lost if a loop
   * ends between the two calls; a for loop does not.
   *
   * <p>{@code hasNext} blocks. As it cannot declare {@link InterruptedException}, an interrupt
   * makes it throw {@link CancelledException}, with the interrupt status set again.
   *
   * @return an iterator for use by one goroutine
   */
  @Override
  Iterator<T> iterator();

  /**
   * What is received from now on, as a stream: it ends when the channel is closed and nothing is
   * left. The stream receives a value when its pipeline needs one, and takes none that it does not
   * use: after {@code limit(2)} two are gone from the channel. It is sequential; in a parallel one,
   * a single thread would receive.
   *
   * <p>The terminal operation blocks. As it cannot declare {@link InterruptedException}, an
   * interrupt makes it throw {@link CancelledException}, with the interrupt status set again. To
   * close the stream has no effect on a channel; only its sender can close that.
   *
   * @return a stream for use by one goroutine
   */
  default Stream<T> stream() {
    return StreamSupport.stream(new ReceivingIterator<>(this), false);
  }
}

package io.heddle.flow;

/**
 * Where a {@linkplain Pipeline#generate generator} sends what it makes. Unlike a {@link
 * io.heddle.Sender} it cannot be closed, as the pipeline does that, and no send outlives the
 * pipeline.
 *
 * @param <T> the elements, never null
 */
@FunctionalInterface
public interface Output<T> {
  /**
   * Sends a value. Waits until it is received, or the buffer has room for it.
   *
   * <p>The send happens before the completion of the receive that gets the value.
   *
   * @param value what to send
   * @throws io.heddle.ContextException if the pipeline was cancelled; the value was not sent
   * @throws InterruptedException if the thread is interrupted, which is how a goroutine learns of
   *     the same thing elsewhere; the value was not sent
   */
  void send(T value) throws InterruptedException;
}

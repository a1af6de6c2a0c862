package io.heddle;

import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A case that sends: see {@link Sender#onSend}. In a loop, give it its next value instead of making
 * a new case each time.
 *
 * @param <T> the elements of the channel
 * @param <R> the result
 */
public final class SendCase<T, R extends @Nullable Object> extends Case<R> {
  private final Chan<T> channel;
  private final Supplier<? extends R> result;
  private @Nullable T value;

  SendCase(Chan<T> channel, @Nullable T value, Supplier<? extends R> result) {
    super(channel.isLive() ? channel : null);
    this.channel = channel;
    this.result = result;
    value(value);
  }

  /**
   * Sets what the next select sends.
   *
   * @param value what to send; null only if the next select finds the case {@linkplain #when
   *     disabled}, else that throws a {@link NullPointerException}
   * @return this case
   */
  public SendCase<T, R> value(@Nullable T value) {
    this.value = value;
    isUnfit = value == null;
    return this;
  }

  @Override
  RuntimeException refusal() {
    return new NullPointerException("send of null");
  }

  @Override
  public SendCase<T, R> when(boolean enabled) {
    super.when(enabled);
    return this;
  }

  @Override
  boolean ready() {
    return channel.readyToSendLocked();
  }

  @Override
  boolean complete(Wakeups wakeups) {
    return channel.putLocked(Objects.requireNonNull(value), this, wakeups);
  }

  @Override
  boolean enqueue() {
    item = value;
    channel.senders.add(this);
    return true;
  }

  @Override
  boolean settle() {
    boolean closed = item == Chan.CLOSED;
    item = null;
    if (closed) {
      throw Chan.sendOnClosed();
    }
    return true;
  }

  @Override
  R outcome() {
    return result.get();
  }
}

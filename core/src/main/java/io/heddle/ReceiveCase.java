package io.heddle;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Receives from a source. */
final class ReceiveCase<T, R extends @Nullable Object> extends Case<R> {
  private final Source<T> source;
  private final Function<? super @Nullable T, ? extends R> result;

  ReceiveCase(Source<T> source, Function<? super @Nullable T, ? extends R> result) {
    super(source.isLive() ? source : null);
    this.source = source;
    this.result = result;
  }

  @Override
  boolean ready() {
    return source.ready();
  }

  @Override
  boolean complete(Wakeups wakeups) {
    return source.take(this, wakeups);
  }

  @Override
  boolean enqueue() {
    source.receivers.add(this);
    return true;
  }

  @Override
  long deadline() {
    return source.deadline();
  }

  @Override
  boolean settle() {
    if (item == TimerSource.LOOK_AGAIN) {
      return false;
    }
    source.received();
    return true;
  }

  @Override
  @SuppressWarnings("NullAway") // the function takes nulls; NullAway drops the ? super @Nullable
  R outcome() {
    return result.apply(source.value(item));
  }
}

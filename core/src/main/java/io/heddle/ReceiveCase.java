package io.heddle;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Receives from a source. */
final class ReceiveCase<T, R extends @Nullable Object> extends Case<R> {
  private final Source<T> source;
  private final Function<? super @Nullable T, ? extends R> result;
  private final boolean tellsOfCancellation;
  private final boolean joins;

  ReceiveCase(Source<T> source, Function<? super @Nullable T, ? extends R> result) {
    this(source, result, source.reason() == WaitReason.DONE);
  }

  private ReceiveCase(
      Source<T> source,
      Function<? super @Nullable T, ? extends R> result,
      boolean tellsOfCancellation) {
    super(source.isLive() ? source : null);
    this.source = source;
    this.result = result;
    this.tellsOfCancellation = tellsOfCancellation;
    this.joins = source.reason().joins();
  }

  /** The case of a context's end, also if that is the closing of an ordinary channel. */
  static <R extends @Nullable Object> Case<R> ofEnd(
      Context context, Function<? super @Nullable Void, ? extends R> result) {
    return new ReceiveCase<>(Source.of(context.done()), result, true);
  }

  /** The case of a context's end that leaves the caller's interrupt as it is. */
  static Case<@Nullable Void> ofEndUntold(CancelContext context) {
    return new ReceiveCase<Void, @Nullable Void>(Source.of(context.done()), closed -> null, false);
  }

  @Override
  boolean tellsOfCancellation() {
    return tellsOfCancellation;
  }

  @Override
  @Nullable WaitReason joins() {
    return joins ? source.reason() : null;
  }

  @Override
  boolean seemsUnready() {
    return source.seemsUnready();
  }

  @Override
  boolean isEnded() {
    return source.isEnded();
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
  long deadline(Clock clock) {
    return source.deadline(clock);
  }

  @Override
  boolean settle() {
    if (item == Source.LOOK_AGAIN) {
      return false;
    }
    if (tellsOfCancellation) {
      Routine.learnOfCancellation(source);
    }
    return true;
  }

  @Override
  @SuppressWarnings("NullAway") // the function takes nulls; NullAway drops the ? super @Nullable
  R outcome() {
    return result.apply(source.value(item));
  }
}

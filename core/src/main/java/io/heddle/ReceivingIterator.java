package io.heddle;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Spliterator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Receives until nothing is left, for loops and for streams. */
final class ReceivingIterator<T> implements Iterator<T>, Spliterator<T> {
  private final Receiver<T> source;

  /** What {@link #hasNext} received. */
  private @Nullable T next;

  ReceivingIterator(Receiver<T> source) {
    this.source = source;
  }

  @Override
  public boolean hasNext() {
    if (next == null) {
      try {
        next = source.receive();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancelledException(e.getMessage() + ": interrupted", e);
      }
    }
    return next != null;
  }

  @Override
  public T next() {
    if (!hasNext() || next == null) {
      throw new NoSuchElementException("the channel is closed");
    }
    T value = next;
    next = null;
    return value;
  }

  @Override
  public boolean tryAdvance(Consumer<? super T> action) {
    Objects.requireNonNull(action, "action");
    boolean hasNext = hasNext();
    if (hasNext) {
      action.accept(next());
    }
    return hasNext;
  }

  @Override
  public void forEachRemaining(Consumer<? super T> action) {
    Spliterator.super.forEachRemaining(action);
  }

  /** The values are received one after the other: a stream of them has no parts. */
  @Override
  public @Nullable Spliterator<T> trySplit() {
    return null;
  }

  @Override
  public long estimateSize() {
    return Long.MAX_VALUE;
  }

  @Override
  public int characteristics() {
    return ORDERED | NONNULL;
  }
}

package io.heddle;

import io.heddle.internal.Failures;
import io.heddle.internal.Uninterruptibly;
import io.heddle.scheduler.Headroom;
import java.time.Duration;
import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A receiver of what a stream, an iterable or a publisher yields: a goroutine takes values from
 * there and sends them.
 *
 * {@snippet :
 * try (Feed<Path> files = Feed.from(Files.walk(root))) {
 *   for (Path file : files) {
 *     if (matches(file)) {
 *       return file;                 // the rest of the walk is cancelled
 *     }
 *   }
 * }
 * }
 *
 * <p>Unlike a channel, a feed can fail. After the last value, each receive throws what the source
 * failed with, as the cause of a {@link CompletionException}; so null always means that there is
 * nothing left. If the feed's context ends, the receives throw a {@link ContextException} instead.
 *
 * <p>{@link #close} ends the source: the goroutine is interrupted, the stream closed, the
 * subscription cancelled. So does the end of the context, even if that {@linkplain
 * Context#withoutInterrupts does not interrupt}: a source has no other means to learn of it. Always
 * close a feed, or receive all of its values; otherwise its goroutine is left behind, and is
 * reported as a leak.
 *
 * <p>What the source does before it yields a value happens before the value is received.
 *
 * @param <T> the values; a null from the source is its failure
 */
public final class Feed<T> implements Receiver<T>, AutoCloseable {
  /** Sends what a source yields. */
  @FunctionalInterface
  interface Body<T> {
    void run(Sender<T> out, Context context) throws Throwable;
  }

  private final CancelContext context;
  private final Chan<T> values = Chan.unbuffered();
  private final Goroutine<?> goroutine;

  /** Set before the channel is closed. */
  private @Nullable Supplier<RuntimeException> failure;

  /** Set by the receiver, before it ends the source. */
  private volatile boolean closed;

  private Feed(Context parent, Body<T> body) {
    Headroom.forScope();
    this.context = CancelContext.interrupting(parent);
    boolean started = false;
    try {
      this.goroutine = Go.go(context, new Run<>(this, body));
      started = true;
    } finally {
      if (!started) { // out of memory or threads
        context.close();
      }
    }
  }

  private void run(Body<T> body) {
    try {
      body.run(values, context);
    } catch (InterruptedException | ContextException e) {
      failure = context.isDone() ? () -> ContextException.of("feed", context) : () -> completion(e);
    } catch (Throwable e) {
      failure = () -> completion(e);
    } finally {
      context.cancel(); // takes it out of the context above
      values.close();
    }
  }

  private static CompletionException completion(Throwable failure) {
    return Failures.report(failure, CompletionException::new);
  }

  /**
   * Makes a feed of what an iterable yields, below the {@linkplain Context#current current}
   * context.
   *
   * @param <T> the values
   * @param source iterated over by the feed's goroutine, one value ahead of the receiver
   * @return a new feed; close it
   */
  public static <T> Feed<T> from(Iterable<? extends T> source) {
    return from(Context.current(), source);
  }

  /**
   * Makes a feed of what an iterable yields.
   *
   * @param <T> the values
   * @param context whose end is the feed's
   * @param source iterated over by the feed's goroutine, one value ahead of the receiver
   * @return a new feed; close it
   */
  public static <T> Feed<T> from(Context context, Iterable<? extends T> source) {
    Objects.requireNonNull(source, "source");
    return new Feed<>(
        context,
        (out, own) -> {
          for (T value : source) {
            out.send(value, own);
          }
        });
  }

  /**
   * Makes a feed of what a stream yields, below the {@linkplain Context#current current} context.
   *
   * @param <T> the values
   * @param source run by the feed's goroutine, sequentially and one value ahead of the receiver,
   *     and then closed
   * @return a new feed; close it
   */
  public static <T> Feed<T> from(Stream<? extends T> source) {
    return from(Context.current(), source);
  }

  /**
   * Makes a feed of what a stream yields.
   *
   * @param <T> the values
   * @param context whose end is the feed's
   * @param source run by the feed's goroutine, sequentially and one value ahead of the receiver,
   *     and then closed; closed, too, if no feed can be made
   * @return a new feed; close it
   */
  public static <T> Feed<T> from(Context context, Stream<? extends T> source) {
    Objects.requireNonNull(source, "source");
    try {
      return new Feed<>(context, (out, own) -> drain(source, out, own));
    } catch (Throwable e) {
      try (source) {
        throw e;
      }
    }
  }

  private static <T> void drain(Stream<? extends T> source, Sender<T> out, Context context)
      throws InterruptedException {
    AtomicReference<@Nullable InterruptedException> interrupt = new AtomicReference<>();
    try (source) {
      // Unlike an iterator of the stream, this takes no more from it than was sent.
      boolean _ =
          source
              .sequential()
              .allMatch(value -> {
                try {
                  out.send(value, context);
                  return true;
                } catch (InterruptedException e) {
                  interrupt.set(e);
                  return false;
                }
              });
      InterruptedException interrupted = interrupt.get();
      if (interrupted != null) {
        throw interrupted;
      }
    }
  }

  /**
   * Makes a feed of what a publisher publishes, below the {@linkplain Context#current current}
   * context.
   *
   * @param <T> the values
   * @param source subscribed to by the feed's goroutine
   * @param capacity how many values are requested ahead of the receiver; at least 1, and more than
   *     65,536 is the same as 65,536, as there is room for all of them from the start
   * @return a new feed; close it
   * @throws IllegalArgumentException if the capacity is less than 1
   */
  public static <T> Feed<T> from(Flow.Publisher<? extends T> source, int capacity) {
    return from(Context.current(), source, capacity);
  }

  /**
   * Makes a feed of what a publisher publishes. What the publisher signals as an error is the
   * feed's failure. Its threads are never blocked: published values stay in a buffer until they are
   * received, and more are requested as the buffer empties. In a bubble of {@code
   * io.heddle.testing}, the publisher has to run in the bubble, too.
   *
   * @param <T> the values
   * @param context whose end is the feed's
   * @param source subscribed to by the feed's goroutine
   * @param capacity how many values are requested ahead of the receiver; at least 1, and more than
   *     65,536 is the same as 65,536, as there is room for all of them from the start
   * @return a new feed; close it
   * @throws IllegalArgumentException if the capacity is less than 1
   */
  public static <T> Feed<T> from(
      Context context, Flow.Publisher<? extends T> source, int capacity) {
    Objects.requireNonNull(source, "source");
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity of a feed: " + capacity + " is less than 1");
    }
    return new Feed<>(context, new FeedSubscriber<T>(source, capacity)::run);
  }

  /**
   * Ends the source, and waits until its goroutine has ended, even if interrupted: the interrupt
   * status is then set again. Whatever the source still yields or fails with is dropped, like the
   * values that were not received; receives return null from now on. Does nothing the second time.
   *
   * @throws IllegalStateException if the source itself calls, which would wait for itself
   */
  @Override
  public void close() {
    if (Goroutine.current() == goroutine) {
      throw new IllegalStateException(
          "close of a Feed by its own source, which would wait for itself: "
              + "a source ends by returning or throwing");
    }
    closed = true;
    context.cancel();
    Uninterruptibly.await(() -> Waiter.named(WaitReason.FEED_CLOSE, () -> goroutine.join()));
  }

  /** What a receive returns or throws that got nothing. */
  private @Nullable T end() {
    Supplier<RuntimeException> thrown = failure;
    if (thrown != null && !closed) {
      throw thrown.get();
    }
    return null;
  }

  @Override
  public @Nullable T receive() throws InterruptedException {
    T value = values.receive();
    return value != null ? value : end();
  }

  @Override
  public @Nullable T receive(Context context) throws InterruptedException {
    T value = values.receive(context);
    return value != null ? value : end();
  }

  @Override
  public @Nullable T receive(Duration timeout) throws InterruptedException, TimeoutException {
    T value = values.receive(timeout);
    return value != null ? value : end();
  }

  @Override
  public @Nullable T tryReceive() {
    T value = values.tryReceive();
    return value == null && values.isDrained() ? end() : value;
  }

  @Override
  public Case<@Nullable T> onReceive() {
    return onReceive(UnaryOperator.identity());
  }

  @Override
  @SuppressWarnings("NullAway") // the function takes nulls; NullAway drops the ? super @Nullable
  public <R extends @Nullable Object> Case<R> onReceive(
      Function<? super @Nullable T, ? extends R> result) {
    Objects.requireNonNull(result, "result");
    return values.onReceive(value -> result.apply(value != null ? value : end()));
  }

  /** Whether nothing is left, so that every receive returns null or throws the failure. */
  @Override
  public boolean isDrained() {
    return values.isDrained();
  }

  @Override
  public int len() {
    return 0;
  }

  @Override
  public int cap() {
    return 0;
  }

  @Override
  public Iterator<T> iterator() {
    return new ReceivingIterator<>(this);
  }

  /** The values as a stream; to close it is to {@linkplain #close close} the feed. */
  @Override
  public Stream<T> stream() {
    return Receiver.super.stream().onClose(this::close);
  }

  /** A class and not a lambda expression, so that a dump tells where each feed was made. */
  private record Run<T>(Feed<T> feed, Body<T> body) implements Task {
    @Override
    public void run() {
      feed.run(body);
    }
  }

  /** The channel that the values come through. */
  Chan<T> values() {
    return values;
  }

  @Override
  public String toString() {
    return "Feed[" + (closed ? "closed" : isDrained() ? "ended" : "open") + "]";
  }
}

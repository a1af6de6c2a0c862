package io.heddle;

import java.io.Closeable;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Feeds what a publisher publishes.
 *
 * <p>The publisher's threads only put its signals into a channel, which never blocks them: it has
 * room for as many values as are requested at a time. The feed's goroutine takes them out. It alone
 * calls the subscription, as the calls of that have to follow each other, and it requests values
 * when it has sent half of those that it requested before.
 */
final class FeedSubscriber<T> implements Flow.Subscriber<T> {
  private sealed interface Signal<T> {}

  private record Subscribed<T>(Flow.Subscription subscription) implements Signal<T> {}

  private record Next<T>(T value) implements Signal<T> {}

  private record Failed<T>(Throwable failure) implements Signal<T> {}

  private record Completed<T>() implements Signal<T> {}

  private static final int MOST_AHEAD = 1 << 16;

  private final Flow.Publisher<? extends T> source;
  private final int capacity;

  /** Closed when the goroutine takes no more. Has room for the first and the last signal, too. */
  private final Chan<Signal<T>> signals;

  private final AtomicBoolean subscribed = new AtomicBoolean();

  /** Whether there was no room for a signal. */
  private volatile boolean overflown;

  /** The goroutine's own: what to cancel. */
  private Flow.@Nullable Subscription subscription;

  FeedSubscriber(Flow.Publisher<? extends T> source, int capacity) {
    this.source = source;
    this.capacity = Math.min(capacity, MOST_AHEAD);
    this.signals = Chan.buffered(this.capacity + 2);
  }

  void run(Sender<T> out, Context context) throws Throwable {
    try (Closeable _ = this::end) { // what that throws does not hide why the feed has ended
      source.subscribe(this);
      forward(out, context);
    }
  }

  private void end() {
    signals.close();
    for (Signal<T> late = signals.tryReceive(); late != null; late = signals.tryReceive()) {
      handle(late);
    }
    if (subscription != null) {
      subscription.cancel();
    }
  }

  private void forward(Sender<T> out, Context context) throws Throwable {
    int sent = 0;
    int batch = (capacity + 1) / 2;
    while (true) {
      Signal<T> signal = Objects.requireNonNull(signals.receive(context));
      handle(signal);
      if (overflown) {
        throw new IllegalStateException(source + " has published more than was requested");
      }
      switch (signal) {
        case Subscribed<T>(Flow.Subscription fresh) -> fresh.request(capacity);
        case Next<T>(T value) -> {
          out.send(value, context);
          if (++sent == batch && subscription != null) {
            sent = 0;
            subscription.request(batch);
          }
        }
        case Failed<T>(Throwable failure) -> throw failure;
        case Completed<T>() -> {
          return;
        }
      }
    }
  }

  /** Keeps track of whether there is a subscription to cancel. */
  private void handle(Signal<T> signal) {
    switch (signal) {
      case Subscribed<T>(Flow.Subscription fresh) -> subscription = fresh;
      case Failed<T> _, Completed<T> _ -> subscription = null;
      case Next<T> _ -> {}
    }
  }

  /** Returns false if the goroutine takes no more signals. */
  private boolean pass(Signal<T> signal) {
    try {
      if (!signals.trySend(signal)) {
        overflown = true;
      }
      return true;
    } catch (ChannelClosedException e) {
      return false;
    }
  }

  @Override
  public void onSubscribe(Flow.Subscription fresh) {
    Objects.requireNonNull(fresh, "subscription");
    if (!subscribed.compareAndSet(false, true) || !pass(new Subscribed<>(fresh))) {
      fresh.cancel();
    }
  }

  @Override
  public void onNext(T value) {
    boolean _ = pass(new Next<>(Objects.requireNonNull(value, "value")));
  }

  @Override
  public void onError(Throwable failure) {
    boolean _ = pass(new Failed<>(Objects.requireNonNull(failure, "failure")));
  }

  @Override
  public void onComplete() {
    boolean _ = pass(new Completed<>());
  }
}

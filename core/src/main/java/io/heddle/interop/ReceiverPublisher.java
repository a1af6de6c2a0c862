package io.heddle.interop;

import static io.heddle.Go.go;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Receiver;
import io.heddle.Task;
import io.heddle.scheduler.Headroom;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Publishes what is received: a {@link Flow.Publisher} for reactive libraries.
 *
 * {@snippet :
 * Flow.Publisher<Event> publisher = new ReceiverPublisher<>(events);
 * publisher.subscribe(subscriber);
 * }
 *
 * <p>Each subscription is a goroutine that receives a value when its subscriber has requested one,
 * and never before: a subscriber that requests nothing holds up the senders, and one that cancels
 * takes no value with it. Several subscribers share the values, as several receivers of a channel
 * do: each value goes to one of them.
 *
 * <p>A subscription is complete once nothing is left to receive. That is noticed when the
 * subscription begins, after each value, and while a requested value is awaited. If a receive
 * throws, as that of a failed {@link io.heddle.Feed} does, the subscriber gets the failure; if the
 * publisher's context ends, it gets a {@link ContextException}.
 *
 * <p>A subscriber is called on the goroutine of its subscription, one call after the other, and may
 * block. What it throws, which the rules of reactive streams forbid, ends the subscription and is
 * the failure of the goroutine, as in {@link io.heddle.Go#go(Task)}.
 *
 * <p>A value is sent before the subscriber is called with it, and the sender's actions before that
 * happen before that call.
 *
 * @param <T> the values
 */
public final class ReceiverPublisher<T> implements Flow.Publisher<T> {
  private final Context context;
  private final Receiver<? extends T> source;

  /**
   * Makes a publisher whose subscriptions end with what they receive from, or are cancelled.
   *
   * @param source what to receive from
   */
  public ReceiverPublisher(Receiver<? extends T> source) {
    this(Context.background(), source);
  }

  /**
   * Makes a publisher whose subscriptions also end when a context is done.
   *
   * @param context whose end the subscribers get as an error
   * @param source what to receive from
   */
  public ReceiverPublisher(Context context, Receiver<? extends T> source) {
    this.context = Objects.requireNonNull(context, "context");
    this.source = Objects.requireNonNull(source, "source");
  }

  @Override
  public void subscribe(Flow.Subscriber<? super T> subscriber) {
    Objects.requireNonNull(subscriber, "subscriber");
    Headroom.forScope();
    new Subscription<T>(context.withCancel(), source, subscriber).start();
  }

  /** One subscriber's goroutine. */
  private static final class Subscription<T> implements Flow.Subscription, Task {
    private final CancelContext context;
    private final Receiver<? extends T> source;
    private final Flow.Subscriber<? super T> subscriber;

    /** How many values are requested and not published; {@link Long#MAX_VALUE} is without limit. */
    private final AtomicLong demand = new AtomicLong();

    /** Has something in it after demand has arisen. */
    private final Chan<Boolean> requested = Chan.buffered(1);

    /** Set before the context is cancelled by the subscriber. */
    private volatile boolean cancelled;

    /** Set before the context is cancelled because of it. */
    private volatile @Nullable IllegalArgumentException refused;

    Subscription(
        CancelContext context,
        Receiver<? extends T> source,
        Flow.Subscriber<? super T> subscriber) {
      this.context = context;
      this.source = source;
      this.subscriber = subscriber;
    }

    void start() {
      boolean started = false;
      try {
        // The subscriber's own code is not interrupted, least of all by its own call of cancel.
        go(context.withoutInterrupts(), this);
        started = true;
      } finally {
        if (!started) { // out of memory or threads
          context.close();
        }
      }
    }

    @Override
    public void run() {
      try (context) {
        subscriber.onSubscribe(this);
        Throwable failure = publish();
        if (cancelled) {
          return;
        } else if (failure == null) {
          subscriber.onComplete();
        } else {
          subscriber.onError(failure);
        }
      }
    }

    /** Publishes until nothing is left, which returns null, or until there is an error. */
    private @Nullable Throwable publish() {
      while (true) {
        T value;
        try {
          value = next();
        } catch (ContextException e) {
          return refused != null ? refused : e;
        } catch (InterruptedException e) { // the program ends
          return e;
        } catch (CompletionException e) {
          return e.getCause() != null ? e.getCause() : e;
        }
        if (value == null) {
          return null;
        }
        subscriber.onNext(value);
      }
    }

    /** Receives a value once it is requested; null if nothing is left. */
    private @Nullable T next() throws InterruptedException {
      while (demand.get() == 0 && !source.isDrained()) {
        requested.receive(context);
      }
      T value = source.receive(context);
      if (value != null) {
        demand.updateAndGet(n -> n == Long.MAX_VALUE ? n : n - 1);
      }
      return value;
    }

    @Override
    public void request(long n) {
      if (n <= 0) {
        refused = new IllegalArgumentException("request of " + n + " values, not 1 or more (3.9)");
        context.cancel();
      } else {
        demand.updateAndGet(before -> before + n < 0 ? Long.MAX_VALUE : before + n);
        requested.trySend(true);
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
      context.cancel();
    }
  }
}

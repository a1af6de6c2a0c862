package io.heddle.remote;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.heddle.AfterFunc;
import io.heddle.CancelContext;
import io.heddle.Case;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Semaphore;
import io.heddle.queue.Uninterrupted;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The receiving side of a remote channel: what {@link io.heddle.Receiver} is to a local one. Each
 * message goes to one of the channel's inlets, in whatever process.
 *
 * {@snippet :
 * try (Inlet<String> jobs = remote.inlet("jobs", Codec.text())) {
 *   for (Delivery<String> delivery : jobs) {
 *     try (delivery) {
 *       work(delivery.value());
 *       delivery.ack();
 *     }
 *   }
 * }
 * }
 *
 * <p>Delivery is at least once. A message whose handler fails, or whose process dies, is delivered
 * again, with a higher {@link Delivery#attempt}.
 *
 * <p>A goroutine fetches messages in advance, and leases them, up to the inlet's credit: the number
 * of deliveries that are not settled, including those that were fetched but not received. So a
 * receive, or a {@linkplain #onReceive case of a select}, is a receive from a local channel: it is
 * atomic, and a delivery that was not chosen stays. A process with many credits takes messages from
 * others that may be idle; choose about the number of messages that it handles at the same time.
 *
 * <p>While the backend cannot be reached, receives wait, and deliveries that cannot be renewed in
 * time are lost. {@link #failure} says why, and the logger {@code io.heddle.remote} reports the
 * beginning and the end of it. The inlet continues by itself when the backend answers again.
 *
 * <p>What a sender did before it sent a value happens before the receive returns.
 *
 * @param <T> the values
 */
public final class Inlet<T> implements Iterable<Delivery<T>>, AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.heddle.remote");
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  /** How often old ids are forgotten. */
  private static final Duration SWEEP = Duration.ofMinutes(1);

  private final Keeper keeper;
  private final Backend backend;
  private final String channel;
  private final Codec<T> codec;
  private final int size;
  private final Context parent = Context.current();
  private final CancelContext running = Context.background().withCancel();
  private final Semaphore credit;

  /** Has room for all deliveries that credit permits, so that sending never waits. */
  private final Chan<Delivery<T>> ready;

  private final Consumer<? super Inlet<T>> atClose;
  private volatile @Nullable RemoteException failure;
  private final Goroutine<?> pump;
  private final Goroutine<?> sweeper;

  /**
   * Opens it.
   *
   * @param atClose called when it has been closed
   */
  Inlet(
      Keeper keeper,
      String channel,
      Codec<T> codec,
      int credit,
      Consumer<? super Inlet<T>> atClose) {
    this.atClose = atClose;
    this.keeper = keeper;
    this.backend = keeper.backend();
    this.channel = channel;
    this.codec = codec;
    this.size = credit;
    this.credit = new Semaphore(credit);
    this.ready = Chan.<Delivery<T>>buffered(credit).named("inlet " + channel);
    this.pump = Go.go(running, "receive from " + channel, this::fetchAll);
    this.sweeper = Go.go(running, "forget ids of " + channel, this::forgetAll);
  }

  private void fetchAll() {
    try {
      Duration pause = FIRST_PAUSE;
      boolean isOver = false;
      while (!isOver) {
        try {
          isOver = !fetch();
          answered();
        } catch (RemoteException e) {
          pause = failed(e) ? FIRST_PAUSE : longer(pause);
          Go.sleep(pause, running);
        }
      }
    } catch (InterruptedException | ContextException e) {
      // closed
    } finally {
      ready.close();
    }
  }

  private static Duration longer(Duration pause) {
    return pause.compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
  }

  /** Returns whether this is the first failure since the backend has answered. */
  private synchronized boolean failed(RemoteException e) {
    boolean isFirst = failure == null;
    if (isFirst) {
      LOG.log(WARNING, "heddle.remote.unreachable channel {0}: {1}", channel, e.getMessage());
    }
    failure = e;
    return isFirst;
  }

  private synchronized void answered() {
    if (failure != null) {
      failure = null;
      LOG.log(INFO, "heddle.remote.reachable channel {0} in {1}", channel, backend.name());
    }
  }

  /**
   * Claims messages. After a failure the backend has to answer another call first: a claim that
   * waits for long may wait for a message, or for a server. If it does answer, a claim that has not
   * failed after a while waits for a message.
   */
  private List<Lease> claim(int max) throws RemoteException, InterruptedException {
    if (failure == null) {
      return backend.claim(channel, max, keeper.lease());
    }
    backend.forget(channel);
    AfterFunc.Timed alarm = Go.afterFunc(LONGEST_PAUSE, this::answered);
    try {
      return backend.claim(channel, max, keeper.lease());
    } finally {
      alarm.stop();
    }
  }

  /** Fetches as many messages as credit permits; returns false if the channel is over. */
  private boolean fetch() throws RemoteException, InterruptedException {
    credit.acquire(running);
    int free = 1;
    while (free < size && credit.tryAcquire()) {
      free++;
    }
    List<Lease> leases = List.of();
    try {
      leases = claim(free);
    } finally {
      credit.release(free - leases.size());
    }
    leases.forEach(this::admit); // even if the inlet is being closed: close returns them
    return !leases.isEmpty();
  }

  /**
   * A unit of credit: it becomes free when the delivery has been received and its lease has ended.
   * A delivery that is lost before it is received still takes a place in {@link #ready}.
   */
  private final class Unit implements Runnable {
    private final AtomicInteger uses = new AtomicInteger(2);

    @Override
    public void run() {
      if (uses.decrementAndGet() == 0) {
        credit.release();
      }
    }
  }

  private void admit(Lease lease) {
    String what = "message " + lease.id() + " of channel " + channel;
    Unit unit = new Unit();
    Tenure tenure = Tenure.begin(keeper, lease, what, parent, unit);
    T value;
    try {
      value = Objects.requireNonNull(codec.decode(Envelope.text(lease.body())), "the value");
    } catch (Exception | StackOverflowError e) { // deep text overflows the stack of a parser
      refuse(tenure, what, e);
      unit.run();
      return;
    }
    ready.trySend(new Delivery<>(value, Envelope.headers(lease.body()), tenure, unit));
  }

  /** To be called once for each value from {@link #ready}. */
  private @Nullable Delivery<T> received(@Nullable Delivery<T> delivery) {
    if (delivery != null) {
      delivery.received();
    }
    return delivery;
  }

  private void refuse(Tenure tenure, String what, Throwable reason) {
    LOG.log(WARNING, "heddle.remote.undecodable {0} in {1}: {2}", what, backend.name(), reason);
    String text = ("it cannot be decoded: " + reason).replace('\0', '?');
    tenure.close(new Settlement.Dead(text));
  }

  private void forgetAll() throws InterruptedException {
    while (true) {
      Go.sleep(SWEEP, running);
      try {
        backend.forget(channel);
      } catch (RemoteException e) {
        // next time
      }
    }
  }

  /**
   * Receives a delivery, waiting until there is one. A delivery that was fetched in advance may
   * have lost its lease meanwhile; then its context is done, and settling it throws.
   *
   * @return the delivery; null if the channel has {@linkplain Outlet#end ended} and each of its
   *     messages is settled, or if the inlet is closed
   * @throws InterruptedException if the thread is interrupted; nothing was received
   */
  public @Nullable Delivery<T> receive() throws InterruptedException {
    return received(ready.receive());
  }

  /**
   * Receives a delivery, as {@link #receive()} does, unless the context is done first.
   *
   * @param context ends the wait
   * @return the delivery; null if the channel has ended or the inlet is closed
   * @throws ContextException if the context is done; nothing was received
   * @throws InterruptedException if the thread is interrupted; nothing was received
   */
  public @Nullable Delivery<T> receive(Context context) throws InterruptedException {
    return received(ready.receive(context));
  }

  /**
   * Receives a delivery, as {@link #receive()} does, waiting for a limited time.
   *
   * @param timeout how long to wait at most; zero or less does not wait
   * @return the delivery; null if the channel has ended or the inlet is closed
   * @throws TimeoutException if the time is over; nothing was received
   * @throws InterruptedException if the thread is interrupted; nothing was received
   */
  public @Nullable Delivery<T> receive(Duration timeout)
      throws InterruptedException, TimeoutException {
    return received(ready.receive(timeout));
  }

  /**
   * Receives a delivery if one was fetched already. The backend may have more.
   *
   * @return the delivery; null if none was fetched
   */
  public @Nullable Delivery<T> tryReceive() {
    return received(ready.tryReceive());
  }

  /**
   * A case that receives a delivery, for a select next to local channels. A delivery that is not
   * chosen stays.
   *
   * @return the case; its result is what {@link #receive()} returns
   */
  public Case<@Nullable Delivery<T>> onReceive() {
    return ready.<@Nullable Delivery<T>>onReceive(this::received);
  }

  /**
   * A case that receives a delivery and makes a result of it.
   *
   * @param <R> the result
   * @param result called with the delivery, null if the channel has ended or the inlet is closed,
   *     on the goroutine that selects
   * @return the case
   */
  @SuppressWarnings("NullAway") // the function takes nulls; NullAway drops the ? super @Nullable
  public <R extends @Nullable Object> Case<R> onReceive(
      Function<? super @Nullable Delivery<T>, ? extends R> result) {
    Objects.requireNonNull(result, "result");
    return ready.onReceive(delivery -> result.apply(received(delivery)));
  }

  /**
   * Receives until the channel has ended or the inlet is closed, as {@link
   * io.heddle.Receiver#iterator} does. {@code hasNext} blocks. An interrupt makes it throw {@link
   * io.heddle.CancelledException}, with the interrupt status set again.
   *
   * @return an iterator for use by one goroutine
   */
  @Override
  public Iterator<Delivery<T>> iterator() {
    Iterator<Delivery<T>> all = ready.iterator();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return all.hasNext();
      }

      @Override
      public Delivery<T> next() {
        Delivery<T> delivery = all.next();
        delivery.received();
        return delivery;
      }
    };
  }

  /**
   * Why the inlet receives nothing at the moment. A failure stays until messages have been fetched,
   * or until the backend answers again and a fetch has waited for five seconds without failing.
   *
   * @return the last failure of the backend; null if it answers
   */
  public @Nullable RemoteException failure() {
    return failure;
  }

  /** Stops fetching. Receivers get the deliveries that were fetched before, and then null. */
  void stop() {
    running.close();
    Uninterrupted.join(pump);
    Uninterrupted.join(sweeper);
  }

  /**
   * Detaches this inlet. Receivers get null from now on. Deliveries that were not received go back
   * to the channel at once, and do not count as attempts; if the backend cannot be reached, they go
   * back when their leases end. Deliveries that were received stay leased until they are settled.
   * Waits for the backend, whatever the interrupts. Has no effect on the channel's other inlets.
   * Closing twice does nothing.
   */
  @Override
  public void close() {
    stop();
    boolean isReached = true;
    for (Delivery<T> left; (left = ready.tryReceive()) != null; ) {
      if (isReached) {
        isReached = left.giveBack();
      } else {
        left.abandon(); // each call would wait for the backend again
      }
    }
    atClose.accept(this);
  }

  /** The channel's name. */
  @Override
  public String toString() {
    return "Inlet[" + channel + "]";
  }
}

package io.heddle.queue;

import io.heddle.AfterFunc;
import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Mutex;
import io.heddle.Select;
import io.heddle.Semaphore;
import io.heddle.WaitGroup;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Works on the messages of a stage, several at a time: claims messages that are due, hands each one
 * to a handler in a goroutine of its own, extends the lease while the handler works, and stores the
 * outcome.
 *
 * <p>No goroutine waits between the attempts for a message: a retry is stored with its due time,
 * and the slot is free for the next message. While the database cannot be reached the consumer
 * notifies its observer and keeps trying.
 *
 * <p>Owners share the places: while messages of n {@linkplain Message#owner owners} are being
 * worked on, each has at most the (n + 1)-th part of them, so that the next owner's messages find a
 * place at once. A consumer works on messages of a single owner with half of its places.
 *
 * <p>A handler is stopped when its lease is lost. If the database does not answer, that is when the
 * lease expires by the consumer's own clock, so that the handler stops before another worker
 * begins.
 */
public final class Consumer {
  /** How long a handler may take to react to an interrupt when the consumer ends. */
  private static final Duration STUBBORN = Duration.ofSeconds(5);

  /** The delay before a message is delivered again whose handler could not reach the queue. */
  private static final Duration AFTER_AN_OUTAGE = Duration.ofSeconds(1);

  private final Queue queue;
  private final String stage;
  private final Settings settings;
  private final Handler handler;
  private final Observer observer;

  private final Semaphore places;
  private final Shares shares;

  /** Cancels a claim that excludes owners with a full share; null if there is no such claim. */
  private volatile @Nullable CancelContext passingOver;

  /** Messages that may be killing their workers are worked on one at a time. */
  private final Mutex suspicion = new Mutex();

  private final Set<Job> jobs = ConcurrentHashMap.newKeySet();
  private final WaitGroup working = new WaitGroup();

  /** Done when the time for handlers to finish is over. */
  private final CancelContext drained = Context.background().withCancel();

  /**
   * The settings of a consumer.
   *
   * @param concurrency the number of messages at a time
   * @param lease the duration of a lease, which is extended each time a third of it has passed
   * @param drain how long handlers may continue when the consumer is to end
   * @param losses how many workers in a row may {@linkplain Delivery#begun begin} to work on a
   *     message and die before the message is considered the cause, and declared dead. The first
   *     loss does not count, because a beginning is recorded only for messages that were lost
   *     before. From half of this number on, such messages are worked on one at a time, so that no
   *     message is blamed for another
   * @param failures when to retry a message whose handler threw an exception
   */
  public record Settings(
      int concurrency, Duration lease, Duration drain, int losses, Backoff failures) {
    /** 16 messages at a time, leases of a minute, 10 seconds to drain, 10 losses. */
    public static final Settings DEFAULT =
        new Settings(16, Duration.ofMinutes(1), Duration.ofSeconds(10), 10, Backoff.ORDERS);

    /** Checks that the settings are consistent. */
    public Settings {
      if (concurrency < 1 || losses < 1 || !lease.isPositive()) {
        throw new IllegalArgumentException(
            "a consumer of "
                + concurrency
                + " at a time, leases of "
                + lease
                + ", "
                + losses
                + " losses: all must be positive");
      }
    }

    /** The same settings with another number of messages at a time. */
    public Settings withConcurrency(int concurrency) {
      return new Settings(concurrency, lease, drain, losses, failures);
    }

    /**
     * The same settings with another lease.
     *
     * @param lease the duration of a lease
     */
    public Settings withLease(Duration lease) {
      return new Settings(concurrency, lease, drain, losses, failures);
    }

    /**
     * The same settings with another time to drain.
     *
     * @param drain how long handlers may continue
     */
    public Settings withDrain(Duration drain) {
      return new Settings(concurrency, lease, drain, losses, failures);
    }

    /**
     * The same settings with another back-off after exceptions.
     *
     * @param failures when to retry a message
     */
    public Settings withFailures(Backoff failures) {
      return new Settings(concurrency, lease, drain, losses, failures);
    }
  }

  /** Makes a consumer; {@link #run} starts it. */
  public Consumer(
      Queue queue, String stage, Settings settings, Handler handler, Observer observer) {
    this.queue = Objects.requireNonNull(queue, "queue");
    this.stage = Objects.requireNonNull(stage, "stage");
    this.settings = settings;
    this.handler = Objects.requireNonNull(handler, "handler");
    this.observer = Objects.requireNonNull(observer, "observer");
    this.places = new Semaphore(settings.concurrency());
    this.shares = new Shares(settings.concurrency());
  }

  /** A message that is being worked on. */
  private final class Job {
    final Delivery delivery;
    final long start = Go.nanoTime();

    /** Done when the work has become useless, or must end. */
    final CancelContext context = Context.background().withCancel();

    /** Ends the work when the lease expires without an extension. */
    final AfterFunc.Timed end;

    Job(Delivery delivery) {
      this.delivery = delivery;
      this.end =
          Go.afterFunc(
              left(delivery.claimed()), () -> context.cancel(new LeaseLostException(delivery)));
    }

    boolean isLost() {
      return context.cause() instanceof LeaseLostException;
    }

    Duration took() {
      return Duration.ofNanos(Go.nanoTime() - start);
    }
  }

  /**
   * Works until the context is done. Then it claims no more messages, gives handlers the time to
   * {@linkplain Settings#drain drain}, interrupts the remaining ones, and returns their messages to
   * the queue at once. Returns when all of this is settled; a handler that does not react to its
   * interrupt for five seconds is left behind. To be called once.
   *
   * @throws InterruptedException if the calling goroutine is interrupted for another reason than
   *     the context's end; the consumer drains in this case, too
   */
  public void run(Context context) throws InterruptedException {
    try (CancelContext claiming = context.withCancel();
        CancelContext beating = Context.background().withCancel()) {
      Goroutine<?> claimer = Go.go(claiming, "claim " + stage, () -> claimAll(claiming));
      Goroutine<?> heart = Go.go("extend " + stage, () -> extendAll(beating));
      InterruptedException interrupt = null;
      try {
        Select.select(context.onDone());
      } catch (InterruptedException e) {
        interrupt = context.isDone() ? null : e;
      }
      claiming.cancel();
      Uninterrupted.join(claimer);
      drain();
      beating.cancel();
      Uninterrupted.join(heart);
      if (interrupt != null) {
        throw interrupt;
      }
    }
  }

  private void drain() {
    Goroutine<?> waiter =
        Go.go(() -> {
          try {
            working.await(settings.drain());
          } catch (TimeoutException e) {
            drained.cancel();
            jobs.forEach(job -> job.context.cancel());
            awaitInterrupted();
          }
        });
    Uninterrupted.join(waiter);
  }

  /** A handler that does not react to its interrupt is left behind; its lease will expire. */
  private void awaitInterrupted() throws InterruptedException {
    try {
      working.await(STUBBORN);
    } catch (TimeoutException e) {
      jobs.forEach(job -> observer.lost(job.delivery));
    }
  }

  private void claimAll(Context claiming) {
    int failures = 0;
    while (!claiming.isDone()) {
      try {
        claimSome(claiming);
        failures = 0;
      } catch (InterruptedException | ContextException e) {
        return;
      } catch (QueueException e) {
        observer.failed(stage, e);
        failures++;
        if (!pause(failures, claiming)) {
          return;
        }
      }
    }
  }

  /** Waits after a failure of the queue; returns false if continuing is useless. */
  private static boolean pause(int failures, Context context) {
    try {
      Go.sleep(Objects.requireNonNull(Backoff.TROUBLE.next(failures, null)), context);
      return true;
    } catch (InterruptedException | ContextException e) {
      return false;
    }
  }

  private void claimSome(Context claiming) throws QueueException, InterruptedException {
    places.acquire(claiming);
    int free = 1;
    while (free < settings.concurrency() && places.tryAcquire()) {
      free++;
    }
    List<Delivery> deliveries = List.of();
    try {
      deliveries = claim(free, claiming);
    } finally {
      places.release(free - deliveries.size());
    }
    deliveries.forEach(this::start); // even if the consumer is ending: they are drained
  }

  /** Claims within the owners' shares; returns no messages if the shares changed meanwhile. */
  private List<Delivery> claim(int free, Context claiming)
      throws QueueException, InterruptedException {
    try (CancelContext wait = claiming.withCancel()) {
      passingOver = wait; // before reading the shares: a message that ends later cancels the claim
      Shares.Allowance allowed = shares.allowance(free);
      if (allowed.except().isEmpty()) {
        passingOver = null;
        return queue.claim(stage, allowed.max(), settings.lease());
      }
      Chan<Claimed> claimed = Chan.buffered(1);
      Go.go(wait, "claim " + stage, () -> claimed.trySend(claimed(allowed)));
      return switch (Uninterrupted.receive(claimed)) {
        case Claimed.Some(List<Delivery> deliveries) -> deliveries;
        case Claimed.Failed(QueueException failure) -> throw failure;
        case Claimed.Interrupted _ when claiming.isDone() -> throw new InterruptedException();
        case Claimed.Interrupted _ -> List.of();
      };
    } finally {
      passingOver = null;
    }
  }

  private sealed interface Claimed {
    record Some(List<Delivery> deliveries) implements Claimed {}

    record Failed(QueueException failure) implements Claimed {}

    record Interrupted() implements Claimed {}
  }

  private Claimed claimed(Shares.Allowance allowed) {
    try {
      return new Claimed.Some(
          queue.claim(stage, allowed.max(), settings.lease(), allowed.except()));
    } catch (QueueException e) {
      return new Claimed.Failed(e);
    } catch (InterruptedException e) {
      return new Claimed.Interrupted();
    }
  }

  private void ended(Job job) {
    jobs.remove(job);
    job.end.stop();
    job.context.close();
    shares.giveBack(job.delivery.owner());
    places.release();
    CancelContext wait = passingOver;
    if (wait != null) {
      wait.cancel();
    }
  }

  private void start(Delivery delivery) {
    for (Job older : jobs) {
      if (older.delivery.id() == delivery.id()) { // suspended for longer than the lease
        older.context.cancel(new LeaseLostException(older.delivery));
      }
    }
    Job job = new Job(delivery);
    jobs.add(job);
    shares.take(delivery.owner());
    working.go(() -> {
      try {
        work(job);
      } finally {
        ended(job);
      }
    });
  }

  private void work(Job job) {
    Outcome outcome = outcome(job);
    Duration took = job.took();
    Outcome stored = outcome == null ? null : settle(job, outcome);
    if (stored != null) {
      observer.settled(job.delivery, stored, took);
    } else {
      observer.lost(job.delivery);
    }
  }

  /**
   * Stores the outcome, however long the database is unreachable; returns the outcome that was
   * stored, null if none could be.
   */
  private @Nullable Outcome settle(Job job, Outcome wanted) {
    Outcome outcome = wanted;
    for (int failures = 1; ; failures++) {
      try {
        queue.settle(job.delivery, outcome);
        return outcome;
      } catch (LeaseLostException | NewerVersionException | InterruptedException e) {
        return null;
      } catch (KeyTakenException e) {
        observer.failed(stage, e);
        outcome = failed(job.delivery, e);
      } catch (QueueException e) {
        observer.failed(stage, e);
        // While the database is unreachable no other worker can get the message: no hurry.
        if (!pause(failures, drained)) {
          return null;
        }
      }
    }
  }

  /** Runs the handler; returns null if the result is useless. */
  private @Nullable Outcome outcome(Job job) {
    Delivery delivery = job.delivery;
    if (delivery.begun() >= settings.losses()) {
      return givenUp(
          delivery,
          "the last " + delivery.begun() + " workers that began this message died or were cut off");
    }
    Chan<Result> result = Chan.buffered(1);
    Go.go(job.context, stage + " " + delivery.key(), () -> result.trySend(handle(job)));
    return switch (Uninterrupted.receive(result)) {
      case Result.Returned(Outcome outcome) -> outcome;
      case Result.Threw _ when job.isLost() -> null;
      case Result.Threw(LeaseLostException _) -> null;
      case Result.Threw _ when job.context.isDone() ->
          new Outcome.Defer(Duration.ZERO, "its worker ended");
      case Result.Threw(QueueException failure) -> deferred(failure);
      case Result.Threw(Throwable failure) -> failed(delivery, failure);
    };
  }

  private sealed interface Result {
    record Returned(Outcome outcome) implements Result {}

    record Threw(Throwable failure) implements Result {}
  }

  private Result handle(Job job) {
    try {
      Outcome outcome =
          job.delivery.begun() < (settings.losses() + 1) / 2 ? begun(job) : begunAlone(job);
      return new Result.Returned(Objects.requireNonNull(outcome, "the handler's outcome"));
    } catch (Throwable e) { // also an Error, which this message may have caused
      return new Result.Threw(e);
    }
  }

  private Outcome begunAlone(Job job) throws Exception {
    suspicion.lock(); // an interrupt ends the wait: the lease is lost, or the consumer ends
    try {
      return begun(job);
    } finally {
      suspicion.unlock();
    }
  }

  /** A message that has never been lost is not suspected, and its beginning is not recorded. */
  private Outcome begun(Job job) throws Exception {
    if (job.delivery.losses() > 0) {
      queue.begin(job.delivery);
    }
    return handler.handle(job.delivery, job.context);
  }

  /**
   * An outcome for a failure of the queue's database, which is not the message's fault. It can be
   * stored only when the database answers again.
   */
  private static Outcome deferred(QueueException failure) {
    return new Outcome.Defer(AFTER_AN_OUTAGE, reason(failure));
  }

  /** A reason that every engine can store. */
  private static String reason(Throwable failure) {
    return failure.toString().replace('\0', '?');
  }

  private Outcome failed(Delivery delivery, Throwable failure) {
    String reason = reason(failure);
    Duration delay = settings.failures().next(delivery.attempt(), null);
    return delay != null ? new Outcome.Retry(delay, reason) : givenUp(delivery, reason);
  }

  private Outcome givenUp(Delivery delivery, String reason) {
    try {
      return handler.givenUp(delivery, reason);
    } catch (RuntimeException e) { // a body that it cannot read, it cannot change either
      return new Outcome.Dead(reason);
    }
  }

  private void extendAll(Context beating) {
    int failures = 0;
    try {
      while (true) {
        // Sooner after a failure, while there is still time.
        Go.sleep(settings.lease().dividedBy(failures == 0 ? 3 : 10), beating);
        try {
          extend(List.copyOf(jobs));
          failures = 0;
        } catch (QueueException e) {
          observer.failed(stage, e);
          failures++;
        }
      }
    } catch (InterruptedException | ContextException e) {
      // everything is done
    }
  }

  private void extend(List<Job> all) throws QueueException, InterruptedException {
    long before = Go.nanoTime();
    List<Delivery> lost =
        queue.extend(all.stream().map(job -> job.delivery).toList(), settings.lease());
    for (Job job : all) {
      if (lost.contains(job.delivery)) {
        job.context.cancel(new LeaseLostException(job.delivery));
      } else {
        job.end.reset(left(before));
      }
    }
  }

  /** The remaining time of a lease that began at this time or later. */
  private Duration left(long begun) {
    return settings.lease().minusNanos(Go.nanoTime() - begun);
  }
}

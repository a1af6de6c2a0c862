package io.heddle.remote;

import io.heddle.Context;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A message that this process has leased, and that no other process gets while the lease lasts. The
 * lease is renewed until the delivery is settled, by {@link #ack}, {@link #retry}, {@link #dead} or
 * {@link #close}.
 *
 * {@snippet :
 * try (Delivery<Job> delivery = inlet.receive()) {
 *   work(delivery.value());
 *   delivery.ack();
 * }                              // without the ack, it is delivered again
 * }
 *
 * <p>If the lease may have ended, because it could not be renewed in time or the process was
 * suspended, the {@link #context} is cancelled, and every call that settles the delivery throws
 * {@link LeaseLostException}. The message is delivered again, possibly to another process, and
 * effects of its handler outside of the backend may happen twice. {@link #attempt} marks such a
 * delivery.
 *
 * <p>A delivery is settled once. Another call throws {@link IllegalStateException}; {@link #close}
 * does nothing then. A call that settles waits until the backend has stored the outcome. If the
 * thread was interrupted before, the call throws {@link InterruptedException} and has no effect. An
 * interrupt during the call does not end it; the interrupt status stays set.
 *
 * @param <T> the value
 */
public final class Delivery<T> implements AutoCloseable {
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

  private final T value;
  private final Map<String, String> headers;
  private final Tenure tenure;
  private final Runnable atReceipt;

  Delivery(T value, Map<String, String> headers, Tenure tenure, Runnable atReceipt) {
    this.value = value;
    this.headers = headers;
    this.tenure = tenure;
    this.atReceipt = atReceipt;
  }

  /** The program has it; to be called once. */
  void received() {
    atReceipt.run();
  }

  /**
   * The value that was sent. What the sender did before it sent the value happens before the
   * receive returns.
   *
   * @return the value
   */
  public T value() {
    return value;
  }

  /**
   * The message's id, which identifies it in its channel.
   *
   * @return the id
   */
  public String id() {
    return tenure.lease().id();
  }

  /**
   * The key by which messages are ordered.
   *
   * @return the key; empty if the message has no key
   */
  public String key() {
    return tenure.lease().key();
  }

  /**
   * How often the message was delivered, with this delivery. Every number but 1 marks a message
   * whose handler may have worked before.
   *
   * @return 1 or more
   */
  public int attempt() {
    return tenure.lease().attempt();
  }

  /**
   * The text of a header.
   *
   * @param name the header's name
   * @return the text; null if the message has no such header
   */
  public @Nullable String header(String name) {
    return headers.get(name);
  }

  /**
   * A context for the work, below the one that was current when the inlet was opened. It is
   * cancelled before another process can have the message, with a {@link LeaseLostException} as its
   * cause, and when the delivery is closed. A goroutine started under it is then interrupted.
   *
   * @return always the same context
   */
  public Context context() {
    return tenure.context();
  }

  /**
   * Acknowledges the message: it is not delivered again, and its id is remembered for {@link
   * Remote#WINDOW}.
   *
   * @throws LeaseLostException if the lease has ended; the message is or will be delivered again,
   *     unless an earlier call with an unknown outcome has settled it
   * @throws UnknownOutcomeException if it is unknown whether this was stored; if not, the message
   *     is delivered again
   * @throws RemoteException if the backend cannot be reached; the call may be repeated
   * @throws IllegalStateException if the delivery was settled
   * @throws InterruptedException if the thread was interrupted before; nothing was stored
   */
  public void ack() throws RemoteException, InterruptedException {
    tenure.settle(new Settlement.Acknowledged());
  }

  /**
   * Has the message delivered again after some time, possibly to another process: NSQ's {@code REQ}
   * and JetStream's {@code NakWithDelay}. Later messages with its key wait until then.
   *
   * @param delay the time until then; zero or less is at once
   * @param reason why, for people
   * @throws LeaseLostException if the lease has ended; the message is or will be delivered again
   * @throws UnknownOutcomeException if it is unknown whether this was stored; if not, the message
   *     is delivered again when the lease ends
   * @throws RemoteException if the backend cannot be reached; the call may be repeated
   * @throws IllegalStateException if the delivery was settled
   * @throws InterruptedException if the thread was interrupted before; nothing was stored
   */
  public void retry(Duration delay, String reason) throws RemoteException, InterruptedException {
    tenure.settle(new Settlement.Retry(Objects.requireNonNull(delay, "delay"), clean(reason)));
  }

  /**
   * Gives the message up: it becomes a {@linkplain DeadLetters dead letter}, which is kept until a
   * person has it delivered again or discards it.
   *
   * @param reason why, for people
   * @throws LeaseLostException if the lease has ended; the message is or will be delivered again
   * @throws UnknownOutcomeException if it is unknown whether this was stored; if not, the message
   *     is delivered again when the lease ends
   * @throws RemoteException if the backend cannot be reached; the call may be repeated
   * @throws IllegalStateException if the delivery was settled
   * @throws InterruptedException if the thread was interrupted before; nothing was stored
   */
  public void dead(String reason) throws RemoteException, InterruptedException {
    tenure.settle(new Settlement.Dead(clean(reason)));
  }

  /** A reason that every backend can store. */
  private static String clean(String reason) {
    return reason.replace('\0', '?');
  }

  /**
   * Cancels the {@linkplain #context context}. If the delivery is not settled, its handler has
   * failed: the message is delivered again after a pause of one second that doubles with each
   * attempt, up to five minutes. Waits until that is stored, whatever the interrupts. If the
   * backend cannot be reached, the message is delivered again when its lease ends.
   */
  @Override
  public void close() {
    tenure.close(new Settlement.Retry(pause(attempt()), "its handler ended without an outcome"));
  }

  static Duration pause(int attempt) {
    Duration pause = FIRST_PAUSE;
    for (int i = 1; i < attempt && pause.compareTo(LONGEST_PAUSE) < 0; i++) {
      pause = pause.multipliedBy(2);
    }
    return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
  }

  /**
   * Returns a delivery that was not received; it does not count as an attempt.
   *
   * @return false if the backend could not be reached
   */
  boolean giveBack() {
    return tenure.close(new Settlement.Returned());
  }

  /** Leaves a delivery that was not received to the end of its lease. */
  void abandon() {
    tenure.abandon();
  }

  /** The id and the attempt. */
  @Override
  public String toString() {
    return "Delivery[" + id() + ", attempt " + attempt() + "]";
  }
}

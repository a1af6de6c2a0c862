package io.heddle.purge.workers;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.purge.StoreException;
import io.heddle.purge.engine.Checkpoint;
import io.heddle.purge.engine.Checkpoints;
import io.heddle.purge.engine.SharedPace;
import io.nats.client.Message;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A part that this process holds, until another process takes it over.
 *
 * <p>Each write expects the revision of this process's last write. So a process that was suspended,
 * while another one took the part over, cannot overwrite the newer position. It notices on its next
 * write, or sooner: it sends no deletions when it has not written for the time of a lease, by any
 * of its clocks, because it cannot know then whether it still holds the part.
 */
final class HeldPart implements Checkpoints {
  private static final Duration AGAIN = Duration.ofMillis(100);

  private final Coordinator coordinator;
  private final String key;
  private final Message message;
  private final Duration lease;
  private final CancelContext run;

  private PartState state; // guarded by this
  private long revision; // guarded by this
  private volatile Moment confirmed; // when this process certainly held the part
  private volatile boolean isLost;

  private HeldPart(
      Coordinator coordinator,
      String key,
      Message message,
      Duration lease,
      CancelContext run,
      PartState state,
      long revision,
      Moment confirmed) {
    this.coordinator = coordinator;
    this.key = key;
    this.message = message;
    this.lease = lease;
    this.run = run;
    this.state = state;
    this.revision = revision;
    this.confirmed = confirmed;
  }

  /**
   * Takes a part, unless it has ended, or another process received its message later.
   *
   * @param run is cancelled when this process no longer holds the part
   * @return null if this process must not work on the part
   */
  static @Nullable HeldPart take(
      Coordinator coordinator,
      String key,
      Message message,
      String worker,
      Duration lease,
      CancelContext run)
      throws StoreException, InterruptedException {
    Instant time = message.metaData().timestamp().toInstant();
    long published = ChronoUnit.NANOS.between(Instant.EPOCH, time);
    long delivery = message.metaData().deliveredCount();
    while (true) {
      Moment asked = Moment.now();
      Coordinator.Entry entry = coordinator.get(key);
      PartState last = entry == null ? PartState.NEW : PartState.parse(entry.text());
      if (last.result() != null || !last.isOlderThan(published, delivery)) {
        return null;
      }
      PartState next = last.heldBy(worker, published, delivery);
      OptionalLong revision =
          entry == null
              ? coordinator.create(key, next.text())
              : coordinator.update(key, next.text(), entry.revision());
      if (revision.isPresent()) {
        return new HeldPart(
            coordinator, key, message, lease, run, next, revision.getAsLong(), asked);
      }
    }
  }

  synchronized PartState state() {
    return state;
  }

  /** Whether another process has taken the part over, or may have. */
  boolean isLost() {
    return isLost;
  }

  @Override
  public synchronized @Nullable Checkpoint read() {
    String last = state.checkpoint();
    return last == null ? null : Checkpoint.parse(last);
  }

  @Override
  public synchronized void write(Checkpoint checkpoint) throws IOException {
    try {
      var _ = save(state.at(checkpoint.text()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException(coordinator.name()).initCause(e);
    }
  }

  /** The part's end is written with its result. */
  @Override
  public void delete() {}

  /** Tells the queue that this process is alive, and writes if it has not done so for a while. */
  void beat() throws InterruptedException {
    try {
      message.inProgress();
      synchronized (this) {
        if (confirmed.isOver(lease.dividedBy(3), Moment.now())) {
          var _ = save(state);
        }
      }
    } catch (IOException | IllegalStateException e) { // the client has closed the connection
      run.cancel(e);
    }
  }

  /**
   * Writes the state with the part's end, and removes the message.
   *
   * @throws IOException if another process has taken the part over, or may have
   */
  void end(PartState last) throws IOException, InterruptedException {
    while (!isSaved(last)) {
      Go.sleep(AGAIN);
    }
    message.ack();
  }

  private synchronized boolean isSaved(PartState next) throws IOException, InterruptedException {
    return save(next);
  }

  /** Lets another process have the part at once. */
  void giveBack(PartState last, Duration pause) throws InterruptedException {
    try {
      synchronized (this) {
        var _ = save(last.released());
      }
    } catch (IOException e) {
      return; // another process has it
    }
    message.nakWithDelay(pause);
  }

  /**
   * Replaces the state. A write that the servers do not answer is made up for by the next one, as
   * long as the lease lasts.
   *
   * @return whether it is certain to be written
   * @throws IOException if another process has taken the part over, or may have
   */
  private boolean save(PartState next) throws IOException, InterruptedException {
    if (isLost) {
      throw lost();
    }
    Moment asked = Moment.now(); // a process may be suspended before it reads the answer
    try {
      OptionalLong written = coordinator.update(key, next.text(), revision);
      if (written.isEmpty()) { // perhaps by a write of this process that was not answered
        Coordinator.Entry entry = coordinator.get(key);
        if (entry != null && state.isSameHolder(PartState.parse(entry.text()))) {
          written = coordinator.update(key, next.text(), entry.revision());
        }
      }
      if (written.isEmpty()) {
        isLost = true;
        throw lost();
      }
      revision = written.getAsLong();
      confirmed = asked;
      state = next;
      return true;
    } catch (StoreException e) {
      if (!isConfirmed()) {
        isLost = true;
        throw new IOException(e.getMessage(), e);
      }
    }
    state = next;
    return false;
  }

  private IOException lost() {
    return new IOException("another process has taken the part over");
  }

  private boolean isConfirmed() {
    return !confirmed.isOver(lease, Moment.now());
  }

  /** The pace of all processes, for as long as this process holds the part. */
  SharedPace pace(SharedPace all) {
    return new SharedPace() {
      @Override
      public void take(long keys, Context context) throws InterruptedException {
        all.take(keys, context);
        if (isLost || !isConfirmed()) {
          isLost = true;
          run.cancel(lost());
          context.check();
        }
      }

      @Override
      public void refused(@Nullable Duration pause) {
        all.refused(pause);
      }
    };
  }
}

package io.heddle.remote;

import io.heddle.Context;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Makes one of several processes the leader: the {@code Election} of etcd's Go client. All objects
 * with the same name, in whatever process, are one election.
 *
 * {@snippet :
 * Election election = remote.election("scheduler");
 * try (Held leadership = election.campaign("host-7", context)) {
 *   schedule(leadership.context());         // until it is over
 * }
 * }
 *
 * <p>A leadership is a lock that is held for long. The leader works under {@link Held#context}, and
 * everything that it commands should carry the {@link Held#token}, so that others can refuse the
 * commands of a leader that was suspended and has a successor. Candidates are served in no
 * particular order.
 */
public final class Election {
  private static final int LONGEST = 400;

  private final Acquisition acquisition;

  Election(Keeper keeper, String name) {
    this.acquisition = new Acquisition(keeper, new Lock(Lock.Kind.ELECTION, name));
  }

  /**
   * The leader at some moment.
   *
   * @param candidate the name under which it campaigned
   * @param token its fencing token: {@link Held#token}
   */
  public record Leader(String candidate, long token) {}

  /**
   * Waits until this process is the leader.
   *
   * @param candidate a name for others, such as an address; at most 400 characters
   * @return the leadership, to be closed
   * @throws IllegalArgumentException if the name is too long or contains U+0000
   * @throws RemoteException if the backend cannot be reached; if this process became the leader
   *     nevertheless, that is over when the lease ends
   * @throws InterruptedException if the thread is interrupted; this process is not the leader
   */
  public Held campaign(String candidate) throws RemoteException, InterruptedException {
    check(candidate);
    return announced(acquisition.acquire(), candidate);
  }

  /**
   * Waits until this process is the leader, unless the context is done first.
   *
   * @param candidate a name for others, such as an address; at most 400 characters
   * @param context ends the wait, and is the parent of {@link Held#context}
   * @return the leadership, to be closed
   * @throws io.heddle.ContextException if the context is done; this process is not the leader
   * @throws IllegalArgumentException if the name is too long or contains U+0000
   * @throws RemoteException if the backend cannot be reached; if this process became the leader
   *     nevertheless, that is over when the lease ends
   * @throws InterruptedException if the thread is interrupted; this process is not the leader
   */
  public Held campaign(String candidate, Context context)
      throws RemoteException, InterruptedException {
    check(candidate);
    return announced(acquisition.acquire(context), candidate);
  }

  /**
   * Waits for a limited time until this process is the leader.
   *
   * @param candidate a name for others, such as an address; at most 400 characters
   * @param timeout how long to wait. If a call of the backend has begun, its answer is awaited
   *     nevertheless, so this may take longer; zero or less tries once
   * @return the leadership, to be closed
   * @throws TimeoutException if the time is over; this process is not the leader
   * @throws IllegalArgumentException if the name is too long or contains U+0000
   * @throws RemoteException if the backend cannot be reached; if this process became the leader
   *     nevertheless, that is over when the lease ends
   * @throws InterruptedException if the thread is interrupted; this process is not the leader
   */
  public Held campaign(String candidate, Duration timeout)
      throws RemoteException, InterruptedException, TimeoutException {
    check(candidate);
    return announced(acquisition.acquire(timeout), candidate);
  }

  private static void check(String candidate) {
    if (candidate.length() > LONGEST) {
      throw new IllegalArgumentException(
          "the name of a candidate has "
              + candidate.length()
              + " characters: it may have "
              + LONGEST);
    }
    Envelope.checkText(candidate);
  }

  /** Announces the leader. If that fails, there is no leader. */
  private Held announced(@Nullable Held acquired, String candidate)
      throws RemoteException, InterruptedException {
    Held held = Objects.requireNonNull(acquired);
    boolean isAnnounced = false;
    try {
      acquisition.backend().locks().announce(acquisition.lock(), held.lease(), candidate);
      isAnnounced = true;
      return held;
    } finally {
      if (!isAnnounced) {
        held.close();
      }
    }
  }

  /**
   * The leader, as far as the backend knows. The answer may be outdated when it arrives. A leader
   * that has died is named until it has a successor, and so it is until the successor has announced
   * itself.
   *
   * @return the leader; null if there is no leader
   * @throws RemoteException if the backend cannot be reached
   * @throws InterruptedException if the thread was interrupted before
   */
  public @Nullable Leader leader() throws RemoteException, InterruptedException {
    return acquisition.backend().locks().leader(acquisition.lock());
  }

  /** The election's name. */
  @Override
  public String toString() {
    return "Election[" + acquisition.lock().name() + "]";
  }
}

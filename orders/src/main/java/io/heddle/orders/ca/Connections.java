package io.heddle.orders.ca;

import io.heddle.Chan;
import io.heddle.Mutex;
import io.heddle.orders.Problem;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.Session;

/**
 * The connections to a CA, which all its accounts share.
 *
 * <p>An acme4j session has one nonce, which it locks for the duration of a request. So there is one
 * session for each concurrent request. The sessions are in a channel, from which a request takes
 * one. This also limits the number of concurrent requests. A session belongs to no account.
 */
final class Connections {
  /** How long an order waits until the orders before it have been placed. */
  private static final Duration TURN = Duration.ofMinutes(1);

  final URI address;
  final Directory directory;
  final Failures failures;
  private final Chan<Session> sessions;
  private final Mutex placing = new Mutex();

  Connections(URI address, @Nullable SSLContext tls, int count, Duration deadline) {
    this.address = address;
    this.directory = new Directory(tls, deadline);
    this.failures = new Failures(address, directory.clock());
    this.sessions = Chan.<Session>buffered(count).named("idle CA sessions");
    for (int i = 0; i < count; i++) {
      sessions.trySend(new Session(address, directory));
    }
  }

  /** A use of a session. */
  interface Use<T> {
    T with(Session session) throws CaException, InterruptedException;
  }

  /** Waits for a session, uses it, and returns it. */
  <T> T use(Use<T> use) throws CaException, InterruptedException {
    Session session = Objects.requireNonNull(sessions.receive(), "closed");
    try {
      return use.with(session);
    } finally {
      sessions.trySend(session); // never blocks: the session was taken from this channel
    }
  }

  /** An operation that changes the set of orders. */
  interface Change<T> {
    T make() throws CaException, InterruptedException;
  }

  /**
   * Runs one change at a time. A CA lets an account place a few orders per minute, so this delays
   * no order; and Pebble 2.6 can deadlock on two concurrent changes.
   */
  <T> T inTurn(Change<T> change) throws CaException, InterruptedException {
    try {
      placing.lock(TURN);
    } catch (TimeoutException e) {
      throw new CaException(
          CaException.Kind.TRANSIENT,
          Problem.of(
              "ca-unreachable",
              "The CA is slow",
              "it has not yet answered an order before this one"),
          null,
          e);
    }
    try {
      return change.make();
    } finally {
      placing.unlock();
    }
  }

  void close() {
    directory.close();
  }
}

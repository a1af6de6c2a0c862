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
 * The way to a CA, which all its accounts share.
 *
 * <p>An acme4j session has one nonce and locks it for the length of a request, so there is a
 * session for each request that may be under way: they wait in a channel for whoever needs one,
 * which also bounds what the CA gets at a time. A session belongs to no account.
 */
final class Connections {
  /** How long an order waits for those before it to be placed. */
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
    this.sessions = Chan.buffered(count);
    for (int i = 0; i < count; i++) {
      sessions.trySend(new Session(address, directory));
    }
  }

  /** What is done with a session. */
  interface Use<T> {
    T with(Session session) throws CaException, InterruptedException;
  }

  /** Waits for a session, and gives it back. */
  <T> T use(Use<T> use) throws CaException, InterruptedException {
    Session session = Objects.requireNonNull(sessions.receive(), "closed");
    try {
      return use.with(session);
    } finally {
      sessions.trySend(session); // there is room: it was taken from there
    }
  }

  /** What changes which orders there are. */
  interface Change<T> {
    T make() throws CaException, InterruptedException;
  }

  /**
   * One at a time. A CA lets an account place a few orders a minute, so that this holds up nobody;
   * and Pebble 2.6 can come to a deadlock over two.
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

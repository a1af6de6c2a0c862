package io.heddle.orders.ca;

import io.heddle.Chan;
import io.heddle.Semaphore;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
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
  final URI address;
  final Directory directory;
  final Failures failures;
  private final Chan<Session> sessions;
  private final Semaphore changes;

  Connections(URI address, @Nullable SSLContext tls, AcmeAuthority.Load load, Duration deadline) {
    this.address = address;
    this.directory = new Directory(tls, deadline);
    this.failures = new Failures(address, directory.clock());
    this.changes = new Semaphore(load.changes());
    this.sessions = Chan.buffered(load.requests());
    for (int i = 0; i < load.requests(); i++) {
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

  /** Runs a change, a single request, within the limit on concurrent changes. */
  <T> T changing(Change<T> change) throws CaException, InterruptedException {
    changes.acquire();
    try {
      return change.make();
    } finally {
      changes.release();
    }
  }

  void close() {
    directory.close();
  }
}

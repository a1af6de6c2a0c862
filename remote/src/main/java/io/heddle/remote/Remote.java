package io.heddle.remote;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * A connection to a backend that stores channels and locks.
 *
 * {@snippet :
 * try (Remote remote = Remote.open("postgresql://user:password@db.example.com/jobs")) {
 *   remote.outlet("jobs", Codec.text()).send("resize image 7");
 * }
 * }
 *
 * <p>The backends are:
 *
 * <ul>
 *   <li>A file, such as {@code jobs.db}: an SQLite database that belongs to one process at a time.
 *       When a process opens it, all leases of the last process end. It needs {@code
 *       org.xerial:sqlite-jdbc} on the class path.
 *   <li>A PostgreSQL database: {@code postgresql://user:password@host:port/database}, with the
 *       parameters of the JDBC driver. Any number of processes share it. Several hosts can be given
 *       for failover. It needs {@code org.postgresql:postgresql} on the class path.
 *   <li>NATS JetStream: {@code nats://user:password@host:port}, or {@code tls://…} with TLS. It has
 *       no order by key. It needs {@code io.nats:jnats} on the class path. The parameter {@code
 *       trust} names a file with the certificates, in PEM, that vouch for the server, and {@code
 *       credentials} a file of NATS credentials.
 *   <li>etcd: {@code etcd://user:password@host:port}, or {@code etcds://…} with TLS. It has locks,
 *       but no channels. Several members can be given, separated by commas. It needs {@code
 *       com.google.code.gson:gson} on the class path.
 * </ul>
 *
 * <p>The first two are the queue of module {@code queue}, and their delays and leases are measured
 * by that queue's clock, which does not follow jumps of the time of day. Names of channels and
 * locks consist of 1 to 64 letters, digits, dots, hyphens and underscores. The user and the
 * password in an address appear in no message, log or {@code toString}.
 *
 * <p>Go has no counterpart. Its {@code netchan}, which put a network behind the type {@code chan},
 * was withdrawn.
 */
public final class Remote implements AutoCloseable {
  /**
   * How long a channel remembers the id of a message after its acknowledgement: ten minutes. While
   * the message is in the channel, as a dead letter too, its id is known in any case.
   */
  public static final Duration WINDOW = Duration.ofMinutes(10);

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final Pattern OTHER_SCHEME =
      Pattern.compile("(?!postgres(ql)?:|nats:|tls:|etcds?:)[a-z][a-z0-9+.-]+:.*");
  private static final Duration SHORTEST_LEASE = Duration.ofMillis(100);
  private static final int MOST_PERMITS = 1000;

  private final Backend backend;
  private final Keeper keeper;
  private final Settings settings;
  private final Set<Inlet<?>> inlets = ConcurrentHashMap.newKeySet();
  private final Set<Caller<?, ?>> callers = ConcurrentHashMap.newKeySet();
  private final Set<Responder> responders = ConcurrentHashMap.newKeySet();
  private volatile boolean isClosed;

  Remote(Backend backend, Settings settings) {
    this.backend = backend;
    this.settings = settings;
    this.keeper = new Keeper(backend, settings.lease());
  }

  /**
   * The settings of a connection.
   *
   * @param lease the duration of a lease, at least 100 milliseconds. It is renewed each time a
   *     third of it has passed. A message or a lock of a process that has died is free after this
   *     time. Shorter than a minute, it may end early when the time of day of PostgreSQL's machine
   *     jumps forwards
   * @param credit the number of unsettled deliveries that an inlet has at most, 1 to 10,000
   * @param connections the number of connections to a database server at most, besides two; at
   *     least 1. A file does not use it
   */
  public record Settings(Duration lease, int credit, int connections) {
    /** Leases of a minute, 16 deliveries, 4 connections. */
    public static final Settings DEFAULT = new Settings(Duration.ofMinutes(1), 16, 4);

    /**
     * Checks that the settings are possible.
     *
     * @throws IllegalArgumentException if one is not
     */
    public Settings {
      if (lease.compareTo(SHORTEST_LEASE) < 0 || credit < 1 || credit > 10_000 || connections < 1) {
        throw new IllegalArgumentException(
            "a lease of "
                + lease
                + ", "
                + credit
                + " credits, "
                + connections
                + " connections: a lease has at least 100 ms, there are 1 to 10,000 credits, and at"
                + " least 1 connection");
      }
    }

    /**
     * The same settings with another lease.
     *
     * @param lease the duration of a lease
     * @return the settings
     */
    public Settings withLease(Duration lease) {
      return new Settings(lease, credit, connections);
    }

    /**
     * The same settings with another credit.
     *
     * @param credit the number of unsettled deliveries of an inlet
     * @return the settings
     */
    public Settings withCredit(int credit) {
      return new Settings(lease, credit, connections);
    }

    /**
     * The same settings with another number of connections.
     *
     * @param connections the number of connections to a database server
     * @return the settings
     */
    public Settings withConnections(int connections) {
      return new Settings(lease, credit, connections);
    }
  }

  /**
   * Opens a connection with the default settings, and makes what it needs: the file, or the tables
   * in the database. Blocks until the backend has answered.
   *
   * @param address the name of a file, {@code postgresql://…}, {@code nats://…}, {@code tls://…} or
   *     {@code etcd://…}
   * @return the connection, to be closed
   * @throws RemoteException if the backend cannot be reached, rejects the credentials, or is no
   *     queue; if another process has the file open; if there is no backend for the address; or if
   *     a library that the backend needs is not on the class path
   */
  public static Remote open(String address) throws RemoteException {
    return open(address, Settings.DEFAULT);
  }

  /**
   * Opens a connection, as {@link #open(String)} does.
   *
   * @param address the name of a file, {@code postgresql://…}, {@code nats://…}, {@code tls://…} or
   *     {@code etcd://…}
   * @param settings the settings
   * @return the connection, to be closed
   * @throws RemoteException if the backend cannot be reached, rejects the credentials, or is no
   *     queue; if another process has the file open; if there is no backend for the address; or if
   *     a library that the backend needs is not on the class path
   */
  public static Remote open(String address, Settings settings) throws RemoteException {
    if (address.isEmpty() || OTHER_SCHEME.matcher(address).matches()) {
      throw new RemoteException(
          "cannot open "
              + (address.isEmpty() ? "an empty address" : Addresses.withoutCredentials(address))
              + ": there is no such backend. Give the name of a file, or"
              + " postgresql://USER:PASSWORD@HOST:PORT/DATABASE, nats://USER:PASSWORD@HOST:PORT,"
              + " tls://USER:PASSWORD@HOST:PORT, or etcd://USER:PASSWORD@HOST:PORT",
          null);
    }
    return new Remote(backend(address, settings), settings);
  }

  private static Backend backend(String address, Settings settings) throws RemoteException {
    if (address.startsWith("nats:") || address.startsWith("tls:")) {
      return open(address, NatsBackend::open, "the client of NATS", "io.nats:jnats");
    }
    if (address.startsWith("etcd:") || address.startsWith("etcds:")) {
      return open(address, EtcdBackend::open, "Gson", "com.google.code.gson:gson");
    }
    return QueueBackend.open(address, settings.connections());
  }

  private interface Opening {
    Backend open(String address) throws RemoteException;
  }

  /** Opens a backend that needs a library. */
  private static Backend open(String address, Opening opening, String library, String artifact)
      throws RemoteException {
    try {
      return opening.open(address);
    } catch (NoClassDefFoundError e) {
      throw new RemoteException(
          "cannot open "
              + Addresses.withoutCredentials(address)
              + ": "
              + library
              + " is not on the class path. Add "
              + artifact,
          e);
    }
  }

  /**
   * The sending side of a channel. A channel exists as soon as a value is sent to it.
   *
   * @param <T> the values
   * @param channel the channel's name
   * @param codec converts values to text
   * @return the outlet
   * @throws IllegalArgumentException if the name is not possible
   * @throws UnsupportedOperationException if the backend has locks alone
   */
  public <T> Outlet<T> outlet(String channel, Codec<T> codec) {
    return new Outlet<>(backend, checkChannel(channel), codec);
  }

  /**
   * The receiving side of a channel, with the credit of the settings. It begins to fetch at once.
   * The contexts of its deliveries are below {@link io.heddle.Context#current}.
   *
   * @param <T> the values
   * @param channel the channel's name
   * @param codec converts text to values
   * @return the inlet, to be closed. If this connection is closed, so is the inlet
   * @throws IllegalArgumentException if the name is not possible
   * @throws UnsupportedOperationException if the backend has locks alone
   */
  public <T> Inlet<T> inlet(String channel, Codec<T> codec) {
    Inlet<T> inlet =
        new Inlet<>(keeper, checkChannel(channel), codec, settings.credit(), inlets::remove);
    inlets.add(inlet);
    if (isClosed) { // meanwhile; it would try forever to reach the backend
      inlet.close();
    }
    return inlet;
  }

  /**
   * The calling side of a service: what calls a function of another process. Make one caller for
   * each service and process, rather than one for each call.
   *
   * @param <Q> the values of requests
   * @param <A> the values of replies
   * @param service the service's name, which is that of the channel with its requests
   * @param requests converts requests to text
   * @param replies converts text to replies
   * @param propagation names the baggage that travels with a request
   * @return the caller, to be closed. If this connection is closed, so is the caller
   * @throws RemoteException if the backend cannot be reached
   * @throws IllegalArgumentException if the name is not possible
   * @throws UnsupportedOperationException if the backend has locks alone
   * @throws InterruptedException if the thread was interrupted before
   */
  public <Q, A> Caller<Q, A> caller(
      String service, Codec<Q> requests, Codec<A> replies, Propagation propagation)
      throws RemoteException, InterruptedException {
    Caller<Q, A> caller =
        new Caller<>(
            backend, checkChannel(service), requests, replies, propagation, callers::remove);
    callers.add(caller);
    if (isClosed) {
      caller.close();
    }
    return caller;
  }

  /**
   * Begins to handle the requests of a service. The contexts of its handlers are below {@link
   * io.heddle.Context#current}: when that ends, handlers are interrupted, and the responder is to
   * be closed.
   *
   * @param <Q> the values of requests
   * @param <A> the values of replies
   * @param service the service's name, which is that of the channel with its requests
   * @param requests converts text to requests
   * @param replies converts replies to text
   * @param propagation names the baggage that is accepted with a request
   * @param handler handles requests, as many at the same time as the settings give credit
   * @return the responder, to be closed. If this connection is closed, so is the responder
   * @throws RemoteException if the backend cannot be reached
   * @throws IllegalArgumentException if the name is not possible
   * @throws UnsupportedOperationException if the backend has locks alone
   * @throws InterruptedException if the thread was interrupted before
   */
  public <Q, A> Responder respond(
      String service,
      Codec<Q> requests,
      Codec<A> replies,
      Propagation propagation,
      Responder.Handler<? super Q, ? extends A> handler)
      throws RemoteException, InterruptedException {
    Responder responder =
        new Responder(
            keeper,
            checkChannel(service),
            requests,
            replies,
            propagation,
            handler,
            settings.credit(),
            responders::remove);
    responders.add(responder);
    if (isClosed) {
      responder.close();
    }
    return responder;
  }

  /**
   * A lock. It exists as soon as it is locked for the first time.
   *
   * @param name the lock's name
   * @return the lock
   * @throws IllegalArgumentException if the name is not possible
   */
  public RemoteMutex mutex(String name) {
    return new RemoteMutex(keeper, checkName(name));
  }

  /**
   * A semaphore. It exists as soon as a permit is acquired for the first time.
   *
   * @param name the semaphore's name
   * @param permits how many can be held at the same time, 1 to 1000; the same in all processes
   * @return the semaphore
   * @throws IllegalArgumentException if the name or the number is not possible
   */
  public RemoteSemaphore semaphore(String name, int permits) {
    if (permits < 1 || permits > MOST_PERMITS) {
      throw new IllegalArgumentException(
          "a semaphore of " + permits + " permits: there may be 1 to " + MOST_PERMITS);
    }
    return new RemoteSemaphore(keeper, checkName(name), permits);
  }

  /**
   * An action whose result is stored once.
   *
   * @param <T> the result
   * @param name the action's name
   * @param codec converts results to text and back
   * @return the once
   * @throws IllegalArgumentException if the name is not possible
   */
  public <T> RemoteOnce<T> once(String name, Codec<T> codec) {
    return new RemoteOnce<>(keeper, checkName(name), codec);
  }

  /**
   * An election of a leader.
   *
   * @param name the election's name
   * @return the election
   * @throws IllegalArgumentException if the name is not possible
   */
  public Election election(String name) {
    return new Election(keeper, checkName(name));
  }

  /**
   * The messages of a channel that were given up.
   *
   * @param channel the channel's name
   * @return the dead letters
   * @throws IllegalArgumentException if the name is not possible
   * @throws UnsupportedOperationException if the backend has locks alone
   */
  public DeadLetters deadLetters(String channel) {
    return new DeadLetters(backend, checkChannel(channel));
  }

  private String checkChannel(String name) {
    backend.checkChannel(checkName(name));
    return name;
  }

  private static String checkName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "the name \""
              + name
              + "\": it consists of 1 to 64 letters, digits, dots, hyphens and underscores");
    }
    return name;
  }

  /** Stops renewing leases, as if the process were suspended. */
  void suspend() {
    keeper.stop();
  }

  /**
   * Closes the connection, with its inlets, callers and responders. The contexts of deliveries and
   * locks that are not settled are cancelled; their leases end by themselves. The handlers of
   * responders are cancelled, and it waits until they have ended. Waits for calls in progress,
   * whatever the interrupts. Closing twice does nothing.
   */
  @Override
  public void close() {
    isClosed = true;
    List.copyOf(callers).forEach(Caller::close);
    List.copyOf(responders).forEach(Responder::cancel);
    List.copyOf(inlets).forEach(Inlet::close);
    keeper.close();
    backend.close();
  }

  /** The backend's address, without credentials. */
  @Override
  public String toString() {
    return "Remote[" + backend.name() + "]";
  }
}

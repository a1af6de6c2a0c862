package io.heddle.purge.stores;

import io.heddle.purge.Deletion;
import io.heddle.purge.Details;
import io.heddle.purge.Page;
import io.heddle.purge.Property;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamSubscription;
import io.nats.client.KeyValue;
import io.nats.client.KeyValueOptions;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.PullSubscribeOptions;
import io.nats.client.PurgeOptions;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.DeliverPolicy;
import io.nats.client.api.KeyValueEntry;
import io.nats.client.api.KeyValueOperation;
import io.nats.client.api.MessageInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A key-value bucket of NATS.
 *
 * <p>A key is deleted in the same way as by the bucket's other clients: a marker replaces it, so
 * that watchers of the bucket notice. The key's history is removed. On request no marker is left,
 * and markers of other clients are removed, too.
 *
 * <p>A listing is a consumer of the stream behind the bucket, which yields the last message of each
 * key. The cursor is the number of a message. If the consumer is lost, a new one skips all messages
 * before the cursor.
 */
final class NatsStore implements Store {
  private static final Set<Property> PROPERTIES = Set.of(Property.MODIFIED, Property.SIZE);
  private static final int NOT_FOUND = 404;
  private static final int NO_MESSAGE = 10037;
  private static final int WRONG_LAST_SEQUENCE = 10071;
  private static final int CONCURRENCY = 100;

  /** What the client reports if only one side wants TLS. */
  private static final Pattern TLS_ONLY_ONE_SIDE =
      Pattern.compile("SSL (required by server|connection wanted by client)");

  /** The keys that clients of a bucket accept: one or more tokens, separated by dots. */
  private static final Pattern KEY = Pattern.compile("[-/_=a-zA-Z0-9]+(\\.[-/_=a-zA-Z0-9]+)*");

  /** Short, because the client waits the whole time when the server refuses a password. */
  private static final Duration CONNECT = Duration.ofSeconds(5);

  private static final Duration IDLE = Duration.ofMinutes(5);

  private final String name;
  private final String stream;
  private final String subjects;
  private final Duration timeout;
  private final Connection connection;
  private final KeyValue bucket;
  private final boolean noMarkers;

  private final Object lock = new Object();
  private @Nullable Listing listing; // guarded by the lock

  /** A consumer, its position, and the number of messages to come. */
  private static final class Listing {
    final JetStreamSubscription subscription;
    final String prefix;
    long position;
    long pending;

    Listing(JetStreamSubscription subscription, String prefix, long pending) {
      this.subscription = subscription;
      this.prefix = prefix;
      this.pending = pending;
    }
  }

  private NatsStore(
      String name, String bucket, boolean noMarkers, Duration timeout, Connection connection)
      throws IOException {
    this.noMarkers = noMarkers;
    this.name = name;
    this.stream = "KV_" + bucket;
    this.subjects = "$KV." + bucket + ".";
    this.timeout = timeout;
    this.connection = connection;
    this.bucket =
        connection.keyValue(bucket, KeyValueOptions.builder().jsRequestTimeout(timeout).build());
  }

  /**
   * Who connects.
   *
   * @param user the user and the password, {@code user:password}, empty for none
   * @param token the token, empty for none; ignored if there is a user
   * @param credentials a file with a user's JWT and seed; null for none
   */
  record Login(String user, String token, @Nullable Path credentials) {
    /** Checks the file, because the client reads it only when it connects. */
    Login {
      if (credentials != null) {
        String text;
        try {
          text = Files.readString(credentials);
        } catch (IOException e) {
          throw new IllegalArgumentException("--creds: cannot read " + credentials, e);
        }
        if (!text.contains("USER JWT") || !text.contains("USER NKEY SEED")) {
          throw new IllegalArgumentException(
              "--creds: " + credentials + " is not a file of NATS credentials (.creds)");
        }
      }
    }
  }

  /**
   * Makes a client of a cluster. Sends nothing yet: the first request connects.
   *
   * @param servers some servers, each {@code host:port}
   * @param isSecure whether to use TLS
   * @param noMarkers whether to leave no markers in the place of keys, and to remove old ones
   */
  static Store of(
      List<String> servers,
      boolean isSecure,
      String bucket,
      boolean noMarkers,
      Login login,
      Network network) {
    String name = "NATS bucket " + bucket + " at " + String.join(",", servers);
    return new ConnectingStore(
        name,
        1,
        CONCURRENCY,
        NatsStore::refusalOf,
        PROPERTIES,
        noMarkers,
        () ->
            connect(
                name,
                bucket,
                noMarkers,
                network.timeout(),
                options(servers, isSecure, login, network)));
  }

  /** The credentials are not part of the address here, which the client puts into its messages. */
  private static Options.Builder options(
      List<String> servers, boolean isSecure, Login login, Network network) {
    String scheme = isSecure ? "tls://" : "nats://";
    Options.Builder options =
        new Options.Builder()
            .servers(servers.stream().map(scheme::concat).toArray(String[]::new))
            .supportUTF8Subjects()
            // Servers announce others before TLS begins, so the announcement may be forged.
            .ignoreDiscoveredServers();
    if (isSecure) {
      // A certificate is for a name, so the client must not replace the name by its addresses.
      options.sslContext(network.tls().context()).noResolveHostnames().enableFastFallback();
    }
    ProxyAddress proxy = network.proxyFor("nats", host(servers.getFirst()));
    if (proxy != null) {
      options.proxy(proxy.proxy());
    }
    int colon = login.user.indexOf(':');
    if (login.credentials != null) {
      options.authHandler(Nats.credentials(login.credentials.toString()));
    } else if (colon >= 0) {
      options.userInfo(login.user.substring(0, colon), login.user.substring(colon + 1));
    } else if (!login.token.isEmpty()) {
      options.token(login.token.toCharArray());
    }
    return options;
  }

  private static String host(String server) {
    return server.replaceFirst(":\\d+$", "");
  }

  private static Store connect(
      String name, String bucket, boolean noMarkers, Duration timeout, Options.Builder options)
      throws StoreException, InterruptedException {
    Trouble trouble = new Trouble();
    options
        .connectionTimeout(timeout.compareTo(CONNECT) < 0 ? timeout : CONNECT)
        .maxReconnects(-1)
        .reconnectWait(Duration.ofMillis(200))
        .errorListener(trouble);
    Connection connection;
    try {
      connection = Nats.connect(options.build());
    } catch (IOException e) {
      Exception last = trouble.last;
      if (last != null) {
        e.addSuppressed(last);
      }
      throw failure(name, e);
    }
    boolean isOpen = false;
    try {
      NatsStore store = new NatsStore(name, bucket, noMarkers, timeout, connection);
      store.bucket.getStatus();
      isOpen = true;
      return store;
    } catch (IOException | JetStreamApiException e) {
      throw interruptedOr(failure(name, e)); // checks before closing, which clears the interrupt
    } finally {
      if (!isOpen) {
        connection.close(); // otherwise it would try to connect forever
      }
    }
  }

  /** Records why there is no connection, which the client reports only here. */
  private static final class Trouble implements ErrorListener {
    volatile @Nullable Exception last;

    @Override
    public void exceptionOccurred(Connection connection, Exception e) {
      last = e;
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public @Nullable String refusal(String key) {
    return refusalOf(key);
  }

  private static @Nullable String refusalOf(String key) {
    return KEY.matcher(key).matches() ? null : "and a key of NATS is of the form " + KEY;
  }

  @Override
  public Page list(String prefix, @Nullable String cursor, int limit)
      throws StoreException, InterruptedException {
    long after = cursor == null ? 0 : Long.parseLong(cursor);
    synchronized (lock) {
      try {
        Listing open = listing;
        if (open == null || open.position != after || !open.prefix.equals(prefix)) {
          forget();
          open = open(prefix);
          listing = open;
        }
        List<String> keys = new ArrayList<>();
        while (open.pending > 0 && keys.isEmpty()) {
          fetch(open, limit, after, keys);
        }
        if (open.pending == 0) {
          forget();
          return new Page(keys, null);
        }
        return new Page(keys, Long.toString(open.position));
      } catch (IOException | JetStreamApiException | IllegalStateException e) {
        listing = null;
        throw interruptedOr(failure(name, e));
      } catch (StoreException e) {
        listing = null;
        throw e;
      }
    }
  }

  private Listing open(String prefix) throws IOException, JetStreamApiException {
    ConsumerConfiguration wanted =
        ConsumerConfiguration.builder()
            .deliverPolicy(DeliverPolicy.LastPerSubject)
            .ackPolicy(AckPolicy.None)
            .filterSubject(subjects + ">")
            .headersOnly(true)
            .memStorage(true)
            .inactiveThreshold(IDLE)
            .build();
    ConsumerInfo consumer = connection.jetStreamManagement().addOrUpdateConsumer(stream, wanted);
    JetStreamSubscription subscription =
        connection
            .jetStream()
            .subscribe(null, PullSubscribeOptions.bind(stream, consumer.getName()));
    return new Listing(subscription, prefix, consumer.getNumPending());
  }

  private void fetch(Listing open, int limit, long after, List<String> keys)
      throws StoreException, InterruptedException {
    int wanted = (int) Math.min(limit, open.pending);
    List<Message> messages = open.subscription.fetch(wanted, timeout);
    if (messages.isEmpty()) {
      throw interruptedOr(
          new StoreException(Kind.TIMEOUT, "no answer in time", name + ": the listing stopped"));
    }
    for (Message message : messages) {
      long sequence = message.metaData().streamSequence();
      open.position = sequence;
      open.pending = message.metaData().pendingCount();
      String key = message.getSubject().substring(subjects.length());
      boolean isThere =
          message.getHeaders() == null || message.getHeaders().getFirst("KV-Operation") == null;
      if (sequence > after && (isThere || noMarkers) && key.startsWith(open.prefix)) {
        keys.add(key);
      }
    }
  }

  private void forget() {
    if (listing != null) {
      listing.subscription.unsubscribe();
      listing = null;
    }
  }

  @Override
  public Deletion delete(List<String> batch) throws StoreException, InterruptedException {
    String key = batch.getFirst();
    if (refusalOf(key) != null) { // a subject with a wildcard would name other keys, too
      throw new StoreException(Kind.INVALID, "not a key", name + ": it can have no such key");
    }
    try {
      if (noMarkers) {
        return Deletion.of(erase(key));
      }
      KeyValueEntry entry = bucket.get(key);
      if (entry == null || entry.getOperation() != KeyValueOperation.PUT) {
        return Deletion.of(false); // a marker for a missing key would be a modification
      }
      bucket.purge(key, entry.getRevision());
      return Deletion.of(true);
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() == WRONG_LAST_SEQUENCE) {
        throw new StoreException(
            Kind.LOCKED, "changed meanwhile", name + ": somebody changed it", null, e);
      }
      throw failure(name, e);
    } catch (IllegalArgumentException e) {
      throw new StoreException(
          Kind.INVALID, "not a key", name + ": it can have no such key", null, e);
    } catch (IOException | IllegalStateException e) {
      throw interruptedOr(failure(name, e));
    }
  }

  /**
   * Removes a key from the stream with its history, or the marker in its place. A value that is
   * written meanwhile remains.
   *
   * @return whether there was a value
   */
  private boolean erase(String key) throws IOException, JetStreamApiException {
    JetStreamManagement management = connection.jetStreamManagement();
    MessageInfo last;
    try {
      last = management.getLastMessage(stream, subjects + key);
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() == NO_MESSAGE) {
        return false;
      }
      throw e;
    }
    management.purgeStream(
        stream, PurgeOptions.builder().subject(subjects + key).sequence(last.getSeq() + 1).build());
    return last.getHeaders() == null || last.getHeaders().getFirst("KV-Operation") == null;
  }

  /** Called only if there are to be no markers: nobody is notified. */
  @Override
  public OptionalLong clear() throws StoreException, InterruptedException {
    try {
      Listing all = open("");
      all.subscription.unsubscribe();
      connection
          .jetStreamManagement()
          .purgeStream(stream, PurgeOptions.builder().subject(subjects + ">").build());
      return OptionalLong.of(all.pending);
    } catch (JetStreamApiException e) {
      throw failure(name, e);
    } catch (IOException | IllegalStateException e) {
      throw interruptedOr(failure(name, e));
    }
  }

  @Override
  public Set<Property> properties() {
    return PROPERTIES;
  }

  @Override
  public List<@Nullable Details> details(List<String> keys, Set<Property> wanted)
      throws StoreException, InterruptedException {
    try {
      List<@Nullable Details> details = new ArrayList<>(keys.size());
      for (String key : keys) {
        if (refusalOf(key) != null) {
          details.add(null);
          continue;
        }
        KeyValueEntry entry = bucket.get(key);
        boolean isThere = entry != null && entry.getOperation() == KeyValueOperation.PUT;
        details.add(
            isThere ? Details.of(entry.getCreated().toInstant(), entry.getDataLen()) : null);
      }
      return details;
    } catch (JetStreamApiException e) {
      throw failure(name, e);
    } catch (IOException | IllegalStateException e) {
      throw interruptedOr(failure(name, e));
    }
  }

  /** The client converts interrupts into other exceptions. */
  private static StoreException interruptedOr(StoreException failure) throws InterruptedException {
    if (Thread.interrupted()) {
      throw (InterruptedException) new InterruptedException("NATS request").initCause(failure);
    }
    return failure;
  }

  private static StoreException failure(String name, Exception e) {
    // The client wraps the server's error in an IOException when it looks for the bucket.
    Exception said = e.getCause() instanceof JetStreamApiException answer ? answer : e;
    String text = name + ": " + said.getMessage();
    if (said instanceof JetStreamApiException api) {
      Kind kind =
          switch (api.getErrorCode()) {
            case NOT_FOUND -> Kind.NOT_FOUND;
            case 401, 403 -> Kind.UNAUTHORISED;
            default -> api.getErrorCode() >= 500 ? Kind.UNAVAILABLE : Kind.INVALID;
          };
      return new StoreException(kind, "error " + api.getApiErrorCode(), text, null, e);
    }
    Throwable oneSided =
        Causes.find(e, c -> TLS_ONLY_ONE_SIDE.matcher(String.valueOf(c.getMessage())).find());
    if (oneSided != null) {
      String why = name + ": " + oneSided.getMessage();
      return new StoreException(
          Kind.INVALID, "TLS", why + ": natss:// is with TLS, nats:// without", null, e);
    }
    return Causes.find(e, AuthenticationException.class::isInstance) != null
        ? new StoreException(Kind.UNAUTHORISED, "not let in", text, null, e)
        : NetworkFailure.of(name, e);
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

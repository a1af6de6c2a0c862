package io.heddle.purge.stores;

import io.heddle.purge.Deletion;
import io.heddle.purge.Details;
import io.heddle.purge.Page;
import io.heddle.purge.Property;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamSubscription;
import io.nats.client.KeyValue;
import io.nats.client.KeyValueOptions;
import io.nats.client.Message;
import io.nats.client.PullSubscribeOptions;
import io.nats.client.PurgeOptions;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.DeliverPolicy;
import io.nats.client.api.KeyValueEntry;
import io.nats.client.api.KeyValueOperation;
import io.nats.client.api.MessageInfo;
import io.nats.client.api.StreamState;
import java.io.IOException;
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
 * before the cursor. A part of the keys is a range of numbers; its cursor also has the range's end.
 */
final class NatsStore implements Store {
  private static final Set<Property> PROPERTIES = Set.of(Property.MODIFIED, Property.SIZE);
  private static final int NO_MESSAGE = 10037;
  private static final int WRONG_LAST_SEQUENCE = 10071;
  private static final int CONCURRENCY = 100;

  /** A part of fewer messages is not worth a consumer. */
  private static final long MIN_PART = 1000;

  /** The keys that clients of a bucket accept: one or more tokens, separated by dots. */
  private static final Pattern KEY = Pattern.compile("[-/_=a-zA-Z0-9]+(\\.[-/_=a-zA-Z0-9]+)*");

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
    Cursor position;
    long pending;

    Listing(JetStreamSubscription subscription, String prefix, Cursor position, long pending) {
      this.subscription = subscription;
      this.prefix = prefix;
      this.position = position;
      this.pending = pending;
    }
  }

  /**
   * The position of a listing.
   *
   * @param after the number of the last message that was listed, 0 for none
   * @param until the number of the last message to list, the highest number for no end
   */
  private record Cursor(long after, long until) {
    static Cursor parse(@Nullable String text) {
      if (text == null) {
        return new Cursor(0, Long.MAX_VALUE);
      }
      String[] parts = text.split("-", 2);
      long after = Long.parseLong(parts[0]);
      return new Cursor(after, parts.length == 1 ? Long.MAX_VALUE : Long.parseLong(parts[1]));
    }

    boolean isPart() {
      return until != Long.MAX_VALUE;
    }

    Cursor at(long sequence) {
      return new Cursor(Math.max(after, sequence), until);
    }

    @Override
    public String toString() {
      return isPart() ? after + "-" + until : Long.toString(after);
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
   * Makes a client of a bucket. Sends nothing yet: the first request connects.
   *
   * @param noMarkers whether to leave no markers in the place of keys, and to remove old ones
   */
  static Store of(NatsServers servers, String bucket, boolean noMarkers) {
    String name = "NATS bucket " + bucket + " at " + servers.place();
    return new ConnectingStore(
        name,
        1,
        CONCURRENCY,
        NatsStore::refusalOf,
        PROPERTIES,
        noMarkers,
        () -> connect(name, bucket, noMarkers, servers));
  }

  private static Store connect(String name, String bucket, boolean noMarkers, NatsServers servers)
      throws StoreException, InterruptedException {
    Connection connection = servers.connect(name);
    boolean isOpen = false;
    try {
      NatsStore store = new NatsStore(name, bucket, noMarkers, servers.timeout(), connection);
      store.bucket.getStatus();
      isOpen = true;
      return store;
    } catch (IOException | JetStreamApiException e) {
      // checks before closing, which clears the interrupt
      throw NatsServers.interruptedOr(NatsServers.failure(name, e));
    } finally {
      if (!isOpen) {
        connection.close(); // otherwise it would try to connect forever
      }
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
    Cursor at = Cursor.parse(cursor);
    synchronized (lock) {
      try {
        Listing open = listing;
        if (open == null || !open.position.equals(at) || !open.prefix.equals(prefix)) {
          forget();
          open = open(prefix, at);
          listing = open;
        }
        List<String> keys = new ArrayList<>();
        while (open.pending > 0 && keys.isEmpty()) {
          fetch(open, limit, at.after, keys);
        }
        if (open.pending == 0) {
          forget();
          return new Page(keys, null);
        }
        return new Page(keys, open.position.toString());
      } catch (IOException | JetStreamApiException | IllegalStateException e) {
        listing = null;
        throw NatsServers.interruptedOr(NatsServers.failure(name, e));
      } catch (StoreException e) {
        listing = null;
        throw e;
      }
    }
  }

  /**
   * Makes a consumer. That of a part begins with the part, but also yields outdated messages of the
   * bucket's history; their keys may be listed twice.
   */
  private Listing open(String prefix, Cursor at) throws IOException, JetStreamApiException {
    var builder = ConsumerConfiguration.builder();
    if (at.isPart()) {
      builder.deliverPolicy(DeliverPolicy.ByStartSequence).startSequence(at.after + 1);
    } else {
      builder.deliverPolicy(DeliverPolicy.LastPerSubject);
    }
    ConsumerConfiguration wanted =
        builder
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
    return new Listing(subscription, prefix, at, consumer.getNumPending());
  }

  /** Ranges of messages. Keys that are written later are in none of them. */
  @Override
  public List<String> parts(String prefix, int wanted) throws StoreException, InterruptedException {
    try {
      StreamState state = bucket.getStatus().getBackingStreamInfo().getStreamState();
      long first = state.getFirstSequence() - 1;
      long last = state.getLastSequence();
      long size = Math.max(MIN_PART, Math.ceilDiv(last - first, wanted));
      List<String> parts = new ArrayList<>();
      for (long after = first; after < last; after += size) {
        parts.add(new Cursor(after, Math.min(after + size, last)).toString());
      }
      return parts;
    } catch (JetStreamApiException e) {
      throw NatsServers.failure(name, e);
    } catch (IOException | IllegalStateException e) {
      throw NatsServers.interruptedOr(NatsServers.failure(name, e));
    }
  }

  private void fetch(Listing open, int limit, long after, List<String> keys)
      throws StoreException, InterruptedException {
    int wanted = (int) Math.min(limit, open.pending);
    List<Message> messages = open.subscription.fetch(wanted, timeout);
    if (messages.isEmpty()) {
      throw NatsServers.interruptedOr(
          new StoreException(Kind.TIMEOUT, "no answer in time", name + ": the listing stopped"));
    }
    for (Message message : messages) {
      long sequence = message.metaData().streamSequence();
      boolean isIn = sequence > after && sequence <= open.position.until;
      open.pending = sequence < open.position.until ? message.metaData().pendingCount() : 0;
      open.position = open.position.at(sequence);
      String key = message.getSubject().substring(subjects.length());
      boolean isThere =
          message.getHeaders() == null || message.getHeaders().getFirst("KV-Operation") == null;
      if (isIn && (isThere || noMarkers) && key.startsWith(open.prefix)) {
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
      throw NatsServers.failure(name, e);
    } catch (IllegalArgumentException e) {
      throw new StoreException(
          Kind.INVALID, "not a key", name + ": it can have no such key", null, e);
    } catch (IOException | IllegalStateException e) {
      throw NatsServers.interruptedOr(NatsServers.failure(name, e));
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

  /** Called only with --no-markers: watchers are not notified. */
  @Override
  public OptionalLong clear() throws StoreException, InterruptedException {
    try {
      Listing all = open("", Cursor.parse(null));
      all.subscription.unsubscribe();
      connection
          .jetStreamManagement()
          .purgeStream(stream, PurgeOptions.builder().subject(subjects + ">").build());
      return OptionalLong.of(all.pending);
    } catch (JetStreamApiException e) {
      throw NatsServers.failure(name, e);
    } catch (IOException | IllegalStateException e) {
      throw NatsServers.interruptedOr(NatsServers.failure(name, e));
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
      throw NatsServers.failure(name, e);
    } catch (IOException | IllegalStateException e) {
      throw NatsServers.interruptedOr(NatsServers.failure(name, e));
    }
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

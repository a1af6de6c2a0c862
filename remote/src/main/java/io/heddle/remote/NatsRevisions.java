package io.heddle.remote;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Select;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.KeyValue;
import io.nats.client.KeyValueOptions;
import io.nats.client.api.KeyValueConfiguration;
import io.nats.client.api.KeyValueEntry;
import io.nats.client.api.KeyValueWatchOption;
import io.nats.client.api.KeyValueWatcher;
import io.nats.client.impl.NatsKeyValueWatchSubscription;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The bucket {@code heddle-locks} of NATS. It is made on first use, and a bucket that exists is
 * used as it is.
 */
final class NatsRevisions implements RevisionKeys.Revisions {
  private static final String BUCKET = "heddle-locks";
  private static final int NO_STREAM = 10059;
  private static final int NAME_IN_USE = 10058;
  private static final int WRONG_LAST_SEQUENCE = 10071;

  private final NatsBackend backend;
  private final Connection connection;

  /** Null until the first use. */
  private volatile @Nullable KeyValue bucket;

  NatsRevisions(NatsBackend backend, Connection connection) {
    this.backend = backend;
    this.connection = connection;
  }

  private KeyValue bucket() throws IOException, JetStreamApiException, InterruptedException {
    KeyValue known = bucket;
    if (known != null) {
      return known;
    }
    try {
      connection.keyValueManagement().getStatus(BUCKET);
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() != NO_STREAM) {
        throw e;
      }
      create();
    }
    KeyValue opened =
        connection.keyValue(
            BUCKET, KeyValueOptions.builder().jsRequestTimeout(NatsBackend.TIMEOUT).build());
    bucket = opened;
    return opened;
  }

  private void create() throws IOException, JetStreamApiException {
    try {
      connection
          .keyValueManagement()
          .create(KeyValueConfiguration.builder().name(BUCKET).maxHistoryPerKey(1).build());
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() != NAME_IN_USE) { // by another process, meanwhile
        throw e;
      }
    }
  }

  /** Dots separate the parts of a key, and names of locks contain no equals signs. */
  private static String encoded(String key) {
    return key.replace('.', '=').replace('/', '.');
  }

  @Override
  public RevisionKeys.@Nullable Value get(String action, String key)
      throws RemoteException, InterruptedException {
    return backend.call(
        action,
        () -> {
          KeyValueEntry entry = bucket().get(encoded(key));
          byte[] value = entry == null ? null : entry.getValue();
          return entry == null || value == null
              ? null
              : new RevisionKeys.Value(new String(value, UTF_8), entry.getRevision());
        });
  }

  @Override
  public long put(String action, String key, String text, long expected)
      throws RemoteException, InterruptedException {
    return backend.call(
        action,
        () -> {
          try {
            return bucket().update(encoded(key), text.getBytes(UTF_8), expected);
          } catch (JetStreamApiException e) {
            if (e.getApiErrorCode() == WRONG_LAST_SEQUENCE) {
              return 0L;
            }
            throw e;
          }
        });
  }

  @Override
  public KeyStore.Watch watch(String action, String prefix)
      throws RemoteException, InterruptedException {
    Chan<Boolean> changes = Chan.buffered(1);
    NatsKeyValueWatchSubscription subscription =
        backend.call(
            action,
            () ->
                bucket()
                    .watch(
                        encoded(prefix) + ">",
                        new Notification(changes),
                        KeyValueWatchOption.UPDATES_ONLY,
                        KeyValueWatchOption.META_ONLY));
    return new KeyStore.Watch() {
      @Override
      public void await(Duration limit) throws InterruptedException {
        Select.choose(changes.onReceive(), Go.after(limit).onReceive());
      }

      @Override
      public void close() {
        Calls.cleanUp(() -> {
          subscription.unsubscribe();
          return true;
        });
      }
    };
  }

  private record Notification(Chan<Boolean> changes) implements KeyValueWatcher {
    @Override
    public void watch(KeyValueEntry entry) {
      changes.trySend(true);
    }

    @Override
    public void endOfData() {
      // the watch receives updates only
    }
  }
}

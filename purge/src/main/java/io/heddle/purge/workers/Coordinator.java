package io.heddle.purge.workers;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.Go;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.heddle.purge.stores.NatsServers;
import io.nats.client.Connection;
import io.nats.client.JetStream;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamOptions;
import io.nats.client.JetStreamSubscription;
import io.nats.client.KeyValue;
import io.nats.client.KeyValueOptions;
import io.nats.client.Message;
import io.nats.client.PullSubscribeOptions;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.DiscardPolicy;
import io.nats.client.api.KeyValueConfiguration;
import io.nats.client.api.KeyValueEntry;
import io.nats.client.api.KeyValueOperation;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What the processes of a job share, on the servers of NATS: a work queue with a message for each
 * part, and a KV bucket. A message is delivered again if its receiver is silent for the time of a
 * lease. Entries of the bucket are replaced by compare-and-set.
 */
final class Coordinator implements AutoCloseable {
  private static final int WRONG_LAST_SEQUENCE = 10071;
  private static final int OTHER_CONFIGURATION = 10058;
  private static final int NO_JETSTREAM = 10039;
  private static final int NO_JETSTREAM_HERE = 10076;

  /** What the server says about a second message of the same subject. */
  private static final String MORE_PER_SUBJECT = "messages per subject exceeded";

  private static final String CONSUMER = "workers";
  private static final int MAX_PENDING = 100_000;

  private final String name;
  private final String queue;
  private final Connection connection;
  private final KeyValue entries;
  private final JetStreamManagement management;
  private final JetStream jetStream;
  private @Nullable JetStreamSubscription messages;

  private volatile ServersClock clock;

  /**
   * An entry of the bucket.
   *
   * @param written when it was written, by the clock of the servers
   */
  record Entry(String text, long revision, Instant written) {}

  private Coordinator(String name, String job, Connection connection, Duration timeout)
      throws StoreException, InterruptedException {
    this.name = name;
    this.queue = "heddle-purge-" + job;
    this.connection = connection;
    JetStreamOptions options = JetStreamOptions.builder().requestTimeout(timeout).build();
    this.management = managed(connection, options);
    try {
      this.jetStream = connection.jetStream(options);
      String bucket = "heddle-purge-" + job;
      KeyValueOptions how = KeyValueOptions.builder().jetStreamOptions(options).build();
      connection
          .keyValueManagement(how)
          .create(
              KeyValueConfiguration.builder()
                  .name(bucket)
                  .description("heddle purge --workers: the state of a job")
                  .storageType(StorageType.File)
                  .build());
      this.entries = connection.keyValue(bucket, how);
      management.addStream(
          StreamConfiguration.builder()
              .name(queue)
              .description("heddle purge --workers: a message for each part of a job")
              .subjects(subject("*"))
              .retentionPolicy(RetentionPolicy.WorkQueue)
              .storageType(StorageType.File)
              // A part that is published again while its message is there is one message.
              .maxMessagesPerSubject(1)
              .discardPolicy(DiscardPolicy.New)
              .discardNewPerSubject(true)
              .build());
      this.clock = readClock();
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      throw failure(e);
    }
  }

  /** Connects, and makes the queue and the bucket if they are missing. */
  static Coordinator open(NatsServers servers, String job)
      throws StoreException, InterruptedException {
    String name = "job " + job + " at " + servers.place();
    Connection connection = servers.connect(name);
    boolean isOpen = false;
    try {
      Coordinator coordinator = new Coordinator(name, job, connection, servers.timeout());
      isOpen = true;
      return coordinator;
    } finally {
      if (!isOpen) {
        connection.close();
      }
    }
  }

  private JetStreamManagement managed(Connection connection, JetStreamOptions options)
      throws StoreException, InterruptedException {
    try {
      JetStreamManagement found = connection.jetStreamManagement(options);
      var _ = found.getAccountStatistics();
      return found;
    } catch (JetStreamApiException e) {
      int code = e.getApiErrorCode();
      throw code == NO_JETSTREAM || code == NO_JETSTREAM_HERE || e.getErrorCode() == 503
          ? noJetStream(e)
          : failure(e);
    } catch (IOException | IllegalStateException e) {
      StoreException failure = NatsServers.interruptedOr(NatsServers.failure(name, e));
      throw connection.getStatus() == Connection.Status.CONNECTED ? noJetStream(e) : failure;
    }
  }

  private StoreException noJetStream(Exception e) {
    return new StoreException(
        Kind.UNREACHABLE,
        "no JetStream",
        name
            + ": the server does not answer requests for JetStream: start nats-server with -js, and"
            + " enable JetStream for the account",
        null,
        e);
  }

  private StoreException failure(Exception e) throws InterruptedException {
    if (e instanceof JetStreamApiException api && api.getApiErrorCode() == OTHER_CONFIGURATION) {
      return new StoreException(
          Kind.INVALID,
          "not of a purge",
          name
              + ": the stream or bucket "
              + queue
              + " was made by something else: name another job",
          null,
          e);
    }
    return NatsServers.interruptedOr(NatsServers.failure(name, e));
  }

  /** The job's name for people. */
  String name() {
    return name;
  }

  private String subject(String part) {
    return "heddle.purge." + queue + "." + part;
  }

  private ServersClock readClock() throws IOException, JetStreamApiException, StoreException {
    Instant before = Go.now();
    ZonedDateTime read = management.getStreamInfo(queue).getTimestamp();
    if (read == null) {
      throw new StoreException(
          Kind.INVALID, "no time", name + ": nats-server is too old: install 2.10 or later");
    }
    return ServersClock.of(before, read.toInstant(), Go.now());
  }

  /** Reads the clock of the servers again, because that of this process may have been set. */
  ServersClock clock() throws StoreException, InterruptedException {
    try {
      clock = readClock();
      return clock;
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      throw failure(e);
    }
  }

  /** The time by the clock of the servers. */
  Instant now() {
    return clock.now();
  }

  /** An entry; null if the bucket has no such key. */
  @Nullable Entry get(String key) throws StoreException, InterruptedException {
    try {
      KeyValueEntry entry = entries.get(key);
      if (entry == null || entry.getOperation() != KeyValueOperation.PUT) {
        return null;
      }
      return new Entry(
          new String(entry.getValue(), UTF_8), entry.getRevision(), entry.getCreated().toInstant());
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      throw failure(e);
    }
  }

  /**
   * Makes an entry.
   *
   * @return its revision; empty if there is one already
   */
  OptionalLong create(String key, String text) throws StoreException, InterruptedException {
    return compareAndSet(() -> entries.create(key, text.getBytes(UTF_8)));
  }

  /**
   * Replaces an entry.
   *
   * @param revision the revision that the entry must have
   * @return the new revision; empty if the entry has another one
   */
  OptionalLong update(String key, String text, long revision)
      throws StoreException, InterruptedException {
    return compareAndSet(() -> entries.update(key, text.getBytes(UTF_8), revision));
  }

  @FunctionalInterface
  private interface Write {
    long write() throws IOException, JetStreamApiException;
  }

  private OptionalLong compareAndSet(Write write) throws StoreException, InterruptedException {
    try {
      return OptionalLong.of(write.write());
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() == WRONG_LAST_SEQUENCE) {
        return OptionalLong.empty();
      }
      throw failure(e);
    } catch (IOException | IllegalStateException e) {
      throw failure(e);
    }
  }

  /** Removes an entry. */
  void remove(String key) throws StoreException, InterruptedException {
    try {
      entries.purge(key);
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      throw failure(e);
    }
  }

  /** Puts messages into the queue, unless they are there already. */
  void publish(List<String> parts) throws StoreException, InterruptedException {
    for (String part : parts) {
      try {
        var _ = jetStream.publish(subject(part), new byte[0]);
      } catch (JetStreamApiException e) {
        if (!e.getErrorDescription().contains(MORE_PER_SUBJECT)) {
          throw failure(e);
        }
      } catch (IOException | IllegalStateException e) {
        throw failure(e);
      }
    }
  }

  /** The part that a message is about. */
  static String part(Message message) {
    return message.getSubject().substring(message.getSubject().lastIndexOf('.') + 1);
  }

  /**
   * Begins to receive messages.
   *
   * @param lease how long a process that has received a message may be silent; the same for all
   */
  void listen(Duration lease) throws StoreException, InterruptedException {
    try {
      management.addOrUpdateConsumer(
          queue,
          ConsumerConfiguration.builder()
              .durable(CONSUMER)
              .ackPolicy(AckPolicy.Explicit)
              .ackWait(lease)
              .maxAckPending(MAX_PENDING)
              .build());
      messages = jetStream.subscribe(null, PullSubscribeOptions.bind(queue, CONSUMER));
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      throw failure(e);
    }
  }

  /** Receives a message, after {@link #listen}; null if no message comes for some time. */
  @Nullable Message receive(Duration time) throws StoreException, InterruptedException {
    try {
      List<Message> received = Objects.requireNonNull(messages, "listen first").fetch(1, time);
      if (received.isEmpty() && Thread.interrupted()) {
        throw new InterruptedException(name);
      }
      return received.isEmpty() ? null : received.getFirst();
    } catch (IllegalStateException e) {
      throw failure(e);
    }
  }

  /** Whether messages are left, also such that processes work on. */
  boolean hasMessages() throws StoreException, InterruptedException {
    try {
      return management.getStreamInfo(queue).getStreamState().getMsgCount() > 0;
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      throw failure(e);
    }
  }

  /** The number of parts that processes work on, or have given back. */
  long active() throws StoreException, InterruptedException {
    try {
      return management.getConsumerInfo(queue, CONSUMER).getNumAckPending();
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      throw failure(e);
    }
  }

  /** Removes all messages. */
  void clear() throws StoreException, InterruptedException {
    try {
      var _ = management.purgeStream(queue);
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      throw failure(e);
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

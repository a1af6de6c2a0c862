package io.heddle.remote;

import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.DiscardPolicy;
import io.nats.client.api.MessageInfo;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The streams of channels in NATS JetStream.
 *
 * <p>A channel is a stream that keeps messages until they are acknowledged, with one durable
 * consumer for all processes. A stream that exists is used as it is, so an operator can choose its
 * replicas and limits beforehand. The end of a channel takes the subject away from its stream,
 * which is atomic: after it the server accepts no message. Dead letters are in a second stream.
 */
final class NatsStreams {
  private static final int NO_STREAM = 10059;
  private static final int NAME_IN_USE = 10058;
  private static final int CONSUMER_EXISTS = 10148;
  private static final int CONSUMER_NAME_EXISTS = 10013;
  private static final int NO_MESSAGE = 10037;
  private static final String CONSUMER = "heddle";
  private static final String JOBS = "heddle.jobs.";
  private static final String DEAD = "heddle.dead.";
  private static final String ENDED = "heddle.ended.";

  private final JetStreamManagement management;
  private final String backend;
  private final Map<String, Channel> open = new ConcurrentHashMap<>();
  private final Map<String, Duration> leases = new ConcurrentHashMap<>();

  /** A channel's stream. */
  record Channel(String subject, boolean hasEnded) {}

  NatsStreams(JetStreamManagement management, String backend) {
    this.management = management;
    this.backend = backend;
  }

  /** Names of streams contain no dots, and names of channels no equals signs. */
  private static String encoded(String channel) {
    return channel.replace('.', '=');
  }

  static String stream(String channel) {
    return "heddle-" + encoded(channel);
  }

  private static String deadStream(String channel) {
    return "heddle-dead=" + encoded(channel);
  }

  static String deadSubject(String channel) {
    return DEAD + encoded(channel);
  }

  /** The channel of a message. */
  static String channel(String subject) {
    return subject.substring(JOBS.length()).replace('=', '.');
  }

  /** Makes the stream if it does not exist. */
  Channel open(String channel) throws IOException, JetStreamApiException {
    Channel known = open.get(channel);
    if (known != null) {
      return known;
    }
    StreamInfo info = find(stream(channel));
    if (info == null) {
      info = add(configuration(stream(channel), JOBS + encoded(channel)).build());
    }
    Channel found =
        new Channel(
            JOBS + encoded(channel),
            info.getConfiguration().getSubjects().contains(ended(channel)));
    open.put(channel, found);
    return found;
  }

  void forget(String channel) {
    open.remove(channel);
    leases.remove(channel);
  }

  private static String ended(String channel) {
    return ENDED + encoded(channel);
  }

  private static StreamConfiguration.Builder configuration(String stream, String subject) {
    return StreamConfiguration.builder()
        .name(stream)
        .subjects(subject)
        .retentionPolicy(RetentionPolicy.WorkQueue)
        .storageType(StorageType.File)
        .discardPolicy(DiscardPolicy.New) // a full stream refuses messages
        .duplicateWindow(Remote.WINDOW);
  }

  private @Nullable StreamInfo find(String stream) throws IOException, JetStreamApiException {
    try {
      return management.getStreamInfo(stream);
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() == NO_STREAM) {
        return null;
      }
      throw e;
    }
  }

  private StreamInfo add(StreamConfiguration configuration)
      throws IOException, JetStreamApiException {
    try {
      return management.addStream(configuration);
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() == NAME_IN_USE) { // by another process, meanwhile
        return management.getStreamInfo(configuration.getName());
      }
      throw e;
    }
  }

  void end(String channel) throws IOException, JetStreamApiException {
    if (!open(channel).hasEnded()) {
      StreamConfiguration now = management.getStreamInfo(stream(channel)).getConfiguration();
      management.updateStream(StreamConfiguration.builder(now).subjects(ended(channel)).build());
      forget(channel);
    }
  }

  boolean isOver(String channel) throws IOException, JetStreamApiException {
    StreamInfo info = management.getStreamInfo(stream(channel));
    return info.getConfiguration().getSubjects().contains(ended(channel))
        && info.getStreamState().getMsgCount() == 0;
  }

  /** Makes the consumer if it does not exist; all processes have the same lease. */
  String consumer(String channel, Duration lease)
      throws IOException, JetStreamApiException, RemoteException {
    Duration current = leases.get(channel);
    if (current == null) {
      open(channel);
      current = ackWait(channel, lease);
      leases.put(channel, current);
    }
    if (!current.equals(lease)) {
      throw new RemoteException(
          "cannot receive from channel "
              + channel
              + " in "
              + backend
              + ": its leases last "
              + current
              + ", not "
              + lease
              + ". Use the same lease in all processes",
          null);
    }
    return CONSUMER;
  }

  /** The lease of the consumer, which one of several processes makes. */
  private Duration ackWait(String channel, Duration lease)
      throws IOException, JetStreamApiException {
    ConsumerConfiguration wanted =
        ConsumerConfiguration.builder()
            .durable(CONSUMER)
            .ackPolicy(AckPolicy.Explicit)
            .ackWait(lease)
            .maxAckPending(-1) // messages that wait for a retry count, too
            .build();
    try {
      management.createConsumer(stream(channel), wanted); // never changes one that exists
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() != CONSUMER_EXISTS && e.getApiErrorCode() != CONSUMER_NAME_EXISTS) {
        throw e;
      }
    }
    return Objects.requireNonNull(
        management
            .getConsumerInfo(stream(channel), CONSUMER)
            .getConsumerConfiguration()
            .getAckWait(),
        "ack_wait");
  }

  void openDead(String channel) throws IOException, JetStreamApiException {
    if (find(deadStream(channel)) == null) {
      add(
          configuration(deadStream(channel), deadSubject(channel))
              .retentionPolicy(RetentionPolicy.Limits)
              .build());
    }
  }

  /** The next dead letter after one; null if that was the last. */
  @Nullable MessageInfo deadAfter(String channel, long sequence)
      throws IOException, JetStreamApiException {
    try {
      return management.getNextMessage(deadStream(channel), sequence + 1, deadSubject(channel));
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() == NO_MESSAGE || e.getApiErrorCode() == NO_STREAM) {
        return null;
      }
      throw e;
    }
  }

  /** Returns false if another call has deleted it. */
  boolean deleteDead(String channel, long sequence) throws IOException, JetStreamApiException {
    try {
      return management.deleteMessage(deadStream(channel), sequence);
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() == NO_MESSAGE || e.getApiErrorCode() == 10043) {
        return false;
      }
      throw e;
    }
  }
}

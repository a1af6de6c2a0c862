package io.heddle.remote;

import static java.lang.System.Logger.Level.WARNING;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.Go;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamSubscription;
import io.nats.client.PublishOptions;
import io.nats.client.PullSubscribeOptions;
import io.nats.client.api.MessageInfo;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Channels in NATS JetStream; {@link NatsStreams} has the streams, and {@link NatsSubscriptions}
 * receives. A lease is the time that the channel's consumer gives for an acknowledgement. The
 * server does not check whether an acknowledgement comes from the latest delivery, so only this
 * process's clock says that a lease is lost.
 */
final class NatsBackend implements Backend {
  private static final System.Logger LOG = System.getLogger("io.heddle.remote");

  /** How long a request for a message stays at the server. */
  private static final Duration LONGEST_PULL = Duration.ofSeconds(1);

  /** The pause before the consumer is asked for again, when the server does not answer. */
  private static final Duration PAUSE = Duration.ofMillis(200);

  static final Duration TIMEOUT = Duration.ofSeconds(5);

  /** The longest delay: a century. The server takes nanoseconds, of which a long has three. */
  private static final Duration LONGEST_DELAY = Duration.ofDays(36_525);

  /** What a dead letter may be longer than its message, at most. */
  private static final int DEAD_ROOM = 1024;

  private static final int LONGEST_REASON = 512;
  private static final byte[] ACK = "+ACK".getBytes(UTF_8);
  private static final byte[] PROGRESS = "+WPI".getBytes(UTF_8);
  private static final byte[] RETURN = "-NAK".getBytes(UTF_8);

  private static final String ID = "Heddle-Id";
  private static final String DELAY = "Heddle-Delay";
  private static final String REASON = "Heddle-Reason";
  private static final String ATTEMPTS = "Heddle-Attempts";

  private final String name;
  private final Connection connection;
  private final NatsStreams streams;
  private final NatsSubscriptions subscriptions;
  private final KeyLocks locks;

  private NatsBackend(String name, Connection connection) throws IOException {
    this.name = name;
    this.connection = connection;
    this.streams = new NatsStreams(connection.jetStreamManagement(), name);
    this.subscriptions = new NatsSubscriptions(connection);
    this.locks = new KeyLocks(new RevisionKeys(new NatsRevisions(this, connection)), name);
  }

  /** Connects to a server or a cluster at {@code nats://…}. */
  static NatsBackend open(String address) throws RemoteException {
    String name = Addresses.withoutCredentials(address);
    Connection connection = NatsConnections.open(address, name);
    try {
      connection.jetStreamManagement().getAccountStatistics();
      return new NatsBackend(name, connection);
    } catch (IOException | JetStreamApiException e) {
      NatsConnections.close(connection);
      throw new RemoteException(
          "cannot open " + name + ": it has no JetStream. Start nats-server with -js", e);
    }
  }

  @Override
  public String name() {
    return name;
  }

  private String in(String action) {
    return action + " in " + name;
  }

  /** A call of the client, which may end by an interrupt in the middle. */
  interface NatsCall<T extends @Nullable Object> {
    T run() throws IOException, JetStreamApiException, RemoteException, InterruptedException;
  }

  /**
   * Makes a call that an interrupt does not end. What the client reports as a failure of its own is
   * unknown to have happened, unless the connection was lost before.
   */
  <T extends @Nullable Object> T call(String action, NatsCall<T> call)
      throws RemoteException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    NatsConnections.check(connection, in(action));
    return Calls.result(
        Calls.<T>cleanUp(() -> {
          try {
            return call.run();
          } catch (JetStreamApiException e) {
            throw NatsConnections.refused(in(action), e);
          } catch (IOException | IllegalStateException e) {
            throw NatsConnections.failed(in(action), e);
          }
        }));
  }

  @Override
  public void send(String channel, Envelope envelope, @Nullable Lease holder)
      throws RemoteException, InterruptedException {
    String action = "send to channel " + channel;
    if (holder != null) {
      throw new RemoteException(
          "cannot "
              + in(action)
              + ": NATS does not check a lock and store a message at once. Send it without the"
              + " holder, or use PostgreSQL",
          null);
    }
    if (!envelope.key().isEmpty()) {
      throw new RemoteException(
          "cannot " + in(action) + ": NATS orders no messages by a key. Send them without one",
          null);
    }
    NatsStreams.Channel stream = call(action, () -> streams.open(channel));
    if (stream.hasEnded()) {
      throw new ChannelEndedException(channel, name);
    }
    Headers headers = headers(envelope.id());
    if (envelope.delay().isPositive()) {
      headers.put(DELAY, "" + shortened(envelope.delay()).toMillis());
    }
    byte[] body = envelope.body().getBytes(UTF_8);
    checkSize(headers, body, action);
    boolean isStored =
        call(
            action,
            () -> {
              try {
                publish(stream.subject(), headers, body, envelope.id());
                return true;
              } catch (IOException e) {
                if (NatsConnections.isWithoutStream(e)) { // the channel may have ended meanwhile
                  streams.forget(channel);
                  return false;
                }
                throw Failures.maybeSent(in(action), envelope.id(), e);
              }
            });
    if (!isStored) {
      if (call(action, () -> streams.open(channel)).hasEnded()) {
        throw new ChannelEndedException(channel, name);
      }
      throw new RemoteException(
          "cannot " + in(action) + ": the stream was deleted. Send it again", null);
    }
  }

  /** Headers are ASCII, so other characters of an id are encoded as in a URL. */
  private static String encoded(String id) {
    return URLEncoder.encode(id, UTF_8).replace("+", "%20");
  }

  private static Headers headers(String id) {
    return new Headers().put(ID, encoded(id));
  }

  /** The id in a header; as it is, if another program has put one there that is not encoded. */
  private static String id(@Nullable Headers headers) {
    String text = header(headers, ID);
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  private static Duration shortened(Duration delay) {
    return delay.compareTo(LONGEST_DELAY) < 0 ? delay : LONGEST_DELAY;
  }

  /** Leaves room for the headers of a dead letter. */
  private void checkSize(Headers headers, byte[] body, String action) throws RemoteException {
    long size = (long) body.length + 2L * headers.serializedLength();
    long limit = connection.getMaxPayload() - DEAD_ROOM;
    if (size > limit) {
      throw new RemoteException(
          "cannot "
              + in(action)
              + ": the message has "
              + size
              + " bytes, and the server takes "
              + limit
              + ". Send less text, or raise max_payload",
          null);
    }
  }

  /** Stores a message, once for each number. */
  private void publish(String subject, Headers headers, byte[] body, String number)
      throws IOException, JetStreamApiException {
    PublishOptions options =
        PublishOptions.builder().messageId(encoded(number)).streamTimeout(TIMEOUT).build();
    connection.jetStream().publish(subject, headers, body, options);
  }

  @Override
  public void end(String channel) throws RemoteException, InterruptedException {
    call(
        "end channel " + channel,
        () -> {
          streams.end(channel);
          return true;
        });
  }

  @Override
  public List<Lease> claim(String channel, int max, Duration lease)
      throws RemoteException, InterruptedException {
    try {
      return receive(channel, max, lease);
    } catch (RemoteException e) {
      streams.forget(channel); // it may have been deleted
      subscriptions.forget(channel);
      throw e;
    }
  }

  private List<Lease> receive(String channel, int max, Duration lease)
      throws RemoteException, InterruptedException {
    String action = "receive from channel " + channel;
    Duration pull =
        lease.dividedBy(4).compareTo(LONGEST_PULL) < 0 ? lease.dividedBy(4) : LONGEST_PULL;
    while (true) {
      String consumer = call(action, () -> streams.consumer(channel, lease));
      JetStreamSubscription subscription = take(channel, consumer, action);
      long since = Go.nanoTime();
      List<io.nats.client.Message> messages;
      try {
        messages = subscriptions.receive(channel, subscription, max, pull);
      } catch (IllegalStateException e) {
        throw NatsConnections.failed(in(action), e);
      }
      Duration waited = Duration.ofNanos(Go.nanoTime() - since);
      List<Lease> leases = new ArrayList<>();
      for (io.nats.client.Message message : messages) {
        admit(message, since, leases);
      }
      if (!leases.isEmpty()) {
        return leases;
      }
      if (messages.isEmpty()) {
        if (call(action, () -> streams.isOver(channel))) {
          return List.of();
        }
        if (waited.compareTo(pull.dividedBy(2)) < 0) { // no request waits: the consumer is gone
          streams.forget(channel);
          Go.sleep(PAUSE);
        }
      }
    }
  }

  /** Leases a message, unless it is not due, or no receiver can have it. */
  private void admit(io.nats.client.Message message, long since, List<Lease> leases) {
    Lease lease = lease(message, since);
    Duration left;
    try {
      left = left(message);
    } catch (RuntimeException e) { // another program has sent it
      refuse(lease, e);
      return;
    }
    if (!left.isPositive()) {
      leases.add(lease);
      return;
    }
    try {
      message.nakWithDelay(left);
    } catch (IllegalStateException e) {
      // The connection is lost. The server offers the message again when the lease has ended.
    }
  }

  /** Makes a message a dead letter. If that fails, the server offers it again. */
  private void refuse(Lease lease, RuntimeException reason) {
    LOG.log(WARNING, "heddle.remote.undecodable message {0} in {1}: {2}", lease.id(), name, reason);
    Calls.Ending<Boolean> ending =
        Calls.cleanUp(() -> {
          settle(lease, new Settlement.Dead("its delay cannot be read: " + reason.getMessage()));
          return true;
        });
    if (ending instanceof Calls.Ending.Threw<Boolean>(Error e)) {
      throw e;
    }
  }

  private JetStreamSubscription take(String channel, String consumer, String action)
      throws RemoteException, InterruptedException {
    JetStreamSubscription idle = subscriptions.take(channel);
    if (idle != null) {
      return idle;
    }
    return call(
        action,
        () -> {
          try {
            return connection
                .jetStream()
                .subscribe(null, PullSubscribeOptions.bind(NatsStreams.stream(channel), consumer));
          } catch (IllegalArgumentException e) { // the client's word for a consumer that is gone
            throw new RemoteException(
                "cannot " + in(action) + ": the consumer " + consumer + " was deleted", e);
          }
        });
  }

  /** The time until a message is due. */
  private static Duration left(io.nats.client.Message message) {
    String text = header(message.getHeaders(), DELAY);
    if (text.isEmpty()) {
      return Duration.ZERO;
    }
    Duration delay = shortened(Duration.ofMillis(Long.parseLong(text)));
    return shortened(
        delay.minus(Duration.between(message.metaData().timestamp().toInstant(), Go.now())));
  }

  private static String header(@Nullable Headers headers, String name) {
    String text = headers == null ? null : headers.getFirst(name);
    return text == null ? "" : text;
  }

  private static Lease lease(io.nats.client.Message message, long since) {
    String id = id(message.getHeaders());
    long sequence = message.metaData().streamSequence();
    int delivered = (int) Math.min(Integer.MAX_VALUE, message.metaData().deliveredCount());
    return new Lease(
        message,
        id.isEmpty() ? "" + sequence : id,
        "",
        new String(message.getData(), UTF_8),
        delivered,
        sequence,
        since);
  }

  private static io.nats.client.Message message(Lease lease) {
    return (io.nats.client.Message) lease.handle();
  }

  private static String replyTo(Lease lease) {
    String subject = message(lease).getReplyTo();
    if (subject == null) {
      throw new IllegalStateException("not a message of JetStream");
    }
    return subject;
  }

  /** Not every lease that the server has given to another process is among those returned. */
  @Override
  public List<Lease> extend(List<Lease> leases, Duration lease)
      throws RemoteException, InterruptedException {
    List<Lease> lost =
        new ArrayList<>(locks.extend(leases.stream().filter(KeyLocks::isLock).toList(), lease));
    lost.addAll(extend(leases.stream().filter(one -> !KeyLocks.isLock(one)).toList()));
    return lost;
  }

  private List<Lease> extend(List<Lease> leases) throws RemoteException, InterruptedException {
    return call(
        "renew leases",
        () -> {
          List<CompletableFuture<io.nats.client.Message>> answers =
              leases.stream().map(one -> connection.request(replyTo(one), PROGRESS)).toList();
          List<Lease> lost = new ArrayList<>();
          long start = Go.nanoTime();
          for (int i = 0; i < answers.size(); i++) {
            long left = TIMEOUT.toNanos() - (Go.nanoTime() - start);
            try {
              answers.get(i).get(Math.max(0, left), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
              throw new IOException("no answer in time", e);
            } catch (ExecutionException | CancellationException e) {
              lost.add(leases.get(i)); // the consumer was deleted, or the connection is lost
            }
          }
          NatsConnections.check(connection, in("renew leases"));
          return lost;
        });
  }

  @Override
  public void settle(Lease lease, Settlement how) throws RemoteException, InterruptedException {
    if (KeyLocks.isLock(lease)) {
      locks.settle(lease, how);
      return;
    }
    String action = "settle message " + lease.id();
    byte[] answer =
        switch (how) {
          case Settlement.Retry(Duration delay, _) when delay.isPositive() ->
              ("-NAK {\"delay\": " + shortened(delay).toNanos() + "}").getBytes(UTF_8);
          case Settlement.Retry _, Settlement.Returned _ -> RETURN;
          case Settlement.Acknowledged _, Settlement.Completed _ -> ACK;
          case Settlement.Dead(String reason) -> {
            bury(lease, reason, action);
            yield ACK;
          }
        };
    call(
        action,
        () -> {
          if (connection.request(replyTo(lease), answer, TIMEOUT) == null) {
            throw Failures.maybeSettled(
                in(action), lease.id(), new IOException("no answer in time"));
          }
          return true;
        });
  }

  /** Stores a dead letter. It is stored once, however often this is repeated. */
  private void bury(Lease lease, String reason, String action)
      throws RemoteException, InterruptedException {
    String channel = NatsStreams.channel(message(lease).getSubject());
    Headers headers = headers(lease.id()).put(ATTEMPTS, "" + lease.attempt());
    String shown = reason.replaceAll("[^\\x20-\\x7e]+", " ");
    headers.put(REASON, shown.substring(0, Math.min(shown.length(), LONGEST_REASON)));
    byte[] body = lease.body().getBytes(UTF_8);
    call(
        action,
        () -> {
          streams.openDead(channel);
          publish(
              NatsStreams.deadSubject(channel),
              headers,
              body,
              "dead-" + lease.token() + "-" + lease.id());
          return true;
        });
  }

  /** The server forgets ids by itself. */
  @Override
  public void forget(String channel) throws RemoteException, InterruptedException {
    call("reach channel " + channel, () -> connection.RTT());
  }

  @Override
  public List<DeadLetters.Letter> listDead(String channel, long after, int limit)
      throws RemoteException, InterruptedException {
    if (limit < 1) {
      throw new IllegalArgumentException("list of " + limit + " messages: it must be 1 or more");
    }
    return call(
        "list dead letters of channel " + channel,
        () -> {
          List<DeadLetters.Letter> letters = new ArrayList<>();
          MessageInfo next = streams.deadAfter(channel, after);
          while (next != null && letters.size() < limit) {
            letters.add(letter(next));
            next = streams.deadAfter(channel, next.getSeq());
          }
          return letters;
        });
  }

  private static DeadLetters.Letter letter(MessageInfo info) {
    ZonedDateTime time = info.getTime();
    return new DeadLetters.Letter(
        info.getSeq(),
        id(info.getHeaders()),
        Envelope.shown(body(info)),
        Integer.parseInt(header(info.getHeaders(), ATTEMPTS)),
        header(info.getHeaders(), REASON),
        time == null ? Go.now() : time.toInstant());
  }

  private static String body(MessageInfo info) {
    byte[] data = info.getData();
    return data == null ? "" : new String(data, UTF_8);
  }

  @Override
  public boolean replayDead(String channel, String id)
      throws RemoteException, InterruptedException {
    return call(
        "replay message " + id + " of channel " + channel,
        () -> {
          MessageInfo letter = findDead(channel, id);
          if (letter == null) {
            return false;
          }
          streams.forget(channel); // another process may have ended it
          NatsStreams.Channel stream = streams.open(channel);
          if (stream.hasEnded()) {
            throw new ChannelEndedException(channel, name);
          }
          publish(
              stream.subject(),
              headers(id),
              body(letter).getBytes(UTF_8),
              "replay-" + letter.getSeq() + "-" + id);
          return streams.deleteDead(channel, letter.getSeq());
        });
  }

  @Override
  public boolean discardDead(String channel, String id)
      throws RemoteException, InterruptedException {
    return call(
        "discard message " + id + " of channel " + channel,
        () -> {
          MessageInfo letter = findDead(channel, id);
          return letter != null && streams.deleteDead(channel, letter.getSeq());
        });
  }

  private @Nullable MessageInfo findDead(String channel, String id)
      throws IOException, JetStreamApiException {
    MessageInfo next = streams.deadAfter(channel, 0);
    while (next != null && !id(next.getHeaders()).equals(id)) {
      next = streams.deadAfter(channel, next.getSeq());
    }
    return next;
  }

  @Override
  public Locks locks() {
    return locks;
  }

  @Override
  public Mailbox mailbox(String address) throws RemoteException, InterruptedException {
    return call("receive notes", () -> new NatsMailbox(connection, name, address));
  }

  @Override
  public void post(String address, String note) throws RemoteException, InterruptedException {
    call(
        "post a note",
        () -> {
          NatsMailbox.post(connection, address, note);
          try {
            connection.flush(TIMEOUT); // until the server has it
          } catch (TimeoutException e) {
            throw new IOException("no answer in time", e);
          }
          return true;
        });
  }

  @Override
  public void close() {
    NatsConnections.close(connection);
  }
}

package io.heddle.remote;

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
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Channels in NATS JetStream; {@link NatsStreams} has the streams. A lease is the time that the
 * channel's consumer gives for an acknowledgement. The server does not check whether an
 * acknowledgement comes from the latest delivery, so only this process's clock says that a lease is
 * lost.
 *
 * <p>A receive asks for one message, waiting, and then for more of what the server has in store. So
 * no request is outstanding afterwards, and the time of the lease is known: it is counted from
 * before the request.
 */
final class NatsBackend implements Backend {
  /** How long a request for a message stays at the server. */
  private static final Duration LONGEST_PULL = Duration.ofSeconds(1);

  /** How long to wait for messages that the server had in store, but may have given to others. */
  private static final Duration REST = Duration.ofMillis(50);

  static final Duration TIMEOUT = Duration.ofSeconds(5);
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

  /** Subscriptions of channels that no call uses at the moment; guarded by itself. */
  private final Map<String, Deque<JetStreamSubscription>> idle = new HashMap<>();

  private NatsBackend(String name, Connection connection) throws IOException {
    this.name = name;
    this.connection = connection;
    this.streams = new NatsStreams(connection.jetStreamManagement(), name);
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
  private interface NatsCall<T extends @Nullable Object> {
    T run() throws IOException, JetStreamApiException, RemoteException, InterruptedException;
  }

  /**
   * Makes a call that an interrupt does not end. What the client reports as a failure of its own is
   * unknown to have happened, unless the connection was lost before.
   */
  private <T extends @Nullable Object> T call(String action, NatsCall<T> call)
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
    if (holder != null || !envelope.key().isEmpty()) {
      throw new RemoteException(
          "cannot " + in(action) + ": NATS orders no messages by a key. Send them without one",
          null);
    }
    NatsStreams.Channel stream = call(action, () -> streams.open(channel));
    if (stream.hasEnded()) {
      throw new ChannelEndedException(channel, name);
    }
    Headers headers = new Headers().put(ID, envelope.id());
    if (envelope.delay().isPositive()) {
      headers.put(DELAY, "" + envelope.delay().toMillis());
    }
    PublishOptions options =
        PublishOptions.builder().messageId(envelope.id()).streamTimeout(TIMEOUT).build();
    byte[] body = envelope.body().getBytes(UTF_8);
    boolean isStored =
        call(
            action,
            () -> {
              try {
                connection.jetStream().publish(stream.subject(), headers, body, options);
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
      synchronized (idle) {
        idle.remove(channel);
      }
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
      List<io.nats.client.Message> messages = new ArrayList<>();
      boolean isGood = false;
      try {
        messages.addAll(subscription.fetch(1, pull));
        if (!messages.isEmpty() && max > 1) {
          long stored = messages.getFirst().metaData().pendingCount();
          if (stored > 0) {
            messages.addAll(subscription.fetch((int) Math.min(max - 1, stored), REST));
          }
        }
        isGood = !Thread.currentThread().isInterrupted();
      } catch (IllegalStateException e) {
        throw NatsConnections.failed(in(action), e);
      } finally {
        if (isGood) {
          give(channel, subscription);
        } else {
          abandon(subscription, messages);
        }
      }
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      List<Lease> leases = new ArrayList<>();
      for (io.nats.client.Message message : messages) {
        if (!defer(message)) {
          leases.add(lease(message, since));
        }
      }
      if (!leases.isEmpty()) {
        return leases;
      }
      if (messages.isEmpty() && call(action, () -> streams.isOver(channel))) {
        return List.of();
      }
    }
  }

  private JetStreamSubscription take(String channel, String consumer, String action)
      throws RemoteException, InterruptedException {
    synchronized (idle) {
      Deque<JetStreamSubscription> free = idle.get(channel);
      JetStreamSubscription one = free == null ? null : free.pollLast();
      if (one != null) {
        return one;
      }
    }
    return call(
        action,
        () ->
            connection
                .jetStream()
                .subscribe(null, PullSubscribeOptions.bind(NatsStreams.stream(channel), consumer)));
  }

  private void give(String channel, JetStreamSubscription subscription) {
    synchronized (idle) {
      idle.computeIfAbsent(channel, _ -> new ArrayDeque<>()).addLast(subscription);
    }
  }

  /** Takes a request back. What the server has sent meanwhile is returned. */
  private void abandon(JetStreamSubscription subscription, List<io.nats.client.Message> messages) {
    Calls.Ending<Boolean> ending =
        Calls.cleanUp(() -> {
          CompletableFuture<Boolean> drained = subscription.drain(TIMEOUT);
          try {
            for (io.nats.client.Message more; (more = subscription.nextMessage(REST)) != null; ) {
              messages.add(more);
            }
          } catch (IllegalStateException e) {
            // it is closed
          }
          messages.forEach(io.nats.client.Message::nak);
          return drained.isDone();
        });
    if (ending instanceof Calls.Ending.Threw<Boolean>(Error e)) {
      throw e;
    }
  }

  /** Returns a message to the server until its delay is over. */
  private boolean defer(io.nats.client.Message message) {
    Duration delay = delay(message);
    if (!delay.isPositive()) {
      return false;
    }
    Duration left =
        delay.minus(Duration.between(message.metaData().timestamp().toInstant(), Go.now()));
    if (!left.isPositive()) {
      return false;
    }
    message.nakWithDelay(left);
    return true;
  }

  private static Duration delay(io.nats.client.Message message) {
    String text = header(message.getHeaders(), DELAY);
    return text.isEmpty() ? Duration.ZERO : Duration.ofMillis(Long.parseLong(text));
  }

  private static String header(@Nullable Headers headers, String name) {
    String text = headers == null ? null : headers.getFirst(name);
    return text == null ? "" : text;
  }

  private static Lease lease(io.nats.client.Message message, long since) {
    String id = header(message.getHeaders(), ID);
    long sequence = message.metaData().streamSequence();
    int delivered = (int) Math.min(Integer.MAX_VALUE, message.metaData().deliveredCount());
    return new Lease(
        message,
        id.isEmpty() ? "" + sequence : id,
        "",
        new String(message.getData(), UTF_8),
        delay(message).isPositive() ? Math.max(1, delivered - 1) : delivered,
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
    String action = "settle message " + lease.id();
    byte[] answer =
        switch (how) {
          case Settlement.Retry(Duration delay, _) when delay.isPositive() ->
              ("-NAK {\"delay\": " + delay.toNanos() + "}").getBytes(UTF_8);
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
    Headers headers = new Headers().put(ID, lease.id()).put(ATTEMPTS, "" + lease.attempt());
    headers.put(REASON, reason.replaceAll("[^\\x20-\\x7e]+", " "));
    PublishOptions options =
        PublishOptions.builder()
            .messageId("dead-" + lease.token() + "-" + lease.id())
            .streamTimeout(TIMEOUT)
            .build();
    byte[] body = lease.body().getBytes(UTF_8);
    call(
        action,
        () -> {
          streams.openDead(channel);
          return connection
              .jetStream()
              .publish(NatsStreams.deadSubject(channel), headers, body, options);
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
        header(info.getHeaders(), ID),
        Envelope.text(body(info)),
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
          PublishOptions options =
              PublishOptions.builder()
                  .messageId("replay-" + letter.getSeq() + "-" + id)
                  .streamTimeout(TIMEOUT)
                  .build();
          connection
              .jetStream()
              .publish(
                  streams.open(channel).subject(),
                  new Headers().put(ID, id),
                  body(letter).getBytes(UTF_8),
                  options);
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
    while (next != null && !header(next.getHeaders(), ID).equals(id)) {
      next = streams.deadAfter(channel, next.getSeq());
    }
    return next;
  }

  private RemoteException hasNone(Lock lock) {
    return new RemoteException(
        "cannot acquire " + lock + " in " + name + ": NATS has no locks here. Use PostgreSQL",
        null);
  }

  @Override
  public @Nullable Lease acquire(Lock lock, Duration lease) throws RemoteException {
    throw hasNone(lock);
  }

  @Override
  public @Nullable Lease tryAcquire(Lock lock, Duration lease) throws RemoteException {
    throw hasNone(lock);
  }

  @Override
  public @Nullable String result(Lock once) throws RemoteException {
    throw hasNone(once);
  }

  @Override
  public void announce(Lock election, long token, String candidate) throws RemoteException {
    throw hasNone(election);
  }

  @Override
  public Election.@Nullable Leader leader(Lock election) throws RemoteException {
    throw hasNone(election);
  }

  @Override
  public void close() {
    NatsConnections.close(connection);
  }
}

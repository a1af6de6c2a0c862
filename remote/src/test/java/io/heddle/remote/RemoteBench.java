package io.heddle.remote;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Task;
import io.heddle.TaskGroup;
import io.heddle.queue.PostgresServer;
import io.heddle.remote.Remote.Settings;
import io.nats.client.Connection;
import io.nats.client.JetStream;
import io.nats.client.JetStreamSubscription;
import io.nats.client.Nats;
import io.nats.client.PublishOptions;
import io.nats.client.PullSubscribeOptions;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Compares remote channels with programs that use the client of each backend, and prints Markdown:
 * {@code bin/bench-remote} runs it.
 *
 * <pre>RemoteBench SECONDS</pre>
 *
 * <p>Both do the same work. Each message has an id that is stored once. Each send waits until the
 * message is stored. A message is leased for a minute, and stays until it is acknowledged, which is
 * confirmed. A message wakes a receiver that waits. The rounds of both alternate, on one server.
 */
@SuppressWarnings("try") // closing may be interrupted
final class RemoteBench {
  private static final String BODY = "x".repeat(1000);
  private static final Duration LEASE = Duration.ofMinutes(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final int ROUNDS = 5;
  private static final int WORKERS = 16;

  /** How many messages a worker fetches at once. */
  private static final int BATCH = 16;

  /** How long a worker waits until it looks whether there is work left. */
  private static final Duration POLL = Duration.ofMillis(500);

  private static final int PICK_UPS = 200;

  private final long nanos;
  private int channels;

  private RemoteBench(long nanos) {
    this.nanos = nanos;
  }

  public static void main(String[] arguments) throws Exception {
    RemoteBench bench = new RemoteBench((long) (Double.parseDouble(arguments[0]) * 1e9));
    Go.run(() -> {
      try (NatsServer server = NatsServer.launch();
          Program heddle = new Heddle(server.address());
          Program plain = new PlainNats(server.address())) {
        bench.compare("NATS, jnats", heddle, plain);
      }
      try (PostgresServer server = PostgresServer.launch();
          Program heddle = new Heddle(server.newSchema());
          Program plain = new PlainJdbc(server.newSchema())) {
        bench.compare("PostgreSQL, JDBC", heddle, plain);
      }
    });
  }

  /** Sends and receives. */
  private interface Program extends AutoCloseable {
    void open(String channel) throws Exception;

    void send(String channel, String id) throws Exception;

    /** Receives and acknowledges with so many workers, until a backlog is done. */
    void receive(String channel, int workers, Backlog backlog) throws Exception;

    @Override
    void close() throws Exception;
  }

  /** The messages that are not acknowledged, and when the last one was. */
  private static final class Backlog {
    private final AtomicInteger left;
    private final Task received;
    volatile long end;

    /** A backlog, and what to call for each message before it is acknowledged. */
    Backlog(int count, Task received) {
      left = new AtomicInteger(count);
      this.received = received;
    }

    void received() throws Exception {
      received.run();
    }

    /** To be called when a message is acknowledged. */
    boolean acknowledged() {
      boolean isLast = left.decrementAndGet() == 0;
      if (isLast) {
        end = System.nanoTime();
      }
      return isLast;
    }

    boolean isDone() {
      return left.get() <= 0;
    }
  }

  private static void inParallel(int workers, Task task) throws Exception {
    try (var group = new TaskGroup<@Nullable Void>()) {
      for (int i = 0; i < workers; i++) {
        group.go(task);
      }
      group.await();
    }
  }

  /** What is measured of one program. Throughput is in messages a second, latency in ms. */
  private record Round(
      double sentByOne, double sent, double received, double median, double most) {}

  private void compare(String name, Program heddle, Program plain) throws Exception {
    measure(heddle); // warms up
    measure(plain);
    List<Round> ours = new ArrayList<>();
    List<Round> theirs = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      ours.add(measure(heddle));
      theirs.add(measure(plain));
    }
    print(name, "sent by one, a second", ours, theirs, Round::sentByOne, true);
    print(name, "sent by " + WORKERS + ", a second", ours, theirs, Round::sent, true);
    print(name, "received by " + WORKERS + ", a second", ours, theirs, Round::received, true);
    print(name, "sent until received, median, ms", ours, theirs, Round::median, false);
    print(name, "sent until received, 99 %, ms", ours, theirs, Round::most, false);
  }

  private interface Figure {
    double of(Round round);
  }

  private static void print(
      String name,
      String what,
      List<Round> ours,
      List<Round> theirs,
      Figure figure,
      boolean isThroughput) {
    double our = median(ours, figure);
    double their = median(theirs, figure);
    String number = isThroughput ? "%,.0f" : "%.2f";
    IO.println(
        ("| %s | %s | " + number + " | " + number + " | %.2f |")
            .formatted(name, what, their, our, isThroughput ? our / their : their / our));
  }

  private static double median(List<Round> rounds, Figure figure) {
    double[] sorted = rounds.stream().mapToDouble(figure::of).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  private Round measure(Program program) throws Exception {
    String channel = "bench" + ++channels;
    program.open(channel);
    AtomicInteger ids = new AtomicInteger();
    double sentByOne = send(program, channel, 1, ids);
    double sent = send(program, channel, WORKERS, ids);
    Backlog backlog = new Backlog(ids.get(), () -> {});
    long start = System.nanoTime();
    program.receive(channel, WORKERS, backlog);
    double received = ids.get() * 1e9 / (backlog.end - start);
    long[] took = pickUp(program, channel);
    return new Round(
        sentByOne, sent, received, took[PICK_UPS / 2] / 1e6, took[PICK_UPS * 99 / 100] / 1e6);
  }

  private double send(Program program, String channel, int workers, AtomicInteger ids)
      throws Exception {
    int before = ids.get();
    long start = System.nanoTime();
    inParallel(
        workers,
        () -> {
          while (System.nanoTime() - start < nanos) {
            program.send(channel, "m" + ids.incrementAndGet());
          }
        });
    return (ids.get() - before) * 1e9 / (System.nanoTime() - start);
  }

  /** How long each message takes from the beginning of its send until a waiting receiver has it. */
  private static long[] pickUp(Program program, String channel) throws Exception {
    Chan<Long> received = Chan.buffered(1);
    Backlog backlog = new Backlog(PICK_UPS, () -> received.send(System.nanoTime()));
    Goroutine<?> receiver = Go.go(() -> program.receive(channel, 1, backlog));
    long[] took = new long[PICK_UPS];
    for (int i = 0; i < PICK_UPS; i++) {
      long start = System.nanoTime();
      program.send(channel, "p" + i);
      took[i] = received.receive() - start;
    }
    receiver.await();
    Arrays.sort(took);
    return took;
  }

  /** One connection sends, and the other receives, as in two processes. */
  private static final class Heddle implements Program {
    private final Remote sender;
    private final Remote receiver;

    Heddle(String address) throws RemoteException {
      Settings settings =
          Settings.DEFAULT.withLease(LEASE).withConnections(WORKERS).withCredit(WORKERS * BATCH);
      sender = Remote.open(address, settings);
      receiver = Remote.open(address, settings);
    }

    @Override
    public void open(String channel) {}

    @Override
    public void send(String channel, String id) throws Exception {
      sender.outlet(channel, Codec.text()).send(Message.of(BODY).withId(id));
    }

    @Override
    public void receive(String channel, int workers, Backlog backlog) throws Exception {
      try (Inlet<String> inlet = receiver.inlet(channel, Codec.text())) {
        inParallel(
            workers,
            () -> {
              for (Delivery<String> delivery : inlet) {
                try (delivery) {
                  backlog.received();
                  delivery.ack();
                }
                if (backlog.acknowledged()) {
                  inlet.close();
                }
              }
            });
      }
    }

    @Override
    public void close() {
      sender.close();
      receiver.close();
    }
  }

  /** One connection sends, and the other receives, with a subscription for each worker. */
  private static final class PlainNats implements Program {
    private final Connection sender;
    private final Connection receiver;
    private final JetStream outgoing;
    private final JetStream incoming;

    PlainNats(String address) throws Exception {
      sender = Nats.connect(address);
      receiver = Nats.connect(address);
      outgoing = sender.jetStream();
      incoming = receiver.jetStream();
    }

    @Override
    public void open(String channel) throws Exception {
      var management = sender.jetStreamManagement();
      management.addStream(
          StreamConfiguration.builder()
              .name(channel)
              .subjects(channel)
              .retentionPolicy(RetentionPolicy.WorkQueue)
              .storageType(StorageType.File)
              .duplicateWindow(Remote.WINDOW)
              .build());
      management.createConsumer(
          channel,
          ConsumerConfiguration.builder()
              .durable("plain")
              .ackPolicy(AckPolicy.Explicit)
              .ackWait(LEASE)
              .maxAckPending(-1)
              .build());
    }

    @Override
    public void send(String channel, String id) throws Exception {
      outgoing.publish(
          channel,
          BODY.getBytes(UTF_8),
          PublishOptions.builder().expectedStream(channel).messageId(id).build());
    }

    @Override
    public void receive(String channel, int workers, Backlog backlog) throws Exception {
      inParallel(
          workers,
          () -> {
            JetStreamSubscription subscription =
                incoming.subscribe(null, PullSubscribeOptions.bind(channel, "plain"));
            while (!backlog.isDone()) {
              // A fetch would wait for a full batch; this has each message at once.
              for (var messages = subscription.iterate(BATCH, POLL); messages.hasNext(); ) {
                var message = messages.next();
                backlog.received();
                message.ackSync(TIMEOUT);
                backlog.acknowledged();
              }
            }
            subscription.unsubscribe();
          });
    }

    @Override
    public void close() throws Exception {
      sender.close();
      receiver.close();
    }
  }

  /**
   * A connection for each sender and receiver, one that notifies and one that listens. It notifies
   * after the transaction, for all messages since the last time: PostgreSQL commits transactions
   * that notify one by one.
   */
  private static final class PlainJdbc implements Program {
    private static final String SEND =
        "INSERT INTO jobs (channel, key, body) VALUES (?, ?, ?) ON CONFLICT (channel, key) DO"
            + " NOTHING";
    private static final String CLAIM =
        "UPDATE jobs SET owner = ?, attempts = attempts + 1, due = now() + interval '1 minute'"
            + " WHERE id IN (SELECT id FROM jobs WHERE channel = ? AND NOT done AND due <= now()"
            + " ORDER BY due, id LIMIT ? FOR UPDATE SKIP LOCKED) RETURNING id, body";
    private static final String ACKNOWLEDGE =
        "UPDATE jobs SET done = true, body = '', due = now() + interval '10 minutes'"
            + " WHERE id = ? AND owner = ? AND NOT done";
    private static final int LISTEN_MILLIS = 100;

    private final List<java.sql.Connection> connections = new ArrayList<>();
    private final Chan<java.sql.Connection> free = Chan.buffered(WORKERS + 1);
    private final Chan<Boolean> sent = Chan.buffered(1);
    private final Chan<Boolean> arrived = Chan.buffered(WORKERS);
    private final Goroutine<?> notifier;
    private final Goroutine<?> listener;
    private volatile boolean isClosed;

    PlainJdbc(String address) throws SQLException {
      for (int i = 0; i < WORKERS + 3; i++) {
        connections.add(DriverManager.getConnection("jdbc:" + address));
      }
      connections.subList(2, connections.size()).forEach(free::trySend);
      try (Statement statement = connections.getFirst().createStatement()) {
        statement.execute(
            "CREATE TABLE jobs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
                + " channel text NOT NULL, key text NOT NULL, body text NOT NULL,"
                + " owner text NOT NULL DEFAULT '', attempts int NOT NULL DEFAULT 0,"
                + " due timestamptz NOT NULL DEFAULT now(), done boolean NOT NULL DEFAULT false,"
                + " UNIQUE (channel, key))");
        statement.execute("CREATE INDEX ON jobs (channel, due, id) WHERE NOT done");
        statement.execute("CREATE INDEX ON jobs (due) WHERE done");
      }
      notifier = Go.go(() -> notifyReceivers(connections.get(0)));
      listener = Go.go(() -> listen(connections.get(1)));
    }

    private void notifyReceivers(java.sql.Connection connection) throws Exception {
      try (PreparedStatement statement =
          connection.prepareStatement("SELECT pg_notify('jobs', '')")) {
        for (Boolean _ : sent) {
          statement.execute();
        }
      }
    }

    private void listen(java.sql.Connection connection) throws SQLException {
      try (Statement statement = connection.createStatement()) {
        statement.execute("LISTEN jobs");
      }
      while (!isClosed) {
        if (connection.unwrap(PGConnection.class).getNotifications(LISTEN_MILLIS).length > 0) {
          for (int i = 0; i < WORKERS; i++) {
            arrived.trySend(true);
          }
        }
      }
    }

    @Override
    public void open(String channel) {}

    @Override
    public void send(String channel, String id) throws Exception {
      java.sql.Connection connection = Objects.requireNonNull(free.receive());
      try (PreparedStatement send = connection.prepareStatement(SEND)) {
        send.setString(1, channel);
        send.setString(2, id);
        send.setString(3, BODY);
        send.execute();
      } finally {
        free.send(connection);
      }
      sent.trySend(true);
    }

    @Override
    public void receive(String channel, int workers, Backlog backlog) throws Exception {
      inParallel(
          workers,
          () -> {
            java.sql.Connection connection = Objects.requireNonNull(free.receive());
            try (PreparedStatement claim = connection.prepareStatement(CLAIM);
                PreparedStatement acknowledge = connection.prepareStatement(ACKNOWLEDGE)) {
              String owner = UUID.randomUUID().toString();
              acknowledge.setString(2, owner);
              claim.setString(1, owner);
              claim.setString(2, channel);
              claim.setInt(3, BATCH);
              while (!backlog.isDone()) {
                List<Long> claimed = new ArrayList<>();
                try (ResultSet rows = claim.executeQuery()) {
                  while (rows.next()) {
                    claimed.add(rows.getLong(1));
                    Objects.requireNonNull(rows.getString(2), "body");
                  }
                }
                for (long one : claimed) {
                  backlog.received();
                  acknowledge.setLong(1, one);
                  if (acknowledge.executeUpdate() != 1) {
                    throw new IllegalStateException("a lease is lost");
                  }
                  backlog.acknowledged();
                }
                if (claimed.isEmpty()) {
                  awaitArrival();
                }
              }
            } finally {
              free.send(connection);
            }
          });
    }

    private void awaitArrival() throws InterruptedException {
      try {
        arrived.receive(POLL);
      } catch (TimeoutException e) {
        // looks again, because the backlog may be done
      }
    }

    @Override
    public void close() throws Exception {
      isClosed = true;
      sent.close();
      notifier.await();
      listener.await();
      for (java.sql.Connection connection : connections) {
        connection.close();
      }
    }
  }
}

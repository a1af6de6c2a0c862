package io.heddle.remote;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.Subscription;
import java.time.Duration;
import java.util.List;

/** A mailbox that is a subject of NATS without a stream: a note without a receiver is dropped. */
final class NatsMailbox implements Mailbox {
  private static final String SUBJECT = "heddle.notes.";
  private static final Duration WAIT = Duration.ofSeconds(1);

  private final Connection connection;
  private final String name;
  private final Subscription subscription;

  NatsMailbox(Connection connection, String name, String box) {
    this.connection = connection;
    this.name = name;
    this.subscription = connection.subscribe(SUBJECT + box);
  }

  static void post(Connection connection, String box, String note) {
    connection.publish(SUBJECT + box, note.getBytes(UTF_8));
  }

  @Override
  public List<String> receive() throws RemoteException, InterruptedException {
    while (true) {
      NatsConnections.check(connection, "receive notes in " + name);
      try {
        Message message = subscription.nextMessage(WAIT);
        if (message != null) {
          return List.of(new String(message.getData(), UTF_8));
        }
      } catch (IllegalStateException e) {
        throw NatsConnections.failed("receive notes in " + name, e);
      }
    }
  }

  @Override
  public void close() {
    try {
      subscription.unsubscribe();
    } catch (IllegalStateException e) {
      // it has ended with the connection
    }
  }
}

package io.heddle.orders.queue;

import io.heddle.testing.LeakChecked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The engine that processes share. */
@LeakChecked
final class PostgresQueueTest extends QueueContract {
  private String address;
  private PostgresQueue queue;

  @BeforeEach
  void make() throws Exception {
    address = PostgresServer.shared().newSchema();
    queue = PostgresQueue.open(address, 4);
  }

  @AfterEach
  void close() {
    if (queue != null) {
      queue.close();
    }
  }

  @Override
  Queue queue() {
    return queue;
  }

  @Override
  void reopen() throws Exception {
    queue.close();
    queue = PostgresQueue.open(address, 4);
  }
}

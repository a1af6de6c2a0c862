package io.heddle.queue;

import java.nio.file.Path;

/** Opens a queue by its address, as a command line gives it. */
public final class Queues {
  private Queues() {}

  /**
   * Opens a queue. The driver of its database, {@code org.xerial:sqlite-jdbc} or {@code
   * org.postgresql:postgresql}, must be on the class path.
   *
   * @param address a file's name for an embedded queue, or {@code
   *     postgresql://user:password@host:port/database}
   * @param connections the highest number of connections to a database
   * @throws QueueException if the driver is missing, the file cannot be opened, or the database
   *     cannot be reached
   */
  public static ChannelQueue open(String address, int connections) throws QueueException {
    return address.startsWith("postgresql:") || address.startsWith("postgres:")
        ? PostgresQueue.open(address, connections)
        : SqliteQueue.open(Path.of(address));
  }
}

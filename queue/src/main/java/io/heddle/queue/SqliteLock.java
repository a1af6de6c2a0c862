package io.heddle.queue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Restricts a queue's file to one process, by a lock on a file beside it. The operating system
 * releases the lock when the process dies.
 */
final class SqliteLock implements AutoCloseable {
  /**
   * The files that this process has open. Trying to lock a file once more would lose the lock: on
   * POSIX systems, closing any handle of a file releases all locks that the process has on it.
   */
  private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final FileChannel channel;

  private SqliteLock(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  static SqliteLock acquire(Path file) throws QueueException {
    Path path;
    try {
      Path folder = file.toAbsolutePath().getParent();
      path = (folder == null ? file : folder.toRealPath()).resolve(file.getFileName() + ".lock");
    } catch (NoSuchFileException e) {
      throw new QueueException(
          "the queue " + file + " cannot be opened: there is no folder " + e.getMessage(), e);
    } catch (IOException e) {
      throw new QueueException("the queue " + file + " cannot be opened: " + e, e);
    }
    if (!OPEN.add(path)) {
      throw inUse(file);
    }
    FileChannel channel = null;
    try {
      channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (channel.tryLock() != null) {
        return new SqliteLock(path, channel);
      }
    } catch (IOException e) {
      release(path, channel);
      throw new QueueException("the queue " + file + " cannot be opened: " + e, e);
    }
    release(path, channel);
    throw inUse(file);
  }

  private static QueueException inUse(Path file) {
    return new QueueException(
        "the queue "
            + file
            + " is open already: stop the process that uses it, or share a queue with PostgreSQL");
  }

  private static void release(Path path, @Nullable FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      // the lock ends with the process
    }
    OPEN.remove(path);
  }

  @Override
  public void close() {
    release(path, channel);
  }
}

package io.heddle.purge.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Keeps two runs from writing the same file. A file that is replaced when it is written, such as a
 * checkpoint, cannot be locked itself, so another file beside it is locked. The operating system
 * releases the lock of a process that is killed.
 */
final class RunLock implements AutoCloseable {
  private static final int MAX_MARK = 4096;

  private final Path path;
  private final FileChannel file;

  private RunLock(Path path, FileChannel file) {
    this.path = path;
    this.file = file;
  }

  /**
   * Locks a file.
   *
   * @param written the file to be written
   * @param otherwise the error message if another run holds the lock
   * @return the lock, to be closed
   * @throws IOException if another run holds the lock, or the file beside it cannot be made
   */
  static RunLock of(Path written, String otherwise) throws IOException {
    Path path = written.resolveSibling(written.getFileName() + ".lock");
    while (true) {
      FileChannel file;
      try {
        file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      } catch (NoSuchFileException e) {
        throw new NoSuchFileException(written.toString());
      }
      try {
        lock(file, otherwise);
        if (isAt(path, file)) {
          return new RunLock(path, file);
        }
      } catch (IOException e) {
        file.close();
        throw e;
      }
      file.close();
    }
  }

  /**
   * Locks a file itself, until it is closed.
   *
   * @param otherwise the error message if another run holds the lock
   */
  static void lock(FileChannel file, String otherwise) throws IOException {
    try {
      if (file.tryLock() != null) {
        return;
      }
    } catch (OverlappingFileLockException e) {
      // held by another run in this process
    }
    throw new IOException(otherwise);
  }

  /**
   * Whether the path still denotes the locked file, which may have been deleted between opening and
   * locking. The length serves as the test, because POSIX releases a process's lock on a file when
   * the process opens and closes it once more.
   */
  private static boolean isAt(Path path, FileChannel file) throws IOException {
    int mark = ThreadLocalRandom.current().nextInt(1, MAX_MARK);
    file.truncate(0);
    file.write(ByteBuffer.wrap(new byte[mark]));
    try {
      return Files.size(path) == mark;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    try (file) {
      Files.deleteIfExists(path);
    }
  }
}

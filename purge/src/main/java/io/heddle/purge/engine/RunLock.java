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
 * Keeps two from writing one file that is replaced when it is written, as a checkpoint is: there is
 * a file beside it that is locked. The system takes the lock from a process that is killed.
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
   * Locks.
   *
   * @param written the file that is to be written
   * @param otherwise what is said if somebody else does
   * @return the lock, to be closed
   * @throws IOException if somebody else has it, or there can be no file beside it
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
   * @param otherwise what is said if somebody else has it
   */
  static void lock(FileChannel file, String otherwise) throws IOException {
    try {
      if (file.tryLock() != null) {
        return;
      }
    } catch (OverlappingFileLockException e) {
      // by another run of this process
    }
    throw new IOException(otherwise);
  }

  /**
   * Whether it is still that file: it may have been deleted between opening and locking it. Told by
   * its length, as POSIX ends a process's lock on a file when it opens and closes it once more.
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

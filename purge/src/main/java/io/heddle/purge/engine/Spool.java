package io.heddle.purge.engine;

import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A file that can be read more than once: the file itself or, for standard input or a pipe, a
 * temporary copy. The copy has no name, so the operating system deletes it when the process ends,
 * however it ends.
 */
final class Spool implements AutoCloseable {
  private static final int BUFFER = 1 << 16;

  private final FileChannel file;

  private Spool(FileChannel file) {
    this.file = file;
  }

  /**
   * Opens a file; waits until a pipe ends.
   *
   * @param path the file; {@link Selection#STDIN} for standard input
   */
  static Spool open(Path path, Context run) throws IOException, InterruptedException {
    if (Files.isRegularFile(path) && !path.equals(Selection.STDIN)) {
      return new Spool(FileChannel.open(path));
    }
    if (!Files.exists(path) && !path.equals(Selection.STDIN)) {
      FileChannel.open(path).close(); // fails with the reason
    }
    Path copy = Files.createTempFile("heddle-keys", "");
    FileChannel file = FileChannel.open(copy, StandardOpenOption.READ, StandardOpenOption.WRITE);
    boolean isCopied = false;
    try {
      Files.delete(copy);
      fill(file, path, run);
      isCopied = true;
    } finally {
      if (!isCopied) {
        file.close();
      }
    }
    return new Spool(file);
  }

  /**
   * Copies in a goroutine of its own, because reading a pipe cannot be interrupted, and a run that
   * is cancelled must not wait for input from a terminal. In that case the goroutine stays behind.
   */
  private static void fill(FileChannel file, Path path, Context run)
      throws IOException, InterruptedException {
    Chan<Result> copied = Chan.buffered(1);
    Go.go(
        "copy of the keys",
        () -> {
          Result result = new Result(null);
          try (InputStream in =
              path.equals(Selection.STDIN) ? System.in : Files.newInputStream(path)) {
            copy(in, file);
          } catch (IOException e) {
            result = new Result(e);
          }
          copied.send(result);
        });
    Result result = copied.receive(run);
    if (result != null && result.failure != null) {
      throw result.failure;
    }
  }

  private record Result(@Nullable IOException failure) {}

  private static void copy(InputStream in, FileChannel file) throws IOException {
    byte[] buffer = new byte[BUFFER];
    for (int read; (read = in.read(buffer)) >= 0; ) {
      ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, read);
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
    }
  }

  /** A separate reader, from the beginning. */
  Reader read() {
    return new Reader(file);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  /** Reads up to a separator. */
  static final class Reader {
    private final FileChannel file;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).flip();
    private long position;

    private Reader(FileChannel file) {
      this.file = file;
    }

    /** The bytes up to the next separator, without it, or to the end; null after the last. */
    byte @Nullable [] next(byte separator) throws IOException {
      byte[] begun = {};
      boolean hasBegun = false;
      while (true) {
        int start = buffer.position();
        while (buffer.hasRemaining()) {
          if (buffer.get() == separator) {
            return joined(begun, start, buffer.position() - 1);
          }
        }
        hasBegun |= buffer.position() > start;
        begun = joined(begun, start, buffer.position());
        buffer.clear();
        int read = file.read(buffer, position);
        buffer.flip();
        if (read < 0) {
          return hasBegun ? begun : null;
        }
        position += read;
      }
    }

    private byte[] joined(byte[] begun, int start, int end) {
      byte[] all = new byte[begun.length + end - start];
      System.arraycopy(begun, 0, all, 0, begun.length);
      buffer.get(start, all, begun.length, end - start);
      return all;
    }
  }
}

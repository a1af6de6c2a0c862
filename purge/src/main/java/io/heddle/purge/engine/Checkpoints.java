package io.heddle.purge.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The place where a run keeps its position, so that another process can continue it. Only the run
 * that has opened it writes to it.
 */
public interface Checkpoints extends AutoCloseable {
  /** Keeps nothing. */
  Checkpoints NONE =
      new Checkpoints() {
        @Override
        public @Nullable Checkpoint read() {
          return null;
        }

        @Override
        public void write(Checkpoint checkpoint) {}

        @Override
        public void delete() {}
      };

  /**
   * Keeps other runs from using the same place.
   *
   * @throws IOException if another run uses it
   */
  default void open() throws IOException {}

  /** The last checkpoint; null if none was written. */
  @Nullable Checkpoint read() throws IOException;

  /**
   * Replaces the last checkpoint.
   *
   * @throws IOException if it cannot be written, or if another run has taken the place over
   */
  void write(Checkpoint checkpoint) throws IOException;

  /** Deletes the last checkpoint, because the run is complete. */
  void delete() throws IOException;

  /** Lets other runs use the place. */
  @Override
  default void close() throws IOException {}

  /** Keeps checkpoints in a file; null for none. */
  static Checkpoints in(@Nullable Path file) {
    return file == null ? NONE : new InFile(file);
  }

  /** A file, with another one beside it as a lock. */
  final class InFile implements Checkpoints {
    private final Path file;
    private @Nullable RunLock lock;

    private InFile(Path file) {
      this.file = file;
    }

    @Override
    public void open() throws IOException {
      lock = RunLock.of(file, "another purge uses the checkpoint " + file + ": wait for its end");
    }

    @Override
    public @Nullable Checkpoint read() throws IOException {
      return Checkpoint.read(file);
    }

    @Override
    public void write(Checkpoint checkpoint) throws IOException {
      checkpoint.write(file);
    }

    @Override
    public void delete() throws IOException {
      Files.deleteIfExists(file);
    }

    @Override
    public void close() throws IOException {
      if (lock != null) {
        lock.close();
      }
    }
  }
}

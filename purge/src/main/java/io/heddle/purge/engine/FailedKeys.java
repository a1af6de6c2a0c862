package io.heddle.purge.engine;

import com.google.gson.JsonObject;
import io.heddle.purge.Outcome;
import io.heddle.purge.keys.KeyJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** The file of keys that could not be deleted, one JSON object per line. A run can read it. */
final class FailedKeys implements AutoCloseable {
  private static final int BUFFER = 1 << 16;

  private final Path path;
  private final FileChannel file;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER);

  private FailedKeys(Path path, FileChannel file) {
    this.path = path;
    this.file = file;
  }

  /** Opens the file, and truncates it to a length. */
  static @Nullable FailedKeys open(@Nullable Path path, long keep) throws IOException {
    if (path == null) {
      return null;
    }
    FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      RunLock.lock(file, "another purge writes its failed keys to " + path);
      if (file.size() > keep) {
        file.truncate(keep);
      }
      file.position(Math.min(keep, file.size()));
      return new FailedKeys(path, file);
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  void write(String key, Outcome.Failed failed) throws IOException {
    JsonObject object = new JsonObject();
    KeyJson.add(object, key);
    object.addProperty("reason", failed.cause().reason());
    object.addProperty("attempts", failed.attempts());
    object.addProperty("message", failed.cause().getMessage());
    byte[] bytes = (KeyJson.line(object) + "\n").getBytes(StandardCharsets.UTF_8);
    if (bytes.length > buffer.remaining()) {
      flush();
    }
    if (bytes.length > buffer.capacity()) {
      writeFully(ByteBuffer.wrap(bytes));
    } else {
      buffer.put(bytes);
    }
  }

  /** The length of the file once everything is written to it. */
  long length() throws IOException {
    return file.position() + buffer.position();
  }

  /** Writes everything to the file. Lines that cannot be written are kept for another attempt. */
  void flush() throws IOException {
    buffer.flip();
    try {
      writeFully(buffer);
    } finally {
      buffer.compact();
    }
  }

  /** Discards all keys. */
  void clear() throws IOException {
    buffer.clear();
    file.truncate(0);
  }

  private void writeFully(ByteBuffer bytes) throws IOException {
    try {
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
    } catch (IOException e) {
      throw FileTrouble.of(path, e);
    }
  }

  @Override
  public void close() throws IOException {
    try (file) {
      flush();
    }
  }
}

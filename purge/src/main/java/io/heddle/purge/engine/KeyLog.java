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
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A file of keys and their outcomes, one JSON object per line. A run can read it. */
final class KeyLog implements AutoCloseable {
  private static final int BUFFER = 1 << 16;

  private final Path path;
  private final FileChannel file;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER);

  /** The length of the part that does not belong to this run. */
  private long base;

  private KeyLog(Path path, FileChannel file) {
    this.path = path;
    this.file = file;
  }

  /**
   * Opens the file of keys that could not be deleted.
   *
   * @param path the file; null for none
   * @param keep the length to truncate it to
   * @param isKept whether to append to an existing file instead
   */
  static @Nullable KeyLog ofFailed(@Nullable Path path, long keep, boolean isKept)
      throws IOException {
    if (path == null) {
      return null;
    }
    KeyLog log =
        open(path, isKept ? Long.MAX_VALUE : keep, "another purge writes its failed keys to ");
    log.base = isKept ? log.length() : 0;
    return log;
  }

  /**
   * Opens the file of keys that were deleted.
   *
   * @param path the file; null for none
   * @param isKept whether to append to an existing file
   */
  static @Nullable KeyLog ofDeleted(@Nullable Path path, boolean isKept) throws IOException {
    return path == null
        ? null
        : open(path, isKept ? Long.MAX_VALUE : 0, "another purge writes its deleted keys to ");
  }

  private static KeyLog open(Path path, long keep, String otherwise) throws IOException {
    FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      RunLock.lock(file, otherwise + path);
      if (file.size() > keep) {
        file.truncate(keep);
      }
      file.position(Math.min(keep, file.size()));
      return new KeyLog(path, file);
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  void failed(String key, Outcome.Failed failed) throws IOException {
    JsonObject object = new JsonObject();
    KeyJson.add(object, key);
    object.addProperty("reason", failed.cause().reason());
    object.addProperty("attempts", failed.attempts());
    object.addProperty("message", failed.cause().getMessage());
    write(object);
  }

  void deleted(String key, String outcome, Instant time) throws IOException {
    JsonObject object = new JsonObject();
    KeyJson.add(object, key);
    object.addProperty("outcome", outcome);
    object.addProperty("time", time.toString());
    write(object);
  }

  private void write(JsonObject object) throws IOException {
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

  /** Discards all keys of this run. */
  void clear() throws IOException {
    buffer.clear();
    file.truncate(base);
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

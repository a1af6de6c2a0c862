package io.heddle.purge.engine;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import io.heddle.purge.keys.KeyJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/**
 * The position of a run, from which another process can continue: all keys before the cursor are
 * settled.
 *
 * @param selection the selection, as text
 * @param pass the number of the pass, from 1
 * @param cursor where to continue, null for the beginning
 * @param deleted the number of keys deleted so far
 * @param gone the number of keys that no longer existed
 * @param failed the number of keys that failed in this pass
 * @param skipped the number of keys that were not selected
 * @param retries the number of repeated attempts
 * @param failedBytes how many bytes of the file of failed keys belong to keys before the cursor
 * @param at the instant as of which the ages of keys are judged; null in checkpoints of earlier
 *     versions
 */
public record Checkpoint(
    String store,
    String selection,
    int pass,
    @Nullable String cursor,
    long deleted,
    long gone,
    long failed,
    long skipped,
    long retries,
    long failedBytes,
    @Nullable String at) {
  private static final Gson GSON = new Gson();

  static Checkpoint start(String store, String selection, Instant at) {
    return new Checkpoint(store, selection, 1, null, 0, 0, 0, 0, 0, 0, at.toString());
  }

  /** The beginning of the next pass. */
  Checkpoint nextPass(Progress progress) {
    return new Checkpoint(
        store,
        selection,
        pass + 1,
        null,
        progress.deleted(),
        progress.gone(),
        0,
        progress.skipped(),
        progress.retries(),
        0,
        at);
  }

  void checkIsOf(String store, String selection) throws StopException {
    if (!store.equals(this.store) || !selection.equals(this.selection)) {
      throw new StopException(
          Ending.FATAL,
          "the checkpoint is of "
              + this.selection
              + " of "
              + this.store
              + ": name that, or another checkpoint",
          null);
    }
  }

  void restore(Progress progress) {
    progress.deleted.set(deleted);
    progress.gone.set(gone);
    progress.skipped.set(skipped);
    progress.retries.set(retries);
    if (failed > 0) {
      progress.addError(Progress.BEFORE, failed);
    }
    progress.doneBefore = deleted + gone;
    progress.failedBefore = failed;
  }

  /** The instant as of which the ages of keys are judged. */
  Instant at(Instant otherwise) {
    return at == null ? otherwise : Instant.parse(at);
  }

  /**
   * Parses the text that {@link #text} returns.
   *
   * @return null if the text is something else
   */
  public static @Nullable Checkpoint parse(String text) {
    try {
      Checkpoint read = GSON.fromJson(text, Checkpoint.class);
      if (read == null || read.store == null || read.selection == null) {
        return null;
      }
      var _ = read.at(Instant.EPOCH);
      return read;
    } catch (JsonParseException | DateTimeParseException e) {
      return null; // like a text that lacks a field of a checkpoint
    }
  }

  /** This checkpoint in JSON, in one line. */
  public String text() {
    return KeyJson.line(GSON.toJsonTree(this));
  }

  /** Reads the file; null if there is no file, or an empty one. */
  static @Nullable Checkpoint read(Path path) throws IOException {
    if (Files.exists(path) && !Files.isRegularFile(path)) {
      String what = Files.isDirectory(path) ? " is a folder" : " is a device or a pipe";
      throw new IOException(path + what + ": name a file");
    }
    Checkpoint read = null;
    try {
      String text = Files.readString(path);
      if (text.isEmpty()) {
        return null;
      }
      read = parse(text);
    } catch (NoSuchFileException e) {
      return null;
    } catch (CharacterCodingException e) {
      // a file of another kind
    }
    if (read == null) {
      throw new IOException(path + " is not a checkpoint of a purge: name another file");
    }
    return read;
  }

  /** Writes the file atomically, even if the process or the machine stops meanwhile. */
  void write(Path path) throws IOException {
    Path next = path.resolveSibling(path.getFileName() + ".new");
    ByteBuffer bytes = ByteBuffer.wrap((text() + "\n").getBytes(StandardCharsets.UTF_8));
    try (FileChannel file =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      try {
        while (bytes.hasRemaining()) {
          file.write(bytes);
        }
        file.force(true);
      } catch (IOException e) {
        throw FileTrouble.of(next, e);
      }
    }
    Files.move(next, path, StandardCopyOption.ATOMIC_MOVE);
  }
}

package io.heddle.purge.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.Context;
import io.heddle.purge.Page;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.heddle.purge.keys.KeyBytes;
import io.heddle.purge.keys.KeyLine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Keys that come from a file instead of a listing. The cursor is a number of lines. The file is
 * read to its end before the first key is deleted: a line that is not a key, or a key that the
 * store cannot contain, shows that the user named the wrong file.
 */
final class KeyFile implements Lister.Source, AutoCloseable {
  private static final int LONGEST_SHOWN = 200;

  private final Path path;
  private final boolean isNullSeparated;
  private final int pageSize;
  private @Nullable Spool file;
  private Spool.@Nullable Reader reader;
  private long lines;

  KeyFile(Selection selection, Path path, int pageSize) {
    this.path = path;
    this.isNullSeparated = selection.isNullSeparated();
    this.pageSize = pageSize;
  }

  /**
   * Reads the file to its end, and rejects it if any line is not a key.
   *
   * @param selection selects keys
   * @param refusal why the store cannot contain a key, null if it can
   */
  void check(Predicate<String> selection, Function<String, @Nullable String> refusal, Context run)
      throws StoreException, InterruptedException {
    try {
      Spool.Reader in = at(0, run);
      for (Line line; (line = next(in)) != null; ) {
        String key = line.key;
        String why = key == null || !selection.test(key) ? null : refusal.apply(key);
        if (key != null && why != null) {
          throw new IOException(place() + " is " + shown(key) + ", " + why);
        }
        if (lines % pageSize == 0) {
          run.check();
        }
      }
    } catch (IOException e) {
      throw failure(e);
    } finally {
      reader = null;
    }
  }

  @Override
  public Page page(@Nullable String cursor, Context run)
      throws StoreException, InterruptedException {
    try {
      Spool.Reader in = at(cursor == null ? 0 : Long.parseLong(cursor), run);
      List<String> keys = new ArrayList<>(pageSize);
      for (int i = 0; i < pageSize; i++) {
        Line line = next(in);
        if (line == null) {
          reader = null;
          return new Page(keys, null);
        }
        if (line.key != null) {
          keys.add(line.key);
        }
      }
      return new Page(keys, Long.toString(lines));
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private StoreException failure(IOException e) {
    String text = "the keys" + Selection.source(path) + ": " + FileTrouble.text(e);
    return new StoreException(Kind.INVALID, "file of keys", text, null, e);
  }

  /** A reader that starts after a number of lines. */
  private Spool.Reader at(long line, Context run) throws IOException, InterruptedException {
    Spool open = file;
    if (open == null) {
      open = Spool.open(path, run);
      file = open;
    }
    Spool.Reader in = reader;
    if (in == null || lines != line) {
      in = open.read();
      lines = 0;
      while (lines < line && in.next(separator()) != null) {
        lines++;
      }
      reader = in;
    }
    return in;
  }

  private byte separator() {
    return (byte) (isNullSeparated ? 0 : '\n');
  }

  /** The text between two separators: a key, or nothing. */
  private record Line(@Nullable String key) {}

  /** The next line; null after the last. */
  private @Nullable Line next(Spool.Reader in) throws IOException {
    byte[] bytes = in.next(separator());
    if (bytes == null) {
      return null;
    }
    lines++;
    if (isNullSeparated) {
      return new Line(bytes.length == 0 ? null : KeyBytes.text(bytes));
    }
    try {
      return new Line(KeyLine.key(UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString()));
    } catch (CharacterCodingException e) {
      throw new IOException(place() + " is not UTF-8", e);
    } catch (KeyLine.BadLineException e) {
      throw new IOException(place() + " " + e.getMessage(), e);
    }
  }

  private String place() {
    return (isNullSeparated ? "key " : "line ") + lines;
  }

  private static String shown(String key) {
    return key.length() <= LONGEST_SHOWN
        ? KeyLine.quoted(key)
        : "a key of " + key.length() + " characters";
  }

  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
    }
  }
}

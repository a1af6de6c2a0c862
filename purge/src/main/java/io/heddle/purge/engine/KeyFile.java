package io.heddle.purge.engine;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.purge.Page;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keys that come from a file instead of a listing; the cursor is a number of lines. */
final class KeyFile implements Lister.Source {
  private final Path file;
  private final int pageSize;
  private @Nullable Lines reader;
  private long lines;

  KeyFile(Path file, int pageSize) {
    this.file = file;
    this.pageSize = pageSize;
  }

  @Override
  public Page page(@Nullable String cursor, Context run)
      throws StoreException, InterruptedException {
    try {
      Lines in = at(cursor == null ? 0 : Long.parseLong(cursor), run);
      List<String> keys = new ArrayList<>(pageSize);
      for (int i = 0; i < pageSize; i++) {
        String line = in.next(run);
        if (line == null) {
          in.close();
          reader = null;
          return new Page(keys, null);
        }
        lines++;
        if (!line.isEmpty()) {
          keys.add(key(line));
        }
      }
      return new Page(keys, Long.toString(lines));
    } catch (IOException e) {
      String text = "the keys" + Selection.source(file) + ": " + FileTrouble.text(e);
      throw new StoreException(Kind.INVALID, "file of keys", text, null, e);
    }
  }

  private Lines at(long line, Context run) throws IOException, InterruptedException {
    Lines in = reader;
    if (in == null || lines != line) {
      in = file.equals(Selection.STDIN) ? new StandardInput() : new OfFile(file);
      for (lines = 0; lines < line; lines++) {
        in.next(run);
      }
      reader = in;
    }
    return in;
  }

  private interface Lines {
    /** The next line; null after the last. */
    @Nullable String next(Context run) throws IOException, InterruptedException;

    void close() throws IOException;
  }

  private record OfFile(BufferedReader reader) implements Lines {
    OfFile(Path file) throws IOException {
      this(Files.newBufferedReader(file));
    }

    @Override
    public @Nullable String next(Context run) throws IOException {
      return reader.readLine();
    }

    @Override
    public void close() throws IOException {
      reader.close();
    }
  }

  /**
   * Read by a goroutine of its own, as reading it heeds no interrupt: a run that is told to stop
   * must not wait for somebody to type. The goroutine is left behind then.
   */
  private static final class StandardInput implements Lines {
    private final Chan<String> read = Chan.unbuffered();
    private volatile @Nullable IOException failure;

    StandardInput() {
      Go.go("standard input", this::readAll);
    }

    private void readAll() throws InterruptedException {
      BufferedReader in =
          new BufferedReader(
              // as for a file: what is no UTF-8 is an error, and not another key
              new InputStreamReader(System.in, StandardCharsets.UTF_8.newDecoder()));
      try {
        for (String line = in.readLine(); line != null; line = in.readLine()) {
          read.send(line);
        }
      } catch (IOException e) {
        failure = e;
      } finally {
        read.close();
      }
    }

    @Override
    public @Nullable String next(Context run) throws IOException, InterruptedException {
      String line = read.receive(run);
      IOException thrown = failure;
      if (line == null && thrown != null) {
        throw thrown;
      }
      return line;
    }

    @Override
    public void close() {
      // it has come to its end
    }
  }

  /** A key that begins like an object can only be given as an object. */
  private String key(String line) throws IOException {
    if (!line.startsWith("{")) {
      return line;
    }
    try {
      JsonObject object = JsonParser.parseString(line).getAsJsonObject();
      return object.get("key").getAsString();
    } catch (JsonParseException
        | IllegalStateException
        | NullPointerException
        | UnsupportedOperationException e) {
      throw new IOException("line " + lines + " is no object with a \"key\"", e);
    }
  }
}

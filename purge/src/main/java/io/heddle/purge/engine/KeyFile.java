package io.heddle.purge.engine;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
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
  private @Nullable BufferedReader reader;
  private long lines;

  KeyFile(Path file, int pageSize) {
    this.file = file;
    this.pageSize = pageSize;
  }

  @Override
  public Page page(@Nullable String cursor) throws StoreException {
    try {
      BufferedReader in = at(cursor == null ? 0 : Long.parseLong(cursor));
      List<String> keys = new ArrayList<>(pageSize);
      for (int i = 0; i < pageSize; i++) {
        String line = in.readLine();
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
      String text = "the file " + file + " of keys: " + FileTrouble.text(e);
      throw new StoreException(Kind.INVALID, "file of keys", text, null, e);
    }
  }

  private BufferedReader at(long line) throws IOException {
    BufferedReader in = reader;
    if (in == null || lines != line) {
      in =
          file.equals(Selection.STDIN)
              ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
              : Files.newBufferedReader(file);
      for (lines = 0; lines < line; lines++) {
        in.readLine();
      }
      reader = in;
    }
    return in;
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

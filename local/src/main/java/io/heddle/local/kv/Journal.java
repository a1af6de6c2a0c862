package io.heddle.local.kv;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.heddle.local.kv.Database.Item;
import io.heddle.local.kv.Database.KvStore;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The file of a database: its changes, one JSON object per line. A change is in the file before the
 * client gets its response, so a server that is killed loses no confirmed change, as long as the
 * machine runs. When the file is opened it is rewritten without superseded changes.
 */
final class Journal implements AutoCloseable {
  private final BufferedWriter file;
  private final FileChannel lock;

  private Journal(BufferedWriter file, FileChannel lock) {
    this.file = file;
    this.lock = lock;
  }

  /**
   * Opens a file for one server, and fills the database from it. If another server could open it,
   * too, it would rewrite the file, and the first one would continue to write a file without a
   * name.
   */
  static Journal open(Path path, Database database) throws IOException {
    Path beside = path.resolveSibling(path.getFileName() + ".lock");
    FileChannel lock =
        FileChannel.open(beside, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (!tryLock(lock)) {
        throw new IOException("another server has it");
      }
      replay(path, database);
      return new Journal(rewritten(path, database), lock);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private static boolean tryLock(FileChannel lock) throws IOException {
    try {
      return lock.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false; // locked by another server in this process
    }
  }

  /** Applies the changes in the file. An incomplete last line was not confirmed. */
  private static void replay(Path path, Database database) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    try (BufferedReader lines = Files.newBufferedReader(path)) {
      for (String line = lines.readLine(); line != null; ) {
        String next = lines.readLine();
        try {
          replay(JsonParser.parseString(line).getAsJsonObject(), database);
        } catch (JsonParseException
            | IllegalStateException
            | IllegalArgumentException
            | NullPointerException
            | DateTimeParseException e) {
          if (next != null) {
            throw new IOException(path + " is not a file of this server: " + line, e);
          }
        }
        line = next;
      }
    }
  }

  private static void replay(JsonObject line, Database database) {
    String id = line.get("store").getAsString();
    JsonElement key = line.get("key");
    if (key == null) {
      if (line.has("name")) {
        database.restore(id, line.get("name").getAsString(), instant(line.get("created")));
      } else {
        database.stores().remove(id);
      }
      return;
    }
    KvStore store = database.stores().get(id);
    if (store == null) {
      return;
    }
    if (line.has("value")) {
      store.items.put(key.getAsString(), item(line));
    } else {
      store.items.remove(key.getAsString());
    }
  }

  private static Item item(JsonObject line) {
    JsonElement metadata = line.get("metadata");
    return new Item(
        Base64.getDecoder().decode(line.get("value").getAsString()),
        metadata.isJsonNull() ? null : metadata.getAsString(),
        line.get("generation").getAsLong(),
        instant(line.get("modified")),
        line.get("expires").isJsonNull() ? null : instant(line.get("expires")));
  }

  private static Instant instant(JsonElement text) {
    return Instant.parse(text.getAsString());
  }

  /** Rewrites the file with the current content of the database. */
  private static BufferedWriter rewritten(Path path, Database database) throws IOException {
    Path next = path.resolveSibling(path.getFileName() + ".new");
    try (BufferedWriter out = Files.newBufferedWriter(next)) {
      for (KvStore store : database.stores().values()) {
        out.append(store(store).toString()).append('\n');
        for (Map.Entry<String, Item> item : store.items.entrySet()) {
          out.append(item(store.id, item.getKey(), item.getValue()).toString()).append('\n');
        }
      }
    }
    Files.move(next, path, StandardCopyOption.ATOMIC_MOVE);
    return Files.newBufferedWriter(path, StandardOpenOption.APPEND);
  }

  static JsonObject store(KvStore store) {
    JsonObject line = noStore(store.id);
    line.addProperty("name", store.name);
    line.addProperty("created", store.created.toString());
    return line;
  }

  static JsonObject noStore(String id) {
    JsonObject line = new JsonObject();
    line.addProperty("store", id);
    return line;
  }

  static JsonObject item(String id, String key, Item item) {
    JsonObject line = noItem(id, key);
    line.addProperty("value", Base64.getEncoder().encodeToString(item.value()));
    line.addProperty("metadata", item.metadata());
    line.addProperty("generation", item.generation());
    line.addProperty("modified", item.modified().toString());
    line.add("expires", time(item.expires()));
    return line;
  }

  static JsonObject noItem(String id, String key) {
    JsonObject line = noStore(id);
    line.addProperty("key", key);
    return line;
  }

  private static JsonElement time(@Nullable Instant time) {
    return time == null ? JsonNull.INSTANCE : new JsonPrimitive(time.toString());
  }

  synchronized void write(JsonObject line) throws IOException {
    file.append(line.toString()).append('\n');
    file.flush();
  }

  @Override
  public synchronized void close() throws IOException {
    try (lock) {
      file.close();
    }
  }
}

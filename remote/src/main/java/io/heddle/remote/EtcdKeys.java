package io.heddle.remote;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Select;
import io.heddle.queue.Uninterrupted;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Keys of an etcd cluster below {@code heddle/}. A leased key belongs to a lease of etcd, which
 * deletes it at its end. The revision with which the key was created is the fencing token.
 */
final class EtcdKeys implements KeyStore {
  static final String PREFIX = "heddle/";

  private final EtcdGateway etcd;

  EtcdKeys(EtcdGateway etcd) {
    this.etcd = etcd;
  }

  /**
   * A lease that this process has.
   *
   * @param lease its number at etcd
   */
  private record Granted(String key, String lease, long token, long since) implements Grant {}

  private <T extends @Nullable Object> T call(Calls.Call<? extends T> call)
      throws RemoteException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    return Calls.result(Calls.<T>cleanUp(call));
  }

  private String in(String action) {
    return action + " in " + etcd.name();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
  }

  private static JsonObject object(String name, String value) {
    JsonObject object = new JsonObject();
    object.addProperty(name, value);
    return object;
  }

  private static JsonObject object(String name, JsonObject value) {
    JsonObject object = new JsonObject();
    object.add(name, value);
    return object;
  }

  private static JsonArray array(JsonObject value) {
    JsonArray array = new JsonArray();
    array.add(value);
    return array;
  }

  private static JsonObject range(String key) {
    return object("key", base64(PREFIX + key));
  }

  private static JsonObject put(String key, String text) {
    JsonObject put = range(key);
    put.addProperty("value", base64(text));
    return put;
  }

  /**
   * A transaction on the condition that a key was created with some revision; 0 if it is absent.
   */
  private static JsonObject transaction(String key, long revision, JsonObject put) {
    JsonObject compare = range(key);
    compare.addProperty("target", "CREATE");
    compare.addProperty("result", "EQUAL");
    compare.addProperty("create_revision", "" + revision);
    JsonObject transaction = new JsonObject();
    transaction.add("compare", array(compare));
    transaction.add("success", array(object("request_put", put)));
    transaction.add("failure", array(object("request_range", range(key))));
    return transaction;
  }

  private static boolean hasSucceeded(JsonObject answer) {
    JsonElement succeeded = answer.get("succeeded");
    return succeeded != null && succeeded.getAsBoolean();
  }

  /** A number as the gateway writes it: as a string, or not at all if it is 0. */
  private static long number(JsonObject answer, String name) {
    JsonElement number = answer.get(name);
    return number == null ? 0 : number.getAsLong();
  }

  private static @Nullable JsonObject first(JsonObject range) {
    return range.get("kvs") instanceof JsonArray found && !found.isEmpty()
        ? found.get(0).getAsJsonObject()
        : null;
  }

  @Override
  public @Nullable Entry read(String action, String key)
      throws RemoteException, InterruptedException {
    return this.<@Nullable Entry>call(() -> {
      JsonObject found = first(etcd.call(in(action), "kv/range", range(key)));
      if (found == null) {
        return null;
      }
      JsonElement value = found.get("value");
      return new Entry(
          value == null ? "" : new String(Base64.getDecoder().decode(value.getAsString()), UTF_8),
          number(found, "lease") != 0);
    });
  }

  /** Asks first whether the key is free, because a lease is a write, too. */
  @Override
  public @Nullable Grant lease(String action, String key, Duration lease)
      throws RemoteException, InterruptedException {
    return read(action, key) != null
        ? null
        : this.<@Nullable Grant>call(() -> {
          long before = Go.nanoTime();
          String id = grant(in(action), lease);
          JsonObject put = put(key, "");
          put.addProperty("lease", id);
          JsonObject answer = etcd.call(in(action), "kv/txn", transaction(key, 0, put));
          if (hasSucceeded(answer)) {
            long token = number(answer.getAsJsonObject("header"), "revision");
            return new Granted(key, id, token, before);
          }
          JsonObject other =
              first(
                  answer
                      .getAsJsonArray("responses")
                      .get(0)
                      .getAsJsonObject()
                      .getAsJsonObject("response_range"));
          if (other != null && id.equals("" + number(other, "lease"))) {
            // the transaction was repeated at another member
            return new Granted(key, id, number(other, "create_revision"), before);
          }
          revoke(in(action), id);
          return null;
        });
  }

  /** Leases last whole seconds; etcd makes short ones longer. */
  private String grant(String action, Duration lease) throws RemoteException, InterruptedException {
    long seconds = lease.plusNanos(999_999_999).toSeconds();
    return "" + number(etcd.call(action, "lease/grant", object("TTL", "" + seconds)), "ID");
  }

  /** Returns false if it has ended. */
  private boolean revoke(String action, String lease) throws RemoteException, InterruptedException {
    try {
      etcd.call(action, "lease/revoke", object("ID", lease));
      return true;
    } catch (RemoteException e) {
      if (String.valueOf(e.getMessage()).contains("lease not found")) {
        return false;
      }
      throw e;
    }
  }

  @Override
  public boolean write(String action, Grant grant, String text)
      throws RemoteException, InterruptedException {
    JsonObject put = put(grant.key(), text);
    put.addProperty("ignore_lease", true);
    return isStored(action, grant, put);
  }

  private boolean isStored(String action, Grant grant, JsonObject put)
      throws RemoteException, InterruptedException {
    return call(() ->
        hasSucceeded(
            etcd.call(in(action), "kv/txn", transaction(grant.key(), grant.token(), put))));
  }

  @Override
  public boolean keep(String action, Grant grant, String text)
      throws RemoteException, InterruptedException {
    return isStored(action, grant, put(grant.key(), text)); // the rest of the lease has no key
  }

  @Override
  public boolean renew(String action, Grant grant, Duration lease)
      throws RemoteException, InterruptedException {
    return call(() -> {
      JsonObject answer =
          etcd.call(in(action), "lease/keepalive", object("ID", ((Granted) grant).lease()));
      return answer.get("result") instanceof JsonObject result && number(result, "TTL") > 0;
    });
  }

  @Override
  public boolean release(String action, Grant grant) throws RemoteException, InterruptedException {
    return call(() -> revoke(in(action), ((Granted) grant).lease()));
  }

  @Override
  public void create(String action, String key, String text)
      throws RemoteException, InterruptedException {
    call(() -> etcd.call(in(action), "kv/txn", transaction(key, 0, put(key, text))));
  }

  @Override
  public Watch watch(String action, String prefix) throws RemoteException, InterruptedException {
    return call(() -> {
      JsonObject keys = range(prefix);
      String start = PREFIX + prefix; // ends with a slash, which a zero follows
      keys.addProperty("range_end", base64(start.substring(0, start.length() - 1) + "0"));
      InputStream lines = etcd.open(in(action), "watch", object("create_request", keys));
      return Watching.start(lines);
    });
  }

  /** A watch that is open. If it breaks, changes are no longer noticed, and waiters poll. */
  private record Watching(InputStream lines, Chan<Boolean> changes, Goroutine<?> reader)
      implements Watch {
    /** The first line says that the watch has begun. */
    static Watching start(InputStream stream) {
      Chan<Boolean> changes = Chan.buffered(1);
      Chan<Boolean> begun = Chan.buffered(1);
      Goroutine<?> reader =
          Go.go(
              "watch etcd",
              () -> {
                try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(stream, UTF_8))) {
                  while (lines.readLine() != null) {
                    if (!begun.trySend(true)) {
                      changes.trySend(true);
                    }
                  }
                } catch (IOException e) {
                  // closed, or the server is gone
                }
                begun.trySend(true);
              });
      Watching watching = new Watching(stream, changes, reader);
      Uninterrupted.receive(begun);
      return watching;
    }

    @Override
    public void await(Duration limit) throws InterruptedException {
      Select.choose(changes.onReceive(), Go.after(limit).onReceive());
    }

    @Override
    public void close() {
      try {
        lines.close();
      } catch (IOException e) {
        // it is closed
      }
      Uninterrupted.join(reader);
    }
  }
}

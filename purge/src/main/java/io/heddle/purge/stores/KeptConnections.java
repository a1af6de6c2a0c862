package io.heddle.purge.stores;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import redis.clients.jedis.Connection;

/**
 * A connection for the listing of each server that does not let the user ask for its run id ({@code
 * INFO}). A connection does not outlive its server either: as long as the same one is used, the
 * cursor of a SCAN is valid. Without it, the SCAN starts over.
 *
 * @param <K> what distinguishes servers
 */
final class KeptConnections<K> implements AutoCloseable {
  private record Kept(Connection connection, String id) {}

  private final Map<K, Kept> all = new HashMap<>(); // guarded by this

  /**
   * Makes a step of a SCAN.
   *
   * @param connect opens another connection, if this is the first step
   * @param idBefore the identity that the previous step returned as a run id
   */
  synchronized RedisScan.Result scan(
      K server,
      Supplier<? extends Connection> connect,
      String cursor,
      String idBefore,
      RedisScan.Part part,
      String prefix,
      int limit) {
    Kept kept = all.remove(server);
    boolean isSame = kept != null && kept.id.equals(idBefore);
    if (kept != null && !isSame) {
      kept.connection.close();
    }
    Kept one =
        kept != null && isSame ? kept : new Kept(connect.get(), UUID.randomUUID().toString());
    boolean isGood = false;
    try {
      RedisScan.Result result =
          RedisScan.step(
              one.connection, isSame ? cursor : part.start(), part, prefix, limit, one.id);
      isGood = true;
      if (!result.isLast()) {
        all.put(server, one);
      }
      return result;
    } finally {
      if (!isGood) {
        one.connection.setBroken();
      }
      if (!all.containsKey(server)) {
        one.connection.close();
      }
    }
  }

  @Override
  public synchronized void close() {
    all.values().forEach(kept -> kept.connection.close());
    all.clear();
  }
}

package io.heddle.purge.stores;

import io.heddle.SingleFlight;
import io.heddle.purge.Deletion;
import io.heddle.purge.Details;
import io.heddle.purge.Page;
import io.heddle.purge.Property;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A store whose client exchanges messages before it can be used. The first request does this, and
 * concurrent requests wait for it. A server that cannot be reached is therefore a failure of a
 * request, which is repeated and reported like that of any other client.
 */
final class ConnectingStore implements Store {
  private static final String ONLY = "";

  private final String name;
  private final int batchLimit;
  private final int concurrency;
  private final Function<String, @Nullable String> refusal;
  private final Set<Property> properties;
  private final boolean canClear;
  private final Connector connector;
  private final SingleFlight<String, Store> connecting = new SingleFlight<>();
  private final Object lock = new Object();
  private volatile @Nullable Store connected; // written under the lock
  private boolean isClosed; // guarded by the lock

  @FunctionalInterface
  interface Connector {
    Store connect() throws StoreException, InterruptedException;
  }

  /** Makes a store with the same properties as the store that it will connect to. */
  ConnectingStore(
      String name,
      int batchLimit,
      int concurrency,
      Function<String, @Nullable String> refusal,
      Set<Property> properties,
      boolean canClear,
      Connector connector) {
    this.name = name;
    this.refusal = refusal;
    this.properties = properties;
    this.canClear = canClear;
    this.batchLimit = batchLimit;
    this.concurrency = concurrency;
    this.connector = connector;
  }

  private Store store() throws StoreException, InterruptedException {
    Store store = connected;
    if (store != null) {
      return store;
    }
    try {
      return connecting.run(ONLY, this::connect).value();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StoreException failure) {
        throw failure;
      }
      throw new IllegalStateException("a defect of the client of " + name, e);
    }
  }

  private Store connect() throws StoreException, InterruptedException {
    Store store = connected;
    if (store != null) {
      return store; // connected by another goroutine a moment ago
    }
    store = connector.connect();
    synchronized (lock) {
      connected = store;
      if (isClosed) {
        store.close();
      }
    }
    return store;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int batchLimit() {
    return batchLimit;
  }

  @Override
  public int concurrency() {
    return concurrency;
  }

  @Override
  public @Nullable String refusal(String key) {
    return refusal.apply(key);
  }

  @Override
  public Page list(String prefix, @Nullable String cursor, int limit)
      throws StoreException, InterruptedException {
    return store().list(prefix, cursor, limit);
  }

  @Override
  public List<String> parts(String prefix, int wanted) throws StoreException, InterruptedException {
    return store().parts(prefix, wanted);
  }

  @Override
  public Deletion delete(List<String> keys) throws StoreException, InterruptedException {
    return store().delete(keys);
  }

  @Override
  public Set<Property> properties() {
    return properties;
  }

  @Override
  public List<@Nullable Details> details(List<String> keys, Set<Property> wanted)
      throws StoreException, InterruptedException {
    return store().details(keys, wanted);
  }

  @Override
  public OptionalLong count(String prefix) throws StoreException, InterruptedException {
    return store().count(prefix);
  }

  @Override
  public OptionalLong clear() throws StoreException, InterruptedException {
    return canClear ? store().clear() : OptionalLong.empty();
  }

  @Override
  public void drop() throws StoreException, InterruptedException {
    store().drop();
  }

  @Override
  public void close() {
    synchronized (lock) {
      isClosed = true;
      if (connected != null) {
        connected.close();
      }
    }
  }
}

package io.heddle.local.kv;

import io.heddle.Go;
import io.heddle.local.kv.Database.Item;
import io.heddle.local.kv.Database.KvStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * A key-value store with the HTTP API of Fastly's KV stores, reachable on this machine only, for
 * experiments and tests, with optional {@linkplain Faults faults}.
 */
public final class KvServer implements AutoCloseable {
  private final Database database;
  private final KeyValueApi api;
  private final Faults faults;
  private final @Nullable String token;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicInteger mostInFlight = new AtomicInteger();
  private final AtomicLong requests = new AtomicLong();
  private final AtomicLong deletions = new AtomicLong();
  private final HttpListener server;

  private KvServer(int port, Faults faults, @Nullable String token, @Nullable Path data)
      throws IOException {
    this.database = new Database(data);
    this.api = new KeyValueApi(database);
    this.faults = faults;
    this.token = token;
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    this.server = new HttpListener(address, this::handle);
  }

  /**
   * Starts a server on the loopback interface.
   *
   * @param port the port, 0 for any free port
   * @param token the token that clients must send as {@code Fastly-Key}, null to accept all
   */
  public static KvServer start(int port, Faults faults, @Nullable String token) throws IOException {
    return start(port, faults, token, null);
  }

  /**
   * Starts a server on the loopback interface that keeps its data in a file.
   *
   * @param port the port, 0 for any free port
   * @param token the token that clients must send as {@code Fastly-Key}, null to accept all
   * @param data the file, which is read first if it exists; null to keep everything in memory
   * @throws IOException if the port is in use, or the file cannot be read or written
   */
  public static KvServer start(int port, Faults faults, @Nullable String token, @Nullable Path data)
      throws IOException {
    return new KvServer(port, faults, token, data);
  }

  /** The server's address. */
  public URI uri() {
    return URI.create("http://127.0.0.1:" + server.port());
  }

  /**
   * Makes a store with some keys, {@code key-00000000} and so on, with small values.
   *
   * @throws IllegalArgumentException if there is a store of this name
   */
  public String createStore(String name, long count) {
    KvStore store;
    try {
      store = database.create(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (store == null) {
      throw new IllegalArgumentException("there is a store called " + name);
    }
    byte[] value = {'v'};
    LongStream.range(0, count).forEach(i -> put(store, key(i), value));
    return store.id;
  }

  /**
   * The name of a key that {@link #createStore} makes.
   *
   * @param number its number, from 0
   */
  public static String key(long number) {
    String digits = Long.toString(number);
    return "key-" + "0".repeat(Math.max(0, 8 - digits.length())) + digits;
  }

  /** Sets the value of a key, without a request. */
  public void put(String id, String key, byte[] value) {
    put(store(id), key, value);
  }

  private void put(KvStore store, String key, byte[] value) {
    try {
      Item item = new Item(value, null, database.nextGeneration(), Go.now(), null);
      database.put(store, key, _ -> item);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The keys of a store, as a view: removing a key from it removes it from the store. */
  public NavigableSet<String> keys(String id) {
    return store(id).items.navigableKeySet();
  }

  private KvStore store(String id) {
    return Objects.requireNonNull(database.store(id), "no such store");
  }

  /** The number of requests so far. */
  public long requests() {
    return requests.get();
  }

  /** The number of deletion requests so far. */
  public long deletions() {
    return deletions.get();
  }

  /** The highest number of concurrent requests so far. */
  public int mostInFlight() {
    return mostInFlight.get();
  }

  /** The number of connections opened so far, including closed ones. */
  public int connections() {
    return server.connections();
  }

  private ClassicHttpResponse handle(ClassicHttpRequest http)
      throws IOException, InterruptedException {
    requests.incrementAndGet();
    if (http.getMethod().equals("DELETE")) {
      deletions.incrementAndGet();
    }
    int now = inFlight.incrementAndGet();
    if (now > mostInFlight.get()) {
      mostInFlight.accumulateAndGet(now, Math::max);
    }
    try {
      KvRequest request = KvRequest.of(http);
      boolean isGuarded = request.path().getFirst().equals("resources");
      if (token != null && isGuarded && !token.equals(request.header("fastly-key"))) {
        return KeyValueApi.problem(401, "");
      }
      return faults.apply(request, () -> api.handle(request));
    } catch (CharacterCodingException | IllegalArgumentException e) {
      return KeyValueApi.problem(400, "a target that is not well encoded");
    } finally {
      inFlight.decrementAndGet();
    }
  }

  /** Closes all connections and ends the server. */
  @Override
  public void close() {
    try {
      server.close();
      database.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

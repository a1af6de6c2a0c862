package io.heddle.purge;

import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A key-value store, reduced to the operations that deleting its keys takes.
 *
 * <p>Any number of goroutines may call it at the same time. A call blocks until the store answers,
 * or until the store's own time limit for a request has passed. If the calling thread is
 * interrupted, the call gives up the request, closing its connection if necessary; whether the
 * store executed the request is then unknown.
 */
public interface Store extends AutoCloseable {
  /**
   * The store's name for people, in one line that never changes: {@code Fastly KV store sessions}.
   * It also distinguishes a checkpoint of this store from another store's.
   */
  String name();

  /**
   * Lists a page of keys.
   *
   * <p>Deleting keys during a listing must not make the listing skip other keys: a cursor denotes a
   * position in the order of the keys, or in the store's own structure, and not a number of keys. A
   * key may be listed twice.
   *
   * @param prefix the prefix of the keys, empty for all
   * @param cursor where the page begins: null for the first page, else {@link Page#next} of the
   *     previous page, which another process may have read
   * @param limit how many keys are wanted; a store may return fewer, and a few more
   * @throws StoreException if there is no answer, or if the answer is an error
   */
  Page list(String prefix, @Nullable String cursor, int limit)
      throws StoreException, InterruptedException;

  /**
   * Divides the keys into parts that can be listed at the same time.
   *
   * @param prefix the prefix of the keys, empty for all
   * @param wanted how many parts are wanted; there may be fewer, and a few more
   * @return a cursor for {@link #list} for each part; a listing from it ends with the part. The
   *     parts together contain every key that was there before the call. Empty if the store cannot
   *     be divided in this way
   * @throws StoreException if there is no answer, or if the answer is an error
   */
  default List<String> parts(String prefix, int wanted)
      throws StoreException, InterruptedException {
    return List.of();
  }

  /** Whether the store finds the keys with a prefix without going through all keys. */
  default boolean hasPrefixes() {
    return false;
  }

  /**
   * Deletes keys. Deleting a key twice does no harm, so a call may be repeated.
   *
   * @param keys at least one, at most {@link #batchLimit}
   * @throws StoreException if the request as a whole failed; some keys may be deleted nevertheless
   */
  Deletion delete(List<String> keys) throws StoreException, InterruptedException;

  /**
   * Returns why the store cannot contain a key of this name. It is called for keys that do not come
   * from the store's own listing, before any of them is deleted.
   *
   * @return the end of a sentence about the key, such as {@code which is longer than 1,024 bytes};
   *     null if the store can contain it
   */
  default @Nullable String refusal(String key) {
    return null;
  }

  /**
   * The number of keys that one call of {@link #delete} takes: 1 for a store that cannot delete
   * several keys with one request.
   */
  default int batchLimit() {
    return 1;
  }

  /** The number of keys per deletion that suits the store; {@link #batchLimit} limits it, too. */
  default int usualBatch() {
    return 500;
  }

  /** The number of keys per page that suits the store. */
  default int usualPage() {
    return 1000;
  }

  /** The number of concurrent requests that suits the store. */
  default int concurrency() {
    return 100;
  }

  /** The properties that the store records for each key. */
  default Set<Property> properties() {
    return Set.of();
  }

  /** The number of keys that one call of {@link #details} takes. */
  default int detailsLimit() {
    return batchLimit();
  }

  /**
   * Reads properties of keys.
   *
   * @param keys at least one, at most {@link #detailsLimit}
   * @param wanted some of {@link #properties}
   * @return the properties of each key, in the order of the request; null for a key that is gone
   * @throws StoreException if there is no answer, or if the answer is an error
   */
  default List<@Nullable Details> details(List<String> keys, Set<Property> wanted)
      throws StoreException, InterruptedException {
    throw new UnsupportedOperationException(name() + " records no properties");
  }

  /**
   * Roughly how many keys a second are usually deleted, to estimate how long a run takes before it
   * begins; 0 if unknown.
   */
  default long usualRate() {
    return 0;
  }

  /**
   * Counts the keys, if the store can do that without listing them.
   *
   * @param prefix the prefix of the keys, empty for all
   * @return the number, empty if it would have to list them
   * @throws StoreException if there is no answer, or if the answer is an error
   */
  default OptionalLong count(String prefix) throws StoreException, InterruptedException {
    return OptionalLong.empty();
  }

  /**
   * Deletes all keys with one request, if the store can do that.
   *
   * @return the number of keys that were deleted; empty if each key takes a deletion of its own
   * @throws StoreException if there is no answer, or if the answer is an error
   */
  default OptionalLong clear() throws StoreException, InterruptedException {
    return OptionalLong.empty();
  }

  /**
   * Deletes the store itself.
   *
   * @throws StoreException if the store still has keys, has no such operation, does not answer, or
   *     answers with an error
   */
  default void drop() throws StoreException, InterruptedException {
    throw new StoreException(
        StoreException.Kind.INVALID, "not possible", name() + " cannot be deleted as a whole");
  }

  /** Closes the connections. Does nothing when called again. */
  @Override
  void close();
}

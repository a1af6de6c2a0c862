package io.heddle.purge;

import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A key-value store, as far as emptying it goes.
 *
 * <p>Any number of goroutines may call it at the same time. A call blocks until there is an answer
 * or the store's own time limit for a request is over. A thread that is interrupted meanwhile gives
 * the request up, closing its connection if need be; whether it was carried out is then unknown.
 */
public interface Store extends AutoCloseable {
  /**
   * Names the store to a person, in one line that is always the same: {@code Fastly KV store
   * sessions}. Also tells a checkpoint of this store from another's.
   */
  String name();

  /**
   * Lists a page of keys.
   *
   * <p>Deleting keys while listing must not make it skip others: a cursor says where in the order
   * of the keys, or of the store's own structure, to go on, not how many keys went before. A key
   * may be listed twice.
   *
   * @param prefix what the keys begin with, empty for all
   * @param cursor where the page begins: null for the first page, else {@link Page#next} of the one
   *     before, maybe of another process
   * @param limit how many keys are wanted; a store may return fewer, and a few more
   * @throws StoreException if there is no answer, or one that tells of an error
   */
  Page list(String prefix, @Nullable String cursor, int limit)
      throws StoreException, InterruptedException;

  /**
   * Deletes keys. To delete a key twice does no harm, so a call may be repeated.
   *
   * @param keys at least one, at most {@link #batchLimit}
   * @throws StoreException if the request as a whole failed; some keys may be deleted all the same
   */
  Deletion delete(List<String> keys) throws StoreException, InterruptedException;

  /**
   * Why the store can have no key of this name. It is asked about keys that come from elsewhere
   * than its own listing, before any of them is deleted.
   *
   * @return the end of a sentence about the key, such as {@code which is longer than 1,024 bytes};
   *     null if there may be such a key
   */
  default @Nullable String refusal(String key) {
    return null;
  }

  /**
   * How many keys one call of {@link #delete} takes: 1 for a store that cannot delete more with one
   * exchange.
   */
  default int batchLimit() {
    return 1;
  }

  /** How many requests at a time do it good. */
  default int concurrency() {
    return 100;
  }

  /**
   * Counts the keys, if the store can tell without listing them.
   *
   * @param prefix what the keys begin with, empty for all
   * @return the number, empty if it would have to list them
   * @throws StoreException if there is no answer, or one that tells of an error
   */
  default OptionalLong count(String prefix) throws StoreException, InterruptedException {
    return OptionalLong.empty();
  }

  /**
   * Deletes the store itself.
   *
   * @throws StoreException if it still has keys, if there is no such operation, or if there is no
   *     answer, or one that tells of an error
   */
  default void drop() throws StoreException, InterruptedException {
    throw new StoreException(
        StoreException.Kind.INVALID, "not possible", name() + " cannot be deleted as a whole");
  }

  /** Closes the connections. Does nothing when called again. */
  @Override
  void close();
}

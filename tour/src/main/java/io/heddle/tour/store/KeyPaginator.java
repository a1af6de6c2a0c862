package io.heddle.tour.store;

import io.heddle.Context;
import io.heddle.purge.Page;
import io.heddle.purge.StoreException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lists the keys of a store, page by page:
 *
 * {@snippet :
 * KeyPaginator pages = client.keys();
 * while (pages.next(context)) {
 *   pages.keys().forEach(IO::println);
 * }
 * }
 *
 * <p>The error of a listing is thrown by {@link #next}. Paginators that return false and want to be
 * asked for their error afterwards make the end of a failed listing look like the end of the keys.
 *
 * <p>A paginator is for one goroutine at a time.
 */
public final class KeyPaginator {
  private final StoreClient client;
  private Page page = new Page(List.of(), null);
  private @Nullable String cursor;
  private boolean atEnd;

  KeyPaginator(StoreClient client) {
    this.client = client;
  }

  /**
   * Goes to the next page. After an exception, the next call asks for the same page again.
   *
   * @param context prevents further requests when it is done
   * @return whether there is a page; false once the last has been passed
   */
  public boolean next(Context context) throws StoreException, InterruptedException {
    page = new Page(List.of(), null);
    if (atEnd) {
      return false;
    }
    Page listed = client.list(cursor, context);
    page = listed;
    cursor = listed.next();
    atEnd = cursor == null;
    return true;
  }

  /**
   * The keys of the page, in the order of their bytes; none before the first page, after the last,
   * and after an exception.
   */
  public List<String> keys() {
    return page.keys();
  }
}

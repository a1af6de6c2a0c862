package io.heddle.tour.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some of a store's keys.
 *
 * @param keys the keys, in the order of their bytes
 * @param next where the next page begins, null if this is the last
 */
public record Page(List<String> keys, @Nullable Cursor next) {
  /** A position in the listing of a store's keys. Its content is private to the store. */
  public static final class Cursor {
    /** The last key before the position: deletions do not invalidate it. */
    final String after;

    /** The number of the page that begins here, from 1. */
    final int page;

    Cursor(String after, int page) {
      this.after = after;
      this.page = page;
    }
  }
}

package io.heddle.local.kv;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import org.jspecify.annotations.Nullable;

/** Keys in the order of their UTF-8 bytes. */
final class KeyOrder {
  /** Compares the UTF-8 bytes, without making them. */
  static final Comparator<String> BYTES = KeyOrder::compare;

  private KeyOrder() {}

  /** Like the order of characters, except that those beyond the first 65,536 come last. */
  private static int compare(String a, String b) {
    int length = Math.min(a.length(), b.length());
    for (int i = 0; i < length; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        boolean isLarge = Character.isSurrogate(x);
        return isLarge == Character.isSurrogate(y) ? x - y : isLarge ? 1 : -1;
      }
    }
    return a.length() - b.length();
  }

  /**
   * Some keys of a store.
   *
   * @param next the cursor of the next page; null if this is the last
   */
  record Page(List<String> keys, @Nullable String next) {}

  /**
   * A page of a set of keys. It begins after a key, whether or not that key still exists.
   *
   * @param keys all keys, in the {@linkplain #BYTES order of their bytes}
   * @param prefix the prefix of the keys, empty for all
   * @param after the key after which the page begins, null for the first page
   * @param limit the highest number of keys on the page
   * @return the page, with the last key as its cursor
   */
  static Page page(NavigableSet<String> keys, String prefix, @Nullable String after, int limit) {
    List<String> page = new ArrayList<>(Math.min(limit, 1000));
    boolean isFirst = after == null || compare(after, prefix) < 0;
    for (String key : isFirst ? keys.tailSet(prefix, true) : keys.tailSet(after, false)) {
      if (!key.startsWith(prefix)) {
        break;
      }
      if (page.size() == limit) {
        return new Page(page, page.getLast());
      }
      page.add(key);
    }
    return new Page(page, null);
  }
}

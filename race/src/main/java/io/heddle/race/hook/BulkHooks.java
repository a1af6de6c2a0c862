package io.heddle.race.hook;

import io.heddle.race.clock.ThreadState;
import io.heddle.race.shadow.ArrayShadow;
import io.heddle.race.site.CallTree;
import java.lang.reflect.Array;
import org.jspecify.annotations.Nullable;

/** What instrumented classes call before many elements of an array are accessed at once. */
public final class BulkHooks {
  private BulkHooks() {}

  /**
   * Elements are about to be read or written. Indexes out of bounds are no accesses.
   *
   * @param array the array; null, or no array at all, is no access
   * @param from the first index
   * @param to the end, or how many; negative for the end of the array
   * @param isLength whether it is how many
   * @param writes whether they are written
   */
  public static void range(
      @Nullable Object array,
      int from,
      int to,
      boolean isLength,
      boolean writes,
      ThreadState thread,
      @Nullable CallTree stack,
      int site) {
    if (array == null || !array.getClass().isArray() || from < 0) {
      return;
    }
    long end = to < 0 ? Integer.MAX_VALUE : isLength ? (long) from + to : to;
    int last = (int) Math.min(end, Array.getLength(array));
    if (from < last) {
      ArrayShadow shadow = ArrayShadow.of(array);
      for (int i = from; i < last; i++) {
        if (writes) {
          shadow.write(thread, array, i, stack, site);
        } else {
          shadow.read(thread, array, i, stack, site);
        }
      }
    }
  }
}

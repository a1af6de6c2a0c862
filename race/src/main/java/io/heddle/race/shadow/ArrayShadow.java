package io.heddle.race.shadow;

import io.heddle.race.clock.ThreadState;
import io.heddle.race.clock.WeakIdentityMap;
import io.heddle.race.report.CallTree;
import java.lang.reflect.Array;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The last accesses to the elements of an array, in pages that are made when an element of theirs
 * is first accessed: many a buffer is larger than what is ever in it.
 */
public final class ArrayShadow {
  private static final WeakIdentityMap<ArrayShadow> SHADOWS = new WeakIdentityMap<>();

  private static final int BITS = 7;
  private static final int PAGE = 1 << BITS;

  private final int length;
  private final AtomicReferenceArray<@Nullable Shadow> pages;

  private ArrayShadow(int length) {
    this.length = length;
    this.pages = new AtomicReferenceArray<>((length + PAGE - 1) >>> BITS);
  }

  /**
   * The state of an array.
   *
   * @param array the array
   * @return always the same
   */
  public static ArrayShadow of(Object array) {
    return SHADOWS.get(array, key -> new ArrayShadow(Array.getLength(key)));
  }

  /**
   * Checks and notes a read of an element. An index out of bounds is no access.
   *
   * @param thread who reads
   * @param array the array
   * @param index of the element
   * @param stack the stack of the method that reads
   * @param site the place in the method
   */
  public void read(ThreadState thread, Object array, int index, CallTree stack, int site) {
    if (index >= 0 && index < length) {
      page(index).read(thread, index & PAGE - 1, stack, site, array, index & -PAGE);
    }
  }

  /**
   * Checks and notes a write of an element. An index out of bounds is no access.
   *
   * @param thread who writes
   * @param array the array
   * @param index of the element
   * @param stack the stack of the method that writes
   * @param site the place in the method
   */
  public void write(ThreadState thread, Object array, int index, CallTree stack, int site) {
    if (index >= 0 && index < length) {
      page(index).write(thread, index & PAGE - 1, stack, site, array, index & -PAGE);
    }
  }

  private Shadow page(int index) {
    int number = index >>> BITS;
    Shadow found = pages.get(number);
    if (found == null) {
      Shadow fresh = new Shadow(Math.min(PAGE, length - (number << BITS)));
      Shadow first = pages.compareAndExchange(number, null, fresh);
      found = first == null ? fresh : first;
    }
    return found;
  }
}

package io.heddle.race.shadow;

import io.heddle.race.clock.ThreadState;
import io.heddle.race.clock.WeakIdentityMap;
import io.heddle.race.site.CallTree;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.reflect.Array;
import org.jspecify.annotations.Nullable;

/**
 * The last accesses to the elements of an array, in pages that are made when an element of theirs
 * is first accessed: many a buffer is larger than what is ever in it.
 */
public final class ArrayShadow {
  private static final WeakIdentityMap<ArrayShadow> SHADOWS = new WeakIdentityMap<>();
  private static final VarHandle PAGES = MethodHandles.arrayElementVarHandle(Shadow[].class);

  /** The logarithm of the length of a page. */
  public static final int BITS = 6;

  private static final int PAGE = 1 << BITS;

  private final int length;

  /** A page is published by a volatile write, and what is read of it plainly may be old anyway. */
  private final @Nullable Shadow[] pages;

  private ArrayShadow(int length) {
    this.length = length;
    this.pages = new Shadow[(length + PAGE - 1) >>> BITS];
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
   * @param array the array
   */
  public void read(
      ThreadState thread, Object array, int index, @Nullable CallTree stack, int site) {
    if (index >= 0 && index < length) {
      Shadow page = page(index);
      page.read(thread, index & PAGE - 1, stack, site, array, index & -PAGE);
      int hash = System.identityHashCode(array);
      if (!thread.accessedElement(hash, index, false)) {
        page.remind(thread, hash, index);
      }
    }
  }

  /**
   * Checks and notes a write of an element. An index out of bounds is no access.
   *
   * @param array the array
   */
  public void write(
      ThreadState thread, Object array, int index, @Nullable CallTree stack, int site) {
    if (index >= 0 && index < length) {
      Shadow page = page(index);
      page.write(thread, index & PAGE - 1, stack, site, array, index & -PAGE);
      int hash = System.identityHashCode(array);
      if (!thread.accessedElement(hash, index, true)) {
        page.remind(thread, hash, index);
      }
    }
  }

  /**
   * Checks and notes an atomic access to an element. An index out of bounds is no access.
   *
   * @param array the array
   */
  public void atomic(
      ThreadState thread,
      Object array,
      int index,
      boolean writes,
      @Nullable CallTree stack,
      int site) {
    if (index >= 0 && index < length) {
      thread.forgetElements(); // a plain one after it has something to add
      page(index).atomic(thread, index & PAGE - 1, writes, stack, site, array, index & -PAGE);
    }
  }

  private Shadow page(int index) {
    Shadow found = pages[index >>> BITS];
    return found == null ? make(index >>> BITS) : found;
  }

  private Shadow make(int number) {
    Shadow fresh = new Shadow(Math.min(PAGE, length - (number << BITS)));
    Shadow first = (Shadow) PAGES.compareAndExchange(pages, number, (Shadow) null, fresh);
    return first == null ? fresh : first;
  }
}

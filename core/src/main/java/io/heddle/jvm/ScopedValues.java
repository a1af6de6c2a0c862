package io.heddle.jvm;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The bindings of scoped values. The JDK lets a new thread inherit them in a structured task scope
 * only; Heddle does it for goroutines if java.lang is open to it, as its scheduler needs, too.
 *
 * <p>The bindings of a thread are an immutable object in a field, so a goroutine may live longer
 * than the code that made them. The field of a new thread holds the class Thread, and it is null
 * after the JVM has unwound a stack: then the JDK looks for the bindings in the stack.
 */
public final class ScopedValues {
  private static final @Nullable VarHandle BINDINGS =
      JdkHook.SCOPED_VALUES.find(ScopedValues::field);

  private static VarHandle field() throws ReflectiveOperationException {
    return MethodHandles.privateLookupIn(Thread.class, MethodHandles.lookup())
        .findVarHandle(Thread.class, "scopedValueBindings", Object.class);
  }

  private ScopedValues() {}

  /**
   * Whether goroutines inherit the bindings of the code that starts them.
   *
   * @return false if java.lang is closed, or this JDK has no such field
   */
  public static boolean areInherited() {
    return BINDINGS != null;
  }

  /**
   * The bindings of the calling thread.
   *
   * @return null if nothing was ever bound there, or is inherited
   */
  public static @Nullable Object current() {
    VarHandle field = BINDINGS;
    if (field == null) {
      return null;
    }
    Object bindings = field.get(Thread.currentThread());
    if (bindings == Thread.class) {
      return null;
    }
    if (bindings == null) {
      ScopedValue.newInstance().isBound(); // has the JDK look for the bindings and set the field
      bindings = field.get(Thread.currentThread());
    }
    return bindings;
  }

  /**
   * Gives a thread the bindings of another.
   *
   * @param thread one that has not been started
   * @param bindings what {@link #current} has returned in the other
   */
  public static void bind(Thread thread, Object bindings) {
    VarHandle field = BINDINGS;
    if (field != null) {
      field.set(thread, bindings);
    }
  }
}

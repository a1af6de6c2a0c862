package io.heddle.jvm;

import java.lang.Thread.UncaughtExceptionHandler;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * What a thread keeps of the code that has run on it, and what it has inherited. The JDK drops all
 * of it when a thread ends. Code that runs on a thread after other code sees it, unless none was
 * kept. It can be read if java.lang is open to Heddle.
 */
public final class ThreadFields {
  private static final @Nullable Fields FIELDS = JdkHook.THREAD_FIELDS.find(Fields::find);

  /** A record, whose fields the JVM's compilers take for constants. */
  private record Fields(
      MethodHandle locals,
      MethodHandle inheritableLocals,
      MethodHandle bindings,
      MethodHandle scopes,
      VarHandle handler,
      Object noBindings,
      int noInheritance) {

    static Fields find() throws ReflectiveOperationException {
      MethodHandles.Lookup lookup =
          MethodHandles.privateLookupIn(Thread.class, MethodHandles.lookup());
      Class<?> map = Class.forName("java.lang.ThreadLocal$ThreadLocalMap");
      Class<?> scope = Class.forName("jdk.internal.vm.StackableScope");
      return new Fields(
          getter(lookup, "threadLocals", map),
          getter(lookup, "inheritableThreadLocals", map),
          getter(lookup, "scopedValueBindings", Object.class),
          getter(lookup, "headStackableScopes", scope),
          lookup.findVarHandle(
              Thread.class, "uncaughtExceptionHandler", UncaughtExceptionHandler.class),
          lookup.findStaticVarHandle(Thread.class, "NEW_THREAD_BINDINGS", Object.class).get(),
          (int)
              lookup
                  .findStaticVarHandle(Thread.class, "NO_INHERIT_THREAD_LOCALS", int.class)
                  .get());
    }

    private static MethodHandle getter(MethodHandles.Lookup lookup, String field, Class<?> type)
        throws ReflectiveOperationException {
      return lookup
          .findGetter(Thread.class, field, type)
          .asType(MethodType.methodType(Object.class, Thread.class));
    }
  }

  private ThreadFields() {}

  /**
   * Whether the fields can be read.
   *
   * @return false if java.lang is closed, or this JDK has other fields
   */
  public static boolean areSeen() {
    return FIELDS != null;
  }

  /**
   * Whether a thread that a thread starts inherits values of thread locals from it.
   *
   * @param starter any thread
   * @return true, too, if that is unknown
   */
  public static boolean haveInheritableLocals(Thread starter) {
    Fields fields = FIELDS;
    return fields == null || get(fields.inheritableLocals, starter) != null;
  }

  /**
   * Whether nothing is left in the calling thread of the code that has run on it: no value of a
   * thread local, no binding of a scoped value, no scope that was not closed.
   *
   * @param self the calling thread
   * @return false, too, if that is unknown
   */
  public static boolean areAsNew(Thread self) {
    Fields fields = FIELDS;
    return fields != null
        && get(fields.locals, self) == null
        && get(fields.inheritableLocals, self) == null
        && get(fields.bindings, self) == fields.noBindings
        && get(fields.scopes, self) == null;
  }

  private static @Nullable Object get(MethodHandle getter, Thread thread) {
    try {
      return (Object) getter.invokeExact(thread);
    } catch (Throwable e) {
      throw new AssertionError(e); // a field is read
    }
  }

  /**
   * The handler that a thread was given for exceptions that nothing catches. {@link
   * Thread#getUncaughtExceptionHandler} first finds out whether the thread has ended, which takes
   * longer.
   *
   * @param thread any thread
   * @return null if it was given none, or has ended; it may also be another one if the field cannot
   *     be read
   */
  public static @Nullable UncaughtExceptionHandler handler(Thread thread) {
    Fields fields = FIELDS;
    return fields == null
        ? thread.getUncaughtExceptionHandler()
        : (UncaughtExceptionHandler) fields.handler.getOpaque(thread);
  }

  /**
   * Tells the constructor of a thread that it inherits no thread locals.
   *
   * @return one of its characteristics
   */
  public static int noInheritance() {
    Fields fields = FIELDS;
    if (fields == null) {
      throw new IllegalStateException("the fields of threads cannot be read");
    }
    return fields.noInheritance;
  }
}

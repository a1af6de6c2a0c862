package io.heddle.scheduler;

import io.heddle.jvm.JdkHook;
import io.heddle.jvm.ThreadFields;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What the JDK can do and does not offer: virtual threads on an executor of one's own, and the
 * platform thread that runs the current virtual one. Both are there if java.lang is open to this
 * module ({@code --add-opens java.base/java.lang=io.heddle}, or ALL-UNNAMED on the class path).
 */
public final class Carriers {
  private static final @Nullable MethodHandle NEW_THREAD =
      JdkHook.SCHEDULER.find(Carriers::findNewThread);

  private static final @Nullable MethodHandle CURRENT = JdkHook.CARRIER.find(Carriers::findCurrent);

  private Carriers() {}

  private static MethodHandle findNewThread() throws ReflectiveOperationException {
    Class<?> builders = Class.forName("java.lang.ThreadBuilders");
    return MethodHandles.privateLookupIn(builders, MethodHandles.lookup())
        .findStatic(
            builders,
            "newVirtualThread",
            MethodType.methodType(
                Thread.class, Executor.class, String.class, int.class, Runnable.class));
  }

  private static MethodHandle findCurrent() throws ReflectiveOperationException {
    return MethodHandles.privateLookupIn(Thread.class, MethodHandles.lookup())
        .findStatic(Thread.class, "currentCarrierThread", MethodType.methodType(Thread.class));
  }

  /**
   * Whether virtual threads can run on a scheduler of ours.
   *
   * @return true if the JDK lets us
   */
  public static boolean areOpen() {
    return NEW_THREAD != null && CURRENT != null;
  }

  /**
   * Makes a virtual thread on an executor.
   *
   * @param executor runs it whenever it can continue
   * @param task what it runs
   * @return the thread, not started
   */
  public static Thread newThread(Executor executor, Runnable task) {
    return newThread(executor, 0, task);
  }

  /**
   * Makes a virtual thread on an executor that inherits nothing from the calling thread. Needs
   * {@link ThreadFields}.
   *
   * @param executor runs it whenever it can continue
   * @param task what it runs
   * @return the thread, not started, with the class loader of the system as its context
   */
  public static Thread newBareThread(Executor executor, Runnable task) {
    return newThread(executor, ThreadFields.noInheritance(), task);
  }

  private static Thread newThread(Executor executor, int characteristics, Runnable task) {
    MethodHandle handle = NEW_THREAD;
    if (handle == null) {
      throw new IllegalStateException("java.lang is not open to " + Carriers.class.getModule());
    }
    try {
      return (Thread) handle.invokeExact(executor, (String) null, characteristics, task);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** The platform thread that the calling code runs on: the carrier, on a virtual thread. */
  static @Nullable Thread current() {
    MethodHandle handle = CURRENT;
    if (handle == null) {
      return null;
    }
    try {
      return (Thread) handle.invokeExact();
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}

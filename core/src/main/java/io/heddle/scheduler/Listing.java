package io.heddle.scheduler;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's list of virtual threads, and how to start one that is not in it.
 *
 * <p>The JDK keeps every virtual thread in its root container until it ends, for {@code jcmd
 * Thread.dump_to_file}. So one that waits for what nobody can reach any more is never collected.
 * Where java.lang is open to this module, threads are started here as {@code
 * VirtualThread.start(ThreadContainer)} does, but for the line that adds the thread to the
 * container. {@code -Dheddle.leaks=off} has them listed; {@code -Djdk.trackAllThreads=false} keeps
 * the JDK from listing any.
 */
public final class Listing {
  private static final String PROPERTY = "jdk.trackAllThreads";

  /** The steps of a start: null if the JDK has others, or keeps no list. */
  private static final @Nullable MethodHandle SET_STARTED;

  private static final @Nullable MethodHandle SET_CONTAINER;
  private static final @Nullable MethodHandle SUBMIT;
  private static final @Nullable MethodHandle AFTER_DONE;

  private static final boolean KEPT;

  static {
    MethodHandle setStarted = null;
    MethodHandle setContainer = null;
    MethodHandle submit = null;
    MethodHandle afterDone = null;
    boolean kept = !"false".equals(System.getProperty(PROPERTY));
    if (Carriers.areOpen()) {
      try {
        Object root = rootContainer();
        String kind = root.getClass().getSimpleName();
        kept = !kind.equals("CountingRootContainer");
        if (kind.equals("TrackingRootContainer")
            && !"off".equals(System.getProperty("heddle.leaks"))) {
          Steps steps = new Steps();
          setStarted = steps.setStarted();
          setContainer = steps.setContainer(root);
          submit = steps.submit();
          afterDone = steps.afterDone();
        }
      } catch (ReflectiveOperationException | RuntimeException e) {
        setStarted = null; // another JDK: it lists all
      }
    }
    KEPT = kept;
    SET_STARTED = setStarted;
    SET_CONTAINER = setContainer;
    SUBMIT = submit;
    AFTER_DONE = afterDone;
  }

  private Listing() {}

  /**
   * Whether the JDK lists the virtual threads that are started by its own means.
   *
   * @return false if it holds on to none; true if it does, or that cannot be told
   */
  public static boolean isKept() {
    return KEPT;
  }

  /**
   * Whether {@link #start} keeps threads out of the list.
   *
   * @return true if it does
   */
  public static boolean isBypassed() {
    return SET_STARTED != null;
  }

  /**
   * Starts a virtual thread, unlisted if that is possible.
   *
   * @param thread a virtual thread that was not started
   */
  public static void start(Thread thread) {
    if (SET_STARTED == null || SET_CONTAINER == null || SUBMIT == null || AFTER_DONE == null) {
      thread.start();
      return;
    }
    try {
      if (!(boolean) SET_STARTED.invokeExact(thread)) {
        throw new IllegalThreadStateException("already started");
      }
      boolean started = false;
      try {
        SET_CONTAINER.invokeExact(thread);
        SUBMIT.invokeExact(thread);
        started = true;
      } finally {
        if (!started) {
          AFTER_DONE.invokeExact(thread);
        }
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The container of threads that are started in none, which a thread that fails to start tells.
   */
  private static Object rootContainer() throws ReflectiveOperationException {
    Thread probe =
        Carriers.newThread(
            task -> {
              throw new RejectedExecutionException();
            },
            () -> {});
    try {
      probe.start();
    } catch (RejectedExecutionException expected) {
      // it is out of the container again, but knows it
    }
    MethodHandle container =
        lookup(Thread.class)
            .findVirtual(Thread.class, "threadContainer", MethodType.methodType(containerType()));
    try {
      return container.asType(MethodType.methodType(Object.class, Thread.class)).invoke(probe);
    } catch (Throwable e) {
      throw new ReflectiveOperationException(e);
    }
  }

  private static Class<?> containerType() throws ClassNotFoundException {
    return Class.forName("jdk.internal.vm.ThreadContainer");
  }

  private static MethodHandles.Lookup lookup(Class<?> type) throws IllegalAccessException {
    return MethodHandles.privateLookupIn(type, MethodHandles.lookup());
  }

  /** What {@code VirtualThread.start} consists of. */
  private static final class Steps {
    private final Class<?> type = Class.forName("java.lang.VirtualThread");
    private final MethodHandles.Lookup lookup = lookup(type);

    Steps() throws ReflectiveOperationException {}

    MethodHandle setStarted() throws ReflectiveOperationException {
      MethodHandle compareAndSet =
          lookup.findVirtual(
              type,
              "compareAndSetState",
              MethodType.methodType(boolean.class, int.class, int.class));
      return onThread(
          MethodHandles.insertArguments(compareAndSet, 1, state("NEW"), state("STARTED")));
    }

    private Object state(String name) throws ReflectiveOperationException {
      return lookup.findStaticVarHandle(type, name, int.class).get();
    }

    MethodHandle setContainer(Object container) throws ReflectiveOperationException {
      MethodHandle set =
          lookup.findVirtual(
              type, "setThreadContainer", MethodType.methodType(void.class, containerType()));
      return onThread(MethodHandles.insertArguments(set, 1, container));
    }

    MethodHandle submit() throws ReflectiveOperationException {
      return onThread(
          lookup.findVirtual(
              type, "externalSubmitRunContinuationOrThrow", MethodType.methodType(void.class)));
    }

    MethodHandle afterDone() throws ReflectiveOperationException {
      MethodHandle afterDone =
          lookup.findVirtual(type, "afterDone", MethodType.methodType(void.class, boolean.class));
      return onThread(MethodHandles.insertArguments(afterDone, 1, false));
    }

    private static MethodHandle onThread(MethodHandle handle) {
      return handle.asType(handle.type().changeParameterType(0, Thread.class));
    }
  }
}

package io.heddle.scheduler;

import io.heddle.jvm.JdkHook;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's list of virtual threads, and how to start one that is not in it.
 *
 * <p>The JDK keeps every virtual thread in its root container until it ends, for {@code jcmd
 * Thread.dump_to_file}. So one that waits for an unreachable object is never collected. Where
 * java.lang is open to this module, threads are started here as {@code
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
      Found found = JdkHook.START.find(Listing::search);
      if (found != null) {
        kept = found.kept;
        if (found.steps != null) {
          setStarted = found.steps.setStarted();
          setContainer = found.steps.setContainer();
          submit = found.steps.submit();
          afterDone = found.steps.afterDone();
        }
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
   * @return false if it holds on to none; true if it does, or that is unknown
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

  private record Found(boolean kept, @Nullable Steps steps) {}

  private static Found search() throws ReflectiveOperationException {
    Object root = rootContainer();
    String kind = root.getClass().getSimpleName();
    boolean listed =
        kind.equals("TrackingRootContainer") && !"off".equals(System.getProperty("heddle.leaks"));
    return new Found(!kind.equals("CountingRootContainer"), listed ? steps(root) : null);
  }

  /** What {@code VirtualThread.start} consists of. */
  private record Steps(
      MethodHandle setStarted,
      MethodHandle setContainer,
      MethodHandle submit,
      MethodHandle afterDone) {}

  private static Steps steps(Object container) throws ReflectiveOperationException {
    Class<?> type = Class.forName("java.lang.VirtualThread");
    MethodHandles.Lookup lookup = lookup(type);
    MethodHandle compareAndSet =
        lookup.findVirtual(
            type, "compareAndSetState", MethodType.methodType(boolean.class, int.class, int.class));
    Object created = lookup.findStaticVarHandle(type, "NEW", int.class).get();
    Object started = lookup.findStaticVarHandle(type, "STARTED", int.class).get();
    MethodHandle setContainer =
        lookup.findVirtual(
            type, "setThreadContainer", MethodType.methodType(void.class, containerType()));
    MethodHandle submit =
        lookup.findVirtual(
            type, "externalSubmitRunContinuationOrThrow", MethodType.methodType(void.class));
    MethodHandle afterDone =
        lookup.findVirtual(type, "afterDone", MethodType.methodType(void.class, boolean.class));
    return new Steps(
        onThread(MethodHandles.insertArguments(compareAndSet, 1, created, started)),
        onThread(MethodHandles.insertArguments(setContainer, 1, container)),
        onThread(submit),
        onThread(MethodHandles.insertArguments(afterDone, 1, false)));
  }

  private static MethodHandle onThread(MethodHandle handle) {
    return handle.asType(handle.type().changeParameterType(0, Thread.class));
  }
}

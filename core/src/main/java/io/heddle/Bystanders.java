package io.heddle;

import io.heddle.jvm.Observers;
import io.heddle.jvm.ThreadWaits;
import io.heddle.jvm.Unparkers;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The threads that are not goroutines, for the {@link Watch}: which of them may still call.
 *
 * <p>A platform thread that waits without a limit, or for a monitor, resumes only when another
 * thread lets it. Every other one may call, but for the JVM's own, and for workers of a pool that
 * wait for work: these are woken by the thread that submits it.
 *
 * <p>A worker of ours that has nothing to do may sleep until the time of an alarm that was stopped
 * since. It does nothing of its own accord, and whether an alarm is set is for the clock to say.
 * The same is true of the JDK's {@link Unparkers}, whose queues are inspected.
 *
 * <p>A thread that waits outside of Heddle may have been let go and not have got a processor yet:
 * it looks like one that still waits. It is given half a second, in which everything has to stay as
 * it is.
 *
 * <p>A virtual thread that is not a goroutine is observed through the threads that serve it. If it
 * runs, so does its carrier. If it sleeps, the JDK's delay scheduler waits for a limited time. If
 * it waits for I/O, a poller waits on its behalf, but pollers do not reveal for how many threads.
 * So once there are pollers, the JVM's list of threads has to be free of such threads.
 */
final class Bystanders {
  /** What the JVM does for itself, in its own group of threads, and never in our time. */
  private static final Set<String> SYSTEM =
      Set.of(
          "Reference Handler",
          "Finalizer",
          "Signal Dispatcher",
          "Notification Thread",
          "Service Thread",
          "Monitor Deflation Thread",
          "Attach Listener");

  /** What the JDK does for itself. */
  private static final Set<String> INNOCUOUS = Set.of("Common-Cleaner", "VirtualThread-unblocker");

  /** Queues whose timed poll ends with nothing, unlike those that keep what is due later. */
  private static final Set<String> QUEUES =
      Set.of(
          "java.util.concurrent.SynchronousQueue",
          "java.util.concurrent.LinkedBlockingQueue",
          "java.util.concurrent.ArrayBlockingQueue",
          "java.util.concurrent.LinkedBlockingDeque",
          "java.util.concurrent.LinkedTransferQueue",
          "java.util.concurrent.PriorityBlockingQueue");

  private final @Nullable ThreadWaits waits = ThreadWaits.find();
  private Map<Thread, Long> seen = Map.of();
  private boolean onTheirWay;

  /** Notes in which wait each thread is. Returns what tells whether one may still call, or null. */
  @Nullable BooleanSupplier firstPass() {
    Thread[] all = all();
    BooleanSupplier found = caller(all);
    if (found != null) {
      return found;
    }
    if (waits == null) { // threads cannot be observed between two looks
      return () -> true;
    }
    seen = waits.count(all);
    onTheirWay = Arrays.stream(all).anyMatch(Bystanders::mayBeOnItsWay);
    return null;
  }

  /** Those that may call, each with its name, its state and what it does. */
  static List<String> callers() {
    return Arrays.stream(all())
        .filter(Bystanders::mayCall)
        .map(thread ->
            '"'
                + thread.getName()
                + "\" ["
                + thread.getState()
                + "]"
                + place(thread.getStackTrace()))
        .toList();
  }

  /** Where a thread is, above what all threads that wait have in common. */
  private static String place(StackTraceElement[] stack) {
    return Arrays.stream(stack)
        .filter(frame ->
            !frame.getClassName().startsWith("jdk.internal.")
                && !frame.getClassName().startsWith("java.util.concurrent.locks."))
        .findFirst()
        .map(frame -> " at " + frame)
        .orElse("");
  }

  /** Whether threads cannot be observed, for want of a module of the JDK. */
  boolean areHidden() {
    return waits == null;
  }

  /** Whether the first pass saw threads that may have been let go already. */
  boolean mayBeOnTheirWay() {
    return onTheirWay;
  }

  /** Whether all are in the same waits as before, and there are no others. */
  @Nullable BooleanSupplier secondPass() {
    Thread[] all = all();
    BooleanSupplier found = caller(all);
    if (found == null && (waits == null || !waits.count(all).equals(seen))) {
      found = () -> false;
    }
    return found;
  }

  private static @Nullable BooleanSupplier caller(Thread[] all) {
    for (Thread thread : all) {
      if (mayCall(thread)) {
        return () -> mayCall(thread);
      }
    }
    return null;
  }

  /** Whether any virtual thread has ever waited for I/O. */
  static boolean arePolled() {
    return Arrays.stream(everyThread())
        .anyMatch(thread ->
            thread.getClass().getName().equals("jdk.internal.misc.InnocuousThread")
                && isPoller(thread));
  }

  /** All platform threads that may have to do with a goroutine. */
  private static Thread[] all() {
    return Arrays.stream(everyThread())
        .filter(thread -> !isMachinery(thread))
        .toArray(Thread[]::new);
  }

  private static Thread[] everyThread() {
    ThreadGroup root = Thread.currentThread().getThreadGroup();
    for (ThreadGroup above = root; above != null; above = above.getParent()) {
      root = above;
    }
    Thread[] threads = new Thread[Math.max(32, root.activeCount() * 2)];
    int count = root.enumerate(threads);
    while (count == threads.length) {
      threads = new Thread[count * 2];
      count = root.enumerate(threads);
    }
    return Arrays.copyOf(threads, count);
  }

  /** Whether the thread may wake a goroutine before it is itself woken. */
  private static boolean mayCall(Thread thread) {
    return switch (thread.getState()) {
      case NEW, BLOCKED, TERMINATED -> false;
      case RUNNABLE -> true;
      case WAITING -> isClaimed(thread);
      // An idle worker of ours sleeps until an alarm may be due. The clock says whether one is.
      case TIMED_WAITING ->
          !Schedulers.isIdle(thread) && (isClaimed(thread) || !waitsForWork(thread));
    };
  }

  /** Whether a wait in Heddle is over, only that the thread has not got a processor yet. */
  private static boolean isClaimed(Thread thread) {
    return LockSupport.getBlocker(thread) instanceof Waiter waiter && !waiter.isWaiting();
  }

  /**
   * Whether a waiting thread may have been woken without a trace, because it has not got a
   * processor yet. A wait in Heddle is recognisable, and so is an idle worker of Heddle's, by its
   * tasks.
   */
  private static boolean mayBeOnItsWay(Thread thread) {
    return thread.getState() != Thread.State.TERMINATED
        && !Schedulers.isWorker(thread)
        && !(LockSupport.getBlocker(thread) instanceof Waiter);
  }

  private static boolean isMachinery(Thread thread) {
    return switch (thread.getClass().getName()) {
      case "jdk.internal.misc.InnocuousThread" ->
          INNOCUOUS.contains(thread.getName()) || isPoller(thread) || Unparkers.areIdle(thread);
      default -> isJvms(thread) || isOurs(thread);
    };
  }

  private static boolean isPoller(Thread thread) {
    return thread.getName().endsWith("Poller");
  }

  private static boolean isJvms(Thread thread) {
    ThreadGroup group = thread.getThreadGroup();
    boolean isSystems = group != null && group.getParent() == null;
    return (isSystems && (SYSTEM.contains(thread.getName()) || thread.getName().startsWith("JFR ")))
        || (thread.getName().equals("DestroyJavaVM") && thread.getStackTrace().length == 0);
  }

  private static boolean isOurs(Thread thread) {
    return thread == Thread.currentThread()
        || Schedulers.isMonitor(thread)
        || SystemClock.INSTANCE.isKeeper(thread)
        || LeakSearch.isSearcher(thread)
        || Observers.contains(thread);
  }

  /** Whether a thread is an idle worker of a pool, that waits for a limited time before it ends. */
  private static boolean waitsForWork(Thread thread) {
    if (thread.getState() != Thread.State.TIMED_WAITING
        || LockSupport.getBlocker(thread) instanceof Waiter) {
      return false;
    }
    String above = "";
    for (StackTraceElement frame : thread.getStackTrace()) {
      String type = frame.getClassName();
      if (type.equals("java.util.concurrent.ForkJoinPool")
          && frame.getMethodName().equals("awaitWork")) {
        return true;
      }
      if (type.equals("java.util.concurrent.ThreadPoolExecutor")
          && frame.getMethodName().equals("getTask")) {
        return QUEUES.contains(above);
      }
      if (!type.startsWith("java.util.concurrent.") && !type.startsWith("jdk.internal.misc.")) {
        return false;
      }
      above = type;
    }
    return false;
  }
}

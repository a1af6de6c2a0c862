package io.heddle;

import io.heddle.spi.ContextPropagator;
import io.heddle.spi.ContextPropagator.Scope;
import io.heddle.spi.ContextPropagator.Snapshot;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What a goroutine inherits from the code that starts it: bindings of scoped values, and what the
 * {@link ContextPropagator}s have captured. Where there is neither, {@link #capture} reads one field
 * of the thread and makes no object.
 */
final class Propagation {
  /** What has been reported: a propagator that fails does so for each of a million goroutines. */
  private static final Set<String> REPORTED = ConcurrentHashMap.newKeySet();

  private static final ContextPropagator[] PROPAGATORS = load();
  private static final Snapshot[] NOTHING = {};

  private final @Nullable Object bindings;
  private final Snapshot[] snapshots;

  private Propagation(@Nullable Object bindings, Snapshot[] snapshots) {
    this.bindings = bindings;
    this.snapshots = snapshots;
  }

  private static ContextPropagator[] load() {
    List<ContextPropagator> found = new ArrayList<>();
    // Heddle's loader: that of the thread that happens to start the first goroutine may see others.
    Iterator<ContextPropagator> providers =
        ServiceLoader.load(ContextPropagator.class, ContextPropagator.class.getClassLoader())
            .iterator();
    boolean hasNext = true;
    while (hasNext) {
      try {
        hasNext = providers.hasNext();
        if (hasNext) {
          found.add(providers.next());
        }
      } catch (Throwable e) { // this one cannot be used, others can
        report(ContextPropagator.class, "load", e);
      }
    }
    return found.toArray(new ContextPropagator[0]);
  }

  /** Whether goroutines inherit the bindings of scoped values. */
  static boolean scopedValues() {
    return ScopedValues.areInherited();
  }

  /** What a goroutine that the calling code starts inherits; null for nothing. */
  static @Nullable Propagation capture() {
    Object bindings = ScopedValues.current();
    Snapshot[] snapshots = PROPAGATORS.length == 0 ? NOTHING : captureAll();
    return bindings == null && snapshots.length == 0 ? null : new Propagation(bindings, snapshots);
  }

  private static Snapshot[] captureAll() {
    List<Snapshot> snapshots = new ArrayList<>(PROPAGATORS.length);
    for (ContextPropagator propagator : PROPAGATORS) {
      try {
        Snapshot snapshot = propagator.capture();
        if (snapshot != null) {
          snapshots.add(snapshot);
        }
      } catch (Throwable e) {
        report(propagator.getClass(), "capture", e);
      }
    }
    return snapshots.isEmpty() ? NOTHING : snapshots.toArray(NOTHING);
  }

  /** Prepares a goroutine's thread, which has not been started. */
  void bind(Thread thread) {
    if (bindings != null) {
      ScopedValues.bind(thread, bindings);
    }
  }

  /** The task with what has been captured. */
  Task restoring(Task task) {
    return snapshots.length == 0 ? task : new Restoring(snapshots, task);
  }

  private record Restoring(Snapshot[] snapshots, Task task) implements Task {
    @Override
    public void run() throws Exception {
      Scope[] scopes = new Scope[snapshots.length];
      int open = 0;
      try {
        for (Snapshot snapshot : snapshots) {
          Scope scope = restore(snapshot);
          if (scope != null) {
            scopes[open++] = scope;
          }
        }
        task.run();
      } finally {
        while (open > 0) {
          close(scopes[--open]);
        }
      }
    }

    private static @Nullable Scope restore(Snapshot snapshot) {
      try {
        return Objects.requireNonNull(snapshot.restore(), "restore() of a snapshot");
      } catch (Throwable e) {
        report(snapshot.getClass(), "restore", e);
        return null;
      }
    }

    private static void close(Scope scope) {
      try {
        scope.close();
      } catch (Throwable e) {
        report(scope.getClass(), "close", e);
      }
    }
  }

  private static void report(Class<?> type, String method, Throwable e) {
    if (e instanceof VirtualMachineError error) {
      throw error;
    }
    String what = type.getName() + "." + method;
    if (REPORTED.add(what)) {
      System.getLogger("io.heddle")
          .log(
              System.Logger.Level.WARNING,
              what + " failed: goroutines run without that part of their context",
              e);
    }
  }
}

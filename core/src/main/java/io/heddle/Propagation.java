package io.heddle;

import io.heddle.internal.Failures;
import io.heddle.jvm.ScopedValues;
import io.heddle.spi.ContextPropagator;
import io.heddle.spi.ContextPropagator.Scope;
import io.heddle.spi.ContextPropagator.Snapshot;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.WeakHashMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What a goroutine inherits from the code that starts it: bindings of scoped values, and what the
 * {@link ContextPropagator}s have captured. Where there is neither, {@link #capture} reads one
 * field of the thread and makes no object.
 */
final class Propagation {
  /** What has been reported: a propagator that fails does so for each of a million goroutines. */
  private static final Set<String> REPORTED = ConcurrentHashMap.newKeySet();

  private static final ContextPropagator[] PROPAGATORS = load();
  private static final @Nullable Snapshot[] NOTHING = {};

  /** What goroutines inherit, while they are there and if there are observers. */
  private static final Map<Routine, Propagation> LABELLED =
      Collections.synchronizedMap(new WeakHashMap<>());

  /** The labels that goroutines have given themselves, or have from their creators. */
  private static final Map<Routine, Map<String, String>> OWN_LABELS =
      Collections.synchronizedMap(new WeakHashMap<>());

  /** Whether any goroutine has ever had labels of its own. */
  private static volatile boolean haveLabels;

  private final @Nullable Object bindings;
  private final @Nullable Snapshot[] snapshots;

  private Propagation(@Nullable Object bindings, @Nullable Snapshot[] snapshots) {
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
        warn("Loading a propagator (" + Failures.text(e) + ")", e);
      }
    }
    return found.toArray(new ContextPropagator[0]);
  }

  /** What a goroutine that the calling code starts inherits; null for nothing. */
  static @Nullable Propagation capture() {
    Object bindings = ScopedValues.current();
    @Nullable Snapshot[] snapshots = PROPAGATORS.length == 0 ? NOTHING : captureAll();
    return bindings == null && snapshots.length == 0 ? null : new Propagation(bindings, snapshots);
  }

  /** One for each propagator, null where there is nothing; empty if there is nothing at all. */
  private static @Nullable Snapshot[] captureAll() {
    @Nullable Snapshot[] snapshots = NOTHING;
    for (int i = 0; i < PROPAGATORS.length; i++) {
      try {
        Snapshot snapshot = PROPAGATORS[i].capture();
        if (snapshot != null) {
          if (snapshots.length == 0) { // most goroutines inherit nothing, and need no array
            snapshots = new Snapshot[PROPAGATORS.length];
          }
          snapshots[i] = snapshot;
        }
      } catch (Throwable e) {
        report(PROPAGATORS[i].getClass().getName() + ".capture", e);
      }
    }
    return snapshots;
  }

  /** Has observers see what a goroutine inherits. */
  void label(Routine routine) {
    if (snapshots.length > 0) {
      LABELLED.put(routine, this);
    }
  }

  /** What identifies the contexts that a goroutine inherits, as far as there are observers. */
  static Map<String, String> labels(Routine routine) {
    Propagation inherited = LABELLED.get(routine);
    Map<String, String> labels = new TreeMap<>();
    if (inherited != null) {
      for (Snapshot snapshot : inherited.snapshots) {
        try {
          labels.putAll(snapshot == null ? Map.of() : snapshot.labels());
        } catch (Throwable e) {
          report("labels", e);
        }
      }
    }
    labels.putAll(ownLabels(routine));
    return labels;
  }

  /** Whether there is anything that only the goroutine's thread can hold. */
  boolean hasBindings() {
    return bindings != null;
  }

  /** The labels that a goroutine has given itself, or has from its creator. */
  static Map<String, String> ownLabels(Routine routine) {
    return OWN_LABELS.getOrDefault(routine, Map.of());
  }

  /** Gives a goroutine labels in the place of those that it has given itself. */
  static void setOwnLabels(Routine routine, Map<String, String> labels) {
    if (labels.isEmpty()) {
      OWN_LABELS.remove(routine);
    } else {
      haveLabels = true;
      OWN_LABELS.put(routine, labels);
    }
  }

  /** Gives a new goroutine the labels of the one that starts it. */
  static void inheritLabels(@Nullable Routine from, Routine to) {
    Map<String, String> labels = haveLabels && from != null ? ownLabels(from) : Map.of();
    if (!labels.isEmpty()) {
      setOwnLabels(to, labels);
    }
  }

  /** Prepares a goroutine's thread, which has not been started. */
  void bind(Thread thread) {
    if (bindings != null) {
      ScopedValues.bind(thread, bindings);
    }
  }

  /** The task with what has been captured. */
  Task restoring(Task task) {
    if (snapshots.length == 0) {
      return task;
    }
    if (task instanceof GroupTask<?> inGroup) { // which has to stay what the goroutine runs
      inGroup.restore(this);
      return task;
    }
    Restoring restoring = new Restoring(snapshots, task);
    return task instanceof Routine.Returning ? new Routine.Returning(restoring) : restoring;
  }

  /** A task within the scopes of what has been restored. */
  static final class Restoring implements Task, Callable<@Nullable Object> {
    private final @Nullable Snapshot[] snapshots;
    private final Task task;

    private Restoring(@Nullable Snapshot[] snapshots, Task task) {
      this.snapshots = snapshots;
      this.task = task;
    }

    @Override
    public void run() throws Exception {
      call();
    }

    @Override
    public @Nullable Object call() throws Exception {
      @Nullable Scope[] scopes = new Scope[snapshots.length];
      try {
        for (int i = 0; i < scopes.length; i++) {
          scopes[i] = restore(i);
        }
        if (task instanceof Routine.Returning(Callable<?> callable)) {
          return callable.call();
        }
        task.run();
        return null;
      } finally {
        for (int i = scopes.length - 1; i >= 0; i--) {
          close(i, scopes[i]);
        }
      }
    }

    private @Nullable Scope restore(int i) {
      Snapshot snapshot = snapshots[i];
      if (snapshot != null) {
        try {
          return Objects.requireNonNull(snapshot.restore(), "no scope");
        } catch (Throwable e) {
          report(PROPAGATORS[i].getClass().getName() + ".restore", e);
        }
      }
      return null;
    }

    private static void close(int i, @Nullable Scope scope) {
      if (scope != null) {
        try {
          scope.close();
        } catch (Throwable e) {
          report(PROPAGATORS[i].getClass().getName() + ".close", e);
        }
      }
    }
  }

  private static void report(String what, Throwable e) {
    if (e instanceof VirtualMachineError error) {
      throw error;
    }
    warn(what, e);
  }

  private static void warn(String what, Throwable e) {
    if (REPORTED.add(what)) {
      Logging.log(
          System.Logger.Level.WARNING,
          what + " failed: goroutines run without that part of their context",
          e);
    }
  }
}

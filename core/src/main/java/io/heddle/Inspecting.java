package io.heddle;

import io.heddle.internal.Inspection;
import io.heddle.internal.Stages;
import io.heddle.jvm.Observers;
import io.heddle.scheduler.Recorder;
import io.heddle.scheduler.Scheduler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The access of io.heddle.inspect, which loads this class by its name. */
final class Inspecting extends Inspection {
  /** Of more goroutines that wait for one object, only the number is given. */
  private static final int MOST_NAMED = 20;

  static {
    register(new Inspecting());
  }

  private Inspecting() {}

  @Override
  public Goroutines goroutines(int most) {
    List<Routine> all = Program.allGoroutines();
    Map<String, Long> states = new TreeMap<>();
    for (Routine routine : all) {
      states.merge(routine.doing(), 1L, Long::sum);
    }
    int count = Math.min(all.size(), most);
    List<GoroutineState> some = new ArrayList<>(count);
    Holders holders = new Holders();
    for (int i = 0; i < count; i++) {
      some.add(state(all.get((int) ((long) i * all.size() / count)), holders));
    }
    return new Goroutines(all.size(), states, some);
  }

  @Override
  public @Nullable GoroutineState goroutine(long key) {
    Routine found = find(key);
    return found == null ? null : state(found, new Holders());
  }

  @Override
  public Map<Long, String> names(Set<Long> keys) {
    Map<Long, String> names = new HashMap<>();
    keys.forEach(key -> names.put(key, Recorder.name(key)));
    for (Program program : Watch.allPrograms()) {
      program
          .registry()
          .all(one -> keys.contains(one.key()))
          .forEach(one -> names.put(one.key(), one.name()));
    }
    return names;
  }

  private static @Nullable Routine find(long key) {
    for (Program program : Watch.allPrograms()) {
      List<Routine> found = program.registry().all(one -> one.key() == key);
      if (!found.isEmpty()) {
        return found.getFirst();
      }
    }
    return null;
  }

  private static GoroutineState state(Routine routine, Holders holders) {
    Snapshot seen = routine.snapshot(holders);
    boolean waits = seen.activity().isWait();
    List<Wait> objects = new ArrayList<>();
    if (waits) {
      forEachObject(routine, (object, sends) -> objects.add(new Wait(object.rank(), sends)));
    }
    CancelContext context = contextOf(routine);
    return new GoroutineState(
        routine.key(),
        seen.program(),
        seen.id(),
        seen.name(),
        waits ? "waiting" : seen.activity().what(),
        waits ? seen.activity().what() : null,
        seen.activity().waitedNanos(),
        objects,
        seen.activity().heldBy(),
        seen.frames(),
        seen.contextError(),
        context == null ? 0 : context.number(),
        seen.createdBy(),
        Propagation.labels(routine));
  }

  /** Told what a goroutine waits for. */
  private interface Visitor {
    void visit(Waitable object, boolean sends);
  }

  /** Without a lock: it may miss one while the goroutine begins or ends its wait. */
  private static void forEachObject(Routine routine, Visitor visitor) {
    Waitable on = routine.on();
    Select select = routine.selecting();
    if (on != null) {
      visitor.visit(on, routine.reason() == WaitReason.CHAN_SEND);
    } else if (select != null) {
      for (Case<?> one : select.cases()) {
        Waitable object = one.on();
        if (object != null && one.isEnabled()) {
          visitor.visit(object, one instanceof SendCase);
        }
      }
    }
  }

  private static @Nullable CancelContext contextOf(Routine routine) {
    return DerivedContext.sourceOf(routine.context()) instanceof CancelContext ours ? ours : null;
  }

  /** What is known of an object that goroutines wait for. */
  private static final class Waits {
    int senders;
    int receivers;
    final List<Long> waiting = new ArrayList<>();
    final List<Long> holders = new ArrayList<>();
  }

  @Override
  public List<ObjectState> objects(int most) {
    Map<Waitable, Waits> objects = new HashMap<>();
    Map<Chan<?>, String> names = NamedChannels.all();
    names.keySet().forEach(channel -> objects.put(channel, new Waits()));
    int limit = names.size() + most;
    List<Routine> all = Program.allGoroutines();
    for (Routine routine : all) {
      if (routine.isWaiting()) {
        forEachObject(
            routine,
            (object, sends) -> {
              Waits waits = objects.get(object);
              if (waits == null && objects.size() < limit) {
                waits = new Waits();
                objects.put(object, waits);
              }
              if (waits != null) {
                waits.senders += sends ? 1 : 0;
                waits.receivers += sends ? 0 : 1;
                if (waits.waiting.size() < MOST_NAMED) {
                  waits.waiting.add(routine.key());
                }
              }
            });
      }
    }
    addHolders(objects, all);
    List<ObjectState> states = new ArrayList<>(objects.size());
    objects.forEach((object, waits) -> states.add(state(object, waits, names)));
    states.sort((a, b) -> Long.compare(a.id(), b.id()));
    return states;
  }

  private static void addHolders(Map<Waitable, Waits> objects, List<Routine> all) {
    for (Routine routine : all) {
      Signal end = routine.endIfAsked();
      Waits waits = end == null ? null : objects.get(end);
      if (waits != null) {
        waits.holders.add(routine.key());
      }
    }
    if (objects.keySet().stream().noneMatch(Inspecting::mayBeHeld)) {
      return;
    }
    Map<Long, Routine> byThread = new HashMap<>();
    all.forEach(routine -> byThread.put(routine.threadId(), routine));
    Readers readers = new Readers(byThread::get);
    objects.forEach((object, waits) -> {
      long holder = object.holder();
      if (holder != 0) {
        Routine known = byThread.get(holder);
        waits.holders.add(known == null ? holder : known.key());
      } else if (object instanceof RWMutex lock) {
        readers.of(lock).forEach(reader -> waits.holders.add(reader.key()));
      }
    });
  }

  private static boolean mayBeHeld(Waitable object) {
    return object.holder() != 0 || object instanceof RWMutex;
  }

  private static ObjectState state(Waitable object, Waits waits, Map<Chan<?>, String> names) {
    String name = null;
    String kind = object.getClass().getSimpleName();
    int len = 0;
    int cap = 0;
    boolean closed = false;
    int passed = 0;
    if (object instanceof Chan<?> channel) {
      name = names.get(channel);
      len = channel.len();
      cap = channel.cap();
      closed = channel.isClosed();
      passed = channel.passed();
    } else if (object instanceof Signal signal) {
      kind = signal.reason().toString();
    }
    return new ObjectState(
        object.rank(),
        kind,
        name,
        len,
        cap,
        closed,
        passed,
        waits.senders,
        waits.receivers,
        waits.waiting,
        waits.holders);
  }

  @Override
  public List<ContextState> contexts(int most) {
    Map<CancelContext, Long> goroutines = new LinkedHashMap<>();
    for (Routine routine : Program.allGoroutines()) {
      CancelContext context = contextOf(routine);
      if (context != null) {
        goroutines.merge(context, 1L, Long::sum);
      }
    }
    Set<CancelContext> tops = new HashSet<>();
    goroutines.keySet().forEach(context -> tops.add(top(context)));
    List<ContextState> states = new ArrayList<>();
    Set<CancelContext> seen = new HashSet<>();
    Deque<CancelContext> left = new ArrayDeque<>(tops);
    left.addAll(goroutines.keySet()); // those that are done have left their parents
    while (!left.isEmpty() && states.size() < most) {
      CancelContext context = left.poll();
      if (seen.add(context)) {
        states.add(state(context, goroutines.getOrDefault(context, 0L)));
        left.addAll(context.children(most));
      }
    }
    return states;
  }

  private static CancelContext top(CancelContext context) {
    CancelContext top = context;
    for (CancelContext above = above(top); above != null; above = above(top)) {
      top = above;
    }
    return top;
  }

  private static @Nullable CancelContext above(CancelContext context) {
    return DerivedContext.sourceOf(context.parent()) instanceof CancelContext above ? above : null;
  }

  private static ContextState state(CancelContext context, long goroutines) {
    CancelContext above = above(context);
    return new ContextState(
        context.number(),
        above == null ? 0 : above.number(),
        context.origin(),
        context.madeAt(),
        context.deadline(),
        CancelContext.describeEnd(context),
        goroutines);
  }

  @Override
  public List<StageState> stages() {
    List<StageState> states = new ArrayList<>();
    for (Stages.Stage stage : Stages.all()) {
      Set<Waitable> ins = sources(stage.ins());
      Set<Waitable> outs = sources(stage.outs());
      int goroutines = 0;
      int receiving = 0;
      int sending = 0;
      for (Object one : stage.goroutines()) {
        if (one instanceof Routine routine && !routine.isDone()) {
          goroutines++;
          boolean[] waits = new boolean[2];
          if (routine.isWaiting()) {
            forEachObject(
                routine,
                (object, sends) -> {
                  waits[0] |= !sends && object instanceof Chan;
                  waits[1] |= sends && outs.contains(object);
                });
          }
          receiving += waits[0] && !waits[1] ? 1 : 0;
          sending += waits[1] ? 1 : 0;
        }
      }
      if (goroutines > 0) {
        List<ObjectState> channels = new ArrayList<>();
        outs.forEach(channel -> channels.add(state(channel, new Waits(), NamedChannels.all())));
        states.add(
            new StageState(
                System.identityHashCode(stage.pipeline()),
                stage.kind(),
                stage.place(),
                ins.stream().map(Waitable::rank).toList(),
                outs.stream().map(Waitable::rank).toList(),
                channels,
                goroutines,
                receiving,
                sending));
      }
    }
    return states;
  }

  private static Set<Waitable> sources(List<Object> receivers) {
    Set<Waitable> sources = new LinkedHashSet<>();
    for (Object one : receivers) {
      if (one instanceof Receiver<?> receiver) {
        sources.add(Source.of(receiver));
      }
    }
    return sources;
  }

  @Override
  public SchedulerState scheduler() {
    RuntimeInfo info = RuntimeInfo.current();
    int timers = 0;
    long next = Clock.NEVER;
    for (AlarmQueue queue : SystemClock.INSTANCE.queues) {
      timers += queue.size();
      next = Math.min(next, queue.earliest());
    }
    long left =
        timers == 0 || next == Clock.NEVER
            ? -1
            : Math.max(0, next - SystemClock.INSTANCE.nanoTime());
    Scheduler own = Schedulers.own();
    if (own == null) {
      return new SchedulerState(
          info.summary(), info.parallelism(), -1, 0, 0, List.of(), timers, left);
    }
    Scheduler.State state = own.state();
    return new SchedulerState(
        info.summary(),
        info.parallelism(),
        state.queued(),
        state.stuck(),
        state.steals(),
        state.workers().stream()
            .map(one -> new WorkerState(one.name(), one.state(), one.queued(), one.tasks()))
            .toList(),
        timers,
        left);
  }

  @Override
  public List<TimerState> timers(int most) {
    List<TimerState> timers = new ArrayList<>();
    long now = SystemClock.INSTANCE.nanoTime();
    for (AlarmQueue queue : SystemClock.INSTANCE.queues) {
      for (Alarm alarm : queue.some()) {
        timers.add(new TimerState(alarm.deadline - now, alarm.what(), alarm.waiter()));
      }
    }
    timers.sort((a, b) -> Long.compare(a.nanos(), b.nanos()));
    return List.copyOf(timers.subList(0, Math.min(most, timers.size())));
  }

  @Override
  public boolean cancel(long key) {
    Routine found = find(key);
    if (found != null) {
      found.cancel();
    }
    return found != null;
  }

  @Override
  public Map<String, String> labels() {
    Routine self = Observers.WANTED ? Routine.of(Thread.currentThread()) : null;
    return self == null ? Map.of() : Propagation.ownLabels(self);
  }

  @Override
  public void setLabels(Map<String, String> labels) {
    Routine self = Observers.WANTED ? Routine.of(Thread.currentThread()) : null;
    if (self != null) {
      Propagation.setOwnLabels(self, labels);
    }
  }

  @Override
  public void probe(Runnable task) {
    Scheduler own = Schedulers.own();
    if (own == null) {
      Thread.ofVirtual().start(task);
    } else {
      own.execute(task);
    }
  }

  @Override
  public boolean beginTrace(int bytes) {
    return Observers.WANTED && Recorder.begin(bytes);
  }

  @Override
  public void endTrace() {
    Recorder.end();
  }

  @Override
  public List<Track> trace() {
    return Recorder.tracks().stream()
        .map(track -> new Track(track.worker(), track.name(), track.entries()))
        .toList();
  }

  @Override
  public String waitReason(int number) {
    WaitReason reason = WaitReason.of(number);
    return reason == null ? "unknown" : reason.toString();
  }

  @Override
  public List<StackTraceElement> ownFrames(List<StackTraceElement> stack) {
    return Snapshot.own(stack);
  }
}

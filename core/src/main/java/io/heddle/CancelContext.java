package io.heddle;

import io.heddle.internal.Alerts;
import io.heddle.jvm.Observers;
import io.heddle.scheduler.Headroom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A context that can be cancelled: what {@link Context#withCancel}, {@link Context#withTimeout} and
 * {@link Context#withDeadline} make. Closing it cancels it, so that {@code try (var context =
 * parent.withCancel())} is Go's {@code ctx, cancel := context.WithCancel(parent); defer cancel()}.
 *
 * <p>When the call that cancels this context returns, this context and all below it are done, and
 * goroutines that waited for that can run. If the context is already cancelled, the call returns at
 * once: then only this context is certain to be done, as the call that cancelled it may still be
 * cancelling those below.
 */
public final class CancelContext extends DerivedContext implements AutoCloseable {
  // A context listens to its parent's done signal, through a node in the signal's queue like any
  // other waiter; leaving takes constant time. Cancelling walks the tree with a work list instead
  // of recursion, and wakes threads only after the whole tree is done: a goroutine that waits for
  // the end of a context below the cancelled one then learns it from that context, not from the
  // interrupt that the cancelled one causes. Cancelling runs no foreign code: a context that is not
  // ours is asked for its reason when a context below it is asked, by the thread that asks.

  private static final Link[] NO_LINKS = {};

  private final String kind;
  private final Signal done;
  private final @Nullable Instant deadline;

  /** Where it was made; null if that is unknown, and unless there are observers. */
  private final @Nullable Creator madeAt;

  /** Ends this context when a parent ends. Set before the first of them is queued. */
  private Link[] links = NO_LINKS;

  /** Interrupts the tasks of the group whose context this is; null if it is no group's. Guarded. */
  private @Nullable GroupInterrupter tasks;

  private volatile @Nullable DeadlineAlarm alarm;

  /** When this context or one that it follows expires, as far as that is known. */
  private long expires = Clock.NEVER;

  /** Set together with firing the signal, under its lock: a thread that sees one sees the other. */
  private volatile @Nullable ContextEnd end;

  private CancelContext(
      Context parent,
      String kind,
      @Nullable Instant deadline,
      boolean interrupts,
      @Nullable BubbleClock owner) {
    super(parent, interrupts);
    this.kind = kind;
    this.deadline = deadline;
    this.madeAt = Observers.WANTED ? Creator.ifAffordable() : null;
    this.done = new Signal(WaitReason.DONE, owner);
  }

  /**
   * The bubble that a new context belongs to: the caller's, unless a parent, and with it the
   * context, can be ended from outside of that bubble.
   */
  private static @Nullable BubbleClock owner(Context... parents) {
    BubbleClock bubble = BubbleClock.current();
    if (bubble != null) {
      for (Context parent : parents) {
        if (parent.done() instanceof Source<Void> end && !bubble.contains(end)) {
          return null;
        }
      }
    }
    return bubble;
  }

  /** As {@link Context#withCancel}, but goroutines under it are interrupted in any case. */
  static CancelContext interrupting(Context parent) {
    CancelContext context =
        new CancelContext(parent, "withCancel", parent.deadline(), true, owner(parent));
    context.follow(parent);
    return context;
  }

  static CancelContext child(Context parent) {
    Headroom.forTaking();
    return child(parent, "withCancel", null);
  }

  static CancelContext timeout(Context parent, Duration timeout, @Nullable Throwable cause) {
    Headroom.forTaking();
    Clock clock = Program.current().clock();
    long now = clock.nanoTime();
    long at = Clock.later(now, Clock.nanos(timeout));
    if (at == Clock.NEVER) {
      return child(parent, "withTimeout", null);
    }
    CancelContext context = child(parent, "withTimeout", clock.instant(now, at));
    context.expireAt(clock, now, at, timeout, cause);
    return context;
  }

  static CancelContext deadline(Context parent, Instant deadline, @Nullable Throwable cause) {
    Headroom.forTaking();
    Clock clock = Program.current().clock();
    long left = Clock.nanos(Duration.between(clock.now(), deadline));
    long now = clock.nanoTime();
    CancelContext context = child(parent, "withDeadline", deadline);
    context.expireAt(clock, now, Clock.later(now, left), null, cause);
    return context;
  }

  private static CancelContext child(Context parent, String kind, @Nullable Instant deadline) {
    Instant parents = parent.deadline();
    boolean own = deadline != null && (parents == null || deadline.isBefore(parents));
    CancelContext context =
        new CancelContext(
            parent, kind, own ? deadline : parents, parent.interrupts(), owner(parent));
    context.follow(parent);
    if (sourceOf(parent) instanceof CancelContext above) {
      context.expires = above.expires;
    }
    return context;
  }

  static CancelContext merged(Context first, Context... others) {
    Headroom.forTaking();
    Instant earliest = Objects.requireNonNull(first, "context").deadline();
    for (Context other : others) {
      Instant deadline = other.deadline();
      if (deadline != null && (earliest == null || deadline.isBefore(earliest))) {
        earliest = deadline;
      }
    }
    Context[] parents = Arrays.copyOf(others, others.length + 1);
    parents[others.length] = first;
    CancelContext context =
        new CancelContext(first, "merge", earliest, first.interrupts(), owner(parents));
    context.follow(parents);
    return context;
  }

  static AfterFunc afterFunc(Context context, Task task) {
    Headroom.forTaking();
    Objects.requireNonNull(task, "task");
    BubbleClock bubble = BubbleClock.current();
    if (bubble != null && owner(context) == null) {
      return waiting(context, task, bubble);
    }
    // Made here, and not when the context ends: a propagator may run foreign code.
    Deferred goroutine = new Deferred(context.withoutCancel(), task);
    ContextListener listener = new Late(context, goroutine);
    listener.listen();
    return () -> {
      Headroom.forGiving();
      return listener.stop();
    };
  }

  /**
   * In a bubble, for a context from outside: a goroutine that waits for it as any other does, so
   * that the bubble neither moves its clock nor ends while the task may still be started.
   */
  private static AfterFunc waiting(Context context, Task task, BubbleClock bubble) {
    AtomicBoolean decided = new AtomicBoolean();
    Signal stopped = new Signal(WaitReason.DONE, bubble);
    Task waiting =
        () -> {
          Select.of(context.onDone(), stopped.onReceive())
              .await(WaitReason.DONE, null, Clock.NEVER);
          if (decided.compareAndSet(false, true)) {
            task.run();
          }
        };
    Routine.start(Program.current(), null, context.withoutCancel(), waiting, task);
    return () -> {
      boolean first = decided.compareAndSet(false, true);
      if (first) {
        stopped.fire();
      }
      return first;
    };
  }

  /**
   * Cancels this context and those below it; does nothing if it is done already.
   *
   * <p>The message of {@link #error} names the goroutine that called. For the first hundred
   * cancellations, and then for up to a thousand in a second, its stack trace shows where that was,
   * and the exceptions of operations under the context say how long ago: finding that out takes
   * longer than to cancel.
   */
  public void cancel() {
    Headroom.forGiving();
    if (end == null) {
      cancel(ContextEnd.Call.here(null));
    }
  }

  /**
   * Cancels this context and those below it, with a cause: Go's {@code WithCancelCause}. Does
   * nothing if it is done already. {@link #error} is as for {@link #cancel()}.
   *
   * @param cause its {@link #cause} from now on
   */
  public void cancel(Throwable cause) {
    Headroom.forGiving();
    Objects.requireNonNull(cause, "cause");
    if (end == null) {
      cancel(ContextEnd.Call.here(cause));
    }
  }

  /**
   * Cancels this context, as {@link #cancel()} does. Its {@link #error} names the caller only if a
   * goroutine waits for the end of the context, or if a goroutine or context below it remains.
   */
  @Override
  public void close() {
    Headroom.forGiving();
    if (end == null) {
      cancel(concernsNobody() ? new ContextEnd.Close() : ContextEnd.Call.here(null));
    }
  }

  private boolean concernsNobody() {
    return done.receivers.isEmpty() && (tasks == null || tasks.isEmpty());
  }

  /** How long ago a context has ended, for a message. */
  static String sinceEnd(@Nullable Context context) {
    ContextEnd reached = endOfOurs(context);
    return reached == null ? "" : reached.ago();
  }

  /** What has ended a context, for dumps; null if it is not done or is not one of Heddle's. */
  static @Nullable String describeEnd(@Nullable Context context) {
    ContextEnd reached = endOfOurs(context);
    return reached == null ? null : reached.describe();
  }

  /** What has ended a context; null if it is not done or is not one of Heddle's. */
  static @Nullable ContextEnd endOfOurs(@Nullable Context context) {
    return context != null && sourceOf(context) instanceof CancelContext ours ? ours.end : null;
  }

  @Override
  public @Nullable Instant deadline() {
    return deadline;
  }

  @Override
  public Receiver<Void> done() {
    return done;
  }

  @Override
  public @Nullable ContextException error() {
    ContextEnd reached = end;
    return reached == null ? null : reached.reason().error();
  }

  @Override
  public @Nullable Throwable cause() {
    ContextEnd reached = end;
    return reached == null ? null : reached.reason().cause();
  }

  @Override
  public boolean isDone() {
    return end != null;
  }

  @Override
  Context source() {
    return this;
  }

  /** Identifies it, to observers. */
  long number() {
    return done.rank();
  }

  /** The contexts directly below it that are not done; at most so many. */
  List<CancelContext> children(int most) {
    List<CancelContext> children = new ArrayList<>();
    done.enter();
    for (Node node = done.receivers.first();
        node != null && children.size() < most;
        node = node.next) {
      if (node.waiter instanceof Link link) {
        children.add(link.child);
      }
    }
    done.exit();
    return children;
  }

  @Override
  String origin() {
    return deadline == null ? kind : kind + "(" + deadline + ")";
  }

  /** Where it was made, as far as that is known. */
  @Nullable String madeAt() {
    return madeAt == null ? null : madeAt.place();
  }

  private void follow(Context... parents) {
    Link[] all = new Link[parents.length];
    int count = 0;
    for (Context parent : parents) {
      Source<Void> parentsEnd = ContextListener.doneOf(parent);
      if (parentsEnd != null) {
        all[count++] = new Link(this, parent, parentsEnd);
      }
    }
    links = count == 0 ? NO_LINKS : count == all.length ? all : Arrays.copyOf(all, count);
    for (Link link : links) {
      link.listen();
    }
    if (end != null) {
      release(); // a parent ended in the meantime: leave those joined after that
    }
  }

  /**
   * Whether a parent expires first is for the monotonic clock to say: the wall clock can be set.
   */
  private void expireAt(
      Clock clock, long now, long at, @Nullable Duration timeout, @Nullable Throwable cause) {
    if (at >= expires) {
      return;
    }
    expires = at;
    Creator place = madeAt == null ? Creator.ifAffordable() : madeAt;
    DeadlineAlarm set = new DeadlineAlarm(this, clock, timeout, place, cause);
    if (now >= at) {
      set.goOff();
      return;
    }
    alarm = set;
    clock.start(set, at);
    if (end != null) {
      release(); // it ended before the alarm could be seen
    }
  }

  /** Makes it the context of a group, which has no tasks, and starts none if it is done already. */
  CancelContext interrupts(GroupInterrupter interrupter) {
    done.enter();
    tasks = interrupter;
    done.exit();
    return this;
  }

  private void cancel(ContextEnd why) {
    List<Waiter> reached = new ArrayList<>();
    if (!finish(why, reached)) {
      return;
    }
    try {
      release();
      for (int i = 0; i < reached.size(); i++) { // it grows
        if (reached.get(i) instanceof Link link && link.child.finish(endOf(link.parent), reached)) {
          link.child.release();
        }
      }
    } finally { // there may be no memory for more: links not come to end their contexts now
      Waiter.wakeAll(reached);
    }
  }

  /** From now on it is done. The race detector has a hook here. */
  private void endsLocked(ContextEnd why) {
    assert done.isHeld();
    end = why;
  }

  /** Ends this context alone; false if it had ended before. */
  private boolean finish(ContextEnd why, List<Waiter> claimed) {
    done.enter();
    boolean first = end == null;
    if (first) {
      endsLocked(why);
      done.fireLocked(why, claimed);
      if (tasks != null) {
        Signal.addTo(claimed, tasks);
      }
    }
    done.exit();
    return first;
  }

  /** Why a context that is done is done. One that wraps another may have a reason of its own. */
  private static ContextEnd endOf(Context context) {
    ContextEnd known = endOfOurs(context);
    return known != null ? known : new ContextEnd.Foreign(context);
  }

  /** Leaves the parents and takes the alarm back: nothing refers to a context that is done. */
  private void release() {
    for (Link link : links) {
      link.stop();
    }
    DeadlineAlarm set = alarm;
    if (set != null) {
      set.clock.stop(set);
    }
  }

  /** A context's place among the waiters for the end of its parent. */
  private static final class Link extends ContextListener {
    final CancelContext child;
    final Context parent;

    Link(CancelContext child, Context parent, Source<Void> parentsEnd) {
      super(parentsEnd);
      this.child = child;
      this.parent = parent;
    }

    /** The parent's end came from elsewhere than our own cancel. */
    @Override
    void wake() {
      if (child.end == null) {
        child.cancel(endOf(parent));
      }
    }
  }

  /** Starts a goroutine when a context is done. */
  private static final class Late extends ContextListener {
    private final Deferred goroutine;

    Late(Context context, Deferred goroutine) {
      super(context);
      this.goroutine = goroutine;
    }

    @Override
    void wake() {
      goroutine.start();
    }
  }

  private static final class DeadlineAlarm extends Alarm {
    private final CancelContext context;
    private final Clock clock;
    private final @Nullable Duration timeout;
    private final @Nullable Creator madeAt;
    private final @Nullable Throwable cause;

    DeadlineAlarm(
        CancelContext context,
        Clock clock,
        @Nullable Duration timeout,
        @Nullable Creator madeAt,
        @Nullable Throwable cause) {
      this.context = context;
      this.clock = clock;
      this.timeout = timeout;
      this.madeAt = madeAt;
      this.cause = cause;
    }

    @Override
    void goOff() {
      context.cancel(new ContextEnd.Expiry(clock, this::message, cause));
      if (Observers.WANTED) {
        Alerts.raise("deadline", message());
      }
    }

    String message() {
      return "context deadline exceeded: " + what();
    }

    @Override
    String what() {
      String what =
          timeout != null ? "timeout of " + text(timeout) : "deadline " + context.deadline();
      return what + (madeAt == null ? "" : " set at " + madeAt);
    }

    /** Without the letters of ISO 8601 that are the same for all. */
    private static String text(Duration duration) {
      return duration.toString().substring(2).toLowerCase(Locale.ROOT);
    }
  }
}

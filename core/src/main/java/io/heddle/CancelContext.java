package io.heddle;

import io.heddle.scheduler.Headroom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A context that can be cancelled: what {@link Context#withCancel}, {@link Context#withTimeout} and
 * {@link Context#withDeadline} make. Closing it cancels it, so that {@code try (var context =
 * parent.withCancel())} is Go's {@code ctx, cancel := context.WithCancel(parent); defer cancel()}.
 *
 * <p>When the call that cancels this context returns, it and all below it are done, and goroutines
 * that waited for that can run. A call that finds it cancelled already returns at once: then only
 * this context is sure to be done, as the call that did it may still be at work on those below.
 */
public final class CancelContext extends DerivedContext implements AutoCloseable {
  // A context listens to its parent's done signal, through a node in the signal's queue like any
  // other waiter; leaving takes constant time. Cancelling walks the tree with a work list instead
  // of recursion, and wakes threads only after the whole tree is done: a goroutine that waits for
  // the end of a context below the cancelled one then learns it from that context, not from the
  // interrupt that the cancelled one causes.

  /** Why a context is done. */
  private static final class End {
    private volatile @Nullable ContextException error;
    private final @Nullable Throwable cause;

    /**
     * Of a context that was cancelled without a cause. Its error is made when somebody asks for it:
     * most contexts end because their scope is left, and nobody does.
     */
    End() {
      this.cause = null;
    }

    End(ContextException error, @Nullable Throwable cause) {
      this.error = error;
      this.cause = cause;
    }

    ContextException error() {
      ContextException made = error;
      return made != null ? made : makeError();
    }

    private synchronized ContextException makeError() {
      ContextException made = error;
      if (made == null) {
        made = CancelledException.withoutTrace("context cancelled");
        error = made;
      }
      return made;
    }

    Throwable cause() {
      return cause != null ? cause : error();
    }
  }

  private final String kind;
  private final Signal done;
  private final @Nullable Instant deadline;

  /** What makes this context end when a parent does. Set before the first of them is queued. */
  private Link[] links = {};

  private volatile @Nullable DeadlineAlarm alarm;

  /** When this context or one that it follows expires, as far as that is known. */
  private long expires = Clock.NEVER;

  /** Set together with firing the signal, under its lock: who sees one sees the other. */
  private volatile @Nullable End end;

  private CancelContext(
      Context parent, String kind, @Nullable Instant deadline, @Nullable BubbleClock owner) {
    super(parent);
    this.kind = kind;
    this.deadline = deadline;
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

  static CancelContext timeout(Context parent, Duration timeout, @Nullable Throwable cause) {
    Clock clock = Program.current().clock();
    long at = clock.deadline(timeout);
    return at == Clock.NEVER
        ? child(parent, "withTimeout", Clock.NEVER, null, null)
        : child(parent, "withTimeout", at, clock.instant(at), cause);
  }

  static CancelContext deadline(Context parent, Instant deadline, @Nullable Throwable cause) {
    Clock clock = Program.current().clock();
    long at = clock.deadline(Duration.between(clock.now(), deadline));
    return child(parent, "withDeadline", at, deadline, cause);
  }

  static CancelContext child(
      Context parent, String kind, long at, @Nullable Instant deadline, @Nullable Throwable cause) {
    Headroom.forTaking();
    Instant parents = parent.deadline();
    boolean own = deadline != null && (parents == null || deadline.isBefore(parents));
    CancelContext context =
        new CancelContext(parent, kind, own ? deadline : parents, owner(parent));
    context.follow(parent);
    // Whether the parent comes first is for the monotonic clock to say: the wall clock can be set.
    long first = sourceOf(parent) instanceof CancelContext above ? above.expires : Clock.NEVER;
    context.expires = Math.min(at, first);
    if (at < first) {
      context.expireAt(at, cause);
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
    CancelContext context = new CancelContext(first, "merge", earliest, owner(parents));
    context.follow(parents);
    return context;
  }

  static Stop afterFunc(Context context, Task task) {
    Headroom.forTaking();
    Objects.requireNonNull(task, "task");
    Program program = Program.current();
    Creator creator = Creator.of(task);
    ContextListener listener = new Late(context, program, task, creator);
    listener.listen();
    return () -> {
      Headroom.forGiving();
      return listener.stop();
    };
  }

  /**
   * Cancels this context and those below it; does nothing if it is done already. Its {@link #error}
   * has no stack trace: to say who cancelled it, {@linkplain #cancel(Throwable) give a cause}.
   */
  public void cancel() {
    Headroom.forGiving();
    if (end == null) {
      cancel(new End());
    }
  }

  /**
   * Cancels this context and those below it, and says why: Go's {@code WithCancelCause}. Does
   * nothing if it is done already.
   *
   * @param cause its {@link #cause} from now on
   */
  public void cancel(Throwable cause) {
    Headroom.forGiving();
    Objects.requireNonNull(cause, "cause");
    if (end == null) {
      cancel(new End(new CancelledException("context cancelled", cause), cause));
    }
  }

  /** Cancels this context, as {@link #cancel()} does. */
  @Override
  public void close() {
    cancel();
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
    End reached = end;
    return reached == null ? null : reached.error();
  }

  @Override
  public @Nullable Throwable cause() {
    End reached = end;
    return reached == null ? null : reached.cause();
  }

  @Override
  Context source() {
    return this;
  }

  @Override
  String origin() {
    return deadline == null ? kind : kind + "(" + deadline + ")";
  }

  private void follow(Context... parents) {
    links = new Link[parents.length];
    for (int i = 0; i < parents.length; i++) {
      links[i] = new Link(this, parents[i]);
    }
    for (Link link : links) {
      link.listen();
    }
    if (end != null) {
      release(); // a parent ended in the meantime: leave those joined after that
    }
  }

  private void expireAt(long at, @Nullable Throwable cause) {
    DeadlineAlarm set = new DeadlineAlarm(this, Program.current().clock(), cause);
    if (set.clock.nanoTime() >= at) {
      set.goOff();
      return;
    }
    alarm = set;
    set.clock.start(set, at);
    if (end != null) {
      release(); // it ended before the alarm could be seen
    }
  }

  /** A context whose turn has come, and why. */
  private record Step(CancelContext context, End why) {}

  private void cancel(End why) {
    ArrayDeque<Step> tree = new ArrayDeque<>();
    List<Waiter> claimed = new ArrayList<>();
    List<Waiter> threads = new ArrayList<>();
    tree.add(new Step(this, why));
    for (Step step = tree.poll(); step != null; step = tree.poll()) {
      CancelContext context = step.context;
      if (!context.finish(step.why, claimed)) {
        continue;
      }
      for (Waiter waiter : claimed) {
        if (waiter instanceof Link link) {
          boolean ours = sourceOf(link.parent) == context; // else a wrapper may have its own reason
          tree.add(new Step(link.child, ours ? step.why : endOf(link.parent)));
        } else {
          threads.add(waiter);
        }
      }
      claimed.clear();
      context.release();
    }
    Waiter.wakeAll(threads);
  }

  /** Ends this context alone; false if it had ended before. */
  private boolean finish(End why, List<Waiter> claimed) {
    done.enter();
    boolean first = end == null;
    if (first) {
      end = why;
      done.fireLocked(claimed);
    }
    done.exit();
    return first;
  }

  /** Why a context that may be anybody's code is done. */
  private static End endOf(Context context) {
    ContextException error;
    Throwable cause;
    try {
      error = context.error();
      cause = context.cause();
    } catch (RuntimeException e) { // the children must end all the same
      error = null;
      cause = e;
    }
    if (error == null) {
      error = new CancelledException("context cancelled", cause);
    }
    return new End(error, cause);
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

  /** A context's place among those who wait for the end of its parent. */
  private static final class Link extends ContextListener {
    final CancelContext child;
    final Context parent;

    Link(CancelContext child, Context parent) {
      super(Objects.requireNonNull(parent, "context"));
      this.child = child;
      this.parent = parent;
    }

    /** The parent's end came from elsewhere than our own cancel. */
    @Override
    void wake() {
      child.cancel(endOf(parent));
    }
  }

  /** Starts a goroutine when a context is done. */
  private static final class Late extends ContextListener {
    private final Program program;
    private final Task task;
    private final Creator creator;

    Late(Context context, Program program, Task task, Creator creator) {
      super(context);
      this.program = program;
      this.task = task;
      this.creator = creator;
    }

    @Override
    void wake() {
      program.startLate(task, creator);
    }
  }

  private static final class DeadlineAlarm extends Alarm {
    private final CancelContext context;
    private final Clock clock;
    private final @Nullable Throwable cause;

    DeadlineAlarm(CancelContext context, Clock clock, @Nullable Throwable cause) {
      this.context = context;
      this.clock = clock;
      this.cause = cause;
    }

    @Override
    void goOff() {
      ContextException error = new DeadlineExceededException("context deadline exceeded", cause);
      context.cancel(new End(error, cause));
    }
  }
}

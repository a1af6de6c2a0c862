package io.heddle;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Why a context is done: the same object for all contexts that one event ended. The reason is made
 * when it is first asked for. Most contexts end because their scope is left, and are never asked.
 */
abstract sealed class ContextEnd {
  private static final String CANCELLED = "context cancelled";
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private static final VarHandle REASON;

  static {
    try {
      REASON = MethodHandles.lookup().findVarHandle(ContextEnd.class, "reason", Reason.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  volatile @Nullable Reason reason;

  /** Does not throw what a foreign context throws: every wait under a context calls this. */
  final Reason reason() {
    Reason known = reason;
    if (known != null) {
      return known;
    }
    // Without a lock: foreign code may wait for another thread that asks for the same reason.
    Reason found = find();
    Reason first = (Reason) REASON.compareAndExchange(this, null, found);
    return first == null ? found : first;
  }

  abstract Reason find();

  /** The reason, unless foreign code has to be asked for it. */
  @Nullable Reason known() {
    return reason();
  }

  /**
   * Whether two contexts that are done were ended by the same event. If that cannot be known, as
   * one of them is a foreign context, the answer is yes.
   *
   * @param one what has ended one of them; null if that is not known
   * @param other what has ended the other
   */
  static boolean isSame(@Nullable ContextEnd one, @Nullable ContextEnd other) {
    return one == other
        || one == null
        || other == null
        || one instanceof Foreign
        || other instanceof Foreign;
  }

  /** " 3 s ago", from the first second on; empty where that is not known. */
  String ago() {
    return "";
  }

  /** What ended the context and where, as far as that is known without foreign code. */
  final String describe() {
    Reason known = known();
    if (known == null) {
      return CANCELLED;
    }
    String place = Creator.placeIn(known.error());
    return known.error().getMessage() + ago() + (place == null ? "" : " at " + place);
  }

  static Reason withoutCause(@Nullable Throwable cause) {
    return Reason.of(new CancelledException(CANCELLED, cause, cause != null), cause);
  }

  /** What {@link Context#error} and {@link Context#cause} return. */
  record Reason(ContextException error, Throwable cause) {
    static Reason of(ContextException error, @Nullable Throwable cause) {
      return new Reason(error, cause != null ? cause : error);
    }
  }

  /** Closed while no goroutine waited for the end. */
  static final class Close extends ContextEnd {
    @Override
    Reason find() {
      return withoutCause(null);
    }
  }

  /**
   * The end of a foreign context. The thread that asks runs that context's code, and not the thread
   * that cancels, which may hold the locks of that code.
   */
  static final class Foreign extends ContextEnd {
    private final Context from;

    Foreign(Context from) {
      this.from = from;
    }

    @Override
    Reason find() {
      ContextException error = null;
      Throwable cause;
      try {
        error = from.error();
        cause = from.cause();
      } catch (Throwable e) { // a mock's AssertionError, for one
        cause = e;
      }
      return error == null ? withoutCause(cause) : Reason.of(error, cause);
    }

    @Override
    @Nullable Reason known() {
      return reason;
    }
  }

  /** An end whose time is known. */
  abstract static sealed class Timed extends ContextEnd {
    /** What the time was read from; null if it was not. */
    private final @Nullable Clock clock;

    private final long at;

    Timed(@Nullable Clock clock) {
      this.clock = clock;
      this.at = clock == null ? 0 : clock.nanoTime();
    }

    @Override
    final String ago() {
      if (clock == null || clock != Program.current().clock()) {
        return "";
      }
      long seconds = (clock.nanoTime() - at) / NANOS_PER_SECOND;
      return seconds < 1
          ? ""
          : seconds < 120 ? " " + seconds + " s ago" : " " + seconds / 60 + " min ago";
    }
  }

  /** Cancelled by a thread. */
  static final class Call extends Timed {
    /** The caller's number and name, and not the caller, whose stack is to go when it has ended. */
    private final long goroutine;

    private final String name;
    private final @Nullable Throwable cause;

    private Call(
        @Nullable Clock clock, @Nullable Routine caller, String name, @Nullable Throwable cause) {
      super(clock);
      this.goroutine = caller == null ? 0 : caller.id();
      this.name = name;
      this.cause = cause;
    }

    /** By the calling thread. Where and when is left out above a rate, as it takes long to find. */
    static Call here(@Nullable Throwable cause) {
      Thread thread = Thread.currentThread();
      Routine caller = Routine.of(thread);
      if (!Creator.mayWalk()) {
        return new Call(null, caller, thread.getName(), cause);
      }
      Call call = new Call(Program.current().clock(), caller, thread.getName(), cause);
      try {
        call.reason = call.find(true);
      } catch (VirtualMachineError e) {
        // Of stack or memory: cancelling must not fail for a stack trace.
      }
      return call;
    }

    @Override
    Reason find() {
      return find(false);
    }

    private Reason find(boolean hasTrace) {
      String message = CANCELLED.concat(" by ").concat(Routine.text(goroutine, name));
      return Reason.of(new CancelledException(message, cause, hasTrace), cause);
    }
  }

  /** The deadline has passed. */
  static final class Expiry extends Timed {
    private final Supplier<String> message;
    private final @Nullable Throwable cause;

    Expiry(Clock clock, Supplier<String> message, @Nullable Throwable cause) {
      super(clock);
      this.message = message;
      this.cause = cause;
    }

    @Override
    Reason find() {
      return Reason.of(DeadlineExceededException.withoutTrace(message.get(), cause), cause);
    }
  }
}

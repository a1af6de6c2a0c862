package io.heddle;

import java.io.InterruptedIOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What the tasks of a group threw: the first, as many others as a reader may want to see, and how
 * many there were, as a group can have a million tasks that all fail.
 *
 * <p>A task that waited for other tasks may throw what that wait threw, a <i>report</i>. It stands
 * for the failures that it reports, so these are added in its place.
 */
final class Failures extends SpinLock {
  /** How many failures are kept besides the first. */
  static final int OTHERS = 16;

  /** How far to look among an exception's causes, which may form a cycle. */
  private static final int MAX_CAUSES = 32;

  private final List<Throwable> others = new ArrayList<>(0);
  private @Nullable Throwable first;
  private long count;

  /** Whether a cancellation came before the first failure, and kept a task from succeeding. */
  private boolean cut;

  /** Whether somebody has been thrown what there is. */
  private volatile boolean thrown;

  /**
   * Adds what a task threw.
   *
   * @return whether it is the first
   */
  boolean add(Throwable failure) {
    return add(failure, true);
  }

  /**
   * Adds what a task threw after it was cancelled. That is no failure if it only says so, and not
   * the first one in any case.
   */
  void addCancelled(Throwable failure) {
    if (!isCancellation(failure)) {
      add(failure, false);
    } else {
      enter();
      cut |= first == null;
      exit();
      for (Throwable other : suppressed(failure)) { // by the end of an inner group, say
        if (!isCancellation(other)) {
          add(other, false);
        }
      }
    }
  }

  private boolean add(Throwable failure, boolean mayBeFirst) {
    List<Throwable> all = new ArrayList<>(1);
    long number = flatten(failure, all);
    boolean isFirst = false;
    enter();
    try {
      if (first == null && mayBeFirst && !cut) {
        first = all.getFirst();
        isFirst = true;
      }
      cut |= first == null;
      count += number;
      for (Throwable one : all) {
        if (others.size() == OTHERS) {
          break;
        }
        if (one != first && !containsSame(others, one)) {
          others.add(one);
        }
      }
    } catch (OutOfMemoryError e) {
      // They are counted, if not kept.
    } finally {
      exit();
    }
    return isFirst;
  }

  private static boolean containsSame(List<Throwable> list, Throwable one) {
    for (Throwable other : list) {
      if (other == one) {
        return true;
      }
    }
    return false;
  }

  /** The failure, or those that it reports; how many they are, of which some may not be kept. */
  private static long flatten(Throwable failure, List<Throwable> into) {
    Throwable inner = failure;
    List<Throwable> more = new ArrayList<>(0);
    long number = 1;
    for (int i = 0; i < MAX_CAUSES && isReport(inner); i++) {
      Throwable[] suppressed = inner.getSuppressed();
      more.addAll(List.of(suppressed));
      number += inner instanceof Counted counted ? counted.failures() - 1 : suppressed.length;
      inner = Objects.requireNonNull(inner.getCause(), "a report has a cause");
    }
    into.add(inner);
    into.addAll(more);
    return number;
  }

  /** Whether an exception says no more than its cause and its suppressed exceptions do. */
  private static boolean isReport(Throwable failure) {
    if (failure instanceof Counted) {
      return true;
    }
    Class<?> type = failure.getClass();
    Throwable cause =
        type == ExecutionException.class || type == CompletionException.class
            ? failure.getCause()
            : null;
    return cause != null && text(cause).equals(failure.getMessage());
  }

  /**
   * Whether this is how work ends that was cancelled and does as it is told, perhaps wrapped on its
   * way. To be asked by the thread that threw it, without a lock: what an exception says of its
   * cause is anybody's code.
   */
  static boolean isCancellation(@Nullable Throwable failure) {
    Throwable cause = failure;
    try {
      for (int i = 0; i < MAX_CAUSES && cause != null; i++) {
        if (isInterruption(cause) || cause instanceof BubbleClock.Abandoned) {
          return true;
        }
        cause = cause.getCause();
      }
    } catch (Throwable e) {
      // not known to be one
    }
    return false;
  }

  /** Whether this is what an operation throws that an interrupt or the end of a context stopped. */
  static boolean isInterruption(Throwable failure) {
    return switch (failure) {
      case InterruptedException _, ContextException _, ClosedByInterruptException _ -> true;
      case SocketTimeoutException _ -> false;
      case InterruptedIOException _ -> true;
      // A socket that was closed by an interrupt says so in words only, but leaves it pending.
      case SocketException _ -> Thread.currentThread().isInterrupted();
      default -> false;
    };
  }

  private static Throwable[] suppressed(Throwable failure) {
    try {
      return failure.getSuppressed();
    } catch (Throwable e) {
      return new Throwable[0];
    }
  }

  /** What a failure says of itself, which is anybody's code: else its class. */
  static String text(Throwable failure) {
    try {
      return failure.toString();
    } catch (Throwable e) {
      return failure.getClass().getName();
    }
  }

  /** Names a goroutine that failed, for a log. */
  static String headline(Goroutine<?> failed) {
    String number = "goroutine " + failed.id();
    String name = failed.name();
    return (name.equals(number) ? number : number + " \"" + name + '"')
        + " failed; it was created by "
        + failed.createdBy();
  }

  @Nullable Throwable first() {
    enter();
    Throwable failure = first;
    exit();
    return failure;
  }

  /** The first, and the others that are kept; empty if there are none. */
  List<Throwable> all() {
    List<Throwable> all = new ArrayList<>(1 + OTHERS);
    enter();
    try {
      if (first != null) {
        all.add(first);
      }
      all.addAll(others);
    } finally { // there may be no memory
      exit();
    }
    return all;
  }

  /**
   * Ends a wait: throws the failures, or what tells of the cancellation; returns if all is well.
   */
  void check(String operation, Context context) throws ExecutionException {
    if (first() != null) {
      thrown = true;
      throw report(Checked::new);
    }
    checkCut(operation, context);
  }

  /** As {@link #check}, where nothing checked can be thrown. */
  void checkUnchecked(String operation, Context context) {
    if (first() != null) {
      thrown = true;
      throw report(Unchecked::new);
    }
    checkCut(operation, context);
  }

  private void checkCut(String operation, Context context) {
    enter();
    boolean isCut = cut;
    exit();
    if (isCut) {
      ContextException exception = ContextException.of(operation, context);
      all().forEach(exception::addSuppressed);
      thrown = true;
      throw exception;
    }
  }

  /** Throws the failures that no wait has thrown. */
  void checkUnthrown() {
    if (!thrown && !all().isEmpty()) {
      thrown = true;
      throw report(Unchecked::new);
    }
  }

  /** A failure as the cause of what a wait throws, where nothing checked can be thrown. */
  static CompletionException report(Throwable failure) {
    Failures one = new Failures();
    one.add(failure);
    return one.report(Unchecked::new);
  }

  @FunctionalInterface
  private interface Kind<X extends Throwable> {
    X of(String message, Throwable cause, long failures);
  }

  private <X extends Throwable> X report(Kind<X> kind) {
    List<Throwable> all = all();
    enter();
    long failures = count;
    exit();
    Throwable cause = all.getFirst();
    String text = text(cause);
    X exception =
        kind.of(
            failures == 1 ? text : text + " (the first of " + failures + " failures)",
            cause,
            failures);
    all.subList(1, all.size()).forEach(exception::addSuppressed);
    return exception;
  }

  /** A report that knows of how many failures it is, for a group around the one that threw it. */
  private interface Counted {
    long failures();
  }

  private static final class Checked extends ExecutionException implements Counted {
    private static final long serialVersionUID = 1;

    private final long failures;

    Checked(String message, Throwable cause, long failures) {
      super(message, cause);
      this.failures = failures;
    }

    @Override
    public long failures() {
      return failures;
    }

    @Override
    @SuppressWarnings("OverrideThrowableToString") // the class is nobody's business
    public String toString() {
      return ExecutionException.class.getName() + ": " + getMessage();
    }
  }

  private static final class Unchecked extends CompletionException implements Counted {
    private static final long serialVersionUID = 1;

    private final long failures;

    Unchecked(String message, Throwable cause, long failures) {
      super(message, cause);
      this.failures = failures;
    }

    @Override
    public long failures() {
      return failures;
    }

    @Override
    @SuppressWarnings("OverrideThrowableToString") // the class is nobody's business
    public String toString() {
      return CompletionException.class.getName() + ": " + getMessage();
    }
  }
}

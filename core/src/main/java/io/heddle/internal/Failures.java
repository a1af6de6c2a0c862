package io.heddle.internal;

import java.io.InterruptedIOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The failures of the tasks of a group, a race, a flight, a pipeline or a scope: the first, a
 * limited number of others, and how many there were, as a group can have a million tasks that all
 * fail.
 *
 * <p>A wait throws them as a <i>report</i>: an {@link ExecutionException}, a {@link
 * CompletionException} where nothing checked can be thrown, or an exception of a {@linkplain
 * #registerReport registered} type. Its cause is the first failure, the others are suppressed in
 * it, and its message is that of the JDK's exceptions, the cause's {@code toString}, followed by
 * the number if it is not one. So a report is recognized, also after it was serialized. A task that
 * waited for other tasks may throw the report of that wait. The report stands for the failures in
 * it, so these are added in its place.
 *
 * <p>The methods of an exception may be overridden and throw. All uses of them here allow for that.
 */
public final class Failures {
  /** How many failures are kept besides the first. */
  public static final int OTHERS = 16;

  /** How far to look among an exception's causes, which may form a cycle. */
  private static final int MAX_CAUSES = 32;

  /** How the message of a report of several failures ends. */
  private static final Pattern NUMBER =
      Pattern.compile(" \\(the first of ([0-9]{1,18}) failures\\)");

  /** The types of reports. Exceptions of their subclasses are failures. */
  private static final Set<Class<?>> REPORTS = ConcurrentHashMap.newKeySet();

  static {
    REPORTS.add(ExecutionException.class);
    REPORTS.add(CompletionException.class);
  }

  /** Whether an exception is Heddle's own and says that work was cancelled. */
  private static volatile Predicate<Throwable> isCancellation = failure -> false;

  // All guarded by this.
  private final List<Throwable> others = new ArrayList<>(0);
  private @Nullable Throwable first;
  private long count;

  /** Whether a cancellation came before the first failure, and kept a task from succeeding. */
  private boolean cut;

  /** Whether a wait has thrown the failures. */
  private volatile boolean thrown;

  /** Makes a collector without failures. */
  public Failures() {}

  /**
   * Sets how the exceptions of a cancellation are recognized, the types of which this package does
   * not know.
   *
   * @param isCancellation whether an exception is one of Heddle's own and says so
   */
  public static void register(Predicate<Throwable> isCancellation) {
    Failures.isCancellation = isCancellation;
  }

  /**
   * Adds a type of exceptions that waits throw as reports.
   *
   * @param type a class the methods of which are those of {@link Throwable}
   */
  public static void registerReport(Class<? extends Throwable> type) {
    REPORTS.add(type);
  }

  /**
   * Adds what a task threw.
   *
   * @param failure any exception
   * @return whether it is the first
   */
  public boolean add(Throwable failure) {
    return add(failure, true);
  }

  /**
   * Adds what a task threw after it was cancelled. That is no failure if it only says so, and not
   * the first one in any case.
   *
   * @param failure any exception
   * @param why the cause of the cancellation, if that is known. A task that throws it reports
   *     nothing new
   */
  public void addCancelled(Throwable failure, @Nullable Throwable why) {
    if (!isCancellation(failure, why)) {
      add(failure, false);
    } else {
      synchronized (this) {
        cut |= first == null;
      }
      addWithin(failure, why);
    }
  }

  /**
   * Adds the failures that are suppressed in the exception of a cancellation, by the close of an
   * inner group for one. That a task was cancelled is not recorded.
   *
   * @param cancellation what a task threw because it was cancelled
   * @param why the cause of the cancellation, if that is known
   */
  public void addWithin(Throwable cancellation, @Nullable Throwable why) {
    for (Throwable other : cancellation.getSuppressed()) {
      if (!isCancellation(other, why)) {
        add(other, false);
      }
    }
  }

  private boolean add(Throwable failure, boolean mayBeFirst) {
    List<Throwable> all = new ArrayList<>(1);
    long number = flatten(failure, all, 0);
    synchronized (this) {
      boolean isFirst = first == null && mayBeFirst && !cut;
      if (isFirst) {
        first = all.getFirst();
      }
      cut |= first == null;
      count += number;
      try {
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
      }
      return isFirst;
    }
  }

  private static boolean containsSame(List<Throwable> list, Throwable one) {
    for (Throwable other : list) {
      if (other == one) {
        return true;
      }
    }
    return false;
  }

  /**
   * Adds a failure to a list, or those that it reports, as far as they may be kept.
   *
   * @return how many they are
   */
  private static long flatten(Throwable failure, List<Throwable> into, int depth) {
    if (into.size() > OTHERS) {
      return 1;
    }
    long number = depth == MAX_CAUSES ? 0 : reported(failure);
    Throwable cause = number == 0 ? null : failure.getCause();
    if (cause == null) {
      into.add(failure);
      return 1;
    }
    number += flatten(cause, into, depth + 1) - 1;
    for (Throwable other : failure.getSuppressed()) {
      number += flatten(other, into, depth + 1) - 1;
    }
    return number;
  }

  /** How many failures an exception reports; zero if it is no report, but a failure itself. */
  private static long reported(Throwable failure) {
    if (!REPORTS.contains(failure.getClass())) {
      return 0;
    }
    Throwable cause = failure.getCause();
    String message = failure.getMessage();
    String text = cause == null ? null : text(cause);
    if (message == null || text == null || !message.startsWith(text)) {
      return 0;
    }
    long kept = 1L + failure.getSuppressed().length; // a close may have added some
    if (message.length() == text.length()) {
      return kept;
    }
    Matcher number = NUMBER.matcher(message.substring(text.length()));
    return number.matches() ? Math.max(kept, Long.parseLong(number.group(1))) : 0;
  }

  /**
   * Whether this is how cancelled work ends, perhaps wrapped on its way. To be called by the thread
   * that threw it, and without a lock.
   *
   * @param failure the exception or error
   * @return false also if the exception cannot be asked for its cause
   */
  public static boolean isCancellation(@Nullable Throwable failure) {
    return isCancellation(failure, null);
  }

  /**
   * Whether this is how cancelled work ends, as {@link #isCancellation(Throwable)}, or what the
   * work was cancelled with.
   *
   * @param failure the exception or error
   * @param why the cause of the cancellation, if that is known
   * @return false also if the exception cannot be asked for its cause
   */
  public static boolean isCancellation(@Nullable Throwable failure, @Nullable Throwable why) {
    Throwable cause = failure;
    try {
      for (int i = 0; i < MAX_CAUSES && cause != null; i++) {
        if (cause == why || isInterruption(cause) || isCancellation.test(cause)) {
          return true;
        }
        cause = cause.getCause();
      }
    } catch (Throwable e) {
      // not known to be one
    }
    return false;
  }

  /**
   * Whether this is the exception of an operation that an interrupt has stopped.
   *
   * @param failure what the operation threw, on the calling thread
   * @return false for a time-out
   */
  public static boolean isInterruption(Throwable failure) {
    return switch (failure) {
      case InterruptedException _, ClosedByInterruptException _ -> true;
      case SocketTimeoutException _ -> false;
      case InterruptedIOException _ -> true;
      // A socket that was closed by an interrupt says so in words only, but leaves it pending.
      case SocketException _ -> Thread.currentThread().isInterrupted();
      default -> false;
    };
  }

  /**
   * An exception's {@code toString}, or the name of its class if that throws or returns null.
   *
   * @param failure any exception
   * @return the text
   */
  public static String text(Throwable failure) {
    String text = null;
    try {
      text = failure.toString();
    } catch (Throwable e) {
      // as if it had said nothing
    }
    return text != null ? text : failure.getClass().getName();
  }

  /**
   * The first failure.
   *
   * @return null if absent
   */
  public synchronized @Nullable Throwable first() {
    return first;
  }

  /**
   * The first failure, and the others that are kept.
   *
   * @return a new list
   */
  public synchronized List<Throwable> all() {
    List<Throwable> all = new ArrayList<>(1 + others.size());
    if (first != null) {
      all.add(first);
    }
    all.addAll(others);
    return all;
  }

  /**
   * Whether tasks were cancelled before the first failure, and did not succeed because of that.
   *
   * @return true if a wait throws a ContextException
   */
  public synchronized boolean isCut() {
    return cut;
  }

  /**
   * Throws the failures if there are any, and if they came before a cancellation.
   *
   * @throws ExecutionException with the first failure as its cause
   */
  public void check() throws ExecutionException {
    if (first() != null) {
      throw report(ExecutionException::new);
    }
  }

  /**
   * Throws the failures as {@link #check} does, where nothing checked can be thrown.
   *
   * @throws CompletionException with the first failure as its cause
   */
  public void checkUnchecked() {
    if (first() != null) {
      throw report(CompletionException::new);
    }
  }

  /**
   * Throws the failures that no wait has thrown.
   *
   * @throws CompletionException with the first failure as its cause
   */
  public void checkUnthrown() {
    if (!thrown && !all().isEmpty()) {
      throw report(CompletionException::new);
    }
  }

  /**
   * Adds the failures to what a wait throws because of something else.
   *
   * @param <X> what the wait throws
   * @param exception has them as suppressed exceptions then
   * @return the exception
   */
  public <X extends Throwable> X addTo(X exception) {
    thrown = true;
    all().forEach(exception::addSuppressed);
    return exception;
  }

  private <X extends Throwable> X report(BiFunction<String, Throwable, X> kind) {
    thrown = true;
    List<Throwable> all;
    long number;
    synchronized (this) {
      all = all();
      number = count;
    }
    Throwable cause = all.getFirst();
    String text = text(cause);
    X exception =
        kind.apply(number == 1 ? text : text + " (the first of " + number + " failures)", cause);
    all.subList(1, all.size()).forEach(exception::addSuppressed);
    return exception;
  }

  /**
   * A report of one failure, or of the failures that it reports.
   *
   * @param <X> the type of the report
   * @param failure what a task threw
   * @param kind makes an exception from a message and a cause
   * @return what a wait throws
   */
  public static <X extends Throwable> X report(
      Throwable failure, BiFunction<String, Throwable, X> kind) {
    Failures one = new Failures();
    one.add(failure);
    return one.report(kind);
  }
}

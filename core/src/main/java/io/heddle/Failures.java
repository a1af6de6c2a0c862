package io.heddle;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What the tasks of a group threw: the first, as many others as a reader may want to see, and how
 * many there were, as a group can have a million tasks that all fail.
 */
final class Failures extends SpinLock {
  /** How many failures are kept besides the first. */
  static final int OTHERS = 16;

  private final List<Throwable> others = new ArrayList<>(0);
  private @Nullable Throwable first;
  private long count;

  /**
   * Adds a failure.
   *
   * @return whether it is the first
   */
  boolean add(Throwable failure) {
    return add(failure, false);
  }

  /** Adds a failure if it is the first, which the result tells. */
  boolean addFirst(Throwable failure) {
    return add(failure, true);
  }

  private boolean add(Throwable failure, boolean onlyFirst) {
    enter();
    boolean isFirst = first == null;
    if (isFirst) {
      first = failure;
    } else if (!onlyFirst && others.size() < OTHERS) {
      try {
        others.add(failure);
      } catch (OutOfMemoryError e) {
        // It is counted, if not kept.
      }
    }
    if (isFirst || !onlyFirst) {
      count++;
    }
    exit();
    return isFirst;
  }

  boolean isEmpty() {
    enter();
    boolean empty = first == null;
    exit();
    return empty;
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

  /** The first, and the others that are kept; empty if there are none. */
  List<Throwable> all() {
    List<Throwable> all = new ArrayList<>(1 + OTHERS);
    enter();
    try {
      if (first != null) {
        all.add(first);
        all.addAll(others);
      }
    } finally {
      exit();
    }
    return all;
  }

  /** The failures as one checked exception; there must be one. */
  ExecutionException executionException() {
    Throwable cause;
    long failures;
    List<Throwable> suppressed;
    enter();
    try {
      cause = first;
      failures = count;
      suppressed = List.copyOf(others);
    } finally { // there may be no memory
      exit();
    }
    String text = cause == null ? "" : text(cause); // without the lock
    ExecutionException exception =
        new ExecutionException(
            failures == 1 ? text : text + " (the first of " + failures + " failures)", cause);
    suppressed.forEach(exception::addSuppressed);
    return exception;
  }

  /** The failures for where nothing checked can be thrown; there must be one. */
  CompletionException completionException() {
    ExecutionException checked = executionException();
    CompletionException exception =
        new CompletionException(checked.getMessage(), checked.getCause());
    for (Throwable other : checked.getSuppressed()) {
      exception.addSuppressed(other);
    }
    return exception;
  }
}

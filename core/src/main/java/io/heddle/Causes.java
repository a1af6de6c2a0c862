package io.heddle;

import io.heddle.internal.Failures;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The causes and suppressed exceptions of a failure with their stacks, as {@link
 * Throwable#printStackTrace()} shows them: each once, and without the frames that it shares with
 * the one above it. The machinery below a goroutine's own frames is left out, as in dumps.
 *
 * <p>The methods of an exception may be overridden. Parts whose methods throw are left out.
 */
final class Causes {
  private static final StackTraceElement[] NO_STACK = {};

  private final StringBuilder text = new StringBuilder();
  private final Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());

  private Causes() {}

  /**
   * What belongs below the stack of the exception that a goroutine failed with.
   *
   * @return some lines, empty if it has neither causes nor suppressed exceptions
   */
  static String of(PanicException panic) {
    Causes causes = new Causes();
    try {
      causes.addAll(panic);
    } catch (Throwable e) {
      // The stack is used up, or the memory: what there is so far is better than nothing.
    }
    return causes.text.toString();
  }

  /** The stack of an exception, empty if it has no stack trace. */
  static StackTraceElement[] stack(Throwable thrown) {
    try {
      StackTraceElement[] stack = thrown.getStackTrace();
      return stack == null || Arrays.asList(stack).contains(null) ? NO_STACK : stack;
    } catch (Throwable e) {
      return NO_STACK;
    }
  }

  private static @Nullable Throwable cause(Throwable thrown) {
    try {
      return thrown.getCause();
    } catch (Throwable e) {
      return null;
    }
  }

  private static List<StackTraceElement> frames(Throwable thrown) {
    return Snapshot.own(List.of(stack(thrown)));
  }

  private void addAll(PanicException panic) {
    Throwable failure = panic.getCause();
    if (failure != null) {
      seen.add(failure);
      addBelow(failure, "");
      for (Throwable other : panic.getSuppressed()) {
        add(other, frames(failure), "\tsuppressed ", "\t");
      }
    }
  }

  /** What is below an exception: its suppressed exceptions and its causes with theirs. */
  private void addBelow(Throwable top, String indent) {
    Throwable above = top;
    while (above != null) {
      for (Throwable other : above.getSuppressed()) {
        add(other, frames(above), indent + "\tsuppressed ", indent + "\t");
      }
      Throwable cause = cause(above);
      boolean isNew = cause != null && addOne(cause, frames(above), indent + "caused by ", indent);
      above = isNew ? cause : null;
    }
  }

  private void add(
      Throwable thrown, List<StackTraceElement> enclosing, String caption, String indent) {
    if (addOne(thrown, enclosing, caption, indent)) {
      addBelow(thrown, indent);
    }
  }

  /** Adds an exception without what is below it; false if it is there already. */
  private boolean addOne(
      Throwable thrown, List<StackTraceElement> enclosing, String caption, String indent) {
    String name = Failures.text(thrown);
    if (!seen.add(thrown)) {
      text.append(caption).append("[CIRCULAR REFERENCE: ").append(name).append("]\n");
      return false;
    }
    text.append(caption).append(name).append('\n');
    List<StackTraceElement> frames = frames(thrown);
    int common = common(frames, enclosing);
    for (StackTraceElement frame : frames.subList(0, frames.size() - common)) {
      text.append(indent).append("\tat ").append(frame).append('\n');
    }
    if (common > 0) {
      text.append(indent).append("\t... ").append(common).append(" more\n");
    }
    return true;
  }

  /** How many of the outermost frames are the same. */
  private static int common(List<StackTraceElement> frames, List<StackTraceElement> enclosing) {
    int most = Math.min(frames.size(), enclosing.size());
    int common = 0;
    while (common < most
        && frames
            .get(frames.size() - 1 - common)
            .equals(enclosing.get(enclosing.size() - 1 - common))) {
      common++;
    }
    return common;
  }
}

package io.heddle;

import io.heddle.access.Delegate;
import java.lang.StackWalker.StackFrame;
import java.util.Set;

/**
 * Where a goroutine was created. Walking the stack costs more than starting a goroutine, so it is
 * done once for each lambda expression, whose class tells one from another; objects of ordinary
 * classes can be created and started anywhere, so for them it is done each time.
 */
record Creator(String place) {
  private static final Creator UNKNOWN = new Creator("an unknown place");

  private static final StackWalker WALKER =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

  /** The classes of ours that start goroutines on behalf of their callers. */
  private static final Set<String> STARTERS =
      Set.of(
          "Creator",
          "Routine",
          "Go",
          "Program",
          "WaitGroup",
          "ErrGroup",
          "AfterFunc",
          "Deferred",
          "Feed",
          "SingleFlight",
          "Race",
          "CancelContext",
          "Context",
          "Waiter",
          "Signal");

  private static final ClassValue<Creator> OF_LAMBDA =
      new ClassValue<>() {
        @Override
        protected Creator computeValue(Class<?> type) {
          return find();
        }
      };

  static Creator of(Object task) {
    Class<?> type = task.getClass();
    if (type.isHidden()) {
      return OF_LAMBDA.get(type);
    }
    return task instanceof Delegate delegate ? of(delegate.origin()) : find();
  }

  private static Creator find() {
    return WALKER.walk(frames ->
        frames
            .filter(Creator::isUsers)
            .findFirst()
            .map(frame -> new Creator(frame.toStackTraceElement().toString()))
            .orElse(UNKNOWN));
  }

  private static boolean isUsers(StackFrame frame) {
    Class<?> type = frame.getDeclaringClass();
    switch (type.getPackageName()) {
      case "io.heddle" -> {}
      case "io.heddle.flow", "io.heddle.interop", "java.util.concurrent" -> {
        return false;
      }
      case String other -> {
        return !other.startsWith("java.lang");
      }
    }
    String name = type.getName().substring("io.heddle.".length());
    int nested = name.indexOf('$');
    return !STARTERS.contains(nested < 0 ? name : name.substring(0, nested));
  }

  @Override
  public String toString() {
    return place;
  }
}

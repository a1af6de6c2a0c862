package io.heddle;

import java.lang.StackWalker.StackFrame;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The steps of one run, for people: what each goroutine did, what it waited for, and which one woke
 * it. Only one goroutine runs at a time, so it needs no lock.
 */
final class Trace {
  private final BubbleClock bubble;
  private final List<String> lines = new ArrayList<>();

  /** The member that acted last. */
  private @Nullable Member last;

  private long lastTime;

  Trace(BubbleClock bubble) {
    this.bubble = bubble;
  }

  List<String> lines() {
    return List.copyOf(lines);
  }

  /** The running goroutine is about to do something. */
  void operation() {
    Member self = self();
    if (self != null) {
      add(self, call());
    }
  }

  /** A goroutine can run: it is new, or what it waited for has come. */
  void ready(Member member) {
    Member self = self();
    boolean isNew = member.routine.threadState() == Thread.State.NEW;
    String verb = isNew ? "starts " : "wakes ";
    if (self == member) {
      add(member, "has waited long enough");
    } else if (self != null && !bubble.moving) {
      add(self, verb + name(member) + (isNew ? place() : ""));
    } else {
      add(null, verb + name(member));
    }
  }

  /** The running goroutine is blocked, or has ended. */
  void released(Member member) {
    Routine routine = member.routine;
    add(member, routine.isDone() ? "ends" : "waits: " + routine.reason());
  }

  private @Nullable Member self() {
    Routine routine = Routine.of(Thread.currentThread());
    return routine == null ? null : routine.member();
  }

  private void add(@Nullable Member who, String what) {
    if (bubble.isOver()) {
      return; // from now on the bubble is cleared up
    }
    long time = bubble.nanoTime();
    if (time != lastTime) {
      lines.add("%-16s %s".formatted("clock", "moves to " + Duration.ofNanos(time)));
      lastTime = time;
    }
    String name = who != null ? name(who) : bubble.moving ? "clock" : "outside";
    lines.add("%-16s %s".formatted(who != null && who == last ? "" : name, what).stripTrailing());
    last = who;
  }

  private static String name(Member member) {
    return member.routine.name();
  }

  /** The operation that the program called, and where. */
  private static String call() {
    StackFrame[] called = new StackFrame[1];
    String place = place(called);
    String operation = called[0] == null ? "" : operation(called[0]);
    return operation + (place.isEmpty() ? "" : "  at " + place);
  }

  private static String place() {
    String place = place(new StackFrame[1]);
    return place.isEmpty() ? "" : "  at " + place;
  }

  /**
   * The line of the program that called us; empty if it is one of the JDK's.
   *
   * @param called set to the outermost of our frames that is an operation
   */
  private static String place(StackFrame[] called) {
    return StackWalker.getInstance()
        .walk(frames ->
            frames
                .dropWhile(frame -> {
                  boolean own = OwnFrames.isOwn(frame.getClassName());
                  if (own && !isMachinery(frame)) {
                    called[0] = frame;
                  }
                  return own;
                })
                .findFirst()
                .filter(frame -> !frame.getClassName().startsWith("java."))
                .map(frame -> frame.getFileName() + ":" + frame.getLineNumber())
                .orElse(""));
  }

  private static boolean isMachinery(StackFrame frame) {
    return frame.getClassName().equals(Routine.class.getName())
        || frame.getMethodName().startsWith("lambda$");
  }

  private static String operation(StackFrame frame) {
    String type = frame.getClassName();
    return type.substring(Math.max(type.lastIndexOf('.'), type.lastIndexOf('$')) + 1)
        + "."
        + frame.getMethodName();
  }
}

package io.heddle.race.report;

import io.heddle.race.clock.ThreadState;
import io.heddle.race.site.CallTree;
import io.heddle.race.site.Names;
import io.heddle.race.site.Site;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A race: two accesses to the same variable by two threads, of which at least one writes, and
 * neither happens before the other.
 *
 * @param variable the field, with its object, or the element of an array
 * @param later the access that was found to race
 * @param earlier the access before
 */
public record Race(String variable, Side later, Side earlier) {
  private static final String RULE = "==================\n";

  /**
   * One of the two accesses.
   *
   * @param writes whether it writes
   * @param thread the name of the goroutine or thread
   * @param running whether the thread still runs
   * @param stack the innermost frame first
   * @param locks the locks held, by name; those of the earlier side are known in explorations only
   * @param creator who started the thread; null if that is not known
   * @param creation where the thread was started
   */
  public record Side(
      boolean writes,
      String thread,
      boolean running,
      List<StackTraceElement> stack,
      List<String> locks,
      @Nullable String creator,
      List<StackTraceElement> creation) {}

  static Race of(ThreadState thread, Access now, Access earlier, Object object, int index) {
    ThreadState other = ThreadState.owner(earlier.epoch());
    List<String> locks = new ArrayList<>();
    for (Object lock : thread.held()) {
      locks.add(Names.of(lock));
    }
    return new Race(
        variable(object, index, CallTree.of(now.stack()).place()),
        side(now, thread, stack(now), locks),
        side(earlier, other, stack(earlier), CallTree.of(earlier.stack()).locks()));
  }

  private static String variable(Object object, int index, CallTree stack) {
    return object.getClass().isArray()
        ? Names.of(object) + " element " + index
        : Site.of(stack.site()).member() + " of " + Names.of(object);
  }

  private static Side side(
      Access access,
      @Nullable ThreadState thread,
      List<StackTraceElement> stack,
      List<String> locks) {
    if (thread == null) {
      return new Side(
          access.writes(), "a thread that has ended", false, stack, locks, null, List.of());
    }
    CallTree creator = thread.creator();
    return new Side(
        access.writes(),
        thread.name(),
        thread.isRunning(),
        stack,
        locks,
        thread.creatorName(),
        creator == null ? List.of() : frames(creator.child(thread.creatorSite())));
  }

  private static List<StackTraceElement> stack(Access access) {
    return frames(CallTree.of(access.stack()));
  }

  private static List<StackTraceElement> frames(CallTree stack) {
    List<StackTraceElement> frames = new ArrayList<>();
    for (int site : stack.sites()) {
      frames.add(Site.of(site).frame());
    }
    return frames;
  }

  /**
   * The race without what differs from run to run.
   *
   * @return one line
   */
  public String summary() {
    return "data race on "
        + variable.replaceAll("@[0-9a-f]+", "")
        + ": "
        + place(later)
        + " and "
        + place(earlier);
  }

  private static String place(Side side) {
    StackTraceElement frame = side.stack.getFirst();
    return (side.writes ? "write at " : "read at ")
        + frame.getFileName()
        + ":"
        + frame.getLineNumber();
  }

  /**
   * The report, as Go's detector would write it.
   *
   * @return lines
   */
  public String text() {
    StringBuilder text = new StringBuilder(RULE).append("WARNING: DATA RACE\n");
    String what = later.writes ? "Write of " : "Read of ";
    text.append(what).append(variable).append(" by ").append(later.thread).append(":\n");
    describe(later, text);
    text.append("\nPrevious ")
        .append(earlier.writes ? "write" : "read")
        .append(" by ")
        .append(earlier.thread)
        .append(":\n");
    describe(earlier, text);
    Set<String> told = new LinkedHashSet<>();
    for (Side side : List.of(later, earlier)) {
      if (side.creator != null && told.add(side.thread)) {
        text.append('\n')
            .append(side.thread.substring(0, 1).toUpperCase(Locale.ROOT))
            .append(side.thread.substring(1))
            .append(side.running ? " (running)" : " (finished)")
            .append(" created by ")
            .append(side.creator)
            .append(side.creation.isEmpty() ? "\n" : " at:\n");
        append(side.creation, text);
      }
    }
    return text.append(RULE).toString();
  }

  private static void describe(Side side, StringBuilder text) {
    append(side.stack, text);
    if (!side.locks.isEmpty()) {
      text.append("  holding ").append(String.join(", ", side.locks)).append('\n');
    }
  }

  private static void append(List<StackTraceElement> stack, StringBuilder text) {
    for (StackTraceElement frame : stack) {
      text.append("  ")
          .append(frame.getClassName())
          .append('.')
          .append(frame.getMethodName())
          .append("()\n      ")
          .append(frame.getFileName() == null ? "unknown source" : frame.getFileName());
      if (frame.getLineNumber() > 0) {
        text.append(':').append(frame.getLineNumber());
      }
      text.append('\n');
    }
  }
}

package io.heddle.evidence.history;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** One thing that a thread of a {@link Program} does. */
sealed interface Operation {

  /** How long to wait for what is not possible at once. */
  enum Mode {
    FOREVER,
    BRIEFLY,
    UNDER_CONTEXT,
    NOT_AT_ALL
  }

  /** What one can wait for, alone or in a select. */
  enum Verb {
    SEND,
    RECEIVE,
    LOCK,
    READ_LOCK,
    ACQUIRE,
    AWAIT,
    EXPIRE,
    END
  }

  /** What never waits. */
  enum Deed {
    CLOSE,
    LEN,
    IS_DRAINED,
    UNLOCK,
    READ_UNLOCK,
    RELEASE,
    AVAILABLE,
    DONE,
    SIGNAL,
    BROADCAST,
    STOP,
    RESET,
    CANCEL,
    INTERRUPT,
    ASK_INTERRUPTED
  }

  /**
   * One case.
   *
   * @param item the index of the object
   * @param argument the value to send, or how many permits
   */
  record Choice(Verb verb, int item, int argument) {}

  /**
   * Waits for one of the cases. One alone is the object's own method, several are a select.
   *
   * @param limit how long to wait, where the mode is {@link Mode#BRIEFLY}
   */
  record Wait(Mode mode, Duration limit, boolean inOrder, List<Choice> cases)
      implements Operation {}

  /**
   * Waits for a signal, holding the condition's mutex before and after.
   *
   * @param item the index of the condition
   */
  record CondWait(Mode mode, Duration limit, int item) implements Operation {}

  /**
   * Does something that does not wait.
   *
   * @param item the index of the object; of the thread, to interrupt it
   * @param argument how many permits, or the nanoseconds of a timer
   */
  record Act(Deed deed, int item, int argument) implements Operation {}

  /** The mode, where there is one. */
  default Mode mode() {
    return Mode.NOT_AT_ALL;
  }

  /** The operation in the words of a program, with the names of the program's objects. */
  default String in(Program program) {
    return switch (this) {
      case Wait wait when wait.cases.size() == 1 ->
          (wait.mode == Mode.NOT_AT_ALL ? "try " : "")
              + of(wait.cases.getFirst(), program)
              + limit(wait.mode, wait.limit);
      case Wait wait ->
          wait.cases.stream()
              .map(one -> of(one, program))
              .collect(
                  Collectors.joining(
                      ", ",
                      wait.inOrder ? "selectInOrder(" : "select(",
                      (wait.mode == Mode.NOT_AT_ALL ? ", otherwise)" : ")")
                          + limit(wait.mode, wait.limit)));
      case CondWait wait -> program.name(wait.item) + ".await" + limit(wait.mode, wait.limit);
      case Act act ->
          switch (act.deed) {
            case INTERRUPT -> "interrupt thread " + act.item;
            case ASK_INTERRUPTED -> "Thread.interrupted()";
            case RELEASE -> program.name(act.item) + ".release(" + act.argument + ")";
            case RESET -> program.name(act.item) + ".reset(" + act.argument + " ns)";
            default -> program.name(act.item) + "." + word(act.deed);
          };
    };
  }

  private static String of(Choice one, Program program) {
    String call = program.name(one.item) + "." + word(one.verb);
    return switch (one.verb) {
      case SEND, ACQUIRE -> call + "(" + one.argument + ")";
      default -> call;
    };
  }

  private static String word(Enum<?> name) {
    return name.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
  }

  private static String limit(Mode mode, Duration limit) {
    return switch (mode) {
      case BRIEFLY -> " for " + limit.toNanos() + " ns";
      case UNDER_CONTEXT -> " under the context";
      default -> "";
    };
  }
}

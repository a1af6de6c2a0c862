package io.heddle;

import org.jspecify.annotations.Nullable;

/**
 * A goroutine that an alarm or the end of a context is to start: with all that it would have if it
 * were started where the user asked for it.
 */
record Deferred(
    Program program,
    Context context,
    Task task,
    Creator creator,
    @Nullable Propagation propagation) {

  Deferred(Context context, Task task) {
    this(Program.current(), context, task, Creator.of(task), Propagation.capture());
  }

  /** Starts it, unless its program has ended. */
  void start() {
    if (!program.isOver()) {
      Routine.launch(program, null, context, task, creator, propagation);
    }
  }
}

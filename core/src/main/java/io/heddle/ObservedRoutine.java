package io.heddle;

import io.heddle.scheduler.Recorder;
import org.jspecify.annotations.Nullable;

/**
 * A goroutine of a JVM that may be observed. It counts its events, because their times are
 * estimates and it may have each on another worker: only the count tells their order.
 */
final class ObservedRoutine extends Routine {
  /** How many events are recorded. Written by whoever records one, which happens by turns. */
  private long events;

  ObservedRoutine(
      Program program,
      @Nullable String name,
      Task task,
      Object origin,
      @Nullable Propagation propagation) {
    super(program, name, task, origin, propagation);
  }

  /** Records an event of the calling goroutine, or other thread, if the recorder is on. */
  static void recordOfCaller(int event, int argument) {
    Thread thread = Thread.currentThread();
    Routine routine = of(thread);
    if (routine == null) {
      Recorder.record(event, argument, thread.threadId());
    } else {
      record(routine, event, argument);
    }
  }

  /** Records an event of a goroutine, if the recorder is on. */
  static void record(Routine routine, int event, int argument) {
    long number = ++((ObservedRoutine) routine).events;
    Recorder.record(event, Recorder.numbered(number, argument), routine.key());
  }
}

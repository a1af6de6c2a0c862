package io.heddle;

import io.heddle.scheduler.Recorder;
import org.jspecify.annotations.Nullable;

/**
 * A goroutine of a JVM that may be observed. It counts its events. Their times are estimates, and
 * each may be recorded on another worker, so only the count gives their order.
 */
final class ObservedRoutine extends Routine {
  /** The number of recorded events. No two threads record an event of it at the same time. */
  private long events;

  private ObservedRoutine(
      Program program,
      @Nullable String name,
      Task task,
      Object origin,
      @Nullable Propagation propagation) {
    super(program, name, task, origin, propagation);
  }

  /**
   * Makes one. The JVM must not load this class in order to verify {@link Routine}: without a
   * subclass, the compilers recognise a {@code Routine} by a single comparison.
   */
  static Routine create(
      Program program,
      @Nullable String name,
      Task task,
      Object origin,
      @Nullable Propagation propagation) {
    return new ObservedRoutine(program, name, task, origin, propagation);
  }

  @Override
  void record(int event, int argument) {
    Recorder.record(event, Recorder.numbered(++events, argument), key());
  }
}

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

package io.heddle;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Which goroutines have locked a {@link RWMutex} for reading, for one look at all of them. The lock
 * records the reader that found it free ({@link RWMutex#firstReader}). Every other goroutine
 * records what it last locked ({@link Routine#reading}), so it is not known as a reader once it has
 * locked another lock that was not free either.
 */
final class Readers {
  private final LongFunction<@Nullable Routine> goroutines;

  /** Those that have recorded a lock, by that lock. Made when the first is asked for. */
  private @Nullable Map<RWMutex, List<Routine>> recorded;

  /**
   * Looks for readers.
   *
   * @param goroutines finds the goroutine of a thread by the thread's number
   */
  Readers(LongFunction<@Nullable Routine> goroutines) {
    this.goroutines = goroutines;
  }

  /**
   * The known readers of a lock. Once a thread has unlocked the lock for reading that may have done
   * so for another thread, no reader is known, because that other thread still seems to read.
   */
  List<Routine> of(RWMutex lock) {
    List<Routine> found = new ArrayList<>(recorded().getOrDefault(lock, List.of()));
    long reader = lock.firstReader();
    Routine first = reader == 0 ? null : goroutines.apply(reader);
    if (first != null && !found.contains(first)) {
      found.addFirst(first);
    }
    return lock.knowsReaders() ? found : List.of();
  }

  private Map<RWMutex, List<Routine>> recorded() {
    Map<RWMutex, List<Routine>> found = recorded;
    if (found == null) {
      found = new HashMap<>();
      for (Program program : Watch.allPrograms()) {
        for (Routine routine : program.registry().all(one -> one.reading() != null)) {
          RWMutex lock = routine.reading();
          if (lock != null) {
            found.computeIfAbsent(lock, none -> new ArrayList<>()).add(routine);
          }
        }
      }
      recorded = found;
    }
    return found;
  }
}

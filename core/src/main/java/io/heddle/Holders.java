package io.heddle;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Names what holds the locks that goroutines wait for, in one dump. */
final class Holders {
  /** The goroutines by the number of their thread. Looked up when the first is asked for. */
  private @Nullable Map<Long, Routine> goroutines;

  /** What holds the lock that a goroutine waits for; null if that is not known. */
  @Nullable String of(Routine waiting) {
    Waitable on = waiting.on();
    if (on == null) {
      return null;
    }
    long holder = on.holder();
    if (holder != 0) {
      return name(holder, waiting.program());
    }
    long readers = on instanceof RWMutex lock ? lock.readers() : 0;
    return readers == 0 ? null : readers == 1 ? "a reader" : readers + " readers";
  }

  private String name(long thread, Program program) {
    Map<Long, Routine> known = goroutines;
    if (known == null) {
      known = new HashMap<>();
      for (Routine routine : Program.allGoroutines()) {
        known.put(routine.thread().threadId(), routine);
      }
      goroutines = known;
    }
    Routine routine = known.get(thread);
    if (routine == null) {
      return "thread " + thread + ", which is no goroutine or has ended";
    }
    String name = "goroutine " + routine.id();
    return routine.program() == program ? name : name + " of program " + routine.program().number();
  }
}

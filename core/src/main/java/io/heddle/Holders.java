package io.heddle;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Names what holds the locks that goroutines wait for, in one dump. */
final class Holders {
  /** Of more readers, only the number is given. */
  private static final int MOST_NAMED = 3;

  private final Readers readers = new Readers(this::goroutine);

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
    return on instanceof RWMutex lock ? readers(lock, waiting.program()) : null;
  }

  /** The number of a lock's readers, and which they are if all are known. */
  private @Nullable String readers(RWMutex lock, Program program) {
    long count = lock.readers();
    if (count == 0) {
      return null;
    }
    String text = count == 1 ? "a reader" : count + " readers";
    List<Routine> known = readers.of(lock);
    return known.size() != count || count > MOST_NAMED
        ? text
        : known.stream()
            .map(reader -> name(reader, program))
            .collect(Collectors.joining(", ", text + ": ", ""));
  }

  private String name(long thread, Program program) {
    Routine routine = goroutine(thread);
    return routine == null
        ? "thread " + thread + ", which is no goroutine or has ended"
        : name(routine, program);
  }

  private @Nullable Routine goroutine(long thread) {
    Map<Long, Routine> known = goroutines;
    if (known == null) {
      known = new HashMap<>();
      for (Routine routine : Program.allGoroutines()) {
        known.put(routine.threadId(), routine);
      }
      goroutines = known;
    }
    return known.get(thread);
  }

  private static String name(Routine routine, Program program) {
    String name = "goroutine " + routine.id();
    return routine.program() == program ? name : name + " of program " + routine.program().number();
  }
}

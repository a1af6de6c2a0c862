package io.heddle;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which goroutines have locked a {@link RWMutex} for reading, for one look at all of them. The lock
 * only counts its readers; each goroutine knows what it last locked for reading ({@link
 * Routine#reading}). So a reader that is no goroutine is not known, nor is a goroutine that has
 * locked another lock for reading since.
 */
final class Readers {
  /** By lock. Made when the first is asked for. */
  private @Nullable Map<RWMutex, List<Routine>> all;

  /**
   * The readers of a lock that are known. None is once anybody has unlocked it for reading who may
   * have done so for another, as that one seems to read still.
   */
  List<Routine> of(RWMutex lock) {
    Map<RWMutex, List<Routine>> known = all;
    if (known == null) {
      all = known = find();
    }
    return lock.knowsReaders() ? known.getOrDefault(lock, List.of()) : List.of();
  }

  private static Map<RWMutex, List<Routine>> find() {
    Map<RWMutex, List<Routine>> found = new HashMap<>();
    for (Program program : Watch.allPrograms()) {
      for (Routine routine : program.registry().all(one -> one.reading() != null)) {
        RWMutex lock = routine.reading();
        if (lock != null) {
          found.computeIfAbsent(lock, none -> new ArrayList<>()).add(routine);
        }
      }
    }
    return found;
  }
}

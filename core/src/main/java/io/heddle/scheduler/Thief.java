package io.heddle.scheduler;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How a worker steals. A thief looks at the others several times, a few microseconds apart, and
 * takes what has not moved in between. This is what it remembers of its victims between two looks.
 */
final class Thief {
  /** How often a searching worker goes round before it sleeps. */
  private static final int SEARCH_ROUNDS = 4;

  /** Pauses between two rounds: about 3 microseconds, in which a wake-up reaches its goroutine. */
  private static final int SEARCH_PAUSES = 60;

  private final Worker self;
  private Worker[] victims = {};
  private int[] taken = {};
  private @Nullable Runnable[] slots = {};
  private long[] tasks = {};

  Thief(Worker self) {
    this.self = self;
  }

  /** A task of the global queue, or of another worker; null if there was none in a while. */
  @Nullable Runnable lookAround() {
    remember(self.scheduler.workers());
    for (int round = 0; round < SEARCH_ROUNDS; round++) {
      Runnable task = self.scheduler.pollGlobal(self);
      for (int i = 0; task == null && i < victims.length; i++) {
        if (victims[i] != self) {
          task = look(i, round > 0);
        }
      }
      if (task != null) {
        Arrays.fill(slots, null);
        return task;
      }
      for (int i = 0; i < SEARCH_PAUSES; i++) {
        Thread.onSpinWait();
      }
    }
    Arrays.fill(slots, null);
    return null;
  }

  private @Nullable Runnable look(int i, boolean again) {
    Worker victim = victims[i];
    int size = victim.queue.size();
    int takenNow = victim.queue.taken();
    Runnable slot = victim.peekNext();
    long tasksNow = victim.tasks();
    boolean still = again && tasksNow == tasks[i];
    boolean aged =
        size > 0 ? again && takenNow == taken[i] : still && slot != null && slot == slots[i];
    taken[i] = takenNow;
    tasks[i] = tasksNow;
    slots[i] = slot;
    Runnable task = aged || size >= Scheduler.BACKLOG ? self.stealFrom(victim, aged) : null;
    if (task != null) {
      self.steals++;
      if (Recorder.isOn()) {
        Recorder.record(Recorder.STEAL, victim.number, self.number);
      }
    }
    return task;
  }

  private void remember(Worker[] now) {
    if (victims != now) {
      taken = new int[now.length];
      slots = new @Nullable Runnable[now.length];
      tasks = new long[now.length];
      victims = now; // last: there may be no memory for the others
    }
  }
}

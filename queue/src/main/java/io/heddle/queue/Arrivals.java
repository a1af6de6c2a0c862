package io.heddle.queue;

import io.heddle.Chan;
import io.heddle.Receiver;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Wakes goroutines of this process that wait for messages of a stage.
 *
 * <p>A signal asks its receiver to query the messages, and when the next one is due. It goes to one
 * waiter. When a waiter leaves, with or without messages, it passes the signal on to the others,
 * since it may have been the only one that knew of a message which will be due soon. Signals that
 * arrive while no goroutine waits are merged into one.
 */
final class Arrivals {
  private final Map<String, Stage> stages = new HashMap<>();

  /** The waiters for one stage's messages. */
  static final class Stage {
    private final String name;
    private final Chan<Boolean> signals = Chan.buffered(1);
    private int waiters;

    private Stage(String name) {
      this.name = name;
    }

    Receiver<Boolean> signals() {
      return signals;
    }
  }

  synchronized Stage enter(String name) {
    Stage stage = stages.computeIfAbsent(name, Stage::new);
    stage.waiters++;
    return stage;
  }

  void leave(Stage stage) {
    synchronized (this) {
      if (--stage.waiters == 0) {
        stages.remove(stage.name);
        return;
      }
    }
    stage.signals.trySend(true);
  }

  /** Wakes one waiter of a stage, if there is any; a later one queries the messages itself. */
  void signal(String name) {
    Stage stage;
    synchronized (this) {
      stage = stages.get(name);
    }
    if (stage != null) {
      stage.signals.trySend(true);
    }
  }

  /** Wakes one waiter of each stage. */
  void signalAll() {
    List<Stage> all;
    synchronized (this) {
      all = List.copyOf(stages.values());
    }
    all.forEach(stage -> stage.signals.trySend(true));
  }
}

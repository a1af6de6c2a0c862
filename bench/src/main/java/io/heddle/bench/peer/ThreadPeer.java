package io.heddle.bench.peer;

/** A peer whose light threads can run blocking code. (Coroutines need suspending code.) */
public interface ThreadPeer extends Peer {

  /** Starts a light thread: Go's {@code go f()}. Its failure is the process's failure. */
  void start(Task task);

  /**
   * Makes a queue of the kind that this peer's programs use.
   *
   * @param capacity its capacity; 0 for a hand-off
   */
  <T> Queue<T> queue(int capacity);

  @Override
  default void runAll(int threads, Task task) throws Exception {
    Queue<Boolean> done = queue(threads);
    for (int i = 0; i < threads; i++) {
      start(() -> {
        task.run();
        done.send(true);
      });
    }
    for (int i = 0; i < threads; i++) {
      done.receive();
    }
  }
}

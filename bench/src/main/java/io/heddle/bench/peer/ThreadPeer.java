package io.heddle.bench.peer;

/** A peer on whose light threads any code can block. (In a coroutine only suspending code can.) */
public interface ThreadPeer extends Peer {

  /** Starts a light thread: Go's {@code go f()}. If it fails, so does the process. */
  void start(Task task);

  /**
   * Makes a queue as this peer's programs would use it.
   *
   * @param capacity how many it holds; 0 for a hand-over
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

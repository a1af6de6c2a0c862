package io.heddle;

/** What a goroutine runs: Go's {@code func()}, except that it may throw anything. */
@FunctionalInterface
public interface Task {
  /**
   * Does the work.
   *
   * @throws Exception if it fails; what becomes of that is said where the task is started
   */
  void run() throws Exception;
}

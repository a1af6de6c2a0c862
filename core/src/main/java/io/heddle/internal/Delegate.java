package io.heddle.internal;

/**
 * A task of ours that runs a task of the user's. The place where the user's task was started is
 * found by that task, as one class of ours runs the tasks of many places.
 */
public interface Delegate {
  /**
   * The user's task.
   *
   * @return the task
   */
  Object origin();
}

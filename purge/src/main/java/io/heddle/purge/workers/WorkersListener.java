package io.heddle.purge.workers;

import io.heddle.purge.engine.Observer;
import io.heddle.purge.engine.Progress;
import io.heddle.purge.engine.Selection;
import io.heddle.purge.engine.Summary;
import org.jspecify.annotations.Nullable;

/** Is told of the parts that this process works on. Called by one goroutine at a time. */
public interface WorkersListener {
  /**
   * This process takes part in a job that another one has begun, perhaps long ago.
   *
   * @param job the name of the job, when it began, and its rate, for people
   */
  default void continues(String job) {}

  /**
   * A part begins.
   *
   * @param part the number and the contents of the part, for people
   * @param selection the keys of the part
   * @param progress is updated while the part is worked on
   * @return observes the keys of the part
   */
  Observer begins(String part, Selection selection, Progress progress);

  /**
   * This process has ended its work on the part that has begun last.
   *
   * @param summary null if another process has taken the part over
   */
  void ends(String part, @Nullable Summary summary);
}

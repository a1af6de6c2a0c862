package io.heddle.purge.report;

import io.heddle.purge.engine.Observer;
import io.heddle.purge.engine.Summary;

/** Tells what a run does while it does it, and in the end what it did. */
public interface Report extends Observer, AutoCloseable {
  /** Tells that the run was told to end and will, once what is under way has ended. */
  void stopping();

  /**
   * Tells what was done; nothing more is written when this returns.
   *
   * @param status the exit status, as {@link ExitCode} has it
   */
  void end(Summary summary, int status);

  /**
   * Tells what a dry run saw; nothing more is written when this returns.
   *
   * @param status the exit status, as {@link ExitCode} has it
   */
  void endDry(Summary summary, int status);

  /** Ends what is still running, if {@link #end} was not called. */
  @Override
  void close();
}

package io.heddle.purge.report;

import io.heddle.purge.engine.Observer;
import io.heddle.purge.engine.Summary;

/** Reports the progress of a run and, at the end, its result. */
public interface Report extends Observer, AutoCloseable {
  /** Reports that the run is stopping, and ends when the requests in flight have ended. */
  void stopping();

  /**
   * Reports the result of a run; nothing more is written after this returns.
   *
   * @param status the exit status, one of {@link ExitCode}
   */
  void end(Summary summary, int status);

  /**
   * Reports the result of a dry run; nothing more is written after this returns.
   *
   * @param status the exit status, one of {@link ExitCode}
   */
  void endDry(Summary summary, int status);

  /**
   * Reports the result of a part of a job; nothing more is written after this returns.
   *
   * @param part the number and the contents of the part
   * @param status the exit status of a run with this result, one of {@link ExitCode}
   */
  void endPart(String part, Summary summary, int status);

  /** Stops the report if {@link #end} was not called. */
  @Override
  void close();
}

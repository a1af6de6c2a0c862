package io.heddle.purge.report;

import io.heddle.purge.engine.Ending;
import io.heddle.purge.engine.Summary;
import io.heddle.purge.workers.JobSummary;
import java.util.Comparator;
import java.util.List;

/** The exit status of a run. */
public final class ExitCode {
  /** All selected keys are gone. */
  public static final int OK = 0;

  /** The command was wrong. */
  public static final int USAGE = 2;

  /** There is no such store. */
  public static final int STORE_NOT_FOUND = 3;

  /** The store refused the credentials. */
  public static final int UNAUTHORISED = 4;

  /** All keys were tried, but some are left: another run may help. */
  public static final int KEYS_LEFT = 5;

  /** Too many keys could not be deleted. */
  public static final int MAX_ERRORS = 6;

  /** The store cannot be reached, its listing failed, or a file could not be written. */
  public static final int FATAL = 7;

  /** The limit of keys to try was reached. */
  public static final int MAX_DELETE = 8;

  /** No key was selected, which the user declared an error. */
  public static final int NOTHING_MATCHED = 9;

  /** The time limit was reached. */
  public static final int MAX_DURATION = 10;

  /** The run was cancelled, for example by Ctrl-C. */
  public static final int CANCELLED = 130;

  /** From the best to the worst. */
  private static final List<Integer> ORDER =
      List.of(
          OK,
          NOTHING_MATCHED,
          KEYS_LEFT,
          MAX_DELETE,
          MAX_DURATION,
          MAX_ERRORS,
          FATAL,
          STORE_NOT_FOUND,
          UNAUTHORISED,
          CANCELLED);

  private ExitCode() {}

  /**
   * The exit status of a process that has worked on a job: the status with which it left the job,
   * else that of the last part, which tries again what the others have left, else the worst of all
   * parts.
   *
   * @param errorOnEmpty whether it is an error if no key was selected
   */
  public static int of(JobSummary job, boolean errorOnEmpty) {
    if (job.own() != null) {
      return of(job.own(), false);
    }
    if (job.last() != null) {
      return of(job.total(), errorOnEmpty);
    }
    return job.ended().stream()
        .map(part -> of(part, false))
        .max(Comparator.comparingInt(ORDER::indexOf))
        .orElse(FATAL);
  }

  /**
   * The exit status of a run that only counted.
   *
   * @param errorOnEmpty whether it is an error if no key is selected
   */
  public static int ofDryRun(Summary summary, boolean errorOnEmpty) {
    if (summary.ending() != Ending.COMPLETE) {
      return of(summary, false);
    }
    return errorOnEmpty && summary.left().orElse(0) == 0 ? NOTHING_MATCHED : OK;
  }

  /**
   * The exit status of a run.
   *
   * @param errorOnEmpty whether it is an error if no key was selected
   */
  public static int of(Summary summary, boolean errorOnEmpty) {
    return switch (summary.ending()) {
      case COMPLETE -> {
        boolean isEmpty = summary.deleted() + summary.gone() + summary.failed() == 0;
        if (errorOnEmpty && isEmpty && summary.left().orElse(0) == 0) {
          yield NOTHING_MATCHED;
        }
        yield summary.isComplete() ? OK : KEYS_LEFT;
      }
      case CANCELLED -> CANCELLED;
      case STORE_NOT_FOUND -> STORE_NOT_FOUND;
      case UNAUTHORISED -> UNAUTHORISED;
      case MAX_ERRORS -> MAX_ERRORS;
      case MAX_DELETE -> MAX_DELETE;
      case MAX_DURATION -> MAX_DURATION;
      case FATAL -> FATAL;
    };
  }
}

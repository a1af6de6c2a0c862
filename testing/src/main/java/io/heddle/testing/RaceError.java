package io.heddle.testing;

import java.util.List;

/**
 * Two accesses to a variable by two goroutines or threads, at least one a write, of which neither
 * happens before the other. The message is the detector's report: both accesses with their stacks,
 * and where the goroutines were started.
 */
public final class RaceError extends AssertionError {
  private static final long serialVersionUID = 1;

  /** The race in one line. */
  private final String summary;

  /** The detector's report. */
  private final String report;

  private RaceError(String summary, String report) {
    super(summary + "\n" + report);
    this.summary = summary;
    this.report = report;
  }

  /** The first race, with the others suppressed. */
  static RaceError of(List<String[]> races) {
    RaceError first = null;
    for (String[] race : races) {
      RaceError error = new RaceError(race[0], race[1]);
      if (first == null) {
        first = error;
      } else {
        first.addSuppressed(error);
      }
    }
    if (first == null) {
      throw new IllegalArgumentException("no races");
    }
    return first;
  }

  /**
   * The race in a form that is the same in every run.
   *
   * @return one line: the variable and the two places
   */
  public String summary() {
    return summary;
  }

  /**
   * The report as the detector writes it.
   *
   * @return several lines
   */
  public String report() {
    return report;
  }
}

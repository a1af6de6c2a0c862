package io.heddle.inspect;

import java.io.IOException;

/**
 * Writes a timeline. It has rows in two groups; a row has slices, which do not overlap, and marks.
 * Times are nanoseconds since the beginning of the trace.
 */
interface TraceFormat {
  /** A group of rows. */
  enum Group {
    WORKERS("Workers"),
    GOROUTINES("Goroutines");

    final String label;

    Group(String label) {
      this.label = label;
    }

    /** The number by which formats know it. */
    int number() {
      return this == WORKERS ? 1 : 2;
    }
  }

  /** Names a row. Called once for each, at any time. */
  void row(Group group, long row, String name) throws IOException;

  /**
   * A slice. Those of one row come in the order of their times.
   *
   * @param arrow the number of the arrow that ends where it begins; 0 if none does
   */
  void slice(Group group, long row, String name, long since, long until, long arrow)
      throws IOException;

  /** A mark. */
  void mark(Group group, long row, String name, long at) throws IOException;

  /**
   * The beginning of an arrow.
   *
   * @param arrow a number greater than 0
   */
  void arrow(Group group, long row, String name, long at, long arrow) throws IOException;

  /** The end of the trace. */
  void end() throws IOException;
}

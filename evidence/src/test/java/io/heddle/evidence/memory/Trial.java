package io.heddle.evidence.memory;

import io.heddle.Go;
import io.heddle.Task;
import java.util.ArrayList;
import java.util.List;

/**
 * A few goroutines that share plain fields. Each does one part: a write and a read for every edge
 * that leaves it, then its step, then a read and writes for every edge that arrives.
 */
final class Trial {
  /** Says whether it came after the parts from which edges arrive. */
  @FunctionalInterface
  interface Step {
    boolean run() throws Exception;
  }

  private record Part(Task prelude, Step step) {}

  private final List<Part> parts = new ArrayList<>();
  private final List<Cell> cells = new ArrayList<>();
  private Task end = () -> {};

  /** What the first part does before its step is to happen before what the second does after. */
  static Trial of(Task release, Task acquire) {
    return new Trial().part(release).part(acquire).edge(0, 1);
  }

  /** Two parts of which each says whether it came second. */
  static Trial either(Step one, Step other) {
    return new Trial().part(() -> {}, one).part(() -> {}, other).edge(0, 1).edge(1, 0);
  }

  /** Adds a part whose step is always followed by what is after it. */
  Trial part(Task step) {
    return part(() -> {}, step);
  }

  /**
   * Adds a part.
   *
   * @param prelude what the part does before its accesses, also in the racy twin
   */
  Trial part(Task prelude, Task step) {
    return part(
        prelude,
        () -> {
          step.run();
          return true;
        });
  }

  private Trial part(Task prelude, Step step) {
    parts.add(new Part(prelude, step));
    return this;
  }

  /** Claims that one part happens before another. */
  Trial edge(int from, int to) {
    cells.add(new Cell(from, to));
    return this;
  }

  /** Sets what ends the trial, when all parts are over. */
  Trial atEnd(Task task) {
    end = task;
    return this;
  }

  int size() {
    return parts.size();
  }

  /** Runs one part. */
  void run(int index) throws Exception {
    Part part = parts.get(index);
    part.prelude.run();
    access(index, part.step);
  }

  /**
   * Runs one part of the racy twin, which omits the step.
   *
   * @param late whether a part with an outgoing edge first yields to the others. Otherwise a
   *     prelude in which the parts meet may leave them in the right order every time.
   */
  void runUnordered(int index, boolean late) throws Exception {
    parts.get(index).prelude.run();
    if (late && cells.stream().anyMatch(cell -> cell.from == index)) {
      Go.gosched();
    }
    access(index, () -> true);
  }

  private void access(int index, Step step) throws Exception {
    for (Cell cell : cells) {
      if (cell.from == index) {
        cell.before();
      }
    }
    if (step.run()) {
      for (Cell cell : cells) {
        if (cell.to == index) {
          cell.after();
        }
      }
    }
  }

  /** Ends the trial, and tells whether an edge was missing. */
  boolean isStale() throws Exception {
    end.run();
    return cells.stream().anyMatch(Cell::isStale);
  }

  /** What the two ends of an edge share. */
  private static final class Cell {
    private final int from;
    private final int to;

    // Plain, and so what the test is about.
    private int data;
    private int twice;
    private int late;

    // Of the one end alone, and of the other.
    private int early;
    private int seen;
    private boolean arrived;

    Cell(int from, int to) {
      this.from = from;
      this.to = to;
    }

    void before() {
      early = late;
      data = 1;
      twice = 1;
    }

    void after() {
      seen = data;
      twice = 2;
      late = 1;
      arrived = true;
    }

    /** A read missed the write before it or saw the one after it, or a write was overtaken. */
    boolean isStale() {
      return arrived && (seen == 0 || early != 0 || twice != 2);
    }
  }
}

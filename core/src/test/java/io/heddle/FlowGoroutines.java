package io.heddle;

import java.util.List;

/** Shows the tests of io.heddle.flow what goroutines there are. */
public final class FlowGoroutines {
  private FlowGoroutines() {}

  /** The goroutines of the caller's program that have not ended, but for the caller. */
  public static List<String> others() {
    Goroutine<?> self = Goroutine.current();
    return Program.current().goroutines().stream()
        .filter(goroutine -> goroutine != self)
        .map(Goroutine::toString)
        .toList();
  }

  /** Where the other goroutines were created. */
  public static List<String> origins() {
    Goroutine<?> self = Goroutine.current();
    return Program.current().goroutines().stream()
        .filter(goroutine -> goroutine != self)
        .map(Goroutine::createdBy)
        .toList();
  }
}

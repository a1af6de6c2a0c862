package io.heddle.tour;

import io.heddle.Go;
import io.heddle.Task;
import io.heddle.testing.Bubble;
import java.time.Duration;

/** Runs a program in a bubble, and records its duration in virtual time. */
final class VirtualMain implements Task {
  private final Task main;
  private volatile long nanos;

  VirtualMain(Task main) {
    this.main = main;
  }

  @Override
  public void run() throws Exception {
    Bubble.run(() -> {
      try {
        main.run();
      } finally {
        nanos = Go.nanoTime();
      }
    });
  }

  Duration took() {
    return Duration.ofNanos(nanos);
  }
}

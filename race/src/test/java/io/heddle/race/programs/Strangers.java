package io.heddle.race.programs;

import io.heddle.Go;
import io.heddle.WaitGroup;

/** Goroutines that know nothing of each other and change one variable. */
public final class Strangers {
  private static final int GOROUTINES = 8;

  private static int changes;

  private Strangers() {}

  /** Starts them all before the first can run, if there is one processor. */
  public static void main(String[] args) throws Exception {
    Go.run(() -> {
      WaitGroup group = new WaitGroup();
      for (int i = 0; i < GOROUTINES; i++) {
        group.go(() -> changes++);
      }
      group.await();
      System.out.println("changes " + changes);
    });
  }
}

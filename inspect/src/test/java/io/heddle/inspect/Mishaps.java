package io.heddle.inspect;

import static io.heddle.Go.go;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.DeadlockException;
import io.heddle.Go;
import java.io.IOException;
import java.time.Duration;

/**
 * Misses a deadline, stalls and ends in a deadlock. It waits for its standard input before the
 * first and in the second.
 */
final class Mishaps {
  private Mishaps() {}

  public static void main(String[] args) throws InterruptedException, IOException {
    Go.run(() -> {}); // begins to record
    int _ = System.in.read();
    Go.run(() -> {
      try (CancelContext context = Context.background().withTimeout(Duration.ofMillis(1))) {
        context.done().receive();
      }
      go("reader", () -> System.in.read()).join(); // blocks its worker
    });
    try {
      Go.run(() -> {
        Chan.unbuffered().receive();
      });
    } catch (DeadlockException e) {
      System.err.println("the program continues");
    }
  }
}

package io.heddle;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;

/** Tasks for groups, and their outcomes. */
final class TaskGroupTestSupport {
  static final Task NOTHING = () -> {};

  private TaskGroupTestSupport() {}

  static Task failing(Throwable error) {
    return () -> {
      switch (error) {
        case Exception e -> throw e;
        case Error e -> throw e;
        default -> throw new AssertionError(error);
      }
    };
  }

  static Throwable errorOf(TaskGroup<?> group) {
    Throwable cause = assertThrows(ExecutionException.class, group::await).getCause();
    assertNotNull(cause);
    return cause;
  }

  /** Waits for something the library does not control, until it is interrupted. */
  static void blockOutsideHeddle() throws InterruptedException {
    new CountDownLatch(1).await();
  }

  static void awaitOnlyThisGoroutine() {
    Program program = Program.current();
    TestSupport.await("the other goroutines' end", () -> program.goroutines().size() == 1);
  }
}

package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.TaskGroupTestSupport.NOTHING;
import static io.heddle.TaskGroupTestSupport.blockOutsideHeddle;
import static io.heddle.TaskGroupTestSupport.errorOf;
import static io.heddle.TaskGroupTestSupport.failing;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which goroutines of a group are interrupted, and that the group forgets the others. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class GroupInterrupterTest {
  private static final int MANY = 20 * GroupInterrupter.BLOCK;

  @Test
  void interruptsThoseThatAreLeftOfMany() throws Exception {
    run(() -> {
      TaskGroup<Void> group = new TaskGroup<>();
      AtomicInteger interrupted = new AtomicInteger();
      int left = 0;
      for (int i = 0; i < MANY; i++) {
        if (i % 100 == 0) {
          left++;
          group.go(blockingUntilInterrupted(interrupted));
        } else {
          group.go(NOTHING).join();
        }
      }
      awaitActive(group, left);
      assertTrue(group.interrupter().blocks() < left + 4, group.interrupter().blocks() + " blocks");
      IOException error = new IOException();
      group.go(failing(error));
      assertSame(error, errorOf(group));
      assertEquals(left, interrupted.get());
    });
  }

  @Test
  void forgetsThoseThatHaveEndedWhileItGoesOn() throws Exception {
    run(() -> {
      try (TaskGroup<Void> group = new TaskGroup<>()) {
        for (int i = 0; i < MANY; i++) {
          group.go(NOTHING).join();
          assertTrue(group.interrupter().blocks() < 10, group.interrupter().blocks() + " blocks");
        }
      }
    });
  }

  @Test
  void forgetsAllButTheLastOfManyWithoutAnother() throws Exception {
    run(() -> {
      Chan<Integer> gate = Chan.unbuffered();
      Chan<Integer> last = Chan.unbuffered();
      try (TaskGroup<Void> group = new TaskGroup<>()) {
        group.go(() -> last.receive());
        for (int i = 0; i < MANY; i++) {
          group.go(() -> gate.receive());
        }
        assertTrue(group.interrupter().blocks() > 10);
        gate.close();
        awaitActive(group, 1);
        TestSupport.await("the sweep", () -> group.interrupter().blocks() < 5);
        last.close();
        group.await();
      }
    });
  }

  @Test
  void interruptsThoseThatAreStartedWhileTheContextEnds() throws Exception {
    for (int round = 0; round < 200; round++) {
      run(() -> {
        CancelContext parent = Context.background().withCancel();
        AtomicInteger interrupted = new AtomicInteger();
        TaskGroup<Void> group = new TaskGroup<>(parent);
        Goroutine<?> starter =
            go(() -> {
              while (group.tryGo(blockingUntilInterrupted(interrupted))) {
                Go.gosched();
              }
            });
        parent.cancel();
        starter.join();
        group.close();
      });
    }
  }

  @Test
  void closeWithActiveTasksSaysWhoClosed() throws Exception {
    run(() -> {
      TaskGroup<Void> group = new TaskGroup<>();
      group.go(blockingUntilInterrupted(new AtomicInteger()));
      group.close();
      String error = String.valueOf(group.context().error());
      assertTrue(error.contains(" by goroutine 1"), error);
    });
  }

  private static Task blockingUntilInterrupted(AtomicInteger interrupted) {
    return () -> {
      try {
        blockOutsideHeddle();
      } catch (InterruptedException e) {
        interrupted.incrementAndGet();
      }
    };
  }

  private static void awaitActive(TaskGroup<?> group, int count) {
    TestSupport.await(
        "the end of the others", () -> group.toString().equals("TaskGroup[" + count + "]"));
  }
}

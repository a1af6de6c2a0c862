package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The collector says which main goroutines nothing can reach, and no goroutine is lost by asking.
 */
@Timeout(180)
@Tag("slow")
@Tag("clock")
final class ReachabilityTest {
  private static Program start(Task main) throws InterruptedException {
    Program program = new Program(SystemClock.INSTANCE);
    program.start(main);
    return program;
  }

  /** Until all have a mark, which a dump leaves in each wait. */
  private static void awaitAsleep(Program program, int goroutines) {
    TestSupport.await(
        "all to wait",
        () -> {
          program.dump();
          return program.registry().all(routine -> routine.seen() != null).size() == goroutines;
        });
  }

  /** Others may hold on to a goroutine for a moment, as whoever looks at all of them does. */
  private static void awaitStuck(Program program) {
    TestSupport.await(
        "the program to be found",
        () -> new Reachability().stuck(List.of(program)).contains(program));
  }

  @Test
  void aProgramThatNothingCanReachIsFoundAndItsGoroutinesAreStillThere() throws Exception {
    AtomicInteger cleaned = new AtomicInteger();
    Program program = start(() -> startAndWait(cleaned));
    awaitAsleep(program, 3);
    awaitStuck(program);
    assertEquals(3, program.goroutines().size());
    program.deadlocked();
    DeadlockException deadlock = assertThrows(DeadlockException.class, program::awaitEnd);
    String dump = deadlock.goroutines();
    assertEquals(
        2, dump.lines().filter(line -> line.contains("\"kept\" [chan send]")).count(), dump);
    assertEquals(3, cleaned.get(), "finally blocks");
    assertTrue(Leaks.found().stream().noneMatch(leak -> "kept".equals(leak.name())));
  }

  private static void startAndWait(AtomicInteger cleaned) throws InterruptedException {
    WaitGroup group = new WaitGroup();
    Chan<Integer> values = Chan.unbuffered();
    try {
      for (int i = 0; i < 2; i++) {
        group.add(1);
        Go.go(
            "kept",
            () -> {
              try {
                values.send(1);
                group.done();
              } finally {
                cleaned.incrementAndGet();
              }
            });
      }
      group.await();
    } finally {
      cleaned.incrementAndGet();
    }
  }

  /** What it can be woken by is in this method's frame. */
  @Test
  void aProgramThatAStackReachesIsNotFound() throws Exception {
    Chan<Integer> values = Chan.unbuffered();
    Program program = start(values::receive);
    awaitAsleep(program, 1);
    assertTrue(new Reachability().canBeAsked());
    assertEquals(List.of(), new Reachability().stuck(List.of(program)));
    values.send(1);
    program.awaitEnd();
  }

  @Test
  void goroutinesThatWakeWhileTheCollectorIsAskedGoOn() throws Exception {
    int pairs = 50;
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger ended = new AtomicInteger();
    Program program =
        start(() -> {
          WaitGroup group = new WaitGroup();
          for (int i = 0; i < pairs; i++) {
            Chan<Integer> there = Chan.unbuffered();
            Chan<Integer> back = Chan.unbuffered();
            group.go(() -> {
              while (!over.get()) {
                there.send(1);
                back.receive();
              }
              there.close();
              ended.incrementAndGet();
            });
            group.go(() -> {
              for (int value : there) {
                back.send(value);
              }
              ended.incrementAndGet();
            });
          }
          group.await();
        });
    Reachability reachability = new Reachability();
    for (int i = 0; i < 10; i++) {
      program.dump(); // marks their waits
      assertEquals(List.of(), reachability.stuck(List.of(program)));
    }
    over.set(true);
    program.awaitEnd();
    assertEquals(2 * pairs, ended.get());
    assertTrue(program.isEmpty());
  }
}

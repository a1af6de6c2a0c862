package io.heddle.testing;

import static io.heddle.Go.after;
import static io.heddle.Go.go;
import static io.heddle.Select.choose;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.heddle.Chan;
import io.heddle.Cond;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Mutex;
import io.heddle.RWMutex;
import io.heddle.Semaphore;
import io.heddle.Task;
import io.heddle.WaitGroup;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a bubble says of the goroutines that programs leave behind, each with its wait reason. */
@Timeout(60)
final class LeakReasonsTest {
  private static final Pattern REASON =
      Pattern.compile("^goroutine \\d+ \\[(.*)]:$", Pattern.MULTILINE);
  private static final Duration SECOND = Duration.ofSeconds(1);

  private static List<String> leaks(Task program) {
    LeakError error = assertThrows(LeakError.class, () -> Bubble.run(program));
    return REASON
        .matcher(error.goroutines())
        .results()
        .map(found -> found.group(1))
        .sorted()
        .toList();
  }

  private static void assertLeak(String reason, Task task) {
    assertEquals(List.of(reason), leaks(() -> go(task)));
  }

  @Test
  void everythingThatBlocksSaysWhy() {
    assertLeak("chan receive", () -> Chan.never().receive());
    assertLeak("chan send", () -> Chan.<Integer>never().send(1));
    assertLeak("select (no cases)", () -> select());
    assertLeak("chan receive", () -> Chan.unbuffered().receive());
    assertLeak("chan send", () -> Chan.<Integer>unbuffered().send(1));
    assertLeak("sleep", () -> Go.sleep(SECOND));
    assertLeak("timer receive", () -> after(SECOND).receive());
    assertLeak("Goroutine.join", () -> io.heddle.Goroutine.current().join());
    assertLeak(
        "select", () -> select(Chan.unbuffered().onReceive(), Chan.unbuffered().onReceive()));
    assertLeak("Context.done", () -> Context.background().withCancel().done().receive());
    assertLeak(
        "WaitGroup.await",
        () -> {
          WaitGroup group = new WaitGroup();
          group.add(1);
          group.await();
        });
    assertLeak(
        "Mutex.lock, held by goroutine 2",
        () -> {
          Mutex mutex = new Mutex();
          mutex.lock();
          mutex.lock();
        });
    assertLeak(
        "Cond.await",
        () -> {
          Mutex mutex = new Mutex();
          mutex.lock();
          new Cond(mutex).await();
        });
    assertLeak(
        "RWMutex.reading().lock, held by goroutine 2",
        () -> {
          RWMutex mutex = new RWMutex();
          mutex.lock();
          mutex.reading().lock();
        });
    assertLeak(
        "RWMutex.lock, held by a reader: goroutine 2",
        () -> {
          RWMutex mutex = new RWMutex();
          mutex.reading().lock();
          mutex.lock();
        });
    assertLeak("Semaphore.acquire", () -> new Semaphore(0).acquire());
  }

  @Test
  void aTimeoutLeavesTheSenderOfAnUnbufferedChannel() {
    assertEquals(
        List.of("chan send"),
        leaks(() -> {
          Chan<String> result = Chan.unbuffered();
          go(() -> {
            Go.sleep(SECOND.multipliedBy(3));
            result.send("too late");
          });
          choose(result.onReceive(), after(SECOND.multipliedBy(2)).onReceive());
          Go.sleep(SECOND.multipliedBy(2));
        }));
  }

  @Test
  void theSlowerOfTwoSendersIsLeft() {
    assertEquals(
        List.of("chan send"),
        leaks(() -> {
          Chan<String> first = Chan.unbuffered();
          Chan<String> second = Chan.unbuffered();
          go(() -> {
            Go.sleep(SECOND.multipliedBy(2));
            first.send("one");
          });
          go(() -> {
            Go.sleep(SECOND);
            second.send("two");
          });
          assertEquals("two", select(first.onReceive(), second.onReceive()));
          Go.sleep(SECOND.multipliedBy(2));
        }));
  }

  @Test
  void aThousandInAChainThatWaitForASleeperAreNoLeak() throws Exception {
    Bubble.run(() -> {
      Chan<Integer> first = Chan.unbuffered();
      Chan<Integer> in = first;
      for (int i = 0; i < 1000; i++) {
        Chan<Integer> from = in;
        Chan<Integer> to = Chan.unbuffered();
        go(() -> to.send(from.receive() + 1));
        in = to;
      }
      go(() -> {
        Go.sleep(Duration.ofHours(1));
        first.send(0);
      });
      assertEquals(1000, in.receive());
    });
  }

  @Test
  void twoThatWaitForEachOtherAreBothNamed() {
    assertEquals(
        List.of("WaitGroup.await", "chan send"),
        leaks(() -> {
          Chan<Integer> channel = Chan.unbuffered();
          WaitGroup group = new WaitGroup();
          group.go(() -> channel.send(1));
          go(() -> group.await());
        }));
  }
}

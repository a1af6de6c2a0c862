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
import io.heddle.Feed;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Mutex;
import io.heddle.Once;
import io.heddle.OnceValue;
import io.heddle.RWMutex;
import io.heddle.Semaphore;
import io.heddle.Task;
import io.heddle.TaskGroup;
import io.heddle.WaitGroup;
import io.heddle.flow.Pipeline;
import io.heddle.interop.GoroutineExecutor;
import io.heddle.interop.StructuredTaskScope;
import io.heddle.rate.AdaptiveLimiter;
import io.heddle.rate.RateLimiter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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

  /** As {@link #leaks}, where it is a matter of chance which goroutine holds a lock. */
  private static List<String> leaksWithHolders(Task program) {
    return leaks(program).stream()
        .map(reason -> reason.replaceFirst(", held by goroutine \\d+$", ", held"))
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
    assertLeak("Goroutine.join", () -> Goroutine.current().join());
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

  /** The goroutines that a task leaves behind, each with its reason, beside itself. */
  private static void assertLeaks(String reason, String other, Task task) {
    assertEquals(Stream.of(reason, other).sorted().toList(), leaks(() -> go(task)));
  }

  /** Blocks for ever, and ignores interrupts. */
  private static String ignoreInterrupts() {
    while (true) {
      try {
        Chan.never().receive();
      } catch (InterruptedException _) {
        // waits again
      }
    }
  }

  @Test
  void aMethodThatIsMadeOfOthersShowsItsOwnName() {
    assertLeak("Goroutine.await", () -> Goroutine.current().await());
    assertLeaks("Go.run", "chan receive", () -> Go.run(() -> Chan.never().receive()));
    assertLeaks(
        "TaskGroup.close",
        "chan receive",
        () -> {
          try (TaskGroup<String> group = new TaskGroup<>()) {
            group.go(() -> ignoreInterrupts());
          }
        });
    assertEquals(
        List.of("Once.run, held", "chan receive"),
        leaksWithHolders(() -> {
          Once once = new Once(); // made in the bubble, which can only see waits for its own
          for (int i = 0; i < 2; i++) {
            go(() -> once.run(() -> Chan.never().receive()));
          }
        }));
    assertEquals(
        List.of("OnceValue.get, held", "chan receive"),
        leaksWithHolders(() -> {
          OnceValue<Object> value = OnceValue.of(() -> Chan.never().receive());
          for (int i = 0; i < 2; i++) {
            go(() -> value.get(Context.background()));
          }
        }));
    assertLeaks(
        "Feed.close",
        "chan receive",
        () -> Feed.from(Stream.generate(() -> ignoreInterrupts())).close());
    assertLeaks(
        "Pipeline.run",
        "chan receive",
        () -> Pipeline.run(Context.background(), pipeline -> Chan.never().receive()));
    assertLeaks(
        "Pipeline.call",
        "chan receive",
        () -> Pipeline.call(Context.background(), pipeline -> Chan.never().receive()));
  }

  @Test
  void limitersShowTheirOwnNames() {
    assertLeak(
        "RateLimiter.acquire",
        () -> {
          RateLimiter limiter = RateLimiter.perSecond(1, 1);
          limiter.acquire();
          limiter.acquire();
        });
    assertLeak("AdaptiveLimiter.acquire", () -> acquireTwice(1, RateLimiter.INFINITE));
    assertLeak("AdaptiveLimiter.acquire", () -> acquireTwice(2, 1));
    assertEquals(
        List.of("AdaptiveLimiter.acquire", "AdaptiveLimiter.acquire"),
        leaks(() -> {
          AdaptiveLimiter limiter = new AdaptiveLimiter(1, 1, RateLimiter.INFINITE, 1);
          limiter.acquire();
          go(() -> limiter.acquire());
          go(() -> limiter.acquire());
        }));
  }

  private static void acquireTwice(int concurrency, double limit) throws InterruptedException {
    AdaptiveLimiter limiter = new AdaptiveLimiter(concurrency, concurrency, limit, 1);
    limiter.acquire();
    limiter.acquire();
  }

  @Test
  void theCounterpartsOfTheJdksClassesShowTheirOwnNames() {
    assertLeaks(
        "StructuredTaskScope.join",
        "chan receive",
        () -> {
          try (var scope = StructuredTaskScope.open()) {
            scope.fork(() -> Chan.never().receive());
            scope.join();
          }
        });
    assertLeaks(
        "StructuredTaskScope.close",
        "chan receive",
        () -> {
          try (var scope = StructuredTaskScope.open()) {
            scope.fork(() -> ignoreInterrupts());
          }
        });
    assertLeaks(
        "GoroutineExecutor.close",
        "chan receive",
        () -> {
          try (var executor = new GoroutineExecutor()) {
            executor.execute(() -> ignoreInterrupts());
          }
        });
    assertExecutor(
        "GoroutineExecutor.awaitTermination",
        executor -> {
          executor.execute(() -> ignoreInterrupts());
          executor.shutdown();
          executor.awaitTermination(1, TimeUnit.DAYS);
        });
    assertExecutor("Future.get", executor -> executor.submit(() -> ignoreInterrupts()).get());
    assertExecutor(
        "Future.get", executor -> executor.submit(() -> ignoreInterrupts()).get(1, TimeUnit.DAYS));
    List<Callable<String>> tasks = List.of(() -> ignoreInterrupts());
    assertExecutor("GoroutineExecutor.invokeAll", executor -> executor.invokeAll(tasks));
    assertExecutor("GoroutineExecutor.invokeAny", executor -> executor.invokeAny(tasks));
  }

  private interface Use {
    void of(GoroutineExecutor executor) throws Exception;
  }

  private static void assertExecutor(String reason, Use use) {
    assertLeaks(reason, "chan receive", () -> use.of(new GoroutineExecutor()));
  }

  @Test
  void exceptionsNameTheMethodThatWasCalled() throws Exception {
    Bubble.run(() -> {
      var waiter =
          go(() -> {
            RateLimiter limiter = RateLimiter.perSecond(0, 1);
            limiter.acquire();
            InterruptedException e =
                assertThrows(InterruptedException.class, () -> limiter.acquire());
            assertEquals("RateLimiter.acquire", e.getMessage());
          });
      Bubble.settle();
      waiter.cancel();
      waiter.join();
      TimeoutException late =
          assertThrows(TimeoutException.class, () -> Goroutine.current().await(SECOND));
      assertEquals("Goroutine.await: timed out after 1s", late.getMessage());
    });
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

package io.heddle.evidence.interplay;

import static io.heddle.Go.after;
import static io.heddle.Go.go;
import static io.heddle.Go.gosched;
import static io.heddle.Go.run;
import static io.heddle.Go.sleep;
import static io.heddle.Select.onComplete;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.heddle.Chan;
import io.heddle.Cond;
import io.heddle.Context;
import io.heddle.Goroutine;
import io.heddle.Mutex;
import io.heddle.Once;
import io.heddle.RWMutex;
import io.heddle.Race;
import io.heddle.Semaphore;
import io.heddle.SingleFlight;
import io.heddle.Task;
import io.heddle.TaskGroup;
import io.heddle.WaitGroup;
import io.heddle.rate.RateLimiter;
import io.heddle.scheduler.Carriers;
import io.heddle.scheduler.Scheduler;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What belongs to threads, and threads that are not goroutines. */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
final class ThreadsTest {
  private static final int MANY = 1_000;

  @Test
  void aThreadLocalBelongsToItsGoroutine() throws Exception {
    ThreadLocal<Integer> local = new ThreadLocal<>();
    AtomicInteger wrong = new AtomicInteger();
    run(() -> {
      Chan<Integer> channel = Chan.unbuffered();
      WaitGroup group = new WaitGroup();
      for (int i = 0; i < MANY; i++) {
        int mine = i;
        group.go(() -> {
          if (local.get() != null) {
            wrong.incrementAndGet();
          }
          local.set(mine);
          if (mine % 2 == 0) {
            channel.send(mine);
          } else {
            channel.receive();
          }
          gosched();
          if (local.get() != mine) {
            wrong.incrementAndGet();
          }
        });
      }
      group.await();
    });
    assertEquals(0, wrong.get());
  }

  @Test
  void aScopedValueHoldsAcrossWaitsAndIsInherited() throws Exception {
    ScopedValue<String> name = ScopedValue.newInstance();
    run(() -> {
      Chan<String> channel = Chan.unbuffered();
      go(() ->
          ScopedValue.where(name, "sender")
              .call(() -> {
                channel.send(name.get());
                channel.send(name.get());
                return null;
              }));
      String received =
          ScopedValue.where(name, "receiver").call(() -> channel.receive() + " to " + name.get());
      assertEquals("sender to receiver", received);
      assertEquals("sender", channel.receive());
      Goroutine<String> inherits = ScopedValue.where(name, "starter").call(() -> go(name::get));
      assertEquals("starter", inherits.await());
    });
  }

  @Test
  void aMonitorIsHeldAcrossWaits() throws Exception {
    Object monitor = new Object();
    long[] count = {0};
    run(() -> {
      Chan<Integer> tokens = Chan.unbuffered();
      WaitGroup group = new WaitGroup();
      for (int i = 0; i < 100; i++) {
        group.go(() -> {
          synchronized (monitor) {
            long seen = count[0];
            tokens.receive(); // all others wait for the monitor meanwhile
            count[0] = seen + 1;
          }
        });
      }
      for (int i = 0; i < 100; i++) {
        tokens.send(i);
      }
      group.await();
    });
    assertEquals(100, count[0]);
  }

  @Test
  void goroutinesWaitAndNotifyByMonitors() throws Exception {
    Object monitor = new Object();
    int[] turn = {0};
    run(() -> {
      WaitGroup group = new WaitGroup();
      for (int i = 0; i < 50; i++) {
        int mine = i;
        group.go(() -> {
          synchronized (monitor) {
            while (turn[0] != mine) {
              monitor.wait();
            }
            turn[0]++;
            monitor.notifyAll();
          }
        });
      }
      group.await();
    });
    assertEquals(50, turn[0]);
  }

  private static final Chan<String> TO_INITIALISER = Chan.unbuffered();
  private static final Chan<String> FROM_INITIALISER = Chan.unbuffered();

  private static final class Initialised {
    static final String VALUE = initialise();

    private static String initialise() {
      try {
        FROM_INITIALISER.send("begun");
        return String.valueOf(TO_INITIALISER.receive());
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Test
  void aClassInitialiserMayWaitForAGoroutine() throws Exception {
    run(() -> {
      // Who initialises a class keeps its carrier: there have to be others left.
      Chan<String> values = Chan.buffered(3);
      go(() -> values.send(Initialised.VALUE));
      assertEquals("begun", FROM_INITIALISER.receive());
      if (Carriers.areOpen() && !"jdk".equals(System.getProperty("heddle.scheduler"))) {
        // Those who wait for the initialiser keep theirs, too. The JDK has no others for them then.
        go(() -> values.send(Initialised.VALUE));
        go(() -> values.send(Initialised.VALUE));
      } else {
        values.send("ready");
        values.send("ready");
      }
      go(() -> TO_INITIALISER.send("ready"));
      for (int i = 0; i < 3; i++) {
        assertEquals("ready", values.receive());
      }
    });
  }

  @Test
  void futuresAndGoroutinesWaitForEachOther() throws Exception {
    run(() -> {
      Chan<Integer> numbers = Chan.unbuffered();
      CompletableFuture<Integer> asked =
          CompletableFuture.supplyAsync(() -> 6, Executors.newVirtualThreadPerTaskExecutor())
              .thenApply(six -> six * 7);
      go(() -> numbers.send(select(onComplete(asked))));
      assertEquals(42, numbers.receive());

      CompletableFuture<String> promised = new CompletableFuture<>();
      Thread other = Thread.ofPlatform().start(() -> promised.join());
      go(() -> promised.complete("done"));
      other.join();
      assertEquals("done", promised.get());

      CompletableFuture<String> never = new CompletableFuture<>();
      assertEquals(
          "late",
          select(
              onComplete(never, (_, _) -> "never"),
              after(Duration.ofMillis(5)).onReceive(_ -> "late")));
      CompletableFuture<String> timed =
          new CompletableFuture<String>().orTimeout(5, TimeUnit.MILLISECONDS);
      boolean expired = select(onComplete(timed, (_, failure) -> failure != null));
      assertTrue(expired);
    });
  }

  @Test
  void aParallelStreamFeedsAChannel() throws Exception {
    AtomicLong sum = new AtomicLong();
    run(() -> {
      Chan<Integer> numbers = Chan.buffered(16);
      go(() -> {
        IntStream.range(0, 10_000)
            .parallel()
            .forEach(i -> {
              try {
                numbers.send(i);
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
        numbers.close();
      });
      for (int number : numbers) {
        sum.addAndGet(number);
      }
    });
    assertEquals(49_995_000, sum.get());
  }

  static List<ExecutorService> executors() {
    return List.of(
        Executors.newSingleThreadExecutor(),
        Executors.newFixedThreadPool(4),
        Executors.newCachedThreadPool(),
        new ForkJoinPool(3),
        Executors.newVirtualThreadPerTaskExecutor());
  }

  @ParameterizedTest
  @MethodSource("executors")
  void tasksOfAnyExecutorTalkToGoroutines(ExecutorService executor) throws Exception {
    try (executor) {
      run(() -> {
        Chan<Integer> there = Chan.unbuffered();
        Chan<Integer> back = Chan.unbuffered();
        go(() -> {
          for (int number : there) {
            back.send(number * 2);
          }
          back.close();
        });
        Future<Integer> sum =
            executor.submit(() -> {
              int total = 0;
              for (int i = 0; i < MANY; i++) {
                there.send(i);
                total += back.receive();
              }
              there.close();
              return total;
            });
        assertEquals(999_000, sum.get());
        assertNull(back.receive());
      });
    }
  }

  /** On a platform thread, in a goroutine's and in another virtual thread. */
  static List<String> callers() {
    return List.of("platform", "virtual", "goroutine");
  }

  @ParameterizedTest
  @MethodSource("callers")
  void everyKindOfThreadCallsEveryOperation(String kind) throws Exception {
    FutureTask<Void> call =
        new FutureTask<>(() -> {
          everything();
          return null;
        });
    switch (kind) {
      case "platform" -> Thread.ofPlatform().start(call);
      case "virtual" -> Thread.ofVirtual().start(call);
      default -> go(call::run);
    }
    call.get();
  }

  /** Every operation that may wait, where it has to. */
  private static void everything() throws Exception {
    Duration soon = Duration.ofMillis(2);
    Chan<String> channel = Chan.unbuffered();
    late(() -> channel.send("one"));
    assertEquals("one", channel.receive());
    late(channel::receive);
    channel.send("two");
    late(() -> channel.send("three"));
    assertEquals("three", select(channel.onReceive()));
    late(channel::receive);
    select(channel.onSend("four"));
    late(channel::close);
    assertNull(channel.receive());
    assertThrows(TimeoutException.class, () -> Chan.never().receive(soon));
    assertThrows(IllegalStateException.class, () -> channel.send("five"));

    Mutex mutex = new Mutex();
    mutex.lock();
    late(mutex::unlock);
    mutex.lock();
    Cond cond = new Cond(mutex);
    late(() -> {
      mutex.lock();
      cond.signal();
      mutex.unlock();
    });
    cond.await();
    mutex.unlock();

    RWMutex lock = new RWMutex();
    lock.lock();
    late(lock::unlock);
    lock.reading().lock();
    late(lock.reading()::unlock);
    lock.lock();

    Semaphore semaphore = new Semaphore(2);
    semaphore.acquire(2);
    late(() -> semaphore.release(2));
    semaphore.acquire(2);

    WaitGroup group = new WaitGroup();
    group.go(() -> sleep(soon));
    group.await();

    Once once = new Once();
    int[] times = {0};
    once.run(() -> times[0]++);
    once.run(() -> times[0]++);
    assertEquals(1, times[0]);

    TaskGroup<Void> errors = new TaskGroup<Void>().limit(1);
    errors.go(() -> sleep(soon));
    errors.go(() -> {
      throw new java.io.IOException("as planned");
    });
    assertThrows(java.util.concurrent.ExecutionException.class, errors::await);

    assertEquals(1, Race.<Integer>race(() -> 1, () -> Chan.<Integer>never().receive()));
    assertEquals("v", new SingleFlight<String, String>().run("k", () -> "v").value());
    RateLimiter.perSecond(1_000, 1).acquire(1);

    try (var context = Context.background().withTimeout(soon)) {
      assertNull(context.done().receive());
      assertThrows(io.heddle.ContextException.class, () -> Chan.never().receive(context));
    }
    sleep(soon);
    assertTrue(after(soon).receive() != null);
    go(() -> sleep(soon)).join();
    run(() -> gosched());
  }

  private static void late(Task task) {
    go(() -> {
      sleep(Duration.ofMillis(1));
      task.run();
    });
  }

  @Test
  void threadsOfSeveralSchedulersShareAChannel() throws Exception {
    assumeTrue(Carriers.areOpen(), "java.lang is not open");
    Chan<Integer> numbers = Chan.unbuffered();
    long sum = 0;
    Runnable send =
        () -> {
          try {
            for (int i = 1; i <= 100; i++) {
              numbers.send(i);
            }
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        };
    try (Scheduler one = new Scheduler("one", 1);
        Scheduler two = new Scheduler("two", 2)) {
      one.start(Carriers.newThread(one, send));
      two.start(Carriers.newThread(two, send));
      Thread.startVirtualThread(send);
      Thread.ofPlatform().start(send);
      go(send::run);
      for (int i = 0; i < 500; i++) {
        sum += numbers.receive();
      }
    }
    assertEquals(5 * 5_050, sum);
  }
}

package io.heddle.testing;

import static io.heddle.Go.go;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Cond;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Mutex;
import io.heddle.Once;
import io.heddle.RWMutex;
import io.heddle.Semaphore;
import io.heddle.SingleFlight;
import io.heddle.Task;
import io.heddle.TaskGroup;
import io.heddle.WaitGroup;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Every primitive against its sequential specification, under many schedules; and the same for a
 * queue that is built from them, of which two mutants have to be found.
 */
@Timeout(120)
@Tag("clock")
final class PrimitivesTest {
  private static final int SEEDS = 1000;

  @Test
  @Explored(schedules = SEEDS)
  void aChannelKeepsEachSendersOrderAndLosesNothing() throws Exception {
    channel(Chan.buffered(1));
  }

  @Test
  @Explored(schedules = SEEDS)
  void anUnbufferedChannelDoesSoToo() throws Exception {
    channel(Chan.unbuffered());
  }

  private static void channel(Chan<Integer> channel) throws Exception {
    WaitGroup senders = new WaitGroup();
    for (int s = 0; s < 2; s++) {
      int first = 10 * s;
      senders.go(() -> {
        for (int i = 0; i < 3; i++) {
          channel.send(first + i);
        }
      });
    }
    go(() -> {
      senders.await();
      channel.close();
    });
    List<Integer> received = new ArrayList<>();
    for (int value : channel) {
      received.add(value);
    }
    assertEquals(List.of(0, 1, 2), received.stream().filter(v -> v < 10).toList());
    assertEquals(List.of(10, 11, 12), received.stream().filter(v -> v >= 10).toList());
  }

  @Test
  @Explored(schedules = SEEDS)
  void aValueIsReceivedOnceOrNotAtAllWhenAContextEnds() throws Exception {
    Chan<Integer> channel = Chan.unbuffered();
    int[] sent = new int[1];
    int[] received = new int[1];
    WaitGroup group = new WaitGroup();
    try (var context = Context.background().withCancel()) {
      group.go(() -> {
        try {
          channel.send(1, context);
          sent[0]++;
        } catch (ContextException e) {
          // nothing was sent
        }
      });
      group.go(() -> {
        try {
          channel.receive(context);
          received[0]++;
        } catch (ContextException e) {
          // nothing was received
        }
      });
      group.go(context::cancel);
      group.await();
    }
    assertEquals(sent[0], received[0]);
  }

  @Test
  @Explored(schedules = SEEDS)
  void aSelectDoesOneOfItsCases() throws Exception {
    Chan<Integer> a = Chan.unbuffered();
    Chan<Integer> b = Chan.buffered(1);
    int[] sum = new int[1];
    WaitGroup group = new WaitGroup();
    for (int i = 0; i < 2; i++) {
      group.go(() -> select(a.onSend(1), b.onSend(1)));
      group.go(() -> {
        int received = select(a.onReceive(v -> v), b.onReceive(v -> v));
        sum[0] += received; // sum[0] += select(…) would read it before, and lose the other's
      });
    }
    group.await();
    assertEquals(2, sum[0]);
    assertEquals(0, b.len());
  }

  @Test
  @Explored(schedules = SEEDS)
  void aMutexLetsOneInAtATime() throws Exception {
    Mutex mutex = new Mutex();
    int[] inside = new int[1];
    int[] tries = new int[1];
    WaitGroup group = new WaitGroup();
    for (int i = 0; i < 3; i++) {
      boolean tryOnly = i == 2;
      group.go(() -> {
        if (tryOnly) {
          if (!mutex.tryLock()) {
            return;
          }
          tries[0]++;
        } else {
          mutex.lock();
        }
        assertEquals(1, ++inside[0]);
        Go.gosched();
        assertEquals(0, --inside[0]);
        mutex.unlock();
      });
    }
    group.await();
    assertTrue(mutex.tryLock());
  }

  @Test
  @Explored(schedules = SEEDS)
  void aWriterIsAloneAndReadersAreNot() throws Exception {
    RWMutex mutex = new RWMutex();
    int[] readers = new int[1];
    int[] writers = new int[1];
    WaitGroup group = new WaitGroup();
    for (int i = 0; i < 2; i++) {
      group.go(() -> {
        mutex.reading().lock();
        readers[0]++;
        assertEquals(0, writers[0]);
        Go.gosched();
        readers[0]--;
        mutex.reading().unlock();
      });
      group.go(() -> {
        mutex.lock();
        assertEquals(1, ++writers[0]);
        assertEquals(0, readers[0]);
        Go.gosched();
        writers[0]--;
        mutex.unlock();
      });
    }
    group.await();
  }

  @Test
  @Explored(schedules = SEEDS)
  void aSemaphoreGivesNoMoreThanItHas() throws Exception {
    Semaphore semaphore = new Semaphore(2);
    int[] taken = new int[1];
    WaitGroup group = new WaitGroup();
    for (int i = 0; i < 4; i++) {
      int permits = 1 + i % 2;
      group.go(() -> {
        semaphore.acquire(permits);
        taken[0] += permits;
        assertTrue(taken[0] <= 2);
        Go.gosched();
        taken[0] -= permits;
        semaphore.release(permits);
      });
    }
    group.await();
    assertEquals(2, semaphore.available());
  }

  @Test
  @Explored(schedules = SEEDS)
  void aOnceRunsOnceAndEverybodySeesIt() throws Exception {
    Once once = new Once();
    int[] runs = new int[1];
    WaitGroup group = new WaitGroup();
    for (int i = 0; i < 3; i++) {
      group.go(() -> {
        once.run(() -> runs[0]++);
        assertEquals(1, runs[0]);
      });
    }
    group.await();
  }

  @Test
  @Explored(schedules = SEEDS)
  void aGroupEndsAfterItsTasks() throws Exception {
    int[] done = new int[1];
    TaskGroup<Void> group = new TaskGroup<Void>().limit(2);
    for (int i = 0; i < 3; i++) {
      group.go(() -> {
        Go.sleep(Duration.ofSeconds(1));
        done[0]++;
      });
    }
    group.await();
    assertEquals(3, done[0]);
  }

  @Test
  @Explored(schedules = SEEDS)
  void theResultsOfAGroupAreReceivedOnceAndListedInOrder() throws Exception {
    try (TaskGroup<Integer> group = new TaskGroup<Integer>().limit(2)) {
      for (int i = 0; i < 4; i++) {
        int number = i;
        group.go(() -> {
          Go.gosched();
          return number;
        });
      }
      List<Integer> received = new ArrayList<>();
      for (int number : group.results()) {
        received.add(number);
      }
      assertEquals(List.of(0, 1, 2, 3), received.stream().sorted().toList());
      assertEquals(List.of(0, 1, 2, 3), group.await());
    }
  }

  @Test
  @Explored(schedules = SEEDS)
  void aTaskThatIsStartedWhileOthersWaitIsWaitedForOrRefused() throws Exception {
    try (TaskGroup<Integer> group = new TaskGroup<>()) {
      group.go(() -> 1);
      Goroutine<Boolean> starter =
          Go.go(() -> {
            try {
              group.go(() -> 2);
              return true;
            } catch (IllegalStateException e) {
              return false;
            }
          });
      List<Integer> results = group.await();
      assertEquals(starter.await() ? List.of(1, 2) : List.of(1), results);
    }
  }

  @Test
  @Explored(schedules = SEEDS)
  void aFailureIsThrownWhetherTheNextTaskRunsOrIsRefused() throws Exception {
    Exception error = new Exception("error");
    TaskGroup<Integer> group = new TaskGroup<Integer>().limit(1);
    group.go(() -> {
      Go.gosched();
      throw error;
    });
    Goroutine<Integer> next = group.go(() -> 1);
    assertSame(error, assertThrows(ExecutionException.class, group::await).getCause());
    assertTrue(next.isDone());
    group.close();
  }

  @Test
  @Explored(schedules = SEEDS)
  void aCloseBesideAWaitIsNotTakenForSuccess() throws Exception {
    TaskGroup<Integer> group = new TaskGroup<>();
    group.go(() -> Chan.<Integer>unbuffered().receive());
    Goroutine<?> closer = Go.go(() -> group.close());
    assertThrows(ContextException.class, group::await);
    closer.join();
  }

  @Test
  @Explored(schedules = SEEDS)
  void aSharedCallIsNotMadeTwiceAtATime() throws Exception {
    SingleFlight<String, Integer> flights = new SingleFlight<>();
    int[] running = new int[1];
    WaitGroup group = new WaitGroup();
    for (int i = 0; i < 3; i++) {
      group.go(() ->
          flights.run(
              "key",
              () -> {
                assertEquals(1, ++running[0]);
                Go.gosched();
                running[0]--;
                return 1;
              }));
    }
    group.await();
  }

  /** A bounded queue, with two conditions to wait for. */
  private static class BoundedQueue {
    final Mutex mutex = new Mutex();
    final Cond changed = new Cond(mutex);
    final Queue<Integer> queue = new ArrayDeque<>();

    void put(int value) throws InterruptedException {
      mutex.lock();
      while (queue.size() == 1) {
        changed.await();
      }
      queue.add(value);
      wake();
      mutex.unlock();
    }

    int take() throws InterruptedException {
      mutex.lock();
      while (queue.isEmpty()) {
        changed.await();
      }
      int value = queue.remove();
      wake();
      mutex.unlock();
      return value;
    }

    void wake() {
      changed.broadcast();
    }
  }

  private static Task use(java.util.function.Supplier<BoundedQueue> maker) {
    return () -> {
      BoundedQueue queue = maker.get();
      AtomicInteger sum = new AtomicInteger();
      WaitGroup group = new WaitGroup();
      for (int i = 0; i < 2; i++) {
        int value = i + 1;
        group.go(() -> {
          queue.put(value);
          queue.put(10 * value);
        });
        group.go(() -> sum.addAndGet(queue.take() + queue.take()));
      }
      group.await();
      assertEquals(33, sum.get());
    };
  }

  @Test
  void aQueueIsCorrect() throws Exception {
    Explore.schedules(SEEDS).check(use(BoundedQueue::new));
  }

  /** Wakes one, who may be of the wrong kind. */
  private static final class WakesOne extends BoundedQueue {
    @Override
    void wake() {
      changed.signal();
    }
  }

  @Test
  void aQueueThatWakesTheWrongOneIsFound() throws Exception {
    ExplorationError error = Explore.schedules(10_000).search(use(WakesOne::new)).error();
    assertNotNull(error);
    assertTrue(error.getMessage().startsWith("deadlock"), error.getMessage());
    assertNotNull(Explore.seed(error.seed()).search(use(WakesOne::new)).error());
  }

  /** Looks at its condition once. */
  private static final class LooksOnce extends BoundedQueue {
    @Override
    int take() throws InterruptedException {
      mutex.lock();
      if (queue.isEmpty()) {
        changed.await();
      }
      int value = queue.remove();
      wake();
      mutex.unlock();
      return value;
    }
  }

  @Test
  void aQueueThatLooksOnlyOnceIsFound() throws Exception {
    ExplorationError error = Explore.schedules(10_000).search(use(LooksOnce::new)).error();
    assertNotNull(error);
    assertNotNull(error.getCause());
    assertFalse(error.trace().isEmpty());
  }
}

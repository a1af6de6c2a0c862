package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.select;
import static io.heddle.TaskGroupTestSupport.NOTHING;
import static io.heddle.TaskGroupTestSupport.errorOf;
import static io.heddle.TaskGroupTestSupport.failing;
import static java.time.Duration.ofSeconds;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What groups of tasks return: as a list, as a channel, by the tasks' handles. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class TaskGroupResultsTest {
  private static final int ROUNDS = 200;

  @Nested
  final class Lists {
    @Test
    void areInTheOrderOfGoWhateverTheOrderOfTheEnds() throws Exception {
      run(() -> {
        try (TaskGroup<Integer> group = new TaskGroup<>()) {
          List<Chan<Integer>> gates = new ArrayList<>();
          for (int i = 0; i < 100; i++) {
            Chan<Integer> gate = Chan.buffered(1);
            gates.add(gate);
            group.go(() -> gate.receive());
          }
          for (int i = 99; i >= 0; i--) {
            gates.get(i).send(i);
          }
          List<Integer> expected = IntStream.range(0, 100).boxed().toList();
          assertEquals(expected, group.await());
          assertEquals(expected, group.await(Context.background()));
          assertEquals(expected, group.await(ofSeconds(1)));
          assertEquals(expected, group.tryAwait());
          assertEquals(expected, select(group.onAwait()));
          int size = select(group.onAwait(List::size));
          assertEquals(100, size);
          assertThrows(UnsupportedOperationException.class, () -> group.await().set(0, 1));
        }
      });
    }

    @Test
    void areInTheOrderOfGoWithALimit() throws Exception {
      run(() -> {
        for (int limit = 1; limit < 5; limit++) {
          try (TaskGroup<Integer> group = new TaskGroup<Integer>().limit(limit)) {
            for (int i = 0; i < ROUNDS; i++) {
              int number = i;
              group.go(() -> {
                if (number % 3 == 0) {
                  Go.gosched();
                }
                return number;
              });
            }
            assertEquals(IntStream.range(0, ROUNDS).boxed().toList(), group.await());
          }
        }
      });
    }

    @Test
    void haveNullsWhereTasksReturnedNullAndNothingForThoseThatReturnNothing() throws Exception {
      run(() -> {
        try (TaskGroup<@Nullable String> group = new TaskGroup<>()) {
          group.go(() -> "a");
          group.go(NOTHING);
          group.go(() -> (String) null);
          group.tryGo(NOTHING);
          group.tryGo(() -> "b");
          assertEquals(Arrays.asList("a", null, "b"), group.await());
        }
      });
    }

    @Test
    void haveTheResultsOfTasksThatTasksStarted() throws Exception {
      run(() -> {
        try (TaskGroup<Integer> group = new TaskGroup<>()) {
          group.go(() -> {
            for (int i = 0; i < 10; i++) {
              int number = i;
              group.go(() -> number);
            }
          });
          assertEquals(IntStream.range(0, 10).boxed().toList(), group.await());
        }
      });
    }

    @Test
    void ofATimeOutThereIsNoneAndTheGroupCanGoOn() throws Exception {
      run(() -> {
        try (TaskGroup<Integer> group = new TaskGroup<>()) {
          Chan<Integer> gate = Chan.unbuffered();
          group.go(() -> gate.receive());
          assertThrows(
              java.util.concurrent.TimeoutException.class,
              () -> group.await(java.time.Duration.ZERO));
          assertNull(group.tryAwait());
          group.go(() -> 2);
          gate.send(1);
          assertEquals(List.of(1, 2), group.await());
        }
      });
    }

    @Test
    void twoWaitersGetTheSame() throws Exception {
      run(() -> {
        try (TaskGroup<Integer> group = new TaskGroup<>()) {
          Chan<Integer> gate = Chan.unbuffered();
          group.go(() -> gate.receive());
          Goroutine<List<Integer>> one = go(() -> group.await());
          Goroutine<List<Integer>> two = go(() -> select(group.onAwait()));
          TestSupport.awaitBlocked(one, "TaskGroup.await");
          TestSupport.awaitBlocked(two, "select");
          gate.send(7);
          assertEquals(List.of(7), one.await());
          assertEquals(List.of(7), two.await());
        }
      });
    }

    /** The count gets to zero again and again, and no wait may end before its last task. */
    @Test
    void theGroupIsNotOverBecauseNoTaskIsActiveForAMoment() throws Exception {
      run(() -> {
        try (TaskGroup<Integer> group = new TaskGroup<>()) {
          for (int i = 0; i < ROUNDS; i++) {
            int number = i;
            group.go(() -> number).join();
          }
          assertEquals(IntStream.range(0, ROUNDS).boxed().toList(), group.await());
        }
      });
    }

    /** A task that is started while others wait is waited for, or refused: never lost. */
    @Test
    void aTaskThatIsStartedDuringAWaitIsInItsResultOrRefused() throws Exception {
      run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          TaskGroup<Integer> group = new TaskGroup<>();
          AtomicInteger ran = new AtomicInteger();
          group.go(() -> ran.incrementAndGet());
          Goroutine<Integer> starter =
              go(() -> {
                int started = 1;
                try {
                  for (int i = 0; i < 5; i++) {
                    group.go(() -> ran.incrementAndGet());
                    started++;
                  }
                } catch (IllegalStateException e) {
                  assertTrue(e.getMessage().contains("over"), e.getMessage());
                }
                return started;
              });
          List<Integer> results = group.await();
          int seen = ran.get();
          assertEquals(starter.await(), results.size());
          assertEquals(results.size(), seen);
          assertEquals(results, group.await());
          group.close();
        }
      });
    }

    @Test
    void handlesHaveTheirResultsWhenTheGroupIsOver() throws Exception {
      run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          try (TaskGroup<Object> group = new TaskGroup<>()) {
            Goroutine<Object> one = group.go(() -> 1);
            Goroutine<@Nullable Void> nothing = group.go(NOTHING);
            Goroutine<Object> two = group.go(() -> "two");
            group.await();
            assertEquals(1, one.result());
            assertEquals("two", two.result());
            assertNull(nothing.result());
            assertEquals("two", two.await());
          }
        }
      });
    }
  }

  @Nested
  final class Streams {
    @Test
    void yieldResultsInTheOrderOfTheEndsAndCloseThemselves() throws Exception {
      run(() -> {
        try (TaskGroup<Integer> group = new TaskGroup<>()) {
          List<Chan<Integer>> gates = new ArrayList<>();
          for (int i = 0; i < 10; i++) {
            Chan<Integer> gate = Chan.unbuffered();
            gates.add(gate);
            group.go(() -> gate.receive());
          }
          Receiver<Integer> results = group.results();
          assertSame(results, group.results());
          assertNull(results.tryReceive());
          for (int i : new int[] {3, 0, 9, 1, 2, 4, 5, 6, 7, 8}) {
            gates.get(i).send(i);
            assertEquals(i, results.receive());
          }
          assertNull(results.receive());
          assertTrue(results.isDrained());
          assertEquals(IntStream.range(0, 10).boxed().toList(), group.await());
        }
      });
    }

    @Test
    void haveWhatEndedBeforeAnybodyAsked() throws Exception {
      run(() -> {
        try (TaskGroup<Integer> group = new TaskGroup<>()) {
          for (int i = 0; i < 5; i++) {
            int number = i;
            group.go(() -> number).join();
          }
          Receiver<Integer> results = group.results();
          assertEquals(5, results.len());
          List<Integer> received = new ArrayList<>();
          for (Integer result : results) {
            received.add(result);
          }
          assertEquals(List.of(0, 1, 2, 3, 4), received);
          assertThrows(IllegalStateException.class, () -> group.go(NOTHING));
        }
      });
    }

    @Test
    void leaveOutNullsAndTasksWithoutResults() throws Exception {
      run(() -> {
        try (TaskGroup<@Nullable String> group = new TaskGroup<>()) {
          group.go(() -> (String) null);
          group.go(NOTHING);
          group.go(() -> "a");
          List<String> received = new ArrayList<>();
          group.results().forEach(received::add);
          assertEquals(List.of("a"), received);
        }
      });
    }

    @Test
    void ofAGroupWithoutTasksAreClosed() throws Exception {
      run(() -> {
        try (TaskGroup<String> group = new TaskGroup<>()) {
          assertNull(group.results().receive());
        }
        TaskGroup<String> over = new TaskGroup<>();
        over.await();
        assertNull(over.results().receive());
      });
    }

    @Test
    void endWithAFailureThatIsThrownAfterwards() throws Exception {
      run(() -> {
        IOException error = new IOException();
        List<String> received = new ArrayList<>();
        var e =
            assertThrows(
                CompletionException.class,
                () -> {
                  try (TaskGroup<String> group = new TaskGroup<>()) {
                    group.go(() -> "a").join();
                    group.go(failing(error));
                    group.go(() -> Chan.<String>unbuffered().receive());
                    group.results().forEach(received::add);
                  }
                });
        assertSame(error, e.getCause());
        assertEquals(List.of("a"), received);
      });
    }

    @Test
    void goToEachReceiverOnceAndToNoneTwice() throws Exception {
      run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          int tasks = 20;
          try (TaskGroup<Integer> group = new TaskGroup<Integer>().limit(1 + round % 4)) {
            Set<Integer> received = ConcurrentHashMap.newKeySet();
            AtomicInteger times = new AtomicInteger();
            WaitGroup receivers = new WaitGroup();
            for (int i = 0; i < tasks; i++) {
              int number = i;
              group.go(() -> number);
            }
            Receiver<Integer> results = group.results();
            for (int i = 0; i < 3; i++) {
              boolean selects = i == 0;
              receivers.go(() -> {
                while (true) {
                  Integer result = selects ? select(results.onReceive()) : results.receive();
                  if (result == null) {
                    return;
                  }
                  received.add(result);
                  times.incrementAndGet();
                }
              });
            }
            receivers.await();
            assertEquals(tasks, times.get());
            assertEquals(new HashSet<>(group.await()), received);
          }
        }
      });
    }
  }

  @Nested
  final class ClosingOfChannels {
    @Test
    void comesAfterTheLastSend() throws Exception {
      run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          Chan<Integer> numbers = Chan.buffered(round % 3);
          int sum = 0;
          try (TaskGroup<Void> group = new TaskGroup<>()) {
            for (int i = 0; i < 5; i++) {
              group.go(() -> {
                for (int n = 0; n < 10; n++) {
                  numbers.send(n);
                }
              });
            }
            group.closeWhenDone(numbers);
            for (int number : numbers) {
              sum += number;
            }
            group.await();
          }
          assertEquals(5 * 45, sum);
        }
      });
    }

    @Test
    void comesAtOnceIfAllTasksHaveEnded() throws Exception {
      run(() -> {
        Chan<Integer> first = Chan.unbuffered();
        Chan<Integer> second = Chan.unbuffered();
        Chan<Integer> third = Chan.unbuffered();
        TaskGroup<Void> group = new TaskGroup<>();
        Chan<Integer> gate = Chan.unbuffered();
        group.go(() -> gate.receive());
        group.closeWhenDone(first);
        group.closeWhenDone(second);
        assertFalse(first.isDrained());
        gate.close();
        assertNull(first.receive());
        assertNull(second.receive());
        group.closeWhenDone(third);
        assertTrue(third.isDrained());
        group.close();
      });
    }

    @Test
    void isDoneForAnyNumberOfThem() throws Exception {
      run(() -> {
        List<Chan<Integer>> channels = new ArrayList<>();
        Chan<Integer> gate = Chan.unbuffered();
        try (TaskGroup<Void> group = new TaskGroup<>()) {
          group.go(() -> gate.receive());
          for (int i = 0; i < 200_000; i++) { // too many for one call within the other
            Chan<Integer> channel = Chan.unbuffered();
            channels.add(channel);
            group.closeWhenDone(channel);
          }
          gate.close();
          for (Chan<Integer> channel : channels) {
            assertNull(channel.receive());
          }
          group.await();
        }
      });
    }

    @Test
    void doesNothingToOneThatIsClosed() throws Exception {
      run(() -> {
        Chan<Integer> first = Chan.unbuffered();
        Chan<Integer> second = Chan.unbuffered();
        Chan<Integer> gate = Chan.unbuffered();
        Goroutine<?> last;
        try (TaskGroup<Void> group = new TaskGroup<>()) {
          last = group.go(() -> gate.receive());
          group.closeWhenDone(first);
          group.closeWhenDone(second);
          second.close();
          gate.close();
          assertNull(first.receive());
          group.await();
          group.closeWhenDone(second);
        }
        last.join();
      });
    }

    @Test
    void comesAlsoWhenATaskHasFailed() throws Exception {
      run(() -> {
        IOException error = new IOException();
        Chan<Integer> numbers = Chan.unbuffered();
        TaskGroup<Void> group = new TaskGroup<>();
        group.go(() -> numbers.send(1));
        group.go(failing(error));
        group.closeWhenDone(numbers);
        for (int number : numbers) {
          assertEquals(1, number);
        }
        assertSame(error, errorOf(group));
      });
    }
  }

  @Test
  void aGroupOfTasksKeepsNothingOfThem() throws Exception {
    run(() -> {
      TaskGroup<byte[]> group = new TaskGroup<byte[]>().limit(2);
      java.lang.ref.WeakReference<?>[] last = new java.lang.ref.WeakReference<?>[1];
      for (int i = 0; i < 10; i++) {
        byte[] big = new byte[1000];
        last[0] = new java.lang.ref.WeakReference<>(big);
        group.go(() -> {
          big[0]++;
        });
      }
      TestSupport.awaitCollected("what the tasks referred to", () -> last[0].get() == null);
      assertEquals(List.of(), group.await());
    });
  }
}

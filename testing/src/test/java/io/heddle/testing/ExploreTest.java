package io.heddle.testing;

import static io.heddle.Go.go;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Cond;
import io.heddle.Go;
import io.heddle.Mutex;
import io.heddle.Select;
import io.heddle.Task;
import io.heddle.WaitGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
@Tag("clock")
final class ExploreTest {
  private static void oppositeLocks() throws InterruptedException {
    Mutex a = new Mutex();
    Mutex b = new Mutex();
    WaitGroup group = new WaitGroup();
    group.go(() -> {
      a.lock();
      b.lock();
      b.unlock();
      a.unlock();
    });
    b.lock();
    a.lock();
    a.unlock();
    b.unlock();
    group.await();
  }

  @Test
  void findsADeadlockAndRepeatsIt() throws Exception {
    ExplorationError error = Explore.schedules(1000).search(ExploreTest::oppositeLocks).error();
    assertNotNull(error);
    assertTrue(error.getMessage().startsWith("deadlock"), error.getMessage());
    assertTrue(error.getMessage().contains("waits: Mutex.lock"), error.getMessage());
    for (int i = 0; i < 20; i++) {
      ExplorationError again =
          Explore.seed(error.seed()).search(ExploreTest::oppositeLocks).error();
      assertNotNull(again);
      assertEquals(error.trace(), again.trace());
    }
  }

  @Test
  void theSameSeedGivesTheSameScheduleAndDifferentOnesAllOrders() throws Exception {
    Set<String> orders = new TreeSet<>();
    for (int seed = 0; seed < 200; seed++) {
      assertEquals(order(seed), order(seed));
      orders.add(order(seed));
    }
    assertEquals(Set.of("012", "021", "102", "120", "201", "210"), orders);
  }

  private static String order(long seed) throws InterruptedException {
    StringBuilder order = new StringBuilder();
    Explore.seed(seed)
        .check(() -> {
          WaitGroup group = new WaitGroup();
          for (int i = 0; i < 3; i++) {
            int id = i;
            group.go(() -> order.append(id));
          }
          group.await();
        });
    return order.toString();
  }

  @Test
  void aSelectsChoiceComesFromTheSeed() throws Exception {
    Set<String> all = new HashSet<>();
    for (int seed = 0; seed < 50; seed++) {
      all.add(choices(seed));
      assertEquals(choices(seed), choices(seed));
    }
    assertTrue(all.size() > 10, all.toString());
  }

  private static String choices(long seed) throws InterruptedException {
    StringBuilder text = new StringBuilder();
    Explore.seed(seed)
        .check(() -> {
          Chan<String> a = Chan.buffered(9);
          Chan<String> b = Chan.buffered(9);
          for (int i = 0; i < 9; i++) {
            a.send("a");
            b.send("b");
          }
          for (int i = 0; i < 9; i++) {
            text.append(Select.<String>select(a.onReceive(), b.onReceive()));
          }
        });
    return text.toString();
  }

  @Test
  void findsALostUpdateBetweenTwoCriticalSections() throws Exception {
    Task test =
        () -> {
          Mutex mutex = new Mutex();
          int[] counter = new int[1];
          WaitGroup group = new WaitGroup();
          for (int i = 0; i < 2; i++) {
            group.go(() -> {
              mutex.lock();
              int seen = counter[0];
              mutex.unlock();
              mutex.lock();
              counter[0] = seen + 1;
              mutex.unlock();
            });
          }
          group.await();
          assertEquals(2, counter[0]);
        };
    Explore.Result result = Explore.schedules(1000).search(test);
    assertNotNull(result.error());
    assertTrue(result.error().getCause() instanceof AssertionError);
  }

  @Test
  void findsALostWakeUp() throws Exception {
    // Looks at the condition, and waits for the signal, in two critical sections.
    Explore.Result result =
        Explore.schedules(1000)
            .search(() -> {
              Mutex mutex = new Mutex();
              Cond cond = new Cond(mutex);
              boolean[] ready = new boolean[1];
              go(() -> {
                mutex.lock();
                ready[0] = true;
                cond.signal();
                mutex.unlock();
              });
              mutex.lock();
              boolean wait = !ready[0];
              mutex.unlock();
              if (wait) {
                mutex.lock();
                cond.await();
                mutex.unlock();
              }
            });
    assertNotNull(result.error());
    assertTrue(result.error().getMessage().startsWith("deadlock"));
  }

  @Test
  void aRunThatDoesNotEndFails() throws Exception {
    ExplorationError error =
        Explore.schedules(1)
            .maxSteps(500)
            .search(() -> {
              Chan<Integer> empty = Chan.buffered(1);
              while (empty.tryReceive() == null) {
                // polls for a value that is never sent
              }
            })
            .error();
    assertNotNull(error);
    assertTrue(error.getMessage().startsWith("no end after"), error.getMessage());
  }

  @Test
  void aPollerDoesNotKeepOthersFromRunning() throws Exception {
    Explore.schedules(300)
        .check(() -> {
          Chan<Integer> channel = Chan.buffered(1);
          go(() -> channel.send(1));
          while (channel.tryReceive() == null) {
            Go.gosched();
          }
        });
  }

  @Test
  void aGoroutineThatBlocksInTheJdkWhenItIsItsTurnIsNamed() {
    Object monitor = new Object();
    IllegalStateException error =
        assertThrows(
            IllegalStateException.class,
            () ->
                Explore.schedules(1000)
                    .search(() -> {
                      go(
                          "blocked",
                          () -> {
                            synchronized (monitor) {
                              Go.gosched();
                            }
                          });
                      synchronized (monitor) {
                        Go.gosched();
                      }
                    }));
    assertTrue(error.getMessage().contains("blocked outside of Heddle"), error.getMessage());
    assertTrue(error.getMessage().contains("[monitor]"), error.getMessage());
  }

  @Test
  void virtualTimePasses() throws Exception {
    Explore.schedules(200)
        .check(() -> {
          List<Integer> order = new ArrayList<>();
          WaitGroup group = new WaitGroup();
          for (int i = 0; i < 3; i++) {
            int hours = 3 - i;
            group.go(() -> {
              Go.sleep(Duration.ofHours(hours));
              order.add(hours);
            });
          }
          group.await();
          assertEquals(List.of(1, 2, 3), order);
        });
  }

  @Test
  void correctProgramsPass() throws Exception {
    Explore.Result result =
        Explore.schedules(2000)
            .search(() -> {
              Chan<Integer> jobs = Chan.unbuffered();
              Chan<Integer> results = Chan.buffered(1);
              WaitGroup workers = new WaitGroup();
              for (int i = 0; i < 2; i++) {
                workers.go(() -> {
                  for (int job : jobs) {
                    results.send(job);
                  }
                });
              }
              go(() -> {
                for (int i = 1; i <= 3; i++) {
                  jobs.send(i);
                }
                jobs.close();
                workers.await();
                results.close();
              });
              int sum = 0;
              for (int one : results) {
                sum += one;
              }
              assertEquals(6, sum);
            });
    assertNull(result.error());
    assertEquals(2000, result.schedules());
  }
}

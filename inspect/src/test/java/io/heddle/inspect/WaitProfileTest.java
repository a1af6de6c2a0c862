package io.heddle.inspect;

import static io.heddle.Go.go;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Locker;
import io.heddle.Mutex;
import io.heddle.RWMutex;
import io.heddle.Select;
import io.heddle.Task;
import io.heddle.inspect.WaitProfile.Site;
import io.heddle.internal.Waits;
import io.heddle.testing.Bubble;
import io.heddle.testing.Explore;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** In a JVM that is observed: see heddle.inspect in pom.xml. */
@Timeout(60)
final class WaitProfileTest {
  @BeforeEach
  void sampleEachWait() {
    assertTrue(Waits.sample(1));
  }

  @AfterEach
  void end() {
    assertTrue(Waits.sample(0));
  }

  private static List<Site> sites(List<Waits.Sum> sums, String method) {
    return WaitProfile.of(Duration.ofSeconds(1), sums).sites().stream()
        .filter(
            site -> site.stack().stream().anyMatch(frame -> frame.getMethodName().equals(method)))
        .toList();
  }

  private static void holder(Locker lock) {
    lock.unlock();
  }

  private static void waiter(Task wait) throws Exception {
    wait.run();
  }

  /** A goroutine waits for a lock, and another one unlocks it. In a bubble. */
  private static void contend(Locker held, Locker wanted, Task wait) throws Exception {
    held.lock();
    Goroutine<?> waiting =
        go(() -> {
          waiter(wait);
          wanted.unlock();
        });
    Bubble.settle();
    holder(held);
    waiting.join();
  }

  @Test
  void whoHeldALockIsFoundWhereItWasUnlocked() throws Exception {
    Bubble.run(() -> {
      Mutex mutex = new Mutex();
      RWMutex both = new RWMutex();
      contend(mutex, mutex, mutex::lock);
      contend(mutex, mutex, () -> Select.of(mutex.onLock()).await());
      contend(both, both.reading(), both.reading()::lock);
      contend(both.reading(), both, both::lock);
    });
    List<Site> holders = sites(Waits.unlocks(), "holder");
    assertEquals(
        List.of("Mutex.lock", "RWMutex.lock", "RWMutex.reading().lock", "select"),
        holders.stream().map(Site::reason).distinct().sorted().toList());
    for (Site site : holders) {
      assertEquals(1, site.count(), site.toString());
      assertTrue(site.nanos() > 0, site.toString());
      assertTrue(
          site.stack().getFirst().getClassName().matches("io\\.heddle\\.(RW)?Mutex.*"),
          site.stack().toString());
    }
    assertEquals(List.of(), sites(Waits.unlocks(), "waiter"));
    assertEquals(4, sites(Waits.sums(), "waiter").size());
    assertEquals(List.of(), sites(Waits.sums(), "holder"));
  }

  /** Only a schedule decides whether the waiter loses against us, and is handed the mutex then. */
  @Test
  void aStarvingWaitersHandOverIsTheHoldersToo() throws Exception {
    Set<Long> counts = new TreeSet<>();
    Explore.schedules(50)
        .check(() -> {
          assertTrue(Waits.sample(1));
          Mutex mutex = new Mutex();
          mutex.lock();
          Goroutine<?> waiting =
              go(() -> {
                mutex.lock();
                mutex.unlock();
              });
          Bubble.settle();
          holder(mutex);
          if (mutex.tryLock()) {
            Go.sleep(Duration.ofMillis(2));
            holder(mutex);
          }
          waiting.join();
          counts.add(sites(Waits.unlocks(), "holder").stream().mapToLong(Site::count).sum());
        });
    assertEquals(Set.of(1L, 2L), counts);
  }

  @Test
  void aValueThatIsReceivedHasNoHolder() throws Exception {
    Bubble.run(() -> {
      Chan<Integer> values = Chan.unbuffered();
      Goroutine<?> receiver = go(() -> waiter(() -> values.receive()));
      Bubble.settle();
      values.send(1);
      receiver.join();
    });
    assertEquals(1, sites(Waits.sums(), "waiter").size());
    assertEquals(List.of(), Waits.unlocks());
  }

  @Test
  void framesThatAllWaitsHaveAreLeftOut() throws Exception {
    Bubble.run(() -> {
      Mutex mutex = new Mutex();
      contend(mutex, mutex, mutex::lock);
    });
    Stream.concat(sites(Waits.sums(), "waiter").stream(), sites(Waits.unlocks(), "holder").stream())
        .flatMap(site -> site.stack().stream())
        .forEach(frame ->
            assertFalse(
                frame.getClassName().matches("io\\.heddle\\.(internal\\.)?Wai?[kt].*"),
                frame.toString()));
  }

  @Test
  void oneSampleIsTakenAtATime() throws Exception {
    Bubble.run(() -> {});
    Thread first =
        Thread.startVirtualThread(() -> {
          try {
            WaitProfile.ofWaits(Duration.ofHours(1));
          } catch (InterruptedException e) {
            // the test is over
          }
        });
    while (first.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    assertTrue(
        assertThrows(IllegalStateException.class, () -> WaitProfile.ofLocks(Duration.ZERO))
            .getMessage()
            .contains("try again when that is done"));
    first.interrupt();
    first.join();
    assertEquals(Duration.ZERO, WaitProfile.ofLocks(Duration.ZERO).duration());
  }
}

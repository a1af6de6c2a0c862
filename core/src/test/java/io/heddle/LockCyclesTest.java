package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who waits for whom, in circles of locks that have any number of readers. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class LockCyclesTest {
  private final Mutex mutex = new Mutex();
  private final RWMutex rw = new RWMutex();
  private final List<Goroutine<?>> goroutines = new ArrayList<>();
  private final Chan<Integer> go = Chan.unbuffered();

  @AfterEach
  void end() throws InterruptedException {
    for (Goroutine<?> one : goroutines) {
      one.cancel();
    }
    for (Goroutine<?> one : goroutines) {
      one.join();
    }
  }

  /** A goroutine that locks one lock, or none, and then waits for another. */
  private Goroutine<?> locks(Locker first, Locker second) throws InterruptedException {
    Goroutine<?> started =
        start(() -> {
          first.lock();
          try {
            go.receive();
            second.lock();
            second.unlock();
          } finally {
            first.unlock();
          }
        });
    TestSupport.awaitBlocked(started, "chan receive");
    return started;
  }

  private Goroutine<?> start(Task task) {
    Goroutine<?> started = Go.go(task);
    goroutines.add(started);
    return started;
  }

  /** Lets the one that has waited for longest go on, to its second lock. */
  private void goOn(Goroutine<?> waiting, String reason) throws InterruptedException {
    go.send(1);
    TestSupport.awaitBlocked(waiting, reason);
  }

  private LockCycles look() {
    List<Routine> all = new ArrayList<>();
    for (Goroutine<?> one : goroutines) {
      synchronized (Watch.MARKING) {
        assertNotNull(((Routine) one).see(new Waiter.Seen()));
      }
      all.add((Routine) one);
    }
    return new LockCycles(all);
  }

  private static void assertCircle(LockCycles cycles, Goroutine<?>... members) {
    List<List<Routine>> found = cycles.find();
    assertEquals(1, found.size(), found::toString);
    assertEquals(Set.of(members), new HashSet<Goroutine<?>>(found.getFirst()));
  }

  @Test
  void aReaderWaitsForAWriterThatWaitsForIt() throws Exception {
    Goroutine<?> reads = locks(rw.reading(), mutex);
    Goroutine<?> writes = locks(mutex, rw);
    goOn(reads, "sync.Mutex.Lock");
    goOn(writes, "sync.RWMutex.Lock");
    assertCircle(look(), reads, writes);
    assertEquals(List.of(writes, reads), look().stuck((Routine) writes));
  }

  @Test
  void oneOfSeveralReadersIsEnough() throws Exception {
    for (int i = 0; i < 2; i++) {
      TestSupport.awaitBlocked(
          start(() -> {
            rw.reading().lock();
            try {
              Chan.never().receive();
            } finally {
              rw.reading().unlock();
            }
          }),
          "chan receive");
    }
    Goroutine<?> reads = locks(rw.reading(), mutex);
    Goroutine<?> writes = locks(mutex, rw);
    goOn(reads, "sync.Mutex.Lock");
    goOn(writes, "sync.RWMutex.Lock");
    assertEquals("RWMutex[3 reading]", rw.toString());
    assertCircle(look(), reads, writes);
  }

  @Test
  void aReaderThatReadsAgainWaitsForTheWriterInBetween() throws Exception {
    Goroutine<?> reads = locks(rw.reading(), rw.reading());
    Goroutine<?> writes = start(rw::lock);
    TestSupport.awaitBlocked(writes, "sync.RWMutex.Lock");
    goOn(reads, "sync.RWMutex.RLock");
    assertCircle(look(), reads, writes);
  }

  @Test
  void twoReadersThatWantToWriteWaitForEachOther() throws Exception {
    Goroutine<?> one = locks(rw.reading(), rw);
    Goroutine<?> two = locks(rw.reading(), rw);
    goOn(one, "sync.RWMutex.Lock");
    assertEquals(List.of(), new LockCycles(List.of((Routine) one)).find(), "it waits for itself");
    goOn(two, "sync.RWMutex.Lock");
    assertCircle(look(), one, two);
  }

  @Test
  void aReaderThatASelectLetInIsKnown() throws Exception {
    rw.lock();
    Goroutine<?> reads =
        start(() -> {
          Select.select(rw.onLock(), rw.reading().onLock());
          try {
            go.receive();
            mutex.lock();
          } finally {
            rw.reading().unlock();
          }
        });
    TestSupport.awaitBlocked(reads, "select");
    rw.unlock();
    TestSupport.awaitBlocked(reads, "chan receive");
    Goroutine<?> writes = locks(mutex, rw);
    goOn(reads, "sync.Mutex.Lock");
    goOn(writes, "sync.RWMutex.Lock");
    assertCircle(look(), reads, writes);
  }

  @Test
  void aReaderThatHasUnlockedIsNone() throws Exception {
    Goroutine<?> reads =
        start(() -> {
          rw.reading().lock();
          rw.reading().unlock();
          go.receive();
          mutex.lock();
          mutex.unlock();
        });
    TestSupport.awaitBlocked(reads, "chan receive");
    rw.reading().lock();
    Goroutine<?> writes = locks(mutex, rw);
    goOn(reads, "sync.Mutex.Lock");
    goOn(writes, "sync.RWMutex.Lock");
    assertEquals(List.of(), look().find());
    rw.reading().unlock();
  }

  /** One has handed its lock over, so that there are more who have locked than there are locks. */
  @Test
  void noReaderCountsIfThereAreMoreThanTheLockHas() throws Exception {
    Goroutine<?> handsOver = locks(rw.reading(), mutex);
    rw.reading().unlock(); // in its place
    start(() -> {
      rw.reading().lock(); // the first one unlocks it
      Chan.never().receive();
    });
    TestSupport.awaitBlocked(goroutines.getLast(), "chan receive");
    Goroutine<?> writes = locks(mutex, rw);
    goOn(handsOver, "sync.Mutex.Lock");
    goOn(writes, "sync.RWMutex.Lock");
    assertEquals("RWMutex[1 reading]", rw.toString());
    assertEquals(List.of(), look().find());
  }

  /** It may take the other case, and then the readers behind it can go. */
  @Test
  void nobodyWaitsForTheSelectThatIsToWriteNext() throws Exception {
    Goroutine<?> reads = locks(rw.reading(), rw.reading());
    Goroutine<?> selects = start(() -> Select.select(rw.onLock(), Chan.never().onReceive()));
    TestSupport.awaitBlocked(selects, "select");
    goOn(reads, "sync.RWMutex.RLock");
    assertEquals(List.of(), look().find());
  }

  /** It waits again, and so there is such a circle again, but that is for another look to say. */
  @Test
  void aWaitThatIsOverSinceBelongsToNoCircle() throws Exception {
    Goroutine<?> writes = locks(mutex, rw);
    Goroutine<?> reads =
        start(() -> {
          rw.reading().lock();
          try {
            assertThrows(InterruptedException.class, mutex::lock);
            mutex.lock();
          } finally {
            rw.reading().unlock();
          }
        });
    TestSupport.awaitBlocked(reads, "sync.Mutex.Lock");
    goOn(writes, "sync.RWMutex.Lock");
    LockCycles before = look();
    assertCircle(before, reads, writes);
    Waiter.Seen mark = ((Routine) reads).seen();
    reads.thread().interrupt();
    TestSupport.await("the next wait", () -> ((Routine) reads).seen() != mark);
    TestSupport.awaitBlocked(reads, "sync.Mutex.Lock");
    assertEquals(List.of(), before.find());
    assertCircle(look(), reads, writes);
  }
}

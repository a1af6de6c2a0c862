package io.heddle;

import static io.heddle.WaitReason.CHAN_RECEIVE;
import static io.heddle.WaitReason.JOIN;
import static io.heddle.WaitReason.MUTEX_LOCK;
import static io.heddle.WaitReason.RWMUTEX_LOCK;
import static io.heddle.WaitReason.RWMUTEX_RLOCK;
import static io.heddle.WaitReason.SELECT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
    awaitBlocked(started, CHAN_RECEIVE);
    return started;
  }

  private Goroutine<?> start(Task task) {
    Goroutine<?> started = Go.go(task);
    goroutines.add(started);
    return started;
  }

  private static void awaitBlocked(Goroutine<?> waiting, WaitReason reason) {
    TestSupport.awaitBlocked(waiting, reason.toString());
  }

  /** Lets the longest waiter continue, to its second lock. */
  private void goOn(Goroutine<?> waiting, WaitReason reason) throws InterruptedException {
    go.send(1);
    awaitBlocked(waiting, reason);
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
    goOn(reads, MUTEX_LOCK);
    goOn(writes, RWMUTEX_LOCK);
    assertCircle(look(), reads, writes);
    assertEquals(List.of(writes, reads), look().stuck((Routine) writes));
  }

  @Test
  void oneOfSeveralReadersIsEnough() throws Exception {
    for (int i = 0; i < 2; i++) {
      awaitBlocked(
          start(() -> {
            rw.reading().lock();
            try {
              Chan.never().receive();
            } finally {
              rw.reading().unlock();
            }
          }),
          CHAN_RECEIVE);
    }
    Goroutine<?> reads = locks(rw.reading(), mutex);
    Goroutine<?> writes = locks(mutex, rw);
    goOn(reads, MUTEX_LOCK);
    goOn(writes, RWMUTEX_LOCK);
    assertEquals("RWMutex[3 reading]", rw.toString());
    assertCircle(look(), reads, writes);
  }

  @Test
  void aReaderThatReadsAgainWaitsForTheWriterInBetween() throws Exception {
    Goroutine<?> reads = locks(rw.reading(), rw.reading());
    Goroutine<?> writes = start(rw::lock);
    awaitBlocked(writes, RWMUTEX_LOCK);
    goOn(reads, RWMUTEX_RLOCK);
    assertCircle(look(), reads, writes);
  }

  @Test
  void twoReadersThatWantToWriteWaitForEachOther() throws Exception {
    Goroutine<?> one = locks(rw.reading(), rw);
    Goroutine<?> two = locks(rw.reading(), rw);
    goOn(one, RWMUTEX_LOCK);
    assertEquals(List.of(), look().find(), "one waits for itself and for no other lock");
    goOn(two, RWMUTEX_LOCK);
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
    awaitBlocked(reads, SELECT);
    rw.unlock();
    awaitBlocked(reads, CHAN_RECEIVE);
    Goroutine<?> writes = locks(mutex, rw);
    goOn(reads, MUTEX_LOCK);
    goOn(writes, RWMUTEX_LOCK);
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
    awaitBlocked(reads, CHAN_RECEIVE);
    rw.reading().lock();
    Goroutine<?> writes = locks(mutex, rw);
    goOn(reads, MUTEX_LOCK);
    goOn(writes, RWMUTEX_LOCK);
    assertEquals(List.of(), look().find());
    rw.reading().unlock();
  }

  /** The counts agree: a thread, which the lock does not know, reads in place of a goroutine. */
  @Test
  void whoHasHandedItsReadLockOverIsNoReader() throws Exception {
    Goroutine<?> handedOver =
        start(() -> {
          rw.reading().lock();
          go.receive();
          mutex.lock();
          mutex.unlock();
        });
    awaitBlocked(handedOver, CHAN_RECEIVE);
    rw.reading().lock();
    Go.go(() -> rw.reading().unlock()).join();
    Goroutine<?> writes = locks(mutex, rw);
    goOn(handedOver, MUTEX_LOCK);
    goOn(writes, RWMUTEX_LOCK);
    assertEquals("RWMutex[1 reading]", rw.toString());
    assertEquals(List.of(), look().find());
    assertEquals(List.of(), look().stuck((Routine) writes));
    rw.reading().unlock();
  }

  /** The lock records the first of its readers itself. */
  @Test
  void aFirstReaderThatHasUnlockedIsNoneWhileOthersRead() throws Exception {
    Goroutine<?> reads =
        start(() -> {
          rw.reading().lock();
          go.receive();
          rw.reading().unlock();
          mutex.lock();
          mutex.unlock();
        });
    awaitBlocked(reads, CHAN_RECEIVE);
    rw.reading().lock();
    Goroutine<?> writes = locks(mutex, rw);
    goOn(reads, MUTEX_LOCK);
    goOn(writes, RWMUTEX_LOCK);
    assertEquals("RWMutex[1 reading]", rw.toString());
    assertEquals(List.of(), look().find());
    rw.reading().unlock();
  }

  @Test
  void noReaderCountsIfThereSeemToBeMoreThanTheLockHas() throws Exception {
    rw.reading().lock();
    Goroutine<?> handsOver = locks(rw.reading(), mutex);
    rw.reading().unlock();
    rw.reading().unlock(); // in its place
    start(() -> {
      rw.reading().lock(); // the first one unlocks it
      Chan.never().receive();
    });
    awaitBlocked(goroutines.getLast(), CHAN_RECEIVE);
    Goroutine<?> writes = locks(mutex, rw);
    goOn(handsOver, MUTEX_LOCK);
    goOn(writes, RWMUTEX_LOCK);
    assertEquals("RWMutex[1 reading]", rw.toString());
    assertEquals(List.of(), look().find());
  }

  /** It may take the other case, and then the readers behind it can go. */
  @Test
  void nobodyWaitsForTheSelectThatIsToWriteNext() throws Exception {
    Goroutine<?> reads = locks(rw.reading(), rw.reading());
    Goroutine<?> selects = start(() -> Select.choose(rw.onLock(), Chan.never().onReceive()));
    awaitBlocked(selects, SELECT);
    goOn(reads, RWMUTEX_RLOCK);
    assertEquals(List.of(), look().find());
  }

  @Test
  void whoWaitsForTheEndOfOneThatIsStuckIsStuck() throws Exception {
    Goroutine<?> reads = locks(rw.reading(), mutex);
    Goroutine<?> writes = locks(mutex, rw);
    goOn(reads, MUTEX_LOCK);
    goOn(writes, RWMUTEX_LOCK);
    Goroutine<?> joins = start(() -> writes.join());
    awaitBlocked(joins, JOIN);
    assertEquals(List.of(joins, writes, reads), look().stuck((Routine) joins));
  }

  @Test
  void nobodyIsStuckBehindOneThatMayGiveUp() throws Exception {
    Goroutine<?> writes = locks(mutex, rw);
    try (CancelContext context = Context.background().withCancel()) {
      Goroutine<?> reads =
          start(() -> {
            rw.reading().lock();
            try {
              assertThrows(CancelledException.class, () -> mutex.lock(context));
            } finally {
              rw.reading().unlock();
            }
          });
      awaitBlocked(reads, MUTEX_LOCK);
      goOn(writes, RWMUTEX_LOCK);
      assertCircle(look(), reads, writes);
      assertEquals(List.of(), look().stuck((Routine) writes));
    }
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
    awaitBlocked(reads, MUTEX_LOCK);
    goOn(writes, RWMUTEX_LOCK);
    LockCycles before = look();
    assertCircle(before, reads, writes);
    Waiter.Seen mark = ((Routine) reads).seen();
    reads.thread().interrupt();
    TestSupport.await("the next wait", () -> ((Routine) reads).seen() != mark);
    awaitBlocked(reads, MUTEX_LOCK);
    assertEquals(List.of(), before.find());
    assertCircle(look(), reads, writes);
  }

  @Test
  void aCycleIsListedUntilItIsBroken() throws Exception {
    Goroutine<?> reads = locks(rw.reading(), mutex);
    Goroutine<?> writes = locks(mutex, rw);
    goOn(reads, MUTEX_LOCK);
    assertEquals(List.of(), Goroutines.lockCycles());
    goOn(writes, RWMUTEX_LOCK);
    while (Goroutines.lockCycles().isEmpty()) {
      Thread.onSpinWait(); // a second, from the first look on
    }
    String cycle = Goroutines.lockCycles().getFirst();
    assertTrue(cycle.startsWith("2 goroutines wait for each other's locks\n"), cycle);
    assertTrue(
        cycle.contains(writes.name() + " [RWMutex.lock, held by a reader: " + reads.name()), cycle);
    writes.cancel();
    writes.join();
    assertEquals(List.of(), Goroutines.lockCycles());
  }
}

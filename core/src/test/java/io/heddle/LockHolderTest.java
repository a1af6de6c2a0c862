package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Locks know which thread has locked them, and dumps say so. */
@Timeout(120)
@Tag("clock")
final class LockHolderTest {
  private static long self() {
    return Thread.currentThread().threadId();
  }

  @Test
  void aMutexIsHeldByTheThreadThatLockedItUntilItIsUnlocked() throws Exception {
    Mutex mutex = new Mutex();
    assertEquals(0, mutex.holder());
    mutex.lock();
    assertEquals(self(), mutex.holder());
    mutex.unlock();
    assertEquals(0, mutex.holder());
    assertTrue(mutex.tryLock());
    assertEquals(self(), mutex.holder());
    mutex.unlock();
    Select.of(mutex.onLock()).await();
    assertEquals(self(), mutex.holder());
    mutex.unlock();
    assertEquals(0, mutex.holder());
  }

  @Test
  void aReadWriteMutexIsHeldByItsWriterAndNotByReaders() throws Exception {
    RWMutex mutex = new RWMutex();
    mutex.lock();
    assertEquals(self(), mutex.holder());
    assertEquals(0, mutex.readers());
    mutex.unlock();
    mutex.reading().lock();
    mutex.reading().lock();
    assertEquals(0, mutex.holder());
    assertEquals(2, mutex.readers());
    mutex.reading().unlock();
    mutex.reading().unlock();
    Select.of(mutex.onLock()).await();
    assertEquals(self(), mutex.holder());
    mutex.unlock();
    assertEquals(0, mutex.holder());
  }

  /** Each that has the lock finds itself to be the holder, however it got the lock. */
  @Test
  void theHolderIsRightHoweverTheLockWasHandedOver() throws Exception {
    for (Locker lock : List.<Locker>of(new Mutex(), new RWMutex())) {
      WaitGroup group = new WaitGroup();
      for (int i = 0; i < 8; i++) {
        boolean selects = i % 2 == 0;
        group.go(() -> {
          for (int n = 0; n < 2_000; n++) {
            if (selects) {
              Select.of(lock.onLock()).await();
            } else {
              lock.lock();
            }
            long holder = ((Waitable) lock).holder();
            if (n % 16 == 0) {
              Go.gosched();
            }
            lock.unlock();
            assertEquals(self(), holder);
          }
        });
      }
      group.await();
      assertEquals(0, ((Waitable) lock).holder());
    }
  }

  /** A waiter that has lost for long is handed the mutex while it sleeps. */
  @Test
  void aMutexThatIsHandedOverIsHeldByWhoWasWokenAtOnce() throws Exception {
    Mutex mutex = new Mutex();
    mutex.lock();
    Goroutine<?> selects = Go.go(() -> Select.of(mutex.onLock()).await()); // is always handed it
    TestSupport.awaitBlocked(selects, "select");
    mutex.unlock();
    assertEquals(selects.thread().threadId(), mutex.holder());
    selects.join();
    assertEquals(selects.thread().threadId(), mutex.holder(), "its goroutine has ended");
    mutex.unlock();
  }

  @Test
  void aDumpNamesTheHolder() throws Exception {
    Go.run(() -> {
      Mutex mutex = new Mutex();
      RWMutex shared = new RWMutex();
      List<Goroutine<?>> waiting = new ArrayList<>();
      mutex.lock();
      shared.lock();
      waiting.add(Go.go(() -> mutex.lock()));
      waiting.add(Go.go(() -> shared.lock()));
      waiting.add(Go.go(() -> shared.reading().lock()));
      for (Goroutine<?> one : waiting) {
        TestSupport.awaitBlocked(one.thread());
      }
      assertDumped("[Mutex.lock, held by goroutine 1]");
      assertDumped("[RWMutex.lock, held by goroutine 1]");
      assertDumped("[RWMutex.reading().lock, held by goroutine 1]");
      assertTrue(Goroutines.dumpJson().contains("\"heldBy\":\"goroutine 1\""));
      waiting.forEach(Goroutine::cancel);
    });
  }

  @Test
  void aDumpNamesAReaderAndNoHolderThatHasEnded() throws Exception {
    Go.run(() -> {
      Mutex mutex = new Mutex();
      RWMutex shared = new RWMutex();
      Go.go(() -> mutex.lock()).join();
      shared.reading().lock();
      Goroutine<?> locks = Go.go(() -> mutex.lock());
      Goroutine<?> writes = Go.go(() -> shared.lock());
      TestSupport.awaitBlocked(locks.thread());
      TestSupport.awaitBlocked(writes.thread());
      assertDumped("[RWMutex.lock, held by a reader: goroutine 1]");
      assertDumped(", which is no goroutine or has ended]");
      Chan<Integer> never = Chan.never();
      Goroutine<?> receives = Go.go(() -> never.receive());
      TestSupport.awaitBlocked(receives.thread());
      assertDumped("[chan receive]");
      locks.cancel();
      writes.cancel();
      receives.cancel();
    });
  }

  @Test
  void aDumpNamesReadersIfAllOfThemAreKnownAndFew() throws Exception {
    Go.run(() -> {
      RWMutex shared = new RWMutex();
      shared.reading().lock();
      Chan<Integer> held = Chan.unbuffered();
      Task reads =
          () -> {
            shared.reading().lock();
            held.send(1);
            Chan.never().receive();
          };
      Go.go(reads);
      held.receive();
      Goroutine<?> writes = Go.go(() -> shared.lock());
      TestSupport.awaitBlocked(writes.thread());
      assertDumped("[RWMutex.lock, held by 2 readers: goroutine 1, goroutine 2]");
      writes.cancel();
      writes.join();
      Thread outside = Thread.ofPlatform().start(() -> assertTrue(shared.reading().tryLock()));
      outside.join();
      Goroutine<?> again = Go.go(() -> shared.lock());
      TestSupport.awaitBlocked(again.thread());
      assertDumped("[RWMutex.lock, held by 3 readers]");
      again.cancel();
    });
  }

  private static void assertDumped(String expected) {
    String dump = Goroutines.dump();
    assertTrue(dump.contains(expected), dump);
    assertFalse(dump.contains("[chan receive, held"), dump);
  }
}

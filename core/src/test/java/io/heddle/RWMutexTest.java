package io.heddle;

import static io.heddle.SyncTestSupport.assertClean;
import static io.heddle.SyncTestSupport.awaitQueued;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.SyncTestSupport.Call;
import io.heddle.SyncTestSupport.Caller;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RWMutexTest {
  private final RWMutex mutex = new RWMutex();
  private final RWMutex.Reading reading = mutex.reading();

  @Nested
  class Excludes {
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4})
    void readersHoldItTogether(int readers) throws Exception {
      Go.run(() -> {
        Chan<Integer> in = Chan.unbuffered();
        Chan<Integer> go = Chan.unbuffered();
        WaitGroup group = new WaitGroup();
        for (int i = 0; i < readers; i++) {
          int id = i;
          group.go(() -> {
            reading.lock();
            in.send(id);
            go.receive();
            reading.unlock();
          });
        }
        for (int i = 0; i < readers; i++) {
          in.receive();
        }
        assertFalse(mutex.tryLock(), "all readers are inside");
        go.close();
        group.await();
        assertClean(mutex);
      });
    }

    @Test
    void trySucceedsAsTheLocksAllow() {
      assertTrue(mutex.tryLock());
      assertFalse(mutex.tryLock());
      assertFalse(reading.tryLock());
      mutex.unlock();

      assertTrue(reading.tryLock());
      assertTrue(reading.tryLock());
      assertFalse(mutex.tryLock());
      reading.unlock();
      assertFalse(mutex.tryLock());
      reading.unlock();
      assertTrue(mutex.tryLock());
      mutex.unlock();
      assertClean(mutex);
    }

    @ParameterizedTest
    @CsvSource({
      "GOROUTINE, 1",
      "GOROUTINE, 3",
      "GOROUTINE, 5",
      "GOROUTINE, 10",
      "VIRTUAL_THREAD, 3",
      "PLATFORM_THREAD, 3"
    })
    void aWriterIsAloneAndReadersAreAmongThemselves(Caller caller, int readers) throws Exception {
      AtomicInteger active = new AtomicInteger(); // 10,000 for a writer, one for a reader
      int[] plain = {0};
      List<Call> calls = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        calls.add(caller.start(() -> write(active, plain)));
      }
      for (int i = 0; i < readers; i++) {
        calls.add(caller.start(() -> read(active)));
      }
      for (Call call : calls) {
        call.join();
      }
      assertEquals(2000, plain[0]);
      assertClean(mutex);
    }

    private void write(AtomicInteger active, int[] plain) throws InterruptedException {
      for (int i = 0; i < 1000; i++) {
        if (i % 2 != 0 || !mutex.tryLock()) {
          mutex.lock();
        }
        assertEquals(10_000, active.addAndGet(10_000));
        if (i % 16 == 0) {
          Go.gosched();
        }
        plain[0]++;
        active.addAndGet(-10_000);
        mutex.unlock();
      }
    }

    private void read(AtomicInteger active) throws InterruptedException {
      for (int i = 0; i < 1000; i++) {
        if (i % 2 != 0 || !reading.tryLock()) {
          reading.lock();
        }
        int seen = active.incrementAndGet();
        assertTrue(seen >= 1 && seen < 10_000, () -> "active: " + seen);
        if (i % 16 == 0) {
          Go.gosched();
        }
        active.decrementAndGet();
        reading.unlock();
      }
    }
  }

  @Nested
  class HasNoOwner {
    @Test
    void othersMayUnlock() throws Exception {
      Go.run(() -> {
        int[] plain = {0};
        mutex.lock();
        Go.go(() -> {
          plain[0]++;
          mutex.unlock();
        });
        reading.lock();
        assertEquals(1, plain[0]);
        Go.go(() -> {
          plain[0]++;
          reading.unlock();
        });
        mutex.lock();
        assertEquals(2, plain[0]);
        mutex.unlock();
        assertClean(mutex);
      });
    }

    @Test
    void unlocksThatDoNotFitAreRefusedAndChangeNothing() {
      assertRefused("unlock of unlocked RWMutex", mutex::unlock);
      assertRefused("unlock of RWMutex that is not locked for reading", reading::unlock);

      assertTrue(reading.tryLock());
      assertRefused("unlock of unlocked RWMutex", mutex::unlock);
      reading.unlock();
      assertRefused("unlock of RWMutex that is not locked for reading", reading::unlock);

      assertTrue(mutex.tryLock());
      assertRefused("unlock of RWMutex that is not locked for reading", reading::unlock);
      mutex.unlock();
      assertRefused("unlock of unlocked RWMutex", mutex::unlock);
      assertClean(mutex);
    }

    private void assertRefused(String message, Runnable unlock) {
      assertEquals(message, assertThrows(IllegalStateException.class, unlock::run).getMessage());
    }

    @Test
    void toStringTellsWhoHoldsIt() {
      assertEquals("RWMutex[unlocked]", mutex.toString());
      assertTrue(reading.tryLock());
      assertTrue(reading.tryLock());
      assertEquals("RWMutex[2 reading]", mutex.toString());
      assertEquals("RWMutex[2 reading].reading", reading.toString());
      reading.unlock();
      reading.unlock();
      assertTrue(mutex.tryLock());
      assertEquals("RWMutex[locked]", mutex.toString());
      assertSame(reading, mutex.reading());
    }
  }

  @Nested
  class IsFair {
    @ParameterizedTest
    @EnumSource
    void aWaitingWriterKeepsNewReadersOut(Caller caller) throws Exception {
      reading.lock();
      Call writer = caller.start(mutex::lock);
      awaitQueued(mutex, 1);
      assertFalse(reading.tryLock());
      assertThrows(TimeoutException.class, () -> reading.lock(Duration.ZERO));
      reading.unlock();
      writer.join();
      mutex.unlock();
      assertClean(mutex);
    }

    @ParameterizedTest
    @EnumSource
    void readersThatWaitedGoBeforeTheNextWriterAndWritersInTheirOrder(Caller caller)
        throws Exception {
      List<String> order = new ArrayList<>();
      Mutex orders = new Mutex();
      mutex.lock();
      List<Call> calls = new ArrayList<>();
      for (String name : List.of("writer 1", "reader", "writer 2", "reader")) {
        Locker lock = name.equals("reader") ? reading : mutex;
        calls.add(
            caller.start(() -> {
              lock.lock();
              orders.lock();
              order.add(name);
              orders.unlock();
              lock.unlock();
            }));
        awaitQueued(mutex, calls.size());
      }
      mutex.unlock();
      for (Call call : calls) {
        call.join();
      }
      assertEquals(List.of("reader", "reader", "writer 1", "writer 2"), order);
      assertClean(mutex);
    }

    @Test
    void readersThatOverlapAllTheTimeDoNotStarveAWriter() throws Exception {
      Go.run(() -> {
        AtomicBoolean stop = new AtomicBoolean();
        WaitGroup readers = new WaitGroup();
        for (int i = 0; i < 4; i++) {
          readers.go(() -> {
            while (!stop.get()) {
              reading.lock();
              Go.gosched();
              reading.unlock();
            }
          });
        }
        for (int i = 0; i < 10; i++) {
          mutex.lock();
          mutex.unlock();
        }
        stop.set(true);
        readers.await();
        assertClean(mutex);
      });
    }

    @Test
    void writersThatFollowEachOtherDoNotStarveAReader() throws Exception {
      Go.run(() -> {
        AtomicBoolean stop = new AtomicBoolean();
        WaitGroup writers = new WaitGroup();
        for (int i = 0; i < 4; i++) {
          writers.go(() -> {
            while (!stop.get()) {
              mutex.lock();
              Go.gosched();
              mutex.unlock();
            }
          });
        }
        for (int i = 0; i < 10; i++) {
          reading.lock();
          reading.unlock();
        }
        stop.set(true);
        writers.await();
        assertClean(mutex);
      });
    }
  }

  @Nested
  class GivesUp {
    enum End {
      INTERRUPT,
      CONTEXT,
      SELECT
    }

    @ParameterizedTest
    @EnumSource
    void aWriterThatGivesUpLetsTheReadersInWhoWaitedBehindIt(End end) throws Exception {
      Go.run(() -> {
        CancelContext context = Context.background().withCancel();
        reading.lock();
        Call writer =
            Caller.GOROUTINE.start(() -> {
              if (end == End.SELECT) {
                assertEquals(
                    new Selected.Second<>(null), Select.choose(mutex.onLock(), context.onDone()));
              } else {
                mutex.lock(context);
              }
            });
        awaitQueued(mutex, 1);
        Goroutine<?> first = Go.go(() -> reading.lock());
        Goroutine<?> second = Go.go(() -> Select.select(reading.onLock()));
        awaitQueued(mutex, 3);

        if (end == End.INTERRUPT) {
          writer.interrupt();
        } else {
          context.cancel();
        }
        assertEquals(expected(end), classOf(writer.failure()));
        first.join();
        second.join();
        assertEquals("RWMutex[3 reading]", mutex.toString());
        reading.unlock();
        reading.unlock();
        reading.unlock();
        assertClean(mutex);
      });
    }

    private @Nullable Class<?> classOf(@Nullable Throwable thrown) {
      return thrown == null ? null : thrown.getClass();
    }

    private @Nullable Class<?> expected(End end) {
      return switch (end) {
        case INTERRUPT -> InterruptedException.class;
        case CONTEXT -> CancelledException.class;
        case SELECT -> null;
      };
    }

    @Test
    void aWriterWhoseTimeIsOverLetsTheReadersInWhoWaitedBehindIt() throws Exception {
      VirtualClock.run(clock -> {
        RWMutex shared = new RWMutex();
        shared.reading().lock();
        Duration patience = Duration.ofSeconds(1);
        Goroutine<?> writer =
            Go.go(() -> assertThrows(TimeoutException.class, () -> shared.lock(patience)));
        VirtualClock.awaitBlocked(writer, "RWMutex.lock");
        Goroutine<?> reader = Go.go(() -> shared.reading().lock());
        VirtualClock.awaitBlocked(reader, "RWMutex.reading().lock");
        clock.advance(patience);
        writer.join();
        reader.join();
        shared.reading().unlock();
        shared.reading().unlock();
        assertClean(shared);
      });
    }

    @Test
    void theReadersStayOutIfAnotherWriterWaits() throws Exception {
      Go.run(() -> {
        reading.lock();
        Call first = Caller.GOROUTINE.start(mutex::lock);
        awaitQueued(mutex, 1);
        Goroutine<?> second = Go.go(() -> mutex.lock());
        awaitQueued(mutex, 2);
        Goroutine<?> reader = Go.go(() -> reading.lock());
        awaitQueued(mutex, 3);
        first.interrupt();
        first.failure();
        assertEquals(2, SyncTestSupport.queued(mutex));
        reading.unlock();
        second.join();
        assertEquals("RWMutex[locked]", mutex.toString());
        mutex.unlock();
        reader.join();
        reading.unlock();
        assertClean(mutex);
      });
    }

    @Test
    void aReaderThatGivesUpIsGone() throws Exception {
      Go.run(() -> {
        mutex.lock();
        Call reader = Caller.GOROUTINE.start(reading::lock);
        awaitQueued(mutex, 1);
        reader.interrupt();
        assertEquals(InterruptedException.class, classOf(reader.failure()));
        mutex.unlock();
        assertClean(mutex);
      });
    }

    @Test
    void aDoneContextOrAPendingInterruptGoesBeforeAFreeLock() {
      CancelContext context = Context.background().withCancel();
      context.cancel();
      for (Locker lock : List.of(mutex, reading)) {
        assertThrows(CancelledException.class, () -> lock.lock(context));
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, lock::lock);
        assertThrows(NullPointerException.class, () -> lock.lock((Context) null));
        assertThrows(NullPointerException.class, () -> lock.lock((Duration) null));
        assertClean(mutex);
      }
    }
  }
}

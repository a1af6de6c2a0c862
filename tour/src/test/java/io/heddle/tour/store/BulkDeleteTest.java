package io.heddle.tour.store;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.tour.store.BulkDelete.awaitBlocked;
import static io.heddle.tour.store.BulkDelete.keepGoing;
import static io.heddle.tour.store.BulkDelete.stopOnErrors;
import static io.heddle.tour.store.BulkDelete.storeWithBroken;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.CancelledException;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Goroutine;
import io.heddle.purge.StoreException.Kind;
import io.heddle.tour.store.BulkDelete.Version;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the two programs do, beyond what is listed as defects of the original. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("slow")
final class BulkDeleteTest {
  @Nested
  final class Counts {
    @ParameterizedTest
    @EnumSource
    void allKeysOfAStoreAreDeleted(Version version) throws Exception {
      run(() -> {
        KeyValueStore store = KeyValueStore.withKeys(10_000);
        Summary summary = version.deleteAllKeys(store);
        assertEquals("Deleted keys: 10000", summary.toString());
        assertTrue(summary.isComplete());
        assertEquals(0, store.size());
      });
    }

    @ParameterizedTest
    @EnumSource
    void anEmptyStoreHasNothingToDelete(Version version) throws Exception {
      run(() -> {
        Summary summary = version.deleteAllKeys(new KeyValueStore());
        assertEquals("Deleted keys: 0", summary.toString());
        assertTrue(summary.isComplete());
      });
    }

    @ParameterizedTest
    @EnumSource
    void keysMayAllBeGone(Version version) throws Exception {
      run(() -> {
        Summary summary = version.deleteAllKeys(storeWithBroken(10_000, 10_000, Kind.NOT_FOUND));
        assertEquals("Deleted keys: 0\nalready gone: 10000", summary.toString());
        assertTrue(summary.isComplete());
      });
    }

    @ParameterizedTest
    @EnumSource
    void aSecondRunFindsOnlyWhatTheFirstCouldNotDelete(Version version) throws Exception {
      run(() -> {
        KeyValueStore store = storeWithBroken(10_000, 50, Kind.FORBIDDEN);
        version.deleteAllKeys(store);
        Summary second = version.deleteAllKeys(store);
        assertEquals(0, second.deleted());
        assertEquals(50, second.failed());
      });
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "100, 100", "100, 99"})
    void errorsUpToTheLimitStopNobody(int limit, int broken) throws Exception {
      run(() -> {
        Summary summary = stopOnErrors(storeWithBroken(10_000, broken, Kind.FORBIDDEN), limit);
        assertNull(summary.stopped());
        assertEquals(broken, summary.failed());
        assertEquals(10_000 - broken, summary.deleted());
      });
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "0, 10000", "1, 2", "1, 10000", "100, 101", "100, 10000"})
    void oneMoreStopsTheRunAndIsTheLastThatCounts(int limit, int broken) throws Exception {
      run(() -> {
        KeyValueStore store = storeWithBroken(10_000, broken, Kind.FORBIDDEN);
        Summary summary = stopOnErrors(store, limit);
        assertEquals("more than " + limit + " errors", summary.stopped().getMessage());
        assertEquals(limit + 1, summary.failed());
        assertEquals(10_000 - summary.deleted(), store.size());
      });
    }
  }

  @Nested
  final class Cancellation {
    @ParameterizedTest
    @EnumSource
    void aContextThatIsDoneKeepsARunFromStarting(Version version) throws Exception {
      run(() -> {
        KeyValueStore store = KeyValueStore.withKeys(10);
        AtomicInteger requests = new AtomicInteger();
        store.watch((_, _) -> requests.incrementAndGet());
        CancelContext context = Context.background().withCancel();
        context.cancel();
        Summary summary = version.deleteAllKeys(context, new StoreClient(store));
        assertInstanceOf(CancelledException.class, summary.stopped());
        assertEquals(0, requests.get());
      });
    }

    @ParameterizedTest
    @EnumSource
    void aContextThatIsCancelledStopsTheRunWithItsCauseAndTrueNumbers(Version version)
        throws Exception {
      run(() -> {
        KeyValueStore store = KeyValueStore.withKeys(10_000);
        Exception cause = new Exception("enough");
        AtomicInteger requests = new AtomicInteger();
        Summary summary;
        try (CancelContext context = Context.background().withCancel()) {
          store.watch((request, _) -> {
            int sent = request.startsWith("delete") ? requests.incrementAndGet() : 0;
            if (sent == 500) {
              context.cancel(cause);
            } else if (sent > 500) {
              context.done().receive();
            }
          });
          summary = version.deleteAllKeys(context, new StoreClient(store));
        }
        assertSame(cause, summary.stopped());
        assertFalse(summary.isComplete());
        assertEquals(10_000 - summary.deleted(), store.size());
        assertTrue(requests.get() < 500 + BulkDelete.POOL_SIZE, () -> requests + " requests");
      });
    }

    @ParameterizedTest
    @EnumSource
    void anInterruptStopsTheRunAndWaitsForItsGoroutines(Version version) throws Exception {
      run(() -> {
        KeyValueStore store = KeyValueStore.withKeys(10_000);
        Set<Goroutine<?>> goroutines = ConcurrentHashMap.newKeySet();
        AtomicInteger requests = new AtomicInteger();
        Chan<Goroutine<?>> producer = Chan.buffered(1);
        Chan<Goroutine<?>> worker = Chan.buffered(1);
        Chan<Object> release = Chan.unbuffered();
        store.watch((request, _) -> {
          goroutines.add(Goroutine.current());
          requests.incrementAndGet();
          if (request.equals("list page 1")) {
            producer.send(Goroutine.current());
          } else if (request.startsWith("delete")) {
            worker.trySend(Goroutine.current());
            release.receive();
          }
        });
        Goroutine<?> caller = go(() -> version.deleteAllKeys(store));
        Goroutine<?> producing = producer.receive();
        awaitBlocked(producing, "chan send");
        awaitBlocked(worker.receive(), "chan receive"); // it may have had no turn until now
        awaitBlocked(caller, "WaitGroup.await");
        caller.cancel();
        producing.join(); // only the end of the run can have ended it
        awaitBlocked(caller, "WaitGroup.await"); // for the worker, which is still at work
        release.close();
        caller.join();
        assertInstanceOf(InterruptedException.class, caller.failure());
        int sent = requests.get();
        for (Goroutine<?> goroutine : goroutines) {
          goroutine.join();
        }
        assertEquals(sent, requests.get());
      });
    }

    @Test
    void aFileOfFailedKeysThatCannotBeWrittenStopsTheRun() throws Exception {
      run(() -> {
        KeyValueStore store = storeWithBroken(10_000, 10_000, Kind.FORBIDDEN);
        IOException full = new IOException("No space left on device");
        Summary summary = keepGoing(store, new Full(full));
        assertSame(full, summary.stopped());
        assertTrue(summary.failed() > 0);
      });
    }
  }

  @Nested
  final class Memory {
    @Test
    void noMoreThanAChannelAndAPageOfKeysIsAheadOfTheWorkers() throws Exception {
      run(() -> {
        KeyValueStore store = storeWithBroken(50_000, 50_000, Kind.FORBIDDEN);
        AtomicInteger requests = new AtomicInteger();
        store.watch((request, _) -> {
          if (request.startsWith("list page ")) {
            int page = Integer.parseInt(request.substring("list page ".length()));
            int listed = (page - 1) * KeyValueStore.PAGE_SIZE;
            int ahead = listed - requests.get();
            assertTrue(ahead <= 1000 + BulkDelete.POOL_SIZE, () -> ahead + " keys ahead");
          } else {
            requests.incrementAndGet();
          }
        });
        AtomicInteger written = new AtomicInteger();
        Summary summary =
            keepGoing(
                store,
                new BulkDeleteDefectsTest.Sink() {
                  @Override
                  void written() {
                    // Two for each worker: what it has in its hands, and what is in the channel.
                    int behind = requests.get() - written.getAndIncrement();
                    assertTrue(behind <= 2 * BulkDelete.POOL_SIZE + 1, () -> behind + " behind");
                  }
                });
        assertEquals(50_000, summary.failed());
        assertEquals(50_000, written.get());
      });
    }
  }

  @Test
  void theProgramsAreWhereTheTourFindsThem() {
    assertNotNull(getClass().getResource("/programs/BulkDeleteStopOnErrors.java"));
    assertNotNull(getClass().getResource("/programs/BulkDeleteKeepGoing.java"));
  }

  private record Full(IOException thrown) implements Appendable {
    @Override
    public Appendable append(CharSequence text) throws IOException {
      throw thrown;
    }

    @Override
    public Appendable append(CharSequence text, int start, int end) throws IOException {
      throw thrown;
    }

    @Override
    public Appendable append(char c) throws IOException {
      throw thrown;
    }
  }
}

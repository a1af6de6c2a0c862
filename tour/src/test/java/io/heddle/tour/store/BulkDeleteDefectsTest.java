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
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.WaitGroup;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.heddle.terminal.Terminal;
import io.heddle.tour.store.BulkDelete.Version;
import java.io.BufferedReader;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What went wrong, or could have, in the Go code that the two programs retell. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class BulkDeleteDefectsTest {

  /** There, workers return at the limit and the producer waits forever on a full channel. */
  @Nested
  final class Defect1DeadlockAtTheErrorLimit {
    @Test
    void theOriginalIsCaught() throws Exception {
      run(() -> {
        KeyValueStore store = storeWithBroken(10_000, 10_000, Kind.FORBIDDEN);
        Chan<Goroutine<?>> producer = Chan.buffered(1);
        Set<Goroutine<?>> workers = ConcurrentHashMap.newKeySet();
        store.watch((request, _) -> {
          if (request.equals("list page 1")) {
            producer.send(Goroutine.current());
          } else if (request.startsWith("delete")) {
            workers.add(Goroutine.current());
          }
        });
        go(() -> OriginalBulkDelete.deleteAllKeys(store, 100));
        BulkDelete.await(
            () -> workers.size() == BulkDelete.POOL_SIZE, () -> workers.size() + " workers");
        for (Goroutine<?> worker : workers) {
          worker.join();
        }
        awaitBlocked(producer.receive(), "chan send"); // with no receiver left
      });
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100})
    void theLimitEndsARunWhoseProducerWaitsForRoom(int limit) throws Exception {
      run(() -> {
        KeyValueStore store = storeWithBroken(10_000, 10_000, Kind.FORBIDDEN);
        Chan<Goroutine<?>> producer = Chan.buffered(1);
        Chan<Object> release = Chan.unbuffered();
        store.watch((request, _) -> {
          if (request.equals("list page 1")) {
            producer.send(Goroutine.current());
          } else if (request.startsWith("delete")) {
            release.receive();
          }
        });
        Goroutine<?> releaser =
            go(() -> {
              awaitBlocked(producer.receive(), "chan send");
              release.close();
            });
        Summary summary = stopOnErrors(store, limit);
        releaser.join();
        assertEquals(limit + 1, summary.failed());
        assertEquals(0, summary.deleted());
        assertInstanceOf(TooManyErrorsException.class, summary.stopped());
        assertEquals(10_000, store.size());
      });
    }

    @Test
    void theLimitEndsARunWhoseWorkersWaitForKeysAndWhoseProducerWaitsForThePage() throws Exception {
      run(() -> {
        KeyValueStore store = storeWithBroken(1001, 1, Kind.FORBIDDEN);
        Chan<Goroutine<?>> workers = Chan.buffered(1000);
        Chan<Goroutine<?>> producer = Chan.buffered(1);
        Chan<Object> never = Chan.unbuffered();
        store.watch((request, _) -> {
          if (request.equals("list page 2")) {
            producer.send(Goroutine.current());
            never.receive();
          } else if (request.equals("delete " + KeyValueStore.key(0))) {
            awaitBlocked(producer.receive(), "chan receive");
            for (int i = 1; i < KeyValueStore.PAGE_SIZE; i++) {
              awaitBlocked(workers.receive(), "chan receive");
            }
          } else if (request.startsWith("delete")) {
            workers.send(Goroutine.current());
          }
        });
        Summary summary = stopOnErrors(store, 0);
        assertEquals(1, summary.failed());
        assertEquals(999, summary.deleted());
        assertEquals(2, store.size());
      });
    }
  }

  /** There, the paginator's error is never checked. */
  @Nested
  final class Defect2AFailedListingLooksLikeSuccess {
    @Test
    void theOriginalIsCaught() throws Exception {
      run(() -> {
        KeyValueStore store = KeyValueStore.withKeys(10_000);
        store.failPage(5, Fault.always(Kind.FORBIDDEN));
        OriginalBulkDelete.Report report = OriginalBulkDelete.deleteAllKeys(store, 100);
        assertEquals(0, report.failed());
        assertEquals(6_000, store.size());
      });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 10})
    void aPageThatCannotBeListedStopsTheRunWithItsCause(int page) throws Exception {
      run(() -> {
        KeyValueStore store = KeyValueStore.withKeys(10_000);
        store.failPage(page, Fault.always(Kind.FORBIDDEN));
        Summary summary = stopOnErrors(store, 100);
        assertFalse(summary.isComplete());
        StoreException cause = assertInstanceOf(StoreException.class, summary.stopped());
        assertEquals("list page " + page + ": forbidden", cause.getMessage());
        assertEquals(10_000 - summary.deleted(), store.size());
        assertTrue(summary.deleted() <= (page - 1) * 1000L);
      });
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "5, 4000", "10, 9000"})
    void whoKeepsGoingDeletesWhatWasListedAndThenSaysThatNotAllWas(int page, int deleted)
        throws Exception {
      run(() -> {
        KeyValueStore store = KeyValueStore.withKeys(10_000);
        store.failPage(page, Fault.always(Kind.UNAVAILABLE));
        Summary summary = keepGoing(store, new StringBuilder());
        assertFalse(summary.isComplete());
        assertEquals(deleted, summary.deleted());
        assertEquals(10_000 - deleted, store.size());
        assertTrue(
            summary.toString().contains("stopped: list page " + page + ": unavailable"),
            summary::toString);
      });
    }
  }

  /** There, the counter goes up for failed keys, too. */
  @Nested
  final class Defect3FailedKeysCountAsDeleted {
    @Test
    void theOriginalIsCaught() throws Exception {
      run(() -> {
        KeyValueStore store = storeWithBroken(10_000, 100, Kind.FORBIDDEN);
        OriginalBulkDelete.Report report = OriginalBulkDelete.deleteAllKeys(store, 100);
        assertEquals(10_000, report.deleted());
        assertEquals(100, store.size());
      });
    }

    @ParameterizedTest
    @EnumSource
    void theCounterIsTheNumberOfDeletions(Version version) throws Exception {
      run(() -> {
        KeyValueStore store = storeWithBroken(10_000, 100, Kind.FORBIDDEN);
        Summary summary = version.deleteAllKeys(store);
        assertEquals(9_900, summary.deleted());
        assertEquals(100, summary.failed());
        assertNull(summary.stopped());
        assertEquals(100, store.size());
      });
    }
  }

  /** There, an error that finds its channel full is forgotten. */
  @Nested
  final class Defect4ErrorsAreDropped {
    @Test
    void everyErrorIsCountedAndWrittenDownHoweverSlowTheWriting() throws Exception {
      run(() -> {
        KeyValueStore store = storeWithBroken(10_000, 10_000, Kind.FORBIDDEN);
        Set<Goroutine<?>> workers = ConcurrentHashMap.newKeySet();
        store.watch((request, _) -> {
          if (request.startsWith("delete")) {
            workers.add(Goroutine.current());
          }
        });
        Sink file =
            new Sink() {
              @Override
              void written() {
                if (lines == 0) { // until the outcomes are full, and all wait to add one
                  BulkDelete.await(
                      () -> workers.size() == BulkDelete.POOL_SIZE,
                      () -> workers.size() + " workers");
                  workers.forEach(worker -> awaitBlocked(worker, "chan send"));
                }
              }
            };
        Summary summary = keepGoing(store, file);
        assertEquals(10_000, summary.failed());
        assertEquals(10_000, file.lines);
      });
    }
  }

  /** There, only the names of the failed keys are kept. */
  @Nested
  final class Defect5CausesAreLost {
    @ParameterizedTest
    @EnumSource
    void failuresAreCountedByCause(Version version) throws Exception {
      run(() -> {
        KeyValueStore store = storeWithBroken(2_000, 40, Kind.FORBIDDEN);
        store.failKey(KeyValueStore.key(1_000), Fault.always(Kind.THROTTLED));
        store.failKey(KeyValueStore.key(1_001), Fault.always(Kind.LOCKED));
        store.failKey(KeyValueStore.key(1_002), Fault.always(Kind.LOCKED));
        Summary summary = version.deleteAllKeys(store);
        assertEquals(Map.of("forbidden", 40L, "locked", 2L, "throttled", 1L), summary.failures());
        assertEquals(
            """
            Deleted keys: 1957
            failed to delete 43 keys: \
            40 x forbidden, 2 x locked, 1 x throttled\
            """,
            summary.toString());
      });
    }

    @Test
    void theCauseOfTheStopIsTheFailureThatWasTooMuch() throws Exception {
      run(() -> {
        KeyValueStore store = storeWithBroken(1, 1, Kind.FORBIDDEN);
        Summary summary = stopOnErrors(store, 0);
        TooManyErrorsException stopped =
            assertInstanceOf(TooManyErrorsException.class, summary.stopped());
        assertEquals(KeyValueStore.key(0), stopped.last().key());
        assertEquals(Kind.FORBIDDEN, stopped.last().cause().kind());
      });
    }

    @Test
    void failedKeysAreWrittenDownWithTheirCauses() throws Exception {
      run(() -> {
        KeyValueStore store = storeWithBroken(1_000, 1, Kind.FORBIDDEN);
        store.failKey(KeyValueStore.key(7), Fault.always(Kind.LOCKED));
        StringBuilder file = new StringBuilder();
        keepGoing(store, file);
        assertEquals(
            List.of("key-00000\tforbidden", "key-00007\tlocked"),
            file.toString().lines().sorted().toList());
      });
    }
  }

  /** There, a key that another client has deleted in the meantime is a failure. */
  @Nested
  final class Defect6GoneCountsAsFailed {
    @ParameterizedTest
    @EnumSource
    void aKeyThatIsGoneIsNeitherDeletedNorFailed(Version version) throws Exception {
      run(() -> {
        KeyValueStore store = storeWithBroken(10_000, 500, Kind.NOT_FOUND);
        Summary summary = version.deleteAllKeys(store);
        assertEquals(9_500, summary.deleted());
        assertEquals(500, summary.gone());
        assertEquals(0, summary.failed());
        assertTrue(summary.isComplete());
      });
    }
  }

  /** There, no request is retried, delayed or timed out, and Ctrl-C kills. */
  @Nested
  final class Defect7NoRetryNoBackoffNoTimeoutNoInterrupt {
    private static final Duration QUICK = Duration.ofMillis(1);

    @ParameterizedTest
    @EnumSource
    void whatFailsOnceIsTriedAgain(Version version) throws Exception {
      run(() -> {
        KeyValueStore store = KeyValueStore.withKeys(2_000);
        store.failPage(2, Fault.once(Kind.UNAVAILABLE));
        for (int i = 0; i < 2_000; i += 5) {
          store.failKey(KeyValueStore.key(i), Fault.once(Kind.UNAVAILABLE));
        }
        Summary summary = version.deleteAllKeys(store);
        assertEquals(2_000, summary.deleted());
        assertTrue(summary.isComplete());
      });
    }

    @Test
    void attemptsAreLimitedAndWhatIsForbiddenIsNotTriedAgain() throws Exception {
      run(() -> {
        KeyValueStore store = storeWithBroken(2, 1, Kind.FORBIDDEN);
        store.failKey(KeyValueStore.key(1), Fault.always(Kind.UNAVAILABLE));
        Map<String, Integer> attempts = new TreeMap<>();
        store.watch((request, _) -> attempts.merge(request, 1, Integer::sum));
        StoreClient conn =
            new StoreClient(store, new StoreClient.Policy(3, Duration.ofSeconds(50), QUICK, QUICK));
        for (int i = 0; i < 2; i++) {
          try {
            conn.delete(KeyValueStore.key(i), Context.background());
          } catch (StoreException e) {
            attempts.merge(e.reason(), 1, Integer::sum);
          }
        }
        assertEquals(
            Map.of(
                "delete key-00000", 1,
                "forbidden", 1,
                "delete key-00001", 3,
                "unavailable", 1),
            attempts);
      });
    }

    @Test
    void everybodyLeavesTheStoreAloneForAsLongAsItAsks() throws Exception {
      run(() -> {
        Duration pause = Duration.ofMillis(200);
        KeyValueStore store = KeyValueStore.withKeys(2);
        store.failKey(KeyValueStore.key(0), new Fault(Kind.THROTTLED, 1, pause));
        StoreClient impatient =
            new StoreClient(store, new StoreClient.Policy(1, Duration.ofSeconds(50), QUICK, QUICK));
        long asked = Go.nanoTime();
        StoreException e =
            assertThrows(
                StoreException.class,
                () -> impatient.delete(KeyValueStore.key(0), Context.background()));
        assertEquals(Kind.THROTTLED, e.kind());
        AtomicLong answered = new AtomicLong();
        store.watch((_, _) -> answered.set(Go.nanoTime()));
        impatient.delete(KeyValueStore.key(1), Context.background());
        assertTrue(answered.get() - asked >= pause.toNanos());
        assertEquals(1, store.size());
      });
    }

    @Test
    void aRequestWithoutAnAnswerTimesOut() throws Exception {
      run(() -> {
        KeyValueStore store = KeyValueStore.withKeys(1);
        Chan<Object> never = Chan.unbuffered();
        store.watch((request, context) -> {
          if (request.startsWith("delete")) {
            never.receive(context);
          }
        });
        StoreClient conn =
            new StoreClient(store, new StoreClient.Policy(2, Duration.ofMillis(5), QUICK, QUICK));
        StoreException e =
            assertThrows(
                StoreException.class,
                () -> conn.delete(KeyValueStore.key(0), Context.background()));
        assertEquals(Kind.TIMEOUT, e.kind());
      });
    }

    @ParameterizedTest
    @EnumSource
    void aProcessThatIsToldToEndSumsUpFirst(Version version) throws Exception {
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  locations(
                      Chan.class,
                      Terminal.class,
                      StoreException.class,
                      StoreClient.class,
                      LongRun.class),
                  LongRun.class.getName(),
                  version.name())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try (BufferedReader out = process.inputReader()) {
        assertEquals("deleting", out.readLine());
        process.toHandle().destroy(); // SIGTERM; Ctrl-C does the same
        String rest = out.lines().collect(Collectors.joining("\n"));
        assertTrue(rest.startsWith("Deleted keys: "), rest);
        assertTrue(rest.endsWith("\nstopped: SIGTERM"), rest);
        assertEquals(0, process.waitFor());
      } finally {
        process.destroyForcibly();
      }
    }

    private static String locations(Class<?>... types) {
      return Arrays.stream(types)
          .map(type -> type.getProtectionDomain().getCodeSource().getLocation().getPath())
          .collect(Collectors.joining(File.pathSeparator));
    }
  }

  /** There, a worker that has seen enough errors ends, and the others continue. */
  @Nested
  final class Defect8AWorkerStopsInsteadOfTheRun {
    @Test
    void nobodySendsARequestAfterTheFailureThatWasTooMuch() throws Exception {
      run(() -> {
        KeyValueStore store = storeWithBroken(10_000, 1, Kind.FORBIDDEN);
        AtomicInteger requests = new AtomicInteger();
        WaitGroup atWork = new WaitGroup();
        atWork.add(BulkDelete.POOL_SIZE);
        Chan<Goroutine<?>> failing = Chan.buffered(1);
        Chan<Object> release = Chan.unbuffered();
        store.watch((request, _) -> {
          if (request.startsWith("delete")) {
            requests.incrementAndGet();
            atWork.done();
            if (request.endsWith(KeyValueStore.key(0))) {
              failing.send(Goroutine.current());
              atWork.await();
            } else {
              release.receive();
            }
          }
        });
        go(() -> {
          failing.receive().join(); // it ends because the run is stopped
          release.close();
        });
        Summary summary = stopOnErrors(store, 0);
        assertEquals(BulkDelete.POOL_SIZE, requests.get());
        assertEquals(BulkDelete.POOL_SIZE - 1, summary.deleted());
        assertEquals(1, summary.failed());
      });
    }
  }

  /** Counts lines. */
  abstract static class Sink implements Appendable {
    int lines;

    abstract void written();

    @Override
    public Appendable append(CharSequence line) {
      written();
      lines++;
      return this;
    }

    @Override
    public Appendable append(CharSequence text, int start, int end) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Appendable append(char c) {
      throw new UnsupportedOperationException();
    }
  }
}

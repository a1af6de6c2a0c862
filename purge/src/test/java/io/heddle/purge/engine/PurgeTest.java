package io.heddle.purge.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.AfterFunc;
import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.TaskGroup;
import io.heddle.local.kv.Faults;
import io.heddle.local.kv.Faults.What;
import io.heddle.local.kv.Faults.Which;
import io.heddle.local.kv.KvServer;
import io.heddle.purge.Details;
import io.heddle.purge.Outcome;
import io.heddle.purge.stores.FastlyStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The engine against the server, over real connections. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class PurgeTest {
  private static final long ALWAYS = Long.MAX_VALUE;
  private static final int WORKERS = 20;

  /** Pauses are short, to be quick; how long they get is tested elsewhere. */
  private static final Plan PLAN =
      Plan.DEFAULT
          .with(Plan.Pace.of(WORKERS))
          .with(new Plan.Retry(6, Duration.ofMillis(2), Duration.ofSeconds(5)));

  private final Faults faults = new Faults();
  @TempDir private Path folder;
  private KvServer server;
  private String id;
  private FastlyStore store;

  @BeforeEach
  void start() throws Exception {
    server = KvServer.start(0, faults, null);
    id = server.createStore("test", 3000);
    store = open();
  }

  @AfterEach
  void stop() {
    store.close();
    server.close();
  }

  private FastlyStore open() {
    return open(1);
  }

  private FastlyStore open(int pipeline) {
    return new FastlyStore(server.uri(), id, "token", Duration.ofSeconds(10), null, pipeline);
  }

  private Summary purge(Plan plan) throws InterruptedException {
    return purge(Context.background(), plan, Observer.NONE);
  }

  private Summary purge(Context context, Plan plan, Observer observer) throws InterruptedException {
    return Purge.run(context, store, plan, new Progress(), observer);
  }

  private int left() {
    return server.keys(id).size();
  }

  private static Plan.Limits limits(long maxErrors, double rate, long maxDelete) {
    return new Plan.Limits(maxErrors, rate, maxDelete, null, Duration.ofSeconds(10));
  }

  @Test
  void allKeysAreDeleted() throws Exception {
    Summary summary = purge(PLAN);
    assertEquals(3000, summary.deleted());
    assertEquals(OptionalLong.of(0), summary.left());
    assertTrue(summary.isComplete());
    assertEquals(0, left());
    assertEquals(3000, server.deletions());
    assertTrue(server.mostInFlight() <= WORKERS + 1, "the lister and the workers");
    assertTrue(server.connections() <= WORKERS + 1, "one connection for each of them");
  }

  @Test
  void requestsCanBeSentAheadWhateverHappensToTheConnection() throws Exception {
    store.close();
    store = open(8);
    // First, so that no other rule lets one of these keys be deleted.
    faults.add(Which.deletionsOf(key -> key.endsWith("77")), ALWAYS, What.status(403));
    faults.addPart(Which.deletions(), 0.01, new What.Reset());
    faults.addPart(Which.deletions(), 0.01, new What.ResetAfter());
    faults.addPart(Which.deletions(), 0.01, What.status(503));
    Summary summary = purge(PLAN);
    assertEquals(Map.of("HTTP 403", 30L), summary.errors());
    assertEquals(2970, summary.deleted() + summary.gone());
    assertEquals(30, left());
    assertTrue(summary.retries() > 0);
  }

  @Nested
  final class Failures {
    @Test
    void aKeyThatFailsIsNotCountedAsDeleted() throws Exception {
      faults.add(Which.deletionsOf(key -> key.endsWith("7")), ALWAYS, What.status(403));
      faults.add(Which.deletionsOf(key -> key.endsWith("8")), ALWAYS, What.status(412));
      Summary summary = purge(PLAN);
      assertEquals(2400, summary.deleted());
      assertEquals(600, summary.failed());
      assertEquals(Map.of("HTTP 403", 300L, "HTTP 412", 300L), summary.errors());
      assertEquals(OptionalLong.of(600), summary.left());
      assertEquals(Ending.COMPLETE, summary.ending());
      assertFalse(summary.isComplete());
    }

    @Test
    void whenEveryDeletionFailsTheRunStopsAndNobodyHangs() throws Exception {
      faults.add(Which.deletions(), ALWAYS, What.status(403));
      Summary summary =
          purge(PLAN.with(new Plan.Limits(100, 1, -1, null, Plan.Limits.NONE.drain())));
      assertEquals(Ending.MAX_ERRORS, summary.ending());
      assertEquals("more than 100 errors", summary.reason());
      assertEquals(server.deletions(), summary.failed(), "requests in flight are counted, too");
      assertTrue(summary.failed() > 100 && summary.failed() <= 101 + 4L * WORKERS);
      assertEquals(3000, left());
    }

    @Test
    void whenEveryDeletionFailsAndItKeepsGoingNoErrorIsLost() throws Exception {
      faults.add(Which.deletions(), ALWAYS, What.status(400));
      Path file = folder.resolve("failed.ndjson");
      Summary summary = purge(PLAN.with(new Plan.Files(file, null, false)));
      assertEquals(3000, summary.failed());
      List<String> lines = Files.readAllLines(file);
      assertEquals(3000, lines.size());
      assertEquals(3000, Set.copyOf(lines).size());
      String first = lines.stream().sorted().findFirst().orElseThrow();
      assertEquals(
          "{\"key\":\"key-00000000\",\"reason\":\"HTTP 400\",\"attempts\":1,"
              + "\"message\":\""
              + store.name()
              + ": HTTP 400, The request was malformed\"}",
          first);
    }

    @Test
    void failedKeysCanBeFedBack() throws Exception {
      faults.add(Which.deletionsOf(key -> key.endsWith("0")), ALWAYS, What.status(400));
      Path file = folder.resolve("failed.ndjson");
      purge(PLAN.with(new Plan.Files(file, null, false)));
      faults.clear();
      Selection fromFile = new Selection("", List.of(), List.of(), file);
      Summary summary = purge(PLAN.with(fromFile));
      assertEquals(300, summary.deleted());
      assertEquals(OptionalLong.empty(), summary.left());
      assertEquals(0, left());
    }

    /** Or every key would be gone already, and all would be well. */
    @Test
    void keysOfAFileAreNotGoneBecauseThereIsNoSuchStore() throws Exception {
      Path file = Files.writeString(folder.resolve("keys"), "key-00000001\nkey-00000002\n");
      Plan plan = PLAN.with(new Selection("", List.of(), List.of(), file));
      id = "other";
      store.close();
      store = open();
      Summary summary = purge(plan);
      assertEquals(Ending.STORE_NOT_FOUND, summary.ending());
      assertTrue(summary.reason().startsWith("there is no such store: "), summary.reason());
      assertEquals(0, summary.gone());
      assertEquals(0, server.deletions());
    }

    @Test
    void whoMayNotListMayDeleteTheKeysOfAFile() throws Exception {
      Path file = Files.writeString(folder.resolve("keys"), "key-00000001\nkey-00000002\n");
      faults.add(Which.listings(), ALWAYS, What.status(403));
      Summary summary = purge(PLAN.with(new Selection("", List.of(), List.of(), file)));
      assertTrue(summary.isComplete(), summary::toString);
      assertEquals(2, summary.deleted());
    }

    @Test
    void aLargePartOfFailuresStopsTheRun() throws Exception {
      faults.add(Which.deletionsOf(key -> key.endsWith("3")), ALWAYS, What.status(400));
      assertEquals(Ending.COMPLETE, purge(PLAN.with(limits(-1, 0.5, -1))).ending());
      server.createStore("other", 0);
      assertEquals(Ending.MAX_ERRORS, purge(PLAN.with(limits(-1, 0.05, -1))).ending());
    }

    @Test
    void whatIsGoneIsNoError() throws Exception {
      faults.add(
          Which.deletionsOf(key -> key.endsWith("5")),
          ALWAYS,
          new What.Before(() -> server.keys(id).removeIf(key -> key.endsWith("5"))));
      Summary summary = purge(PLAN);
      assertTrue(summary.gone() > 0);
      assertEquals(0, summary.failed());
      assertTrue(summary.isComplete());
    }

    @Test
    void whatMayPassIsTriedAgain() throws Exception {
      for (int status : List.of(408, 423, 425, 500, 502, 503, 504)) {
        faults.add(Which.deletions(), 20, What.status(status));
      }
      faults.add(Which.deletions(), 20, new What.Reset());
      Plan.Retry often = new Plan.Retry(200, Duration.ofMillis(2), Duration.ofMillis(50));
      Summary summary = purge(PLAN.with(often));
      assertTrue(summary.isComplete(), summary::toString);
      assertEquals(3000, summary.deleted());
      assertTrue(summary.retries() >= 140, summary::toString);
    }

    @Test
    void aDeletionWhoseAnswerIsLostIsFoundGone() throws Exception {
      faults.add(Which.deletions(), 50, new What.ResetAfter());
      Summary summary = purge(PLAN);
      assertTrue(summary.isComplete(), summary::toString);
      assertEquals(3000, summary.deleted() + summary.gone());
      assertTrue(summary.gone() > 0);
    }

    @Test
    void attemptsAreLimited() throws Exception {
      faults.add(Which.deletionsOf("key-00000042"::equals), ALWAYS, What.status(503));
      AtomicReference<Outcome.Failed> seen = new AtomicReference<>();
      Summary summary =
          purge(
              Context.background(),
              PLAN,
              new Observer() {
                @Override
                public void failed(String key, Outcome.Failed outcome) {
                  seen.set(outcome);
                }
              });
      assertEquals(1, summary.failed());
      assertEquals(6, seen.get().attempts());
      assertEquals(5, summary.retries());
    }

    @Test
    void aFullDiskStopsTheRun() throws Exception {
      faults.add(Which.deletions(), ALWAYS, What.status(400));
      Summary summary = purge(PLAN.with(new Plan.Files(Path.of("/dev/full"), null, false)));
      assertEquals(Ending.FATAL, summary.ending());
      assertTrue(summary.reason().contains("No space left on device"), summary.reason());
    }

    @Test
    void aFullDiskLosesNoCount() throws Exception {
      Path full = Path.of("/dev/full");
      Summary summary = purge(PLAN.with(new Plan.Files(null, full, null, false)));
      assertEquals(Ending.FATAL, summary.ending());
      assertEquals(3000 - left(), summary.deleted());
    }

    @Test
    void aResumedRunWithoutACheckpointAppendsToTheDeletedKeys() throws Exception {
      Path file = Files.writeString(folder.resolve("deleted.ndjson"), "{\"key\":\"earlier\"}\n");
      purge(PLAN.with(new Plan.Files(null, file, folder.resolve("none"), true)));
      assertEquals(3001, Files.readAllLines(file).size());
    }

    @Test
    void aTokenThatIsRefusedStopsTheRun() throws Exception {
      faults.add(Which.deletions(), ALWAYS, What.status(401));
      assertEquals(Ending.UNAUTHORISED, purge(PLAN).ending());
      assertTrue(server.deletions() <= 4 * WORKERS, "" + server.deletions());
    }
  }

  @Nested
  final class Listing {
    @Test
    void aListingThatFailsIsNoSuccess() throws Exception {
      faults.add(Which.listingsFrom(2), ALWAYS, What.status(500));
      Summary summary = purge(PLAN);
      assertEquals(Ending.FATAL, summary.ending());
      assertTrue(summary.reason().startsWith("the listing failed"), summary.reason());
      assertFalse(summary.isComplete());
      assertTrue(left() >= 2000);
    }

    @Test
    void itSaysWhyItFailed() throws Exception {
      faults.add(Which.listings(), 1, What.status(401));
      assertEquals(Ending.UNAUTHORISED, purge(PLAN).ending());
      faults.add(Which.listings(), 1, What.status(403));
      assertEquals(Ending.UNAUTHORISED, purge(PLAN).ending());
      faults.add(Which.listings(), 1, What.status(404));
      assertEquals(Ending.STORE_NOT_FOUND, purge(PLAN).ending());
      assertEquals(3000, left());
    }

    @Test
    void aPageIsTriedAgain() throws Exception {
      faults.add(Which.listingsFrom(2), 3, What.status(503));
      faults.add(Which.listings(), 1, new What.Reset());
      assertTrue(purge(PLAN).isComplete());
    }

    @Test
    void keysThatAppearAreLeftOrTakenByAnotherPass() throws Exception {
      AtomicInteger added = new AtomicInteger();
      What grow = new What.Before(() -> server.put(id, "a" + added.getAndIncrement(), new byte[0]));
      faults.add(Which.deletions(), 50, grow);
      Summary once = purge(PLAN);
      assertEquals(OptionalLong.of(50), once.left());
      assertFalse(once.isComplete());
      faults.add(Which.deletions(), 10, grow);
      Summary often = purge(PLAN.with(new Plan.Passes(5, true)));
      assertTrue(often.isComplete(), often::toString);
      assertEquals(60, often.deleted());
    }
  }

  @Nested
  final class Pace {
    @Test
    void aStoreThatAsksForAPauseIsLeftAloneByEverybody() throws Exception {
      faults.add(Which.deletions(), 1, new What.Status(429, List.of("Retry-After: 1")));
      Summary summary = purge(PLAN);
      assertTrue(summary.isComplete());
      assertTrue(summary.elapsed().compareTo(Duration.ofMillis(900)) > 0, summary::toString);
    }

    /** With {@code -Pscale} for a minute. */
    @Test
    void aServerThatRefusesEverythingForAWhileIsAskedNowAndThen() throws Exception {
      Duration refused = Duration.ofSeconds(Integer.getInteger("purge.refused.seconds", 2));
      faults.add(Which.deletions(), ALWAYS, What.status(429));
      AfterFunc end = Context.background().withTimeout(refused).afterFunc(faults::clear);
      Summary summary = purge(PLAN.with(Plan.DEFAULT.retry()));
      end.stop();
      assertTrue(summary.isComplete(), summary::toString);
      assertEquals(3000, summary.deleted());
      assertEquals(0, left());
      assertTrue(summary.elapsed().compareTo(refused) > 0, summary::toString);
      assertTrue(summary.retries() < 1000, summary::toString);
    }

    @Test
    void rateLimitHeadersAreHeeded() throws Exception {
      long reset = System.currentTimeMillis() / 1000 + 2;
      List<String> headers =
          List.of("Fastly-RateLimit-Remaining: 0", "Fastly-RateLimit-Reset: " + reset);
      faults.add(Which.deletions(), 1, new What.Status(429, headers));
      assertTrue(purge(PLAN).isComplete());
      assertTrue(System.currentTimeMillis() >= reset * 1000);
    }

    /** Whatever the other headers say: they are about a time, and clocks differ. */
    @Test
    void whatARefusalSaysItselfGoesFirst() throws Exception {
      long reset = System.currentTimeMillis() / 1000 + 3600;
      List<String> headers =
          List.of(
              "Retry-After: 1",
              "Fastly-RateLimit-Remaining: 0",
              "Fastly-RateLimit-Reset: " + reset);
      faults.add(Which.deletions(), 1, new What.Status(429, headers));
      Summary summary = purge(PLAN);
      assertTrue(summary.isComplete(), summary::toString);
      assertTrue(summary.elapsed().compareTo(Duration.ofSeconds(30)) < 0, summary::toString);
    }

    @Test
    void aServerThatThrottlesIsServedWithFewRefusals() throws Exception {
      faults.throttle(2000, 0);
      Plan adaptive = PLAN.with(new Plan.Pace(1, WORKERS, Double.POSITIVE_INFINITY, 1));
      Summary summary =
          purge(adaptive.with(new Plan.Retry(50, Duration.ofMillis(20), Duration.ofSeconds(5))));
      assertTrue(summary.isComplete(), summary::toString);
      assertEquals(3000, summary.deleted());
      assertTrue(summary.retries() < 3000, summary::toString);
    }
  }

  @Nested
  final class Limits {
    @Test
    void noMoreKeysAreTriedThanAllowed() throws Exception {
      Summary summary = purge(PLAN.with(limits(-1, 1, 1234)));
      assertEquals(Ending.MAX_DELETE, summary.ending());
      assertEquals(1234, summary.deleted());
      assertEquals(1766, left());
    }

    @Test
    void asManyKeysAsAllowedAreNotTooMany() throws Exception {
      assertTrue(purge(PLAN.with(limits(-1, 1, 3000))).isComplete());
    }

    @Test
    void aRequestThatDoesNotEndIsGivenUpAfterAWhile() throws Exception {
      faults.add(Which.deletions(), ALWAYS, new What.Delay(Duration.ofHours(1)));
      Plan.Limits limits =
          new Plan.Limits(-1, 1, -1, Duration.ofMillis(100), Duration.ofMillis(100));
      Summary summary = purge(PLAN.with(limits));
      assertEquals(Ending.MAX_DURATION, summary.ending());
      assertEquals(0, summary.deleted());
    }

    /** There is nothing to finish and to count, so its end is not waited for. */
    @Test
    void aPageThatDoesNotComeIsGivenUpAtOnceByWhoOnlyLooks() throws Exception {
      store.close();
      store = new FastlyStore(server.uri(), id, "token", Duration.ofHours(1), null, 1);
      faults.add(Which.listings(), ALWAYS, new What.Delay(Duration.ofHours(1)));
      Plan.Limits limits = new Plan.Limits(-1, 1, -1, Duration.ofMillis(100), Duration.ofHours(1));
      Summary summary =
          Purge.count(
              Context.background(),
              store,
              PLAN.with(limits),
              new Progress(),
              Observer.NONE,
              ALWAYS);
      assertEquals(Ending.MAX_DURATION, summary.ending());
    }
  }

  @Nested
  final class Selecting {
    private Summary purge(String prefix, List<String> match, List<String> exclude)
        throws InterruptedException {
      return PurgeTest.this.purge(
          PLAN.with(
              new Selection(
                  prefix,
                  match.stream().map(KeyPattern::ofGlob).toList(),
                  exclude.stream().map(KeyPattern::ofRegex).toList(),
                  null)));
    }

    @Test
    void prefixGlobAndRegexGoTogether() throws Exception {
      Summary summary = purge("key-00001", List.of("*[0-4]", "*9"), List.of(".*0\\d"));
      assertEquals(540, summary.deleted());
      assertEquals(460, summary.skipped());
      assertTrue(summary.isComplete());
      assertEquals(2460, left());
    }

    @Test
    void nothingMatches() throws Exception {
      Summary summary = purge("nothing", List.of(), List.of());
      assertEquals(0, summary.deleted());
      assertTrue(summary.isComplete());
    }

    @Test
    void aDryRunDeletesNothing() throws Exception {
      AtomicInteger shown = new AtomicInteger();
      Observer observer =
          new Observer() {
            @Override
            public void wouldDelete(String key, Details details) {
              shown.incrementAndGet();
            }
          };
      Summary summary =
          Purge.count(
              Context.background(),
              store,
              PLAN.with(Selection.ofPrefixes("key-00002")),
              new Progress(),
              observer,
              ALWAYS);
      assertEquals(OptionalLong.of(1000), summary.left());
      assertEquals(1000, shown.get());
      assertEquals(0, server.deletions());
    }
  }

  @Nested
  final class Interrupted {
    private Path checkpoint;

    @BeforeEach
    void choose() {
      checkpoint = folder.resolve("run.json");
    }

    /** Cancels the run when the server has seen so many deletions. */
    private Summary purgePartly(Plan plan, int deletions) throws InterruptedException {
      try (CancelContext context = Context.background().withCancel()) {
        AtomicInteger seen = new AtomicInteger();
        What cancel =
            new What.Before(() -> {
              if (seen.incrementAndGet() == deletions) {
                context.cancel();
              }
            });
        faults.add(Which.deletions(), ALWAYS, cancel);
        Summary summary = purge(context, plan, Observer.NONE);
        faults.clear();
        return summary;
      }
    }

    @Test
    void whatIsUnderWayIsFinishedAndCounted() throws Exception {
      Summary summary = purgePartly(PLAN, 700);
      assertEquals(Ending.CANCELLED, summary.ending());
      assertEquals(3000 - left(), summary.deleted());
      assertTrue(summary.deleted() >= 700 && summary.deleted() <= 700 + 2 * WORKERS);
    }

    @Test
    void anotherRunGoesOnAndSkipsNothing() throws Exception {
      faults.add(Which.deletionsOf("key-00000007"::equals), ALWAYS, What.status(400));
      Path failed = folder.resolve("failed.ndjson");
      Plan plan = PLAN.with(new Plan.Files(failed, checkpoint, true)).with(new Plan.Sizes(100, 1));
      Summary first = purgePartly(plan, 1500);
      Checkpoint written = Checkpoint.read(checkpoint);
      assertNotNull(written);
      assertEquals(first.deleted(), written.deleted());
      assertNotNull(written.cursor(), "the first page is settled");

      long requests = server.requests();
      Summary second = purge(plan);
      assertEquals(Ending.COMPLETE, second.ending());
      assertEquals(2999, second.deleted());
      assertEquals(1, second.failed());
      assertEquals(1, Files.readAllLines(failed).size());
      assertEquals(1, left());
      assertTrue(server.requests() - requests < 1600, "it did not begin at the beginning");
      assertEquals(written.deleted() + written.failed(), second.before());
      double done = second.rate() * second.elapsed().toMillis() / 1000;
      long here = 2999 - written.deleted();
      assertEquals(here, Math.round(done), "of this run, and without failures");
      assertFalse(Files.exists(checkpoint), "there is nothing left to resume");
    }

    @Test
    void whatFailedBeforeCountsNoMoreWhenItIsTriedAgain() {
      Progress progress = new Progress();
      new Checkpoint("store", "all keys", 1, "cursor", 70, 0, 5, 0, 0, 0, null).restore(progress);
      assertEquals(75, progress.settled());
      assertEquals(0, progress.doneHere());
      progress.forgetErrors();
      progress.deleted.addAndGet(5);
      progress.addError("HTTP 403", 7);
      assertEquals(5, progress.doneHere());
    }

    @Test
    void aFileThatIsNoCheckpointIsNotOverwritten() throws Exception {
      Files.writeString(checkpoint, "the only copy");
      Summary summary = purge(PLAN.with(new Plan.Files(null, checkpoint, false)));
      assertEquals(Ending.FATAL, summary.ending());
      assertTrue(summary.reason().contains("is not a checkpoint of a purge"), summary.reason());
      assertEquals("the only copy", Files.readString(checkpoint));
      Summary device = purge(PLAN.with(new Plan.Files(null, Path.of("/dev/null"), false)));
      assertTrue(device.reason().contains("/dev/null is a device"), device.reason());
      assertEquals(0, server.deletions());
      Files.writeString(checkpoint, ""); // as by mktemp
      assertTrue(purge(PLAN.with(new Plan.Files(null, checkpoint, false))).isComplete());
    }

    @Test
    void withoutAPlaceForTheCheckpointNothingIsDeleted() throws Exception {
      Files.createDirectory(checkpoint);
      Summary summary = purge(PLAN.with(new Plan.Files(null, checkpoint, false)));
      assertEquals(Ending.FATAL, summary.ending());
      assertTrue(summary.reason().endsWith("run.json is a folder: name a file"), summary.reason());
      assertEquals(0, server.deletions());
    }

    @Test
    void aFullDiskUnderTheCheckpointStopsTheRunAndLeavesTheLastOne() throws Exception {
      Plan plan = PLAN.with(new Plan.Files(null, checkpoint, true)).with(new Plan.Sizes(100, 1));
      purgePartly(plan, 700);
      Checkpoint last = Checkpoint.read(checkpoint);
      assertNotNull(last);

      Files.createSymbolicLink(folder.resolve("run.json.new"), Path.of("/dev/full"));
      Summary full = purgePartly(plan, 700);
      assertEquals(Ending.FATAL, full.ending(), full::toString);
      assertTrue(full.reason().contains("No space left on device"), full.reason());
      assertEquals(last, Checkpoint.read(checkpoint));

      Files.delete(folder.resolve("run.json.new"));
      Summary second = purge(plan);
      assertEquals(Ending.COMPLETE, second.ending());
      assertEquals(0, left());
    }

    @Test
    void aCheckpointIsForItsOwnStoreAndSelection() throws Exception {
      Plan plan = PLAN.with(new Plan.Files(null, checkpoint, true));
      purgePartly(plan, 1500);
      Summary other = purge(plan.with(Selection.ofPrefixes("key")));
      assertEquals(Ending.FATAL, other.ending());
      assertTrue(other.reason().contains("the checkpoint is of all keys"), other.reason());
    }

    @Test
    void twoRunsDoNotShareACheckpointOrAFileOfFailedKeys() throws Exception {
      Path failed = folder.resolve("failed.ndjson");
      AtomicReference<Summary> same = new AtomicReference<>();
      AtomicReference<Summary> sameFile = new AtomicReference<>();
      What another =
          new What.Before(() -> {
            try (FastlyStore other = open()) {
              for (var run :
                  Map.of(
                          same,
                          new Plan.Files(null, checkpoint, true),
                          sameFile,
                          new Plan.Files(failed, null, false))
                      .entrySet()) {
                run.getKey()
                    .set(
                        Purge.run(
                            Context.background(),
                            other,
                            PLAN.with(run.getValue()),
                            new Progress(),
                            Observer.NONE));
              }
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
      faults.add(Which.deletions(), 1, another);
      Plan plan = PLAN.with(new Plan.Files(failed, checkpoint, true));
      assertTrue(purge(plan).isComplete());
      assertEquals(Ending.FATAL, same.get().ending());
      assertTrue(same.get().reason().contains("another purge uses the checkpoint"));
      assertEquals(Ending.FATAL, sameFile.get().ending());
      assertTrue(sameFile.get().reason().contains("another purge writes its failed keys"));
      try (var left = Files.list(folder)) {
        assertEquals(List.of(failed), left.toList(), "no lock stays behind");
      }
      assertTrue(purge(plan).isComplete());
    }

    @Test
    void twoRunsAtOnceDoNoHarm() throws Exception {
      faults.latency(Duration.ofMillis(1));
      try (FastlyStore other = open();
          TaskGroup<Summary> both = new TaskGroup<>()) {
        both.go(() -> purge(PLAN));
        both.go(() -> Purge.run(Context.background(), other, PLAN, new Progress(), Observer.NONE));
        List<Summary> summaries = both.await();
        assertTrue(summaries.stream().allMatch(Summary::isComplete), summaries::toString);
        assertEquals(3000, summaries.stream().mapToLong(Summary::deleted).sum());
      }
    }

    @Test
    void aServerThatComesBackIsWaitedFor() throws Exception {
      Path data = folder.resolve("data.ndjson");
      server.close();
      server = KvServer.start(0, faults, null, data);
      id = server.createStore("test", 3000);
      store.close();
      store = open();
      int port = server.uri().getPort();
      AtomicInteger seen = new AtomicInteger();
      Chan<Boolean> half = Chan.buffered(1);
      faults.add(
          Which.deletions(),
          ALWAYS,
          new What.Before(() -> {
            if (seen.incrementAndGet() == 1500) {
              half.trySend(true);
            }
          }));
      TaskGroup<Void> restart = new TaskGroup<>();
      restart.go(() -> {
        half.receive();
        server.close();
        server = KvServer.start(port, faults, null, data);
      });
      Summary summary =
          purge(PLAN.with(new Plan.Retry(50, Duration.ofMillis(50), Duration.ofSeconds(1))));
      restart.await();
      assertTrue(summary.isComplete(), summary::toString);
      assertEquals(3000, summary.deleted() + summary.gone());
      assertTrue(summary.retries() > 0, summary::toString);
      assertEquals(0, left());
    }
  }
}

package io.heddle.tour;

import static io.heddle.tour.Expectation.agree;
import static io.heddle.tour.Expectation.all;
import static io.heddle.tour.Expectation.anyOrder;
import static io.heddle.tour.Expectation.at;
import static io.heddle.tour.Expectation.exactly;
import static io.heddle.tour.Expectation.first;
import static io.heddle.tour.Expectation.inOrder;
import static io.heddle.tour.Expectation.last;
import static io.heddle.tour.Expectation.matching;
import static java.time.Duration.ZERO;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import io.heddle.RuntimeInfo;
import io.heddle.tour.TourProgram.Place.InOwnJvm;
import io.heddle.tour.TourProgram.Place.InRealTime;
import java.util.List;

/**
 * The tour's programs, in reading order. To add one, put its source into {@code programs/} and an
 * entry into this table.
 */
final class Programs {

  /** The patterns that every introduction to Go's concurrency shows. */
  private static final Chapter BASICS =
      new Chapter(
          "Go's concurrency patterns",
          new TourProgram(
              "StartingGoroutines",
              "go starts a goroutine",
              ofSeconds(1),
              anyOrder("Hello from main!", "Hello from a goroutine!")),
          new TourProgram(
              "Channels",
              "a message through an unbuffered channel",
              ZERO,
              exactly("Hello from a goroutine!")),
          new TourProgram(
              "Selects",
              "select receives from the first channel that has a value",
              ZERO,
              exactly("Received: result from ch2")),
          new TourProgram(
              "Timeouts",
              "a select with a timeout",
              ofSeconds(2),
              exactly("Timeout! No message received.")),
          new TourProgram(
              "WaitGroups",
              "a wait group waits for three goroutines",
              ZERO,
              all(
                  anyOrder(
                      "Worker 0 starting",
                      "Worker 0 done",
                      "Worker 1 starting",
                      "Worker 1 done",
                      "Worker 2 starting",
                      "Worker 2 done",
                      "All workers done."),
                  inOrder("Worker 0 starting", "Worker 0 done"),
                  inOrder("Worker 1 starting", "Worker 1 done"),
                  inOrder("Worker 2 starting", "Worker 2 done"),
                  last("All workers done."))),
          new TourProgram(
              "Mutexes",
              "a mutex keeps a counter from losing increments",
              ZERO,
              exactly("Final Counter: 10")),
          new TourProgram(
              "Conditions",
              "a goroutine waits for a condition",
              ofSeconds(1),
              exactly("Ready is true, proceeding.")),
          new TourProgram(
              "SignalAndBroadcast",
              "signal wakes the goroutine that has waited longest, broadcast wakes all",
              ofSeconds(4),
              all(
                  anyOrder(
                      "Worker 0 is waiting",
                      "Worker 1 is waiting",
                      "Worker 2 is waiting",
                      "Notifying one worker",
                      "Worker 0 is proceeding",
                      "Worker 1 is proceeding",
                      "Worker 2 is proceeding",
                      "Broadcasting to all remaining workers",
                      "Main function exiting."),
                  inOrder("Worker 0 is waiting", "Notifying one worker", "Worker 0 is proceeding"),
                  inOrder("Worker 1 is waiting", "Notifying one worker", "Worker 1 is proceeding"),
                  inOrder("Worker 2 is waiting", "Notifying one worker", "Worker 2 is proceeding"),
                  at(4, "Notifying one worker"),
                  at(6, "Broadcasting to all remaining workers"),
                  agree(1, 5, "Worker (\\d)"),
                  last("Main function exiting."))),
          new TourProgram(
              "Atomics",
              "an atomic counter needs no lock",
              ZERO, //
              exactly("Final Counter: 10")),
          new TourProgram(
              "Initialization",
              "Once: three goroutines request an initialization, and it runs once",
              ZERO,
              exactly("Initializing...")),
          new TourProgram(
              "Contexts",
              "a context ends work that takes too long",
              ofSeconds(2),
              exactly("Work cancelled")),
          new TourProgram(
              "Maps",
              "the JDK's ConcurrentHashMap takes the place of sync.Map",
              ZERO,
              all(
                  anyOrder(
                      "Load: 40, null",
                      "LoadOrStore: 30, null",
                      "LoadAndDelete: 30, null",
                      "CompareAndSwap: true, false",
                      "CompareAndDelete: false, true",
                      "Range: Cleo is 40",
                      "Range: Dan is 50",
                      "Clear: 0"),
                  inOrder(
                      "Load: 40, null",
                      "LoadOrStore: 30, null",
                      "LoadAndDelete: 30, null",
                      "CompareAndSwap: true, false",
                      "CompareAndDelete: false, true",
                      "Clear: 0"),
                  last("Clear: 0"))));

  private static final Chapter CHANNELS =
      new Chapter(
          "More about channels and select",
          new TourProgram(
              "Ranges",
              "a buffered channel, its directions, its end",
              ZERO,
              exactly("1", "4", "9", "16", "25", "Then: null")),
          new TourProgram(
              "SelectLoops",
              "break, continue and return in a loop around select",
              ZERO,
              exactly("Doing job 2", "Told to quit", "Doing job 4", "Out of jobs")),
          new TourProgram(
              "DisabledCases",
              "merging channels: a disabled case, like Go's nil channel",
              ZERO,
              all(
                  anyOrder("1", "2", "3", "11", "12", "13", "Both are closed."),
                  inOrder("1", "2", "3"),
                  inOrder("11", "12", "13"),
                  last("Both are closed."))),
          new TourProgram(
              "OptionalSends",
              "a queue without a limit: a select that sends only while there is something to send",
              ZERO,
              exactly("1", "2", "3")),
          new TourProgram(
              "Priorities",
              "a select that prefers one channel, and one that does not wait",
              ZERO,
              exactly("urgent 1", "urgent 2", "normal 1", "normal 2", "nothing left")),
          new TourProgram(
              "SelectAnything",
              "select over a mutex, a semaphore, a wait group, a JDK future and a context",
              ZERO,
              exactly(
                  "Locked the mutex",
                  "Acquired a permit",
                  "All workers are done",
                  "The JDK's future is complete",
                  "The context is done")));

  private static final Chapter SYNC =
      new Chapter(
          "More about locks",
          new TourProgram(
              "ReadersAndWriters",
              "RWMutex: many readers at once, writers alone",
              ZERO,
              all(
                  anyOrder(
                      "Reader 0 sees blue",
                      "Reader 1 sees blue",
                      "Reader 2 sees blue",
                      "Writer paints it red",
                      "Reader 0 sees red",
                      "Reader 1 sees red",
                      "Reader 2 sees red",
                      "Writer paints it green"),
                  at(4, "Writer paints it red"),
                  inOrder("Reader 0 sees blue", "Writer paints it red", "Reader 0 sees red"),
                  inOrder("Reader 1 sees blue", "Writer paints it red", "Reader 1 sees red"),
                  inOrder("Reader 2 sees blue", "Writer paints it red", "Reader 2 sees red"),
                  last("Writer paints it green"))),
          new TourProgram(
              "Semaphores",
              "a semaphore limits how many goroutines work at once",
              ofMillis(140), // 10 downloads in 4 rounds of 10 ms, then a deadline of 100 ms
              exactly(
                  "Downloads done, permits available: 3",
                  "One permit at once: true",
                  "Another at once: false",
                  "Another within 100 ms: false")),
          new TourProgram(
              "LazyValues",
              "OnceValue: a value that is computed when it is first needed",
              ZERO,
              all(
                  anyOrder(
                      "Computing...",
                      "Goroutine 0 got 42",
                      "Goroutine 1 got 42",
                      "Goroutine 2 got 42"),
                  first("Computing..."))));

  private static final Chapter CONTEXTS =
      new Chapter(
          "More about contexts, time and goroutines",
          new TourProgram(
              "ContextTree",
              "cancelling a context cancels what is below it, and carries a cause and values",
              ZERO,
              all(
                  anyOrder(
                      "orders of Ada: the user went away",
                      "invoices of Ada: the user went away",
                      "audit: continues"),
                  last("audit: continues"))),
          new TourProgram(
              "TimeLimits",
              "three ways to stop waiting: an operation, a goroutine, a context",
              ofMillis(300),
              matching(
                  "chan receive: timed out after 0\\.1s",
                  "The goroutine was cancelled",
                  "The work has ended: context deadline exceeded: timeout of 0\\.1s set at .*")),
          new TourProgram(
              "BlockingReads",
              "the end of a context interrupts blocking I/O",
              ofMillis(200),
              exactly(
                  "Reading from a server that says nothing",
                  "The read has ended.",
                  "The deadline is over: true"),
              new InRealTime()),
          new TourProgram(
              "Timers",
              "timers expire, are stopped and reset",
              ofMillis(200),
              exactly("The timer has expired.", "Stopped in time: true", "nothing", "Ring!")),
          new TourProgram(
              "Tickers",
              "a ticker ticks until it is stopped",
              ofMillis(300),
              exactly("Tick 1", "Tick 2", "Tick 3", "No more ticks")),
          new TourProgram(
              "RateLimits",
              "a rate limiter spreads requests over time",
              ofMillis(299), // two at once, three more 100 ms apart; its numbers are rounded
              exactly("Request 1", "Request 2", "Request 3", "Request 4", "It is our turn.")),
          new TourProgram(
              "AdaptiveLimits",
              "a limiter learns the rate of a service from its refusals",
              ofMillis(399), // 120 requests at 300 a second; how often it is refused varies
              exactly("All 150 requests were served."),
              new InRealTime()),
          new TourProgram(
              "Handles",
              "a handle: wait for a goroutine, cancel it, query it",
              ZERO,
              exactly("Quick work", "quick has ended.", "slow was interrupted: true")),
          new TourProgram(
              "Panics",
              "an exception in any goroutine ends the program",
              ZERO,
              exactly("weaver failed: java.lang.IllegalStateException: the thread broke")),
          new TourProgram(
              "GracefulShutdown",
              "SIGTERM ends a server after the requests that it has accepted",
              ofMillis(200),
              all(
                  anyOrder(
                      "Handling request 1",
                      "No more requests",
                      "Handled request 1",
                      "Ended by SIGTERM"),
                  inOrder("Handling request 1", "Handled request 1", "Ended by SIGTERM"),
                  inOrder("No more requests", "Ended by SIGTERM")),
              new InOwnJvm(0)),
          new TourProgram(
              "DataRaces",
              "two accesses that nothing orders: the race detector reports them (heddle --race)",
              ofMillis(100),
              exactly("Balance: 20")),
          new TourProgram(
              "Deadlocks",
              "a receive without a sender: the program ends, and reports what each goroutine waits for",
              ZERO,
              matching(
                  "fatal error: all goroutines are asleep - deadlock!",
                  "",
                  "goroutine 1 \\[chan receive\\]:",
                  "\\tat io\\.heddle\\.Chan\\..*",
                  "\\tat Deadlocks\\..*",
                  "created by .*",
                  "",
                  "exit status 2"),
              new InOwnJvm(2)),
          new TourProgram(
              "SelectLeaks",
              "a sender whose channel the select did not choose waits forever, and is found",
              ofSeconds(2),
              matching(
                  "Received: result from ch2",
                  ".* io\\.heddle\\..*",
                  ".*: a goroutine has leaked: nothing that is left can wake it",
                  "goroutine \\[chan send\\]:",
                  "\\tat io\\.heddle\\.Chan\\..*",
                  "\\tat SelectLeaks\\..*",
                  "created by SelectLeaks\\.firstResult.*"),
              new InOwnJvm(0)),
          new TourProgram(
              "TimeoutLeaks",
              "a sender that is late for the timeout waits forever, and is found",
              ofSeconds(4),
              matching(
                  "Timeout! No message received\\.",
                  ".* io\\.heddle\\..*",
                  ".*: a goroutine has leaked: nothing that is left can wake it",
                  "goroutine \\[chan send\\]:",
                  "\\tat io\\.heddle\\.Chan\\..*",
                  "\\tat TimeoutLeaks\\..*",
                  "created by TimeoutLeaks\\.resultOrTimeout.*"),
              new InOwnJvm(0)),
          new TourProgram(
              "LongComputations",
              "on Heddle's scheduler, no goroutine waits behind one that computes",
              ZERO,
              exactly(
                  "Computing on every processor",
                  "The goroutine behind them ran "
                      + (RuntimeInfo.current().scheduler() == RuntimeInfo.Scheduler.HEDDLE
                          ? "while they computed"
                          : "when one had ended")),
              new InRealTime()));

  private static final Chapter GROUPS =
      new Chapter(
          "Groups, races and pipelines",
          new TourProgram(
              "TaskGroups",
              "TaskGroup: results in order; the first error cancels the other tasks",
              ZERO,
              all(
                  anyOrder(
                      "Squares: [1, 4, 9]",
                      "Gave up on news",
                      "Gave up on weather",
                      "Failed: no such page: prices"),
                  first("Squares: [1, 4, 9]"),
                  last("Failed: no such page: prices"))),
          new TourProgram(
              "NineFetches",
              "nine fetches, four at a time, within a deadline: a task group, and without it",
              ZERO,
              exactly(
                  "[page 1, page 2, page 3, page 4, page 5, page 6, page 7, page 8, page 9]",
                  "At most four at a time: true",
                  "Failed: 500 of /page/5",
                  "With an ExecutorCompletionService the same: true"),
              new InRealTime()),
          new TourProgram(
              "Crawler",
              "a crawler, limited in depth, time and fetches at a time; also without Heddle",
              ofMillis(200), // the limit of the second crawl, whose page never comes
              exactly(
                  "/: 200",
                  "/a: 200",
                  "/a/1: 200",
                  "/b: 200",
                  "/c: 200",
                  "/d: 200",
                  "/x: 404",
                  "Complete: true",
                  "Each page once: true",
                  "In time: false",
                  "With an executor the same: true"),
              new InRealTime()),
          new TourProgram(
              "ReturningResults",
              "goroutines return values: one, several in order, several as they end",
              ofMillis(600),
              exactly("<news>", "[<slow>, <quick>]", "<quick>", "<slow>")),
          new TourProgram(
              "SharedCalls",
              "SingleFlight: concurrent calls for the same key share one result",
              ZERO,
              exactly(
                  "Looking up Oslo",
                  "It is 21 degrees, shared: true",
                  "It is 21 degrees, shared: true",
                  "It is 21 degrees, shared: true")),
          new TourProgram(
              "Races",
              "race: the first task that succeeds wins, the others are cancelled",
              ZERO,
              exactly(
                  "The slow mirror was cancelled.",
                  "Got the page, from the quick mirror",
                  "Failed: connection refused")),
          new TourProgram(
              "Pipelines",
              "stages connected by channels, which end together",
              ofMillis(20), // 5 numbers, 3 at a time, 10 ms each
              exactly(
                  "Square: 1",
                  "Square: 4",
                  "Square: 9",
                  "Square: 16",
                  "Square: 25",
                  "Sum: 55",
                  "First: 1",
                  "Second: 2",
                  "Nothing is left running.")));

  /** Near its end, the tour has two versions of a complete program, and the resulting tool. */
  private static final Chapter BULK_DELETION =
      new Chapter(
          "A complete program: deleting the keys of a key-value store",
          new TourProgram(
              "BulkDeleteStopOnErrors",
              "a pool of 100 goroutines deletes keys until there are too many errors",
              ZERO,
              exactly(
                  "A store where 100 of 10000 keys cannot be deleted:",
                  "Deleted keys: 9900",
                  "failed to delete 100 keys: 100 x forbidden",
                  "Keys left: 100",
                  "",
                  "A store where none can:",
                  "Deleted keys: 0",
                  "failed to delete 101 keys: 101 x forbidden",
                  "stopped: more than 100 errors",
                  "Keys left: 10000")),
          new TourProgram(
              "BulkDeleteKeepGoing",
              "the same, but it keeps going and records the keys that it could not delete",
              ZERO,
              exactly(
                  "A store where 1000 of 10000 keys cannot be deleted and 20 are gone already:",
                  "Deleted keys: 8980",
                  "already gone: 20",
                  "failed to delete 1000 keys: 900 x forbidden, 100 x locked",
                  "Keys in the file of failed keys: 1000")),
          new TourProgram(
              "PurgeStore",
              "the same as a tool, over HTTP, against a server with faults",
              ZERO,
              exactly("Deleted keys: 10000", "Some were tried again: true", "Keys left: 0"),
              new InRealTime()));

  /** Another complete program, and the resulting tool. */
  private static final Chapter ORDERS =
      new Chapter(
          "A complete program: orders that wait until they are ready",
          new TourProgram(
              "OrderQueue",
              "an order comes back from a durable queue until its challenges would pass",
              ZERO,
              exactly(
                  "Attempt 1: not ready, comes back later",
                  "Attempt 2: not ready, comes back later",
                  "Attempt 3: a challenge of each domain would pass",
                  "order 1 is handed over to the CA"),
              new InRealTime()));

  /** What a program keeps when it outgrows one process. */
  private static final Chapter REMOTE =
      new Chapter(
          "Past one process",
          new TourProgram(
              "RemoteCalls",
              "a call of a function with a deadline and baggage, as between processes",
              ZERO,
              exactly("6 letters for {tenant=acme}, within the caller's time"),
              new InRealTime()),
          new TourProgram(
              "RemoteWorkers",
              "a pool of workers over a local channel, and over a durable one",
              ZERO,
              exactly(
                  "In this process: [1, 4, 9, 16, 25, 36, 49, 64, 81]",
                  "Through a file: [1, 4, 9, 16, 25, 36, 49, 64, 81]"),
              new InRealTime()));

  /** How goroutines work together with code that is not written for them. */
  private static final Chapter INTEROP =
      new Chapter(
          "Beside the JDK",
          new TourProgram(
              "BesideTheJdk",
              "executors, streams and publishers, in both directions",
              ZERO,
              exactly(
                  "The answer is 42",
                  "The first two: [1, 2]",
                  "The rest: [3, 4, 5]",
                  "The first power of two above 1000: 1024",
                  "Published: one, two",
                  "The publisher failed: connection reset")));

  /** The whole tour. */
  static final List<Chapter> CHAPTERS =
      List.of(BASICS, CHANNELS, SYNC, CONTEXTS, GROUPS, INTEROP, BULK_DELETION, ORDERS, REMOTE);

  private Programs() {}

  /** The programs of all chapters. */
  static List<TourProgram> list() {
    return CHAPTERS.stream().flatMap(chapter -> chapter.programs().stream()).toList();
  }
}

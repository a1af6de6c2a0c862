package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Goroutines that wait for what nobody can reach are found, and nobody else is. Whether something
 * is reachable is up to the collector, so these tests ask for collections until they see what they
 * wait for; and a goroutine counts as not found once another, that was left alone later and for
 * good, has been.
 */
@Timeout(180)
@Tag("clock")
@Tag("slow")
final class LeakTest {
  /** How long may pass until a leak is found: enough for a machine that is asleep for a minute. */
  private static final Duration PATIENCE = Duration.ofSeconds(150);

  private static final AtomicInteger CONTROLS = new AtomicInteger();

  /** What {@link Path} has started. */
  private static final Map<Path, Started> STARTED = new EnumMap<>(Path.class);

  private record Started(Runnable wake, Chan<Integer> results) {}

  private static @Nullable Chan<Integer> everybodys;

  /** The handle of a goroutine that has ended. */
  private static @Nullable WeakReference<Goroutine<?>> ended;

  /** The only reference to what a goroutine waits for. */
  private static @Nullable WeakReference<Chan<Integer>> weak;

  /** Waits until as many goroutines with a name have been found. */
  private static List<Leak> awaitLeaks(String name, long count) {
    await(() -> count(name) >= count, name + " to be found");
    List<Leak> found = leaks(name);
    assertEquals(count, count(name), () -> "too many: " + found);
    return found;
  }

  private static void await(BooleanSupplier condition, String what) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      assertTrue(
          System.nanoTime() - start < PATIENCE.toNanos(), () -> "waited in vain for " + what);
      System.gc();
      LockSupport.parkNanos(50_000_000);
    }
  }

  private static List<Leak> leaks(String name) {
    return Leaks.found().stream().filter(leak -> name.equals(leak.name())).toList();
  }

  private static long count(String name) {
    return leaks(name).stream().mapToLong(Leak::count).sum();
  }

  /** Waits until a goroutine that leaks from now on has been found. */
  private static void awaitControl() {
    String name = "control " + CONTROLS.incrementAndGet();
    Go.go(name, () -> Chan.unbuffered().receive());
    awaitLeaks(name, 1);
  }

  /** What a goroutine of Go's tests of its leak profile waits for, forever. */
  @SuppressWarnings("ImmutableEnumChecker") // its tasks keep nothing
  enum Wait {
    NIL_RECEIVE("chan receive", () -> Chan.never().receive()),
    NIL_SEND("chan send", () -> Chan.never().send(1)),
    SELECT_NO_CASES("select (no cases)", () -> Select.of().await()),
    RECEIVE("chan receive", () -> Chan.unbuffered().receive()),
    SEND("chan send", () -> Chan.unbuffered().send(1)),
    SEND_TO_FULL(
        "chan send",
        () -> {
          Chan<Integer> one = Chan.buffered(1);
          one.send(1);
          one.send(2);
        }),
    RANGE(
        "chan receive",
        () -> {
          for (Object _ : Chan.unbuffered()) {
            // nobody closes it
          }
        }),
    SELECT(
        "select",
        () -> Select.of(Chan.unbuffered().onReceive(), Chan.unbuffered().onSend(1)).await()),
    WAIT_GROUP(
        "WaitGroup.await",
        () -> {
          WaitGroup group = new WaitGroup();
          group.add(1);
          group.await();
        }),
    MUTEX(
        "Mutex.lock",
        () -> {
          Mutex mutex = new Mutex();
          mutex.lock();
          mutex.lock();
        }),
    READ_LOCK(
        "RWMutex.reading().lock",
        () -> {
          RWMutex mutex = new RWMutex();
          mutex.lock();
          mutex.reading().lock();
        }),
    WRITE_LOCK(
        "RWMutex.lock",
        () -> {
          RWMutex mutex = new RWMutex();
          mutex.reading().lock();
          mutex.lock();
        }),
    COND(
        "Cond.await",
        () -> {
          Mutex mutex = new Mutex();
          mutex.lock();
          new Cond(mutex).await();
        }),
    SEMAPHORE("Semaphore.acquire", () -> new Semaphore(1).acquire(2)),
    CONTEXT("Context.done", () -> Context.background().withCancel().done().receive()),
    STOPPED_TICKER(
        "timer receive",
        () -> {
          Ticker ticker = Ticker.start(Duration.ofDays(1));
          ticker.stop();
          ticker.receive();
        }),
    JOIN("Goroutine.join", () -> Go.go(() -> Chan.unbuffered().receive()).join());

    private final String reason;
    private final Task task;

    Wait(String reason, Task task) {
      this.reason = reason;
      this.task = task;
    }
  }

  /** What most tests are about, all at once: a wait is a long one after a second or two. */
  @BeforeAll
  static void begin() throws Exception {
    for (Wait wait : Wait.values()) {
      Go.go("lost in " + wait, wait.task);
    }
    for (Path path : Path.values()) {
      Chan<Integer> results = Chan.buffered(1);
      STARTED.put(path, new Started(path.start(results), results));
    }
    for (int i = 0; i < 1_000; i++) {
      Go.go("alike", Wait.MUTEX.task);
    }
    startTree(5);
    startTooLate();
    Chan<Integer> twice = startTwice();
    Chan<Integer> ends = Chan.unbuffered();
    ended = new WeakReference<>(Go.go("ends", () -> ends.receive()));
    weak = startWeak();
    awaitControl();
    twice.send(1);
    ends.send(1);
    startReported(); // not beside a thousand others, when there may be no time for its stack
    awaitControl();
  }

  @ParameterizedTest
  @EnumSource
  void whoWaitsForWhatNobodyCanReachIsFound(Wait wait) {
    String name = "lost in " + wait;
    Leak leak = awaitLeaks(name, 1).getFirst();
    assertEquals(wait.reason, leak.waitReason());
    assertTrue(leak.createdBy().contains("LeakTest"), leak::createdBy);
    assertTrue(
        leak.stack().isEmpty() || leak.stack().toString().contains("LeakTest"), leak::toString);
    assertFalse(Goroutines.dump().contains(name), "it is still there");
  }

  @Test
  void thousandsThatAreAlikeAreListedTogether() {
    List<Leak> found = awaitLeaks("alike", 1_000);
    assertTrue(found.size() <= 2, () -> "one with a stack and one without: " + found);
  }

  @Test
  void aTreeThatHangsFromALeakIsFound() {
    awaitLeaks("in a tree", 31);
  }

  private static void startTree(int depth) {
    Go.go(
        "in a tree",
        () -> {
          Chan<Integer> own = Chan.unbuffered();
          if (depth > 1) {
            startTree(depth - 1);
            startTree(depth - 1);
          }
          own.receive();
        });
  }

  @Test
  void whatATimeoutLeavesBehindIsFound() {
    awaitLeaks("too late", 100);
  }

  private static void startTooLate() throws InterruptedException {
    for (int i = 0; i < 100; i++) {
      Chan<Integer> results = Chan.unbuffered();
      try (CancelContext context = Context.background().withTimeout(Duration.ofNanos(1))) {
        Go.go(
            "too late",
            () -> {
              context.done().receive();
              results.send(1);
            });
        context.done().receive(); // instead of: select { <-ctx.Done(); <-results }
      }
    }
  }

  @Test
  void theReportTellsOfTheLastWait() {
    assertEquals("chan send", awaitLeaks("twice", 1).getFirst().waitReason());
  }

  private static Chan<Integer> startTwice() {
    Chan<Integer> first = Chan.unbuffered();
    Go.go(
        "twice",
        () -> {
          first.receive();
          Chan.unbuffered().send(1);
        });
    return first;
  }

  @Test
  void whoEndsAfterALongWaitIsNotFound() {
    WeakReference<Goroutine<?>> handle = Objects.requireNonNull(ended);
    await(() -> handle.get() == null, "it to be collected");
    awaitControl();
    assertEquals(0, count("ends"));
  }

  @Test
  void aLongWaitCanBeSeenFromOutside() throws Exception {
    Chan<Integer> values = Chan.unbuffered();
    Goroutine<?> waits = Go.go("seen from outside", () -> values.receive());
    awaitControl();
    assertTrue(Goroutines.dump().contains("seen from outside"));
    assertTrue(Goroutines.dumpJson().contains("seen from outside"));
    assertTrue(Program.allGoroutines().contains(waits));
    int before = Goroutines.count();
    waits.cancel();
    waits.join(PATIENCE);
    TestSupport.await("one less", () -> Goroutines.count() < before);
  }

  @Test
  void theMainGoroutineOfAProgramIsNotTakenAndTheOthersAreInterruptedAtItsEnd() throws Exception {
    AtomicInteger interrupted = new AtomicInteger();
    Chan<Integer> end = Chan.unbuffered();
    Chan<Integer> goOn = Chan.unbuffered();
    Goroutine<?> program =
        Go.go(
            "runs a program",
            () ->
                Go.run(() -> {
                  Go.go("of a program", Wait.RECEIVE.task);
                  Go.go(
                      "lives on",
                      () -> {
                        try {
                          goOn.receive();
                          goOn.receive();
                        } catch (InterruptedException e) {
                          interrupted.incrementAndGet();
                        }
                      });
                  end.receive();
                }));
    awaitLeaks("of a program", 1);
    awaitControl();
    goOn.send(1);
    end.send(1);
    program.join(PATIENCE);
    assertEquals(1, interrupted.get());
    assertEquals(0, count("lives on"));
    assertEquals(0, count("runs a program"));
  }

  /** Ways to reach what a goroutine waits for, each with a way to wake it in the end. */
  enum Path {
    STATIC {
      @Override
      Runnable start(Chan<Integer> results) {
        Chan<Integer> waited = Chan.unbuffered();
        everybodys = waited;
        Go.go(name(), () -> results.send(waited.receive()));
        return () -> send(everybodys, 1);
      }
    },

    THREAD_LOCAL {
      @Override
      @SuppressWarnings("ThreadLocalUsage") // it has to be reachable through the thread alone
      Runnable start(Chan<Integer> results) {
        CountDownLatch told = new CountDownLatch(1);
        ThreadLocal<Chan<Integer>> local = new ThreadLocal<>();
        CountDownLatch ready = new CountDownLatch(1);
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              fill(local, results, name());
              ready.countDown();
              await(told);
              send(local.get(), 1);
            });
        await(ready);
        return told::countDown;
      }

      private static void fill(
          ThreadLocal<Chan<Integer>> local, Chan<Integer> results, String name) {
        Chan<Integer> waited = Chan.unbuffered();
        local.set(waited);
        Go.go(name, () -> results.send(waited.receive()));
      }
    },

    /** A chain of goroutines, each of which waits for the one before, and a sleeper at its end. */
    STACKS_OF_OTHERS {
      @Override
      Runnable start(Chan<Integer> results) {
        Chan<Integer> first = Chan.unbuffered();
        Chan<Integer> in = first;
        for (int i = 0; i < 100; i++) {
          in = link(in);
        }
        Chan<Integer> last = in;
        Go.go(name(), () -> results.send(last.receive()));
        AtomicReference<CancelContext> context =
            new AtomicReference<>(Context.background().withCancel());
        Go.go(
            name(),
            () -> {
              try {
                Go.sleep(Duration.ofHours(1), context.get());
              } catch (ContextException e) {
                first.send(1);
              }
            });
        return () -> context.get().close();
      }

      private Chan<Integer> link(Chan<Integer> in) {
        Chan<Integer> out = Chan.unbuffered();
        Go.go(name(), () -> out.send(in.receive()));
        return out;
      }
    },

    RUNNING_STACK {
      @Override
      Runnable start(Chan<Integer> results) {
        AtomicBoolean told = new AtomicBoolean();
        CountDownLatch ready = new CountDownLatch(1);
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              Chan<Integer> waited = Chan.unbuffered();
              Go.go(name(), () -> results.send(waited.receive()));
              ready.countDown();
              while (!told.get()) {
                Thread.onSpinWait();
                LockSupport.parkNanos(1_000_000);
              }
              send(waited, 1);
            });
        await(ready);
        return () -> told.set(true);
      }
    },

    TIMER {
      @Override
      Runnable start(Chan<Integer> results) {
        Chan<Integer> waited = Chan.unbuffered();
        Go.go(name(), () -> results.send(waited.receive()));
        AfterFunc.Timed call = Go.afterFunc(Duration.ofHours(1), () -> waited.send(1));
        return () -> call.reset(Duration.ZERO);
      }
    },

    FUTURE {
      @Override
      Runnable start(Chan<Integer> results) {
        CompletableFuture<Integer> future = new CompletableFuture<>();
        Case<Integer> complete = Select.onComplete(future);
        Go.go(
            name(),
            () -> {
              Select.of(complete, Chan.unbuffered().onReceive()).await();
              results.send(complete.result());
            });
        return () -> future.complete(1);
      }
    },

    /** One case of many. */
    SELECT {
      @Override
      Runnable start(Chan<Integer> results) {
        Chan<Integer> waited = Chan.unbuffered();
        Go.go(
            name(),
            () -> {
              Case<Integer> one = waited.onReceive();
              Select.of(Chan.unbuffered().onReceive(), one, Chan.unbuffered().onReceive()).await();
              results.send(one.result());
            });
        return () -> send(waited, 1);
      }
    },

    /** Its context would interrupt it. */
    CONTEXT {
      @Override
      Runnable start(Chan<Integer> results) {
        CancelContext context = Context.background().withCancel();
        Go.go(
            context,
            name(),
            () -> {
              try {
                Chan.never().receive();
              } catch (InterruptedException e) {
                results.send(1);
              }
            });
        return context::close;
      }
    },

    /** The end of a context above that of the wait. */
    PARENT_CONTEXT {
      @Override
      Runnable start(Chan<Integer> results) {
        CancelContext above = Context.background().withCancel();
        Context below = above.withCancel();
        Go.go(
            name(),
            () -> {
              below.done().receive();
              results.send(1);
            });
        return above::close;
      }
    },

    HANDLE {
      @Override
      Runnable start(Chan<Integer> results) {
        Goroutine<?> handle =
            Go.go(
                name(),
                () -> {
                  try {
                    Chan.never().receive();
                  } catch (InterruptedException e) {
                    results.send(1);
                  }
                });
        return handle::cancel;
      }
    },

    THREAD {
      @Override
      Runnable start(Chan<Integer> results) {
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        Go.go(
            name(),
            () -> {
              thread.complete(Thread.currentThread());
              try {
                Chan.never().receive();
              } catch (InterruptedException e) {
                results.send(1);
              }
            });
        return () -> thread.join().interrupt();
      }
    },

    DEADLINE {
      @Override
      Runnable start(Chan<Integer> results) {
        Go.go(
            name(),
            () -> {
              try {
                Chan.never().receive(Duration.ofSeconds(10));
              } catch (TimeoutException e) {
                results.send(1);
              }
            });
        return () -> {};
      }
    };

    /**
     * Starts a goroutine that waits, and then sends 1.
     *
     * @return wakes it; nothing but this, and what the path is about, may know what it waits for
     */
    abstract Runnable start(Chan<Integer> results);

    static void send(@Nullable Chan<Integer> to, int value) {
      try {
        Objects.requireNonNull(to).send(value);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    static void await(CountDownLatch latch) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whoWaitsForWhatIsReachableIsNotFoundAndGoesOn(Path path) throws Exception {
    assertEquals(0, count(path.name()), () -> "found: " + leaks(path.name()));
    Started started = Objects.requireNonNull(STARTED.get(path));
    started.wake.run();
    assertEquals(1, started.results.receive(PATIENCE));
    assertEquals(0, count(path.name()), () -> "found: " + leaks(path.name()));
  }

  @Test
  void whatIsOnlyWeaklyReachableIsALeak() {
    awaitLeaks("weakly", 1);
    assertNull(Objects.requireNonNull(weak).get());
  }

  private static WeakReference<Chan<Integer>> startWeak() {
    Chan<Integer> waited = Chan.unbuffered();
    Go.go("weakly", () -> waited.receive());
    return new WeakReference<>(waited);
  }

  /**
   * A search with no patience at all: goroutines are let go of, woken, and wait elsewhere in the
   * meantime, as often as can be.
   */
  @Test
  void theReportTellsOfTheLastWaitHoweverTheyRace() throws Exception {
    int goroutines = 20_000;
    LeakSearch eager = new LeakSearch(0, LeakSearch.MOST_DORMANT);
    AtomicBoolean over = new AtomicBoolean();
    Thread searcher =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              while (!over.get()) {
                eager.look();
              }
            });
    try {
      for (int i = 0; i < goroutines; i++) {
        receiveThenSend(i % 7);
      }
    } finally {
      over.set(true);
      searcher.join();
    }
    List<Leak> found = awaitLeaks("moving on", goroutines);
    found.forEach(leak -> assertEquals("chan send", leak.waitReason(), leak::toString));
  }

  /**
   * A goroutine that has just been woken looks asleep while its stack is taken, and while its place
   * is about to be given back. So the {@link Watch} must not look then: it would have seen a
   * deadlock.
   */
  @Test
  void noDeadlockIsLookedForWhileAGoroutineIsLetGo() throws Exception {
    Chan<Integer> values = Chan.unbuffered();
    Goroutine<?> receiver = Go.go(() -> values.receive());
    AtomicInteger looks = new AtomicInteger();
    AtomicInteger looksAlone = new AtomicInteger();
    LeakSearch search =
        new LeakSearch(0, LeakSearch.MOST_DORMANT) {
          @Override
          StackTraceElement[] stack(Routine routine) {
            looks.incrementAndGet();
            looksAlone.addAndGet(Thread.holdsLock(Watch.MARKING) ? 1 : 0);
            return super.stack(routine);
          }
        };
    TestSupport.awaitBlocked(receiver, "chan receive");
    search.look();
    values.close();
    receiver.join();
    assertTrue(looks.get() >= 1, "the receiver, at least, is let go");
    assertEquals(looks.get(), looksAlone.get());
  }

  private static void receiveThenSend(int receives) throws InterruptedException {
    Chan<Integer> values = Chan.unbuffered();
    Go.go(
        "moving on",
        () -> {
          for (int i = 0; i < receives; i++) {
            values.receive();
          }
          Chan.unbuffered().send(1);
        });
    for (int i = 0; i < receives; i++) {
      values.send(i);
    }
  }

  /** In a program of its own, that no other search looks at. */
  @Test
  void onlySoManyAreLetGoOfAtATime() throws Exception {
    Program program = new Program(SystemClock.INSTANCE);
    Routine.start(program, "main, which is never let go of", Context.background(), () -> {}).join();
    Chan<Integer> gate = Chan.unbuffered();
    List<Routine> waiting = new ArrayList<>();
    for (int i = 0; i < 10 * Registry.SHARDS; i++) {
      waiting.add(Routine.start(program, null, Context.background(), gate::receive));
    }
    for (Routine routine : waiting) {
      TestSupport.awaitBlocked(routine, "chan receive");
    }
    int most = 2 * Registry.SHARDS;
    LeakSearch search = new LeakSearch(0, most);
    while (!waiting.isEmpty()) {
      List<Routine> dormant = new ArrayList<>();
      TestSupport.await( // who has ended gives up its place a moment later
          "as many as may be to be let go of",
          () -> {
            search.look(program);
            dormant.clear();
            waiting.stream().filter(one -> one.dormant() != null).forEach(dormant::add);
            assertTrue(dormant.size() <= most, () -> dormant.size() + " of " + most);
            return dormant.size() == most;
          });
      for (Routine routine : dormant) {
        routine.cancel();
        routine.join();
      }
      waiting.removeAll(dormant);
    }
  }

  private static void startReported() {
    Go.go("reported", () -> Chan.unbuffered().send(1));
  }

  @Test
  void aReportSaysWhatAndWhere() {
    String text = awaitLeaks("reported", 1).getFirst().toString();
    List<String> lines = new ArrayList<>(text.lines().toList());
    assertEquals("a goroutine has leaked: nothing that is left can wake it", lines.removeFirst());
    assertEquals("goroutine \"reported\" [chan send]:", lines.removeFirst());
    String last = lines.removeLast(); // in which the module is named, if we are in one
    assertTrue(last.startsWith("created by io.heddle"), text);
    assertTrue(last.contains("io.heddle.LeakTest.startReported"), text);
    String first = lines.removeFirst();
    assertTrue(first.startsWith("\tat io.heddle"), text);
    assertTrue(first.contains("io.heddle.Chan.send("), text);
  }
}

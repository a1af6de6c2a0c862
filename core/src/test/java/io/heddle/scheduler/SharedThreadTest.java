package io.heddle.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.heddle.jvm.ThreadFields;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which goroutines share a thread, on a scheduler of the test's own with one worker. */
@Timeout(60)
final class SharedThreadTest {
  private final Scheduler scheduler = new Scheduler("shared", 1);

  /** The threads on which goroutines ran, in order. */
  private final List<Thread> ran = Collections.synchronizedList(new ArrayList<>());

  @BeforeEach
  void needsTheJdkToBeOpen() {
    assumeTrue(Carriers.areOpen() && ThreadFields.areSeen(), "java.lang is not open");
  }

  @AfterEach
  void close() {
    scheduler.close();
  }

  /** A goroutine that follows commands. */
  private class Fake implements Unstarted {
    private final Runnable task;
    private volatile @Nullable Thread own;

    Fake(Runnable task) {
      this.task = task;
    }

    @Override
    public @Nullable Thread ownThread() {
      return own;
    }

    @Override
    public boolean begin(Thread self) {
      assertSame(Thread.currentThread(), self);
      return own == null;
    }

    @Override
    public void run() {
      ran.add(Thread.currentThread());
      task.run();
    }

    @Override
    public boolean leave(Thread self) {
      assertSame(Thread.currentThread(), self);
      return true;
    }

    @Override
    public void fail(Throwable why) {
      throw new AssertionError(why);
    }
  }

  /** Runs code on the worker that starts goroutines, and waits for the last of them. */
  private void startAll(Runnable starter, CountDownLatch last) throws Exception {
    scheduler.start(Carriers.newThread(scheduler, starter));
    last.await();
  }

  @Test
  void goroutinesThatFollowEachOtherShareAThread() throws Exception {
    int count = 800;
    CountDownLatch last = new CountDownLatch(count);
    startAll(
        () -> {
          for (int i = 0; i < count; i++) {
            scheduler.start(new Fake(last::countDown));
          }
        },
        last);
    Map<Thread, Integer> turns = new HashMap<>();
    ran.forEach(thread -> turns.merge(thread, 1, Integer::sum));
    assertTrue(turns.size() < count / 4, turns.size() + " threads");
    turns.values().forEach(turn -> assertTrue(turn <= Worker.MOST_TURNS, turn + " turns"));
    assertTrue(ran.stream().allMatch(Thread::isVirtual));
  }

  @Test
  void aThreadOnWhichAGoroutineHasSleptIsNotShared() throws Exception {
    CountDownLatch last = new CountDownLatch(1);
    startAll(
        () -> {
          AtomicReference<Thread> sleeper = new AtomicReference<>();
          scheduler.start(
              new Fake(() -> {
                sleeper.set(Thread.currentThread());
                LockSupport.park();
                scheduler.start(new Fake(last::countDown));
              }));
          scheduler.start(new Fake(() -> LockSupport.unpark(sleeper.get())));
        },
        last);
    assertEquals(3, ran.size());
    assertEquals(3, new HashSet<>(ran).size());
  }

  @Test
  void aThreadThatAGoroutineDoesNotLeaveIsNotShared() throws Exception {
    CountDownLatch last = new CountDownLatch(3);
    startAll(
        () -> {
          for (int i = 0; i < 3; i++) {
            scheduler.start(
                new Fake(last::countDown) {
                  @Override
                  public boolean leave(Thread self) {
                    return false;
                  }
                });
          }
        },
        last);
    assertEquals(3, new HashSet<>(ran).size());
  }

  @Test
  void aThreadThatAGoroutineKeepsIsNotShared() throws Exception {
    CountDownLatch last = new CountDownLatch(4);
    Thread[] threads = new Thread[4];
    startAll(
        () -> {
          for (int i = 0; i < 4; i++) {
            int mine = i;
            scheduler.start(
                new Fake(() -> {
                  threads[mine] = Thread.currentThread();
                  if (mine != 1) {
                    Scheduler.keepThread();
                  }
                  last.countDown();
                }));
          }
        },
        last);
    assertNotSame(threads[0], threads[1]);
    assertNotSame(threads[2], threads[3]);
  }

  /** Whether it has that before its turn, or gets it in the last moment. */
  @Test
  void aGoroutineWithAThreadOfItsOwnRunsThere() throws Exception {
    CountDownLatch last = new CountDownLatch(4);
    List<Thread> own = new ArrayList<>();
    startAll(
        () -> {
          for (int i = 0; i < 4; i++) {
            boolean late = i % 2 == 1;
            Fake goroutine =
                new Fake(last::countDown) {
                  @Override
                  public boolean begin(Thread self) {
                    if (late) {
                      giveThread(this, own);
                    }
                    return super.begin(self);
                  }
                };
            if (!late) {
              giveThread(goroutine, own);
            }
            scheduler.start(goroutine);
          }
        },
        last);
    assertEquals(new HashSet<>(own), new HashSet<>(ran));
    assertEquals(4, ran.size());
  }

  private void giveThread(Fake goroutine, List<Thread> threads) {
    Thread own = Carriers.newBareThread(scheduler, goroutine);
    goroutine.own = own;
    threads.add(own);
  }

  @Test
  void aGoroutineWhoseOwnThreadWasStartedIsNotStartedAgain() throws Exception {
    CountDownLatch last = new CountDownLatch(2);
    List<Thread> own = new ArrayList<>();
    startAll(
        () -> {
          for (int i = 0; i < 2; i++) {
            boolean late = i == 1;
            Fake goroutine =
                new Fake(last::countDown) {
                  @Override
                  public boolean begin(Thread self) {
                    if (late) {
                      giveThread(this, own);
                      scheduler.start(own.getLast());
                    }
                    return super.begin(self);
                  }
                };
            if (!late) {
              giveThread(goroutine, own);
              scheduler.start(own.getLast());
            }
            scheduler.start(goroutine);
          }
        },
        last);
    CountDownLatch after = new CountDownLatch(1);
    scheduler.start(new Fake(after::countDown));
    after.await();
    assertEquals(3, ran.size());
    assertEquals(new HashSet<>(own), new HashSet<>(ran.subList(0, 2)));
  }

  /** A chain without an end keeps neither the timers waiting nor tasks from elsewhere. */
  @Test
  void othersHaveTheirTurnBesideAChain() throws Exception {
    AtomicInteger links = new AtomicInteger();
    AtomicBoolean done = new AtomicBoolean();
    AtomicInteger looks = new AtomicInteger();
    CompletableFuture<Integer> global = new CompletableFuture<>();
    scheduler.serve(
        new Timers() {
          @Override
          public long untilNext() {
            return Long.MAX_VALUE;
          }

          @Override
          public void runDue() {
            looks.incrementAndGet();
          }
        });
    Runnable link =
        new Runnable() {
          @Override
          public void run() {
            int before = links.incrementAndGet();
            if (before == 1_000) {
              looks.set(0);
              scheduler.addGlobal(() -> global.complete(links.get() - before));
            }
            if (before < 2_000) {
              scheduler.start(new Fake(this));
            } else {
              done.set(true);
            }
          }
        };
    scheduler.start(new Fake(link));
    int waited = global.get();
    assertTrue(waited <= 61, "a task from elsewhere waited for " + waited + " goroutines");
    while (!done.get()) {
      Thread.onSpinWait();
    }
    assertTrue(looks.get() >= 1_000 / Worker.MOST_TURNS / 2, looks + " looks at the timers");
  }

  @Test
  void aGoroutineThatAComputationStartsDoesNotWaitForIt() throws Exception {
    try (Scheduler two = new Scheduler("two", 2)) {
      for (int i = 0; i < 20; i++) {
        AtomicBoolean child = new AtomicBoolean();
        Thread parent =
            Carriers.newThread(
                two,
                () -> {
                  two.start(new Fake(() -> child.set(true)));
                  while (!child.get()) {
                    Thread.onSpinWait();
                  }
                });
        two.start(parent);
        parent.join();
      }
    }
  }

  @Test
  void aThreadDiesOfWhatItsGoroutineThrows() throws Exception {
    CountDownLatch last = new CountDownLatch(2);
    CompletableFuture<Throwable> uncaught = new CompletableFuture<>();
    startAll(
        () -> {
          scheduler.start(
              new Fake(() -> {
                Thread.currentThread()
                    .setUncaughtExceptionHandler((thread, e) -> uncaught.complete(e));
                last.countDown();
                throw new IllegalStateException("as planned");
              }));
          scheduler.start(new Fake(last::countDown));
        },
        last);
    assertEquals("as planned", uncaught.get().getMessage());
    assertNotSame(ran.getFirst(), ran.getLast());
  }

  @Test
  void aClosedSchedulerRefusesAGoroutine() {
    scheduler.close();
    assertThrows(RejectedExecutionException.class, () -> scheduler.start(new Fake(() -> {})));
  }
}

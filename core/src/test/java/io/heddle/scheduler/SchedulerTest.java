package io.heddle.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the scheduler promises, on schedulers of the test's own. */
@Timeout(120)
@Tag("clock")
@Tag("slow")
final class SchedulerTest {
  /** Generous, as it only decides how soon a test that hangs anyway is given up. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @BeforeEach
  void needsTheJdkToBeOpen() {
    assumeTrue(Carriers.areOpen(), "java.lang is not open: the JDK's scheduler is used");
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, 0, Scheduler.MOST_WORKERS + 1, Integer.MAX_VALUE})
  void refusesToRunNoneOrTooManyAtATime(int parallelism) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> new Scheduler("test", parallelism))
            .getMessage();
    assertTrue(message.contains(parallelism + " is not from 1 to 1024"), message);
  }

  @Test
  void runsThreadsStartedFromOutsideAndFromWithin() throws Exception {
    try (Scheduler scheduler = new Scheduler("test", 2)) {
      CountDownLatch done = new CountDownLatch(10_000);
      Thread outer =
          Carriers.newThread(
              scheduler,
              () -> {
                for (int i = 0; i < 10_000; i++) {
                  scheduler.start(Carriers.newThread(scheduler, done::countDown));
                }
              });
      scheduler.start(outer);
      done.await();
    }
  }

  @Test
  void twoThatOnlyWakeEachOtherDoNotKeepAThirdWaiting() throws Exception {
    try (Scheduler scheduler = new Scheduler("test", 1)) {
      AtomicBoolean third = new AtomicBoolean();
      Thread[] pair = new Thread[2];
      for (int i = 0; i < 2; i++) {
        int other = 1 - i;
        pair[i] =
            Carriers.newThread(
                scheduler,
                () -> {
                  while (!third.get()) {
                    LockSupport.unpark(pair[other]);
                    LockSupport.park();
                  }
                  LockSupport.unpark(pair[other]);
                });
      }
      Thread first =
          Carriers.newThread(
              scheduler,
              () -> {
                scheduler.start(pair[0]);
                scheduler.start(pair[1]);
                scheduler.start(Carriers.newThread(scheduler, () -> third.set(true)));
              });
      scheduler.start(first);
      pair[0].join();
      pair[1].join();
    }
  }

  @Test
  void aComputationDoesNotHoldUpThoseQueuedBehindIt() throws Exception {
    try (Scheduler scheduler = new Scheduler("test", 1)) {
      AtomicBoolean behind = new AtomicBoolean();
      Thread hog =
          Carriers.newThread(
              scheduler,
              () -> {
                scheduler.start(Carriers.newThread(scheduler, () -> behind.set(true)));
                while (!behind.get()) {
                  Thread.onSpinWait(); // never lets go of the only worker
                }
              });
      scheduler.start(hog);
      hog.join();
      assertTrue(behind.get());
    }
  }

  @Test
  @SuppressWarnings("ThreadPriorityCheck") // lets the other one run on the only worker
  void aComputationDoesNotHoldUpTheOneItWoke() throws Exception {
    try (Scheduler scheduler = new Scheduler("test", 1)) {
      AtomicBoolean asleep = new AtomicBoolean();
      AtomicBoolean awake = new AtomicBoolean();
      Thread woken =
          Carriers.newThread(
              scheduler,
              () -> {
                asleep.set(true);
                while (!awake.get()) {
                  LockSupport.park();
                }
                awake.set(false);
              });
      Thread computation =
          Carriers.newThread(
              scheduler,
              () -> {
                while (!asleep.get() || woken.getState() != Thread.State.WAITING) {
                  Thread.yield();
                }
                awake.set(true);
                LockSupport.unpark(woken); // it is next on this worker, which is not free
                while (awake.get()) {
                  Thread.onSpinWait();
                }
              });
      scheduler.start(woken);
      scheduler.start(computation);
      computation.join();
      woken.join();
    }
  }

  @Test
  void aTaskThatThrowsDoesNotEndItsWorker() throws Exception {
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    CountDownLatch reported = new CountDownLatch(3);
    AtomicInteger ended = new AtomicInteger();
    Thread.setDefaultUncaughtExceptionHandler((_, _) -> {
      // The worker itself says so, and not the JVM for a thread that has ended.
      boolean atWork =
          StackWalker.getInstance()
              .walk(frames ->
                  frames.anyMatch(frame -> frame.getClassName().equals(Scheduler.class.getName())));
      ended.addAndGet(atWork ? 0 : 1);
      reported.countDown();
    });
    try (Scheduler scheduler = new Scheduler("test", 1)) {
      for (int i = 0; i < 3; i++) {
        scheduler.execute(() -> {
          throw new IllegalStateException("as planned");
        });
      }
      reported.await();
      assertEquals(0, ended.get());
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
  }

  @Test
  void aComputationDoesNotHoldUpTheOneItStarted() throws Exception {
    try (Scheduler scheduler = new Scheduler("test", 2)) {
      for (int i = 0; i < 20; i++) {
        AtomicBoolean child = new AtomicBoolean();
        Thread parent =
            Carriers.newThread(
                scheduler,
                () -> {
                  scheduler.start(Carriers.newThread(scheduler, () -> child.set(true)));
                  while (!child.get()) {
                    Thread.onSpinWait(); // the other worker was asleep, and must be called
                  }
                });
        scheduler.start(parent);
        parent.join();
      }
    }
  }

  @Test
  void manyComputationsDoNotHoldUpTheLastOne() throws Exception {
    try (Scheduler scheduler = new Scheduler("test", 2)) {
      int hogs = 8;
      AtomicInteger running = new AtomicInteger();
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < hogs; i++) {
        threads.add(
            Carriers.newThread(
                scheduler,
                () -> {
                  running.incrementAndGet();
                  while (running.get() < hogs) {
                    Thread.onSpinWait(); // until all run at the same time
                  }
                }));
      }
      threads.forEach(scheduler::start);
      for (Thread thread : threads) {
        thread.join();
      }
      assertEquals(hogs, running.get());
    }
  }

  /** Each waits, computing, for the one before it, so all four have to run at the same time. */
  @Test
  void asManyAsThereAreWorkersRunAtTheSameTime() throws Exception {
    int spinners = 4;
    int turns = 40;
    try (Scheduler scheduler = new Scheduler("test", spinners)) {
      for (int attempt = 0; attempt < 10; attempt++) {
        AtomicInteger turn = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < spinners; i++) {
          int mine = i;
          threads.add(
              Carriers.newThread(
                  scheduler,
                  () -> {
                    for (int n = mine; n < turns; n += spinners) {
                      while (turn.get() != n) {
                        Thread.onSpinWait();
                      }
                      turn.set(n + 1);
                    }
                  }));
        }
        threads.forEach(scheduler::start);
        for (Thread thread : threads) {
          thread.join();
        }
        assertEquals(turns, turn.get());
      }
    }
  }

  @Test
  void manyMoreWorkersThanProcessorsDoNoHarm() throws Exception {
    try (Scheduler scheduler = new Scheduler("many", 1024)) {
      CountDownLatch done = new CountDownLatch(1_000);
      for (int i = 0; i < 1_000; i++) {
        scheduler.start(Carriers.newThread(scheduler, done::countDown));
      }
      done.await();
      assertEquals(1024, scheduler.parallelism());
    }
  }

  @Test
  void aWakeUpFromOutsideIsNeverLost() throws Exception {
    try (Scheduler scheduler = new Scheduler("test", 2)) {
      AtomicInteger turns = new AtomicInteger();
      Thread sleeper =
          Carriers.newThread(
              scheduler,
              () -> {
                for (int i = 1; i <= 20_000; i++) {
                  while (turns.get() < i) {
                    LockSupport.park();
                  }
                }
              });
      scheduler.start(sleeper);
      for (int i = 1; i <= 20_000; i++) {
        turns.set(i);
        LockSupport.unpark(sleeper);
        if (i % 100 == 0) {
          LockSupport.parkNanos(200_000); // lets the workers fall asleep
        }
      }
      sleeper.join();
    }
  }

  @Test
  void aWorkerThatSleepsWakesForTheTimers() throws Exception {
    try (Scheduler scheduler = new Scheduler("test", 1)) {
      CountDownLatch ran = new CountDownLatch(1);
      long due = System.nanoTime() + 50_000_000;
      scheduler.serve(
          new Timers() {
            @Override
            public long untilNext() {
              return ran.getCount() == 0 ? Long.MAX_VALUE : due - System.nanoTime();
            }

            @Override
            public void runDue() {
              if (System.nanoTime() >= due) {
                ran.countDown();
              }
            }
          });
      scheduler.lookAtTimers();
      ran.await(); // nobody else looks
    }
  }

  @Test
  void aWorkerThatHasTasksLooksAfterTheTimersToo() throws Exception {
    try (Scheduler scheduler = new Scheduler("test", 1)) {
      AtomicInteger looks = new AtomicInteger();
      Timers timers =
          new Timers() {
            @Override
            public long untilNext() {
              return Long.MAX_VALUE;
            }

            @Override
            public void runDue() {
              looks.incrementAndGet();
            }
          };
      CompletableFuture<Boolean> looked = new CompletableFuture<>();
      scheduler.execute(
          new Runnable() {
            private int turns;

            @Override
            public void run() {
              if (turns++ == 0) {
                scheduler.serve(timers); // from now on this worker always has a task
              }
              if (looks.get() == 0 && turns < 100) {
                scheduler.execute(this);
              } else {
                looked.complete(looks.get() > 0);
              }
            }
          });
      assertTrue(looked.get());
    }
  }

  @Test
  void aBatchForAllWakesOneThatSleeps() throws Exception {
    try (Scheduler scheduler = new Scheduler("batch", 2)) {
      awaitParked(threadsNamed("batch-"));
      CountDownLatch ran = new CountDownLatch(2);
      scheduler.addGlobal(new Runnable[] {ran::countDown, ran::countDown});
      ran.await();
    }
  }

  /** The monitor, which would help too, is kept waiting for the lock that adds a worker. */
  @Test
  void anIdleWorkerTakesWhatABusyOneHasQueued() throws Exception {
    try (Scheduler scheduler = new Scheduler("steal", 2)) {
      Thread monitor = threadsNamed("steal-monitor").getFirst();
      synchronized (scheduler) {
        CountDownLatch blocked = new CountDownLatch(1);
        for (int i = 0; i < 3; i++) {
          scheduler.execute(() -> await(blocked)); // one more than there are workers
        }
        while (!isBlocked(monitor)) {
          Thread.onSpinWait();
        }
        blocked.countDown();
        awaitParked(threadsNamed("steal-"));
        CountDownLatch taken = new CountDownLatch(1);
        CompletableFuture<Boolean> result = new CompletableFuture<>();
        scheduler.execute(() -> {
          scheduler.execute(taken::countDown);
          result.complete(await(taken));
        });
        assertTrue(result.get());
      }
    }
  }

  @Test
  void whoWaitsMaySpinWhileAnotherRunsAndNobodyIsQueuedHere() throws Exception {
    try (Scheduler scheduler = new Scheduler("spin", 2)) {
      AtomicBoolean over = new AtomicBoolean();
      Runnable computes =
          () -> {
            while (!over.get()) {
              Thread.onSpinWait();
            }
          };
      FutureTask<Void> looks =
          new FutureTask<>(() -> {
            try {
              until(() -> !scheduler.canSpin()); // alone
              assertEquals(0, scheduler.queuedHere());
              scheduler.start(Carriers.newThread(scheduler, computes));
              until(scheduler::canSpin); // the other worker has it
              until(() -> { // again if a spare worker came for the one before
                scheduler.start(Carriers.newThread(scheduler, computes));
                int queued = scheduler.queuedHere();
                return queued == 1 && !scheduler.canSpin();
              });
            } finally {
              over.set(true);
            }
            return null;
          });
      scheduler.start(Carriers.newThread(scheduler, looks));
      looks.get();
      until(() -> !scheduler.canSpin()); // from outside: nobody runs
    }
  }

  private static void until(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      Thread.onSpinWait();
    }
  }

  @Test
  void spareWorkersEndWhenNoWorkerIsStuckAnyMore() throws Exception {
    try (Scheduler scheduler = new Scheduler("spare", 1)) {
      int many = 4;
      CountDownLatch running = new CountDownLatch(many);
      for (int i = 0; i < many; i++) {
        scheduler.execute(() -> {
          running.countDown();
          await(running); // until all run at the same time
        });
      }
      assertTrue(await(running));
      long start = System.nanoTime();
      while (workersNamed("spare-").size() > 1) { // without any more work to find
        assertTrue(System.nanoTime() - start < PATIENCE.toNanos(), "they stay");
        LockSupport.parkNanos(100_000);
      }
    }
  }

  @Test
  void aTaskThatComesBetweenTheLastLookAndTheSleepIsNotLost() throws Exception {
    int attempt = 0;
    while (!comesBetween("late" + attempt)) {
      attempt++; // on a busy machine the monitor takes those for stuck who have no processor
    }
  }

  /**
   * Two workers, one too many, have looked for work in vain and wait for the lock under which one
   * of them ends. What comes meanwhile wakes nobody, as nobody sleeps yet.
   *
   * @return false if the monitor was about to add a third, who would have helped
   */
  private static boolean comesBetween(String name) throws InterruptedException {
    try (Scheduler scheduler = new Scheduler(name, 1)) {
      Thread monitor = threadsNamed(name + "-monitor").getFirst();
      CountDownLatch running = new CountDownLatch(2);
      CountDownLatch over = new CountDownLatch(1);
      for (int i = 0; i < 2; i++) {
        scheduler.execute(() -> {
          running.countDown();
          await(over);
        });
      }
      assertTrue(await(running));
      CountDownLatch ran = new CountDownLatch(1);
      boolean alone;
      synchronized (scheduler) {
        over.countDown();
        List<Worker> workers = workersNamed(name + "-");
        alone = workers.size() == 2;
        while (alone && !workers.stream().allMatch(SchedulerTest::isBlocked)) {
          scheduler.execute(() -> {}); // whoever runs that looks for more
          workers.stream().filter(SchedulerTest::isBlocked).forEach(Worker::begin); // not stuck
          LockSupport.parkNanos(100_000);
          alone = !isBlocked(monitor);
        }
        scheduler.execute(ran::countDown);
        alone = alone && !isBlocked(monitor);
      }
      assertTrue(await(ran));
      return alone;
    }
  }

  /** It would doze forever, as long as the one that is stuck, and look as if it were at work. */
  @Test
  void anIdleWorkerParksBesideOneThatIsStuck() throws Exception {
    try (Scheduler scheduler = new Scheduler("beside", 2)) {
      List<Worker> workers = workersNamed("beside");
      CountDownLatch running = new CountDownLatch(1);
      AtomicBoolean over = new AtomicBoolean();
      scheduler.execute(() -> {
        running.countDown();
        until(over::get);
      });
      assertTrue(await(running));
      until(() -> workers.stream().anyMatch(worker -> worker.sleepState() == Worker.PARKED));
      over.set(true);
    }
  }

  @Test
  void anIdleSchedulerUsesNoProcessorTime() throws Exception {
    try (Scheduler scheduler = new Scheduler("idle", 2)) {
      CountDownLatch done = new CountDownLatch(1);
      scheduler.start(Carriers.newThread(scheduler, done::countDown));
      done.await();
      ThreadMXBean threads = ManagementFactory.getThreadMXBean();
      List<Thread> workers = threadsNamed("idle-");
      awaitParked(workers);
      long before = cpu(threads, workers);
      LockSupport.parkNanos(300_000_000); // what is measured, not a way to synchronise
      assertTrue(cpu(threads, workers) - before < 20_000_000, "20 ms of 600 at most");
    }
  }

  @Test
  void closeLeavesNoThreadBehind() throws Exception {
    Scheduler scheduler = new Scheduler("closing", 3);
    CountDownLatch done = new CountDownLatch(1);
    scheduler.start(Carriers.newThread(scheduler, done::countDown));
    done.await();
    List<Thread> threads = threadsNamed("closing-");
    assertEquals(4, threads.size());
    scheduler.close();
    for (Thread thread : threads) {
      thread.join();
    }
    assertFalse(threads.stream().anyMatch(Thread::isAlive));
  }

  private static void awaitParked(List<Thread> threads) {
    while (!threads.stream()
        .allMatch(t -> t.getState() == Thread.State.WAITING || t.getName().endsWith("monitor"))) {
      Thread.onSpinWait();
    }
  }

  private static boolean isBlocked(Thread thread) {
    return thread.getState() == Thread.State.BLOCKED;
  }

  private static List<Worker> workersNamed(String prefix) {
    return threadsNamed(prefix).stream()
        .filter(Worker.class::isInstance)
        .map(Worker.class::cast)
        .toList();
  }

  /** Keeps the calling worker; false if that lasts too long. */
  private static boolean await(CountDownLatch latch) {
    try {
      return latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static long cpu(ThreadMXBean bean, List<Thread> threads) {
    return threads.stream().mapToLong(t -> bean.getThreadCpuTime(t.threadId())).sum();
  }

  private static List<Thread> threadsNamed(String prefix) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(prefix))
        .toList();
  }
}

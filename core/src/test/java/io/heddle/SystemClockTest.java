package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Alarms in real time. Nothing here depends on how late they go off, only that not too early. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("clock")
@Tag("slow")
final class SystemClockTest {
  private static final long HOUR = 3_600_000_000_000L;

  private final SystemClock clock = new SystemClock();
  private final BlockingQueue<Note> notes = new LinkedBlockingQueue<>();

  private record Note(Object name, Thread thread, long time) {}

  /** Notes down when it goes off. */
  private final class Noting extends Alarm {
    private final Object name;

    Noting(Object name) {
      this.name = name;
    }

    @Override
    void goOff() {
      notes.add(new Note(name, Thread.currentThread(), clock.nanoTime()));
    }
  }

  /** Keeps the clock's thread busy until told otherwise. */
  private static final class Hold extends Alarm {
    private final CountDownLatch entered = new CountDownLatch(1);
    private final CountDownLatch over = new CountDownLatch(1);

    @Override
    void goOff() {
      entered.countDown();
      awaitUninterruptibly(over);
    }
  }

  @Test
  void alarmsGoOffInTheOrderOfTheirDeadlines() throws Exception {
    Hold hold = hold();
    long now = clock.nanoTime();
    List<Integer> slots = List.of(5, 3, 6, 7, 1, 2, 9, 4, 8, 0);
    slots.forEach(slot -> clock.start(new Noting(slot), now + slot));
    hold.over.countDown();
    assertEquals(slots.stream().sorted().toList(), names(slots.size()));
  }

  /** An alarm that is in two heaps makes both lose alarms. */
  @Test
  void aSharedAlarmIsInOneQueueWhicheverWorkerStartsItFirst() throws Exception {
    SystemClock shared = SystemClock.INSTANCE;
    for (int round = 0; round < 100; round++) {
      Alarm alarm = new Noting(round);
      shared.share(alarm);
      AlarmQueue home = alarm.home;
      assertTrue(home != null);
      Go.run(() -> {
        try (var starters = new TaskGroup<Void>()) {
          for (int i = 0; i < 4; i++) {
            starters.go(() -> {
              shared.start(alarm, shared.nanoTime() + HOUR);
            });
          }
          starters.await();
        }
      });
      assertSame(home, alarm.home);
      assertTrue(shared.stop(alarm));
      assertFalse(shared.stop(alarm));
    }
  }

  @Test
  void noAlarmGoesOffBeforeItsDeadline() throws Exception {
    for (int i = 0; i < 100; i++) {
      long deadline = clock.nanoTime() + i * 50_000L;
      clock.start(new Noting(i), deadline);
      assertTrue(note().time >= deadline);
    }
  }

  @Test
  void anEarlierAlarmDoesNotWaitForALaterOne() throws Exception {
    clock.start(new Noting("late"), clock.nanoTime() + HOUR);
    clock.start(new Noting("soon"), clock.nanoTime() + 1_000_000);
    assertEquals("soon", note().name);
    clock.start(new Noting("at once"), 0);
    assertEquals("at once", note().name);
  }

  @Test
  void anAlarmThatIsSetWhileAnotherGoesOffIsNotMissed() throws Exception {
    for (int i = 0; i < 100; i++) {
      Hold hold = hold();
      clock.start(new Noting(i), clock.nanoTime());
      hold.over.countDown();
      assertEquals(i, note().name);
    }
  }

  /** So many queues to look into that some alarms are set while the keeper does so. */
  @Test
  void anAlarmThatIsSetBeforeTheKeeperSleepsIsNotMissed() throws Exception {
    AlarmQueue[] queues = new AlarmQueue[1 << 20];
    Arrays.fill(queues, new AlarmQueue());
    queues[0] = new AlarmQueue(); // the one for alarms that no worker sets
    Field field = SystemClock.class.getDeclaredField("queues");
    field.setAccessible(true);
    field.set(clock, queues);
    clock.start(new Noting("late"), clock.nanoTime() + HOUR);
    for (int i = 0; i < 100; i++) {
      clock.start(new Noting(i), clock.nanoTime());
      Note last = note();
      assertEquals(i, last.name);
      while (clock.nanoTime() - last.time < i % 50 * 100_000L) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void anAlarmMovedEarlierGoesOffEarlier() throws Exception {
    Alarm alarm = new Noting("moved");
    assertFalse(clock.start(alarm, clock.nanoTime() + HOUR));
    assertTrue(clock.start(alarm, clock.nanoTime() + 1_000));
    note();
    assertFalse(clock.stop(alarm));
  }

  @Test
  void anAlarmMovedLaterDoesNotGoOffAtItsOldTime() throws Exception {
    Hold hold = hold();
    Alarm alarm = new Noting("moved");
    clock.start(alarm, 0);
    assertTrue(clock.start(alarm, clock.nanoTime() + HOUR));
    clock.start(new Noting("other"), 1);
    hold.over.countDown();
    assertEquals("other", note().name);
    assertTrue(clock.stop(alarm));
    assertTrue(notes.isEmpty());
  }

  @Test
  void aStoppedAlarmDoesNotGoOff() throws Exception {
    Hold hold = hold();
    Alarm alarm = new Noting("stopped");
    clock.start(alarm, 0);
    assertTrue(clock.stop(alarm));
    assertFalse(clock.stop(alarm));
    clock.start(new Noting("other"), 1);
    hold.over.countDown();
    assertEquals("other", note().name);
    assertTrue(notes.isEmpty());
  }

  @Test
  void deadlinesBeyondTheClocksRangeNeverComeAndDisturbNobody() throws Exception {
    Alarm never = new Noting("never");
    Alarm centuries = new Noting("in 292 years");
    clock.start(never, clock.deadline(Duration.ofSeconds(Long.MAX_VALUE)));
    clock.start(centuries, Clock.NEVER - 1);
    for (int i = 0; i < 10; i++) {
      clock.start(new Noting(i), clock.nanoTime() + 100_000);
      assertEquals(i, note().name);
    }
    assertTrue(clock.stop(never));
    assertTrue(clock.stop(centuries));
  }

  @Test
  void theThreadEndsWhenItIsIdleAndAnotherTakesItsPlace() throws Exception {
    clock.start(new Noting(1), 0);
    Thread first = note().thread;
    assertTrue(first.isDaemon());
    assertTrue(first.join(Duration.ofSeconds(60)));
    clock.start(new Noting(2), 0);
    assertNotSame(first, note().thread);
  }

  @Test
  void anAlarmThatFailsDoesNotKeepOthersFromGoingOff() throws Exception {
    AtomicReference<Throwable> reported = new AtomicReference<>();
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((t, e) -> reported.set(e));
    try {
      IllegalStateException failure = new IllegalStateException("on purpose");
      clock.start(
          new Alarm() {
            @Override
            void goOff() {
              throw failure;
            }
          },
          0);
      clock.start(new Noting("next"), 1);
      assertEquals("next", note().name);
      assertEquals(failure, reported.get());
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
  }

  @Test
  void eitherAnAlarmGoesOffOrItsStopSaysThatItDoesNot() throws Exception {
    int threads = 4;
    int rounds = 5_000;
    AtomicInteger wentOff = new AtomicInteger();
    AtomicInteger stopped = new AtomicInteger();
    List<Thread> workers = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      workers.add(
          Thread.startVirtualThread(() -> {
            for (int i = 0; i < rounds; i++) {
              Alarm alarm =
                  new Alarm() {
                    @Override
                    void goOff() {
                      wentOff.incrementAndGet();
                    }
                  };
              clock.start(alarm, clock.nanoTime() + i % 3 * 5_000L);
              if (clock.stop(alarm)) {
                stopped.incrementAndGet();
              }
            }
          }));
    }
    for (Thread worker : workers) {
      worker.join();
    }
    clock.start(new Noting("last"), clock.nanoTime() + 1_000_000);
    note(); // all those before it are through: one thread runs them in order
    assertEquals(threads * rounds, wentOff.get() + stopped.get());
  }

  /** Not on the JDK's scheduler: there a goroutine has to wait until another lets go. */
  @Test
  void aSleepEndsWhileOthersComputeOnEveryProcessor() throws Exception {
    assumeTrue(Schedulers.isOurs(), "the JDK's scheduler lets computations keep every processor");
    AtomicBoolean slept = new AtomicBoolean();
    Go.run(() -> {
      WaitGroup hogs = new WaitGroup();
      Go.go(() -> {
        Go.sleep(Duration.ofMillis(5));
        slept.set(true);
      });
      for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
        hogs.go(() -> {
          while (!slept.get()) {
            Thread.onSpinWait();
          }
        });
      }
      hogs.await();
    });
    assertTrue(slept.get());
  }

  /** Who waits for the clock's lock sleeps, and is then woken from that. */
  @Test
  void aWakeUpThatComesWhileTheAlarmOfTheSleepIsSetIsNotLost() throws Exception {
    assumeTrue(Schedulers.isOurs(), "on the JDK's scheduler goroutines sleep without alarms");
    Chan<String> channel = Chan.unbuffered();
    Duration hour = Duration.ofHours(1);
    AlarmQueue[] queues = SystemClock.INSTANCE.queues;
    Goroutine<?> receiver;
    for (AlarmQueue queue : queues) {
      queue.enter();
    }
    try {
      receiver = Go.go(() -> assertEquals("sent", channel.receive(hour)));
      Thread thread = receiver.thread();
      TestSupport.await(
          "the receiver", () -> TestSupport.queuedReceivers(channel) == 1 && isAsleep(thread));
      assertTrue(channel.trySend("sent"));
      TestSupport.await("the receiver to wait for the lock again", () -> isAsleep(thread));
    } finally {
      for (AlarmQueue queue : queues) {
        queue.exit();
      }
    }
    receiver.join(TestSupport.PATIENCE);
    assertNull(receiver.failure());
  }

  private static boolean isAsleep(Thread thread) {
    return thread.getState() == Thread.State.TIMED_WAITING;
  }

  @Test
  void aMillionPendingAlarmsAreSetPutOffAndTakenBack() throws Exception {
    List<Alarm> alarms = new ArrayList<>();
    for (int i = 0; i < 1_000_000; i++) {
      alarms.add(new Noting(i));
    }
    long now = clock.nanoTime();
    Random random = new Random(1);
    for (Alarm alarm : alarms) {
      assertFalse(clock.start(alarm, now + HOUR + random.nextLong(HOUR)));
    }
    for (Alarm alarm : alarms) {
      assertTrue(clock.start(alarm, now + HOUR + random.nextLong(HOUR)));
    }
    clock.start(new Noting("soon"), clock.nanoTime());
    assertEquals("soon", note().name);
    for (Alarm alarm : alarms) {
      assertTrue(clock.stop(alarm));
    }
    assertTrue(notes.isEmpty());
  }

  @Test
  void aWaitEndsAtItsDeadlineAndNotBefore() throws Exception {
    long start = System.nanoTime();
    Go.sleep(Duration.ofMillis(20));
    assertTrue(System.nanoTime() - start >= 20_000_000);
  }

  private Hold hold() {
    Hold hold = new Hold();
    clock.start(hold, 0);
    awaitUninterruptibly(hold.entered);
    return hold;
  }

  private Note note() throws InterruptedException {
    Note note = notes.poll(60, TimeUnit.SECONDS);
    assertTrue(note != null, "no alarm has gone off");
    return note;
  }

  private List<Object> names(int count) throws InterruptedException {
    List<Object> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add(note().name);
    }
    return names;
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      if (!latch.await(60, TimeUnit.SECONDS)) {
        throw new AssertionError("waited in vain");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}

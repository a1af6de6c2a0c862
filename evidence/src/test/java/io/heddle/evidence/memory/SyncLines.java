package io.heddle.evidence.memory;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Cond;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Locker;
import io.heddle.Mutex;
import io.heddle.Once;
import io.heddle.OnceValue;
import io.heddle.RWMutex;
import io.heddle.Select;
import io.heddle.Semaphore;
import io.heddle.Task;
import io.heddle.WaitGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Locks, conditions, groups, and goroutines and contexts themselves. */
final class SyncLines {
  private SyncLines() {}

  static Stream<Line> all() {
    return Stream.of(
        new Line("Cond", () -> cond(Cond::signal)),
        new Line("Cond, broadcast", () -> cond(Cond::broadcast)),
        new Line("Mutex", () -> exclusion(new Mutex())),
        new Line("Mutex in a select", () -> selectedExclusion(new Mutex())),
        new Line("MutexPureHappensBefore", () -> flag(new Mutex(), new Mutex())),
        new Line("MutexExampleFromHtml", () -> handOver(new Mutex())),
        new Line("RWMutex", SyncLines::writerAndReader),
        new Line("RWMutexMultipleReaders", SyncLines::writerAndReaders),
        new Line("RWMutex, two writers", () -> exclusion(new RWMutex())),
        new Line("RWMutex, a reader before a writer", SyncLines::readerAndWriter),
        new Line("WaitGroup", () -> group(WaitGroup::await)),
        new Line("WaitGroup2", () -> group(WaitGroup::await)),
        new Line("WaitGroup in a select", () -> group(group -> Select.select(group.onAwait()))),
        new Line("WaitGroup polled", () -> group(group -> poll(group::tryAwait))),
        new Line("WaitGroupMultipleWait", SyncLines::waitsAtZero),
        new Line("WaitGroupMultipleWait2", SyncLines::doneAndWait),
        new Line("WaitGroupMultipleWait3", SyncLines::threeWaitForThree),
        new Line("WaitGroupPanicRecover", SyncLines::panicIsCaught),
        new Line("WaitGroupPanicRecover2", SyncLines::panicStartsAnother),
        new Line("WaitGroupTransitive", SyncLines::oneAfterTheOther),
        new Line("WaitGroupReuse", SyncLines::reuse),
        new Line("WaitGroupReuse2", SyncLines::reuseByTwo),
        new Line("WaitGroupConcurrentAdd", SyncLines::concurrentAdd),
        new Line("Semaphore", () -> semaphore(Semaphore::acquire)),
        new Line("Semaphore in a select", () -> semaphore(s -> Select.select(s.onAcquire()))),
        new Line("Once", SyncLines::once),
        new Line("OnceValue", SyncLines::onceValue),
        new Line("the start of a goroutine", SyncLines::start),
        new Line("the end of a goroutine before join", SyncLines::join),
        new Line("the end of a context before done", SyncLines::contextDone),
        new Line("the end of a context before its function", SyncLines::contextFunction),
        new Line("a future in a select", SyncLines::future));
  }

  @FunctionalInterface
  private interface Use<T> {
    void accept(T object) throws Exception;
  }

  private static void poll(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      Go.gosched();
    }
  }

  private static Trial cond(Use<Cond> tell) {
    Mutex mutex = new Mutex();
    Cond cond = new Cond(mutex);
    boolean[] done = new boolean[1];
    return Trial.of(
        () -> {
          mutex.lock();
          done[0] = true;
          tell.accept(cond);
          mutex.unlock();
        },
        () -> {
          mutex.lock();
          while (!done[0]) {
            cond.await();
          }
          mutex.unlock();
        });
  }

  private static Trial exclusion(Locker locker) {
    return ChannelLines.exclusion(locker::lock, locker::unlock);
  }

  private static Trial selectedExclusion(Locker locker) {
    return ChannelLines.exclusion(() -> Select.select(locker.onLock()), locker::unlock);
  }

  private static Task raise(boolean[] flag, Locker locker) {
    return () -> {
      locker.lock();
      flag[0] = true;
      locker.unlock();
    };
  }

  private static Task awaitFlag(boolean[] flag, Locker locker) {
    return () -> {
      boolean seen = false;
      while (!seen) {
        locker.lock();
        seen = flag[0];
        locker.unlock();
        Go.gosched();
      }
    };
  }

  /** The one says under the lock that it is done, the other asks until it has. */
  private static Trial flag(Locker raising, Locker looking) {
    boolean[] done = new boolean[1];
    return Trial.of(raise(done, raising), awaitFlag(done, looking));
  }

  private static Trial handOver(Mutex mutex) {
    assertTrue(mutex.tryLock());
    return Trial.of(mutex::unlock, mutex::lock);
  }

  private static Trial writerAndReader() {
    RWMutex mutex = new RWMutex();
    return flag(mutex, mutex.reading());
  }

  private static Trial writerAndReaders() {
    RWMutex mutex = new RWMutex();
    boolean[] done = new boolean[1];
    Trial trial = new Trial().part(raise(done, mutex));
    for (int reader = 1; reader <= 3; reader++) {
      trial.part(awaitFlag(done, mutex.reading())).edge(0, reader);
    }
    return trial;
  }

  private static Trial readerAndWriter() {
    RWMutex mutex = new RWMutex();
    assertTrue(mutex.reading().tryLock());
    return Trial.of(mutex.reading()::unlock, mutex::lock);
  }

  private static WaitGroup of(int n) {
    WaitGroup group = new WaitGroup();
    group.add(n);
    return group;
  }

  private static Trial group(Use<WaitGroup> await) {
    WaitGroup group = of(1);
    return Trial.of(group::done, () -> await.accept(group));
  }

  /** Waits at zero order nothing, and disturb nothing. */
  private static Trial waitsAtZero() {
    WaitGroup group = new WaitGroup();
    Chan<Integer> over = Chan.buffered(2);
    Task waiter =
        () -> {
          group.await();
          over.send(1);
        };
    return new Trial()
        .part(waiter)
        .part(waiter)
        .part(() -> {
          group.await();
          over.receive();
          over.receive();
        })
        .edge(0, 2)
        .edge(1, 2);
  }

  private static Trial doneAndWait() {
    WaitGroup group = of(2);
    Task both =
        () -> {
          group.done();
          group.await();
        };
    return new Trial()
        .part(both)
        .part(both)
        .part(group::await)
        .edge(0, 1)
        .edge(1, 0)
        .edge(0, 2)
        .edge(1, 2);
  }

  private static Trial threeWaitForThree() {
    WaitGroup group = of(3);
    Trial trial = new Trial().part(group::done).part(group::done).part(group::done);
    for (int waiter = 3; waiter < 6; waiter++) {
      trial.part(group::await).edge(0, waiter).edge(1, waiter).edge(2, waiter);
    }
    return trial;
  }

  private static void addTooFew(WaitGroup group) {
    assertThrows(IllegalStateException.class, () -> group.add(-1));
  }

  /** Actions before the exception happen before its handler. */
  private static Trial panicIsCaught() {
    WaitGroup group = new WaitGroup();
    Chan<Integer> over = Chan.buffered(1);
    return Trial.of(
        () -> {
          addTooFew(group);
          over.send(1);
        },
        over::receive);
  }

  private static Trial panicStartsAnother() {
    WaitGroup group = new WaitGroup();
    Chan<Integer> over = Chan.buffered(1);
    return Trial.of(
        () -> {
          addTooFew(group);
          Go.go(() -> over.send(1));
        },
        over::receive);
  }

  private static Trial oneAfterTheOther() {
    WaitGroup group = of(2);
    return new Trial()
        .part(group::done)
        .part(() -> {
          Go.gosched();
          group.done();
        })
        .part(group::await)
        .edge(0, 2)
        .edge(1, 2);
  }

  private static Task times(int n, Task task) {
    return () -> {
      for (int i = 0; i < n; i++) {
        task.run();
      }
    };
  }

  /** Has workers do one thing in each round, and waits for them. */
  private static final class Rounds {
    private static final int WORKERS = 3;

    private final WaitGroup group = new WaitGroup();
    private final List<Chan<Integer>> start = new ArrayList<>();

    /** Adds the workers' parts: the edges that leave them are looked at in the last round. */
    void workers(Trial trial) {
      for (int i = 0; i < WORKERS; i++) {
        Chan<Integer> round = Chan.buffered(1);
        start.add(round);
        rounds(
            trial,
            () -> {
              round.receive();
              group.done();
            });
      }
    }

    static void rounds(Trial trial, Task each) {
      trial.part(times(2, each), each);
    }

    void begin() throws InterruptedException {
      group.add(WORKERS);
      for (Chan<Integer> round : start) {
        round.send(1);
      }
    }
  }

  private static Trial reuse() {
    Rounds rounds = new Rounds();
    Trial trial = new Trial();
    rounds.workers(trial);
    Rounds.rounds(
        trial,
        () -> {
          rounds.begin();
          rounds.group.await();
        });
    return trial.edge(0, 3).edge(1, 3).edge(2, 3);
  }

  /** As above, and another waits as well. */
  private static Trial reuseByTwo() {
    Rounds rounds = new Rounds();
    Chan<Integer> begun = Chan.unbuffered();
    Chan<Integer> waited = Chan.unbuffered();
    Trial trial = new Trial();
    rounds.workers(trial);
    Rounds.rounds(
        trial,
        () -> {
          rounds.begin();
          begun.send(1);
          rounds.group.await();
          waited.receive();
        });
    Rounds.rounds(
        trial,
        () -> {
          begun.receive();
          rounds.group.await();
          waited.send(1);
        });
    for (int worker = 0; worker < Rounds.WORKERS; worker++) {
      trial.edge(worker, 3).edge(worker, 4);
    }
    return trial.edge(4, 3);
  }

  private static Trial concurrentAdd() {
    WaitGroup group = new WaitGroup();
    int n = 4;
    Chan<Integer> counted = Chan.buffered(n);
    Trial trial = new Trial();
    for (int i = 0; i < n; i++) {
      trial.part(() -> {
        group.add(1);
        counted.send(1);
        group.done();
      });
      trial.edge(i, n);
    }
    return trial.part(() -> {
      times(n, counted::receive).run();
      group.await();
    });
  }

  private static Trial semaphore(Use<Semaphore> acquire) {
    Semaphore semaphore = new Semaphore(1);
    assertTrue(semaphore.tryAcquire());
    return Trial.of(semaphore::release, () -> acquire.accept(semaphore));
  }

  private static Trial once() {
    Once once = new Once();
    return Trial.of(
        () -> once.run(() -> {}),
        () -> {
          poll(once::isDone);
          once.run(() -> {});
        });
  }

  /** Of two who ask, the one who did not compute comes after the one who did. */
  private static Trial onceValue() {
    Thread[] computed = new Thread[1];
    OnceValue<Integer> value =
        OnceValue.of(() -> {
          computed[0] = Thread.currentThread();
          return 1;
        });
    Trial.Step ask =
        () -> {
          value.get();
          return computed[0] != Thread.currentThread();
        };
    return Trial.either(ask, ask);
  }

  private static Trial start() {
    Chan<Integer> ran = Chan.buffered(1);
    return Trial.of(() -> Go.go(() -> ran.send(1)), ran::receive);
  }

  private static Trial join() {
    Chan<Integer> start = Chan.buffered(1);
    Goroutine<?> last = Go.go(() -> start.receive());
    return Trial.of(() -> start.send(1), last::join);
  }

  private static Trial contextDone() {
    CancelContext context = Context.background().withCancel();
    return Trial.of(context::cancel, () -> context.done().receive());
  }

  private static Trial contextFunction() {
    CancelContext context = Context.background().withCancel();
    Chan<Integer> ran = Chan.buffered(1);
    context.afterFunc(() -> ran.send(1));
    return Trial.of(context::cancel, ran::receive);
  }

  private static Trial future() {
    CompletableFuture<Integer> future = new CompletableFuture<>();
    return Trial.of(() -> future.complete(1), () -> Select.select(Select.onComplete(future)));
  }
}

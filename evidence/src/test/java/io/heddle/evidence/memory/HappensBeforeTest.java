package io.heddle.evidence.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Cond;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Mutex;
import io.heddle.Once;
import io.heddle.RWMutex;
import io.heddle.Select;
import io.heddle.Semaphore;
import io.heddle.Task;
import io.heddle.Ticker;
import io.heddle.Timer;
import io.heddle.WaitGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What one goroutine writes into a plain field before it releases, another sees after it acquired.
 * The names are those of Go's own race tests where there is one.
 */
final class HappensBeforeTest {
  private static final int TRIALS = Integer.getInteger("heddle.memory.trials", 400);
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration NOW = Duration.ofNanos(1);

  /** One write and one read, and what is to order them. */
  static final class Trial {
    private final Task release;
    private final Task acquire;

    /** Plain, and so what the test is about. */
    private int data;

    int seen;

    Trial(Task release, Task acquire) {
      this.release = release;
      this.acquire = acquire;
    }

    void write(boolean ordered) throws Exception {
      data = 1;
      if (ordered) {
        release.run();
      }
    }

    void read(boolean ordered) throws Exception {
      if (ordered) {
        acquire.run();
      }
      seen = data;
    }
  }

  private static Arguments line(String name, Supplier<Trial> trials) {
    return Arguments.of(name, trials);
  }

  static Stream<Arguments> lines() {
    return Stream.of(
        line("ChanSync", () -> unbuffered((c, d) -> new Trial(() -> c.send(1), c::receive))),
        line("ChanSyncRev", () -> unbuffered((c, d) -> new Trial(c::receive, () -> c.send(1)))),
        line("ChanAsync", () -> buffered((c, d) -> new Trial(() -> c.send(1), c::receive))),
        line("ChanAsyncCloseRecv", () -> buffered((c, d) -> new Trial(c::close, c::receive))),
        line(
            "ChanAsyncCloseRecv2", () -> buffered((c, d) -> new Trial(c::close, () -> drained(c)))),
        line("ChanAsyncCloseRecv3", () -> buffered((c, d) -> new Trial(c::close, () -> range(c)))),
        line("ChanSyncCloseRecv", () -> unbuffered((c, d) -> new Trial(c::close, c::receive))),
        line(
            "ChanSyncCloseRecv2",
            () -> unbuffered((c, d) -> new Trial(c::close, () -> drained(c)))),
        line("ChanSyncCloseRecv3", () -> unbuffered((c, d) -> new Trial(c::close, () -> range(c)))),
        line(
            "ProducerConsumerUnbuffered",
            () ->
                unbuffered((c, d) ->
                    new Trial(
                        () -> {
                          c.receive();
                          d.send(1);
                        },
                        () -> {
                          c.send(1);
                          d.receive();
                        }))),
        line(
            "BlockedSendSync",
            () ->
                full((c, d) ->
                    new Trial(
                        () -> c.send(2),
                        () -> {
                          c.receive();
                          c.receive();
                        }))),
        line(
            "the receive before the send that needs its place",
            () -> full((c, d) -> new Trial(c::receive, () -> c.send(2)))),
        line(
            "CloseHappensBeforeRead",
            () ->
                unbuffered((c, d) ->
                    new Trial(
                        c::close,
                        () -> {
                          Select poll = Select.of(c.onReceive());
                          while (poll.tryAwait() == null) {
                            Go.gosched();
                          }
                        }))),
        line(
            "Select1",
            () ->
                unbuffered((c, d) ->
                    new Trial(
                        () -> Select.select(c.onSend(1), d.onSend(1)),
                        () -> Select.select(c.onReceive(), d.onReceive())))),
        line(
            "Select2",
            () ->
                unbuffered((c, d) ->
                    new Trial(c::close, () -> Select.select(c.onReceive(), d.onReceive())))),
        line(
            "Select3",
            () ->
                buffered((c, d) ->
                    new Trial(
                        () -> Select.select(c.onSend(1), Chan.<Integer>never().onReceive()),
                        c::receive))),
        line(
            "trySend before tryReceive",
            () -> buffered((c, d) -> new Trial(() -> c.trySend(1), () -> poll(c)))),
        line("Mutex", () -> mutex(new Mutex(), new Mutex())),
        line("RWMutex", () -> readers(new RWMutex())),
        line("Cond", HappensBeforeTest::cond),
        line("WaitGroup", () -> group(WaitGroup::await)),
        line("WaitGroup in a select", () -> group(group -> Select.select(group.onAwait()))),
        line("WaitGroup polled", () -> group(HappensBeforeTest::pollGroup)),
        line("Semaphore", () -> semaphore(Semaphore::acquire)),
        line("Semaphore in a select", () -> semaphore(s -> Select.select(s.onAcquire()))),
        line("Once", HappensBeforeTest::once),
        line("the end of a goroutine before join", HappensBeforeTest::join),
        line("the end of a context before done", HappensBeforeTest::contextDone),
        line("AfterFunc", HappensBeforeTest::afterFunc),
        line("AfterFuncReset", HappensBeforeTest::afterFuncReset),
        line("TimerReset", HappensBeforeTest::timerReset),
        line("TickerReset", HappensBeforeTest::tickerReset));
  }

  @FunctionalInterface
  private interface OfChannels {
    Trial make(Chan<Integer> one, Chan<Integer> other);
  }

  @FunctionalInterface
  private interface Use<T> {
    void accept(T object) throws Exception;
  }

  private static Trial unbuffered(OfChannels trial) {
    return trial.make(Chan.unbuffered(), Chan.unbuffered());
  }

  private static Trial buffered(OfChannels trial) {
    return trial.make(Chan.buffered(1), Chan.buffered(1));
  }

  private static Trial full(OfChannels trial) {
    Chan<Integer> channel = Chan.buffered(1);
    channel.trySend(1);
    return trial.make(channel, Chan.unbuffered());
  }

  private static void drained(Chan<Integer> channel) throws InterruptedException {
    assertEquals(null, channel.receive());
  }

  private static void range(Chan<Integer> channel) {
    int n = 0;
    for (int value : channel) {
      n += value;
    }
    assertEquals(0, n);
  }

  private static void poll(Chan<Integer> channel) {
    while (channel.tryReceive() == null) {
      Go.gosched();
    }
  }

  private static void pollGroup(WaitGroup group) {
    while (!group.tryAwait()) {
      Go.gosched();
    }
  }

  /** The reader asks under the lock until the writer has said, under it, that it is done. */
  private static Trial mutex(Mutex mutex, Mutex ignored) {
    boolean[] done = new boolean[1];
    return new Trial(
        () -> {
          mutex.lock();
          done[0] = true;
          mutex.unlock();
        },
        () -> {
          boolean seen = false;
          while (!seen) {
            mutex.lock();
            seen = done[0];
            mutex.unlock();
            Go.gosched();
          }
        });
  }

  private static Trial readers(RWMutex mutex) {
    boolean[] done = new boolean[1];
    return new Trial(
        () -> {
          mutex.lock();
          done[0] = true;
          mutex.unlock();
        },
        () -> {
          boolean seen = false;
          while (!seen) {
            mutex.reading().lock();
            seen = done[0];
            mutex.reading().unlock();
            Go.gosched();
          }
        });
  }

  private static Trial cond() {
    Mutex mutex = new Mutex();
    Cond cond = new Cond(mutex);
    boolean[] done = new boolean[1];
    return new Trial(
        () -> {
          mutex.lock();
          done[0] = true;
          cond.signal();
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

  private static Trial group(Use<WaitGroup> await) {
    WaitGroup group = new WaitGroup();
    group.add(1);
    return new Trial(group::done, () -> await.accept(group));
  }

  private static Trial semaphore(Use<Semaphore> acquire) {
    Semaphore semaphore = new Semaphore(1);
    assertTrue(semaphore.tryAcquire());
    return new Trial(semaphore::release, () -> acquire.accept(semaphore));
  }

  private static Trial once() {
    Once once = new Once();
    return new Trial(
        () -> once.run(() -> {}),
        () -> {
          while (!once.isDone()) {
            Go.gosched();
          }
          once.run(() -> {});
        });
  }

  private static Trial join() {
    Chan<Integer> start = Chan.buffered(1);
    Goroutine last = Go.go(start::receive);
    return new Trial(() -> start.send(1), last::join);
  }

  private static Trial contextDone() {
    CancelContext context = Context.background().withCancel();
    return new Trial(context::cancel, () -> context.done().receive());
  }

  private static Trial afterFunc() {
    Chan<Integer> ran = Chan.buffered(1);
    return new Trial(() -> Go.afterFunc(NOW, () -> ran.send(1)), ran::receive);
  }

  private static Trial afterFuncReset() {
    Chan<Integer> ran = Chan.buffered(1);
    var timer = Go.afterFunc(DAY, () -> ran.send(1));
    return new Trial(() -> timer.reset(NOW), ran::receive);
  }

  private static Trial timerReset() {
    Timer timer = Timer.start(DAY);
    return new Trial(() -> timer.reset(NOW), timer::receive);
  }

  private static Trial tickerReset() {
    Ticker ticker = Ticker.start(DAY);
    return new Trial(
        () -> ticker.reset(NOW),
        () -> {
          ticker.receive();
          ticker.stop();
        });
  }

  /** How many of the reads saw the field as it was before the write. */
  private static int stale(Supplier<Trial> trials, int n, boolean ordered) throws Exception {
    List<Trial> all = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      all.add(trials.get());
    }
    Goroutine reader =
        Go.go(() -> {
          for (Trial trial : all) {
            trial.read(ordered);
          }
        });
    Goroutine writer =
        Go.go(() -> {
          for (Trial trial : all) {
            trial.write(ordered);
          }
        });
    writer.join();
    reader.join();
    assertEquals(null, writer.failure());
    assertEquals(null, reader.failure());
    return (int) all.stream().filter(trial -> trial.seen == 0).count();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("lines")
  void aWriteBeforeTheReleaseIsSeenAfterTheAcquire(String name, Supplier<Trial> trials)
      throws Exception {
    assertEquals(0, stale(trials, TRIALS, true), "stale reads");
  }

  /** The racy twin: the same without what orders them. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("lines")
  void withoutThemAStaleReadIsFound(String name, Supplier<Trial> trials) throws Exception {
    int stale = 0;
    for (int round = 0; round < 1_000 && stale == 0; round++) {
      stale = stale(trials, 100, false);
    }
    assertTrue(stale > 0, "no stale read in a hundred thousand racy trials");
  }
}

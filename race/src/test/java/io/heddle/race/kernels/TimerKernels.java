package io.heddle.race.kernels;

import static io.heddle.Go.afterFunc;
import static io.heddle.Go.go;
import static io.heddle.Go.sleep;
import static io.heddle.race.kernels.Kernel.racy;
import static io.heddle.race.kernels.Kernel.silent;
import static java.time.Duration.ZERO;
import static java.time.Duration.ofDays;
import static java.time.Duration.ofSeconds;

import io.heddle.AfterFunc;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Ticker;
import io.heddle.Timer;
import io.heddle.race.unseen.Order;
import io.heddle.testing.Bubble;
import java.time.Duration;
import java.util.List;

/** time_test.go and synctest_test.go, all in virtual time. */
final class TimerKernels {
  private TimerKernels() {}

  static List<Kernel> all() {
    return List.of(
        racy("SynctestGoroutinesExit", () -> Bubble.run(() -> exits())),
        racy("SynctestGoroutinesRecv", () -> Bubble.run(() -> receives())),
        racy("SynctestGoroutinesSleep", () -> Bubble.run(() -> sleeps())),
        racy("SynctestTimers", () -> Bubble.run(() -> timers())),
        silent("SynctestGoroutinesExit", () -> Bubble.run(() -> settles())),
        silent("AfterFunc", () -> Bubble.run(() -> startsAfterFunc(false))),
        silent("AfterFuncReset", () -> Bubble.run(() -> startsAfterFunc(true))),
        silent("AfterFuncInRealTime", () -> startsAfterFunc(false)),
        silent("AfterFunc1", () -> Bubble.run(() -> chain())),
        silent("AfterFunc2", () -> Bubble.run(() -> stopped())),
        silent("Timer", () -> Bubble.run(() -> timer(false))),
        silent("TimerReset", () -> Bubble.run(() -> timer(true))),
        silent("Ticker", () -> Bubble.run(() -> ticker())),
        silent("EndOfABubble", () -> endsLast()),
        silent("ContextAfterFunc", () -> contextAfterFunc()));
  }

  private static void exits() throws Exception {
    Vars v = new Vars();
    go(() -> {
      v.x = 1;
    });
    go(() -> {
      v.x = 2;
    });
    Bubble.settle();
  }

  /** The goroutine that ends last, and with it the bubble, does not know what main has done. */
  private static void endsLast() throws Exception {
    Vars v = new Vars();
    Bubble.run(() -> {
      Thread main = Thread.currentThread();
      go(() -> Order.awaitEnd(main));
      v.x = 1;
    });
    v.x = 2;
  }

  private static void receives() throws Exception {
    Vars v = new Vars();
    Chan<Integer> c = Chan.unbuffered();
    for (int i = 0; i < 2; i++) {
      go(() -> {
        v.x = 1;
        c.receive();
      });
    }
    Bubble.settle();
    c.close();
  }

  private static void sleeps() throws Exception {
    Vars v = new Vars();
    for (int seconds = 1; seconds < 3; seconds++) {
      Duration time = ofSeconds(seconds);
      go(() -> {
        sleep(time);
        v.x = 1;
      });
    }
    sleep(ofSeconds(3));
  }

  private static void timers() throws Exception {
    Vars v = new Vars();
    afterFunc(ofSeconds(1), () -> v.x = 1);
    afterFunc(ofSeconds(2), () -> v.x = 2);
    sleep(ofSeconds(3));
  }

  private static void settles() throws Exception {
    Vars v = new Vars();
    go(() -> {
      v.x = 1;
    });
    Bubble.settle();
    go(
            () -> {
              v.x = 2;
            })
        .join();
  }

  private static void startsAfterFunc(boolean resets) throws Exception {
    Vars v = new Vars();
    Chan<Boolean> done = Chan.unbuffered();
    v.x = 1;
    AfterFunc.Timed later =
        afterFunc(
            resets ? ofDays(1) : ZERO,
            () -> {
              v.x = 3;
              done.send(true);
            });
    if (resets) {
      v.x = 2;
      later.reset(ZERO);
    }
    done.receive();
    v.x = 4;
  }

  private static void chain() throws Exception {
    Vars v = new Vars();
    Chan<Boolean> done = Chan.unbuffered();
    afterFunc(
        ZERO,
        () -> {
          v.x = 1;
          afterFunc(
              ZERO,
              () -> {
                v.x = 2;
                done.send(true);
              });
        });
    done.receive();
    v.x = 3;
  }

  private static void stopped() throws Exception {
    Vars v = new Vars();
    AfterFunc later = afterFunc(ofDays(1), () -> v.x = 1);
    later.stop();
    v.x = 2;
  }

  private static void timer(boolean resets) throws Exception {
    Vars v = new Vars();
    Chan<Boolean> done = Chan.unbuffered();
    v.x = 1;
    Timer timer = Timer.start(resets ? ofDays(1) : ofSeconds(1));
    go(() -> {
      timer.receive();
      v.x = 3;
      done.send(true);
    });
    if (resets) {
      timer.reset(ofSeconds(1));
    }
    done.receive();
    v.x = 4;
  }

  private static void ticker() throws Exception {
    Vars v = new Vars();
    Chan<Boolean> done = Chan.unbuffered();
    v.x = 1;
    Ticker ticker = Ticker.start(ofSeconds(1));
    go(() -> {
      ticker.receive();
      v.x = 2;
      done.send(true);
    });
    done.receive();
    v.x = 3;
    ticker.stop();
  }

  private static void contextAfterFunc() throws Exception {
    Vars v = new Vars();
    Chan<Boolean> done = Chan.unbuffered();
    v.x = 1;
    try (var context = Context.background().withCancel()) {
      AfterFunc later =
          context.afterFunc(() -> {
            v.x = 2;
            done.send(true);
          });
      Vars.use(later);
      go(() -> context.cancel());
      done.receive();
      v.x = 3;
    }
  }
}

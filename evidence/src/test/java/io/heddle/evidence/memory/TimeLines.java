package io.heddle.evidence.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.heddle.AfterFunc;
import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Ticker;
import io.heddle.Timer;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;

/** Timers, tickers and functions that run later. */
final class TimeLines {
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration NOW = Duration.ofNanos(1);

  private TimeLines() {}

  static Stream<Line> all() {
    return Stream.of(
        line("AfterFunc", ran -> Trial.of(() -> send(NOW, ran), ran::receive)),
        line("AfterFunc1", TimeLines::chain),
        line("AfterFunc2", TimeLines::stopped),
        new Line("AfterFunc3", TimeLines::published),
        line("AfterFuncReset", TimeLines::reset),
        line("Timer", TimeLines::timer),
        line("TimerReset", TimeLines::timerReset),
        line("Ticker", TimeLines::ticker),
        line("TickerReset", TimeLines::tickerReset));
  }

  private static Line line(String name, Function<Chan<Integer>, Trial> trial) {
    return new Line(name, () -> trial.apply(Chan.buffered(1)));
  }

  private static AfterFunc.Timed send(Duration delay, Chan<Integer> ran) {
    return Go.afterFunc(delay, () -> ran.send(1));
  }

  /** Each sees what the one before it has left. */
  private static final class Chain {
    private final Chan<Integer> ran;

    /** Plain. */
    private int left = 3;

    Chain(Chan<Integer> ran) {
      this.ran = ran;
    }

    void next() throws InterruptedException {
      left--;
      if (left >= 0) {
        Go.afterFunc(Duration.ZERO, this::next);
      } else {
        ran.send(left);
      }
    }
  }

  private static Trial chain(Chan<Integer> ran) {
    return Trial.of(
        () -> new Chain(ran).next(), () -> assertEquals(-1, Objects.requireNonNull(ran.receive())));
  }

  /** Whether it was stopped or has run: one of them sends. */
  private static Trial stopped(Chan<Integer> ran) {
    return Trial.of(
        () -> {
          if (send(NOW, ran).stop()) {
            ran.send(1);
          }
        },
        ran::receive);
  }

  /** What the function has written is seen, too. */
  private static Trial published() {
    Chan<int[]> ran = Chan.buffered(1);
    return Trial.of(
        () -> Go.afterFunc(NOW, () -> ran.send(new int[] {1})),
        () -> assertEquals(1, Objects.requireNonNull(ran.receive())[0]));
  }

  private static Trial reset(Chan<Integer> ran) {
    AfterFunc.Timed later = send(DAY, ran);
    return Trial.of(() -> later.reset(NOW), ran::receive).atEnd(later::stop);
  }

  private static Trial timer(Chan<Integer> ran) {
    return Trial.of(
        () -> {
          Timer timer = Timer.start(NOW);
          Go.go(() -> {
            timer.receive();
            ran.send(1);
          });
        },
        ran::receive);
  }

  private static Trial timerReset(Chan<Integer> ignored) {
    Timer timer = Timer.start(DAY);
    return Trial.of(() -> timer.reset(NOW), timer::receive).atEnd(timer::stop);
  }

  private static Trial ticker(Chan<Integer> ran) {
    return Trial.of(
        () -> {
          Ticker ticker = Ticker.start(NOW);
          Go.go(() -> {
            ticker.receive();
            ticker.stop();
            ran.send(1);
          });
        },
        ran::receive);
  }

  private static Trial tickerReset(Chan<Integer> ignored) {
    Ticker ticker = Ticker.start(DAY);
    return Trial.of(
            () -> ticker.reset(NOW),
            () -> {
              ticker.receive();
              ticker.stop();
            })
        .atEnd(ticker::stop);
  }
}

package io.heddle.evidence.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Select;
import io.heddle.Task;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;

/** Channels and select. */
final class ChannelLines {
  private ChannelLines() {}

  static Stream<Line> all() {
    return Stream.of(
        unbuffered("ChanSync", (c, _) -> Trial.of(() -> c.send(1), c::receive)),
        unbuffered("ChanSyncRev", (c, _) -> Trial.of(c::receive, () -> c.send(1))),
        buffered("ChanAsync", (c, _) -> Trial.of(() -> c.send(1), c::receive)),
        buffered("ChanReadWriteAsync", (c, _) -> Trial.of(() -> c.send(1), c::receive)),
        buffered("ChanAsyncCloseRecv", (c, _) -> Trial.of(c::close, c::receive)),
        buffered("ChanAsyncCloseRecv2", (c, _) -> Trial.of(c::close, () -> drained(c))),
        buffered("ChanAsyncCloseRecv3", (c, _) -> Trial.of(c::close, () -> range(c))),
        unbuffered("ChanSyncCloseRecv", (c, _) -> Trial.of(c::close, c::receive)),
        unbuffered("ChanSyncCloseRecv2", (c, _) -> Trial.of(c::close, () -> drained(c))),
        unbuffered("ChanSyncCloseRecv3", (c, _) -> Trial.of(c::close, () -> range(c))),
        new Line("ChanPtr", ChannelLines::pointer),
        unbuffered(
            "ProducerConsumerUnbuffered",
            (task, reply) ->
                Trial.of(
                    () -> {
                      task.receive();
                      reply.send(1);
                    },
                    () -> {
                      task.send(1);
                      reply.receive();
                    })),
        buffered("ChanCloseLen", (c, results) -> beside(c, c::len, results)),
        buffered("ChanCloseCap", (c, results) -> beside(c, c::cap, results)),
        buffered("ChanMutex", (c, _) -> exclusion(() -> c.send(1), c::receive)),
        new Line("ChanWaitGroup", ChannelLines::waitGroup),
        full(
            "BlockedSendSync",
            c ->
                Trial.of(
                    () -> c.send(2),
                    () -> {
                      c.receive();
                      c.receive();
                    })),
        full(
            "the receive before the send that needs its place",
            c -> Trial.of(c::receive, () -> c.send(2))),
        unbuffered("CloseHappensBeforeRead", (c, _) -> Trial.of(c::close, () -> pollClosed(c))),
        buffered(
            "trySend before tryReceive",
            (c, _) -> Trial.of(() -> c.trySend(1), () -> pollValue(c))),
        unbuffered(
            "Select1",
            (c, d) ->
                Trial.of(
                    () -> Select.select(c.onSend(1), d.onSend(1)),
                    () -> Select.select(c.onReceive(), d.onReceive()))),
        unbuffered(
            "Select2",
            (c, d) -> Trial.of(c::close, () -> Select.select(c.onReceive(), d.onReceive()))),
        buffered(
            "Select3",
            (c, _) ->
                Trial.of(
                    () -> Select.choose(c.onSend(1), Chan.<Integer>never().onReceive()),
                    c::receive)),
        new Line("Select4", ChannelLines::taskQueue),
        unbuffered(
            "Select5 with select",
            (c, d) ->
                Trial.of(
                    () -> {
                      Go.gosched();
                      Select.choose(c.onSend(1), d.onReceive());
                    },
                    () -> Select.select(c.onReceive(), d.onReceive()))),
        unbuffered(
            "Select5 without",
            (c, _) ->
                Trial.of(
                    () -> {
                      Go.gosched();
                      c.send(1);
                    },
                    c::receive)),
        unbuffered(
            "SelectReadWriteAsync",
            (c, d) ->
                Trial.of(
                    () -> Select.select(c.onSend(1), d.onSend(1)),
                    () -> Select.choose(c.onReceive(), d.onSend(1)))),
        buffered(
            "SelectMutex",
            (c, never) ->
                exclusion(
                    () -> Select.choose(c.onSend(1), never.onReceive()),
                    () -> Select.select(c.onReceive(), never.onReceive()))));
  }

  @FunctionalInterface
  private interface Length {
    int get();
  }

  private static Line unbuffered(
      String name, BiFunction<Chan<Integer>, Chan<Integer>, Trial> trial) {
    return new Line(name, () -> trial.apply(Chan.unbuffered(), Chan.unbuffered()));
  }

  /** Of capacities 1 and 2. */
  private static Line buffered(String name, BiFunction<Chan<Integer>, Chan<Integer>, Trial> trial) {
    return new Line(name, () -> trial.apply(Chan.buffered(1), Chan.buffered(2)));
  }

  private static Line full(String name, Function<Chan<Integer>, Trial> trial) {
    return new Line(
        name,
        () -> {
          Chan<Integer> channel = Chan.buffered(1);
          channel.trySend(1);
          return trial.apply(channel);
        });
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

  private static void pollClosed(Chan<Integer> channel) {
    Select poll = Select.of(channel.onReceive());
    while (poll.tryAwait() == null) {
      Go.gosched();
    }
  }

  private static void pollValue(Chan<Integer> channel) {
    while (channel.tryReceive() == null) {
      Go.gosched();
    }
  }

  /** What is in the object that is sent is seen, too. */
  private static Trial pointer() {
    Chan<int[]> channel = Chan.unbuffered();
    return Trial.of(
        () -> channel.send(new int[] {1}),
        () -> assertEquals(1, Objects.requireNonNull(channel.receive())[0]));
  }

  /** Length and capacity order nothing, and disturb nothing. */
  private static Trial beside(Chan<Integer> channel, Length length, Chan<Integer> results) {
    return new Trial()
        .part(() -> results.send(length.get()))
        .part(() -> {
          channel.close();
          results.send(0);
        })
        .part(() -> {
          results.receive();
          results.receive();
        })
        .edge(0, 2)
        .edge(1, 2);
  }

  /** Actions before the first critical section happen before those after the second. */
  static Trial exclusion(Task lock, Task unlock) {
    boolean[] entered = new boolean[1];
    Trial.Step section =
        () -> {
          lock.run();
          boolean isSecond = entered[0];
          entered[0] = true;
          unlock.run();
          return isSecond;
        };
    return Trial.either(section, section);
  }

  /** A channel with two places counts four goroutines out. */
  private static Trial waitGroup() {
    int n = 4;
    Chan<Integer> places = Chan.buffered(n / 2);
    Chan<Integer> start = Chan.buffered(n);
    Trial trial = new Trial();
    for (int i = 0; i < n; i++) {
      trial.part(() -> {
        start.receive();
        places.receive();
      });
      trial.edge(i, n);
    }
    return trial.part(() -> {
      for (int i = 0; i < n; i++) {
        places.send(1);
        start.send(1);
      }
      for (int i = 0; i < places.cap(); i++) {
        places.send(1);
      }
    });
  }

  private static Trial taskQueue() {
    Chan<Chan<Integer>> queue = Chan.unbuffered();
    Chan<Integer> never = Chan.unbuffered();
    Chan<Integer> reply = Chan.buffered(1);
    return Trial.of(
        () -> Objects.requireNonNull(Select.select(queue.onReceive())).send(1),
        () -> {
          Select.choose(queue.onSend(reply), never.onReceive());
          Select.select(reply.onReceive(), never.onReceive());
        });
  }
}

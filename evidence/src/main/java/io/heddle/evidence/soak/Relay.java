package io.heddle.evidence.soak;

import io.heddle.Case;
import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Select;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Tokens go round through channels of all capacities, received and sent in every way there is. The
 * law: at the end each token is in one place, once.
 */
final class Relay implements Station {
  private static final int[] CAPACITIES = {0, 0, 1, 2, 8, 100};
  private static final int TOKENS = 60;
  private static final int RUNNERS = 24;

  private final List<Chan<Integer>> channels = new ArrayList<>();
  private final List<Runner> runners = new ArrayList<>();
  private final LongAdder done = new LongAdder();
  private final Queue<Integer> start = new ConcurrentLinkedQueue<>();

  @Override
  public void open(Shift shift) {
    for (int capacity : CAPACITIES) {
      channels.add(Chan.buffered(capacity));
    }
    for (int token = 0; token < TOKENS; token++) {
      start.add(token);
    }
    for (int i = 0; i < RUNNERS; i++) {
      Runner runner = new Runner();
      runners.add(runner);
      shift.worker(runner::step);
    }
  }

  @Override
  public void close() {
    BitSet seen = new BitSet();
    List<Integer> left = new ArrayList<>(start);
    for (Chan<Integer> channel : channels) {
      for (Integer token = channel.tryReceive(); token != null; token = channel.tryReceive()) {
        left.add(token);
      }
    }
    for (Runner runner : runners) {
      if (runner.token != null) {
        left.add(runner.token);
      }
    }
    for (int token : left) {
      Station.require(!seen.get(token), "token %d is there twice", token);
      seen.set(token);
    }
    Station.require(left.size() == TOKENS, "%d tokens of %d are left", left.size(), TOKENS);
  }

  @Override
  public long done() {
    return done.sum();
  }

  /** One who carries at most one token. Only its own goroutine uses it, and then {@link #close}. */
  private final class Runner {
    private @Nullable Integer token;

    void step(SplittableRandom random) throws InterruptedException, TimeoutException {
      if (token == null) {
        token = start.poll();
      }
      Chan<Integer> channel = channels.get(random.nextInt(channels.size()));
      if (token == null) {
        token = receive(channel, random);
      } else if (send(channel, token, random)) {
        token = null;
        done.increment();
      }
    }

    private @Nullable Integer receive(Chan<Integer> channel, SplittableRandom random)
        throws InterruptedException, TimeoutException {
      return switch (random.nextInt(5)) {
        case 0 -> channel.tryReceive();
        case 1 -> channel.receive(brief(random));
        case 2 -> {
          Case<@Nullable Integer> one = channel.onReceive();
          Case<@Nullable Integer> other = channels.get(random.nextInt(channels.size())).onReceive();
          Case<?> chosen = Select.of(one, other, Go.after(brief(random)).onReceive()).await();
          yield chosen == one ? one.result() : chosen == other ? other.result() : null;
        }
        default -> channel.receive();
      };
    }

    private boolean send(Chan<Integer> channel, Integer value, SplittableRandom random)
        throws InterruptedException, TimeoutException {
      switch (random.nextInt(5)) {
        case 0 -> {
          return channel.trySend(value);
        }
        case 1 -> {
          try {
            channel.send(value, brief(random));
            return true;
          } catch (TimeoutException e) {
            return false;
          }
        }
        case 2 -> {
          Chan<Integer> other = channels.get(random.nextInt(channels.size()));
          Case<Boolean> late = Go.after(brief(random)).onReceive(_ -> false);
          return Select.select(
              channel.onSend(value, () -> true), other.onSend(value, () -> true), late);
        }
        default -> {
          channel.send(value, Duration.ofMillis(20)); // so that not all goroutines send
          return true;
        }
      }
    }

    private Duration brief(SplittableRandom random) {
      return Duration.ofNanos(random.nextInt(200_000));
    }
  }
}

package io.heddle;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.TestSupport.Call;
import io.heddle.TestSupport.Caller;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Every operation of a channel takes effect at one moment between its call and its return.
 *
 * <p>A few threads do a few random operations on one small channel and note when each was called,
 * when it returned, and what. Then a search looks for an order of effects that explains the notes:
 * one that respects what came strictly after what, and in which each operation does what {@link
 * Model}, a channel for a single thread, does. If there is none, the history is not linearizable.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("slow")
final class ChanLinearizabilityTest {
  private static final int THREADS = 3;
  private static final int STEPS = 4;

  private enum Kind {
    TRY_SEND,
    TRY_RECEIVE,
    SEND_BRIEFLY,
    RECEIVE_BRIEFLY,
    LEN,
    CLOSE,
    IS_DRAINED
  }

  /** What an operation returned if it gave up. */
  private static final String TIMED_OUT = "timed out";

  private static final String CLOSED = "closed";
  private static final String NOTHING = "nothing";
  private static final String DONE = "done";

  /** One operation, with the moments of its call and its return and its outcome. */
  private static final class Op {
    final Kind kind;
    final int value;
    int called;
    int returned;
    @Nullable Object outcome;

    Op(Kind kind, int value) {
      this.kind = kind;
      this.value = value;
    }

    @Override
    public String toString() {
      return kind + "(" + value + ") " + called + "-" + returned + " = " + outcome;
    }
  }

  @FunctionalInterface
  private interface Subject {
    Object perform(Op op) throws InterruptedException;
  }

  private static Subject channel(int capacity) {
    Chan<Integer> channel = Chan.buffered(capacity);
    return op -> perform(channel, op);
  }

  private static Object perform(Chan<Integer> channel, Op op) throws InterruptedException {
    Duration brief = Duration.ofNanos(op.value % 3 * 1_000L);
    try {
      return switch (op.kind) {
        case TRY_SEND -> channel.trySend(op.value);
        case TRY_RECEIVE -> orElse(channel.tryReceive(), NOTHING);
        case SEND_BRIEFLY -> {
          channel.send(op.value, brief);
          yield true;
        }
        case RECEIVE_BRIEFLY -> orElse(channel.receive(brief), CLOSED);
        case LEN -> channel.len();
        case CLOSE -> {
          channel.close();
          yield DONE;
        }
        case IS_DRAINED -> channel.isDrained();
      };
    } catch (TimeoutException e) {
      return TIMED_OUT;
    } catch (ChannelClosedException e) {
      return CLOSED;
    }
  }

  private static Object orElse(@Nullable Object value, Object none) {
    return value == null ? none : value;
  }

  /** A channel for one thread, with those who wait at it. Immutable. */
  private record Model(
      int capacity,
      boolean closed,
      List<Integer> buffer,
      List<Integer> senders,
      List<Integer> receivers,
      List<@Nullable Object> outcomes) {

    private static final Object WAITING = "waiting";

    static Model fresh(int capacity, int ops) {
      return new Model(
          capacity, false, List.of(), List.of(), List.of(), Arrays.asList(new Object[ops]));
    }

    /** The model after the operation has taken effect, or has begun to wait. */
    Model after(int index, Op op) {
      Draft next = new Draft(this);
      switch (op.kind) {
        case TRY_SEND, SEND_BRIEFLY -> {
          if (closed) {
            next.outcomes.set(index, CLOSED);
          } else if (!receivers.isEmpty()) {
            next.outcomes.set(next.receivers.removeFirst(), op.value);
            next.outcomes.set(index, true);
          } else if (buffer.size() < capacity) {
            next.buffer.add(op.value);
            next.outcomes.set(index, true);
          } else if (op.kind == Kind.TRY_SEND) {
            next.outcomes.set(index, false);
          } else {
            next.senders.add(index);
            next.outcomes.set(index, WAITING);
          }
        }
        case TRY_RECEIVE, RECEIVE_BRIEFLY -> {
          if (!buffer.isEmpty()) {
            next.outcomes.set(index, next.buffer.removeFirst());
            if (!senders.isEmpty()) {
              next.buffer.add(next.wakeSender());
            }
          } else if (!senders.isEmpty()) {
            next.outcomes.set(index, next.wakeSender());
          } else if (op.kind == Kind.TRY_RECEIVE) {
            next.outcomes.set(index, NOTHING);
          } else if (closed) {
            next.outcomes.set(index, CLOSED);
          } else {
            next.receivers.add(index);
            next.outcomes.set(index, WAITING);
          }
        }
        case LEN -> next.outcomes.set(index, buffer.size());
        case IS_DRAINED -> next.outcomes.set(index, closed && buffer.isEmpty());
        case CLOSE -> {
          next.outcomes.set(index, closed ? CLOSED : DONE);
          next.closed = true;
          senders.forEach(sender -> next.outcomes.set(sender, CLOSED));
          receivers.forEach(receiver -> next.outcomes.set(receiver, CLOSED));
          next.senders.clear();
          next.receivers.clear();
        }
      }
      return next.model(capacity);
    }

    /** The model after an operation that waits has given up. */
    Model afterTimeout(int index) {
      Draft next = new Draft(this);
      next.senders.removeIf(i -> i == index);
      next.receivers.removeIf(i -> i == index);
      next.outcomes.set(index, TIMED_OUT);
      return next.model(capacity);
    }

    boolean isWaiting(int index) {
      return outcomes.get(index) == WAITING;
    }
  }

  private static final class Draft {
    boolean closed;
    final List<Integer> buffer;
    final List<Integer> senders;
    final List<Integer> receivers;
    final List<@Nullable Object> outcomes;

    Draft(Model model) {
      closed = model.closed;
      buffer = new ArrayList<>(model.buffer);
      senders = new ArrayList<>(model.senders);
      receivers = new ArrayList<>(model.receivers);
      outcomes = new ArrayList<>(model.outcomes);
    }

    /** A value is the index of the operation that sends it: see {@link #history}. */
    int wakeSender() {
      int sender = senders.removeFirst();
      outcomes.set(sender, true);
      return sender;
    }

    Model model(int capacity) {
      return new Model(capacity, closed, buffer, senders, receivers, outcomes);
    }
  }

  /** Looks for an order of effects that explains a history. */
  private static final class Search {
    private final Op[] ops;

    /** The calls and returns, in their order: n for the call of operation n, ~n for its return. */
    private final int[] events;

    private final Set<List<Object>> dead = new HashSet<>();

    Search(Op[] ops) {
      this.ops = ops;
      List<Integer> order = new ArrayList<>();
      for (int i = 0; i < ops.length; i++) {
        order.add(i);
        order.add(~i);
      }
      order.sort(Comparator.comparingInt(e -> e >= 0 ? ops[e].called : ops[~e].returned));
      this.events = order.stream().mapToInt(e -> e).toArray();
    }

    boolean isExplained(int capacity) {
      return isExplained(Model.fresh(capacity, ops.length), 0);
    }

    /** Either one of the operations under way takes effect now, or the next event comes first. */
    private boolean isExplained(Model model, int next) {
      if (next == events.length) {
        return true;
      }
      if (!dead.add(List.of(model, next))) {
        return false;
      }
      int event = events[next];
      boolean comesNext = event >= 0 || ops[~event].outcome.equals(model.outcomes.get(~event));
      if (comesNext && isExplained(model, next + 1)) {
        return true;
      }
      for (int i = 0; i < next; i++) {
        int index = events[i];
        if (index >= 0 && model.outcomes.get(index) == null) {
          Model after = model.after(index, ops[index]);
          if (isPossible(after) && isExplained(after, next)) {
            return true;
          }
        } else if (index >= 0 && model.isWaiting(index) && ops[index].outcome == TIMED_OUT) {
          if (isExplained(model.afterTimeout(index), next)) {
            return true;
          }
        }
      }
      return false;
    }

    private boolean isPossible(Model model) {
      for (int i = 0; i < ops.length; i++) {
        Object outcome = model.outcomes.get(i);
        if (outcome != null && !model.isWaiting(i) && !outcome.equals(ops[i].outcome)) {
          return false;
        }
      }
      return true;
    }
  }

  /** Has threads do random operations of some kinds at the same time. */
  private static Op[] history(Subject subject, SplittableRandom random, Kind... kinds) {
    Op[] ops = new Op[THREADS * STEPS];
    for (int i = 0; i < ops.length; i++) {
      ops[i] = new Op(kinds[random.nextInt(kinds.length)], i);
    }
    AtomicInteger clock = new AtomicInteger();
    AtomicInteger ready = new AtomicInteger();
    List<Call> calls = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      int first = t * STEPS;
      calls.add(
          Caller.GOROUTINE.start(() -> {
            ready.incrementAndGet();
            TestSupport.await("the others", () -> ready.get() == THREADS);
            for (int i = first; i < first + STEPS; i++) {
              Op op = ops[i];
              op.called = clock.incrementAndGet();
              op.outcome = subject.perform(op);
              op.returned = clock.incrementAndGet();
            }
          }));
    }
    calls.forEach(Call::join);
    return ops;
  }

  private static void assertLinearizable(int rounds, Kind... kinds) {
    SplittableRandom random = new SplittableRandom(1);
    for (int round = 0; round < rounds; round++) {
      int capacity = round % 3;
      Op[] ops = history(channel(capacity), random, kinds);
      assertTrue(
          new Search(ops).isExplained(capacity),
          () -> "capacity " + capacity + ", no order explains " + Arrays.toString(ops));
    }
  }

  private static boolean isCaught(java.util.function.IntFunction<Subject> mutant, Kind... kinds) {
    SplittableRandom random = new SplittableRandom(1);
    for (int round = 0; round < 20_000; round++) {
      Op[] ops = history(mutant.apply(1), random, kinds);
      if (!new Search(ops).isExplained(1)) {
        return true;
      }
    }
    return false;
  }

  @Test
  void ofTheOperationsThatDoNotWait() {
    assertLinearizable(6_000, Kind.TRY_SEND, Kind.TRY_RECEIVE);
  }

  @Test
  void ofAllOperationsButClose() {
    assertLinearizable(
        6_000, Kind.TRY_SEND, Kind.TRY_RECEIVE, Kind.SEND_BRIEFLY, Kind.RECEIVE_BRIEFLY, Kind.LEN);
  }

  @Test
  void ofAllOperations() {
    assertLinearizable(6_000, Kind.values());
  }

  /** The mutant: it looks, lets others continue, and then acts on what it saw. */
  @Test
  void aChannelThatActsOnAnOldLookIsCaught() {
    assertTrue(isCaught(RacyChan::new, Kind.TRY_SEND, Kind.TRY_RECEIVE));
  }

  /** The mutant: for a moment the channel is empty while the next value moves in. */
  @Test
  void aChannelThatSeemsEmptyForAMomentIsCaught() {
    assertTrue(isCaught(BlinkingChan::new, Kind.TRY_SEND, Kind.TRY_RECEIVE, Kind.LEN));
  }

  /** The checker itself, on histories made by hand. */
  @Test
  void theSearchTellsGoodHistoriesFromBad() {
    assertTrue(explains(at(Kind.TRY_SEND, 0, 1, 4, true), at(Kind.TRY_RECEIVE, 1, 2, 3, 0)));
    assertFalse(explains(at(Kind.TRY_SEND, 0, 1, 2, true), at(Kind.TRY_RECEIVE, 1, 3, 4, NOTHING)));
    assertFalse(
        explains(at(Kind.TRY_SEND, 0, 1, 2, true), at(Kind.TRY_SEND, 1, 3, 4, true)),
        "two in a buffer of one");
    assertTrue(
        explains(
            at(Kind.TRY_SEND, 0, 1, 2, true),
            at(Kind.SEND_BRIEFLY, 1, 3, 6, true),
            at(Kind.TRY_RECEIVE, 2, 4, 5, 0)));
    assertFalse(
        explains(
            at(Kind.TRY_SEND, 0, 1, 2, true),
            at(Kind.SEND_BRIEFLY, 1, 3, 6, TIMED_OUT),
            at(Kind.TRY_RECEIVE, 2, 7, 8, 1)),
        "received what was not sent");
  }

  private static boolean explains(Op... ops) {
    return new Search(ops).isExplained(1);
  }

  private static Op at(Kind kind, int value, int called, int returned, Object outcome) {
    Op op = new Op(kind, value);
    op.called = called;
    op.returned = returned;
    op.outcome = outcome;
    return op;
  }

  /** Checks and acts in two steps. */
  private static final class RacyChan implements Subject {
    private final Chan<Integer> elements = Chan.buffered(100);
    private final int capacity;

    RacyChan(int capacity) {
      this.capacity = capacity;
    }

    @Override
    public Object perform(Op op) throws InterruptedException {
      if (op.kind == Kind.TRY_SEND) {
        if (elements.len() >= capacity) {
          return false;
        }
        Go.gosched();
      }
      return ChanLinearizabilityTest.perform(elements, op);
    }
  }

  /** Takes out the value, and puts it back if the operation was not meant to. */
  private static final class BlinkingChan implements Subject {
    private final Chan<Integer> elements;

    BlinkingChan(int capacity) {
      this.elements = Chan.buffered(capacity);
    }

    @Override
    public Object perform(Op op) throws InterruptedException {
      if (op.kind == Kind.LEN) {
        Integer value = elements.tryReceive();
        Go.gosched();
        return value != null && elements.trySend(value) ? 1 : 0;
      }
      return ChanLinearizabilityTest.perform(elements, op);
    }
  }
}

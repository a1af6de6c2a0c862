package io.heddle;

import io.heddle.internal.Outcome;
import io.heddle.internal.Strategy;
import io.heddle.internal.Stuck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A bubble in which one goroutine runs at a time, and a {@link Strategy} chooses which. So the
 * strategy determines the whole run, as long as the goroutines get nothing from outside.
 *
 * <p>The goroutine that runs has the <i>turn</i>. It passes the turn on when it parks or ends. The
 * strategy may also take the turn from it when it starts or wakes another goroutine, before each
 * operation on an object of the bubble, and when it yields. The others wait for their turn on their
 * own threads, wherever they are. When no goroutine can take the turn, the clock moves, as in every
 * bubble. A goroutine that waits for something outside passes the turn on, too, but counts as
 * active, so that the clock stands still.
 */
final class ExploringClock extends BubbleClock {
  /** How long a goroutine may have its turn without taking a step, in real time. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Strategy strategy;
  private final int maxSteps;
  private final @Nullable Trace trace;

  /** Those that can run and do not, in the order in which they became so. Guarded. */
  private final List<Member> ready = new ArrayList<>();

  /** The goroutine that has the turn. Changed under the guard. */
  private volatile @Nullable Member running;

  private int[] numbers = new int[8];

  /** Counted by the goroutine that has the turn. */
  private volatile int steps;

  private volatile boolean endless;

  ExploringClock(Strategy strategy, int maxSteps, boolean traced) {
    this.strategy = strategy;
    this.maxSteps = maxSteps;
    this.trace = traced ? new Trace(this) : null;
  }

  /** Runs main under the strategy's schedule. */
  Outcome explore(Task main) throws InterruptedException {
    Throwable failure = null;
    Stuck stuck = null;
    try {
      stuck = run(main);
    } catch (PanicException e) {
      failure = e;
    }
    return new Outcome(failure, stuck, endless, steps, trace == null ? List.of() : trace.lines());
  }

  @Override
  RandomGenerator random() {
    return strategy.random();
  }

  /** Watches for a goroutine that has the turn and is stuck outside of Heddle. */
  @Override
  void awaitEnd(Signal over) throws InterruptedException {
    if (over != root.over()) {
      over.receive();
      return;
    }
    while (true) {
      int before = steps;
      try {
        over.receive(PATIENCE);
        return;
      } catch (TimeoutException e) {
        Member holder = running;
        if (steps == before && holder != null && holder.routine.isBlockedOutside()) {
          throw new IllegalStateException(
              "a goroutine is blocked outside of Heddle while it is its turn; while schedules are"
                  + " explored, no lock of the JDK may be held in an operation of Heddle\n\n"
                  + holder.routine.snapshot(holder.routine.stack()).text());
        }
      }
    }
  }

  @Override
  void begin(Member member) {
    awaitTurn(member);
  }

  @Override
  void ready(Member member) {
    ready.add(member);
    if (trace != null) {
      trace.ready(member);
    }
  }

  @Override
  void released(Member member) {
    if (running == member) {
      running = null;
    }
    if (trace != null) {
      trace.released(member);
    }
  }

  @Override
  void schedule() {
    if (running == null && !moving && !ready.isEmpty()) {
      pass(choose(null));
    }
  }

  @Override
  void awaitTurn(Member member) {
    while (!member.turn) {
      checkAbandoned();
      try {
        LockSupport.park(member.routine);
      } catch (StackOverflowError e) {
        SpinLock.backOff(); // its stack is too deep to be set aside, but it is not its turn
      }
      if (Thread.currentThread().isInterrupted()) {
        member.interrupted = true; // before it is cleared: the clock looks at one or the other
        Thread.interrupted();
      }
    }
    member.turn = false;
    if (member.interrupted) {
      member.interrupted = false;
      Thread.currentThread().interrupt();
    }
  }

  @Override
  void parkOutside(Member member) {
    guard.enter();
    released(member);
    schedule();
    guard.exit();
    checkAbandoned();
    try {
      if (member.routine.isWaiting()) { // an unpark may have ended the wait for the guard instead
        LockSupport.park(member.routine);
      }
    } finally { // its stack may be too deep to be set aside
      guard.enter();
      ready(member);
      schedule();
      guard.exit();
      awaitTurn(member);
    }
  }

  @Override
  void operation() {
    if (trace != null) {
      trace.operation();
    }
    decide();
  }

  @Override
  void giveWay() {
    Member member = runningCaller();
    if (member != null) {
      if (trace != null) {
        trace.operation();
      }
      strategy.gaveWay(member.number);
      decide();
    }
  }

  @Override
  void decide() {
    Member member = runningCaller();
    if (member == null) {
      return;
    }
    int step = steps + 1;
    steps = step;
    if (step > maxSteps) {
      endless = true;
      giveUp();
    }
    checkAbandoned();
    guard.enter();
    if (ready.isEmpty()) {
      guard.exit();
      return;
    }
    Member next = choose(member);
    if (next == member) {
      guard.exit();
      return;
    }
    ready.add(member);
    pass(next);
    guard.exit();
    awaitTurn(member);
  }

  /** The caller if it has the turn; null if it is one of the clock's alarms, or from outside. */
  private @Nullable Member runningCaller() {
    Member member = running;
    return member != null && member.routine.runsOn(Thread.currentThread()) ? member : null;
  }

  /** With the guard held: asks the strategy, and takes the one it chooses out of those ready. */
  private Member choose(@Nullable Member current) {
    int others = ready.size();
    int count = current == null ? others : others + 1;
    int place = 0;
    if (count > 1) {
      if (numbers.length < count) {
        numbers = Arrays.copyOf(numbers, 2 * count);
      }
      for (int i = 0; i < others; i++) {
        numbers[i] = ready.get(i).number;
      }
      if (current != null) {
        numbers[others] = current.number;
      }
      place = strategy.next(numbers, count);
    }
    return place < others || current == null ? ready.remove(place) : current;
  }

  /** With the guard held: gives the turn to a goroutine. */
  private void pass(Member next) {
    running = next;
    next.turn = true;
    LockSupport.unpark(next.thread());
  }
}

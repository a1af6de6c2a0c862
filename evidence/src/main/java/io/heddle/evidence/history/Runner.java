package io.heddle.evidence.history;

import io.heddle.Go;
import io.heddle.Goroutines;
import io.heddle.evidence.history.Operation.Act;
import io.heddle.evidence.history.Operation.Choice;
import io.heddle.evidence.history.Operation.CondWait;
import io.heddle.evidence.history.Operation.Verb;
import io.heddle.evidence.history.Operation.Wait;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Runs a program on real threads and writes its history down.
 *
 * <p>A program may come to rest with threads asleep that nothing will wake. That is no failure by
 * itself, and is seen without waiting: all threads that have not ended are parked, and none has
 * moved between two looks. Then their calls have no return in the history, and they are sent home.
 * If that is an error, it gets a while to turn out not to be one: a deadline may be to come, and a
 * platform thread that was unparked looks parked until it gets a processor.
 */
final class Runner {
  private static final long LOOK_NANOS = 500_000;

  /** How often to look again, LOOK_NANOS apart, before a lost wake-up is believed. */
  private static final int DOUBTS = 400;

  private static final long PATIENCE_NANOS = 60_000_000_000L;

  private final Program program;
  private final Rig rig;
  private final List<Worker> workers = new ArrayList<>();
  private final AtomicInteger ready = new AtomicInteger();
  private final CountDownLatch running;
  private volatile boolean over;

  private Runner(Program program, Rig rig, SplittableRandom random) {
    this.program = program;
    this.rig = rig;
    this.running = new CountDownLatch(program.threads().size());
    for (int t = 0; t < program.threads().size(); t++) {
      workers.add(new Worker(t, random.split()));
    }
  }

  /** Runs a program once. Chance decides about kinds of threads and small delays. */
  static History run(Program program, Rig rig, SplittableRandom random)
      throws InterruptedException {
    return new Runner(program, rig, random).run(random);
  }

  private History run(SplittableRandom random) throws InterruptedException {
    for (Worker worker : workers) {
      worker.start(random.nextInt(16));
    }
    long since = System.nanoTime();
    while (!running.await(LOOK_NANOS, TimeUnit.NANOSECONDS) && !isAtRest()) {
      if (System.nanoTime() - since > PATIENCE_NANOS) {
        throw new AssertionError(
            "does not come to rest: "
                + program.describe()
                + history().diagram(Integer.MAX_VALUE)
                + Goroutines.dump());
      }
    }
    History history = history();
    for (int doubts = 0; doubts < DOUBTS && Checker.wantsReturns(history); doubts++) {
      running.await(LOOK_NANOS, TimeUnit.NANOSECONDS);
      history = history();
    }
    over = true;
    while (running.getCount() > 0) {
      for (Worker worker : workers) {
        worker.thread().interrupt();
      }
      rig.unlockAll();
      LockSupport.parkNanos(10_000);
    }
    for (Worker worker : workers) {
      if (worker.failure != null) {
        throw new AssertionError("in " + history.diagram(Integer.MAX_VALUE), worker.failure);
      }
    }
    return history;
  }

  private boolean isAtRest() {
    int moves = moves();
    if (!allAsleep()) {
      return false;
    }
    // One that was woken by another, between the looks at the two, has moved or is awake now.
    return allAsleep() && moves == moves();
  }

  private boolean allAsleep() {
    return workers.stream().allMatch(Worker::isAsleep);
  }

  private int moves() {
    return workers.stream().mapToInt(worker -> worker.moves.get()).sum();
  }

  private History history() {
    List<Call> calls = new ArrayList<>();
    for (Worker worker : workers) {
      int moves = worker.moves.get(); // makes earlier writes visible
      for (int i = 0; i < worker.calls.size() && i <= moves / 2; i++) {
        calls.add(worker.calls.get(i).copy());
      }
    }
    return new History(program, calls);
  }

  /** One thread of the program. */
  private final class Worker {
    final List<Call> calls = new ArrayList<>();
    private final int index;
    private final SplittableRandom random;

    /** What the thread may give back, by object; a read-write mutex's readers come after all. */
    private final int[] held = new int[2 * program.items().size()];

    /** Twice the number of operations done, and one more while in the next. */
    private final AtomicInteger moves = new AtomicInteger();

    volatile boolean ended;
    @Nullable Throwable failure;
    private @Nullable Thread thread;

    Worker(int index, SplittableRandom random) {
      this.index = index;
      this.random = random;
      for (Operation operation : program.threads().get(index)) {
        calls.add(new Call(index, operation));
      }
    }

    Thread thread() {
      return java.util.Objects.requireNonNull(thread);
    }

    /** Most are goroutines, but other threads may call, too. */
    void start(int kind) {
      Thread started =
          switch (kind) {
            case 0 -> Thread.ofPlatform().daemon().unstarted(this::work);
            case 1, 2 -> Thread.ofVirtual().unstarted(this::work);
            default -> null;
          };
      if (started != null) {
        thread = started;
        started.start();
      } else {
        thread = Go.go(this::work).thread();
      }
      rig.thread(index, thread());
      ready.incrementAndGet();
    }

    private void work() {
      try {
        while (ready.get() < program.threads().size()) {
          Go.gosched();
        }
        for (Call call : calls) {
          pause();
          if (isLeftOut(call.operation)) {
            call.outcome = Outcome.SKIPPED;
            move(2);
            continue;
          }
          move(1);
          call.called = System.nanoTime();
          int outcome = rig.perform(call.operation);
          long now = System.nanoTime();
          if (over) {
            return;
          }
          call.outcome = outcome;
          call.returned = now;
          move(1);
          account(call.operation, outcome);
        }
      } catch (Throwable e) {
        failure = e;
      } finally {
        ended = true;
        running.countDown();
      }
    }

    private void pause() {
      int turns = random.nextInt(4) == 0 ? random.nextInt(300) : 0;
      for (int i = 0; i < turns; i++) {
        Thread.onSpinWait();
      }
      if (random.nextInt(8) == 0) {
        Go.gosched();
      }
    }

    private boolean isLeftOut(Operation operation) {
      return switch (operation) {
        case CondWait wait -> held[program.items().get(wait.item()).size()] == 0;
        case Act(Operation.Deed deed, int item, int argument) ->
            switch (deed) {
              case UNLOCK -> held[item] == 0;
              case READ_UNLOCK -> held[readers(item)] == 0;
              case RELEASE -> held[item] < argument;
              default -> false;
            };
        case Wait wait -> false;
      };
    }

    private void account(Operation operation, int outcome) {
      if (operation instanceof Wait wait && outcome >= 0) {
        Choice chosen = wait.cases().get(outcome >> 16);
        if (chosen.verb() == Verb.LOCK) {
          held[chosen.item()]++;
        } else if (chosen.verb() == Verb.READ_LOCK) {
          held[readers(chosen.item())]++;
        } else if (chosen.verb() == Verb.ACQUIRE) {
          held[chosen.item()] += chosen.argument();
        }
      } else if (operation instanceof Act act) {
        switch (act.deed()) {
          case UNLOCK -> held[act.item()]--;
          case READ_UNLOCK -> held[readers(act.item())]--;
          case RELEASE -> held[act.item()] -= act.argument();
          default -> {}
        }
      }
    }

    private void move(int by) {
      moves.setRelease(moves.getPlain() + by); // only this thread moves
    }

    private int readers(int item) {
      return program.items().size() + item;
    }

    /** Whether nothing but another thread can bring this one on. */
    boolean isAsleep() {
      int now = moves.get();
      return ended || (now % 2 == 1 && thread().getState() == Thread.State.WAITING);
    }
  }
}

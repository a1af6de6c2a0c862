package io.heddle;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Tries operations at every depth near the end of a stack, where each of their calls may overflow,
 * and verifies then that exactly those have happened that returned. {@link StackOverflowTest} runs
 * it in a JVM of its own, as a lock that stays held, or a class that fails to initialise, would
 * disturb other tests.
 */
@SuppressWarnings({
  "InfiniteRecursion", // that is what the descents are for
  "NonAtomicVolatileUpdate" // one thread writes, and a method that counts might overflow
})
final class StackEdge {
  /** What is tried, and what has to hold afterwards. */
  interface Subject {
    /** The operation. It has happened if it returns, and has not if it overflows. */
    void operate() throws Exception;

    /**
     * Called by another thread, with all its stack.
     *
     * @param done how many operations have returned
     * @throws AssertionError unless exactly these have happened, or if anything is left behind
     */
    void verify(int done) throws Exception;
  }

  interface Maker {
    Subject make() throws Exception;
  }

  /** After as many operations in a row that did not overflow, the end of the stack is far away. */
  private static final int FAR = 24;

  private static final int MOST_ATTEMPTS = 2_000;

  /** Small, so that a descent is quick; a goroutine has the stack of its carrier. */
  private static final long STACK_BYTES = 320 << 10;

  /** Only a hang takes so long: interpreted, on a busy machine, a descent may take ten seconds. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  /** The subject runs as often before, with enough stack, in the second half of the rounds. */
  private static final int WARM_UP = 1_000;

  private final Subject subject;
  private volatile boolean ended;
  private int attempts;
  private int inARow;

  private volatile int done;
  private volatile int overflows;

  private volatile Throwable failure;

  private StackEdge(Subject subject) {
    this.subject = subject;
  }

  /**
   * Prints a line for each subject that is broken.
   *
   * @param arguments the number of rounds, and the names of those to try, all if there is none
   */
  public static void main(String[] arguments) throws Exception {
    Thread.setDefaultUncaughtExceptionHandler((thread, e) -> {
      IO.println("uncaught in " + thread + ": " + e);
    });
    int rounds = Integer.parseInt(arguments[0]);
    List<String> wanted = List.of(arguments).subList(1, arguments.length);
    int tried = 0;
    long overflows = 0;
    for (Map.Entry<String, Maker> each : StackEdgeCases.all().entrySet()) {
      if (wanted.isEmpty() || wanted.contains(each.getKey())) {
        StackEdge.initialise(each.getValue());
        long found = StackEdge.tried(each.getKey(), each.getValue(), rounds);
        overflows += Math.max(0, found);
        tried += found < 0 ? 0 : 1;
      }
    }
    IO.println("usable: " + tried + " after " + overflows + " overflows");
    Runtime.getRuntime().halt(0); // what is stuck stays
  }

  /** The JVM never again initialises a class whose first initialisation overflowed. */
  private static void initialise(Maker maker) throws Exception {
    Subject subject = maker.make();
    subject.operate();
    subject.verify(1);
  }

  /** Returns how often the subject overflowed, -1 if it is broken then. */
  private static long tried(String name, Maker maker, int rounds) {
    long overflows = 0;
    for (int round = 0; round < rounds; round++) {
      for (boolean goroutine : new boolean[] {false, true}) {
        String where = name + ", " + (goroutine ? "goroutine" : "thread") + ", round " + round;
        try {
          StackEdge edge = new StackEdge(maker.make());
          edge.run(goroutine, round, round >= rounds / 2 ? WARM_UP : 0);
          overflows += edge.overflows;
        } catch (Throwable e) {
          IO.println(
              "BROKEN " + where + ": " + e + (e.getCause() == null ? "" : ": " + e.getCause()));
          return -1;
        }
      }
    }
    return overflows;
  }

  private void run(boolean goroutine, int shape, int warmUp) throws Throwable {
    Runnable descent =
        () -> {
          try {
            for (int i = 0; i < warmUp; i++) {
              subject.operate();
              done++;
            }
            descendIn(shape);
          } catch (Exception e) {
            failure = e;
          }
          ended = true;
        };
    Thread thread = start(goroutine, descent);
    if (!thread.join(PATIENCE) && !ended) {
      throw new AssertionError("stuck after " + this + " at " + frames(thread));
    }
    if (failure != null) {
      throw new AssertionError("after " + this, failure);
    }
    AtomicReference<Throwable> wrong = new AtomicReference<>();
    Thread verifier =
        start(
            false,
            () -> {
              try {
                subject.verify(done);
              } catch (Throwable e) {
                wrong.set(e);
              }
            });
    if (!verifier.join(PATIENCE)) {
      throw new AssertionError("unusable after " + this + ": at " + frames(verifier));
    }
    if (wrong.get() != null) {
      throw new AssertionError("wrong after " + this, wrong.get());
    }
  }

  private static Thread start(boolean goroutine, Runnable task) {
    if (goroutine) {
      return Go.go(task::run).thread();
    }
    Thread thread = new Thread(null, task, "edge", STACK_BYTES);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static List<String> frames(Thread thread) {
    List<String> frames = new ArrayList<>();
    for (StackTraceElement frame : thread.getStackTrace()) {
      if (frames.size() < 12) {
        frames.add(
            frame.getClassName() + "." + frame.getMethodName() + ":" + frame.getLineNumber());
      }
    }
    return frames;
  }

  @Override
  public String toString() {
    return done + " operations and " + overflows + " overflows";
  }

  /** Frames of several sizes, so that the end comes at another place of the operation. */
  private void descendIn(int shape) {
    switch (shape % 4) {
      case 0 -> descend();
      case 1 -> descend(1);
      case 2 -> descend(1, 2, 3);
      default -> descend(1, 2, 3, 4, 5);
    }
  }

  private void descend() {
    try {
      descend();
    } catch (StackOverflowError e) {
      // the end
    }
    attempt();
  }

  private void descend(long a) {
    try {
      descend(a);
    } catch (StackOverflowError e) {
      // the end
    }
    attempt();
  }

  private void descend(long a, long b, long c) {
    try {
      descend(b, c, a);
    } catch (StackOverflowError e) {
      // the end
    }
    attempt();
  }

  private void descend(long a, long b, long c, long d, long e) {
    try {
      descend(b, c, d, e, a);
    } catch (StackOverflowError f) {
      // the end
    }
    attempt();
  }

  private void attempt() {
    if (inARow == FAR || attempts == MOST_ATTEMPTS || failure != null) {
      return;
    }
    attempts++;
    try {
      subject.operate();
      done++;
      inARow++;
    } catch (StackOverflowError e) {
      overflows++;
      inARow = 0;
    } catch (Throwable e) {
      failure = e;
    }
  }
}

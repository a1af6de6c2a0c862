package io.heddle.evidence.jcstress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.heddle.Chan;
import io.heddle.Mutex;
import io.heddle.Once;
import io.heddle.RWMutex;
import io.heddle.Semaphore;
import io.heddle.Task;
import io.heddle.WaitGroup;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * What each primitive orders, on plain fields, in every way that jcstress compiles the two sides.
 */
public final class HappensBefore {
  private HappensBefore() {}

  /** No thread is interrupted here. */
  private static void sure(Task task) {
    try {
      task.run();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** A send happens before its receive returns. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "what was written before the send")
  @Outcome(expect = FORBIDDEN, desc = "stale")
  @State
  public static class SendReceive {
    private final Chan<Integer> channel = Chan.buffered(1);
    private int x;

    @Actor
    public void send() {
      x = 1;
      sure(() -> channel.send(1));
    }

    @Actor
    public void receive(I_Result result) {
      sure(channel::receive);
      result.r1 = x;
    }
  }

  /** A receive from a channel without places happens before its send returns. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "what the other wrote before they met")
  @Outcome(expect = FORBIDDEN, desc = "stale")
  @State
  public static class Rendezvous {
    private final Chan<Integer> channel = Chan.unbuffered();
    private int x;
    private int y;

    @Actor
    public void send(II_Result result) {
      x = 1;
      sure(() -> channel.send(1));
      result.r2 = y;
    }

    @Actor
    public void receive(II_Result result) {
      y = 1;
      sure(channel::receive);
      result.r1 = x;
    }
  }

  /** A receive happens before the return of the send that needed its place. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "what was written before the receive")
  @Outcome(expect = FORBIDDEN, desc = "stale")
  @State
  public static class Capacity {
    private final Chan<Integer> channel = Chan.buffered(1);
    private int x;

    @Actor
    public void receive() {
      x = 1;
      sure(channel::receive);
    }

    @Actor
    public void send(I_Result result) {
      sure(() -> channel.send(1));
      sure(() -> channel.send(2));
      result.r1 = x;
    }
  }

  /** A close happens before a receive that returns because of it. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "what was written before the close")
  @Outcome(expect = FORBIDDEN, desc = "stale")
  @State
  public static class Close {
    private final Chan<Integer> channel = Chan.unbuffered();
    private int x;

    @Actor
    public void close() {
      x = 1;
      channel.close();
    }

    @Actor
    public void receive(I_Result result) {
      sure(channel::receive);
      result.r1 = x;
    }
  }

  /** An unlock happens before every later lock. */
  @JCStressTest
  @Outcome(id = "2", expect = ACCEPTABLE, desc = "both counted")
  @Outcome(expect = FORBIDDEN, desc = "lost")
  @State
  public static class Lock {
    private final Mutex mutex = new Mutex();
    private int x;

    @Actor
    public void one() {
      sure(mutex::lock);
      x++;
      mutex.unlock();
    }

    @Actor
    public void other() {
      sure(mutex::lock);
      x++;
      mutex.unlock();
    }

    @Arbiter
    public void end(I_Result result) {
      result.r1 = x;
    }
  }

  /** A write unlock happens before every later read lock, a read unlock before a write lock. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "before the writer")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "after it")
  @Outcome(expect = FORBIDDEN, desc = "between")
  @State
  public static class ReadWriteLock {
    private final RWMutex mutex = new RWMutex();
    private int x;
    private int y;

    @Actor
    public void write() {
      sure(mutex::lock);
      x = 1;
      y = 1;
      mutex.unlock();
    }

    @Actor
    public void read(II_Result result) {
      sure(mutex.reading()::lock);
      result.r1 = y;
      result.r2 = x;
      mutex.reading().unlock();
    }
  }

  /** The action happens before the return of every run. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "what the action wrote, once")
  @Outcome(expect = FORBIDDEN, desc = "stale, or twice")
  @State
  public static class OnceOnly {
    private final Once once = new Once();
    private int x;

    @Actor
    public void one(II_Result result) {
      sure(() -> once.run(() -> x++));
      result.r1 = x;
    }

    @Actor
    public void other(II_Result result) {
      sure(() -> once.run(() -> x++));
      result.r2 = x;
    }
  }

  /** A done happens before the return of the waits that it ends. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "what was written before the done")
  @Outcome(expect = FORBIDDEN, desc = "stale")
  @State
  public static class Group {
    private final WaitGroup group = new WaitGroup();
    private int x;

    public Group() {
      group.add(1);
    }

    @Actor
    public void done() {
      x = 1;
      group.done();
    }

    @Actor
    public void await(I_Result result) {
      sure(group::await);
      result.r1 = x;
    }
  }

  /** A release happens before the return of the acquire that gets the permit. */
  @JCStressTest
  @Outcome(id = "2", expect = ACCEPTABLE, desc = "both counted")
  @Outcome(expect = FORBIDDEN, desc = "lost")
  @State
  public static class Permit {
    private final Semaphore semaphore = new Semaphore(1);
    private int x;

    @Actor
    public void one() {
      sure(semaphore::acquire);
      x++;
      semaphore.release();
    }

    @Actor
    public void other() {
      sure(semaphore::acquire);
      x++;
      semaphore.release();
    }

    @Arbiter
    public void end(I_Result result) {
      result.r1 = x;
    }
  }

  /** The racy twin: the same as {@link Lock}, with nothing that orders. */
  @JCStressTest
  @Outcome(id = "2", expect = ACCEPTABLE, desc = "both counted")
  @Outcome(id = "1", expect = ACCEPTABLE_INTERESTING, desc = "lost, as nothing orders the two")
  @Outcome(expect = FORBIDDEN, desc = "neither counted")
  @State
  public static class NoLock {
    private int x;

    @Actor
    public void one() {
      x++;
    }

    @Actor
    public void other() {
      x++;
    }

    @Arbiter
    public void end(I_Result result) {
      result.r1 = x;
    }
  }
}

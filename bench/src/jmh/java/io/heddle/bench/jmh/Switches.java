package io.heddle.bench.jmh;

import static io.heddle.Go.go;

import io.heddle.Chan;
import io.heddle.Go;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * The lower bound: the cost on this JVM of a switch from one light thread to another, from the bare
 * continuation up to Heddle's channel. One operation is one switch, or one hand-off that contains
 * one switch.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
    jvmArgsAppend = {
      "--add-exports=java.base/jdk.internal.vm=ALL-UNNAMED",
      "--add-opens=java.base/java.lang=ALL-UNNAMED",
      "--enable-native-access=ALL-UNNAMED"
    })
public class Switches {
  private static final int SWITCHES = 10_000;

  /** jdk.internal.vm.Continuation: what a virtual thread is made of. No public interface. */
  private static final class Continuations {
    static final MethodHandle RUN;
    static final MethodHandle YIELD;
    static final MethodHandle NEW;
    static final Object SCOPE;

    static {
      try {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        Class<?> scope = Class.forName("jdk.internal.vm.ContinuationScope");
        Class<?> continuation = Class.forName("jdk.internal.vm.Continuation");
        SCOPE = scope.getConstructor(String.class).newInstance("benchmark");
        RUN =
            lookup
                .findVirtual(continuation, "run", MethodType.methodType(void.class))
                .asType(MethodType.methodType(void.class, Object.class));
        YIELD =
            lookup
                .findStatic(continuation, "yield", MethodType.methodType(boolean.class, scope))
                .bindTo(SCOPE);
        NEW =
            lookup
                .findConstructor(
                    continuation, MethodType.methodType(void.class, scope, Runnable.class))
                .bindTo(SCOPE)
                .asType(MethodType.methodType(Object.class, Runnable.class));
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    static void yieldForEver() {
      try {
        while (true) {
          boolean _ = (boolean) YIELD.invokeExact();
        }
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private Object continuation = this;
  private final Queue<Runnable> ready = new ArrayDeque<>();
  private final Thread[] pair = new Thread[2];

  @Setup(Level.Trial)
  public void setUp() throws Throwable {
    continuation = (Object) Continuations.NEW.invokeExact((Runnable) Continuations::yieldForEver);
    // Virtual threads that this thread runs, one after the other.
    var constructor =
        Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder")
            .getDeclaredConstructor(Executor.class);
    constructor.setAccessible(true);
    for (int i = 0; i < 2; i++) {
      int mine = i;
      Executor executor = ready::add;
      pair[i] =
          ((Thread.Builder.OfVirtual) constructor.newInstance(executor))
              .unstarted(() -> {
                while (true) {
                  LockSupport.unpark(pair[1 - mine]);
                  LockSupport.park();
                }
              });
    }
    pair[0].start();
    pair[1].start();
  }

  /** Into a bare continuation and out again. */
  @Benchmark
  public void bareContinuation() throws Throwable {
    Continuations.RUN.invokeExact(continuation);
  }

  /** A virtual thread wakes another and parks: in one platform thread, with the simplest queue. */
  @Benchmark
  @OperationsPerInvocation(SWITCHES)
  public void virtualThreadParkUnpark() {
    for (int i = 0; i < SWITCHES; i++) {
      ready.remove().run();
    }
  }

  /** The same on the JDK's scheduler. */
  @Benchmark
  @OperationsPerInvocation(2 * SWITCHES)
  public void virtualThreadParkUnparkOnJdkScheduler() throws InterruptedException {
    Thread[] two = new Thread[2];
    CountDownLatch both = new CountDownLatch(1);
    for (int i = 0; i < 2; i++) {
      int mine = i;
      two[i] =
          Thread.ofVirtual()
              .unstarted(() -> {
                try {
                  both.await();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
                for (int turn = 0; turn < SWITCHES; turn++) {
                  LockSupport.unpark(two[1 - mine]);
                  LockSupport.park();
                }
                LockSupport.unpark(two[1 - mine]);
              });
    }
    two[0].start();
    two[1].start();
    both.countDown();
    two[0].join();
    two[1].join();
  }

  /** Two goroutines in turns over an unbuffered channel: Go's ChanSync. */
  @Benchmark
  @OperationsPerInvocation(2 * SWITCHES)
  public void goroutinesOverChannel() throws InterruptedException {
    Go.run(() -> {
      Chan<Integer> chan = Chan.unbuffered();
      var other =
          go(() -> {
            for (int turn = 0; turn < SWITCHES; turn++) {
              chan.receive();
              chan.send(1);
            }
          });
      for (int turn = 0; turn < SWITCHES; turn++) {
        chan.send(1);
        chan.receive();
      }
      other.join();
    });
  }
}

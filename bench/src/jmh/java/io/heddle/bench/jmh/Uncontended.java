package io.heddle.bench.jmh;

import io.heddle.Chan;
import io.heddle.Mutex;
import io.heddle.Once;
import io.heddle.OnceValue;
import io.heddle.RWMutex;
import io.heddle.Semaphore;
import io.heddle.WaitGroup;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * Operations without contention. {@code -prof gc} shows that Heddle's operations allocate nothing.
 * Some are measured together with the JDK's counterpart.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Uncontended {
  private final Chan<Integer> chan = Chan.buffered(16);
  private final ArrayBlockingQueue<Integer> queue = new ArrayBlockingQueue<>(16);
  private final Mutex mutex = new Mutex();
  private final ReentrantLock lock = new ReentrantLock();
  private final RWMutex rwMutex = new RWMutex();
  private final Once once = new Once();
  private final OnceValue<Integer> onceValue = OnceValue.of(() -> 42);
  private final WaitGroup group = new WaitGroup();
  private final Semaphore semaphore = new Semaphore(1);
  private final java.util.concurrent.Semaphore jdkSemaphore = new java.util.concurrent.Semaphore(1);

  @Benchmark
  public Integer bufferedSendReceive() throws InterruptedException {
    chan.send(1);
    return chan.receive();
  }

  @Benchmark
  public Integer bufferedTrySendTryReceive() {
    chan.trySend(1);
    return chan.tryReceive();
  }

  @Benchmark
  public Integer jdkArrayBlockingQueue() throws InterruptedException {
    queue.put(1);
    return queue.take();
  }

  @Benchmark
  public void mutex() throws InterruptedException {
    mutex.lock();
    mutex.unlock();
  }

  @Benchmark
  public void jdkReentrantLock() {
    lock.lock();
    lock.unlock();
  }

  @Benchmark
  public void rwMutexRead() throws InterruptedException {
    rwMutex.reading().lock();
    rwMutex.reading().unlock();
  }

  @Benchmark
  public void once() throws Exception {
    once.run(() -> {});
  }

  @Benchmark
  public Integer onceValue() throws Exception {
    return onceValue.get();
  }

  @Benchmark
  public void waitGroup() throws InterruptedException {
    group.add(1);
    group.done();
    group.await();
  }

  @Benchmark
  public void semaphore() throws InterruptedException {
    semaphore.acquire();
    semaphore.release();
  }

  @Benchmark
  public void jdkSemaphore() throws InterruptedException {
    jdkSemaphore.acquire();
    jdkSemaphore.release();
  }
}

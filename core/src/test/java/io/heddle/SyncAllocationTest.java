package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What costs no allocation as long as nobody has to wait. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SyncAllocationTest {
  private static final int CALLS = 10_000;

  /** The bytes that the calling thread has allocated; the call itself allocates nothing. */
  private static final MethodHandle ALLOCATED = allocated();

  /** Through reflection, because the module of these tests does not read the JDK's management. */
  private static MethodHandle allocated() {
    try {
      Object bean =
          Class.forName("java.lang.management.ManagementFactory")
              .getMethod("getThreadMXBean")
              .invoke(null);
      MethodHandle method =
          MethodHandles.publicLookup()
              .unreflect(
                  Class.forName("com.sun.management.ThreadMXBean")
                      .getMethod("getCurrentThreadAllocatedBytes"));
      return method.bindTo(bean).asType(MethodType.methodType(long.class));
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("no measurement of allocation", e);
    }
  }

  private static long allocatedBytes() {
    try {
      return (long) ALLOCATED.invokeExact();
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aMutex() throws Exception {
    Mutex mutex = new Mutex();
    assertAllocatesNothing(() -> {
      mutex.lock();
      mutex.unlock();
      mutex.tryLock();
      mutex.unlock();
    });
  }

  @Test
  void anRWMutex() throws Exception {
    RWMutex mutex = new RWMutex();
    assertAllocatesNothing(() -> {
      mutex.lock();
      mutex.unlock();
      mutex.reading().lock();
      mutex.reading().unlock();
    });
  }

  @Test
  void aSemaphore() throws Exception {
    Semaphore semaphore = new Semaphore(3);
    assertAllocatesNothing(() -> {
      semaphore.acquire(2);
      semaphore.tryAcquire();
      semaphore.release(3);
    });
  }

  @Test
  void aWaitGroup() throws Exception {
    WaitGroup group = new WaitGroup();
    assertAllocatesNothing(() -> {
      group.add(2);
      group.done();
      group.done();
      group.await();
    });
  }

  @Test
  void aSignalThatNobodyWaitsFor() throws Exception {
    Cond cond = new Cond(new Mutex());
    assertAllocatesNothing(cond::signal);
  }

  @Test
  void aOnceThatHasRun() throws Exception {
    Once once = new Once();
    assertAllocatesNothing(() -> once.run(() -> {}));
  }

  @Test
  void aOnceValueThatIsThere() throws Exception {
    OnceValue<Object> value = OnceValue.of(Object::new);
    assertAllocatesNothing(() -> value.get());
  }

  @Test
  void aSelectForRepeatedUse() throws Exception {
    Mutex mutex = new Mutex();
    Semaphore semaphore = new Semaphore(1);
    semaphore.acquire();
    Select select = Select.of(mutex.onLock(), semaphore.onAcquire(1));
    assertAllocatesNothing(() -> {
      select.await();
      mutex.unlock();
    });
  }

  /** Ten times, of which one counts: the JVM may allocate on the thread while it still compiles. */
  private static void assertAllocatesNothing(Task task) throws Exception {
    assertEquals(0, leastAllocated(task));
  }

  private static long leastAllocated(Task task) throws Exception {
    long least = Long.MAX_VALUE;
    for (int attempt = 0; attempt < 10 && least > 0; attempt++) {
      long before = allocatedBytes();
      for (int i = 0; i < CALLS; i++) {
        task.run();
      }
      least = Math.min(least, allocatedBytes() - before);
    }
    return least;
  }

  private Object kept = "";

  @Test
  void andTheMeasurementSeesOneObjectACall() throws Exception {
    assertNotEquals(0, leastAllocated(() -> kept = new int[1]));
    assertEquals(1, ((int[]) kept).length);
  }
}

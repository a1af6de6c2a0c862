package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Operations that do not allocate as long as no goroutine has to wait. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SyncAllocationTest {
  @Test
  void aMutex() throws Exception {
    Mutex mutex = new Mutex();
    Allocation.assertNone(() -> {
      mutex.lock();
      mutex.unlock();
      mutex.tryLock();
      mutex.unlock();
    });
  }

  @Test
  void anRWMutex() throws Exception {
    RWMutex mutex = new RWMutex();
    Allocation.assertNone(() -> {
      mutex.lock();
      mutex.unlock();
      mutex.reading().lock();
      mutex.reading().unlock();
    });
  }

  @Test
  void aSemaphore() throws Exception {
    Semaphore semaphore = new Semaphore(3);
    Allocation.assertNone(() -> {
      semaphore.acquire(2);
      semaphore.tryAcquire();
      semaphore.release(3);
    });
  }

  @Test
  void aWaitGroup() throws Exception {
    WaitGroup group = new WaitGroup();
    Allocation.assertNone(() -> {
      group.add(2);
      group.done();
      group.done();
      group.await();
    });
  }

  @Test
  void aSignalThatNobodyWaitsFor() throws Exception {
    Cond cond = new Cond(new Mutex());
    Allocation.assertNone(cond::signal);
  }

  @Test
  void aOnceThatHasRun() throws Exception {
    Once once = new Once();
    Allocation.assertNone(() -> once.run(() -> {}));
  }

  @Test
  void aOnceValueThatIsThere() throws Exception {
    OnceValue<Object> value = OnceValue.of(Object::new);
    Allocation.assertNone(() -> value.get());
  }

  @Test
  void aSelectForRepeatedUse() throws Exception {
    Mutex mutex = new Mutex();
    Semaphore semaphore = new Semaphore(1);
    semaphore.acquire();
    Select select = Select.of(mutex.onLock(), semaphore.onAcquire(1));
    Allocation.assertNone(() -> {
      select.await();
      mutex.unlock();
    });
  }

  private Object kept = "";

  @Test
  void andTheMeasurementSeesOneObjectACall() throws Exception {
    assertTrue(Allocation.least(() -> kept = new int[1]) >= 16L * Allocation.CALLS);
    assertEquals(1, ((int[]) kept).length);
  }
}

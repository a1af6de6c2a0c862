package io.heddle.evidence.soak;

import io.heddle.Cond;
import io.heddle.Locker;
import io.heddle.Mutex;
import io.heddle.RWMutex;
import io.heddle.Select;
import io.heddle.Semaphore;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Money moves between accounts under a mutex and a read-write mutex, goods through a bounded buffer
 * with conditions, and permits are acquired and released. The laws: the sum stays, each item is
 * taken or still there, every permit returns, and exclusive sections exclude. The accounts are
 * plain fields.
 */
final class Vault implements Station {
  private static final int ACCOUNTS = 16;
  private static final int SUM = ACCOUNTS * 1_000;
  private static final int SHELVES = 4;
  private static final int PERMITS = 5;

  private final Mutex mutex = new Mutex();
  private final int[] accounts = new int[ACCOUNTS];
  private final RWMutex rwMutex = new RWMutex();
  private final int[] shared = new int[ACCOUNTS];
  private final AtomicInteger readers = new AtomicInteger();
  private final AtomicInteger writers = new AtomicInteger();
  private final Mutex shelf = new Mutex();
  private final Cond notFull = new Cond(shelf);
  private final Cond notEmpty = new Cond(shelf);
  private final Deque<Long> goods = new ArrayDeque<>();
  private long lastPut;
  private final AtomicLong taken = new AtomicLong();
  private final Semaphore semaphore = new Semaphore(PERMITS);
  private final AtomicInteger held = new AtomicInteger();
  private final LongAdder done = new LongAdder();

  @Override
  public void open(Shift shift) {
    java.util.Arrays.fill(accounts, 1_000);
    java.util.Arrays.fill(shared, 1_000);
    for (int i = 0; i < 4; i++) {
      shift.worker(this::transfer);
      shift.worker(this::audit);
      shift.worker(this::put);
      shift.worker(this::take);
      shift.worker(this::useAPermit);
    }
    shift.worker(this::transferShared);
  }

  private static void lock(Locker locker, SplittableRandom random)
      throws InterruptedException, TimeoutException {
    switch (random.nextInt(4)) {
      case 0 -> locker.lock(Duration.ofNanos(random.nextInt(100_000)));
      case 1 -> Select.select(locker.onLock());
      case 2 -> {
        if (!locker.tryLock()) {
          locker.lock();
        }
      }
      default -> locker.lock();
    }
  }

  private void transfer(SplittableRandom random) throws InterruptedException, TimeoutException {
    lock(mutex, random);
    try {
      move(accounts, random);
    } finally {
      mutex.unlock();
    }
  }

  private void transferShared(SplittableRandom random)
      throws InterruptedException, TimeoutException {
    lock(rwMutex, random);
    try {
      Station.require(
          writers.incrementAndGet() == 1 && readers.get() == 0, "a writer is not alone");
      move(shared, random);
      writers.decrementAndGet();
    } finally {
      rwMutex.unlock();
    }
  }

  private void audit(SplittableRandom random) throws InterruptedException, TimeoutException {
    lock(rwMutex.reading(), random);
    try {
      readers.incrementAndGet();
      Station.require(writers.get() == 0, "a reader reads while a writer writes");
      check(shared);
      readers.decrementAndGet();
    } finally {
      rwMutex.reading().unlock();
    }
  }

  private void move(int[] where, SplittableRandom random) {
    int amount = random.nextInt(100);
    where[random.nextInt(ACCOUNTS)] -= amount;
    where[random.nextInt(ACCOUNTS)] += amount;
    check(where);
    done.increment();
  }

  private static void check(int[] where) {
    int sum = java.util.Arrays.stream(where).sum();
    Station.require(sum == SUM, "the accounts sum up to %d", sum);
  }

  private void put(SplittableRandom random) throws InterruptedException, TimeoutException {
    lock(shelf, random);
    try {
      while (goods.size() == SHELVES) {
        notFull.await(Duration.ofMillis(5));
      }
      goods.add(++lastPut);
      notEmpty.signal();
    } finally {
      shelf.unlock();
    }
  }

  private void take(SplittableRandom random) throws InterruptedException, TimeoutException {
    lock(shelf, random);
    try {
      while (goods.isEmpty()) {
        if (random.nextBoolean()) {
          notEmpty.await();
        } else {
          notEmpty.await(Duration.ofNanos(random.nextInt(100_000)));
        }
      }
      long good = goods.remove();
      Station.require(taken.incrementAndGet() == good, "good %d was taken out of turn", good);
      notFull.signal();
      done.increment();
    } finally {
      shelf.unlock();
    }
  }

  private void useAPermit(SplittableRandom random) throws InterruptedException, TimeoutException {
    int n = random.nextInt(1, PERMITS + 1);
    switch (random.nextInt(3)) {
      case 0 -> semaphore.acquire(n, Duration.ofNanos(random.nextInt(100_000)));
      case 1 -> Select.select(semaphore.onAcquire(n));
      default -> semaphore.acquire(n);
    }
    int now = held.addAndGet(n);
    try {
      Station.require(now <= PERMITS, "%d permits of %d are held", now, PERMITS);
    } finally {
      held.addAndGet(-n);
      semaphore.release(n);
    }
    done.increment();
  }

  @Override
  public void close() {
    check(accounts);
    check(shared);
    Station.require(mutex.tryLock(), "the mutex was left locked");
    Station.require(rwMutex.tryLock(), "the read-write mutex was left locked");
    Station.require(shelf.tryLock(), "the buffer was left locked");
    Station.require(
        taken.get() + goods.size() == lastPut,
        "%d were put, %d taken, %d are left",
        lastPut,
        taken.get(),
        goods.size());
    long available = semaphore.available();
    Station.require(available == PERMITS, "%d permits of %d are back", available, PERMITS);
  }

  @Override
  public long done() {
    return done.sum();
  }
}

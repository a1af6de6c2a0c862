package io.heddle.race.kernels;

import static io.heddle.race.kernels.Kernel.both;
import static io.heddle.race.kernels.Kernel.pair;
import static io.heddle.race.kernels.Kernel.racy;
import static io.heddle.race.kernels.Kernel.silent;
import static io.heddle.race.kernels.Kernel.together;

import io.heddle.race.unseen.Order;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CountedCompleter;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Exchanger;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.Phaser;
import java.util.concurrent.RecursiveAction;
import java.util.concurrent.RecursiveTask;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.locks.StampedLock;
import java.util.stream.IntStream;

/** What the JDK's types promise, and bulk operations on arrays. */
final class ContractKernels {
  private static final VarHandle PLAIN;
  private static final VarHandle STATE;
  private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(int[].class);
  private static final AtomicIntegerFieldUpdater<Fields> UPDATER =
      AtomicIntegerFieldUpdater.newUpdater(Fields.class, "state");

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      PLAIN = lookup.findVarHandle(Fields.class, "plain", int.class);
      STATE = lookup.findVarHandle(Fields.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private ContractKernels() {}

  private static final class Fields implements Cloneable {
    int plain;
    int x;
    volatile int state;

    Fields copy() {
      try {
        return (Fields) clone();
      } catch (CloneNotSupportedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** The copy has variables of its own. */
  private static void cloned() throws Exception {
    Fields original = new Fields();
    original.x = 1;
    Fields copy = original.copy();
    both(() -> original.x = 2, () -> copy.x = 2);
  }

  static List<Kernel> all() {
    return List.of(
        racy("AtomicStoreLoad", () -> mixed(f -> PLAIN.setVolatile(f, 1), f -> Vars.use(f.plain))),
        racy("AtomicLoadStore", () -> mixed(f -> Vars.use(load(f)), f -> f.plain = 1)),
        racy("AtomicAddLoad", () -> mixed(f -> Vars.use(add(f)), f -> Vars.use(f.plain))),
        racy("VarHandlePlain", () -> mixed(f -> PLAIN.set(f, 1), f -> Vars.use(f.plain))),
        racy("VarHandleElement", () -> element(true)),
        racy("OtherElementOfAtomicArray", () -> atomicArray(1)),
        racy("ReflectRW", () -> reflected(false)),
        racy("ForkedTasksShare", () -> forkedTasksShare()),
        racy("WrittenAfterTheFork", () -> writtenAfterTheFork()),
        racy("StampedReadersWrite", () -> stamped(true)),
        racy("OptimisticReadWithoutLock", () -> optimistic(true)),
        racy("ArrayCopy", () -> copies(Bulk.ARRAY_COPY, true)),
        racy("SliceCopyRead", () -> copies(Bulk.COPY_FROM, true)),
        racy("SliceAppendWrite", () -> copies(Bulk.APPEND, true)),
        racy("SliceByteToString", () -> copies(Bulk.TO_STRING, true)),
        racy("Fill", () -> copies(Bulk.FILL, true)),
        racy("Sort", () -> copies(Bulk.SORT, true)),
        racy("CompareArrays", () -> copies(Bulk.EQUALS, true)),
        racy("CloneOfArray", () -> copies(Bulk.CLONE, true)),
        racy("ReflectCopyWW", () -> overlappingCopies()),
        silent("SliceCopyRead", () -> copies(Bulk.COPY_FROM, false)),
        silent("SliceWriteCopy", () -> copies(Bulk.ARRAY_COPY, false)),
        silent("AtomicOnly", () -> mixed(f -> PLAIN.setVolatile(f, 1), f -> Vars.use(load(f)))),
        silent("VarHandleElement", () -> element(false)),
        silent("VarHandleAndVolatile", () -> handleAndVolatile()),
        silent("UpdaterAndVolatile", () -> updaterAndVolatile()),
        silent("AtomicArray", () -> atomicArray(0)),
        silent("ReflectRW", () -> reflected(true)),
        silent("Clone", () -> cloned()),
        silent("ForkJoin", () -> forkJoin()),
        silent("ForkedToAnotherWorker", () -> forkedToAnother()),
        silent("ForkJoinResult", () -> forkJoinResult()),
        silent("ForkJoinSubmit", () -> forkJoinSubmit()),
        silent("ParallelStream", () -> parallelStream()),
        silent("CountedCompleter", () -> countedCompleter()),
        silent("Timer", () -> timer()),
        silent("StampedLock", () -> stamped(false)),
        silent("OptimisticRead", () -> optimistic(false)),
        silent("Exchanger", () -> exchanger()),
        silent("Phaser", () -> phaser()),
        silent("BarrierAction", () -> barrierAction()),
        silent("CompletableFutureAsync", () -> completableFutures()),
        silent("RecursionIsFolded", () -> Vars.use(fibonacci(18))));
  }

  private interface Use {
    void of(Fields f);
  }

  private static int load(Fields f) {
    return (int) PLAIN.getVolatile(f);
  }

  private static int add(Fields f) {
    return (int) PLAIN.getAndAdd(f, 1);
  }

  private static void mixed(Use first, Use second) throws Exception {
    Fields f = new Fields();
    both(() -> first.of(f), () -> second.of(f));
  }

  private static void element(boolean racy) throws Exception {
    int[] array = new int[3];
    Fields f = new Fields();
    if (racy) {
      both(() -> ELEMENT.setVolatile(array, 1, 5), () -> Vars.use(array[1]));
    } else {
      together(
          () -> {
            f.x = 1;
            ELEMENT.setRelease(array, 1, 5);
          },
          () -> {
            while ((int) ELEMENT.getAcquire(array, 1) == 0) {
              Thread.onSpinWait();
            }
            f.x = 2;
          });
    }
  }

  /** The field is written by its handle, and read without. */
  private static void handleAndVolatile() throws Exception {
    Fields f = new Fields();
    together(
        () -> {
          f.x = 1;
          Vars.use(STATE.compareAndSet(f, 0, 1));
        },
        () -> {
          while (f.state == 0) {
            Thread.onSpinWait();
          }
          f.x = 2;
        });
  }

  private static void updaterAndVolatile() throws Exception {
    Fields f = new Fields();
    together(
        () -> {
          f.x = 1;
          f.state = 1;
        },
        () -> {
          while (UPDATER.get(f) == 0) {
            Thread.onSpinWait();
          }
          f.x = 2;
        });
  }

  /** One side sets an element, and the other reads one. */
  private static void atomicArray(int read) throws Exception {
    Fields f = new Fields();
    AtomicIntegerArray array = new AtomicIntegerArray(2);
    both(
        () -> {
          f.x = 1;
          array.set(0, 1);
        },
        () -> {
          Vars.use(array.get(read));
          f.x = 2;
        });
  }

  private static void reflected(boolean ordered) throws Exception {
    Fields f = new Fields();
    Field field = Fields.class.getDeclaredField("plain");
    if (ordered) {
      field.setInt(f, 1);
      both(() -> Vars.use(field.getInt(f)), () -> Vars.use(f.plain));
    } else {
      both(() -> field.setInt(f, 1), () -> Vars.use(f.plain));
    }
  }

  /** Counts in a field, each task for itself or all in one. */
  private static final class Counting extends RecursiveAction {
    private static final long serialVersionUID = 1;

    private final transient Fields[] counters;
    private final int from;
    private final int to;

    Counting(Fields[] counters, int from, int to) {
      this.counters = counters;
      this.from = from;
      this.to = to;
    }

    @Override
    protected void compute() {
      if (to - from == 1) {
        counters[from].x++;
      } else {
        int middle = (from + to) / 2;
        invokeAll(new Counting(counters, from, middle), new Counting(counters, middle, to));
      }
    }
  }

  /** Two tasks that wait for each other, so that each runs on a worker of its own. */
  private static void forkedTasksShare() {
    Fields f = new Fields();
    Order order = new Order();
    try (ForkJoinPool pool = new ForkJoinPool(4)) {
      List<ForkJoinTask<?>> tasks = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        tasks.add(
            pool.submit(() -> {
              order.reach();
              order.await(2);
              f.x++;
              return null;
            }));
      }
      tasks.forEach(ForkJoinTask::join);
    }
  }

  private static void forkJoin() throws Exception {
    Fields[] counters = new Fields[8];
    for (int i = 0; i < counters.length; i++) {
      counters[i] = new Fields();
    }
    // Four workers in any case, so that two tasks run on two threads, sooner or later.
    try (ForkJoinPool pool = new ForkJoinPool(4)) {
      for (int round = 0; round < 5; round++) {
        pool.invoke(new Counting(counters, 0, counters.length));
        for (Fields one : counters) {
          one.x++;
        }
      }
    }
  }

  /** Forks a task and does nothing until another worker has run it. */
  private static final class Forks extends RecursiveAction {
    private static final long serialVersionUID = 1;

    private final transient Fields f;

    Forks(Fields f) {
      this.f = f;
    }

    @Override
    protected void compute() {
      Order order = new Order();
      ForkJoinTask<?> other =
          ForkJoinTask.adapt(() -> {
            f.x++;
            order.reach();
          });
      f.x++; // after the task was made, which is an edge, too
      other.fork();
      try {
        order.await(1);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      other.join();
      f.x++;
    }
  }

  /** Twice: the first time, the other worker may have been started for it. */
  private static void forkedToAnother() {
    Fields f = new Fields();
    try (ForkJoinPool pool = new ForkJoinPool(2)) {
      pool.invoke(new Forks(f));
      pool.invoke(new Forks(f));
    }
  }

  private static final class Sum extends RecursiveTask<Integer> {
    private static final long serialVersionUID = 1;

    private final int[] values;
    private final int from;
    private final int to;
    private int found;

    Sum(int[] values, int from, int to) {
      this.values = values;
      this.from = from;
      this.to = to;
    }

    @Override
    protected Integer compute() {
      if (to - from < 8) {
        for (int i = from; i < to; i++) {
          found += values[i];
        }
      } else {
        Sum left = new Sum(values, from, (from + to) / 2);
        Sum right = new Sum(values, (from + to) / 2, to);
        left.fork();
        int rest = right.compute();
        left.join();
        found = left.found + rest;
      }
      return found;
    }
  }

  private static void forkJoinResult() {
    int[] values = new int[200];
    Arrays.fill(values, 1);
    Sum sum = new Sum(values, 0, values.length);
    Vars.use(ForkJoinPool.commonPool().invoke(sum));
    Vars.use(sum.found);
  }

  private static void forkJoinSubmit() throws Exception {
    Fields f = new Fields();
    f.x = 1;
    ForkJoinTask<?> task = ForkJoinPool.commonPool().submit(() -> f.x++);
    task.get();
    f.x++;
    CountDownLatch done = new CountDownLatch(1);
    ForkJoinPool.commonPool()
        .execute(() -> {
          f.x++;
          done.countDown();
        });
    done.await();
    f.x++;
  }

  private static void writtenAfterTheFork() throws Exception {
    Fields f = new Fields();
    ForkJoinTask<?> task = ForkJoinPool.commonPool().submit(() -> f.x++);
    f.x = 1;
    task.get();
  }

  /** Who completes the last part of a task combines the parts, also those that others combined. */
  private static final class Combined extends CountedCompleter<Fields> {
    private static final long serialVersionUID = 1L;

    private final transient Fields result = new Fields();
    private final int count;
    private Combined left;
    private Combined right;

    Combined(CountedCompleter<?> parent, int count) {
      super(parent);
      this.count = count;
    }

    @Override
    public void compute() {
      if (count == 1) {
        result.x = 1;
      } else {
        left = new Combined(this, count / 2);
        right = new Combined(this, count - count / 2);
        setPendingCount(1);
        right.fork();
        left.compute();
        return;
      }
      tryComplete();
    }

    @Override
    public void onCompletion(CountedCompleter<?> caller) {
      if (left != null) {
        result.x = left.result.x + right.result.x;
      }
    }

    @Override
    public Fields getRawResult() {
      return result;
    }
  }

  private static void countedCompleter() {
    for (int i = 0; i < 10; i++) {
      Vars.use(new Combined(null, 64).invoke().x);
    }
  }

  private static void parallelStream() {
    int[] values = new int[1000];
    int[] squares = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    IntStream.range(0, values.length).parallel().forEach(i -> squares[i] = values[i] * values[i]);
    int sum = 0;
    for (int square : squares) {
      sum += square;
    }
    Vars.use(sum);
    Vars.use(
        IntStream.range(0, 1000)
            .parallel()
            .mapToObj(i -> new Fields())
            .reduce(
                new Fields(),
                (a, b) -> {
                  Fields both = new Fields();
                  both.x = a.x + b.x + 1;
                  return both;
                }));
  }

  private static void timer() throws Exception {
    Fields f = new Fields();
    f.x = 1;
    CountDownLatch done = new CountDownLatch(1);
    Timer timer = new Timer(true);
    timer.schedule(
        new TimerTask() {
          @Override
          public void run() {
            f.x++;
            done.countDown();
          }
        },
        1);
    done.await();
    f.x++;
    timer.cancel();
  }

  private static void stamped(boolean readersWrite) throws Exception {
    Fields f = new Fields();
    StampedLock lock = new StampedLock();
    both(
        () -> {
          long stamp = readersWrite ? lock.readLock() : lock.writeLock();
          f.x++;
          if (readersWrite) {
            lock.unlockRead(stamp);
          } else {
            lock.unlockWrite(stamp);
          }
        },
        () -> {
          long stamp = lock.readLock();
          Vars.use(f.x);
          lock.unlockRead(stamp);
          stamp = lock.writeLock();
          f.x++;
          lock.unlock(stamp);
        });
  }

  private static void optimistic(boolean withoutLock) throws Exception {
    Fields f = new Fields();
    StampedLock lock = new StampedLock();
    both(
        () -> {
          long stamp = withoutLock ? 0 : lock.writeLock();
          f.x++;
          if (!withoutLock) {
            lock.unlockWrite(stamp);
          }
        },
        () -> {
          long stamp = lock.tryOptimisticRead();
          int seen = f.x;
          if (!lock.validate(stamp) || withoutLock) {
            stamp = lock.readLock();
            seen = f.x;
            lock.unlockRead(stamp);
          }
          Vars.use(seen);
        });
  }

  private static void exchanger() throws Exception {
    Exchanger<Fields> exchanger = new Exchanger<>();
    together(
        () -> {
          Fields mine = new Fields();
          mine.x = 1;
          exchanger.exchange(mine).x = 2;
        },
        () -> {
          Fields mine = new Fields();
          mine.x = 1;
          exchanger.exchange(mine).x = 2;
        });
  }

  private static void phaser() throws Exception {
    Fields f = new Fields();
    int[] advanced = new int[1];
    Phaser phaser =
        new Phaser(2) {
          @Override
          protected boolean onAdvance(int phase, int registered) {
            advanced[0] = f.x + f.plain;
            return false;
          }
        };
    together(
        () -> {
          f.x = 1;
          phaser.arriveAndAwaitAdvance();
          Vars.use(f.plain + advanced[0]);
        },
        () -> {
          f.plain = 1;
          phaser.arriveAndAwaitAdvance();
          Vars.use(f.x + advanced[0]);
        });
  }

  private static void barrierAction() throws Exception {
    Fields f = new Fields();
    int[] sum = new int[1];
    CyclicBarrier barrier = new CyclicBarrier(2, () -> sum[0] = f.x + f.plain);
    together(
        () -> {
          f.x = 1;
          barrier.await();
          Vars.use(sum[0]);
        },
        () -> {
          f.plain = 1;
          barrier.await();
          Vars.use(sum[0]);
        });
  }

  private static void completableFutures() {
    Fields f = new Fields();
    f.x = 1;
    CompletableFuture<Integer> first = CompletableFuture.supplyAsync(() -> f.x++);
    CompletableFuture<Integer> second = first.thenApplyAsync(value -> f.x += value);
    CompletableFuture<Integer> third =
        second.thenCombineAsync(first, (a, b) -> f.x += a + b).whenComplete((v, e) -> f.x++);
    CompletableFuture.allOf(first, third).thenRunAsync(() -> f.x++).join();
    f.x++;
  }

  private enum Bulk {
    ARRAY_COPY,
    COPY_FROM,
    APPEND,
    TO_STRING,
    FILL,
    SORT,
    EQUALS,
    CLONE
  }

  /** A bulk operation touches the first four of eight elements, or all, and the other side one. */
  private static void copies(Bulk bulk, boolean conflicts) throws Exception {
    char[] array = new char[8];
    pair(
        () -> {
          switch (bulk) {
            case ARRAY_COPY -> System.arraycopy(new char[8], 0, array, 0, 4);
            case COPY_FROM -> System.arraycopy(array, 0, new char[8], 0, 4);
            case APPEND -> Vars.use(Arrays.copyOf(array, 16));
            case TO_STRING -> Vars.use(String.valueOf(array));
            case FILL -> Arrays.fill(array, 'a');
            case SORT -> Arrays.sort(array);
            case EQUALS -> Vars.use(Arrays.equals(array, new char[8]));
            default -> Vars.use(array.clone());
          }
        },
        () -> {
          if (bulk == Bulk.COPY_FROM && !conflicts) {
            Vars.use(array[3]);
          } else {
            array[conflicts ? 3 : 5] = 'b';
          }
        });
  }

  private static void overlappingCopies() throws Exception {
    int[] array = new int[10];
    both(
        () -> System.arraycopy(array, 0, array, 2, 4),
        () -> System.arraycopy(array, 6, array, 3, 2));
  }

  private static int fibonacci(int n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
  }
}

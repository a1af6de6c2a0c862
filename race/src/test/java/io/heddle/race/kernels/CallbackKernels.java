package io.heddle.race.kernels;

import static io.heddle.race.kernels.Kernel.silent;
import static io.heddle.race.kernels.Kernel.together;

import io.heddle.Task;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;

/**
 * Correct programs in which the JDK calls a function in the middle of an operation: what it sees
 * was published before, but the operation has not returned yet.
 */
final class CallbackKernels {
  private static final int ROUNDS = 100;

  private CallbackKernels() {}

  /** An object with a field that is checked. */
  private static final class Box {
    private static final AtomicReferenceFieldUpdater<Box, Box> NEXT =
        AtomicReferenceFieldUpdater.newUpdater(Box.class, Box.class, "next");

    private int x;
    private volatile Box next;

    Box(int x) {
      this.x = x;
    }

    static Box sum(Box a, Box b) {
      return new Box(a.x + b.x);
    }
  }

  static List<Kernel> all() {
    return List.of(
        silent("UpdateAtomic", () -> updateAtomic()),
        silent("UpdateAtomicElement", () -> updateAtomicElement()),
        silent("UpdateAtomicField", () -> updateAtomicField()),
        silent("ComputeInConcurrentMap", () -> compute(new ConcurrentHashMap<>())),
        silent("MergeInConcurrentMap", () -> merge(new ConcurrentHashMap<>())),
        silent("MergeInSkipList", () -> merge(new ConcurrentSkipListMap<>())),
        silent("ForEachOfConcurrentMap", () -> forEach(new ConcurrentHashMap<>())),
        silent("ForEachOfSkipList", () -> forEach(new ConcurrentSkipListMap<>())),
        silent("StreamOfConcurrentMap", () -> stream()),
        silent(
            "ComputeInSynchronizedMap",
            () -> compute(Collections.synchronizedMap(new HashMap<>()))),
        silent("SynchronizedList", () -> synchronizedList()),
        silent("CopyOnWrite", () -> copyOnWrite()),
        silent("IterateConcurrentQueue", () -> iterate()),
        silent("RemoveIfOfQueue", () -> removeIf(new LinkedBlockingQueue<>())),
        silent("RemoveIfOfArrayQueue", () -> removeIf(new ArrayBlockingQueue<>(ROUNDS))),
        silent("DrainTo", () -> drainTo()),
        silent("TransferQueue", () -> handOver(new LinkedTransferQueue<>())),
        silent("SynchronousQueue", () -> handOver(new SynchronousQueue<>())));
  }

  private static void repeat(Task task) throws Exception {
    for (int i = 0; i < ROUNDS; i++) {
      task.run();
    }
  }

  private static void twice(Task task) throws Exception {
    together(() -> repeat(task), () -> repeat(task));
  }

  private static void updateAtomic() throws Exception {
    AtomicReference<Box> sum = new AtomicReference<>(new Box(0));
    twice(() -> {
      Vars.use(sum.updateAndGet(old -> new Box(old.x + 1)).x);
      sum.accumulateAndGet(new Box(1), Box::sum);
      sum.getAndUpdate(old -> new Box(old.x + 1));
    });
  }

  private static void updateAtomicElement() throws Exception {
    AtomicReferenceArray<Box> sums = new AtomicReferenceArray<>(1);
    sums.set(0, new Box(0));
    twice(() -> {
      Vars.use(sums.updateAndGet(0, old -> new Box(old.x + 1)).x);
      sums.accumulateAndGet(0, new Box(1), Box::sum);
    });
  }

  private static void updateAtomicField() throws Exception {
    Box head = new Box(0);
    head.next = new Box(0);
    twice(() -> {
      Vars.use(Box.NEXT.updateAndGet(head, old -> new Box(old.x + 1)).x);
      Box.NEXT.accumulateAndGet(head, new Box(1), Box::sum);
    });
  }

  private static void compute(Map<String, Box> map) throws Exception {
    twice(() -> {
      map.computeIfAbsent("a", key -> new Box(1)); // its receiver only reads
      map.compute(
          "b",
          (key, old) -> {
            Box box = old == null ? new Box(0) : old;
            box.x++; // under the lock of the map
            return box;
          });
      map.computeIfPresent(
          "b",
          (key, old) -> {
            old.x++;
            return old;
          });
      Vars.use(map.get("a").x);
    });
  }

  private static void merge(ConcurrentMap<String, Box> map) throws Exception {
    twice(() -> {
      map.merge("a", new Box(1), Box::sum);
      Vars.use(map.get("a").x);
      map.replaceAll((key, box) -> new Box(box.x + 1));
    });
  }

  private static void forEach(ConcurrentMap<Integer, Box> map) throws Exception {
    int[] next = new int[1];
    together(
        () -> repeat(() -> map.put(next[0]++, new Box(1))),
        () ->
            repeat(() -> {
              map.forEach((key, box) -> Vars.use(box.x));
              for (Box box : map.values()) {
                Vars.use(box.x);
              }
              for (Map.Entry<Integer, Box> entry : map.entrySet()) {
                Vars.use(entry.getValue().x);
              }
            }));
  }

  private static void stream() throws Exception {
    ConcurrentHashMap<Integer, Box> map = new ConcurrentHashMap<>();
    int[] next = new int[1];
    together(
        () -> repeat(() -> map.put(next[0]++, new Box(1))),
        () ->
            repeat(() -> {
              Vars.use(map.values().stream().mapToInt(box -> box.x).sum());
              Vars.use(map.reduceValuesToInt(Long.MAX_VALUE, box -> box.x, 0, Integer::sum));
            }));
  }

  private static void synchronizedList() throws Exception {
    List<Box> list = Collections.synchronizedList(new ArrayList<>());
    twice(() -> {
      list.add(new Box(1));
      list.forEach(box -> box.x++); // under the lock of the list
      list.removeIf(box -> box.x > 2);
    });
  }

  private static void copyOnWrite() throws Exception {
    CopyOnWriteArrayList<Box> list = new CopyOnWriteArrayList<>();
    twice(() -> {
      list.add(new Box(1));
      list.forEach(box -> Vars.use(box.x));
      for (Box box : list) {
        Vars.use(box.x);
      }
      list.replaceAll(box -> new Box(box.x + 1));
      list.removeIf(box -> box.x > 5);
    });
  }

  private static void iterate() throws Exception {
    ConcurrentLinkedQueue<Box> queue = new ConcurrentLinkedQueue<>();
    together(
        () -> repeat(() -> queue.add(new Box(1))),
        () ->
            repeat(() -> {
              for (Iterator<Box> each = queue.iterator(); each.hasNext(); ) {
                Vars.use(each.next().x);
              }
              queue.forEach(box -> Vars.use(box.x));
            }));
  }

  private static void removeIf(BlockingQueue<Box> queue) throws Exception {
    twice(() -> {
      queue.put(new Box(1));
      queue.removeIf(box -> box.x == 1);
    });
  }

  private static void drainTo() throws Exception {
    BlockingQueue<Box> queue = new LinkedBlockingQueue<>();
    twice(() -> {
      queue.put(new Box(1));
      List<Box> drained = new ArrayList<>();
      queue.drainTo(drained);
      for (Box box : drained) {
        Vars.use(box.x++);
      }
    });
  }

  private static void handOver(BlockingQueue<Box> queue) throws Exception {
    together(
        () -> repeat(() -> queue.put(new Box(1))), () -> repeat(() -> Vars.use(queue.take().x++)));
  }
}

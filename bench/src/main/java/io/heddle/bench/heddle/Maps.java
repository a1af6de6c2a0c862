package io.heddle.bench.heddle;

import io.heddle.bench.peer.Round;
import io.heddle.bench.peer.Work;
import io.heddle.bench.peer.Workloads;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The benchmarks of Go's {@code sync.Map} and {@code atomic.Value}, with the counterparts in Java:
 * ConcurrentHashMap and AtomicReference.
 */
final class Maps {
  private Maps() {}

  private static final int HITS = 1023;
  private static final int MISSES = 1;
  private static final int BALANCED = 128;

  /** One operation on the map, with a number that is different in every call. */
  private interface Op {
    void run(ConcurrentHashMap<Integer, Integer> map, int i);
  }

  static void addTo(Workloads workloads) {
    int all = HITS + MISSES;
    add(workloads, "MapLoadMostlyHits", HITS, (m, i) -> use(m.get(i % all)));
    add(workloads, "MapLoadMostlyMisses", MISSES, (m, i) -> use(m.get(i % all)));
    add(
        workloads,
        "MapLoadOrStoreBalanced",
        BALANCED,
        (m, i) -> {
          int j = i % (2 * BALANCED);
          if (j < BALANCED) {
            use(m.putIfAbsent(j, i));
          } else {
            use(m.putIfAbsent(i, i));
          }
        });
    add(workloads, "MapLoadOrStoreUnique", 0, (m, i) -> use(m.putIfAbsent(i, i)));
    add(workloads, "MapLoadOrStoreCollision", 1, (m, _) -> use(m.putIfAbsent(0, 0)));
    add(
        workloads,
        "MapLoadAndDeleteBalanced",
        BALANCED,
        (m, i) -> {
          int j = i % (2 * BALANCED);
          use(m.remove(j < BALANCED ? j : i));
        });
    add(workloads, "MapLoadAndDeleteUnique", 0, (m, i) -> use(m.remove(i)));
    add(
        workloads,
        "MapLoadAndDeleteCollision",
        1,
        (m, _) -> {
          if (m.remove(0) != null) {
            m.put(0, 0);
          }
        });
    add(workloads, "MapRange", 1 << 10, (m, _) -> m.forEach((key, _) -> use(key)));
    add(workloads, "MapDeleteCollision", 1, (m, _) -> m.remove(0));
    add(workloads, "MapSwapCollision", 1, (m, _) -> use(m.put(0, 0)));
    add(
        workloads,
        "MapSwapMostlyHits",
        HITS,
        (m, i) -> {
          if (i % all < HITS) {
            use(m.put(i % all, i % all));
          } else {
            use(m.put(i, i));
            m.remove(i);
          }
        });
    add(
        workloads,
        "MapSwapMostlyMisses",
        MISSES,
        (m, i) -> {
          if (i % all < MISSES) {
            use(m.put(i % all, i % all));
          } else {
            use(m.put(i, i));
            m.remove(i);
          }
        });
    add(
        workloads,
        "MapCompareAndSwapCollision",
        1,
        (m, _) -> {
          if (m.replace(0, 0, 42)) {
            m.replace(0, 42, 0);
          }
        });
    add(workloads, "MapCompareAndSwapMostlyHits", HITS, swapPresent(HITS));
    add(workloads, "MapCompareAndSwapMostlyMisses", MISSES, swapPresent(MISSES));
    add(workloads, "MapCompareAndDeleteMostlyHits", HITS, deletePresent(HITS));
    add(workloads, "MapCompareAndDeleteMostlyMisses", MISSES, deletePresent(MISSES));
    add(
        workloads,
        "MapAdversarialDelete",
        1 << 10,
        (m, i) -> {
          use(m.get(i));
          if (i % (1 << 10) == 0) {
            var keys = m.keySet().iterator();
            if (keys.hasNext()) {
              keys.next();
              keys.remove();
            }
            m.put(i, i);
          }
        });
    workloads.add("MapAdversarialAlloc", Maps::adversarialAlloc);
    add(workloads, "MapCompareAndSwapNoExistingKey", 0, (m, i) -> m.replace(i, 0, 0));
    add(workloads, "MapCompareAndSwapValueNotEqual", 1, (m, _) -> m.replace(0, 1, 2));
    add(
        workloads,
        "MapCompareAndDeleteCollision",
        1,
        (m, _) -> {
          if (m.remove(0, 0)) {
            m.put(0, 0);
          }
        });
    add(
        workloads,
        "MapClear",
        0,
        (m, i) -> {
          m.clear();
          m.put(i % 256, i % 256);
        });
    workloads.add("ValueRead", Maps::valueRead);
    for (int size : new int[] {128, 131_072}) {
      workloads.add("HashTrieMapLoadOrStore/" + size, r -> storeStrings(r, size));
    }
    for (int size : new int[] {8, 128, 131_072}) {
      workloads.add("HashTrieMapLoad/" + size, r -> loadStrings(r, size));
    }
  }

  private static void add(Workloads workloads, String name, int prefilled, Op op) {
    workloads.add(
        name,
        r -> {
          ConcurrentHashMap<Integer, Integer> map = new ConcurrentHashMap<>();
          for (int i = 0; i < prefilled; i++) {
            map.put(i, i);
          }
          AtomicLong goroutines = new AtomicLong();
          r.resetTimer();
          r.runParallel(share -> {
            // Far apart, as in Go; non-negative here, because indices are ints.
            int i = (int) (goroutines.getAndIncrement() * r.n() & 0x3FFF_FFFF);
            while (share.next()) {
              op.run(map, i++);
            }
          });
        });
  }

  private static int index(int i, int present) {
    return i % (HITS + MISSES) < present ? i % (HITS + MISSES) : i;
  }

  private static Op swapPresent(int present) {
    return (m, i) -> {
      int v = index(i, present);
      m.replace(v, v, v);
    };
  }

  private static Op deletePresent(int present) {
    return (m, i) -> {
      int v = index(i, present);
      if (m.remove(v, v)) {
        m.put(v, v);
      }
    };
  }

  private static void adversarialAlloc(Round r) throws Exception {
    ConcurrentHashMap<Integer, Integer> map = new ConcurrentHashMap<>();
    AtomicLong goroutines = new AtomicLong();
    r.runParallel(share -> {
      int stores = 0;
      int loadsSinceStore = 0;
      int i = (int) (goroutines.getAndIncrement() * r.n() & 0x3FFF_FFFF);
      for (; share.next(); i++) {
        use(map.get(i));
        if (++loadsSinceStore > stores) {
          use(map.putIfAbsent(i, stores));
          loadsSinceStore = 0;
          stores++;
        }
      }
    });
  }

  private static void use(@Nullable Integer value) {
    Work.consume(value == null ? -1 : value);
  }

  private static void valueRead(Round r) throws Exception {
    AtomicReference<Integer> value = new AtomicReference<>(7);
    r.runParallel(share -> {
      while (share.next()) {
        if (value.get() != 7) {
          throw new IllegalStateException("another value");
        }
      }
    });
  }

  private static String[] binaries(int size) {
    String[] keys = new String[size];
    Arrays.setAll(keys, Integer::toBinaryString);
    return keys;
  }

  private static void storeStrings(Round r, int size) throws Exception {
    String[] keys = binaries(size);
    ConcurrentHashMap<String, Integer> map = new ConcurrentHashMap<>();
    r.resetTimer();
    r.runParallel(share -> {
      int i = 0;
      while (share.next()) {
        use(map.putIfAbsent(keys[i], i));
        i = i + 1 == size ? 0 : i + 1;
      }
    });
  }

  private static void loadStrings(Round r, int size) throws Exception {
    String[] keys = binaries(size);
    ConcurrentHashMap<String, Integer> map = new ConcurrentHashMap<>();
    for (int i = 0; i < size; i++) {
      map.put(keys[i], i);
    }
    r.resetTimer();
    r.runParallel(share -> {
      int i = 0;
      while (share.next()) {
        if (map.get(keys[i]) == null) {
          throw new IllegalStateException("a key is missing");
        }
        i = i + 1 == size ? 0 : i + 1;
      }
    });
  }
}

package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.SyncTestSupport.Call;
import io.heddle.SyncTestSupport.Caller;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * That ConcurrentHashMap does what Go's sync.Map does, under which names. It takes no nulls, so
 * null says "absent" where Go returns a second result.
 */
@SuppressWarnings("UnnecessaryAsync") // what the map does is the question
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class MapMappingTest {
  private static final int KEYS = 128;

  /** A key whose hash keeps few bits, so that keys collide. */
  record Key(int number, int bits) {
    @Override
    public int hashCode() {
      return bits == 0 ? 0 : number & ((1 << bits) - 1);
    }
  }

  private static List<Key> keys(int bits) {
    return IntStream.range(0, KEYS).mapToObj(i -> new Key(i, bits)).toList();
  }

  /** Go's name for an operation, and the JDK's. */
  enum Operation {
    LOAD {
      @Override
      Object apply(Map<Key, Integer> map, Key key, int old, int value) {
        return map.get(key);
      }
    },
    STORE {
      @Override
      Object apply(Map<Key, Integer> map, Key key, int old, int value) {
        map.put(key, value);
        return null;
      }
    },
    LOAD_OR_STORE {
      @Override
      Object apply(Map<Key, Integer> map, Key key, int old, int value) {
        return map.putIfAbsent(key, value);
      }
    },
    LOAD_AND_DELETE {
      @Override
      Object apply(Map<Key, Integer> map, Key key, int old, int value) {
        return map.remove(key);
      }
    },
    DELETE {
      @Override
      Object apply(Map<Key, Integer> map, Key key, int old, int value) {
        map.remove(key);
        return null;
      }
    },
    SWAP {
      @Override
      Object apply(Map<Key, Integer> map, Key key, int old, int value) {
        return map.put(key, value);
      }
    },
    COMPARE_AND_SWAP {
      @Override
      Object apply(Map<Key, Integer> map, Key key, int old, int value) {
        return map.replace(key, old, value);
      }
    },
    COMPARE_AND_DELETE {
      @Override
      Object apply(Map<Key, Integer> map, Key key, int old, int value) {
        return map.remove(key, old);
      }
    },
    CLEAR {
      @Override
      Object apply(Map<Key, Integer> map, Key key, int old, int value) {
        map.clear();
        return null;
      }
    };

    private static final List<Operation> ALL = List.of(values());

    abstract Object apply(Map<Key, Integer> map, Key key, int old, int value);
  }

  @Nested
  class OneByOne {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void randomOperationsGiveTheResultsOfAPlainMap(long seed) {
      for (int bits : new int[] {0, 3, 31}) {
        Random random = new Random(seed);
        Map<Key, Integer> model = new HashMap<>();
        Map<Key, Integer> map = new ConcurrentHashMap<>();
        for (int i = 0; i < 2000; i++) {
          Operation operation = Operation.ALL.get(random.nextInt(Operation.ALL.size()));
          if (operation == Operation.CLEAR && random.nextInt(20) != 0) {
            continue;
          }
          Key key = new Key(random.nextInt(8), bits);
          int old = random.nextInt(3);
          int value = random.nextInt(3);
          assertEquals(
              operation.apply(model, key, old, value),
              operation.apply(map, key, old, value),
              () -> operation + " of " + key + ", seed " + seed);
        }
        assertEquals(model, map);
      }
    }

    @Test
    void nothingIsInAnEmptyMapAndNullIsNeverIn() {
      Map<Key, Integer> map = new ConcurrentHashMap<>();
      Key key = new Key(1, 31);
      assertNull(map.get(key));
      assertFalse(map.replace(key, 1, 2), "compare and swap of a missing key");
      assertFalse(map.remove(key, 1));
      assertNull(map.putIfAbsent(key, 1));
      assertEquals(1, map.putIfAbsent(key, 2));
      assertThrows(NullPointerException.class, () -> map.put(key, null));
      assertThrows(NullPointerException.class, () -> map.replace(key, null, 1));
    }
  }

  /** How many bits of the hash tell keys apart. */
  static Stream<Integer> bits() {
    return Stream.of(0, 3, 31);
  }

  @Nested
  class Concurrently {
    @ParameterizedTest
    @MethodSource("io.heddle.MapMappingTest#bits")
    void keysThatAreNotSharedAreEachGoroutinesOwn(int bits) throws Exception {
      Map<Key, Integer> map = new ConcurrentHashMap<>();
      List<Key> keys = keys(bits);
      each(number -> {
        int id = number + 1;
        for (Key key : keys) {
          Key own = new Key(key.number() + KEYS * id, bits);
          assertNull(map.putIfAbsent(own, id));
          assertEquals(id, map.get(own));
          assertTrue(map.replace(own, id, -id));
          assertFalse(map.replace(own, id, 1));
          assertEquals(-id, map.put(own, id));
          assertFalse(map.remove(own, -1));
          assertTrue(map.remove(own, id));
          assertNull(map.remove(own));
        }
      });
      assertTrue(map.isEmpty());
    }

    @ParameterizedTest
    @MethodSource("io.heddle.MapMappingTest#bits")
    void ofAllThatStoreIfAbsentOrDeleteASharedKeyOneSucceeds(int bits) throws Exception {
      Map<Key, Integer> map = new ConcurrentHashMap<>();
      AtomicInteger stored = new AtomicInteger();
      AtomicInteger deleted = new AtomicInteger();
      each(id -> {
        for (Key key : keys(bits)) {
          stored.addAndGet(map.putIfAbsent(key, id) == null ? 1 : 0);
        }
      });
      assertEquals(KEYS, stored.get());
      each(id -> {
        for (Key key : keys(bits)) {
          deleted.addAndGet(map.remove(key) != null ? 1 : 0);
        }
      });
      assertEquals(KEYS, deleted.get());
      assertTrue(map.isEmpty());
    }

    @ParameterizedTest
    @MethodSource("io.heddle.MapMappingTest#bits")
    void compareAndSwapCountsEveryStep(int bits) throws Exception {
      Map<Key, Integer> map = new ConcurrentHashMap<>();
      List<Key> keys = keys(bits);
      keys.forEach(key -> map.put(key, 0));
      each(id -> {
        for (Key key : keys) {
          Integer seen = map.get(key);
          while (!map.replace(key, Objects.requireNonNull(seen), seen + 1)) {
            seen = map.get(key);
          }
        }
      });
      assertEquals(Set.of(8), new HashSet<>(map.values()));
      assertEquals(KEYS, map.size());
    }

    @Test
    void clearAmongWritersAndReadersLeavesAnEmptyMap() throws Exception {
      Map<Key, Integer> map = new ConcurrentHashMap<>();
      List<Key> keys = keys(31);
      each(id -> {
        for (Key key : keys) {
          switch (id % 3) {
            case 0 -> map.put(key, key.number());
            case 1 -> {
              Integer seen = map.get(key);
              assertTrue(seen == null || seen == key.number());
            }
            default -> map.clear();
          }
        }
      });
      map.clear();
      assertEquals(Map.of(), map);
    }

    private interface Step {
      void run(int id) throws Exception;
    }

    /** Runs the step in eight goroutines and threads at once. */
    private static void each(Step step) throws Exception {
      List<Call> calls = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        int id = i;
        calls.add(Caller.ofRound(i).start(() -> step.run(id)));
      }
      for (Call call : calls) {
        call.join();
      }
    }
  }

  @Nested
  class Ranges {
    @Test
    void eachKeyOnceThoughWritersGoOn() throws Exception {
      int size = 1024;
      Map<Integer, Integer> map = new ConcurrentHashMap<>();
      for (int i = 1; i <= size; i++) {
        map.put(i, i);
      }
      AtomicBoolean stop = new AtomicBoolean();
      List<Call> writers = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        int seed = i;
        writers.add(
            Caller.PLATFORM_THREAD.start(() -> {
              Random random = new Random(seed);
              while (!stop.get()) {
                int key = 1 + random.nextInt(size);
                map.put(key, key * random.nextInt(1000));
              }
            }));
      }
      for (int round = 0; round < 100; round++) {
        Set<Integer> seen = new HashSet<>();
        map.forEach((key, value) -> {
          assertEquals(0, value % key);
          assertTrue(seen.add(key), "seen twice");
        });
        assertEquals(size, seen.size());
      }
      stop.set(true);
      for (Call writer : writers) {
        writer.join();
      }
    }

    @Test
    void mayChangeTheMapAndBeNested() {
      Map<Integer, String> map = new ConcurrentHashMap<>();
      for (int i = 0; i < 3; i++) {
        map.put(i, "hello");
      }
      map.forEach((outer, hello) ->
          map.forEach((inner, ignored) -> {
            assertEquals("hello", map.putIfAbsent(inner, "other"));
            assertEquals("hello", map.remove(inner));
            assertNull(map.putIfAbsent(inner, "hello"));
            map.remove(100 + inner);
          }));
      assertEquals(3, map.size());
      map.forEach((key, ignored) -> map.remove(key));
      assertTrue(map.isEmpty());
    }

    @Test
    void stopEarlyByABreakOutOfTheLoop() {
      Map<Integer, Integer> map = new ConcurrentHashMap<>(Map.of(1, 1, 2, 2, 3, 3));
      int seen = 0;
      for (var entry : map.entrySet()) {
        seen += entry.getValue() > 0 ? 1 : 0;
        if (seen == 2) {
          break;
        }
      }
      assertEquals(2, seen);
    }
  }

  @Test
  void deletedKeysCanBeCollected() {
    Map<Object, Integer> map = new ConcurrentHashMap<>();
    List<WeakReference<Object>> keys = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Object key = new Object();
      keys.add(new WeakReference<>(key));
      map.put(key, i);
      map.remove(key);
    }
    TestSupport.awaitCollected(
        "the deleted keys", () -> keys.stream().allMatch(key -> key.refersTo(null)));
    assertTrue(map.isEmpty());
  }
}

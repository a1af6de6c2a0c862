package io.heddle.race.kernels;

import static io.heddle.race.kernels.Kernel.either;
import static io.heddle.race.kernels.Kernel.pair;
import static io.heddle.race.kernels.Kernel.racy;
import static io.heddle.race.kernels.Kernel.silent;
import static io.heddle.race.kernels.Kernel.together;

import io.heddle.Task;
import io.heddle.race.unseen.Order;
import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.ListIterator;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Queue;
import java.util.Set;
import java.util.Vector;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.concurrent.Phaser;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Objects that are published by an operation of the JDK, and reach others while an operation is
 * going on: as arguments of functions, in {@code equals} or {@code compareTo}, by iterators,
 * streams, views and copies. And the same programs with a race that the edges must not hide.
 */
@SuppressWarnings("JdkObsolete") // old types are synchronized, too
final class OperationKernels {
  private OperationKernels() {}

  /** An object with a field that is checked, and that is read to compare it. */
  private static final class Item implements Comparable<Item> {
    private int x;

    Item(int x) {
      this.x = x;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Item item && x == item.x;
    }

    @Override
    public int hashCode() {
      return 1;
    }

    @Override
    public int compareTo(Item other) {
      return Integer.compare(x, other.x);
    }

    @Override
    public String toString() {
      return "item " + x;
    }
  }

  static List<Kernel> all() {
    List<Kernel> all = new ArrayList<>(callbacks());
    all.addAll(handedOut());
    all.addAll(views());
    all.addAll(references());
    all.addAll(siblings());
    return all;
  }

  private static List<Kernel> callbacks() {
    return List.of(
        silent("EqualsInConcurrentMap", () -> equalsIn(key -> {})),
        racy("EqualsOfChangedKey", () -> equalsIn(key -> key.x = 1)),
        silent("CompareToInPriorityQueue", () -> compareTo()),
        silent("ComparatorOfSkipList", () -> comparator(false)),
        racy("ComparatorThatCounts", () -> comparator(true)),
        silent("ToStringOfQueue", () -> text(queue -> "all: " + queue)),
        silent("ToStringOfQueueByValueOf", () -> text(String::valueOf)),
        silent("ToStringOfAtomic", () -> textOfAtomic()),
        racy("ChangedAfterCompute", () -> changedAfterCompute()),
        racy("ChangedAfterUpdate", () -> changedAfterUpdate()),
        silent("ComputeThatFails", () -> computeThatFails()),
        silent(
            "ParallelForEach", () -> inParallel(map -> map.forEach(1, (key, item) -> read(item)))),
        silent(
            "ParallelReduce",
            () -> inParallel(map -> map.reduceValuesToInt(1, item -> item.x, 0, Integer::sum))),
        racy("ForEachThatChanges", () -> changesEach(map -> map.forEach((key, item) -> item.x++))));
  }

  private static List<Kernel> handedOut() {
    return List.of(
        racy(
            "IterationThatChanges",
            () ->
                changesEach(map -> {
                  for (Item item : map.values()) {
                    item.x++;
                  }
                })),
        racy(
            "StreamThatChanges",
            () -> changesEach(map -> map.values().stream().forEach(item -> item.x++))),
        racy("StreamOfSynchronizedListThatChanges", () -> streamOfSynchronizedList()),
        silent(
            "ParallelStream",
            () ->
                inParallel(
                    map -> Vars.use(map.values().parallelStream().mapToInt(item -> item.x).sum()))),
        silent("StreamInStream", () -> streamInStream()),
        silent(
            "AddedToIterator",
            () ->
                addedLater(
                    queue -> queue.iterator(),
                    each -> {
                      read(each.next());
                      read(each.next());
                    })),
        silent(
            "AddedToStream",
            () ->
                addedLater(
                    queue -> queue.stream(), all -> Vars.use(all.mapToInt(item -> item.x).sum()))),
        silent("ElementsOfVector", () -> elementsOfVector()),
        silent("ListIteratorSets", () -> listIteratorSets()));
  }

  private static List<Kernel> views() {
    return List.of(
        silent(
            "UnmodifiableViewOfConcurrentMap",
            () -> shown(map -> read(Collections.unmodifiableMap(map).get(1)))),
        silent("TailOfSkipList", () -> shown(map -> read(map.tailMap(0).firstEntry().getValue()))),
        silent(
            "ChangedByView",
            () -> {
              NavigableMap<Integer, Item> map = new ConcurrentSkipListMap<>();
              pair(() -> map.descendingMap().put(1, new Item(1)), () -> read(map.get(1)));
            }),
        silent("CopyOfConcurrentMap", () -> shown(map -> read(new HashMap<>(map).get(1)))),
        silent("CopyOfValues", () -> shown(map -> read(List.copyOf(map.values()).getFirst()))),
        silent(
            "AddAllOfValues",
            () ->
                shown(map -> {
                  List<Item> all = new ArrayList<>();
                  all.addAll(map.values());
                  read(all.getFirst());
                })),
        silent("MaxOfValues", () -> shown(map -> read(Collections.max(map.values())))),
        racy("CopyOfChangedValue", () -> copyOfChanged()),
        silent("SetFromConcurrentMap", () -> setFromMap()));
  }

  /** References to methods of the JDK, in place of lambdas that call them. */
  private static List<Kernel> references() {
    return List.of(
        silent("ReferenceToCountDown", () -> countDown()),
        silent(
            "ReferenceToAdd",
            () -> {
              Queue<Item> queue = new ConcurrentLinkedQueue<>();
              pair(() -> List.of(new Item(1)).forEach(queue::add), () -> read(queue.remove()));
            }),
        silent(
            "ReferenceToNew",
            () ->
                shown(map -> {
                  Function<Collection<Item>, List<Item>> copy = ArrayList::new;
                  read(copy.apply(map.values()).getFirst());
                })),
        racy(
            "ReferenceToAddOfPlainList",
            () -> {
              List<Item> list = new ArrayList<>();
              Item item = new Item(1);
              either(
                  () -> List.of(item).forEach(list::add), () -> List.of(item).forEach(list::add));
            }));
  }

  private static void countDown() throws Exception {
    Vars vars = new Vars();
    CountDownLatch latch = new CountDownLatch(1);
    Runnable counts = latch::countDown;
    pair(
        () -> {
          vars.x = 1;
          counts.run();
        },
        () -> {
          latch.await();
          Vars.use(vars.x);
        });
  }

  private static List<Kernel> siblings() {
    return List.of(
        silent("ClassValue", () -> classValue()),
        silent("PeriodicTask", () -> periodicTask()),
        silent("PublisherOfItems", () -> publisher()),
        silent("OnAdvanceAfterArrivals", () -> onAdvance()),
        silent("CleanerAction", () -> cleaner()));
  }

  private interface Use<T> {
    void of(T object) throws Exception;
  }

  private static void read(Item item) {
    Vars.use(item.x);
  }

  private static void equalsIn(Use<Item> after) throws Exception {
    Map<Item, String> map = new ConcurrentHashMap<>();
    pair(
        () -> {
          Item key = new Item(1);
          map.put(key, "a");
          after.of(key);
        },
        () -> Vars.use(map.containsKey(new Item(2))));
  }

  private static void compareTo() throws Exception {
    Queue<Item> queue = new PriorityBlockingQueue<>();
    either(() -> queue.add(new Item(1)), () -> queue.add(new Item(2)));
  }

  private static void comparator(boolean counts) throws Exception {
    Vars vars = new Vars();
    Comparator<Item> order =
        (a, b) -> {
          if (counts) {
            vars.x++;
          }
          return a.x - b.x;
        };
    Set<Item> set = new ConcurrentSkipListSet<>(order);
    set.add(new Item(1));
    either(() -> set.add(new Item(2)), () -> set.add(new Item(3)));
  }

  private static void text(Function<Queue<Item>, String> shows) throws Exception {
    Queue<Item> queue = new ConcurrentLinkedQueue<>();
    pair(() -> queue.add(new Item(1)), () -> Vars.use(shows.apply(queue)));
  }

  private static void textOfAtomic() throws Exception {
    AtomicReference<Item> atomic = new AtomicReference<>();
    pair(() -> atomic.set(new Item(1)), () -> Vars.use(atomic.toString()));
  }

  private static void changedAfterCompute() throws Exception {
    Map<String, Item> map = new ConcurrentHashMap<>();
    pair(
        () -> map.computeIfAbsent("a", key -> new Item(1)).x++,
        () -> map.compute("a", (key, item) -> new Item(item == null ? 0 : item.x)));
  }

  private static void changedAfterUpdate() throws Exception {
    AtomicReference<Item> atomic = new AtomicReference<>(new Item(1));
    pair(
        () -> atomic.updateAndGet(item -> new Item(item.x)).x++,
        () -> atomic.updateAndGet(item -> new Item(item.x)));
  }

  private static void computeThatFails() throws Exception {
    Map<String, Item> map = new ConcurrentHashMap<>();
    Vars vars = new Vars();
    Task fails =
        () -> {
          try {
            map.compute(
                "a",
                (key, item) -> {
                  vars.x++; // under the lock of the map
                  throw new IllegalArgumentException("x " + vars.x);
                });
          } catch (IllegalArgumentException e) {
            Vars.use(e);
          }
        };
    either(fails, fails);
  }

  private static void inParallel(Use<ConcurrentHashMap<Integer, Item>> use) throws Exception {
    ConcurrentHashMap<Integer, Item> map = new ConcurrentHashMap<>();
    pair(
        () -> {
          for (int i = 0; i < 200; i++) {
            map.put(i, new Item(i));
          }
        },
        () -> use.of(map));
  }

  private static void changesEach(Use<Map<Integer, Item>> changes) throws Exception {
    Map<Integer, Item> map = new ConcurrentHashMap<>();
    map.put(1, new Item(1));
    either(() -> changes.of(map), () -> changes.of(map));
  }

  private static void streamOfSynchronizedList() throws Exception {
    List<Item> list = Collections.synchronizedList(new ArrayList<>());
    list.add(new Item(1));
    Task changes = () -> list.stream().forEach(item -> item.x++);
    either(changes, changes);
  }

  private static void streamInStream() throws Exception {
    Queue<Item> queue = new ConcurrentLinkedQueue<>();
    pair(
        () -> queue.add(new Item(1)),
        () -> Vars.use(Stream.of(1, 2).flatMap(i -> queue.stream()).mapToInt(i -> i.x).sum()));
  }

  /** An item is added after the other side has made what hands out the items. */
  private static <T> void addedLater(Function<Queue<Item>, T> makes, Use<T> uses) throws Exception {
    Queue<Item> queue = new ConcurrentLinkedQueue<>();
    queue.add(new Item(0));
    Order order = new Order();
    together(
        () -> {
          order.await(1);
          queue.add(new Item(1));
          order.reach();
        },
        () -> {
          T made = makes.apply(queue);
          order.reach();
          order.await(2);
          uses.of(made);
        });
  }

  private static void elementsOfVector() throws Exception {
    Vector<Item> vector = new Vector<>();
    pair(() -> vector.add(new Item(1)), () -> read(vector.elements().nextElement()));
  }

  private static void listIteratorSets() throws Exception {
    Vector<Item> vector = new Vector<>();
    vector.add(new Item(0));
    pair(
        () -> {
          ListIterator<Item> each = vector.listIterator();
          each.next();
          each.set(new Item(1));
        },
        () -> read(vector.getFirst()));
  }

  private static void shown(Use<NavigableMap<Integer, Item>> shows) throws Exception {
    NavigableMap<Integer, Item> map = new ConcurrentSkipListMap<>();
    pair(() -> map.put(1, new Item(1)), () -> shows.of(map));
  }

  private static void copyOfChanged() throws Exception {
    Map<Integer, Item> map = new ConcurrentHashMap<>();
    Collection<Item> values = map.values();
    pair(
        () -> {
          Item item = new Item(1);
          map.put(1, item);
          item.x++;
        },
        () -> read(new ArrayList<>(values).getFirst()));
  }

  private static void setFromMap() throws Exception {
    Set<Item> set = Collections.newSetFromMap(new ConcurrentHashMap<>());
    pair(
        () -> set.add(new Item(1)),
        () -> {
          Vars.use(set.contains(new Item(2)));
          for (Iterator<Item> each = set.iterator(); each.hasNext(); ) {
            read(each.next());
          }
        });
  }

  private static void classValue() throws Exception {
    ClassValue<Item> items =
        new ClassValue<>() {
          @Override
          protected Item computeValue(Class<?> type) {
            return new Item(1);
          }
        };
    pair(() -> read(items.get(String.class)), () -> read(items.get(String.class)));
  }

  private static void periodicTask() throws Exception {
    Vars vars = new Vars();
    CountDownLatch enough = new CountDownLatch(20);
    try (ScheduledExecutorService pool = Executors.newScheduledThreadPool(4)) {
      Future<?> runs =
          pool.scheduleAtFixedRate(
              () -> {
                vars.x++; // one run after the other
                enough.countDown();
              },
              0,
              50,
              TimeUnit.MICROSECONDS);
      enough.await();
      runs.cancel(false);
    }
  }

  private static void publisher() throws Exception {
    CountDownLatch complete = new CountDownLatch(1);
    Vars vars = new Vars();
    try (SubmissionPublisher<Item> publisher = new SubmissionPublisher<>()) {
      publisher.subscribe(
          new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
              subscription.request(Long.MAX_VALUE);
            }

            @Override
            public void onNext(Item item) {
              vars.x += item.x;
            }

            @Override
            public void onError(Throwable failure) {
              complete.countDown();
            }

            @Override
            public void onComplete() {
              vars.x++;
              complete.countDown();
            }
          });
      for (int i = 0; i < 100; i++) {
        publisher.submit(new Item(i));
      }
    }
    complete.await();
    Vars.use(vars.x);
  }

  private static void onAdvance() throws Exception {
    Vars vars = new Vars();
    Phaser phaser =
        new Phaser(2) {
          @Override
          protected boolean onAdvance(int phase, int registered) {
            vars.z = vars.x + vars.y;
            return true;
          }
        };
    pair(
        () -> {
          vars.x = 1;
          phaser.arrive();
        },
        () -> {
          vars.y = 1;
          phaser.arrive();
        });
  }

  private static void cleaner() throws Exception {
    Cleaner cleaner = Cleaner.create();
    Item item = new Item(0);
    Order order = new Order();
    item.x = 1;
    Cleaner.Cleanable cleanable =
        cleaner.register(
            new Object(),
            () -> {
              read(item);
              order.reach();
            });
    System.gc();
    order.await(1);
    Vars.use(cleanable);
  }
}

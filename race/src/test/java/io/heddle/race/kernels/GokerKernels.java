package io.heddle.race.kernels;

import static io.heddle.Go.go;
import static io.heddle.race.kernels.Kernel.both;
import static io.heddle.race.kernels.Kernel.pair;
import static io.heddle.race.kernels.Kernel.racy;
import static io.heddle.race.kernels.Kernel.silent;

import io.heddle.Chan;
import io.heddle.ChannelClosedException;
import io.heddle.Mutex;
import io.heddle.RWMutex;
import io.heddle.WaitGroup;
import io.heddle.race.unseen.Order;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The 30 non-blocking bugs of GoBench's GoKer, after their descriptions, each with its mistake and
 * repaired. Where the program panics and nothing races, both are silent.
 */
final class GokerKernels {
  private GokerKernels() {}

  static List<Kernel> all() {
    return List.of(
        racy("Cockroach35501", () -> loopVariable(true)),
        silent("Cockroach35501", () -> loopVariable(false)),
        racy("Cockroach4407", () -> addBesideWait(true)),
        silent("Cockroach4407", () -> addBesideWait(false)),
        racy("Etcd3077", () -> channelsMadeLate(true)),
        silent("Etcd3077", () -> channelsMadeLate(false)),
        racy("Etcd4876", () -> interval(true)),
        silent("Etcd4876", () -> interval(false)),
        racy("Etcd8194", () -> lease(true)),
        silent("Etcd8194", () -> lease(false)),
        racy("Etcd9446", () -> clearedMap(true)),
        silent("Etcd9446", () -> clearedMap(false)),
        racy("Grpc1687", () -> sendAfterClose(true)),
        silent("Grpc1687", () -> sendAfterClose(false)),
        silent("Grpc1687Panics", () -> sendAfterItsOwnClose()),
        racy("Grpc1748", () -> backoff(true)),
        silent("Grpc1748", () -> backoff(false)),
        silent("Grpc2371", () -> nulledUnderTheLock()),
        racy("Istio16742", () -> writtenUnderReadLock(true)),
        silent("Istio16742", () -> writtenUnderReadLock(false)),
        racy("Istio8144", () -> callbackCounts(true)),
        silent("Istio8144", () -> callbackCounts(false)),
        racy("Istio8214", () -> copiedCounters(true)),
        silent("Istio8214", () -> copiedCounters(false)),
        silent("Kubernetes13058", () -> tooManyDones()),
        racy("Kubernetes49404", () -> handlerSets(true)),
        silent("Kubernetes49404", () -> handlerSets(false)),
        racy("Kubernetes70892", () -> parallelResults(true)),
        silent("Kubernetes70892", () -> parallelResults(false)),
        racy("Kubernetes77796", () -> truncated(true)),
        silent("Kubernetes77796", () -> truncated(false)),
        racy("Kubernetes81091", () -> fakeCounts(true)),
        silent("Kubernetes81091", () -> fakeCounts(false)),
        racy("Kubernetes81148", () -> writtenWithoutTheLock(true)),
        silent("Kubernetes81148", () -> writtenWithoutTheLock(false)),
        racy("Kubernetes82239", () -> deepCopy(true)),
        silent("Kubernetes82239", () -> deepCopy(false)),
        racy("Kubernetes82550", () -> lazily(true)),
        silent("Kubernetes82550", () -> lazily(false)),
        racy("Kubernetes88331", () -> sizeWithout(true)),
        silent("Kubernetes88331", () -> sizeWithout(false)),
        racy("Kubernetes89164", () -> background(true)),
        silent("Kubernetes89164", () -> background(false)),
        racy("Moby18412", () -> outputAfterTimeout(true)),
        silent("Moby18412", () -> outputAfterTimeout(false)),
        racy("Moby27037", () -> counterOfLoop(true)),
        silent("Moby27037", () -> counterOfLoop(false)),
        racy("Serving3068", () -> statsAfterStop(true)),
        silent("Serving3068", () -> statsAfterStop(false)),
        racy("Serving3148", () -> hookPrepends(true)),
        silent("Serving3148", () -> hookPrepends(false)),
        racy("Serving4908", () -> logsLate(true)),
        silent("Serving4908", () -> logsLate(false)),
        racy("Serving5865", () -> updateAfterClose(true)),
        silent("Serving5865", () -> updateAfterClose(false)),
        racy("Serving6171", () -> logsFromWatcher(true)),
        silent("Serving6171", () -> logsFromWatcher(false)),
        racy("Serving6472", () -> queuedFirst(true)),
        silent("Serving6472", () -> queuedFirst(false)));
  }

  private static final class Loop {
    int current;
  }

  /** Each goroutine has a reference to the loop's variable. */
  private static void loopVariable(boolean buggy) throws Exception {
    Loop loop = new Loop();
    Chan<Boolean> done = Chan.buffered(3);
    Order order = new Order();
    for (loop.current = 0; loop.current < 3; loop.current++) {
      int copy = loop.current;
      go(() -> {
        Vars.use(buggy ? loop.current : copy);
        order.reach();
        done.send(true);
      });
      order.await(copy + 1);
    }
    for (int i = 0; i < 3; i++) {
      done.receive();
    }
  }

  /**
   * New workers are added while stop waits for all; drained is what the lock should have guarded.
   */
  private static final class Stopper {
    final Mutex mutex = new Mutex();
    final WaitGroup workers = new WaitGroup();
    boolean draining;

    void start(boolean locks) throws InterruptedException {
      if (locks) {
        mutex.lock();
      }
      if (!draining) {
        workers.add(1);
        workers.done();
      }
      if (locks) {
        mutex.unlock();
      }
    }

    void stop() throws InterruptedException {
      mutex.lock();
      draining = true;
      mutex.unlock();
      workers.await();
    }
  }

  private static void addBesideWait(boolean buggy) throws Exception {
    Stopper stopper = new Stopper();
    both(() -> stopper.start(!buggy), () -> stopper.stop());
  }

  private static final class Streams {
    Chan<Integer> out = Chan.buffered(1);
  }

  private static void channelsMadeLate(boolean buggy) throws Exception {
    Streams streams = new Streams();
    if (!buggy) {
      streams.out = Chan.buffered(2);
    }
    pair(
        () -> {
          if (buggy) {
            streams.out = Chan.buffered(2);
          }
        },
        () -> streams.out.send(1));
  }

  /** What a test sets for all, and restores. */
  private static final class Settings {
    static long interval = 10;
    static long lease = 10;
    static long backoff = 10;
    static final Mutex MUTEX = new Mutex();
  }

  private static void interval(boolean buggy) throws Exception {
    Settings.interval = 1;
    if (buggy) {
      pair(() -> Vars.use(Settings.interval), () -> Settings.interval = 10);
    } else {
      go(() -> Vars.use(Settings.interval)).join();
      Settings.interval = 10;
    }
  }

  private static void lease(boolean buggy) throws Exception {
    if (buggy) {
      pair(() -> Vars.use(Settings.lease), () -> Settings.lease = 1);
    } else {
      Settings.lease = 1;
      go(() -> Vars.use(Settings.lease)).join();
    }
  }

  private static void backoff(boolean buggy) throws Exception {
    both(
        () -> {
          lockUnless(buggy, Settings.MUTEX);
          Vars.use(Settings.backoff);
          unlockUnless(buggy, Settings.MUTEX);
        },
        () -> {
          Settings.MUTEX.lock();
          Settings.backoff = 1;
          Settings.MUTEX.unlock();
        });
  }

  private static void lockUnless(boolean buggy, Mutex mutex) throws InterruptedException {
    if (!buggy) {
      mutex.lock();
    }
  }

  private static void unlockUnless(boolean buggy, Mutex mutex) {
    if (!buggy) {
      mutex.unlock();
    }
  }

  private static void clearedMap(boolean buggy) throws Exception {
    Map<String, Integer> buffer = new HashMap<>(Map.of("a", 1));
    Mutex mutex = new Mutex();
    both(
        () -> {
          lockUnless(buggy, mutex);
          buffer.clear();
          unlockUnless(buggy, mutex);
        },
        () -> {
          lockUnless(buggy, mutex);
          Vars.use(buffer.containsKey("a"));
          unlockUnless(buggy, mutex);
        });
  }

  private static void send(Chan<Integer> c) throws InterruptedException {
    try {
      c.send(1);
    } catch (ChannelClosedException e) {
      Vars.use(e);
    }
  }

  private static void sendAfterClose(boolean buggy) throws Exception {
    Chan<Integer> writes = Chan.buffered(1);
    Mutex mutex = new Mutex();
    Vars v = new Vars();
    both(
        () -> {
          lockUnless(buggy, mutex);
          v.flag = !buggy;
          writes.close();
          unlockUnless(buggy, mutex);
        },
        () -> {
          lockUnless(buggy, mutex);
          if (buggy || !v.flag) {
            send(writes);
          }
          unlockUnless(buggy, mutex);
        });
  }

  /** A panic without a race: the same goroutine has closed it. */
  private static void sendAfterItsOwnClose() throws Exception {
    Chan<Integer> writes = Chan.buffered(1);
    writes.close();
    send(writes);
  }

  private static final class Watcher {
    final Mutex mutex = new Mutex();
    Runnable cleanup = () -> {};

    void close() throws InterruptedException {
      mutex.lock();
      cleanup = null;
      mutex.unlock();
    }

    void watch() throws InterruptedException {
      mutex.lock();
      Runnable found = cleanup;
      mutex.unlock();
      try {
        found.run();
      } catch (NullPointerException e) {
        Vars.use(e);
      }
    }
  }

  private static void nulledUnderTheLock() throws Exception {
    Watcher watcher = new Watcher();
    both(() -> watcher.close(), () -> watcher.watch());
  }

  private static void writtenUnderReadLock(boolean buggy) throws Exception {
    RWMutex mutex = new RWMutex();
    Map<String, Vars> clusters = new HashMap<>();
    clusters.put("a", new Vars());
    both(() -> update(mutex, clusters, buggy), () -> update(mutex, clusters, buggy));
  }

  private static void update(RWMutex mutex, Map<String, Vars> clusters, boolean buggy)
      throws InterruptedException {
    if (buggy) {
      mutex.reading().lock();
    } else {
      mutex.lock();
    }
    clusters.get("a").x++;
    if (buggy) {
      mutex.reading().unlock();
    } else {
      mutex.unlock();
    }
  }

  private static void callbackCounts(boolean buggy) throws Exception {
    Vars calls = new Vars();
    AtomicInteger atomic = new AtomicInteger();
    pair(
        () -> {
          if (buggy) {
            calls.x++;
          } else {
            atomic.incrementAndGet();
          }
        },
        () -> Vars.use(buggy ? calls.x : atomic.get()));
  }

  /** Counted by an atomic operation, and copied with its object by plain ones. */
  private static final class Stats {
    static final java.lang.invoke.VarHandle EVICTIONS = handle();
    long evictions;

    private static java.lang.invoke.VarHandle handle() {
      try {
        return java.lang.invoke.MethodHandles.lookup()
            .findVarHandle(Stats.class, "evictions", long.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    Stats copy(boolean plainly) {
      Stats made = new Stats();
      made.evictions = plainly ? evictions : (long) EVICTIONS.getVolatile(this);
      return made;
    }
  }

  private static void copiedCounters(boolean buggy) throws Exception {
    Stats stats = new Stats();
    pair(
        () -> Vars.use((long) Stats.EVICTIONS.getAndAdd(stats, 1L)),
        () -> Vars.use(stats.copy(buggy)));
  }

  private static void tooManyDones() throws Exception {
    WaitGroup group = new WaitGroup();
    group.add(1);
    both(() -> done(group), () -> done(group));
  }

  private static void done(WaitGroup group) {
    try {
      group.done();
    } catch (RuntimeException e) {
      Vars.use(e);
    }
  }

  private static void handlerSets(boolean buggy) throws Exception {
    Vars seen = new Vars();
    Chan<Boolean> served = Chan.buffered(1);
    pair(
        () -> {
          seen.flag = true;
          served.send(true);
        },
        () -> {
          if (!buggy) {
            served.receive();
          }
          Vars.use(seen.flag);
        });
  }

  private static void parallelResults(boolean buggy) throws Exception {
    Vars[] results = new Vars[2];
    both(() -> results[0] = new Vars(), () -> results[buggy ? 0 : 1] = new Vars());
  }

  private static void truncated(boolean buggy) throws Exception {
    List<Integer> pending = new ArrayList<>(List.of(1, 2, 3));
    Mutex mutex = new Mutex();
    both(
        () -> {
          mutex.lock();
          pending.clear();
          mutex.unlock();
        },
        () -> {
          lockUnless(buggy, mutex);
          for (int one : pending) {
            Vars.use(one);
          }
          unlockUnless(buggy, mutex);
        });
  }

  private static final class Fake {
    private final AtomicInteger atomic = new AtomicInteger();
    private int calls;

    void call(boolean plainly) {
      if (plainly) {
        calls++;
      } else {
        atomic.incrementAndGet();
      }
    }
  }

  private static void fakeCounts(boolean buggy) throws Exception {
    Fake fake = new Fake();
    WaitGroup workers = new WaitGroup();
    for (int i = 0; i < 4; i++) {
      workers.go(() -> fake.call(buggy));
    }
    workers.await();
    Vars.use(fake.calls);
  }

  private static void writtenWithoutTheLock(boolean buggy) throws Exception {
    Mutex mutex = new Mutex();
    Map<String, Vars> items = new HashMap<>();
    items.put("a", new Vars());
    both(
        () -> {
          mutex.lock();
          Vars item = items.get("a");
          if (!buggy) {
            item.x = 1;
          }
          mutex.unlock();
          if (buggy) {
            item.x = 1;
          }
        },
        () -> {
          mutex.lock();
          Vars.use(items.get("a").x);
          mutex.unlock();
        });
  }

  private static void deepCopy(boolean buggy) throws Exception {
    Map<String, String> labels = new HashMap<>(Map.of("a", "b"));
    Map<String, String> own = new HashMap<>(labels);
    both(
        () -> {
          Map<String, String> copy = new HashMap<>();
          labels.forEach((key, value) -> copy.put(key, value));
          Vars.use(copy);
        },
        () -> (buggy ? labels : own).put("c", "d"));
  }

  private static final class Lazy {
    final Mutex mutex = new Mutex();
    String made;

    String get(boolean locks) throws InterruptedException {
      lockUnless(!locks, mutex);
      if (made == null) {
        made = "made";
      }
      String result = made;
      unlockUnless(!locks, mutex);
      return result;
    }
  }

  private static void lazily(boolean buggy) throws Exception {
    Lazy lazy = new Lazy();
    WaitGroup ten = new WaitGroup();
    for (int i = 0; i < 10; i++) {
      ten.go(() -> Vars.use(lazy.get(!buggy)));
    }
    ten.await();
  }

  private static void sizeWithout(boolean buggy) throws Exception {
    List<Integer> heap = new ArrayList<>(List.of(1, 2));
    Mutex mutex = new Mutex();
    both(
        () -> {
          mutex.lock();
          heap.removeLast();
          mutex.unlock();
        },
        () -> {
          lockUnless(buggy, mutex);
          Vars.use(heap.size());
          unlockUnless(buggy, mutex);
        });
  }

  private static void background(boolean buggy) throws Exception {
    List<Integer> queue = new ArrayList<>(List.of(1, 2, 3));
    Mutex mutex = new Mutex();
    pair(
        () -> {
          mutex.lock();
          List<Integer> seen = buggy ? queue : List.copyOf(queue);
          mutex.unlock();
          for (int one : seen) {
            Vars.use(one);
          }
        },
        () -> {
          mutex.lock();
          queue.clear();
          mutex.unlock();
        });
  }

  private static void outputAfterTimeout(boolean buggy) throws Exception {
    StringBuilder output = new StringBuilder();
    Chan<Boolean> ended = Chan.buffered(1);
    pair(
        () -> {
          output.append("a line");
          ended.send(true);
        },
        () -> {
          if (!buggy) {
            ended.receive();
          }
          Vars.use(output.toString());
        });
  }

  private static void counterOfLoop(boolean buggy) throws Exception {
    Vars counter = new Vars();
    Chan<Boolean> done = Chan.buffered(4);
    for (counter.x = 0; counter.x < 4; counter.x++) {
      int mine = counter.x;
      go(() -> {
        Vars.use(buggy ? counter.x : mine);
        done.send(true);
      });
    }
    for (int i = 0; i < 4; i++) {
      done.receive();
    }
  }

  private static void statsAfterStop(boolean buggy) throws Exception {
    Chan<Integer> stats = Chan.buffered(2);
    Chan<Boolean> stopped = Chan.unbuffered();
    pair(
        () -> send(stats),
        () -> {
          if (buggy) {
            stats.close();
          } else {
            stopped.close();
          }
        });
  }

  private static void updateAfterClose(boolean buggy) throws Exception {
    Chan<Integer> updates = Chan.buffered(2);
    WaitGroup senders = new WaitGroup();
    senders.add(1);
    pair(
        () -> {
          send(updates);
          senders.done();
        },
        () -> {
          if (!buggy) {
            senders.await();
          }
          updates.close();
        });
  }

  private static void hookPrepends(boolean buggy) throws Exception {
    Vars hooks = new Vars();
    Mutex mutex = new Mutex();
    both(
        () -> {
          lockUnless(buggy, mutex);
          hooks.array = new int[] {1, hooks.array[0]};
          unlockUnless(buggy, mutex);
        },
        () -> {
          lockUnless(buggy, mutex);
          for (int hook : hooks.array) {
            Vars.use(hook);
          }
          unlockUnless(buggy, mutex);
        });
  }

  /** A test and its log; the log of a test that has ended must not be written to. */
  private static final class Log {
    boolean open = true;

    void write() {
      if (open) {
        Vars.use("logged");
      }
    }

    void end() {
      open = false;
    }
  }

  private static void logsLate(boolean buggy) throws Exception {
    Log log = new Log();
    if (buggy) {
      pair(() -> log.write(), () -> log.end());
    } else {
      go(() -> log.write()).join();
      log.end();
    }
  }

  private static void logsFromWatcher(boolean buggy) throws Exception {
    Log log = new Log();
    Chan<Boolean> ended = Chan.buffered(1);
    pair(
        () -> {
          log.write();
          ended.send(true);
        },
        () -> {
          if (!buggy) {
            ended.receive();
          }
          log.end();
        });
  }

  /** Workers count down atomically what the starter counts up plainly, after it has queued. */
  private static void queuedFirst(boolean buggy) throws Exception {
    Stats pending = new Stats();
    Chan<Integer> queue = Chan.buffered(1);
    Order order = new Order();
    Chan<Boolean> done = Chan.buffered(1);
    go(() -> {
      queue.receive();
      Vars.use((long) Stats.EVICTIONS.getAndAdd(pending, -1L));
      order.reach();
      done.send(true);
    });
    if (!buggy) {
      pending.evictions++;
    }
    queue.send(1);
    order.await(1);
    if (buggy) {
      pending.evictions++;
    }
    done.receive();
  }
}

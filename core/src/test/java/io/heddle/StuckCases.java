package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.lang.ref.ReferenceQueue;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Programs beside threads that may do anything at any time, for {@link DeadlockCases}. */
final class StuckCases {
  /** Longer than it takes to find out all that can be found out without the collector. */
  private static final Duration LONG = Duration.ofSeconds(3);

  /** Longer than it takes to print a note. */
  private static final Duration LONGER = Duration.ofSeconds(7);

  private static final List<Mutex> LOCKS = Stream.generate(Mutex::new).limit(5).toList();
  private static final List<RWMutex> RW_LOCKS = List.of(new RWMutex(), new RWMutex());
  private static final AtomicInteger TICKS = new AtomicInteger();

  private static @Nullable Chan<String> everybodys;

  private StuckCases() {}

  /** Something that keeps threads of its own. */
  private interface Outside {
    AutoCloseable open() throws Exception;
  }

  private static Map<String, Outside> outsides() {
    Map<String, Outside> all = new LinkedHashMap<>();
    all.put("an HTTP client", HttpClient::newHttpClient);
    all.put("an HTTP server", StuckCases::httpServer);
    all.put(
        "an executor with a schedule",
        () -> {
          ScheduledExecutorService pool = Executors.newScheduledThreadPool(1);
          var _ = pool.scheduleAtFixedRate(TICKS::incrementAndGet, 1, 1, TimeUnit.MILLISECONDS);
          return pool::shutdownNow;
        });
    all.put("a driver that cleans up", StuckCases::cleaner);
    all.put(
        "a task of the common pool",
        () -> {
          var task = ForkJoinPool.commonPool().submit(() -> sleep(Duration.ofHours(1)));
          return () -> task.cancel(true);
        });
    all.put("a busy thread", StuckCases::busy);
    return all;
  }

  private static AutoCloseable httpServer() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> exchange.sendResponseHeaders(204, -1));
    server.start();
    return () -> server.stop(0);
  }

  /** As JDBC drivers look for connections that were forgotten. */
  private static AutoCloseable cleaner() {
    ReferenceQueue<Object> forgotten = new ReferenceQueue<>();
    Thread thread =
        Thread.ofPlatform()
            .daemon()
            .name("driver cleaner")
            .start(() -> {
              try {
                while (true) {
                  forgotten.remove(100);
                }
              } catch (InterruptedException e) {
                // closed
              }
            });
    return thread::interrupt;
  }

  private static AutoCloseable busy() {
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              while (!Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
              }
            });
    return thread::interrupt;
  }

  /** The collector finds that nothing can wake these. Their finally blocks end the threads. */
  static Map<String, Task> collectable() {
    Map<String, Task> cases = new LinkedHashMap<>();
    outsides()
        .forEach((name, outside) ->
            cases.put(
                "beside " + name,
                () -> {
                  try (AutoCloseable _ = outside.open()) {
                    Chan.unbuffered().receive();
                  }
                }));
    cases.put(
        "several beside an HTTP client",
        () -> {
          try (HttpClient _ = HttpClient.newHttpClient()) {
            WaitGroup group = new WaitGroup();
            Chan<Integer> values = Chan.unbuffered();
            for (int i = 0; i < 2; i++) {
              group.go(values::receive);
            }
            group.await();
          }
        });
    cases.put(
        "a circle of locks of its own",
        () -> {
          try (HttpClient _ = HttpClient.newHttpClient()) {
            WaitGroup group = new WaitGroup();
            circle(List.of(new Mutex(), new Mutex()), task -> group.go(task));
            group.await();
          }
        });
    return cases;
  }

  /** How a goroutine of a circle is started. */
  private interface Starter {
    void start(Task task);
  }

  /** Goroutines that each hold one lock and wait for the next. */
  private static void circle(List<? extends Locker> locks, Starter starter) {
    WaitGroup allHold = new WaitGroup();
    allHold.add(locks.size());
    for (int i = 0; i < locks.size(); i++) {
      Locker mine = locks.get(i);
      Locker next = locks.get((i + 1) % locks.size());
      starter.start(() -> {
        mine.lock();
        try {
          allHold.done();
          allHold.await();
          next.lock();
          next.unlock();
        } finally {
          mine.unlock();
        }
      });
    }
  }

  private static Task beside(Task main) {
    return () -> {
      try (AutoCloseable _ = HttpClient.newHttpClient()) {
        main.run();
      }
    };
  }

  /** What everybody can reach, but the locks show that it is stuck. */
  static Map<String, Task> locks() {
    Map<String, Task> cases = new LinkedHashMap<>();
    for (int i = 2; i <= 3; i++) {
      List<Mutex> locks = LOCKS.subList(0, i);
      cases.put("circle of " + i, beside(() -> joinFirst(locks)));
    }
    cases.put("circle of read-write locks", beside(() -> joinFirst(RW_LOCKS)));
    cases.put("main in the circle", beside(() -> mainIn(LOCKS.get(0), LOCKS.get(1), LOCKS.get(1))));
    RWMutex shared = RW_LOCKS.getFirst();
    cases.put("circle with a reader", beside(() -> mainIn(LOCKS.get(0), shared, shared.reading())));
    cases.put(
        "circle with one that reads", beside(() -> mainIn(LOCKS.get(0), shared.reading(), shared)));
    cases.put("circle of one that reads twice", beside(() -> readsTwice(shared)));
    cases.put(
        "main behind the circle",
        beside(() -> {
          circle(LOCKS.subList(0, 2), Go::go);
          DeadlockCases.await(() -> LOCKS.get(0).isTaken() && LOCKS.get(1).isTaken());
          LOCKS.get(1).lock();
          LOCKS.get(1).unlock();
        }));
    return cases;
  }

  /**
   * A circle of main and another goroutine.
   *
   * @param others what the other locks first
   * @param mains what main locks first
   * @param wanted what the other waits for, which main has locked
   */
  private static void mainIn(Locker others, Locker mains, Locker wanted)
      throws InterruptedException {
    Chan<Integer> held = Chan.unbuffered();
    mains.lock();
    try {
      go(() -> {
        others.lock();
        try {
          held.send(1);
          wanted.lock();
          wanted.unlock();
        } finally {
          others.unlock();
        }
      });
      held.receive();
      others.lock();
      others.unlock();
    } finally {
      mains.unlock();
    }
  }

  /** Main has to wait for the writer, which waits for main. */
  private static void readsTwice(RWMutex lock) throws InterruptedException {
    lock.reading().lock();
    try {
      go(() -> {
        lock.lock();
        lock.unlock();
      });
      DeadlockCases.await(() -> lock.firstWriter() != null);
      lock.reading().lock();
      lock.reading().unlock();
    } finally {
      lock.reading().unlock();
    }
  }

  private static void joinFirst(List<? extends Locker> locks) throws InterruptedException {
    Goroutine<?>[] first = new Goroutine<?>[1];
    circle(
        locks,
        task -> {
          Goroutine<?> started = go(task);
          first[0] = first[0] == null ? started : first[0];
        });
    first[0].join();
  }

  /** What looks stuck for longer than it takes to ask the collector, and is not. */
  static Map<String, Task> seeming() {
    Map<String, Task> cases = new LinkedHashMap<>();
    cases.put(
        "an executor's task",
        () -> {
          Chan<String> channel = Chan.buffered(1);
          BooleanSupplier looked = looked();
          try (ScheduledExecutorService pool = Executors.newScheduledThreadPool(1)) {
            var _ =
                pool.scheduleAtFixedRate(
                    () -> {
                      if (looked.getAsBoolean()) {
                        channel.trySend("late");
                      }
                    },
                    10,
                    10,
                    TimeUnit.MILLISECONDS);
            channel.receive();
            pool.shutdownNow();
          }
        });
    cases.put(
        "a thread's stack",
        () -> {
          Chan<String> channel = Chan.buffered(1);
          BooleanSupplier looked = looked();
          Thread.ofPlatform()
              .start(() -> {
                DeadlockCases.await(looked);
                channel.trySend("late");
              });
          channel.receive();
        });
    cases.put(
        "a virtual thread's stack",
        () -> {
          Chan<String> channel = Chan.buffered(1);
          BooleanSupplier looked = looked();
          Thread.ofVirtual()
              .start(() -> {
                DeadlockCases.await(looked);
                channel.trySend("late");
              });
          channel.receive();
        });
    cases.put(
        "a static field",
        () -> {
          Chan<String> channel = Chan.buffered(1);
          everybodys = channel;
          BooleanSupplier looked = looked();
          Thread.ofPlatform().start(() -> sendToEverybodys(looked));
          channel.receive();
        });
    cases.put(
        "the end of a context",
        () -> {
          CancelContext context = Context.background().withCancel();
          BooleanSupplier looked = looked();
          Thread.ofPlatform()
              .start(() -> {
                DeadlockCases.await(looked);
                context.cancel();
              });
          go(context, () -> Chan.never().receive()).join();
        });
    cases.put(
        "a mutex that signals",
        () -> {
          Mutex mutex = LOCKS.get(4);
          mutex.lock();
          BooleanSupplier looked = looked();
          Thread.ofPlatform()
              .start(() -> {
                DeadlockCases.await(looked);
                mutex.unlock();
              });
          mutex.lock();
          mutex.unlock();
        });
    cases.put(
        "a circle of locks with a context",
        () -> {
          CancelContext context = Context.background().withCancel();
          BooleanSupplier looked = looked();
          Thread.ofPlatform()
              .start(() -> {
                DeadlockCases.await(looked);
                context.cancel();
              });
          Goroutine<?>[] both = new Goroutine<?>[2];
          AtomicInteger next = new AtomicInteger();
          circle(LOCKS.subList(0, 2), task -> both[next.getAndIncrement()] = go(context, task));
          for (Goroutine<?> one : both) {
            one.join();
          }
        });
    cases.put(
        "a circle of locks that are waited for with a context",
        () -> {
          CancelContext context = Context.background().withCancel();
          BooleanSupplier looked = looked();
          Thread.ofPlatform()
              .start(() -> {
                DeadlockCases.await(looked);
                context.cancel();
              });
          Goroutine<?>[] both = new Goroutine<?>[2];
          List<Mutex> locks = LOCKS.subList(2, 4);
          IntStream.range(0, 2)
              .forEach(i ->
                  both[i] =
                      go(() -> {
                        locks.get(i).lock();
                        try {
                          DeadlockCases.await(() -> locks.get(1 - i).isTaken());
                          locks.get(1 - i).lock(context);
                          locks.get(1 - i).unlock();
                        } catch (ContextException e) {
                          // one of them gives up, or both do
                        } finally {
                          locks.get(i).unlock();
                        }
                      }));
          for (Goroutine<?> one : both) {
            one.join();
          }
        });
    return cases;
  }

  /** Whether, from now on, everything was looked at that can be. */
  private static BooleanSupplier looked() {
    long start = System.nanoTime();
    long before = Standstill.QUESTIONS.get();
    return Leaks.areSearched()
        ? () -> Standstill.QUESTIONS.get() > before
        : () -> System.nanoTime() - start > LONG.toNanos();
  }

  private static void sendToEverybodys(BooleanSupplier looked) {
    DeadlockCases.await(looked);
    Chan<String> channel = everybodys;
    if (channel != null) {
      channel.trySend("late");
    }
  }

  /** Twice what only a static field can reach, so that nothing is certain. */
  static void note() throws InterruptedException {
    for (int i = 0; i < 2; i++) {
      boolean awaitsNote = i == 0 && Standstill.NOTES;
      run(() -> {
        Chan<String> channel = Chan.buffered(1);
        everybodys = channel;
        Thread.ofPlatform()
            .name("outside thread")
            .start(() -> {
              if (awaitsNote) {
                DeadlockCases.await(() -> Standstill.isNoted);
              } else {
                sleep(LONGER);
              }
              channel.trySend("late");
            });
        IO.println(channel.receive());
      });
    }
  }

  /** A circle of locks in a program that otherwise continues, until there is a warning. */
  static void partial() throws InterruptedException {
    Chan<String> warnings = Chan.buffered(10);
    Logger logger = Logger.getLogger("io.heddle");
    logger.setUseParentHandlers(false);
    logger.addHandler(
        new Handler() {
          @Override
          public void publish(LogRecord warning) {
            warnings.trySend(warning.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        });
    run(() -> {
      circle(LOCKS.subList(0, 2), Go::go);
      String warning = null;
      while (warning == null) {
        Go.sleep(Duration.ofMillis(1));
        warning = warnings.tryReceive();
      }
      IO.println(warning);
    });
  }

  private static void sleep(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

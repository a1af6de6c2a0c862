package io.heddle;

import static io.heddle.Go.after;
import static io.heddle.Go.afterFunc;
import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.onComplete;
import static io.heddle.Select.select;

import io.heddle.jvm.ForeignVirtualThreads;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TimerTask;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * What {@link DeadlockTest} runs in a JVM of its own, where no test framework's thread may call. It
 * prints a line for each case.
 */
final class DeadlockCases {
  /** Long enough for several looks. */
  private static final Duration WHILE = Duration.ofMillis(300);

  /** How long a look is held up: so long that its share of a processor's time would be minutes. */
  private static final Duration HOLD = Duration.ofMillis(600);

  private DeadlockCases() {}

  public static void main(String[] arguments) throws Exception {
    switch (arguments[0]) {
      case "deadlocks" -> deadlocks().forEach(DeadlockCases::mustBeReported);
      case "living" -> {
        // The first time it loads classes for longer than a case lasts, in which nobody looks.
        ForeignVirtualThreads.mayExist(Set.of());
        living(Integer.parseInt(arguments[1])).forEach(DeadlockCases::mustEnd);
      }
      case "stuck" -> {
        StuckCases.collectable().forEach(DeadlockCases::mustBeReported);
      }
      case "locks" -> StuckCases.locks().forEach(DeadlockCases::mustBeReported);
      case "seeming" -> allMustEnd(StuckCases.seeming());
      case "note" -> StuckCases.note();
      case "partial" -> StuckCases.partial();
      case "leaks" -> {
        IO.println("searched: " + Leaks.areSearched());
        IO.println("found: " + Leaks.found() + Leaks.found());
      }
      case "hook" -> waitForHook();
      case "held up" -> mustBeReported("after looks that were held up", DeadlockCases::heldUp);
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static void mustBeReported(String name, Task main) {
    try {
      run(main);
      IO.println(name + ": ended");
    } catch (DeadlockException e) {
      String headers =
          String.join(" ", e.goroutines().lines().filter(line -> line.endsWith("]:")).toList());
      IO.println(name + ": " + headers);
    } catch (Exception e) {
      IO.println(name + ": " + e);
    }
  }

  private static void mustEnd(String name, Task main) {
    long before = Watch.LOOKS.get();
    try {
      run(main);
      long looks = Watch.LOOKS.get() - before;
      IO.println(name + ": " + (looks >= 2 ? "ended" : "looked at only " + looks + " times"));
    } catch (Exception e) {
      IO.println(name + ": " + e);
    }
  }

  /** All at once, in the same standstill. */
  private static void allMustEnd(Map<String, Task> cases) throws InterruptedException {
    Map<String, String> ends = new ConcurrentHashMap<>();
    List<Thread> threads = new ArrayList<>();
    cases.forEach((name, main) ->
        threads.add(
            Thread.ofPlatform()
                .start(() -> {
                  try {
                    run(main);
                    ends.put(name, "ended");
                  } catch (Exception e) {
                    ends.put(name, e.toString());
                  }
                })));
    for (Thread thread : threads) {
      thread.join();
    }
    cases.keySet().forEach(name -> IO.println(name + ": " + ends.get(name)));
  }

  static Map<String, Task> deadlocks() {
    Map<String, Task> cases = new LinkedHashMap<>();
    cases.put("receive", () -> Chan.unbuffered().receive());
    cases.put("send", () -> Chan.<String>unbuffered().send("to nobody"));
    cases.put("never", () -> Chan.never().receive());
    cases.put("select", () -> select());
    cases.put(
        "mutex",
        () -> {
          Mutex mutex = new Mutex();
          mutex.lock();
          mutex.lock();
        });
    cases.put(
        "wait group",
        () -> {
          WaitGroup group = new WaitGroup();
          group.add(1);
          group.await();
        });
    cases.put(
        "cond",
        () -> {
          Mutex mutex = new Mutex();
          mutex.lock();
          new Cond(mutex).await();
        });
    cases.put(
        "circle",
        () -> {
          Chan<String> there = Chan.unbuffered();
          Chan<String> back = Chan.unbuffered();
          go(
              "other",
              () -> {
                there.receive();
                back.send("never");
              });
          back.receive();
          there.send("never");
        });
    cases.put(
        "worker",
        () -> {
          Chan<String> jobs = Chan.unbuffered();
          go("worker", () -> jobs.receive()).join();
        });
    cases.put("future", () -> select(onComplete(new CompletableFuture<String>())));
    cases.put(
        "inner program",
        () -> {
          try {
            run(() -> Chan.unbuffered().receive());
          } catch (DeadlockException e) {
            Chan.unbuffered().send("the outer one is next");
          }
        });
    cases.put(
        "after a failure that was handled",
        () -> {
          AtomicInteger handled = new AtomicInteger();
          try {
            run(
                () -> {
                  go(() -> {
                    throw new IOException("of the one that would have sent");
                  });
                  Chan.unbuffered().receive();
                },
                (goroutine, failure) -> handled.incrementAndGet());
          } catch (DeadlockException e) {
            if (handled.get() == 1) {
              Chan.unbuffered().send("the outer one is next");
            }
          }
        });
    cases.put(
        "after a timer",
        () -> {
          Go.sleep(WHILE);
          Chan.unbuffered().receive();
        });
    cases.put(
        "after virtual threads of others",
        () -> {
          Thread.ofVirtual().start(() -> sleep(WHILE)).join();
          Chan.unbuffered().receive();
        });
    cases.put(
        "beside an idle pool",
        () -> {
          CompletableFuture<String> done = CompletableFuture.supplyAsync(() -> "pool");
          done.get();
          Chan.unbuffered().receive();
        });
    cases.put(
        "after I/O",
        () -> {
          try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            server.setSoTimeout(20);
            server.accept();
          } catch (IOException e) {
            Chan.unbuffered().receive();
          }
        });
    for (StoppedAlarm way : StoppedAlarm.values()) {
      cases.put(
          "after a stopped alarm: " + way.name(),
          () -> {
            way.use();
            Chan.unbuffered().receive();
          });
    }
    cases.put("class initialiser", Initialised::begin);
    cases.put(
        "beside a platform thread in Heddle",
        () -> beside(() -> Chan.never().receive(), () -> select()));
    cases.put(
        "beside a platform thread in the JDK",
        () -> beside(() -> new CountDownLatch(1).await(), () -> select()));
    cases.put(
        "later than a platform thread",
        () ->
            beside(
                () -> Chan.never().receive(),
                () -> {
                  Go.sleep(Duration.ofMillis(1));
                  select();
                }));
    cases.put(
        "beside a signal handler",
        () -> {
          String problem = Diagnosis.handleDumpSignal("USR1");
          if (problem == null) {
            Chan.<String>unbuffered().send("to nobody");
          }
        });
    return cases;
  }

  /** The ways to start an alarm, or a timed wait of the JDK, and to need it no longer. */
  enum StoppedAlarm {
    CONTEXT {
      @Override
      void use() {
        try (var context = Context.background().withTimeout(HOUR)) {
          context.check();
        }
      }
    },
    CHILD_OF_A_CONTEXT {
      @Override
      void use() {
        try (var parent = Context.background().withCancel()) {
          var _ = parent.withTimeout(HOUR);
        }
      }
    },
    AFTER_FUNC {
      @Override
      void use() {
        AfterFunc.Timed call = afterFunc(HOUR, () -> {});
        call.reset(HOUR.multipliedBy(2));
        call.stop();
      }
    },
    RECEIVE {
      @Override
      void use() throws InterruptedException {
        Chan<Integer> values = Chan.unbuffered();
        Goroutine<?> receiver = go(() -> values.receive(HOUR));
        awaitAsleep(receiver);
        values.send(1);
        receiver.join();
      }
    },
    SELECT {
      @Override
      void use() throws InterruptedException {
        Chan<Integer> values = Chan.unbuffered();
        Goroutine<?> receiver = go(() -> select(values.onReceive(), after(HOUR).onReceive(_ -> 0)));
        awaitAsleep(receiver);
        values.send(1);
        receiver.join();
      }
    },
    SLEEP {
      @Override
      void use() throws InterruptedException {
        Goroutine<?> sleeper = go(() -> Go.sleep(HOUR));
        awaitAsleep(sleeper);
        sleeper.cancel();
        sleeper.join();
      }
    },
    LOCK {
      @Override
      void use() throws InterruptedException {
        Mutex mutex = new Mutex();
        mutex.lock();
        Goroutine<?> locks = go(() -> mutex.lock(HOUR));
        awaitAsleep(locks);
        mutex.unlock();
        locks.join();
      }
    },
    TIMED_WAIT_OF_THE_JDK {
      @Override
      void use() throws InterruptedException {
        Goroutine<?> sleeper = go(() -> Thread.sleep(HOUR));
        awaitAsleep(sleeper);
        sleeper.cancel();
        sleeper.join();
      }
    };

    private static final Duration HOUR = Duration.ofHours(1);

    abstract void use() throws InterruptedException;
  }

  /** Waits until a goroutine waits, in Heddle or in the JDK. */
  private static void awaitAsleep(Goroutine<?> goroutine) {
    await(() -> {
      Thread.State state = goroutine.thread().getState();
      return state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
    });
  }

  static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** A class whose initialisation does not end. */
  private static final class Initialised {
    static {
      try {
        Chan.unbuffered().receive();
      } catch (InterruptedException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    private Initialised() {}

    static void begin() {}
  }

  /** Does something while a platform thread is blocked for good, and then ends that. */
  private static void beside(Task blocks, Task main) throws Exception {
    Thread thread =
        Thread.ofPlatform()
            .start(() -> {
              try {
                blocks.run();
              } catch (InterruptedException e) {
                // the end of main
              } catch (Exception e) {
                IO.println(e);
              }
            });
    try {
      main.run();
    } finally {
      thread.interrupt();
    }
  }

  static Map<String, Task> living(int port) {
    Map<String, Task> cases = new LinkedHashMap<>();
    cases.put("accept", () -> outcome(DeadlockCases::accept).done().receive());
    cases.put(
        "standard input",
        () -> {
          IO.println("write");
          Chan<Integer> channel = Chan.unbuffered();
          go(() -> channel.send(System.in.read()));
          channel.receive();
        });
    cases.put(
        "after a connect that failed",
        () -> {
          Chan<String> channel = Chan.unbuffered();
          go(() -> {
            connectInVain();
            Thread.sleep(WHILE);
            channel.send("late");
          });
          channel.receive();
        });
    cases.put(
        "sleep",
        () -> {
          Chan<String> channel = Chan.unbuffered();
          go(() -> {
            Thread.sleep(WHILE);
            channel.send("late");
          });
          channel.receive();
        });
    cases.put(
        "monitor",
        () -> {
          Object monitor = new Object();
          Chan<String> held = Chan.buffered(1);
          Thread.ofPlatform()
              .start(() -> {
                synchronized (monitor) {
                  held.trySend("held");
                  sleep(WHILE);
                }
              });
          held.receive();
          Chan<String> channel = Chan.unbuffered();
          go(() -> {
            synchronized (monitor) {
              IO.print("");
            }
            channel.send("late");
          });
          channel.receive();
        });
    cases.put(
        "pool",
        () ->
            select(
                onComplete(
                    CompletableFuture.supplyAsync(() -> {
                      sleep(WHILE);
                      return "late";
                    }))));
    cases.put(
        "delayed executor",
        () ->
            select(
                onComplete(
                    CompletableFuture.supplyAsync(
                        () -> "late",
                        CompletableFuture.delayedExecutor(
                            WHILE.toMillis(), TimeUnit.MILLISECONDS)))));
    cases.put("platform thread", () -> sentBy(Thread.ofPlatform()));
    cases.put("virtual thread", () -> sentBy(Thread.ofVirtual()));
    cases.put(
        "virtual thread in I/O",
        () -> {
          Chan<String> channel = Chan.buffered(1);
          Thread.ofVirtual()
              .start(() -> {
                accept();
                channel.trySend("late");
              });
          channel.receive();
        });
    cases.put(
        "scheduled executor",
        () -> {
          Chan<String> channel = Chan.buffered(1);
          try (ScheduledExecutorService pool = Executors.newScheduledThreadPool(1)) {
            var _ =
                pool.schedule(
                    () -> channel.trySend("late"), WHILE.toMillis(), TimeUnit.MILLISECONDS);
            channel.receive();
          }
        });
    cases.put(
        "JDK timer",
        () -> {
          Chan<String> channel = Chan.buffered(1);
          java.util.Timer timer = new java.util.Timer();
          timer.schedule(
              new TimerTask() {
                @Override
                public void run() {
                  channel.trySend("late");
                }
              },
              WHILE.toMillis());
          channel.receive();
          timer.cancel();
        });
    cases.put(
        "HTTP client",
        () -> {
          try (HttpClient client = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + port + "/");
            select(
                onComplete(
                    client.sendAsync(
                        HttpRequest.newBuilder(uri).build(),
                        HttpResponse.BodyHandlers.ofString())));
          }
        });
    cases.put(
        "process",
        () -> {
          String sleep = "0." + WHILE.toMillis();
          select(onComplete(new ProcessBuilder("sleep", sleep).start().onExit()));
        });
    cases.put("timer", () -> after(WHILE).receive());
    cases.put(
        "context",
        () -> {
          try (var context = Context.background().withTimeout(WHILE)) {
            context.done().receive();
          }
        });
    cases.put(
        "after func",
        () -> {
          Chan<String> channel = Chan.unbuffered();
          afterFunc(WHILE, () -> channel.send("late"));
          channel.receive();
        });
    cases.put(
        "two programs",
        () -> {
          Chan<String> channel = Chan.unbuffered();
          Thread.ofPlatform()
              .start(() -> {
                try {
                  run(() -> {
                    Thread.sleep(WHILE);
                    channel.send("late");
                  });
                } catch (InterruptedException e) {
                  IO.println(e);
                }
              });
          channel.receive();
        });
    cases.put("program in a program", () -> run(() -> Thread.sleep(WHILE)));
    cases.put(
        "outside event",
        () -> {
          Chan<String> channel = Chan.unbuffered();
          try (var _ = OutsideEvent.expect()) {
            IO.println("write");
            Thread reader = reader(channel);
            reader.start();
            channel.receive();
          }
        });
    return cases;
  }

  /**
   * A deadlock that begins after two looks in a row that took long, as they do where threads wait
   * for a processor.
   */
  private static void heldUp() throws InterruptedException {
    Thread.ofPlatform().start(DeadlockCases::holdUpTwoLooks);
    Chan.unbuffered().receive();
  }

  private static void holdUpTwoLooks() {
    Thread watch =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().equals("heddle-watch"))
            .findFirst()
            .orElseThrow();
    int inARow = 0;
    long last = -1;
    while (inARow < 2) {
      OutsideEvent expected;
      synchronized (Watch.MARKING) {
        await(() -> watch.getState() == Thread.State.BLOCKED);
        expected = OutsideEvent.expect(); // so that the look finds no deadlock
        long looks = Watch.LOOKS.get();
        sleep(HOLD);
        inARow = looks == last + 1 ? inARow + 1 : 1;
        last = looks;
      }
      long held = last;
      await(() -> Watch.LOOKS.get() > held);
      expected.close(); // so that the next look does not find at once what this one found
    }
  }

  private static Thread reader(Chan<String> channel) {
    return Thread.ofPlatform()
        .unstarted(() -> {
          try {
            channel.send("read " + System.in.read());
          } catch (IOException | InterruptedException e) {
            IO.println(e);
          }
        });
  }

  private static void sentBy(Thread.Builder threads) throws InterruptedException {
    Chan<String> channel = Chan.buffered(1);
    threads.start(() -> {
      sleep(WHILE);
      channel.trySend("late");
    });
    channel.receive();
  }

  /** Waits for a connection, which the parent makes when it receives the port. */
  private static void accept() {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      IO.println("connect " + server.getLocalPort());
      server.accept().close();
    } catch (IOException e) {
      IO.println(e);
    }
  }

  private static void connectInVain() throws IOException {
    InetAddress host = InetAddress.getLoopbackAddress();
    int port;
    try (ServerSocket closed = new ServerSocket(0, 1, host)) {
      port = closed.getLocalPort();
    }
    try (Socket socket = new Socket(host, port)) {
      IO.println("connected: " + socket);
    } catch (ConnectException e) {
      // as it should be: nobody listens
    }
  }

  private static Context outcome(Runnable work) {
    CancelContext context = Context.background().withCancel();
    go(() -> {
      work.run();
      context.cancel();
    });
    return context;
  }

  private static void sleep(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends when the parent tells the process to. */
  private static void waitForHook() throws InterruptedException {
    run(() -> {
      Chan<String> told = Chan.unbuffered();
      Chan<String> done = Chan.unbuffered();
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(() -> {
                try {
                  told.send("to end");
                  done.receive();
                } catch (InterruptedException e) {
                  IO.println(e);
                }
              }));
      IO.println("terminate");
      IO.println("told " + told.receive());
      done.close();
    });
  }
}

package io.heddle;

import static io.heddle.Go.go;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.HostileContexts.Hostile;
import io.heddle.HostileContexts.Method;
import io.heddle.HostileContexts.Way;
import io.heddle.flow.Pipeline;
import io.heddle.rate.RateLimiter;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every operation that takes a context, under contexts that are somebody else's code and misbehave
 * in every way. Such an operation may fail as it likes. But it ends when the context does, what it
 * waited on and who waited can be used again, and nobody else is the worse for it.
 */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
final class HostileContextTest {
  private static final Duration FOR_EVER = Duration.ofDays(1000);
  private static final Duration LONG = Duration.ofDays(1);
  private static final Map<String, Supplier<Operation>> OPERATIONS = new TreeMap<>();

  static {
    OPERATIONS.put(
        "send",
        () -> {
          Chan<String> channel = Chan.unbuffered();
          return new Operation(
              context -> channel.send("nobody receives", context),
              () -> TestSupport.assertNobodyQueued(channel));
        });
    OPERATIONS.put(
        "receive",
        () -> {
          Chan<String> channel = Chan.unbuffered();
          return new Operation(channel::receive, () -> TestSupport.assertNobodyQueued(channel));
        });
    OPERATIONS.put(
        "select",
        () -> {
          Chan<String> one = Chan.unbuffered();
          Chan<String> two = Chan.unbuffered();
          return new Operation(
              context -> Select.of(one.onReceive(), two.onSend("nobody receives")).await(context),
              () -> TestSupport.assertNobodyQueued(one, two));
        });
    OPERATIONS.put(
        "case",
        () -> {
          Chan<String> channel = Chan.unbuffered();
          return new Operation(
              context -> Select.of(channel.onReceive(), context.onDone()).await(),
              () -> TestSupport.assertNobodyQueued(channel));
        });
    OPERATIONS.put(
        "mutex",
        () -> {
          Mutex mutex = new Mutex();
          assertTrue(mutex.tryLock());
          return new Operation(
              mutex::lock,
              () -> {
                mutex.unlock();
                assertTrue(mutex.tryLock());
              });
        });
    OPERATIONS.put(
        "write lock",
        () -> {
          RWMutex mutex = new RWMutex();
          assertTrue(mutex.tryLock());
          return new Operation(
              mutex::lock,
              () -> {
                mutex.unlock();
                assertTrue(mutex.tryLock());
              });
        });
    OPERATIONS.put(
        "read lock",
        () -> {
          RWMutex mutex = new RWMutex();
          assertTrue(mutex.tryLock());
          return new Operation(
              mutex.reading()::lock,
              () -> {
                mutex.unlock();
                assertTrue(mutex.tryLock());
              });
        });
    OPERATIONS.put(
        "cond",
        () -> {
          Mutex mutex = new Mutex();
          Cond cond = new Cond(mutex);
          return new Operation(
              context -> {
                mutex.lock();
                try {
                  cond.await(context);
                } finally {
                  mutex.unlock();
                }
              },
              () -> {
                cond.signal();
                assertTrue(mutex.tryLock());
              });
        });
    OPERATIONS.put(
        "semaphore",
        () -> {
          Semaphore semaphore = new Semaphore(2);
          assertTrue(semaphore.tryAcquire(2));
          return new Operation(
              context -> semaphore.acquire(2, context),
              () -> {
                semaphore.release(2);
                assertTrue(semaphore.tryAcquire(2));
              });
        });
    OPERATIONS.put(
        "wait group",
        () -> {
          WaitGroup group = new WaitGroup();
          group.add(1);
          return new Operation(
              group::await,
              () -> {
                group.done();
                group.add(1); // refused if anybody were still counted as waiting
              });
        });
    OPERATIONS.put(
        "error group",
        () -> {
          TaskGroup<Void> group = new TaskGroup<>();
          Chan<String> gate = Chan.unbuffered();
          group.tryGo(() -> gate.receive());
          return new Operation(
              group::await,
              () -> {
                gate.close();
                group.await();
              });
        });
    OPERATIONS.put(
        "error group's own",
        () ->
            new Operation(
                context -> {
                  TaskGroup<Void> group = new TaskGroup<>(context);
                  group.go(() -> Chan.never().receive(group.context()));
                  group.await();
                },
                () -> {}));
    OPERATIONS.put(
        "join",
        () -> {
          Chan<String> gate = Chan.unbuffered();
          Goroutine<?> goroutine = go(() -> gate.receive());
          return new Operation(
              goroutine::join,
              () -> {
                gate.close();
                goroutine.join();
              });
        });
    OPERATIONS.put("sleep", () -> new Operation(context -> Go.sleep(FOR_EVER, context), () -> {}));
    OPERATIONS.put(
        "rate limiter",
        () -> {
          RateLimiter limiter = RateLimiter.every(FOR_EVER, 1);
          assertTrue(limiter.tryAcquire());
          return new Operation(limiter::acquire, () -> assertFalse(limiter.tryAcquire()));
        });
    OPERATIONS.put(
        "single flight",
        () -> {
          SingleFlight<String, String> flights = new SingleFlight<>();
          return new Operation(
              context -> flights.run("key", () -> Chan.<String>never().receive(), context),
              () -> assertEquals("value", flights.run("key", () -> "value").value()));
        });
    OPERATIONS.put(
        "race",
        () ->
            new Operation(
                context -> Race.race(context, () -> Chan.<String>never().receive()), () -> {}));
    OPERATIONS.put(
        "pipeline",
        () ->
            new Operation(
                context ->
                    Pipeline.run(
                        context,
                        pipeline ->
                            pipeline.collect(pipeline.generate(_ -> Chan.never().receive()))),
                () -> {}));
    OPERATIONS.put(
        "go",
        () -> new Operation(context -> go(context, () -> Chan.never().receive()).join(), () -> {}));
    OPERATIONS.put(
        "wait group's go",
        () -> {
          WaitGroup group = new WaitGroup();
          return new Operation(
              context -> {
                group.go(context, () -> Chan.never().receive());
                group.await();
              },
              group::await);
        });
    OPERATIONS.put(
        "afterFunc",
        () -> {
          Chan<String> gate = Chan.unbuffered();
          return new Operation(
              context -> {
                context.afterFunc(gate::close);
                gate.receive();
              },
              () -> {});
        });
    OPERATIONS.put(
        "child",
        () ->
            new Operation(
                context -> {
                  try (CancelContext child =
                      context.withValue(Context.key("key"), 1).withCancel()) {
                    child.done().receive();
                  }
                },
                () -> {}));
    OPERATIONS.put(
        "timeout",
        () ->
            new Operation(
                context -> {
                  try (CancelContext child = context.withTimeout(FOR_EVER)) {
                    Chan.never().receive(child);
                  }
                },
                () -> {}));
    OPERATIONS.put(
        "merge",
        () ->
            new Operation(
                context -> {
                  try (CancelContext merged = Context.merge(Context.background(), context)) {
                    merged.done().receive();
                    assertTrue(merged.isDone());
                    assertTrue(merged.error() != null && merged.cause() != null);
                  }
                },
                () -> {}));
  }

  /** A wait for what never comes, and a check that it has left nothing behind. */
  private record Operation(Wait waiting, Task check) {
    interface Wait {
      void under(Context context) throws Exception;
    }
  }

  static Stream<Object[]> misbehaviour() {
    return Stream.of(Method.values())
        .flatMap(method -> Stream.of(Way.values()).map(way -> new Object[] {method, way}));
  }

  @ParameterizedTest
  @MethodSource("misbehaviour")
  void everyOperationEndsWithItAndLeavesNothingBehind(Method method, Way way) throws Exception {
    for (Map.Entry<String, Supplier<Operation>> operation : OPERATIONS.entrySet()) {
      for (int calm = 0; calm < 4; calm++) {
        String what = operation.getKey() + ", well-behaved for " + calm + " calls";
        try {
          int before = calm;
          assertNull(
              new BubbleClock().run(() -> tryOut(operation.getValue().get(), method, way, before)),
              what);
        } catch (Throwable e) {
          throw new AssertionError(what, e);
        }
      }
    }
  }

  private static void tryOut(Operation operation, Method method, Way way, int calm)
      throws Exception {
    CancelContext inner = Context.background().withCancel();
    Hostile context = new Hostile(inner, method, way, calm);
    CancelContext sibling = inner.withCancel();
    Goroutine<?> bystander = go(() -> sibling.done().receive());
    Chan<String> again = Chan.unbuffered();
    Goroutine<?> user =
        go(() -> {
          try {
            operation.waiting().under(context);
          } catch (Throwable e) {
            // whatever it is
          }
          assertFalse(((Routine) Goroutine.current()).isWaiting());
          Thread.interrupted();
          again.receive();
        });
    Go.sleep(LONG);
    context.cancel();
    bystander.join(LONG);
    again.send("still able to wait", LONG);
    user.join(LONG);
    operation.check().run();
  }
}

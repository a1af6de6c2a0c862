package io.heddle;

import static io.heddle.Go.afterFunc;
import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.heddle.scheduler.Scheduler;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** Which thread a goroutine runs on, and what it finds there. */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
final class GoroutineThreadTest {
  /** Other workers may take one of two goroutines; that they always do is out of the question. */
  private static final int TRIES = 10_000;

  private static final int ROUNDS = 500;

  /** What a goroutine did, and on which thread. */
  private interface Seen<T extends @Nullable Object> {
    T look() throws Exception;
  }

  /** Runs two goroutines, one after the other, and says whether it was on one thread. */
  private static <T extends @Nullable Object> boolean shares(
      Task first, Seen<T> second, AtomicReference<T> seen) throws InterruptedException {
    Thread[] threads = new Thread[2];
    Goroutine<?> one =
        go(() -> {
          threads[0] = Thread.currentThread();
          first.run();
        });
    Goroutine<?> other =
        go(() -> {
          threads[1] = Thread.currentThread();
          seen.set(second.look());
        });
    other.join(); // first: else the end of the first wakes this goroutine, which comes before it
    one.join();
    return threads[0] == threads[1];
  }

  /** What the second of two goroutines sees on the thread that the first has left. */
  private static <T extends @Nullable Object> T after(Task first, Seen<T> second)
      throws InterruptedException {
    AtomicReference<T> seen = new AtomicReference<>();
    for (int i = 0; i < TRIES; i++) {
      if (shares(first, second, seen)) {
        return seen.get();
      }
    }
    return fail("no thread was ever shared");
  }

  /** Asserts that a goroutine never leaves its thread to another if it does something. */
  private static void assertNeverShared(Task first) throws InterruptedException {
    for (int i = 0; i < ROUNDS; i++) {
      assertFalse(shares(first, () -> "", new AtomicReference<>()));
    }
    assertEquals("", after(() -> {}, () -> "")); // it was no coincidence
  }

  @Nested
  final class Shared {
    @BeforeEach
    void needsThreadsThatAreShared() {
      assumeTrue(Schedulers.shareThreads(), "goroutines have threads of their own");
    }

    @Test
    void aGoroutineRunsOnTheThreadOfOneThatHasEndedAndIsAnother() throws InterruptedException {
      run(() -> {
        AtomicReference<@Nullable Goroutine<?>> before = new AtomicReference<>();
        Goroutine<?> now = after(() -> before.set(Goroutine.current()), Goroutine::current);
        assertNotNull(now);
        assertNotSame(before.get(), now);
        assertTrue(Objects.requireNonNull(before.get()).isDone());
      });
    }

    @Test
    void nothingThatAGoroutineDidToItsThreadReachesTheNext() throws InterruptedException {
      ThreadLocal<String> local = new ThreadLocal<>();
      ThreadLocal<String> inheritable = new InheritableThreadLocal<>();
      ScopedValue<String> scoped = ScopedValue.newInstance();
      ClassLoader other = new URLClassLoader(new URL[0]);
      run(() -> {
        assertNeverShared(() -> local.set("mine"));
        assertNeverShared(() -> inheritable.set("mine"));
        assertNeverShared(() -> ScopedValue.where(scoped, "mine").run(() -> {}));
        assertNeverShared(() -> Thread.currentThread().setName("mine"));
        assertNeverShared(() -> Thread.currentThread().setContextClassLoader(other));
      });
    }

    @Test
    void anInterruptStatusDoesNotReachTheNext() throws InterruptedException {
      run(() ->
          assertFalse(
              after(
                  () -> Thread.currentThread().interrupt(),
                  () -> Thread.currentThread().isInterrupted())));
    }

    @Test
    void aHandlerOfTheThreadDoesNotReachTheNext() throws InterruptedException {
      run(() ->
          assertNotNull(
              after(
                  () -> Thread.currentThread().setUncaughtExceptionHandler((_, _) -> {}),
                  Goroutine::current)));
    }

    @Test
    void aThreadThatAProgramHasAskedForIsNotShared() throws InterruptedException {
      run(() -> assertNeverShared(() -> Objects.requireNonNull(Goroutine.current()).thread()));
    }

    @Test
    void aThreadThatHasBeenUnmountedIsNotShared() throws InterruptedException {
      run(() -> assertNeverShared(Go::gosched));
    }

    @Test
    void aGoroutineThatHasLeftItsThreadHasOneThatHasEnded() throws InterruptedException {
      run(() -> {
        AtomicReference<@Nullable Goroutine<?>> first = new AtomicReference<>();
        Thread now = after(() -> first.set(Goroutine.current()), Thread::currentThread);
        Thread gone = Objects.requireNonNull(first.get()).thread();
        assertNotSame(now, gone);
        assertEquals(Thread.State.TERMINATED, gone.getState());
        assertTrue(gone.isVirtual());
        gone.join();
        first.get().cancel();
        assertFalse(gone.isInterrupted(), "it is that of many");
        assertEquals("goroutine " + first.get().id(), first.get().name());
      });
    }

    /** An interrupt that comes after the end hits no other goroutine. */
    @Test
    void anInterruptThatComesLateDoesNotReachTheNext() throws Exception {
      AtomicReference<@Nullable Goroutine<?>> victim = new AtomicReference<>();
      AtomicBoolean done = new AtomicBoolean();
      AtomicInteger hits = new AtomicInteger();
      Thread interrupts =
          Thread.ofPlatform()
              .start(() -> {
                while (!done.get()) {
                  Goroutine<?> one = victim.get();
                  if (one != null) {
                    one.cancel();
                  }
                  letOthersRun();
                }
              });
      AtomicInteger shared = new AtomicInteger();
      try {
        run(() -> {
          for (int i = 0; i < TRIES; i++) {
            boolean same =
                shares(
                    () -> {
                      victim.set(Goroutine.current());
                      victim.set(null);
                    },
                    () -> {
                      for (int look = 0; look < 20; look++) {
                        hits.addAndGet(Thread.interrupted() ? 1 : 0);
                        Thread.onSpinWait();
                      }
                      return "";
                    },
                    new AtomicReference<>());
            shared.addAndGet(same ? 1 : 0);
          }
        });
      } finally {
        done.set(true);
        interrupts.join();
      }
      assertTrue(shared.get() > 0, "no thread was ever shared");
      assertEquals(0, hits.get());
    }

    /** On one processor, a thread that only looks would use its whole share. */
    @SuppressWarnings("ThreadPriorityCheck")
    private static void letOthersRun() {
      Thread.yield();
    }

    private static void second() {
      for (int i = 0; i < 2_000; i++) {
        Thread.onSpinWait();
      }
    }

    @Test
    void theStackOfAGoroutineIsNeverThatOfTheNext() throws Exception {
      AtomicReference<@Nullable Routine> first = new AtomicReference<>();
      AtomicBoolean done = new AtomicBoolean();
      AtomicInteger stacks = new AtomicInteger();
      AtomicInteger others = new AtomicInteger();
      Thread looks =
          Thread.ofPlatform()
              .start(() -> {
                while (!done.get()) {
                  Routine one = first.get();
                  if (one != null) {
                    StackTraceElement[] stack = one.stack();
                    stacks.addAndGet(stack.length > 0 ? 1 : 0);
                    boolean isOther =
                        Stream.of(stack).anyMatch(frame -> frame.getMethodName().equals("second"));
                    others.addAndGet(isOther ? 1 : 0);
                  }
                  letOthersRun();
                }
              });
      try {
        run(() -> {
          for (int i = 0; i < ROUNDS || stacks.get() == 0; i++) {
            shares(
                () -> first.set((Routine) (Goroutine<?>) Goroutine.current()),
                () -> {
                  second();
                  return "";
                },
                new AtomicReference<>());
          }
        });
      } finally {
        done.set(true);
        looks.join();
      }
      assertEquals(0, others.get(), () -> "of " + stacks);
    }

    /** Else a search for cycles takes the next goroutine for the holder, and ends the program. */
    @Test
    void theThreadThatALockKnowsAsItsHolderIsNotShared() throws InterruptedException {
      run(() -> {
        assertNeverShared(() -> new Mutex().lock());
        assertNeverShared(() -> assertTrue(new Mutex().tryLock()));
        assertNeverShared(() -> Select.of(new Mutex().onLock()).await());
        assertNeverShared(() -> new RWMutex().lock());
        assertNeverShared(() -> assertTrue(new RWMutex().tryLock()));
        assertNeverShared(() -> Select.of(new RWMutex().onLock()).await());
        assertNeverShared(() -> new RWMutex().reading().lock());
        RWMutex read = new RWMutex();
        read.reading().lock();
        assertEquals("", after(() -> read.reading().lock(), () -> "")); // not the first reader
      });
    }

    @Test
    void aGoroutineThatHasNotBegunIsDumpedWithItsCreator() throws InterruptedException {
      run(() -> {
        String text = "";
        for (int i = 0; i < TRIES && !text.contains("not started"); i++) {
          Routine goroutine = (Routine) (Goroutine<?>) go(() -> {});
          text = goroutine.snapshot(new Holders()).text();
          goroutine.join();
        }
        assertTrue(text.contains(" [runnable, not started]:\ncreated by io.heddle"), text);
        assertTrue(text.contains("aGoroutineThatHasNotBegunIsDumpedWithItsCreator"), text);
      });
    }

    @Test
    void aGoroutineThatHasNotBegunCostsItsStarterLittle() throws Exception {
      AtomicInteger ran = new AtomicInteger();
      Task task = ran::incrementAndGet;
      go(task).join();
      long bytes = Allocation.least(() -> go(task)) / Allocation.CALLS;
      assertTrue(bytes < 200, bytes + " bytes"); // a thread alone has some 300
    }
  }

  @Test
  void aThreadThatIsAskedForBeforeTheGoroutineBeginsIsItsOwn() throws InterruptedException {
    run(() -> {
      for (int i = 0; i < ROUNDS; i++) {
        AtomicReference<@Nullable Thread> ran = new AtomicReference<>();
        Goroutine<?> goroutine = go(() -> ran.set(Thread.currentThread()));
        Thread thread = goroutine.thread();
        thread.join(); // it has been started, so this waits for the goroutine
        assertTrue(goroutine.isDone());
        if (ran.get() != thread) { // it had ended, and left its thread
          assertEquals(Thread.State.TERMINATED, thread.getState());
          assertTrue(Schedulers.shareThreads());
        }
        assertSame(thread, goroutine.thread());
        assertFalse(thread.isAlive());
      }
    });
  }

  @Test
  void aGoroutineThatAsksForItsThreadKeepsIt() throws InterruptedException {
    run(() -> {
      AtomicReference<@Nullable Thread> thread = new AtomicReference<>();
      Goroutine<?> goroutine =
          go(() -> {
            thread.set(Objects.requireNonNull(Goroutine.current()).thread());
            assertSame(Thread.currentThread(), thread.get());
          });
      goroutine.join();
      assertSame(thread.get(), goroutine.thread());
      Objects.requireNonNull(thread.get()).join();
    });
  }

  @Test
  void aGoroutineThatIsCancelledBeforeItBeginsIsInterruptedWhenItDoes() throws Exception {
    run(() -> {
      for (int i = 0; i < ROUNDS; i++) {
        Goroutine<?> goroutine =
            go(() -> {
              while (!Thread.interrupted()) {
                LockSupport.park();
              }
            });
        goroutine.cancel();
        if (i % 2 == 0) {
          goroutine.thread().join();
        }
        goroutine.join();
      }
      CancelContext context = Context.background().withCancel();
      context.cancel();
      Goroutine<Boolean> late = go(context, () -> Thread.currentThread().isInterrupted());
      assertTrue(late.await());
    });
  }

  @Test
  void aGoroutineHasTheClassLoaderOfItsProgram() throws Exception {
    ClassLoader loader = new URLClassLoader(new URL[0]);
    Set<ClassLoader> seen = ConcurrentHashMap.newKeySet();
    Thread caller =
        Thread.ofPlatform()
            .unstarted(() -> {
              try {
                run(() -> {
                  Task looks =
                      () -> {
                        ClassLoader own = Thread.currentThread().getContextClassLoader();
                        seen.add(Objects.requireNonNull(own));
                      };
                  WaitGroup group = new WaitGroup();
                  for (int i = 0; i < 100; i++) {
                    group.go(looks);
                  }
                  group.go(() -> go(looks).join());
                  group.await();
                  go("named", looks).join();
                  Goroutine<?> asked = go(looks);
                  assertTrue(asked.thread().isVirtual());
                  asked.join();
                  Chan<Integer> alarmed = Chan.unbuffered();
                  afterFunc(
                      Duration.ofNanos(1),
                      () -> {
                        looks.run();
                        alarmed.send(1);
                      });
                  alarmed.receive();
                });
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    caller.setContextClassLoader(loader);
    caller.start();
    caller.join();
    assertEquals(Set.of(loader), seen);
  }

  /** The ambient program has no end, so it does not keep the loader of its first caller. */
  @Test
  void outsideOfAnyProgramAGoroutineInheritsTheClassLoader() throws Exception {
    ClassLoader loader = new URLClassLoader(new URL[0]);
    AtomicReference<@Nullable Goroutine<@Nullable ClassLoader>> started = new AtomicReference<>();
    Thread caller =
        Thread.ofPlatform()
            .unstarted(() -> started.set(go(() -> Thread.currentThread().getContextClassLoader())));
    caller.setContextClassLoader(loader);
    caller.start();
    caller.join();
    assertSame(loader, Objects.requireNonNull(started.get()).await());
    assertSame(Program.class.getClassLoader(), Program.ambient().loader());
  }

  @Test
  void aGoroutineInheritsWhatTheJdksThreadsDo() throws InterruptedException {
    ThreadLocal<String> inheritable = new InheritableThreadLocal<>();
    ClassLoader loader = new URLClassLoader(new URL[0]);
    run(() -> {
      inheritable.set("inherited");
      assertEquals("inherited", go(() -> inheritable.get()).await());
      assertEquals("inherited", go(() -> go(() -> inheritable.get()).await()).await());
      inheritable.remove();
      Thread.currentThread().setContextClassLoader(loader);
      assertSame(loader, go(() -> Thread.currentThread().getContextClassLoader()).await());
    });
    run(() -> {
      assertNull(go(() -> inheritable.get()).await());
      assertNotSame(loader, go(() -> Thread.currentThread().getContextClassLoader()).await());
    });
  }

  @Test
  void theChoiceOfThreadsIsAPropertys() {
    Scheduler own = Schedulers.own();
    assertNull(Schedulers.sharing("own", own));
    assertNull(Schedulers.sharing("shared", null));
    assertSame(own, Schedulers.sharing("shared", own));
    String message =
        assertThrows(IllegalArgumentException.class, () -> Schedulers.sharing("none", own))
            .getMessage();
    assertEquals("heddle.threads=none: use shared or own", message);
  }
}

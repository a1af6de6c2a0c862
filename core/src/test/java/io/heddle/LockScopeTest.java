package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
final class LockScopeTest {
  enum Kind {
    MUTEX(Mutex::new),
    RWMUTEX(RWMutex::new),
    READING(() -> new RWMutex().reading());

    @SuppressWarnings("ImmutableEnumChecker") // a lambda expression that captures nothing
    final Supplier<Locker> make;

    Kind(Supplier<Locker> make) {
      this.make = make;
    }
  }

  @ParameterizedTest
  @EnumSource
  void itIsLockedInTheBlockAndUnlockedAfterItHoweverItEnds(Kind kind) throws Exception {
    Locker locker = kind.make.get();
    try (var _ = locker.lockScoped()) {
      assertEquals(kind == Kind.READING, locker.tryLock());
    }
    if (kind == Kind.READING) {
      locker.unlock();
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> {
          try (var _ = locker.lockScoped(Context.background())) {
            throw new IllegalArgumentException();
          }
        });
    assertThrows(IllegalStateException.class, locker::unlock);
  }

  @Test
  void aScopeUnlocksOnce() throws InterruptedException {
    Mutex mutex = new Mutex();
    Locker.Scope scope = mutex.lockScoped();
    scope.close();
    mutex.lock();
    scope.close();
    assertFalse(mutex.tryLock());
    mutex.unlock();
  }

  /** One that finds scopes closed is faster, so the two meet again and again. */
  @Test
  void aScopeUnlocksOnceWhenSeveralCloseIt() throws Exception {
    List<Locker.Scope> scopes = new ArrayList<>();
    for (int i = 0; i < 500_000; i++) {
      scopes.add(new Mutex().lockScoped());
    }
    try (ExecutorService closers = Executors.newFixedThreadPool(2)) {
      CyclicBarrier together = new CyclicBarrier(2);
      Callable<@Nullable Void> close =
          () -> {
            together.await();
            scopes.forEach(Locker.Scope::close);
            return null;
          };
      for (Future<?> closed : closers.invokeAll(List.of(close, close))) {
        closed.get(); // throws if it has unlocked an unlocked mutex
      }
    }
  }

  @Test
  void aDoneContextKeepsTheBlockFromRunning() throws InterruptedException {
    Mutex mutex = new Mutex();
    CancelContext context = Context.background().withCancel();
    context.cancel();
    assertThrows(CancelledException.class, () -> mutex.lockScoped(context));
    assertTrue(mutex.tryLock());
  }
}

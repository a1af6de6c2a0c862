package io.heddle.remote;

import static io.heddle.remote.ChannelContract.LONG;
import static io.heddle.remote.ChannelContract.SHORT;
import static io.heddle.remote.ChannelContract.TEXT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Select;
import io.heddle.TaskGroup;
import io.heddle.remote.Remote.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * What every backend with locks promises about them. Each test finds the backend empty. There are
 * always two connections, as of two processes.
 */
interface LockContract {
  /** Opens another connection, to be closed after the test. */
  Remote remote(Settings settings) throws Exception;

  default Remote remote() throws Exception {
    return remote(Settings.DEFAULT);
  }

  @Test
  default void oneHasTheLockAndTokensRise() throws Exception {
    List<Remote> pair = List.of(remote(), remote());
    AtomicInteger holders = new AtomicInteger();
    List<Long> tokens = Collections.synchronizedList(new ArrayList<>());
    TaskGroup<Void> group = new TaskGroup<>();
    for (int i = 0; i < 4; i++) {
      RemoteMutex mutex = pair.get(i % 2).mutex("m");
      group.go(() -> {
        for (int n = 0; n < 3; n++) {
          try (Held held = mutex.lock()) {
            assertEquals(1, holders.incrementAndGet());
            tokens.add(held.token());
            Go.gosched();
            assertFalse(held.context().isDone());
            holders.decrementAndGet();
          }
        }
      });
    }
    group.await();
    assertEquals(12, tokens.size());
    assertEquals(List.copyOf(new TreeSet<>(tokens)), tokens);
  }

  @Test
  default void aLockIsWaitedForAsLongAsTheCallerSays() throws Exception {
    RemoteMutex mutex = remote().mutex("m");
    RemoteMutex other = remote().mutex("m");
    try (Held held = mutex.tryLock()) {
      assertNotNull(held);
      assertNull(other.tryLock());
      assertThrows(TimeoutException.class, () -> other.lock(Duration.ZERO));
      TimeoutException late =
          assertThrows(TimeoutException.class, () -> other.lock(Duration.ofMillis(200)));
      assertTrue(late.getMessage().contains("lock m"), late::getMessage);
      try (CancelContext context = Context.background().withCancel()) {
        Go.afterFunc(Duration.ofMillis(100), context::cancel);
        assertThrows(ContextException.class, () -> other.lock(context));
      }
      Goroutine<?> waiter = Go.go(() -> assertThrows(InterruptedException.class, other::lock));
      waiter.cancel();
      waiter.await();
      assertFalse(held.context().isDone());
    }
    try (CancelContext context = Context.background().withCancel();
        Held next = other.lock(context)) {
      assertFalse(next.context().isDone());
      context.cancel();
      assertTrue(next.context().isDone());
    }
    other.lock(Duration.ZERO).close();
    other.lock(LONG).close();
  }

  @Test
  default void aHolderThatWasSuspendedHasASuccessorWithAHigherToken() throws Exception {
    Remote suspended = remote(Settings.DEFAULT.withLease(SHORT));
    Held lost = suspended.mutex("m").lock();
    suspended.suspend();
    RemoteMutex other = remote().mutex("m");
    try (Held held = other.lock()) { // when the lease has ended
      assertTrue(held.token() > lost.token());
      Select.select(lost.context().onDone());
      assertTrue(lost.context().cause() instanceof LeaseLostException);
      lost.close(); // does not release the lock of its successor
      assertNull(other.tryLock());
      assertFalse(held.context().isDone());
    }
  }

  @Test
  default void oneOfTwoTakesOverTheLockOfAHolderThatWasSuspended() throws Exception {
    Remote suspended = remote(Settings.DEFAULT.withLease(SHORT));
    Held lost = suspended.mutex("m").lock();
    suspended.suspend();
    AtomicInteger holders = new AtomicInteger();
    Set<Long> tokens = Collections.synchronizedSet(new TreeSet<>(Set.of(lost.token())));
    TaskGroup<Void> successors = new TaskGroup<>();
    for (int i = 0; i < 2; i++) {
      RemoteMutex mutex = remote().mutex("m");
      successors.go(() -> {
        try (Held held = mutex.lock()) {
          assertEquals(1, holders.incrementAndGet());
          assertTrue(lost.context().isDone());
          tokens.add(held.token());
          Go.gosched();
          holders.decrementAndGet();
        }
      });
    }
    successors.await();
    assertEquals(3, tokens.size());
  }

  @Test
  @SuppressWarnings("try") // it is closed on purpose
  default void aSemaphoreHasAsManyHoldersAsPermits() throws Exception {
    RemoteSemaphore one = remote().semaphore("s", 2);
    RemoteSemaphore other = remote().semaphore("s", 2);
    Set<String> names = new TreeSet<>();
    try (Held first = one.acquire();
        Held second = other.acquire(LONG)) {
      names.add(first.name());
      names.add(second.name());
      assertEquals(Set.of("s/0", "s/1"), names);
      assertNull(one.tryAcquire());
      assertThrows(TimeoutException.class, () -> other.acquire(Duration.ZERO));
      try (CancelContext context = Context.background().withCancel()) {
        Go.afterFunc(Duration.ofMillis(100), context::cancel);
        assertThrows(ContextException.class, () -> other.acquire(context));
      }
      Goroutine<Held> waiter = Go.go(() -> one.acquire());
      first.close();
      try (Held third = waiter.await()) {
        assertEquals(first.name(), third.name());
        assertTrue(third.token() > first.token());
        assertFalse(third.context().isDone());
      }
    }
    RemoteException refused =
        assertThrows(RemoteException.class, () -> remote().semaphore("s", 3).acquire());
    assertTrue(refused.getMessage().contains("it has 2 permits, not 3"), refused::getMessage);
    assertThrows(IllegalArgumentException.class, () -> remote().semaphore("s", 0));
  }

  @Test
  default void anActionRunsUntilItsResultIsStored() throws Exception {
    List<Remote> pair = List.of(remote(), remote());
    Codec<Integer> codec = Codec.of(number -> "" + number, Integer::parseInt);
    AtomicInteger runs = new AtomicInteger();
    AtomicInteger running = new AtomicInteger();
    assertNull(pair.getFirst().once("o", codec).result());
    TaskGroup<Integer> group = new TaskGroup<>();
    for (int i = 0; i < 4; i++) {
      RemoteOnce<Integer> once = pair.get(i % 2).once("o", codec);
      group.go(() -> {
        while (true) {
          try {
            return once.run(
                held -> {
                  assertEquals(1, running.incrementAndGet());
                  assertFalse(held.context().isDone());
                  Go.gosched();
                  running.decrementAndGet();
                  if (runs.incrementAndGet() < 3) {
                    throw new IllegalStateException("not yet");
                  }
                  return runs.get();
                },
                Context.current());
          } catch (ExecutionException e) {
            assertEquals("not yet", e.getCause().getMessage());
          }
        }
      });
    }
    assertEquals(List.of(3, 3, 3, 3), group.await());
    assertEquals(3, runs.get());
    assertEquals(3, remote().once("o", codec).result());
    assertEquals(3, remote().once("o", codec).run(held -> 4));
    assertEquals(5, remote().once("another", codec).run(held -> 5));
  }

  @Test
  default void aResultIsRefusedFromAHolderThatHasASuccessor() throws Exception {
    Remote suspended = remote(Settings.DEFAULT.withLease(SHORT));
    Remote other = remote();
    assertThrows(
        LeaseLostException.class,
        () ->
            suspended
                .once("o", TEXT)
                .run(held -> {
                  suspended.suspend();
                  assertEquals("second", other.once("o", TEXT).run(_ -> "second"));
                  return "first";
                }));
    assertEquals("second", other.once("o", TEXT).result());
  }

  @Test
  @SuppressWarnings("try") // it is closed on purpose
  default void anElectionNamesItsLeader() throws Exception {
    Election one = remote().election("e");
    Election other = remote().election("e");
    assertNull(other.leader());
    try (Held first = one.campaign("one")) {
      assertEquals(new Election.Leader("one", first.token()), other.leader());
      assertThrows(TimeoutException.class, () -> other.campaign("other", Duration.ofMillis(100)));
      Goroutine<Held> waiter = Go.go(() -> other.campaign("other, at last", Context.background()));
      first.close();
      assertTrue(first.context().isDone());
      try (Held second = waiter.await()) {
        assertTrue(second.token() > first.token());
        assertEquals(new Election.Leader("other, at last", second.token()), one.leader());
      }
    }
    assertNull(one.leader());
  }
}

package io.heddle.remote;

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

/** What backends with locks promise, which also deliver messages in the order of a key. */
abstract class RemoteContract extends ChannelContract {
  @Test
  void messagesOfAKeyComeOneAfterTheOther() throws Exception {
    Remote remote = remote();
    List<String> got = new ArrayList<>();
    AtomicInteger busy = new AtomicInteger();
    List<Inlet<String>> pair = List.of(inlet(remote), inlet(remote()));
    for (int i = 0; i < 8; i++) {
      outlet(remote).send(Message.of("m" + i).inOrderOf("customer-3"));
    }
    outlet(remote).end();
    TaskGroup<Void> workers = new TaskGroup<>();
    for (Inlet<String> inlet : pair) {
      workers.go(() -> {
        for (Delivery<String> delivery : inlet) {
          try (delivery) {
            assertEquals(1, busy.incrementAndGet());
            synchronized (got) {
              got.add(delivery.value());
            }
            busy.decrementAndGet();
            if (delivery.value().equals("m2") && delivery.attempt() == 1) {
              delivery.retry(Duration.ofMillis(10), "once more");
            } else if (delivery.value().equals("m4")) {
              delivery.dead("no");
            } else {
              delivery.ack();
            }
          }
        }
      });
    }
    workers.await();
    assertEquals(List.of("m0", "m1", "m2", "m2", "m3", "m4", "m5", "m6", "m7"), got);
  }

  @Test
  void keysTravel() throws Exception {
    Remote remote = remote();
    outlet(remote).send(Message.of("job").inOrderOf("k"));
    try (Delivery<String> delivery = receive(inlet(remote()))) {
      assertEquals("k", delivery.key());
      delivery.ack();
    }
  }

  // Locks

  @Test
  void oneHasTheLockAndTokensRise() throws Exception {
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
  void aLockIsWaitedForAsLongAsTheCallerSays() throws Exception {
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
  void aHolderThatWasSuspendedIsFenced() throws Exception {
    Remote suspended = remote(Settings.DEFAULT.withLease(SHORT));
    Held lost = suspended.mutex("m").lock();
    outlet(suspended).send(Message.of("guarded"), lost);
    suspended.suspend();
    Remote other = remote();
    try (Held held = other.mutex("m").lock()) { // when the lease has ended
      assertTrue(held.token() > lost.token());
      assertThrows(
          LeaseLostException.class, () -> outlet(suspended).send(Message.of("late"), lost));
      outlet(other).send(Message.of("guarded, too"), held);
      Select.select(lost.context().onDone());
      assertTrue(lost.context().cause() instanceof LeaseLostException);
      lost.close(); // does not release the lock of its successor
      assertNull(other.mutex("m").tryLock());
    }
    outlet(other).end();
    Inlet<String> inlet = inlet(other);
    Set<String> got = new TreeSet<>();
    got.add(receiveAndAck(inlet));
    got.add(receiveAndAck(inlet));
    assertEquals(Set.of("guarded", "guarded, too"), got);
    assertNull(inlet.receive(LONG));
  }

  @Test
  @SuppressWarnings("try") // it is closed on purpose
  void aSemaphoreHasAsManyHoldersAsPermits() throws Exception {
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
      long token = first.token();
      first.close();
      try (Held third = waiter.await()) {
        assertEquals(first.name(), third.name());
        assertEquals(token + 1, third.token());
        assertFalse(third.context().isDone());
      }
    }
    RemoteException refused =
        assertThrows(RemoteException.class, () -> remote().semaphore("s", 3).acquire());
    assertTrue(refused.getMessage().contains("it has 2 permits, not 3"), refused::getMessage);
    assertThrows(IllegalArgumentException.class, () -> remote().semaphore("s", 0));
  }

  @Test
  void anActionRunsUntilItsResultIsStored() throws Exception {
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
  void aResultIsRefusedFromAHolderThatHasASuccessor() throws Exception {
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
  void anElectionNamesItsLeader() throws Exception {
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

  @Test
  void whatIsCalledLikeALockIsNone() throws Exception {
    Remote remote = remote();
    Outlet<String> outlet = remote.outlet("lock", TEXT);
    Inlet<String> inlet = remote.inlet("lock", TEXT);
    inlets.add(inlet);
    try (Held held = remote.mutex("m").lock();
        Held _ = remote.mutex("seen").lock();
        Held permit = remote.semaphore("m", 1).acquire()) {
      outlet.send(Message.of("value").withId("m"));
      assertEquals("value", receiveAndAck(inlet));
      assertFalse(held.context().isDone() || permit.context().isDone());
    }
    remote.mutex("seen").lock(LONG).close();
  }
}

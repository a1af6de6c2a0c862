package io.heddle.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Select;
import io.heddle.TaskGroup;
import io.heddle.remote.Remote.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * What backends promise that have channels and locks in one place: messages in the order of a key,
 * and sends on behalf of a lock's holder.
 */
abstract class RemoteContract extends CallContract implements LockContract {
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

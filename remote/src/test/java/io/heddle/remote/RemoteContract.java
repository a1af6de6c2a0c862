package io.heddle.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Select;
import io.heddle.TaskGroup;
import io.heddle.remote.DeadLetters.Letter;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What every backend promises. Each test finds the backend empty. There are always two connections,
 * as of two processes.
 */
abstract class RemoteContract {
  static final Duration LONG = Duration.ofMinutes(2);
  private static final Duration SHORT = Duration.ofSeconds(1);
  private static final Codec<String> TEXT = Codec.text();

  private final List<Remote> remotes = Collections.synchronizedList(new ArrayList<>());
  private final List<Inlet<?>> inlets = new ArrayList<>();

  /** Opens another connection to the backend of this test. */
  abstract Remote connect(Settings settings) throws Exception;

  @AfterEach
  final void closeAll() throws Exception {
    inlets.forEach(Inlet::close);
    remotes.forEach(Remote::close);
  }

  final Remote remote() throws Exception {
    return remote(Settings.DEFAULT);
  }

  private Remote remote(Settings settings) throws Exception {
    Remote remote = connect(settings);
    remotes.add(remote);
    return remote;
  }

  private Inlet<String> inlet(Remote remote) {
    Inlet<String> inlet = remote.inlet("jobs", TEXT);
    inlets.add(inlet);
    return inlet;
  }

  private static Outlet<String> outlet(Remote remote) {
    return remote.outlet("jobs", TEXT);
  }

  private static Delivery<String> receive(Inlet<String> inlet) throws Exception {
    Delivery<String> delivery = inlet.receive(LONG);
    assertNotNull(delivery, "the channel has ended");
    return delivery;
  }

  private static String receiveAndAck(Inlet<String> inlet) throws Exception {
    try (Delivery<String> delivery = receive(inlet)) {
      delivery.ack();
      return delivery.value();
    }
  }

  @Test
  void aValueIsDeliveredToAnotherConnectionUntilItIsAcknowledged() throws Exception {
    Remote sender = remote();
    Inlet<String> inlet = inlet(remote());
    outlet(sender).send("ä€😀\n\n\"'\\%");
    try (Delivery<String> first = receive(inlet)) {
      assertEquals("ä€😀\n\n\"'\\%", first.value());
      assertEquals(1, first.attempt());
      assertEquals("", first.key());
      first.retry(Duration.ZERO, "once more");
    }
    try (Delivery<String> second = receive(inlet)) {
      assertEquals(2, second.attempt());
      second.ack();
      assertThrows(IllegalStateException.class, second::ack);
      assertFalse(second.context().isDone());
    }
    outlet(sender).send("next");
    assertEquals("next", receiveAndAck(inlet));
  }

  @Test
  void anIdIsStoredOnce() throws Exception {
    Remote sender = remote();
    Inlet<String> inlet = inlet(remote());
    Message<String> message = Message.of("first").withId("order-7");
    outlet(sender).send(message);
    outlet(remote()).send(message);
    assertEquals("first", receiveAndAck(inlet));
    outlet(sender).send(message); // it was acknowledged, and is known
    outlet(sender).send("second");
    assertEquals("second", receiveAndAck(inlet));
  }

  @Test
  void anIdBelongsToItsChannel() throws Exception {
    Remote remote = remote();
    Inlet<String> inlet = inlet(remote);
    remote.outlet("others", TEXT).send(Message.of("another").withId("a"));
    outlet(remote).send(Message.of("mine").withId("a"));
    assertEquals("mine", receiveAndAck(inlet));
  }

  @Test
  void aHandlerThatFailsGetsItsMessageAgain() throws Exception {
    Remote remote = remote();
    Inlet<String> inlet = inlet(remote);
    outlet(remote).send("job");
    Context context;
    try (Delivery<String> delivery = receive(inlet)) {
      context = delivery.context();
      assertFalse(context.isDone());
    }
    assertTrue(context.isDone());
    try (Delivery<String> again = receive(inlet)) {
      assertEquals(2, again.attempt());
      again.ack();
    }
  }

  @Test
  void aHandlerMayCloseItsDeliveryThoughItIsInterrupted() throws Exception {
    Remote remote = remote();
    Inlet<String> inlet = inlet(remote);
    outlet(remote).send("job");
    Delivery<String> delivery = receive(inlet);
    Thread.currentThread().interrupt();
    delivery.close();
    assertTrue(Thread.interrupted());
    assertEquals("job", receiveAndAck(inlet));
  }

  @Test
  void headersAndKeysTravel() throws Exception {
    Remote remote = remote();
    outlet(remote)
        .send(
            Message.of("job").inOrderOf("k").withHeader("traceparent", "00-1").withHeader("b", ""));
    try (Delivery<String> delivery = receive(inlet(remote()))) {
      assertEquals("job", delivery.value());
      assertEquals("k", delivery.key());
      assertEquals("00-1", delivery.header("traceparent"));
      assertEquals("", delivery.header("b"));
      assertNull(delivery.header("c"));
      delivery.ack();
    }
  }

  @Test
  void aDelayedMessageComesAfterItsDelay() throws Exception {
    Remote remote = remote();
    Inlet<String> inlet = inlet(remote());
    outlet(remote).send(Message.of("later").after(SHORT));
    outlet(remote).send("now");
    assertEquals("now", receiveAndAck(inlet));
    assertEquals("later", receiveAndAck(inlet));
  }

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
  void creditBoundsWhatOneConnectionTakes() throws Exception {
    Remote greedy = remote(Settings.DEFAULT.withCredit(2));
    Remote other = remote();
    for (int i = 0; i < 6; i++) {
      outlet(other).send("m" + i);
    }
    Inlet<String> first = inlet(greedy);
    List<Delivery<String>> held = List.of(receive(first), receive(first));
    assertThrows(TimeoutException.class, () -> first.receive(Duration.ofMillis(300)));
    Inlet<String> second = inlet(other);
    Set<String> rest = new TreeSet<>();
    for (int i = 0; i < 4; i++) {
      rest.add(receiveAndAck(second));
    }
    for (Delivery<String> delivery : held) {
      assertFalse(rest.contains(delivery.value()));
      delivery.ack();
      delivery.close();
    }
    outlet(other).send("more");
    second.close();
    assertEquals("more", receiveAndAck(first));
  }

  @Test
  void aSelectThatChoosesAnotherCaseLeavesTheDelivery() throws Exception {
    Remote remote = remote();
    Inlet<String> inlet = inlet(remote);
    Chan<String> local = Chan.buffered(1);
    outlet(remote).send("remote");
    try (Delivery<String> delivery = receive(inlet)) {
      delivery.retry(Duration.ZERO, "so that it is certain to come once more");
    }
    local.send("local");
    List<String> got = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      got.add(
          Select.<String>selectInOrder(
              local.onReceive(value -> value),
              inlet.onReceive(delivery -> {
                assertNotNull(delivery);
                return delivery.value() + " " + delivery.attempt();
              })));
    }
    assertEquals(List.of("local", "remote 2"), got);
  }

  @Test
  void closingAnInletReturnsWhatNobodyHasReceived() throws Exception {
    Remote remote = remote();
    outlet(remote).send("received");
    Inlet<String> closed = inlet(remote);
    Delivery<String> received = receive(closed);
    outlet(remote).send("fetched");
    outlet(remote).send("fetched, too");
    closed.close();
    assertNull(closed.receive());
    Set<String> got = new TreeSet<>();
    Inlet<String> next = inlet(remote());
    for (int i = 0; i < 2; i++) {
      try (Delivery<String> delivery = receive(next)) {
        assertEquals(1, delivery.attempt());
        got.add(delivery.value());
        delivery.ack();
      }
    }
    assertEquals(Set.of("fetched", "fetched, too"), got);
    received.ack(); // it is still leased
    received.close();
  }

  @Test
  void aChannelThatHasEndedIsOverWhenEverythingIsSettled() throws Exception {
    Remote sender = remote();
    Inlet<String> first = inlet(remote());
    Inlet<String> second = inlet(sender);
    Outlet<String> outlet = outlet(sender);
    Message<String> message = Message.of("last");
    outlet.send(message);
    outlet.end();
    outlet.end();
    ChannelEndedException refused =
        assertThrows(ChannelEndedException.class, () -> outlet.send("too late"));
    assertTrue(refused.getMessage().contains("channel jobs in "), refused::getMessage);
    outlet.send(message); // a repetition
    Delivery<String> last =
        Select.<Delivery<String>>select(
            first.onReceive(delivery -> delivery), second.onReceive(delivery -> delivery));
    assertNotNull(last);
    assertThrows(TimeoutException.class, () -> first.receive(Duration.ofMillis(200)));
    last.ack();
    last.close();
    assertNull(first.receive(LONG));
    assertNull(second.receive(LONG));
    assertNull(inlet(remote()).receive(LONG));
  }

  @Test
  void deadLettersAreKeptUntilSomebodyDecides() throws Exception {
    Remote remote = remote();
    Inlet<String> inlet = inlet(remote);
    DeadLetters letters = remote.deadLetters("jobs");
    for (String id : List.of("a", "b")) {
      outlet(remote).send(Message.of("value of " + id).withId(id).withHeader("h", "x"));
      try (Delivery<String> delivery = receive(inlet)) {
        delivery.dead("no good\0");
      }
    }
    List<Letter> all = letters.list(0, 10);
    assertEquals(List.of("a", "b"), all.stream().map(Letter::id).toList());
    assertEquals("value of a", all.getFirst().text());
    assertEquals("no good?", all.getFirst().reason());
    assertEquals(1, all.getFirst().attempts());
    assertEquals("b", letters.list(all.getFirst().number(), 1).getFirst().id());
    assertTrue(letters.replay("a"));
    assertFalse(letters.replay("a"));
    assertEquals("value of a", receiveAndAck(inlet));
    assertTrue(letters.discard("b"));
    assertFalse(letters.discard("b"));
    assertEquals(List.of(), letters.list(0, 10));
  }

  @Test
  void whatCannotBeDecodedIsADeadLetter() throws Exception {
    Remote remote = remote();
    outlet(remote).send("seven");
    outlet(remote).send("8");
    try (Inlet<Integer> numbers =
            remote.inlet("jobs", Codec.of(number -> "" + number, Integer::parseInt));
        Delivery<Integer> delivery = numbers.receive(LONG)) {
      assertNotNull(delivery);
      assertEquals(8, (int) delivery.value());
      delivery.ack();
    }
    Letter letter = remote.deadLetters("jobs").list(0, 10).getFirst();
    assertEquals("seven", letter.text());
    assertTrue(letter.reason().contains("cannot be decoded"), letter::reason);
    assertTrue(letter.reason().contains("NumberFormatException"), letter::reason);
  }

  @Test
  void aLostLeaseCanDoNothing() throws Exception {
    Remote suspended = remote(Settings.DEFAULT.withLease(SHORT));
    outlet(suspended).send("job");
    Inlet<String> own = inlet(suspended);
    Delivery<String> lost = receive(own);
    own.close(); // so that it does not get the message itself
    suspended.suspend();
    Inlet<String> other = inlet(remote());
    try (Delivery<String> delivery = receive(other)) { // when the lease has ended
      assertEquals(lost.id(), delivery.id());
      assertEquals(2, delivery.attempt());
      Select.select(lost.context().onDone());
      assertTrue(lost.context().cause() instanceof LeaseLostException);
      assertThrows(LeaseLostException.class, lost::ack);
      assertThrows(LeaseLostException.class, () -> lost.retry(Duration.ZERO, ""));
      lost.close();
      assertFalse(delivery.context().isDone());
      delivery.ack();
    }
  }

  @Test
  void aContextEndsASend() throws Exception {
    Remote remote = remote();
    try (CancelContext context = Context.background().withCancel()) {
      outlet(remote).send("sent", context);
      context.cancel();
      assertThrows(ContextException.class, () -> outlet(remote).send("not sent", context));
    }
    Thread.currentThread().interrupt();
    assertThrows(InterruptedException.class, () -> outlet(remote).send("not sent"));
    outlet(remote).end();
    Inlet<String> inlet = inlet(remote);
    assertEquals("sent", receiveAndAck(inlet));
    assertNull(inlet.receive(LONG));
  }

  @Test
  void namesAreChecked() throws Exception {
    Remote remote = remote();
    for (String name : List.of("", "a/b", "a b", "x".repeat(65), "ä")) {
      assertThrows(IllegalArgumentException.class, () -> remote.outlet(name, TEXT), name);
      assertThrows(IllegalArgumentException.class, () -> remote.inlet(name, TEXT), name);
      assertThrows(IllegalArgumentException.class, () -> remote.mutex(name), name);
      assertThrows(IllegalArgumentException.class, () -> remote.semaphore(name, 1), name);
      assertThrows(IllegalArgumentException.class, () -> remote.once(name, TEXT), name);
      assertThrows(IllegalArgumentException.class, () -> remote.election(name), name);
      assertThrows(IllegalArgumentException.class, () -> remote.deadLetters(name), name);
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

  @Test
  void aClosedConnectionClosesItsInlets() throws Exception {
    Remote remote = remote();
    outlet(remote).send("job");
    Inlet<String> closed = inlet(remote);
    Delivery<String> received = receive(closed);
    remote.close();
    assertNull(closed.receive(LONG));
    assertNull(inlet(remote).receive(LONG));
    assertTrue(received.context().isDone());
  }
}

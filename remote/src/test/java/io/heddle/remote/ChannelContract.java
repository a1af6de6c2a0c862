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
import io.heddle.Select;
import io.heddle.remote.DeadLetters.Letter;
import io.heddle.remote.Remote.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What every backend promises about channels. Each test finds the backend empty. There are always
 * two connections, as of two processes.
 */
abstract class ChannelContract {
  static final Duration LONG = Duration.ofMinutes(2);
  static final Duration SHORT = Duration.ofSeconds(1);
  static final Codec<String> TEXT = Codec.text();

  private final List<Remote> remotes = Collections.synchronizedList(new ArrayList<>());
  final List<Inlet<?>> inlets = new ArrayList<>();

  /** Opens another connection to the backend of this test. */
  abstract Remote connect(Settings settings) throws Exception;

  /** The attempt of a message that was returned before it was received. */
  int attemptAfterReturn() {
    return 1;
  }

  /** Whether a send of a message that is known succeeds after the channel has ended. */
  boolean knowsIdsAfterTheEnd() {
    return true;
  }

  /** The lease of a connection that is suspended. */
  Duration lostLease() {
    return SHORT;
  }

  /** The lease of the connection that takes over; longer, if the backend permits that. */
  Duration nextLease() {
    return Settings.DEFAULT.lease();
  }

  @AfterEach
  final void closeAll() throws Exception {
    inlets.forEach(Inlet::close);
    remotes.forEach(Remote::close);
  }

  public final Remote remote() throws Exception {
    return remote(Settings.DEFAULT);
  }

  public final Remote remote(Settings settings) throws Exception {
    Remote remote = connect(settings);
    remotes.add(remote);
    return remote;
  }

  final Inlet<String> inlet(Remote remote) {
    Inlet<String> inlet = remote.inlet("jobs", TEXT);
    inlets.add(inlet);
    return inlet;
  }

  static Outlet<String> outlet(Remote remote) {
    return remote.outlet("jobs", TEXT);
  }

  static Delivery<String> receive(Inlet<String> inlet) throws Exception {
    Delivery<String> delivery = inlet.receive(LONG);
    assertNotNull(delivery, "the channel has ended");
    return delivery;
  }

  static String receiveAndAck(Inlet<String> inlet) throws Exception {
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
  void anIdMayHaveAnyCharacters() throws Exception {
    Remote remote = remote();
    Inlet<String> inlet = inlet(remote());
    DeadLetters letters = remote.deadLetters("jobs");
    for (String id : List.of("ä €\n😀", "100% a+b%20")) {
      Message<String> message = Message.of("value").withId(id);
      outlet(remote).send(message);
      outlet(remote).send(message);
      try (Delivery<String> delivery = receive(inlet)) {
        assertEquals(id, delivery.id());
        delivery.dead("no good");
      }
      assertEquals(List.of(id), letters.list(0, 10).stream().map(Letter::id).toList());
      assertTrue(letters.replay(id));
      try (Delivery<String> delivery = receive(inlet)) {
        assertEquals(id, delivery.id());
        delivery.ack();
      }
    }
    assertEquals(List.of(), letters.list(0, 10));
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
  void headersTravel() throws Exception {
    Remote remote = remote();
    outlet(remote).send(Message.of("job").withHeader("traceparent", "00-1").withHeader("b", ""));
    try (Delivery<String> delivery = receive(inlet(remote()))) {
      assertEquals("job", delivery.value());
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
        assertTrue(delivery.attempt() <= attemptAfterReturn());
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
    if (knowsIdsAfterTheEnd()) {
      outlet.send(message); // a repetition
    }
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
    outlet(remote).send("deep");
    outlet(remote).send("8");
    Codec<Integer> codec =
        Codec.of(
            number -> "" + number,
            text -> {
              if (text.equals("deep")) {
                throw new StackOverflowError("as of a parser");
              }
              return Integer.parseInt(text);
            });
    try (Inlet<Integer> numbers = remote.inlet("jobs", codec);
        Delivery<Integer> delivery = numbers.receive(LONG)) {
      assertNotNull(delivery);
      assertEquals(8, (int) delivery.value());
      delivery.ack();
    }
    List<Letter> letters = remote.deadLetters("jobs").list(0, 10);
    assertEquals(2, letters.size(), letters::toString);
    Letter letter = letters.getFirst();
    assertEquals("seven", letter.text());
    assertTrue(letter.reason().contains("cannot be decoded"), letter::reason);
    assertTrue(letter.reason().contains("NumberFormatException"), letter::reason);
  }

  @Test
  void aLostLeaseCanDoNothing() throws Exception {
    Remote suspended = remote(Settings.DEFAULT.withLease(lostLease()));
    outlet(suspended).send("job");
    Inlet<String> own = inlet(suspended);
    Delivery<String> lost = receive(own);
    own.close(); // so that it does not get the message itself
    suspended.suspend();
    Inlet<String> other = inlet(remote(Settings.DEFAULT.withLease(nextLease())));
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
      assertThrows(
          IllegalArgumentException.class,
          () -> remote.caller(name, TEXT, TEXT, Propagation.of()),
          name);
      assertThrows(
          IllegalArgumentException.class,
          () -> remote.respond(name, TEXT, TEXT, Propagation.of(), Request::value),
          name);
      assertThrows(IllegalArgumentException.class, () -> remote.mutex(name), name);
      assertThrows(IllegalArgumentException.class, () -> remote.semaphore(name, 1), name);
      assertThrows(IllegalArgumentException.class, () -> remote.once(name, TEXT), name);
      assertThrows(IllegalArgumentException.class, () -> remote.election(name), name);
      assertThrows(IllegalArgumentException.class, () -> remote.deadLetters(name), name);
    }
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

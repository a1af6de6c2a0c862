package io.heddle.remote;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.remote.Remote.Settings;
import io.nats.client.Connection;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server of NATS with JetStream. */
@Tag("system")
@Tag("slow")
@Tag("clock")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class NatsRemoteTest extends CallContract implements LockContract {
  private static final Codec<String> TEXT = Codec.text();
  private static NatsServer server;

  @BeforeAll
  static void launch() throws Exception {
    server = NatsServer.launch();
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private interface Use {
    void of(Connection connection, JetStreamManagement streams) throws Exception;
  }

  @SuppressWarnings("try") // its close may be interrupted
  private static void manage(Use use) throws Exception {
    try (var connection = Nats.connect(server.address())) {
      use.of(connection, connection.jetStreamManagement());
    }
  }

  @BeforeEach
  void deleteAll() throws Exception {
    manage((_, streams) -> {
      for (String stream : streams.getStreamNames()) {
        streams.deleteStream(stream);
      }
    });
  }

  @Override
  Remote connect(Settings settings) throws Exception {
    return Remote.open(server.address(), settings);
  }

  @Override
  int attemptAfterReturn() {
    return 2;
  }

  /** All have the same; long enough for a busy machine to renew it. */
  @Override
  Duration lostLease() {
    return Duration.ofSeconds(8);
  }

  @Override
  Duration nextLease() {
    return lostLease();
  }

  @Override
  boolean knowsIdsAfterTheEnd() {
    return false;
  }

  @Test
  void whatIsWrongIsNamedWithTheNextStep() {
    String place = server.address().substring(server.address().indexOf('@') + 1);
    assertRefused("nats://me:wrong-secret@" + place, "rejects the credentials");
    assertRefused("nats://me:wrong-secret@127.0.0.1:1", "Start the server");
  }

  private static void assertRefused(String address, String expected) {
    RemoteException refused = assertThrows(RemoteException.class, () -> Remote.open(address));
    assertTrue(refused.getMessage().contains(expected), refused::getMessage);
    assertTrue(refused.getMessage().contains("nats://127.0.0.1"), refused::getMessage);
    for (Throwable e = refused; e != null; e = e.getCause()) {
      assertFalse(e.toString().contains("secret"), e::toString);
    }
  }

  @Test
  void whatNatsDoesNotOfferIsRefused() throws Exception {
    Remote remote = remote();
    RemoteException order =
        assertThrows(
            RemoteException.class,
            () -> remote.outlet("jobs", TEXT).send(Message.of("job").inOrderOf("key")));
    assertTrue(order.getMessage().contains("Send them without one"), order::getMessage);
    try (Held held = remote.mutex("m").lock()) {
      RemoteException guarded =
          assertThrows(
              RemoteException.class,
              () -> remote.outlet("jobs", TEXT).send(Message.of("job"), held));
      assertTrue(guarded.getMessage().contains("use PostgreSQL"), guarded::getMessage);
    }
  }

  @Test
  void allProcessesOfAChannelHaveOneLease() throws Exception {
    try (Inlet<String> inlet = remote().inlet("jobs", TEXT);
        Inlet<String> other =
            remote(Settings.DEFAULT.withLease(Duration.ofMinutes(2))).inlet("jobs", TEXT)) {
      RemoteException refused = null;
      while (refused == null) {
        Go.sleep(Duration.ofMillis(10)); // until both have asked
        refused = inlet.failure();
        refused = refused == null ? other.failure() : refused;
      }
      String text = refused.getMessage();
      assertTrue(text.contains("Use the same lease in all processes"), text);
    }
  }

  /** An operator has made the stream, with a limit. */
  @ParameterizedTest
  @ValueSource(strings = {"messages", "bytes"})
  void aFullStreamRefusesUntilThereIsRoom(String limit) throws Exception {
    boolean isMessages = limit.equals("messages");
    manage((_, streams) ->
        streams.addStream(
            StreamConfiguration.builder()
                .name("heddle-jobs")
                .subjects("heddle.jobs.jobs")
                .retentionPolicy(io.nats.client.api.RetentionPolicy.WorkQueue)
                .discardPolicy(io.nats.client.api.DiscardPolicy.New)
                .maxMessages(isMessages ? 2 : -1)
                .maxBytes(isMessages ? -1 : 3000)
                .build()));
    Remote remote = remote();
    Outlet<String> outlet = remote.outlet("jobs", TEXT);
    outlet.send("a".repeat(1000));
    outlet.send("b".repeat(1000));
    RemoteException full = assertThrows(RemoteException.class, () -> outlet.send("c".repeat(1000)));
    assertFalse(full instanceof UnknownOutcomeException, full::getMessage);
    assertTrue(full.getMessage().contains("raise the limits of the stream"), full::getMessage);
    try (Inlet<String> inlet = remote.inlet("jobs", TEXT);
        Delivery<String> delivery = inlet.receive(LONG)) {
      assertNotNull(delivery);
      delivery.ack();
      outlet.send("c".repeat(1000));
    }
  }

  /** An operator deletes the stream while it is in use. */
  @Test
  void aStreamThatWasDeletedIsMadeAgain() throws Exception {
    Remote remote = remote();
    Inlet<String> inlet = inlet(remote);
    outlet(remote).send("a");
    assertEquals("a", receiveAndAck(inlet));
    manage((_, streams) -> streams.deleteStream("heddle-jobs"));
    RemoteException refused = null;
    try {
      outlet(remote).send("b");
    } catch (RemoteException e) { // unless the inlet has made the stream again
      refused = e;
    }
    if (refused != null) {
      assertFalse(refused instanceof UnknownOutcomeException, refused::getMessage);
      assertTrue(refused.getMessage().contains("the stream was deleted. Send it again"));
      outlet(remote).send("b");
    }
    assertEquals("b", receiveAndAck(inlet));
  }

  private static void publish(Headers headers, String body) throws Exception {
    manage((connection, _) ->
        connection.jetStream().publish("heddle.jobs.jobs", headers, body.getBytes(UTF_8)));
  }

  /** None of them ends the inlet, or is delivered. */
  @Test
  void whatAnotherProgramSendsWronglyIsADeadLetter() throws Exception {
    Remote remote = remote();
    Outlet<String> outlet = remote.outlet("jobs", TEXT);
    outlet.send(Message.of("in 300 years").after(Duration.ofDays(300 * 365)));
    outlet.send(Message.of("at the end of time").after(Duration.ofSeconds(Long.MAX_VALUE)));
    publish(new Headers().put("Heddle-Delay", "soon"), "\nlater");
    publish(new Headers().put("Heddle-Id", "50%"), "no envelope");
    outlet.send("good");
    Inlet<String> inlet = inlet(remote);
    try (Delivery<String> delivery = receive(inlet)) {
      assertEquals("good", delivery.value());
      delivery.retry(Duration.ofSeconds(Long.MAX_VALUE), "so that it never comes again");
    }
    List<DeadLetters.Letter> letters = remote.deadLetters("jobs").list(0, 10);
    assertEquals(
        List.of("later", "no envelope"), letters.stream().map(DeadLetters.Letter::text).toList());
    assertTrue(letters.getFirst().reason().contains("its delay cannot be read"));
    assertEquals("50%", letters.getLast().id());
  }

  @Test
  void aConsumerThatWasDeletedIsMadeAgain() throws Exception {
    Remote remote = remote(Settings.DEFAULT.withCredit(1));
    Inlet<String> inlet = inlet(remote);
    outlet(remote).send("a");
    outlet(remote).send("b");
    Delivery<String> first = receive(inlet); // so that no request is at the server
    manage((_, streams) -> streams.deleteConsumer("heddle-jobs", "heddle"));
    first.close();
    assertEquals(
        Set.of("a", "b"), new TreeSet<>(List.of(receiveAndAck(inlet), receiveAndAck(inlet))));
  }

  @Test
  void aRepeatedDeliveryOfADelayedMessageIsMarked() throws Exception {
    Remote remote = remote();
    outlet(remote).send(Message.of("job").after(Duration.ofMillis(1)));
    Go.sleep(Duration.ofMillis(20)); // it is due when it is fetched for the first time
    Inlet<String> inlet = inlet(remote);
    try (Delivery<String> delivery = receive(inlet)) {
      delivery.retry(Duration.ZERO, "once more");
    }
    try (Delivery<String> again = receive(inlet)) {
      assertTrue(again.attempt() > 1, again::toString);
      again.ack();
    }
  }

  @Test
  void aMessageThatTheServerWouldNotTakeIsRefused() throws Exception {
    Outlet<String> outlet = outlet(remote());
    for (String text : List.of("x".repeat(1 << 20), "x".repeat(2 << 20))) {
      RemoteException refused = assertThrows(RemoteException.class, () -> outlet.send(text));
      assertFalse(refused instanceof UnknownOutcomeException, refused::getMessage);
      assertTrue(refused.getMessage().contains("raise max_payload"), refused::getMessage);
    }
    Message<String> largest = Message.of("x".repeat((1 << 20) - 9216)).withId("€".repeat(400));
    outlet.send(largest);
    Inlet<String> inlet = inlet(remote());
    try (Delivery<String> delivery = receive(inlet)) {
      delivery.dead("no good ".repeat(1000));
    }
    assertEquals(1, remote().deadLetters("jobs").list(0, 10).size());
  }

  @Test
  void aChannelThatHasEndedTakesNoReplay() throws Exception {
    Remote remote = remote();
    outlet(remote).send(Message.of("job").withId("a"));
    try (Delivery<String> delivery = receive(inlet(remote))) {
      delivery.dead("no good");
    }
    outlet(remote()).end();
    DeadLetters letters = remote.deadLetters("jobs");
    assertThrows(ChannelEndedException.class, () -> letters.replay("a"));
    assertEquals(1, letters.list(0, 10).size());
  }

  @Test
  void nothingIsLostWhenTheServerIsKilled() throws Exception {
    try (NatsServer own = NatsServer.launch();
        Remote remote = Remote.open(own.address(), Settings.DEFAULT.withLease(LONG));
        Inlet<String> inlet = remote.inlet("jobs", TEXT)) {
      Outlet<String> outlet = remote.outlet("jobs", TEXT);
      outlet.send("first");
      Delivery<String> first = inlet.receive(LONG);
      assertNotNull(first);
      own.kill();
      Message<String> second = Message.of("second");
      while (inlet.failure() == null) {
        Go.sleep(Duration.ofMillis(20)); // the inlet tries again by itself
      }
      RemoteException failure = assertThrows(RemoteException.class, () -> outlet.send(second));
      assertTrue(failure.getMessage().contains("Check that the server runs"), failure::getMessage);
      assertThrows(RemoteException.class, first::ack);
      own.start();
      repeat(() -> outlet.send(second));
      repeat(() -> outlet.send(second));
      repeat(first::ack);
      first.close();
      Delivery<String> delivery = inlet.receive(LONG);
      assertNotNull(delivery);
      assertEquals("second", delivery.value());
      repeat(delivery::ack);
      delivery.close();
      repeat(outlet::end);
      assertNull(inlet.receive(LONG));
    }
  }

  @Test
  void aReplyThatIsTooLongFailsTheCall() throws Exception {
    Remote remote = remote();
    remote.respond("jobs", TEXT, TEXT, Propagation.of(), _ -> "x".repeat(2 << 20));
    try (CancelContext context = Context.background().withTimeout(LONG)) {
      Caller<String, String> caller = remote.caller("jobs", TEXT, TEXT, Propagation.of());
      CallFailedException failure =
          assertThrows(CallFailedException.class, () -> caller.call(context, "long"));
      assertTrue(failure.getMessage().contains("the reply cannot be sent"), failure::getMessage);
    }
  }

  @Test
  void aCallSurvivesTheServer() throws Exception {
    try (NatsServer own = NatsServer.launch();
        CancelContext context = Context.background().withTimeout(LONG.multipliedBy(2));
        Remote asking = Remote.open(own.address(), Settings.DEFAULT.withLease(LONG));
        Remote answering = Remote.open(own.address(), Settings.DEFAULT.withLease(LONG))) {
      Chan<Boolean> begun = Chan.buffered(1);
      Chan<Boolean> mayEnd = Chan.buffered(1);
      answering.respond(
          "jobs",
          TEXT,
          TEXT,
          Propagation.of(),
          request -> {
            begun.send(true);
            mayEnd.receive();
            return request.value();
          });
      Caller<String, String> caller = asking.caller("jobs", TEXT, TEXT, Propagation.of());
      Goroutine<String> call = Go.go(() -> caller.call(context, "hello"));
      begun.receive();
      own.kill();
      own.start();
      repeat(() -> asking.outlet("others", TEXT).send("the caller is connected again"));
      mayEnd.send(true);
      assertEquals("hello", call.await());
    }
  }

  private interface Attempt {
    void run() throws Exception;
  }

  private static void repeat(Attempt attempt) throws Exception {
    while (true) {
      try {
        attempt.run();
        return;
      } catch (LeaseLostException e) {
        throw e;
      } catch (RemoteException e) {
        Go.sleep(Duration.ofMillis(100));
      }
    }
  }
}

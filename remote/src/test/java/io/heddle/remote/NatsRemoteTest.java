package io.heddle.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.remote.Remote.Settings;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server of NATS with JetStream. */
@Tag("system")
@Tag("slow")
@Tag("clock")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class NatsRemoteTest extends ChannelContract {
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
    void of(JetStreamManagement streams) throws Exception;
  }

  @SuppressWarnings("try") // its close may be interrupted
  private static void manage(Use use) throws Exception {
    try (var connection = Nats.connect(server.address())) {
      use.of(connection.jetStreamManagement());
    }
  }

  @BeforeEach
  void deleteAll() throws Exception {
    manage(streams -> {
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
    RemoteException lock = assertThrows(RemoteException.class, () -> remote.mutex("m").lock());
    assertTrue(lock.getMessage().contains("Use PostgreSQL"), lock::getMessage);
  }

  @Test
  void allProcessesOfAChannelHaveOneLease() throws Exception {
    try (Inlet<String> inlet = remote().inlet("jobs", TEXT);
        Inlet<String> other =
            remote(Settings.DEFAULT.withLease(Duration.ofMinutes(2))).inlet("jobs", TEXT)) {
      Inlet<?> refused;
      do {
        Go.sleep(Duration.ofMillis(10)); // until both have asked
        refused = inlet.failure() != null ? inlet : other;
      } while (refused.failure() == null);
      String text = refused.failure().getMessage();
      assertTrue(text.contains("Use the same lease in all processes"), text);
    }
  }

  /** An operator has made the stream, with a limit. */
  @Test
  void aFullStreamRefusesUntilThereIsRoom() throws Exception {
    manage(streams ->
        streams.addStream(
            StreamConfiguration.builder()
                .name("heddle-jobs")
                .subjects("heddle.jobs.jobs")
                .retentionPolicy(io.nats.client.api.RetentionPolicy.WorkQueue)
                .discardPolicy(io.nats.client.api.DiscardPolicy.New)
                .maxMessages(2)
                .build()));
    Remote remote = remote();
    Outlet<String> outlet = remote.outlet("jobs", TEXT);
    outlet.send("a");
    outlet.send("b");
    RemoteException full = assertThrows(RemoteException.class, () -> outlet.send("c"));
    assertFalse(full instanceof UnknownOutcomeException, full::getMessage);
    assertTrue(full.getMessage().contains("raise the limits of the stream"), full::getMessage);
    try (Inlet<String> inlet = remote.inlet("jobs", TEXT);
        Delivery<String> delivery = inlet.receive(LONG)) {
      assertNotNull(delivery);
      delivery.ack();
      outlet.send("c");
    }
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

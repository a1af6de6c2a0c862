package io.heddle.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.queue.PostgresServer;
import io.heddle.remote.Remote.Settings;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The database server goes away, and comes back. */
@Tag("system")
@Tag("slow")
@Tag("clock")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RemoteOutageTest {
  /** What is leased is not lost while the server is away, however slow this machine is. */
  private static final Settings LASTING = Settings.DEFAULT.withLease(Duration.ofMinutes(10));

  /** A pool may have connections that are dead and do not know it. */
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

  private interface Attempt {
    void run() throws Exception;
  }

  @Test
  void nothingIsLostAndNothingHangs() throws Exception {
    try (PostgresServer server = PostgresServer.launch();
        Remote remote = Remote.open(server.newSchema(), LASTING);
        Inlet<String> inlet = remote.inlet("jobs", Codec.text())) {
      Outlet<String> outlet = remote.outlet("jobs", Codec.text());
      outlet.send("first");
      Delivery<String> first = inlet.receive();
      assertNotNull(first);
      server.stop();
      Message<String> message = Message.of("second");
      RemoteException failure = assertThrows(RemoteException.class, () -> outlet.send(message));
      String said = failure.getMessage();
      assertTrue(said.contains("send to channel jobs in postgresql://127.0.0.1:"), said);
      assertTrue(
          said.contains("Start the server")
              || said.contains("Check that the server runs")
              || said.contains("Send it again"),
          said);
      assertThrows(RemoteException.class, first::ack);
      while (inlet.failure() == null) {
        Go.sleep(Duration.ofMillis(20)); // the inlet tries again by itself
      }
      server.start();
      repeat(() -> outlet.send(message));
      repeat(() -> outlet.send(message));
      repeat(first::ack);
      first.close();
      repeat(outlet::end);
      Set<String> got = new TreeSet<>();
      for (Delivery<String> delivery : inlet) {
        try (delivery) {
          got.add(delivery.value());
          repeat(delivery::ack);
        }
      }
      assertEquals(Set.of("second"), got);
      assertNull(inlet.failure());
    }
  }

  @Test
  void aCallSurvivesTheServer() throws Exception {
    try (PostgresServer server = PostgresServer.launch();
        CancelContext context = Context.background().withTimeout(Duration.ofMinutes(4));
        Remote remote = Remote.open(server.newSchema(), LASTING)) {
      Chan<Boolean> begun = Chan.buffered(1);
      Chan<Boolean> mayEnd = Chan.buffered(1);
      Codec<String> text = Codec.text();
      remote.respond(
          "jobs",
          text,
          text,
          Propagation.of(),
          request -> {
            begun.send(true);
            mayEnd.receive();
            return request.value();
          });
      Caller<String, String> caller = remote.caller("jobs", text, text, Propagation.of());
      Goroutine<String> call = Go.go(() -> caller.call(context, "hello"));
      begun.receive();
      server.stop();
      mayEnd.send(true); // the reply waits for the server
      server.start();
      assertEquals("hello", call.await());
    }
  }
}

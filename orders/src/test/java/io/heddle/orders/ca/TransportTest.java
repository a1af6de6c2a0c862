package io.heddle.orders.ca;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.WaitGroup;
import io.heddle.local.Pebble;
import io.heddle.orders.PebbleNeeded;
import io.heddle.orders.files.Keys;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.security.KeyPair;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A CA that stalls, and one that is gone without a word. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class TransportTest {
  private static final KeyPair KEY = Keys.generate();
  private static final Duration SOON = Duration.ofSeconds(1);
  private static final Duration NEVER = Duration.ofHours(1);

  private static AcmeAuthority client(URI directory, SSLContext tls, Duration deadline) {
    return new AcmeAuthority(
        directory,
        tls,
        KEY,
        new AcmeAuthority.Registration(null, true, null, null),
        AcmeAuthority.Load.of(1), // so that a session that is held is missed
        deadline);
  }

  private interface Question {
    void ask() throws CaException, InterruptedException;
  }

  /** Asks until there is an answer: on a machine that is busy one may be late, too. */
  private static void insist(Question question) throws Exception {
    while (true) {
      try {
        question.ask();
        return;
      } catch (CaException e) {
        assertEquals(CaException.Kind.TRANSIENT, e.kind());
      }
    }
  }

  private static void assertLate(Question question) {
    CaException e = assertThrows(CaException.class, question::ask);
    assertEquals(CaException.Kind.TRANSIENT, e.kind());
    assertTrue(e.problem().detail().contains("no complete answer within 1 s"), e.getMessage());
  }

  /** Asks until the CA has stalled: on a machine that is busy one may be late before it can. */
  private static void assertLateWhen(Chan<Boolean> stalled, Question question) throws Exception {
    do {
      assertLate(question);
    } while (stalled.tryReceive() == null);
  }

  /** Waits until the client has given an exchange up. */
  private static void awaitHangUp(ScriptedCa ca, String path) throws Exception {
    while (!path.equals(ca.hungUp().receive())) {
      // that of another
    }
  }

  private static byte[] half(ScriptedCa ca, String path) {
    byte[] whole = ca.standard(path, ScriptedCa.TIMELESS);
    return Arrays.copyOf(whole, whole.length - 5);
  }

  /** A CA that answers as it should, but that of an order only half comes. */
  private static ScriptedCa halfAnOrder(Chan<Boolean> stalled) throws IOException {
    return new ScriptedCa((self, path, out) -> {
      if (!path.equals("/orders/1")) {
        return false;
      }
      out.write(half(self, path));
      stalled.trySend(true);
      return true;
    });
  }

  @Test
  void aCaThatStallsInTheMiddleOfABodyHoldsNobodyForEver() throws Exception {
    Chan<Boolean> stalled = Chan.buffered(1);
    try (ScriptedCa ca = halfAnOrder(stalled);
        AcmeAuthority client = client(ca.at("/dir"), null, SOON)) {
      insist(client::account);
      assertLateWhen(stalled, () -> client.order(ca.at("/orders/1")));
      awaitHangUp(ca, "/orders/1");
      insist(() -> client.place(List.of("one.test"))); // with the same session
    }
  }

  /** The time is for all of an answer, and does not begin anew with each byte. */
  @Test
  void aCaThatAnswersALittleAtATimeHoldsNobodyForEver() throws Exception {
    Chan<Boolean> begun = Chan.buffered(1);
    try (ScriptedCa ca =
            new ScriptedCa((self, path, out) -> {
              if (!path.equals("/orders/1")) {
                return false;
              }
              begun.trySend(true);
              trickle(out);
              return true;
            });
        AcmeAuthority client = client(ca.at("/dir"), null, SOON)) {
      insist(client::account);
      assertLateWhen(begun, () -> client.order(ca.at("/orders/1")));
      awaitHangUp(ca, "/orders/1");
    }
  }

  private static void trickle(OutputStream out) throws IOException, InterruptedException {
    byte[] answer = ScriptedCa.answer(200, "application/json", "", " ".repeat(1_000_000) + "{}");
    for (byte one : answer) {
      out.write(one);
      if (one == ' ') {
        Go.sleep(Duration.ofMillis(10));
      }
    }
  }

  @Test
  void whoIsInterruptedInTheMiddleOfABodyGivesUpAtOnce() throws Exception {
    Chan<Boolean> stalled = Chan.buffered(1);
    try (ScriptedCa ca = halfAnOrder(stalled);
        AcmeAuthority client = client(ca.at("/dir"), null, NEVER);
        CancelContext context = Context.background().withCancel()) {
      client.account();
      AtomicReference<Throwable> end = new AtomicReference<>();
      Goroutine<?> asking =
          Go.go(context, () -> end.set(failureOf(() -> client.order(ca.at("/orders/1")))));
      stalled.receive();
      context.cancel();
      asking.join();
      assertInstanceOf(InterruptedException.class, end.get());
      awaitHangUp(ca, "/orders/1");
      client.place(List.of("one.test"));
    }
  }

  private static Throwable failureOf(Question question) {
    try {
      question.ask();
      return null;
    } catch (CaException | InterruptedException e) {
      return e;
    }
  }

  @Test
  void anAnswerThatIsFarTooLargeIsNotTaken() throws Exception {
    String large = " ".repeat(Transport.LARGEST) + "{\"status\":\"pending\"}";
    try (ScriptedCa ca =
            new ScriptedCa((self, path, out) -> {
              if (!path.equals("/orders/1")) {
                return false;
              }
              out.write(ScriptedCa.answer(200, "application/json", "", large));
              return true;
            });
        AcmeAuthority client = client(ca.at("/dir"), null, NEVER)) {
      CaException e = assertThrows(CaException.class, () -> client.order(ca.at("/orders/1")));
      assertEquals(CaException.Kind.TRANSIENT, e.kind());
    }
  }

  /** With HTTP/2, which Pebble speaks: one connection for all requests. */
  @Test
  void aConnectionWhoseOtherEndHasVanishedIsReplaced() throws Exception {
    try (Pebble pebble = PebbleNeeded.start();
        Cable cable = new Cable(pebble.directory().getPort());
        AcmeAuthority client =
            client(
                URI.create("https://localhost:" + cable.port() + "/dir"), pebble.trust(), SOON)) {
      insist(client::account);
      cable.cut();
      assertLate(() -> client.place(List.of("one.test")));
      insist(() -> client.place(List.of("one.test")));
    }
  }

  @Test
  void whatIsUnderWayOnTheOldConnectionsComesToItsEndThereAndEndsThem() throws Exception {
    while (!isShownThatAnotherIsNotDisturbed()) {
      // the machine is busy: the other was late, too, or not under way yet
    }
  }

  /** Two requests, one of which is late while the other is under way. */
  private static boolean isShownThatAnotherIsNotDisturbed() throws Exception {
    Duration deadline = SOON.multipliedBy(2);
    Transport transport = new Transport(null, deadline);
    HttpClient first = transport.client();
    Chan<Boolean> replaced = Chan.buffered(1);
    AtomicBoolean wasUnderWay = new AtomicBoolean();
    try (ScriptedCa ca =
        new ScriptedCa((self, path, out) -> {
          if (path.equals("/orders/1")) {
            return true; // never
          }
          byte[] whole = self.standard(path, ScriptedCa.TIMELESS);
          out.write(whole, 0, whole.length - 5);
          wasUnderWay.set(transport.client().equals(first));
          replaced.receive();
          out.write(whole, whole.length - 5, 5);
          return true;
        })) {
      AtomicReference<Throwable> end = new AtomicReference<>();
      Goroutine<?> late =
          Go.go(() -> {
            try {
              transport.exchange(HttpRequest.newBuilder(ca.at("/orders/1")).build());
            } catch (IOException e) {
              end.set(e);
            }
            replaced.send(true);
          });
      Go.sleep(deadline.dividedBy(2)); // so that the second has time left when the first has not
      HttpResponse<InputStream> answer;
      try {
        answer = transport.exchange(HttpRequest.newBuilder(ca.at("/orders")).build());
      } catch (HttpTimeoutException e) {
        return false;
      } finally {
        late.join();
      }
      assertInstanceOf(HttpTimeoutException.class, end.get());
      assertEquals(201, answer.statusCode());
      assertNotSame(first, transport.client());
      assertTrue(first.awaitTermination(Duration.ofMinutes(1)));
      return wasUnderWay.get();
    } finally {
      transport.close();
    }
  }

  /** Forwards bytes until it is cut: existing connections then stay open and get no data. */
  private static final class Cable implements AutoCloseable {
    private final int port;
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final CancelContext context = Context.background().withCancel();
    private final WaitGroup goroutines = new WaitGroup();
    private volatile int cuts;

    Cable(int port) throws IOException {
      this.port = port;
      goroutines.go(context, this::accept);
    }

    int port() {
      return listener.getLocalPort();
    }

    void cut() {
      cuts = 1;
    }

    private void accept() {
      while (!context.isDone()) {
        try {
          Socket near = listener.accept();
          Socket far = new Socket(InetAddress.getLoopbackAddress(), port);
          int before = cuts;
          goroutines.go(context, () -> hand(near, far, before));
          goroutines.go(context, () -> hand(far, near, before));
        } catch (IOException e) {
          return;
        }
      }
    }

    private void hand(Socket from, Socket to, int before) {
      byte[] some = new byte[8192];
      try (from;
          to) {
        for (int count; (count = from.getInputStream().read(some)) > 0; ) {
          if (cuts == before) {
            to.getOutputStream().write(some, 0, count);
          }
        }
      } catch (IOException e) {
        // closed
      }
    }

    @Override
    public void close() throws IOException {
      context.cancel();
      listener.close();
      try {
        goroutines.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}

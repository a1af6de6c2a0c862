package io.heddle.orders.ca;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.local.FreePort;
import io.heddle.local.Pebble;
import io.heddle.orders.PebbleNeeded;
import io.heddle.orders.Problem;
import io.heddle.orders.files.Keys;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.security.KeyPair;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The messages about a failing CA: details for the operator, titles for everyone. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class FailuresTest {
  private static final KeyPair KEY = Keys.generate();

  private static CaException failure(URI directory, CaException.Kind kind) {
    try (AcmeAuthority client =
        new AcmeAuthority(
            directory,
            null,
            KEY,
            new AcmeAuthority.Registration(null, true, null, null),
            AcmeAuthority.Load.of(1))) {
      CaException e = assertThrows(CaException.class, () -> client.place(List.of("one.test")));
      assertEquals(kind, e.kind());
      return e;
    }
  }

  /** The host, what happened, and what to do; nothing of Java's. */
  private static void assertTells(URI directory, String title, String what, String advice) {
    Problem problem = failure(directory, CaException.Kind.TRANSIENT).problem();
    assertEquals(title, problem.title());
    String detail = problem.detail();
    assertTrue(detail.startsWith("localhost:" + directory.getPort()), detail);
    assertTrue(detail.contains(what), detail);
    assertTrue(detail.contains(advice), detail);
    assertTrue(detail.endsWith("; the request is repeated automatically"), detail);
    assertFalse(detail.contains("Exception"), detail);
  }

  /** A CA whose answer to new orders is such. */
  private static ScriptedCa refusing(int status, String type, String body) throws Exception {
    return new ScriptedCa((_, path, out) -> {
      if (!path.equals("/orders")) {
        return false;
      }
      out.write(ScriptedCa.answer(status, type, ScriptedCa.TIMELESS, body));
      return true;
    });
  }

  @Test
  void whoTakesNoConnectionIsNamed() throws Exception {
    URI nobody = URI.create("http://localhost:" + FreePort.next() + "/dir");
    assertTells(nobody, "The CA cannot be reached", "accepts no connection", "check that it is up");
  }

  @Test
  void whoseServerNobodyVouchesForIsNamed() throws Exception {
    try (Pebble pebble = PebbleNeeded.start()) { // which the JDK does not trust
      assertTells(
          pebble.directory(),
          "The CA cannot be reached",
          "no TLS with it",
          "--ca-trust has its root");
    }
  }

  @Test
  void whoHangsUpIsNamed() throws Exception {
    Goroutine<?> hangingUp;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      hangingUp = Go.go(() -> hangUp(socket));
      assertTells(
          URI.create("http://localhost:" + socket.getLocalPort() + "/dir"),
          "The CA cannot be reached",
          "the connection broke",
          "check that it is up");
    }
    hangingUp.join();
  }

  private static void hangUp(ServerSocket socket) {
    try {
      while (true) {
        socket.accept().close();
      }
    } catch (IOException e) {
      // no more
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/html", "application/problem+json"})
  void aFaultOfTheCaIsCalledThat(String type) throws Exception {
    String body =
        "{\"type\":\"urn:ietf:params:acme:error:serverInternal\",\"title\":\"Oops\",\"status\":500,"
            + "\"detail\":\"no database\"}";
    try (ScriptedCa ca = refusing(500, type, body)) {
      boolean isExplained = !type.equals("text/html");
      assertTells(
          ca.at("/dir"),
          "The CA has a fault",
          isExplained ? "no database" : "HTTP 500",
          isExplained ? "HTTP 500" : "ask the CA");
    }
  }

  /** A problem document need not say the status, and a proxy's does not know ACME's types. */
  @Test
  void aFaultThatIsExplainedPoorlyIsNoRefusal() throws Exception {
    String body = "{\"type\":\"about:blank\",\"detail\":\"upstream\"}";
    try (ScriptedCa ca = refusing(502, "application/problem+json", body)) {
      assertTells(ca.at("/dir"), "The CA has a fault", "upstream", "");
    }
  }

  @Test
  void anAnswerThatMakesNoSenseIsCalledThat() throws Exception {
    try (ScriptedCa ca = refusing(200, "application/json", "{")) {
      assertTells(ca.at("/dir"), "The CA's answer was not as expected", "", "ask the CA");
    }
  }

  @Test
  void whatTheCaDoesNotKnowIsGone() throws Exception {
    try (ScriptedCa ca = refusing(404, "text/html", "<h1>404</h1>")) {
      Problem problem = failure(ca.at("/dir"), CaException.Kind.GONE).problem();
      assertEquals("it answered HTTP 404", problem.detail());
    }
  }
}

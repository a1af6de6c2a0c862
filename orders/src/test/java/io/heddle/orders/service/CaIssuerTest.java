package io.heddle.orders.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.heddle.local.Pebble;
import io.heddle.orders.CaProxy;
import io.heddle.orders.OrderState;
import io.heddle.orders.PebbleNeeded;
import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.files.Keys;
import io.heddle.orders.telemetry.Events;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.preflight.PreflightChallenge;
import io.heddle.queue.Queue;
import io.heddle.queue.QueueException;
import io.heddle.queue.Queues;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What CAA records have to say for the CA to issue to us. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class CaIssuerTest {
  private static final PreflightChallenge OURS = challenge("token.ours");

  private final ByteArrayOutputStream logged = new ByteArrayOutputStream();

  @TempDir private Path folder;

  private CaIssuer issuer(AcmeAuthority ca, Set<String> given) throws QueueException {
    try (Queue queue = Queues.open(folder.resolve("queue").toString(), 1)) { // never asked
      return new CaIssuer(
          thumbprint -> thumbprint.equals("ours") ? new CaIssuer.Known(ca, ca, given) : null,
          new CaIssuer.Known(ca, null, given),
          new Events(
              OrderState.CHECKING,
              Log.to(new PrintStream(logged, true, UTF_8)),
              new Metrics(queue)));
    }
  }

  private static PreflightChallenge challenge(String keyAuthorization) {
    return new PreflightChallenge("one.test", "http-01", "token", keyAuthorization);
  }

  private static AcmeAuthority client(Pebble pebble, URI directory) {
    return new AcmeAuthority(
        directory,
        pebble.trust(),
        Keys.generate(),
        new AcmeAuthority.Registration(null, true, null, null),
        AcmeAuthority.Load.of(1));
  }

  /** Pebble's own directory, and the names that Let's Encrypt's has besides. */
  private static String directory(Pebble pebble, String... names) {
    JsonObject json = new JsonObject();
    json.addProperty("newNonce", pebble.directory().resolve("/nonce-plz").toString());
    json.addProperty("newAccount", pebble.directory().resolve("/sign-me-up").toString());
    json.addProperty("newOrder", pebble.directory().resolve("/order-plz").toString());
    JsonArray identities = new JsonArray();
    for (String name : names) {
      identities.add(name);
    }
    JsonObject meta = new JsonObject();
    meta.add("caaIdentities", identities);
    json.add("meta", meta);
    String text = json.toString();
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
        + text.length()
        + "\r\nConnection: close\r\n\r\n"
        + text;
  }

  @Test
  void theDirectorySaysWhatTheCaIsCalledAndTheCaWhereTheAccountIs() throws Exception {
    try (Pebble pebble = PebbleNeeded.start();
        CaProxy proxy =
            new CaProxy(
                pebble,
                (path, _) ->
                    path.equals("/dir") ? directory(pebble, "ca.example", "ca.test") : null);
        AcmeAuthority ca = client(pebble, proxy.directory())) {
      CaIssuer issuer = issuer(ca, Set.of());
      assertEquals(Set.of("ca.example", "ca.test"), issuer.names(OURS));
      assertEquals(ca.account().toString(), issuer.account(OURS));
      assertNull(issuer.account(challenge("token.another")));
      assertEquals(Set.of("mine.example"), issuer(ca, Set.of("mine.example")).names(OURS));
    }
  }

  @Test
  void aDirectoryWithoutNamesHeedsNoRecords() throws Exception {
    try (Pebble pebble = PebbleNeeded.start();
        AcmeAuthority ca = client(pebble, pebble.directory())) {
      assertEquals(Set.of(), issuer(ca, Set.of()).names(OURS));
    }
  }

  /** Whoever ordered reads no more than the title, so the operator has to read the rest. */
  @Test
  void whatTheCaDoesNotSayIsNotKnownAndTheLogSaysWhy() throws Exception {
    Pebble pebble = PebbleNeeded.start();
    try (AcmeAuthority ca = client(pebble, pebble.directory())) {
      pebble.close();
      CaIssuer issuer = issuer(ca, Set.of());
      for (Executable question :
          List.<Executable>of(() -> issuer.names(OURS), () -> issuer.account(OURS))) {
        logged.reset();
        IOException e = assertThrows(IOException.class, question);
        assertEquals("The CA cannot be reached", e.getMessage());
        JsonObject line = JsonParser.parseString(logged.toString(UTF_8)).getAsJsonObject();
        assertEquals("ca_failure", line.get("event").getAsString());
        assertEquals("checking", line.get("stage").getAsString());
        assertEquals("TRANSIENT", line.get("kind").getAsString());
        String problem = line.get("problem").getAsString();
        assertTrue(problem.contains(pebble.directory().getAuthority()), problem);
        assertTrue(problem.contains("it accepts no connection; check that it is up"), problem);
      }
    }
  }
}

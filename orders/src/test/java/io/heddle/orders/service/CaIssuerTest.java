package io.heddle.orders.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.heddle.orders.CaProxy;
import io.heddle.orders.PebbleNeeded;
import io.heddle.orders.ca.AcmeAuthority;
import io.heddle.orders.files.Keys;
import io.heddle.orders.local.Pebble;
import java.io.IOException;
import java.net.URI;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What CAA records have to say for the CA to issue to us. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class CaIssuerTest {
  private static AcmeAuthority client(Pebble pebble, URI directory) {
    return new AcmeAuthority(
        directory,
        pebble.trust(),
        Keys.generate(),
        new AcmeAuthority.Registration(null, true, null, null),
        1);
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
      CaIssuer issuer = new CaIssuer(ca, Set.of());
      assertEquals(Set.of("ca.example", "ca.test"), issuer.names());
      assertEquals(ca.account().toString(), issuer.account());
      assertEquals(Set.of("mine.example"), new CaIssuer(ca, Set.of("mine.example")).names());
    }
  }

  @Test
  void aDirectoryWithoutNamesHeedsNoRecords() throws Exception {
    try (Pebble pebble = PebbleNeeded.start();
        AcmeAuthority ca = client(pebble, pebble.directory())) {
      assertEquals(Set.of(), new CaIssuer(ca, Set.of()).names());
    }
  }

  @Test
  void whatTheCaDoesNotSayIsNotKnown() throws Exception {
    Pebble pebble = PebbleNeeded.start();
    try (AcmeAuthority ca = client(pebble, pebble.directory())) {
      pebble.close();
      assertThrows(IOException.class, () -> new CaIssuer(ca, Set.of()).names());
      assertThrows(IOException.class, () -> new CaIssuer(ca, Set.of()).account());
    }
  }
}

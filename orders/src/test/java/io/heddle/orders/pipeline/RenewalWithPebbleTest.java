package io.heddle.orders.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.local.Pebble;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.PebbleNeeded;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.ca.CertificateAuthority.RenewalWindow;
import io.heddle.orders.files.Chain;
import io.heddle.orders.store.Interventions;
import io.heddle.orders.store.Quotas;
import io.heddle.orders.store.Revocation;
import io.heddle.orders.store.StoredOrder;
import io.heddle.queue.Note;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Renewal windows, replacements and revocations at a real CA. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class RenewalWithPebbleTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Note ANNA = new Note("anna", "127.0.0.1", "revoking");

  @TempDir private Path folder;

  /**
   * Pebble's windows begin a day before two thirds of the life, and end a day after. So the window
   * of a certificate for half an hour began yesterday. The moment in it depends on the order's id:
   * in one order of fifty, it is in the half hour that is left, and another order is submitted.
   */
  @Test
  void aCertificateIsRenewedWhenTheCaSuggestsIt() throws Exception {
    var renewals = new Renewals(true, HOUR, Duration.ofSeconds(1), Duration.ofMillis(1));
    try (Pebble pebble =
            PebbleNeeded.start(
                Map.of("certificateValidityPeriod", 1800), "PEBBLE_VA_NOSLEEP", "1");
        Service service =
            new Service(
                pebble,
                pebble.directory(),
                folder,
                folder.resolve("orders.db").toString(),
                Service.PATIENT,
                renewals)) {
      String id;
      Order old;
      Chain chain;
      RenewalWindow window;
      do {
        id = service.submit("one.test");
        service.provision(pebble, id);
        old = service.await(id, OrderState.ISSUED).order();
        chain = Chain.parse(old.certificate().chain());
        window = service.ca.renewalWindow(chain.renewalId());
        assertTrue(window.start().isNegative(), window::toString);
        assertTrue(window.end().compareTo(window.start()) > 0, window::toString);
      } while (renewals.moment(id, chain, window).isAfter(Instant.now()));
      String replaced = id;
      String begun = "\"renewal_begun\",\"order\":\"" + replaced;
      String renewalId = chain.renewalId();
      service.await(id, _ -> service.lines.toString(UTF_8).contains(begun));
      String next =
          service.store.list(null, null, 0, 100).orders().stream()
              .map(StoredOrder::order)
              .filter(one -> one.request().replaces() != null)
              .filter(one -> one.request().replaces().order().equals(replaced))
              .findFirst()
              .orElseThrow()
              .id();
      service.provision(pebble, next);
      Order renewed = service.await(next, OrderState.ISSUED).order();
      assertNotEquals(old.certificate().serial(), renewed.certificate().serial());
      assertEquals(old, service.store.find(id).order());
      assertTrue(Files.exists(folder.resolve("certificates").resolve(id).resolve("chain.pem")));
      // The CA knows that it is replaced, so it refuses another replacement.
      CaException refused =
          assertThrows(CaException.class, () -> service.ca.place(List.of("one.test"), renewalId));
      assertEquals(CaException.Kind.REFUSED, refused.kind());
      assertTrue(refused.problem().type().startsWith(Problem.ACME), refused::toString);
    }
  }

  @Test
  void aCertificateIsRevokedAndOrderedAgainWithAnotherKey() throws Exception {
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1");
        Service service = new Service(pebble, folder, Service.PATIENT)) {
      String id = service.submit("one.test");
      service.provision(pebble, id);
      StoredOrder issued = service.await(id, OrderState.ISSUED);
      Path key = folder.resolve("certificates").resolve(id).resolve("key.pem");
      final String first = Files.readString(key);
      assertTrue(
          new Interventions(service.store)
              .revoke(issued, Revocation.Reason.KEY_COMPROMISE, Quotas.NONE, ANNA));
      Order revoked = service.await(id, OrderState.DEAD).order();
      assertEquals("urn:heddle:orders:revoked", revoked.problem().type());
      String serial = issued.order().certificate().serial();
      assertEquals(serial + ", by anna: key-compromise", revoked.problem().detail());
      service.await(id, _ -> !Files.exists(key));
      // The CA has done it, and says so.
      X509Certificate leaf = Chain.parse(issued.order().certificate().chain()).leaf();
      CaException again = assertThrows(CaException.class, () -> service.ca.revoke(leaf, 1));
      assertEquals(Problem.ACME + "alreadyRevoked", again.problem().type());
      assertFalse(
          new Interventions(service.store)
              .revoke(service.store.find(id), Revocation.Reason.SUPERSEDED, Quotas.NONE, ANNA));
      assertEquals(1, service.store.replay(id));
      service.provision(pebble, id);
      Order next = service.await(id, OrderState.ISSUED).order();
      assertNotEquals(serial, next.certificate().serial());
      assertNotEquals(first, Files.readString(key));
    }
  }
}

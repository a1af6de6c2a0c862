package io.heddle.orders.ca;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.TaskGroup;
import io.heddle.local.Pebble;
import io.heddle.orders.Authorization;
import io.heddle.orders.CaProxy;
import io.heddle.orders.Challenge;
import io.heddle.orders.PebbleNeeded;
import io.heddle.orders.files.Keys;
import java.net.URI;
import java.security.KeyPair;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.shredzone.acme4j.util.CSRBuilder;

/** The client against the real Pebble. */
@Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class AcmeAuthorityTest {
  private static final AcmeAuthority.Registration AGREED =
      new AcmeAuthority.Registration("admin@orders.test", true, null, null);

  private static AcmeAuthority clientOf(Pebble pebble, int connections) {
    KeyPair key = Keys.generate();
    return new AcmeAuthority(
        pebble.directory(), pebble.trust(), key, AGREED, AcmeAuthority.Load.ofPebble(connections));
  }

  /** A fifth, not half: acme4j asks ten times, and of thirty requests one would use them up. */
  @Test
  void anOrderGoesThroughWithAFifthOfTheNoncesRefusedAndSlowValidation() throws Exception {
    try (Pebble pebble =
            PebbleNeeded.start("PEBBLE_WFE_NONCEREJECT", "20", "PEBBLE_VA_SLEEPTIME", "2");
        AcmeAuthority ca = clientOf(pebble, 4)) {
      CertificateAuthority.Placed placed = ca.place(List.of("one.test", "*.two.test"));
      assertEquals(2, placed.authorizations().size());
      assertNotNull(placed.life());
      for (Authorization one : placed.authorizations()) {
        Challenge challenge =
            one.challenge(one.isWildcard() ? Challenge.DNS : Challenge.HTTP).orElseThrow();
        if (one.isWildcard()) {
          pebble.addTxt(one.domain(), challenge.dnsValue());
        } else {
          pebble.addHttp(challenge.token(), challenge.keyAuthorization());
        }
        ca.validate(challenge);
      }
      for (Authorization one : placed.authorizations()) {
        while (ca.authorization(one.location()).status() == Authorization.Status.PENDING) {
          Go.sleep(Duration.ofMillis(50));
        }
        assertEquals(
            Authorization.Status.VALID, ca.authorization(one.location()).status(), one.name());
      }
      assertEquals(CertificateAuthority.Progress.READY, ca.order(placed.location()).status());
      KeyPair key = Keys.generate();
      CSRBuilder csr = new CSRBuilder();
      csr.addDomains("one.test", "*.two.test");
      csr.sign(key);
      ca.finalizeOrder(placed.location(), csr.getEncoded());
      while (ca.order(placed.location()).status() != CertificateAuthority.Progress.VALID) {
        Go.sleep(Duration.ofMillis(50));
      }
      var chain = ca.certificate(placed.location());
      assertEquals(key.getPublic(), chain.getFirst().getPublicKey());
      assertTrue(chain.size() >= 2, "with the intermediate");
    }
  }

  @Test
  void aFailedValidationTellsWhichChallengeAndWhy() throws Exception {
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1");
        AcmeAuthority ca = clientOf(pebble, 1)) {
      CertificateAuthority.Placed placed = ca.place(List.of("never.test"));
      Authorization one = placed.authorizations().getFirst();
      ca.validate(one.challenge(Challenge.HTTP).orElseThrow());
      CertificateAuthority.AuthorizationView view = ca.authorization(one.location());
      while (view.status() == Authorization.Status.PENDING) {
        Go.sleep(Duration.ofMillis(50));
        view = ca.authorization(one.location());
      }
      assertEquals(Authorization.Status.INVALID, view.status());
      assertEquals(Challenge.HTTP, view.triggered());
      assertTrue(view.problem().type().endsWith("unauthorized"), view.problem().type());
      assertEquals(CertificateAuthority.Progress.INVALID, ca.order(placed.location()).status());
    }
  }

  @Test
  void whatTheCaRefusesIsNotTriedAgain() throws Exception {
    try (Pebble pebble = PebbleNeeded.start();
        AcmeAuthority ca = clientOf(pebble, 1)) {
      CaException e = assertThrows(CaException.class, () -> ca.place(List.of("www.blocked.test")));
      assertEquals(CaException.Kind.REFUSED, e.kind());
      assertTrue(e.problem().type().endsWith("rejectedIdentifier"), e.problem().type());
      CaException gone =
          assertThrows(
              CaException.class,
              () -> ca.order(URI.create(pebble.directory().resolve("/my-order/none").toString())));
      assertEquals(CaException.Kind.GONE, gone.kind());
    }
  }

  /** The order was valid a moment ago, in another copy of the CA's. */
  @Test
  void aCertificateThatIsNotThereYetMayBeThereLater() throws Exception {
    try (Pebble pebble = PebbleNeeded.start();
        AcmeAuthority ca = clientOf(pebble, 1)) {
      URI order = ca.place(List.of("one.test")).location();
      CaException e = assertThrows(CaException.class, () -> ca.certificate(order));
      assertEquals(CaException.Kind.TRANSIENT, e.kind());
    }
  }

  @Test
  void aCaThatDoesNotAnswerMayAnswerLater() throws Exception {
    Pebble pebble = PebbleNeeded.start();
    try (AcmeAuthority ca = clientOf(pebble, 1)) {
      try (pebble) {
        ca.account();
      }
      CaException e = assertThrows(CaException.class, () -> ca.place(List.of("one.test")));
      assertEquals(CaException.Kind.TRANSIENT, e.kind());
    }
  }

  /** RFC 8555, section 6.5: whose nonce is refused tries again; whose are all, later. */
  @Test
  void whoseNoncesAreAllRefusedTriesAgainLater() throws Exception {
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_WFE_NONCEREJECT", "100");
        AcmeAuthority ca = clientOf(pebble, 1)) {
      CaException e = assertThrows(CaException.class, () -> ca.place(List.of("one.test")));
      assertEquals(CaException.Kind.TRANSIENT, e.kind());
      assertTrue(e.problem().type().endsWith("badNonce"), e.problem().type());
    }
  }

  @Test
  void aRefusedAccountIsToldFromARefusedOrder() throws Exception {
    AcmeAuthority.Registration disagreed = new AcmeAuthority.Registration(null, false, null, null);
    try (Pebble pebble = PebbleNeeded.start();
        AcmeAuthority without =
            new AcmeAuthority(
                pebble.directory(),
                pebble.trust(),
                Keys.generate(),
                disagreed,
                AcmeAuthority.Load.of(1));
        AcmeAuthority one = clientOf(pebble, 1);
        AcmeAuthority other = clientOf(pebble, 1)) {
      CaException e = assertThrows(CaException.class, () -> without.place(List.of("one.test")));
      assertEquals(CaException.Kind.ACCOUNT, e.kind());
      assertTrue(e.problem().detail().contains("--agree-tos"), e.problem().detail());
      URI location = one.place(List.of("one.test")).location();
      CaException foreign = assertThrows(CaException.class, () -> other.order(location));
      assertTrue(foreign.kind() != CaException.Kind.ACCOUNT, foreign.kind() + ": " + foreign);
    }
  }

  /** A CA that has forgotten the account, as staging CAs do: it is registered again. */
  @Test
  void anAccountThatDoesNotExistIsRegisteredAnew() throws Exception {
    AtomicBoolean isForgotten = new AtomicBoolean();
    try (Pebble pebble = PebbleNeeded.start();
        CaProxy proxy =
            new CaProxy(
                pebble,
                (path, _) ->
                    path.startsWith("/order-plz") && isForgotten.getAndSet(false)
                        ? CaProxy.problem(400, "accountDoesNotExist", "never heard of it")
                        : null);
        AcmeAuthority ca =
            new AcmeAuthority(
                proxy.directory(),
                pebble.trust(),
                Keys.generate(),
                AGREED,
                AcmeAuthority.Load.of(1))) {
      ca.account();
      isForgotten.set(true);
      CaException e = assertThrows(CaException.class, () -> ca.place(List.of("one.test")));
      assertEquals(CaException.Kind.ACCOUNT, e.kind());
      assertEquals(1, ca.place(List.of("one.test")).authorizations().size());
    }
  }

  @Test
  void manyOrdersAtOnceShareOneAccountAndAFewConnections() throws Exception {
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_WFE_NONCEREJECT", "20");
        AcmeAuthority ca = clientOf(pebble, 4)) {
      record Placed(URI location, URI account) {}

      try (TaskGroup<Placed> group = new TaskGroup<>()) {
        for (int i = 0; i < 40; i++) {
          String domain = "many-" + i + ".test";
          group.go(() -> new Placed(ca.place(List.of(domain)).location(), ca.account()));
        }
        List<Placed> placed = group.await();
        assertEquals(40, placed.stream().map(Placed::location).distinct().count());
        assertEquals(1, placed.stream().map(Placed::account).distinct().count());
      }
    }
  }

  /** Times of day are meant by the CA's clock, and ours may be hours off in either direction. */
  @ParameterizedTest
  @ValueSource(ints = {-10, 10})
  void whatTheCaSaysOfTimeHoldsHoweverItsClockDiffersFromOurs(int hours) throws Exception {
    Duration off = Duration.ofHours(hours);
    AtomicBoolean isFull = new AtomicBoolean();
    try (Pebble pebble = PebbleNeeded.start("PEBBLE_VA_NOSLEEP", "1");
        CaProxy proxy =
            new CaProxy(
                pebble,
                off,
                (path, _) ->
                    path.startsWith("/order-plz") && isFull.get()
                        ? CaProxy.problem(429, "rateLimited", "too many", "Retry-After: 60")
                        : null);
        AcmeAuthority ca =
            new AcmeAuthority(
                proxy.directory(),
                pebble.trust(),
                Keys.generate(),
                AGREED,
                AcmeAuthority.Load.of(1))) {
      Duration life = ca.place(List.of("one.test")).life();
      // Pebble's orders live for a day; a second, as the CA's clock shows no less.
      assertEquals(24, life.plusSeconds(60).toHours(), life.toString());
      isFull.set(true);
      CaException e = assertThrows(CaException.class, () -> ca.place(List.of("two.test")));
      assertEquals(CaException.Kind.RATE_LIMITED, e.kind());
      Duration wait = e.retryAfter();
      assertTrue(wait.toSeconds() >= 30 && wait.toSeconds() <= 61, wait.toString());
    }
  }
}

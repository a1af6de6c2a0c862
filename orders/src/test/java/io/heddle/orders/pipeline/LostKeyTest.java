package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Context;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CertificateAuthority;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.queue.Backoff;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The CA has made the certificate, and its key is not where it was written before that. */
final class LostKeyTest {
  @TempDir private Path folder;

  @Test
  void theOrderSaysSoAndNoOtherKeyIsMade() throws Exception {
    X509Certificate certificate = certificate();
    FinalizeStage stage =
        new FinalizeStage(
            new Issued(certificate),
            new CertificateFolder(folder),
            Chain.Verifier.trusting(List.of(certificate)),
            new Retries(Backoff.ORDERS, Duration.ofMinutes(10)),
            Polling.STANDARD);
    Order order =
        new Order(
            "one",
            new Order.Request("anna", List.of("a.example.com"), null),
            OrderState.FINALIZING,
            Instant.EPOCH,
            0,
            0,
            new Order.Placement(URI.create("https://ca/order"), null, List.of()),
            null,
            null);
    Order left = stage.work(order, InstantSource.system(), Context.background()).order();
    assertEquals(OrderState.DEAD, left.state());
    Problem problem = Objects.requireNonNull(left.problem());
    assertEquals("urn:heddle:orders:key-gone", problem.type());
    Path key = folder.resolve("one/key.pem");
    assertTrue(problem.toString().contains(key + ": put it back"), problem::toString);
    assertFalse(Files.exists(key.getParent()));
  }

  /** Some certificate: none is of use without the key. */
  private static X509Certificate certificate() throws Exception {
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init((KeyStore) null);
    return ((X509TrustManager) trust.getTrustManagers()[0]).getAcceptedIssuers()[0];
  }

  /** A CA that has made the certificate of the only order. */
  private record Issued(X509Certificate certificate) implements CertificateAuthority {
    @Override
    public OrderView order(URI order) {
      return new OrderView(Progress.VALID, null, null);
    }

    @Override
    public List<X509Certificate> certificate(URI order) {
      return List.of(certificate);
    }

    @Override
    public URI account() {
      throw new AssertionError();
    }

    @Override
    public Placed place(List<String> domains) {
      throw new AssertionError();
    }

    @Override
    public AuthorizationView authorization(URI authorization) {
      throw new AssertionError();
    }

    @Override
    public void validate(Challenge challenge) {
      throw new AssertionError();
    }

    @Override
    public void finalizeOrder(URI order, byte[] csr) {
      throw new AssertionError();
    }
  }
}

package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.heddle.Context;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.queue.Backoff;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two workers have an order, as the first one's lease ended: a CA takes one request of them. */
@Tag("clock")
final class FinalizeStageTest {
  @TempDir private Path folder;

  /** The other one is a moment earlier; to us it says what Pebble and Let's Encrypt say then. */
  private static final class Overtaken extends PromptAuthority {
    Overtaken() {
      super(Duration.ofDays(7));
    }

    @Override
    public void finalizeOrder(URI order, byte[] csr) throws CaException {
      super.finalizeOrder(order, csr);
      throw new CaException(
          CaException.Kind.REFUSED,
          new Problem(
              Problem.ACME + "orderNotReady",
              "The CA refused",
              403,
              "Order's status (\"valid\") was not ready"),
          null,
          null);
    }
  }

  @Test
  void whoComesSecondFetchesWhatTheFirstAskedFor() throws Exception {
    Overtaken ca = new Overtaken();
    FinalizeStage stage =
        new FinalizeStage(
            ca,
            new CertificateFolder(folder),
            Chain.Verifier.trusting(List.of(ca.root())),
            new Retries(Backoff.ORDERS, Duration.ofMinutes(10)),
            Polling.STANDARD);
    Instant now = Instant.now();
    Order order = ca.finalizing(now);
    Order left = stage.work(order, Deliveries.at(now), Context.background()).order();
    assertEquals(OrderState.ISSUED, left.state());
  }
}

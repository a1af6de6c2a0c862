package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.store.OrderStore;
import io.heddle.preflight.CheckResult;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import io.heddle.testing.Bubble;
import io.heddle.testing.Bubbled;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two workers that do not trust the roots of their CA, in virtual time. */
@Bubbled
@Tag("slow")
final class UntrustedTest {
  @TempDir private Path folder;
  private final AtomicInteger certificates = new AtomicInteger();
  private final PromptAuthority ca =
      new PromptAuthority(Duration.ofDays(7)) {
        @Override
        public void finalizeOrder(URI order, byte[] csr) throws CaException {
          certificates.incrementAndGet();
          super.finalizeOrder(order, csr);
        }
      };

  private interface Work {
    void with(List<Pipeline> pipelines) throws Exception;
  }

  private void run(Queue queue, Chain.Verifier verifier, Work work) throws Exception {
    try (RunningPipelines workers = new RunningPipelines()) {
      workers.start(
          2,
          () ->
              RunningPipelines.parts(
                  queue,
                  ca,
                  (_, _) -> CheckResult.ready("there"),
                  new CertificateFolder(folder.resolve("certificates")),
                  verifier),
          Pipeline.Settings.DEFAULT);
      work.with(workers.all());
    }
  }

  /** The order died after the CA had issued, and so did the next. */
  @Test
  void anOrderWaitsForTheRootsAndNoMoreArePlacedMeanwhile() throws Exception {
    try (Queue queue = Queues.open(folder.resolve("orders.db").toString(), 1)) {
      OrderStore store = new OrderStore(queue);
      List<String> orders = new ArrayList<>();
      PromptAuthority other = new PromptAuthority(Duration.ofDays(7));
      run(
          queue,
          Chain.Verifier.trusting(List.of(other.root())),
          pipelines -> {
            for (int i = 0; i < 12; i++) {
              Order.Request request = new Order.Request("anna", List.of("n" + i + ".test"), null);
              orders.add(store.submit(request, null).order().order().id());
              Go.sleep(Duration.ofMinutes(3));
              Bubble.settle();
            }
            for (String id : orders) {
              Order waiting = store.find(id).order();
              assertTrue(
                  waiting.state() == OrderState.FINALIZING
                      || waiting.state() == OrderState.SUBMITTED,
                  waiting::toString);
              assertEquals(0, waiting.attempts());
            }
            // Each worker has to learn it.
            assertTrue(certificates.get() < orders.size() / 2, () -> certificates + " issued");
            String refusal = pipelines.getFirst().refusal() + "";
            assertTrue(refusal.contains("start with --roots FILE"), refusal);
          });
      run(
          queue,
          Chain.Verifier.trusting(List.of(ca.root())),
          _ -> {
            Go.sleep(Duration.ofMinutes(5));
            Bubble.settle();
            for (String id : orders) {
              assertEquals(OrderState.ISSUED, store.find(id).state());
            }
            assertEquals(orders.size(), certificates.get(), "none is ordered twice");
          });
    }
  }
}

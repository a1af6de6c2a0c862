package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.queue.Backoff;
import io.heddle.testing.Bubbled;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two workers have an order, as the first one's lease ended: a CA takes one request of them. */
@Bubbled
final class FinalizeStageTest {
  private static final Duration WEEK = Duration.ofDays(7);

  @TempDir private Path folder;

  private Order work(PromptAuthority ca) throws Exception {
    FinalizeStage stage =
        new FinalizeStage(
            ca,
            new CertificateFolder(folder),
            Chain.Verifier.trusting(java.util.List.of(ca.root())),
            new Retries(Backoff.ORDERS, Duration.ofMinutes(10)),
            Polling.STANDARD);
    Order order = ca.finalizing(Go.now());
    return stage.work(order, Deliveries.at(Go.now()), Context.background()).order();
  }

  private static CaException failure(CaException.Kind kind, String type, int status) {
    Problem problem = new Problem(Problem.ACME + type, "The CA refused", status, "not ready");
    return new CaException(kind, problem, null, null);
  }

  /** The answers of CAs to a second request, and the effect of a lost answer. */
  @ParameterizedTest
  @CsvSource({
    "REFUSED, orderNotReady, 403",
    "REFUSED, malformed, 400",
    "REFUSED, unauthorized, 403",
    "GONE, malformed, 404",
    "TRANSIENT, serverInternal, 500",
    "TRANSIENT, connection, 0"
  })
  void whoComesSecondFetchesWhatTheFirstAskedFor(CaException.Kind kind, String type, int status)
      throws Exception {
    Order left =
        work(
            new PromptAuthority(WEEK) {
              @Override
              public void finalizeOrder(URI order, byte[] csr) throws CaException {
                super.finalizeOrder(order, csr);
                throw failure(kind, type, status);
              }
            });
    assertEquals(OrderState.ISSUED, left.state());
    assertEquals(0, left.attempts());
  }

  @Test
  void aRefusalOfWhatNobodyElseAskedForIsBelieved() {
    assertThrows(
        CaException.class,
        () ->
            work(
                new PromptAuthority(WEEK) {
                  @Override
                  public void finalizeOrder(URI order, byte[] csr) throws CaException {
                    throw failure(CaException.Kind.REFUSED, "badCSR", 400);
                  }
                }));
  }

  /** The CA answers from copies, of which some are a moment late. */
  @Test
  void anOrderThatIsPendingForAMomentIsNotLost() throws Exception {
    AtomicInteger looks = new AtomicInteger();
    Order left =
        work(
            new PromptAuthority(WEEK) {
              @Override
              public OrderView order(URI order) throws CaException, InterruptedException {
                return looks.incrementAndGet() < 3
                    ? new OrderView(Progress.PENDING, null, null)
                    : super.order(order);
              }
            });
    assertEquals(OrderState.FINALIZING, left.state(), "it is asked for at the next look");
    assertEquals(0, left.attempts());
  }
}

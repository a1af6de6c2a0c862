package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.queue.Backoff;
import io.heddle.testing.Bubbled;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The CA has made the certificate, and its key is not where the worker looks for it. */
@Bubbled
final class LostKeyTest {
  @TempDir private Path folder;
  private final PromptAuthority ca = new PromptAuthority(Duration.ofDays(7));
  private Order order;

  private Path key(String machine) {
    return folder.resolve(machine).resolve(order.id()).resolve("key.pem");
  }

  private Step work(String machine, Order before) throws Exception {
    FinalizeStage stage =
        new FinalizeStage(
            ca,
            new CertificateFolder(folder.resolve(machine)),
            Chain.Verifier.trusting(List.of(ca.root())),
            new Retries(Backoff.ORDERS, Duration.ofMinutes(10)),
            Polling.STANDARD);
    return stage.work(before, Deliveries.at(Go.now()), Context.background());
  }

  /** A worker whose lease is lost by now has asked for the certificate, with a key of its own. */
  @BeforeEach
  void another() throws Exception {
    order = ca.finalizing(Go.now());
    assertEquals(OrderState.ISSUED, work("there", order).order().state());
  }

  private void assertWaitsForItsKey(Step step) {
    assertEquals(OrderState.FINALIZING, step.order().state());
    assertEquals(0, step.order().attempts());
    assertTrue(step.delay().isPositive());
    Problem problem = Objects.requireNonNull(step.order().problem());
    assertEquals("urn:heddle:orders:key-gone", problem.type());
    assertTrue(problem.toString().contains(": put it back"), problem::toString);
  }

  @Test
  void theOrderWaitsUntilTheKeyIsThereAndNoOtherIsMade() throws Exception {
    Step step = work("here", order);
    assertWaitsForItsKey(step);
    assertTrue(step.order().problem().toString().contains(key("here").toString()));
    assertFalse(Files.exists(key("here").getParent()));
    Files.createDirectories(key("here").getParent());
    Files.copy(key("there"), key("here"));
    assertEquals(OrderState.ISSUED, work("here", step.order()).order().state());
  }

  @Test
  void neitherIsAnotherKeyTakenForIt() throws Exception {
    new CertificateFolder(folder.resolve("here")).key(order.id());
    Step step = work("here", order);
    assertWaitsForItsKey(step);
    Files.copy(key("there"), key("here"), StandardCopyOption.REPLACE_EXISTING);
    assertEquals(OrderState.ISSUED, work("here", step.order()).order().state());
  }

  @Test
  void anOrderWhoseKeyNeverComesIsGivenUpAfterHours() throws Exception {
    Duration waited = Duration.ZERO;
    Step step = work("here", order);
    while (step.order().state() == OrderState.FINALIZING) {
      waited = waited.plus(step.delay());
      step = work("here", step.order());
    }
    assertEquals(OrderState.DEAD, step.order().state());
    assertEquals("urn:heddle:orders:key-gone", step.order().problem().type());
    assertTrue(waited.toHours() >= 12 && waited.toHours() <= 24, waited.toString());
  }
}

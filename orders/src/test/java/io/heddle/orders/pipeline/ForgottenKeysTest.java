package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.store.OrderStore;
import io.heddle.preflight.CheckResult;
import io.heddle.queue.Entry;
import io.heddle.queue.Filter;
import io.heddle.queue.Message;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import io.heddle.testing.Bubble;
import io.heddle.testing.Bubbled;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When keys are deleted, with two workers, in virtual time. */
@Bubbled
@Tag("slow")
final class ForgottenKeysTest {
  @TempDir private Path folder;
  private Queue queue;
  private OrderStore store;
  private CertificateFolder certificates;
  private final RunningPipelines workers = new RunningPipelines();

  @BeforeEach
  void start() throws Exception {
    queue = Queues.open(folder.resolve("orders.db").toString(), 1);
    store = new OrderStore(queue);
    certificates = new CertificateFolder(folder.resolve("certificates"));
    PromptAuthority ca =
        new PromptAuthority(Duration.ofDays(7)) {
          @Override
          public Placed place(List<String> domains) throws CaException {
            if (domains.getFirst().startsWith("refused")) {
              Problem no = new Problem(Problem.ACME + "rejectedIdentifier", "No", 403, "not here");
              throw new CaException(CaException.Kind.REFUSED, no, null, null);
            }
            return super.place(domains);
          }
        };
    workers.start(
        2,
        () ->
            RunningPipelines.parts(
                queue,
                ca,
                (_, _) -> CheckResult.ready("there"),
                certificates,
                Chain.Verifier.trusting(List.of(ca.root()))),
        Pipeline.Settings.DEFAULT);
  }

  @AfterEach
  void end() throws Exception {
    workers.close();
    queue.close();
  }

  private String submit(String name, String key) throws Exception {
    Order.Request request = new Order.Request("anna", List.of(name), null);
    return store.submit(request, key).order().order().id();
  }

  private Path files(String order) {
    return folder.resolve("certificates").resolve(order);
  }

  @Test
  void theKeyOfAnIssuedOrderIsThereUntilItsCertificateExpires() throws Exception {
    String id = submit("one.test", null);
    Bubble.settle();
    Instant end = store.find(id).order().certificate().notAfter();
    Entry issued = queue.find(id);
    Duration early = Duration.between(issued.due(), end).abs();
    assertTrue(early.compareTo(Duration.ofMinutes(1)) < 0, () -> issued.due() + ", not " + end);
    assertTrue(Files.exists(files(id).resolve("key.pem")));
    assertTrue(Files.exists(files(id).resolve("chain.pem")));
    // As if that time had come, which is decades away.
    assertTrue(queue.retract(new Message(issued.stage(), id, issued.body())));
    queue.publish(List.of(new Message(issued.stage(), id, issued.body())));
    Bubble.settle();
    assertFalse(Files.exists(files(id)));
    assertNull(store.find(id));
  }

  @Test
  void theKeyOfADeadOrderIsDeletedWhenThatIsPurgedUnlessItIsSubmittedAgain() throws Exception {
    List<String> dead = new ArrayList<>();
    for (String name : List.of("refused1.test", "refused2.test")) {
      String id = submit(name, name);
      Bubble.settle();
      assertEquals(OrderState.DEAD, store.find(id).state());
      certificates.key(id); // as if the CA had refused it later
      dead.add(id);
    }
    assertEquals(2, store.purge(null));
    assertEquals(dead.getLast(), submit("refused2.test", "refused2.test"), "the same id");
    Go.sleep(Duration.ofMinutes(2));
    Bubble.settle();
    assertFalse(Files.exists(files(dead.getFirst())));
    assertTrue(Files.exists(files(dead.getLast()).resolve("key.pem")));
    assertEquals(List.of(), queue.list(Filter.ALL.ofStage(OrderStore.PURGED), 0, 1));
  }
}

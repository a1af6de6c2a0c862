package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.preflight.CheckResult;
import io.heddle.preflight.Limits;
import io.heddle.preflight.Preflight;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import io.heddle.testing.Bubbled;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the orders of one customer have of those of another, in virtual time. */
@Bubbled
@Tag("slow")
final class FairnessTest {
  private static final Duration ANSWER = Duration.ofSeconds(1);
  private static final Duration CHECK = Duration.ofSeconds(20);

  @TempDir private Path folder;
  private Queue queue;
  private OrderStore store;
  private final CancelContext context = Context.background().withCancel();
  private Goroutine<?> running;

  @BeforeEach
  void start() throws Exception {
    queue = Queues.open(folder.resolve("orders.db").toString(), 1);
    store = new OrderStore(queue);
    PromptAuthority ca =
        new PromptAuthority(Duration.ofDays(7)) {
          @Override
          public Placed place(List<String> domains) throws CaException {
            pause(ANSWER);
            return super.place(domains);
          }
        };
    Pipeline pipeline =
        new Pipeline(
            new Pipeline.Parts(
                queue,
                Accounts.one("account", ca, Chain.Verifier.trusting(List.of(ca.root()))),
                new Preflight(
                    Map.of(
                        Challenge.HTTP,
                        (challenge, _) -> {
                          if (challenge.domain().startsWith("slow")) {
                            Go.sleep(CHECK);
                          }
                          return CheckResult.ready("there");
                        }),
                    List.of(),
                    new Limits(CHECK.plus(ANSWER), CHECK.plus(ANSWER), CHECK.plus(ANSWER))),
                new CertificateFolder(folder.resolve("certificates"))),
            Pipeline.Settings.DEFAULT,
            Log.NONE,
            new Metrics(queue));
    running = Go.go(() -> pipeline.run(context));
  }

  private static void pause(Duration time) {
    try {
      Go.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @AfterEach
  void end() throws Exception {
    context.cancel();
    running.join();
    assertEquals(null, running.failure());
    queue.close();
  }

  private String submit(String customer, String name) throws Exception {
    Order.Request request = new Order.Request(customer, List.of(name), null);
    return store.submit(request, null).order().order().id();
  }

  private void awaitIssued(String id) throws Exception {
    while (store.find(id).state() != OrderState.ISSUED) {
      Go.sleep(Duration.ofMillis(100));
    }
  }

  /** Of 400 orders that one customer placed at once, those of another waited for half a minute. */
  @Test
  void anOrderDoesNotWaitForHundredsOfAnotherCustomer() throws Exception {
    for (int i = 0; i < 400; i++) {
      submit("anna", "fast" + i + ".test");
    }
    Go.sleep(ANSWER.dividedBy(2));
    Instant began = Go.now();
    awaitIssued(submit("bert", "one.test"));
    Duration took = Duration.between(began, Go.now());
    assertTrue(took.compareTo(ANSWER.multipliedBy(2)) < 0, took::toString);
  }

  @Test
  void aCheckDoesNotWaitForSlowOnesOfAnotherCustomer() throws Exception {
    for (int i = 0; i < 100; i++) {
      submit("anna", "slow" + i + ".test");
    }
    Go.sleep(Duration.ofSeconds(8));
    Instant began = Go.now();
    awaitIssued(submit("bert", "one.test"));
    Duration took = Duration.between(began, Go.now());
    assertTrue(took.compareTo(ANSWER.multipliedBy(2)) < 0, took::toString);
  }
}

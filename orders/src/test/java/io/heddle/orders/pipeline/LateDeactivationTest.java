package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.pipeline.StoppableWorker.Fate;
import io.heddle.orders.pipeline.StoppableWorker.Mistake;
import io.heddle.orders.store.OrderJson;
import io.heddle.orders.store.OrderStore;
import io.heddle.preflight.CheckResult;
import io.heddle.preflight.Limits;
import io.heddle.preflight.Preflight;
import io.heddle.preflight.ProblemType;
import io.heddle.queue.Delivery;
import io.heddle.queue.Outcome;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import io.heddle.testing.Bubbled;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A worker that stands still for longer than its lease, right before it deactivates another
 * customer's authorization at a CA that gives an account whatever it has already.
 */
@Bubbled
final class LateDeactivationTest {
  private static final Duration OVER = Duration.ofNanos(1000);
  private static final Duration LEASE = Duration.ofMinutes(10);

  @TempDir private Path folder;
  private final Set<String> shown = ConcurrentHashMap.newKeySet();
  private final ReusingAuthority ca = new ReusingAuthority(shown);
  private Queue queue;
  private Pipeline.Parts parts;

  private String submit(String customer) throws Exception {
    Order.Request request = new Order.Request(customer, List.of("one.test"), null);
    return new OrderStore(queue).submit(request, null).order().order().id();
  }

  private StoppableWorker worker(String stop) {
    return new StoppableWorker(parts, Mistake.NONE, stop, Fate.GOES_ON);
  }

  private Order order(String id) throws Exception {
    return new OrderStore(queue).find(id).order();
  }

  private Delivery claim(OrderState stage, Duration lease) throws Exception {
    return queue.claim(stage.label(), 1, lease).getFirst();
  }

  /** One stage, without interference. */
  private Order work(String id) throws Exception {
    StoppableWorker worker = worker("");
    assertFalse(worker.start(claim(order(id).state(), LEASE)));
    worker.resume();
    return order(id);
  }

  private void giveUp(String id) throws Exception {
    Order order = order(id);
    Order dead = order.dead(Problem.of("given-up", "Given up", "never proved"));
    queue.settle(claim(order.state(), LEASE), new Outcome.Dead("given up", OrderJson.write(dead)));
  }

  @Test
  void aDeactivationAfterTheEndOfTheLeaseHarmsNoOrder() throws Exception {
    try (Queue opened = Queues.open(folder.resolve("queue").toString(), 1)) {
      queue = opened;
      parts =
          new Pipeline.Parts(
              queue,
              Accounts.one("account", ca, Chain.Verifier.trusting(List.of(ca.root()))),
              new Preflight(
                  Map.of(
                      Challenge.HTTP,
                      (challenge, _) ->
                          shown.contains(challenge.token())
                              ? CheckResult.ready("there")
                              : CheckResult.notYet(ProblemType.UNAUTHORIZED, "nothing there")),
                  List.of(),
                  Limits.DEFAULT),
              new CertificateFolder(folder.resolve("certificates")));

      String before = submit("victim");
      Authorization pending = work(before).authorizations().getFirst();
      giveUp(before);

      String thief = submit("thief");
      StoppableWorker late = worker("before deactivate 1");
      assertTrue(late.start(claim(OrderState.SUBMITTED, OVER)));
      giveUp(thief); // the names are free again

      String victim = submit("victim");
      Order placed = work(victim);
      late.resume();
      assertEquals(
          Authorization.Status.INVALID,
          ca.authorization(pending.location()).status(),
          "the late worker deactivates what it has set out to");

      for (Authorization one : placed.authorizations()) {
        one.challenges().forEach(challenge -> shown.add(challenge.token()));
      }
      while (order(victim).state() != OrderState.ISSUED) {
        Order.Placement now = work(victim).placement();
        assertNotNull(now, "the late worker has cost the order what it had at the CA");
        assertEquals(placed.placement().location(), now.location());
      }
      assertEquals(0, order(victim).attempts());
    }
  }
}

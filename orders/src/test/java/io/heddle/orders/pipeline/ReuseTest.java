package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Task;
import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.store.Ownership;
import io.heddle.orders.store.StoredOrder;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.preflight.ChallengeCheck;
import io.heddle.preflight.CheckResult;
import io.heddle.preflight.Limits;
import io.heddle.preflight.Preflight;
import io.heddle.preflight.ProblemType;
import io.heddle.queue.Entry;
import io.heddle.queue.Filter;
import io.heddle.queue.Hold;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import io.heddle.testing.Bubble;
import io.heddle.testing.ExplorationError;
import io.heddle.testing.Explore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Customers of one account at a CA that reuses whatever it can, on two pipelines, under many
 * schedules: no customer gets a certificate for a name that another has proved, nor harms another's
 * order.
 */
@Tag("slow")
final class ReuseTest {
  private static final int SCHEDULES = 20;

  /** Hours of looks, each of which is a few steps. */
  private static final int STEPS = 500_000;

  @TempDir private Path folder;
  private final AtomicInteger files = new AtomicInteger();

  /** Everything of one run. */
  private final class Run implements AutoCloseable {
    final Set<String> shown = ConcurrentHashMap.newKeySet();
    final ReusingAuthority ca = new ReusingAuthority(shown);
    final Queue queue;
    final OrderStore store;
    final CancelContext context = Context.background().withCancel();
    final Goroutine<?>[] pipelines = new Goroutine<?>[2];

    Run(UnaryOperator<Queue> mutation) throws Exception {
      queue = Queues.open(folder.resolve("orders" + files.incrementAndGet()).toString(), 1);
      store = new OrderStore(queue);
      ChallengeCheck check =
          (challenge, _) ->
              shown.contains(challenge.token())
                  ? CheckResult.ready("there")
                  : CheckResult.notYet(ProblemType.UNAUTHORIZED, "nothing there");
      for (int i = 0; i < pipelines.length; i++) {
        Pipeline pipeline =
            new Pipeline(
                new Pipeline.Parts(
                    mutation.apply(queue),
                    Accounts.one("account", ca, Chain.Verifier.trusting(List.of(ca.root()))),
                    new Preflight(Map.of(Challenge.HTTP, check), List.of(), Limits.DEFAULT),
                    new CertificateFolder(folder.resolve("certificates"))),
                Pipeline.Settings.DEFAULT,
                Log.NONE,
                new Metrics(queue));
        pipelines[i] = Go.go(() -> pipeline.run(context));
      }
    }

    String submit(String customer, String... names) throws Exception {
      Order.Request request = new Order.Request(customer, List.of(names), null);
      return store.submit(request, null).order().order().id();
    }

    Order order(String id) throws Exception {
      StoredOrder found = store.find(id);
      return found.order();
    }

    /** Does what the customer of an order has to do, when that is known. */
    void prove(String id) throws Exception {
      for (Authorization one : order(id).authorizations()) {
        one.challenges().forEach(challenge -> shown.add(challenge.token()));
      }
    }

    void assertNothingInCommon(String one, String other) throws Exception {
      Set<String> tokens = new HashSet<>(tokens(order(one)));
      tokens.retainAll(tokens(order(other)));
      assertEquals(Set.of(), tokens, "a theft: both were shown these");
    }

    private static Set<String> tokens(Order order) {
      Set<String> tokens = new HashSet<>();
      order.authorizations().forEach(one -> one.challenges().forEach(it -> tokens.add(it.token())));
      return tokens;
    }

    @Override
    public void close() {
      context.cancel();
      try {
        for (Goroutine<?> one : pipelines) {
          one.join();
        }
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      queue.close();
      context.close();
    }
  }

  /** The victim orders and proves; thieves order the same meanwhile, and prove nothing. */
  private void theft(UnaryOperator<Queue> mutation) throws Exception {
    try (Run run = new Run(mutation)) {
      Goroutine<?> early =
          Go.go(() -> {
            run.submit("early", "one.test", "other.test");
          });
      String victim = run.submit("victim", "one.test");
      String thief = run.submit("thief", "one.test");
      String another = run.submit("thief", "one.test", "two.test");
      early.join();
      String first = run.submit("early", "one.test", "other.test");
      // Whose turn it is first is the schedule's choice: all that are placed before the victim
      // expire, because no customer proves anything for them.
      for (int turn = 0; turn < 100 && !isIssued(run, victim); turn++) {
        run.prove(victim);
        Go.sleep(Duration.ofMinutes(10));
      }
      assertTrue(isIssued(run, victim), () -> "the victim's order is lost");
      String late = run.submit("late", "one.test");
      Go.sleep(ReusingAuthority.LIFE.multipliedBy(4));
      for (String id : List.of(thief, another, first, late)) {
        assertTrue(run.order(id).state() != OrderState.ISSUED, "a theft");
        run.assertNothingInCommon(victim, id);
      }
    }
  }

  private static boolean isIssued(Run run, String id) throws Exception {
    return run.order(id).state() == OrderState.ISSUED;
  }

  @Test
  void nobodyGetsACertificateForWhatAnotherHasProved() throws Exception {
    Explore.schedules(SCHEDULES).maxSteps(STEPS).check(() -> theft(UnaryOperator.identity()));
  }

  /** One who orders what another has open waits, and then has to prove it. */
  @Test
  void anOrderIsNotHarmedByAnothersForTheSameNames() throws Exception {
    Explore.schedules(SCHEDULES).maxSteps(STEPS).check(() -> harm(UnaryOperator.identity()));
  }

  private void harm(UnaryOperator<Queue> mutation) throws Exception {
    try (Run run = new Run(mutation)) {
      String anna = run.submit("anna", "one.test", "two.test");
      Bubble.settle();
      assertEquals(OrderState.CHECKING, run.order(anna).state());
      String bert = run.submit("bert", "two.test");
      Go.sleep(Duration.ofHours(1));
      assertEquals(OrderState.SUBMITTED, run.order(bert).state(), "bert did not wait");
      assertEquals("urn:heddle:orders:names-in-use", run.order(bert).problem().type());
      Order before = run.order(anna);
      run.prove(anna);
      Go.sleep(Duration.ofHours(1));
      assertTrue(isIssued(run, anna));
      assertEquals(before.placement().location(), run.order(anna).placement().location());
      run.prove(bert);
      Go.sleep(Duration.ofHours(3));
      assertTrue(isIssued(run, bert));
      run.assertNothingInCommon(anna, bert);
    }
  }

  /** A customer's next order uses the customer's earlier proofs. */
  @Test
  void aCustomersOwnProofIsUsedAgain() throws Exception {
    Explore.schedules(5)
        .check(() -> {
          try (Run run = new Run(UnaryOperator.identity())) {
            String first = run.submit("anna", "one.test");
            Bubble.settle();
            run.prove(first);
            Go.sleep(Duration.ofHours(3));
            String second = run.submit("anna", "one.test");
            Bubble.settle();
            assertTrue(isIssued(run, second));
          }
        });
  }

  /** A queue with a mistake, as a pipeline has that does not ask whose something is. */
  private static Queue mutated(Queue queue, boolean isForNames) {
    ThreadLocal<String> customer = ThreadLocal.withInitial(() -> "");
    return (Queue)
        Proxy.newProxyInstance(
            Queue.class.getClassLoader(),
            new Class<?>[] {Queue.class},
            (_, method, arguments) -> {
              if (method.getName().equals("hold")) {
                Hold first = (Hold) ((List<?>) arguments[1]).getFirst();
                if (first.resource().startsWith("name ")) {
                  customer.set(first.owner());
                  if (isForNames) {
                    return null;
                  }
                }
              }
              if (!isForNames
                  && method.getName().equals("list")
                  && arguments[0] instanceof Filter filter
                  && Ownership.STAGE.equals(filter.stage())) {
                return List.of(
                    new Entry(
                        1,
                        Ownership.STAGE,
                        "",
                        customer.get(),
                        io.heddle.queue.State.WAITING,
                        0,
                        0,
                        0,
                        null,
                        java.time.Instant.EPOCH,
                        java.time.Instant.EPOCH,
                        java.time.Instant.EPOCH));
              }
              try {
                return method.invoke(queue, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private void assertIsFoundOut(String symptom, Task run) {
    ExplorationError error =
        assertThrows(
            ExplorationError.class, () -> Explore.schedules(SCHEDULES).maxSteps(STEPS).check(run));
    assertTrue((error + " " + error.getCause()).contains(symptom), error::toString);
  }

  @Test
  void aPipelineThatTakesEveryAuthorizationForItsOwnIsFoundOut() {
    assertIsFoundOut("a theft", () -> theft(queue -> mutated(queue, false)));
  }

  @Test
  void aPipelineThatDoesNotWaitForNamesIsFoundOut() {
    assertIsFoundOut("bert did not wait", () -> harm(queue -> mutated(queue, true)));
  }
}

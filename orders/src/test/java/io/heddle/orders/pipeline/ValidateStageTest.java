package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.heddle.CancelContext;
import io.heddle.CancelledException;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import io.heddle.queue.Backoff;
import io.heddle.queue.Delivery;
import io.heddle.queue.Filter;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import io.heddle.testing.Bubble;
import io.heddle.testing.Bubbled;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the stage does when it is stopped in the middle. */
@Bubbled
final class ValidateStageTest {
  private static final Duration DAY = Duration.ofDays(1);

  @TempDir private Path folder;

  private Order order(PromptAuthority ca, String... domains) throws CaException {
    Instant now = Go.now();
    Order order =
        Order.submitted("o", new Order.Request("c", List.of(domains), null), now)
            .with(ca.place(List.of(domains)).at(now))
            .to(OrderState.CHECKING);
    List<Authorization> ready = new ArrayList<>();
    for (Authorization one : order.authorizations()) {
      ready.add(
          one.checked(Challenge.HTTP, new Authorization.CheckNote("READY", "there", "", now, 0)));
    }
    return order.with(order.placement().with(ready)).to(OrderState.VALIDATING);
  }

  private static ValidateStage stage(PromptAuthority ca, Queue queue) {
    return new ValidateStage(
        ca,
        new FailedValidations(queue, 4, DAY),
        DAY,
        new Retries(Backoff.ORDERS, Duration.ofMinutes(10)),
        Polling.STANDARD);
  }

  /** When the next worker gets the order, the previous one must have stopped. */
  @Test
  void nobodyGoesOnForAnOrderWhoseLeaseIsLost() throws Exception {
    AtomicInteger asking = new AtomicInteger();
    PromptAuthority ca =
        new PromptAuthority(DAY) {
          @Override
          public AuthorizationView authorization(URI authorization) throws InterruptedException {
            asking.incrementAndGet();
            try {
              Go.sleep(Duration.ofHours(1)); // a CA that is slow to answer
            } finally {
              asking.decrementAndGet();
            }
            throw new AssertionError("it was told to stop");
          }
        };
    try (Queue queue = Queues.open(folder.resolve("queue").toString(), 1);
        CancelContext lease = Context.background().withCancel()) {
      Order order = order(ca, "one.test", "two.test", "three.test");
      Goroutine<?> worker =
          Go.go(
              lease,
              () -> {
                assertThrows(
                    CancelledException.class,
                    () -> stage(ca, queue).work(order, Deliveries.leased(queue, "o"), lease));
                assertEquals(0, asking.get(), "all have ended when the work has");
              });
      Bubble.settle();
      assertEquals(3, asking.get());
      Instant lost = Go.now();
      lease.cancel();
      worker.join();
      assertEquals(null, worker.failure());
      assertEquals(lost, Go.now());
      assertEquals(List.of(), ca.told);
    }
  }

  private static CaException refused() {
    return new CaException(
        CaException.Kind.REFUSED,
        new Problem(
            Problem.ACME + "malformed",
            "The CA refused",
            400,
            "Cannot update challenge with status valid, only status pending"),
        null,
        null);
  }

  /** Between our look and our request another worker has told the CA. */
  @Test
  void aRefusalIsPassedOverWhenTheCaShowsThatItWasTold() throws Exception {
    PromptAuthority ca =
        new PromptAuthority(DAY) {
          @Override
          public void validate(Challenge challenge) throws CaException, InterruptedException {
            super.validate(challenge);
            throw refused();
          }
        };
    try (Queue queue = Queues.open(folder.resolve("queue").toString(), 1)) {
      Step step =
          stage(ca, queue)
              .work(
                  order(ca, "one.test", "two.test"),
                  Deliveries.leased(queue, "o"),
                  Context.background());
      assertEquals(OrderState.FINALIZING, step.order().state());
      assertEquals(0, step.order().attempts());
      assertEquals(
          List.of(), queue.list(Filter.ALL.ofStage(FailedValidations.STAGE), 0, 9), "no place");
    }
  }

  @Test
  void aRefusalOfWhatTheCaWasNeverToldIsBelieved() throws Exception {
    PromptAuthority ca =
        new PromptAuthority(DAY) {
          @Override
          public void validate(Challenge challenge) throws CaException {
            throw refused();
          }
        };
    try (Queue queue = Queues.open(folder.resolve("queue").toString(), 1)) {
      Order order = order(ca, "one.test");
      Delivery delivery = Deliveries.leased(queue, "o");
      assertThrows(
          CaException.class, () -> stage(ca, queue).work(order, delivery, Context.background()));
    }
  }

  /** A worker before us died when one was valid; then the CA was away for too long. */
  @Test
  void aPlaceIsGivenBackAlsoWhenTheOrderIsCheckedAgain() throws Exception {
    PromptAuthority ca = new PromptAuthority(Duration.ofDays(9));
    try (Queue queue = Queues.open(folder.resolve("queue").toString(), 1)) {
      Order order = order(ca, "one.test", "two.test");
      Delivery delivery = Deliveries.leased(queue, "o");
      Authorization one = order.authorizations().getFirst();
      new FailedValidations(queue, 4, Duration.ofDays(9))
          .reserve(delivery, ca.account().toString(), List.of(one));
      ca.validate(one.challenge(Challenge.HTTP).orElseThrow());
      Go.sleep(DAY.plusSeconds(1));
      Step step = stage(ca, queue).work(order, delivery, Context.background());
      assertEquals(OrderState.CHECKING, step.order().state());
      assertEquals(Authorization.Status.VALID, step.order().authorizations().getFirst().status());
      assertEquals(List.of(), queue.list(Filter.ALL.ofStage(FailedValidations.STAGE), 0, 9));
    }
  }

  /** One host's limit must not leave the others' places taken, nor the CA half told. */
  @Test
  void theCaIsToldAboutAllDomainsOrNone() throws Exception {
    PromptAuthority ca = new PromptAuthority(DAY);
    try (Queue queue = Queues.open(folder.resolve("queue").toString(), 1)) {
      FailedValidations failures = new FailedValidations(queue, 4, DAY);
      for (int i = 0; i < 4; i++) {
        failures.reserve(
            Deliveries.leased(queue, "other" + i),
            ca.account().toString(),
            order(ca, "full.test").authorizations());
      }
      Order order = order(ca, "free.test", "full.test");
      Step step = stage(ca, queue).work(order, Deliveries.leased(queue, "o"), Context.background());
      assertEquals(OrderState.VALIDATING, step.order().state());
      assertEquals(0, step.order().attempts());
      assertEquals("urn:heddle:orders:failed-validations", step.order().problem().type());
      assertEquals(List.of(), ca.told);
    }
  }
}

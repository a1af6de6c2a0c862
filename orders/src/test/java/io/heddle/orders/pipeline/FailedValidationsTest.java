package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.heddle.Go;
import io.heddle.WaitGroup;
import io.heddle.orders.Authorization;
import io.heddle.queue.Delivery;
import io.heddle.queue.Filter;
import io.heddle.queue.LeaseLostException;
import io.heddle.queue.Outcome;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import io.heddle.testing.Bubbled;
import io.heddle.testing.Explore;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The CA's limit of failed validations: never exceeded, whoever validates at the same time. */
final class FailedValidationsTest {
  private static final Duration WINDOW = Duration.ofMinutes(65);
  private static final String ACCOUNT = "https://ca.test/account/1";

  @TempDir private Path folder;
  private final AtomicInteger files = new AtomicInteger();

  private Queue open() throws Exception {
    return Queues.open(folder.resolve("queue" + files.incrementAndGet()).toString(), 1);
  }

  private static Authorization authorization(String host, int i) {
    return new Authorization(
        host,
        false,
        URI.create("https://ca.test/authz/" + host + "/" + i),
        Authorization.Status.PENDING,
        List.of(),
        null,
        null,
        null);
  }

  private static List<Authorization> one(int i) {
    return List.of(authorization("shop.test", i));
  }

  /** As the order does that has the last of some authorizations. */
  private static List<Authorization> reserve(
      Queue queue, FailedValidations failures, String account, List<Authorization> wanted)
      throws Exception {
    String order = wanted.getLast().location().toString();
    Delivery holder = Deliveries.leased(queue, order);
    try {
      return failures.reserve(holder, account, wanted);
    } finally {
      queue.settle(holder, Outcome.done());
    }
  }

  @Test
  void noMoreGetAPlaceThanThereAreUnderAnySchedule() throws Exception {
    Explore.schedules(20)
        .check(() -> {
          try (Queue queue = open()) {
            FailedValidations failures = new FailedValidations(queue, 4, WINDOW);
            AtomicInteger allowed = new AtomicInteger();
            WaitGroup workers = new WaitGroup();
            for (int i = 0; i < 8; i++) {
              List<Authorization> mine = one(i);
              Delivery holder = Deliveries.leased(queue, "order" + i);
              workers.go(() -> {
                if (failures.reserve(holder, ACCOUNT, mine).isEmpty()) {
                  allowed.incrementAndGet();
                }
              });
            }
            workers.await();
            assertEquals(4, allowed.get());
          }
        });
  }

  @Test
  @Bubbled
  void anOrderFindsThePlaceThatItHasTaken() throws Exception {
    try (Queue queue = open()) {
      FailedValidations failures = new FailedValidations(queue, 2, WINDOW);
      for (int round = 0; round < 5; round++) {
        assertEquals(List.of(), reserve(queue, failures, ACCOUNT, one(1)));
      }
      assertEquals(List.of(), reserve(queue, failures, ACCOUNT, one(2)));
      assertEquals(one(3), reserve(queue, failures, ACCOUNT, one(3)));
      assertEquals(List.of(), reserve(queue, failures, "another account", one(3)));
    }
  }

  /** Or it would be held for an hour by a validation that has long succeeded. */
  @Test
  @Bubbled
  void aWorkerWhoseLeaseIsLostTakesNoPlace() throws Exception {
    try (Queue queue = open()) {
      FailedValidations failures = new FailedValidations(queue, 4, WINDOW);
      Delivery late = Deliveries.leased(queue, "order");
      Go.sleep(Duration.ofDays(1));
      Delivery next = queue.tryClaim(late.stage(), 1, WINDOW).getFirst();
      assertThrows(LeaseLostException.class, () -> failures.reserve(late, ACCOUNT, one(1)));
      assertEquals(List.of(), queue.list(Filter.ALL.ofStage(FailedValidations.STAGE), 0, 10));
      assertEquals(List.of(), failures.reserve(next, ACCOUNT, one(1)));
    }
  }

  /** The first place may become free while an order has the second one. */
  @Test
  @Bubbled
  void anOrderHasOnePlaceWhicheverBecomesFree() throws Exception {
    try (Queue queue = open()) {
      FailedValidations failures = new FailedValidations(queue, 2, WINDOW);
      reserve(queue, failures, ACCOUNT, one(1));
      reserve(queue, failures, ACCOUNT, one(2));
      failures.release(ACCOUNT, one(1).getFirst());
      reserve(queue, failures, ACCOUNT, one(2));
      assertEquals(1, queue.list(Filter.ALL.ofStage(FailedValidations.STAGE), 0, 10).size());
    }
  }

  @Test
  @Bubbled
  void aPlaceIsHeldForAWholeWindowFromTheLastReservationOn() throws Exception {
    try (Queue queue = open()) {
      FailedValidations failures = new FailedValidations(queue, 1, WINDOW);
      reserve(queue, failures, ACCOUNT, one(1));
      Go.sleep(WINDOW.minusMinutes(1)); // the CA was away
      reserve(queue, failures, ACCOUNT, one(1));
      Go.sleep(WINDOW.minusMinutes(1));
      assertEquals(List.of(), queue.tryClaim(FailedValidations.STAGE, 9, WINDOW));
    }
  }

  @Test
  @Bubbled
  void aSuccessGivesItsPlaceBackAtOnceAndAFailureWhenTheWindowIsOver() throws Exception {
    try (Queue queue = open()) {
      FailedValidations failures = new FailedValidations(queue, 1, WINDOW);
      reserve(queue, failures, ACCOUNT, one(1));
      failures.release(ACCOUNT, one(1).getFirst());
      assertEquals(List.of(), reserve(queue, failures, ACCOUNT, one(2)));
      List<Duration> looks = new ArrayList<>();
      while (!reserve(queue, failures, ACCOUNT, one(3)).isEmpty()) {
        Go.sleep(failures.pause());
        looks.add(failures.pause());
        // What the pipeline's consumer does with places whose time is over.
        for (var due : queue.tryClaim(FailedValidations.STAGE, 9, WINDOW)) {
          queue.settle(due, Outcome.done());
        }
      }
      assertEquals(12, looks.size());
    }
  }

  @Test
  @Bubbled
  void whoDoesNotGetAllItNeedsTakesNothing() throws Exception {
    try (Queue queue = open()) {
      FailedValidations failures = new FailedValidations(queue, 1, WINDOW);
      reserve(queue, failures, ACCOUNT, one(1));
      List<Authorization> both =
          List.of(authorization("free.test", 2), authorization("shop.test", 2));
      assertEquals(both.subList(1, 2), reserve(queue, failures, ACCOUNT, both));
      assertEquals(1, queue.list(Filter.ALL, 0, 10).size());
    }
  }
}

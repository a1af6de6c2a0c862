package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.queue.Backoff;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When orders are tried again: each by its own attempts, and never past its expiry. */
final class RetriesTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Problem REASON = Problem.of("not-ready", "Not ready", "nothing there");
  private static final Retries RETRIES = new Retries(Backoff.ORDERS, Duration.ofMinutes(10));

  private static Order order(Duration life) {
    Instant expires = life == null ? null : START.plus(life);
    return Order.submitted("o1", new Order.Request("c", List.of("a.test"), null), START)
        .with(new Order.Placement(URI.create("https://ca/order"), expires, List.of()))
        .to(OrderState.CHECKING);
  }

  /** The waits until the order is dead. */
  private static List<Duration> waits(Order order, List<Order> ends) {
    List<Duration> waits = new ArrayList<>();
    Instant now = START;
    while (true) {
      Step step = RETRIES.retry(order, REASON, now);
      order = step.order();
      if (order.state() == OrderState.DEAD) {
        ends.add(order);
        return waits;
      }
      waits.add(step.delay());
      now = now.plus(step.delay());
    }
  }

  @Test
  void waitsGrowFromFiveMinutesToTwoHoursAndThenAreADay() {
    long[] most = {5, 10, 20, 40, 80, 120, 120, 120, 120};
    for (int round = 0; round < 200; round++) {
      List<Duration> waits = waits(order(null), new ArrayList<>());
      assertEquals(Backoff.ORDERS.limit() - 1, waits.size());
      for (int i = 0; i < most.length; i++) {
        assertTrue(waits.get(i).compareTo(Duration.ofMinutes(most[i])) <= 0, waits + " at " + i);
      }
      for (Duration wait : waits.subList(most.length, waits.size())) {
        assertTrue(wait.toHours() >= 22 && wait.toHours() <= 25, waits.toString());
      }
    }
  }

  /** The document's pipeline waits 12.6 hours for the last run of an order that lives for seven. */
  @Test
  void theLastAttemptIsBeforeTheCaForgetsTheOrder() {
    for (int round = 0; round < 200; round++) {
      List<Order> ends = new ArrayList<>();
      List<Duration> waits = waits(order(Duration.ofHours(7)), ends);
      Duration sum = waits.stream().reduce(Duration.ZERO, Duration::plus);
      assertEquals(Duration.ofHours(7).minusMinutes(10), sum);
      assertEquals("urn:heddle:orders:expired", ends.getFirst().problem().type());
      assertTrue(ends.getFirst().problem().detail().contains("nothing there"));
    }
  }

  /** The document's back-off is one variable of all orders, and never reset. */
  @Test
  void anOrderIsNotSlowedDownByOthers() {
    waits(order(null), new ArrayList<>());
    Step first = RETRIES.retry(order(null), REASON, START);
    assertTrue(first.delay().compareTo(Duration.ofMinutes(5)) <= 0, first.toString());
  }

  /** The document declares an order dead one wait after its last run, and drops it. */
  @Test
  void anOrderIsDeadAtItsLastAttemptAndKeepsItsReason() {
    Order order = order(null);
    while (order.attempts() < Backoff.ORDERS.limit() - 1) {
      order = order.attempted();
    }
    Step last = RETRIES.retry(order, REASON, START);
    assertEquals(OrderState.DEAD, last.order().state());
    assertEquals(
        "given up after 40 attempts; the last: nothing there", last.order().problem().detail());
  }

  @Test
  void whatSomebodyHasToChangeIsNotLookedAtSoon() {
    Duration longest = Duration.ZERO;
    for (int round = 0; round < 200; round++) {
      Step step = RETRIES.retrySlowly(order(null), REASON, START);
      longest = longest.compareTo(step.delay()) > 0 ? longest : step.delay();
    }
    assertTrue(longest.compareTo(Duration.ofMinutes(60)) > 0, longest.toString());
  }

  @Test
  void aReplayedOrderIsAsNewAndUsesTheCasOrderOnlyWhileItLives() {
    Order dead = order(Duration.ofHours(7)).attempted().dead(REASON);
    Order soon = dead.replayed(START.plus(Duration.ofHours(1)));
    assertEquals(OrderState.CHECKING, soon.state());
    assertEquals(0, soon.attempts());
    Order late = dead.replayed(START.plus(Duration.ofHours(8)));
    assertEquals(OrderState.SUBMITTED, late.state());
    assertEquals(null, late.placement());
  }

  @Test
  void statesFollowOnlyThoseThatMayComeBefore() {
    for (OrderState state : OrderState.values()) {
      // The certificate of an issued order can be revoked.
      assertEquals(state == OrderState.DEAD, OrderState.ISSUED.canBecome(state), state.label());
      assertEquals(
          OrderState.STAGES.contains(state) || state == OrderState.ISSUED,
          state.canBecome(OrderState.DEAD),
          state.label());
    }
    assertFalse(OrderState.SUBMITTED.canBecome(OrderState.ISSUED));
  }
}

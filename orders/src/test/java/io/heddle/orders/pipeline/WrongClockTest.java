package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.orders.Authorization;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.notify.Notifications;
import io.heddle.orders.store.OrderJson;
import io.heddle.orders.store.Ownership;
import io.heddle.orders.telemetry.Events;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.preflight.Limits;
import io.heddle.preflight.Preflight;
import io.heddle.queue.Backoff;
import io.heddle.queue.Delivery;
import io.heddle.queue.Outcome;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import io.heddle.testing.Bubbled;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process whose time of day is wrong works as the others do: what counts is the queue's time. */
@Bubbled
final class WrongClockTest {
  private static final Duration LIFE = Duration.ofHours(7);
  private static final Retries RETRIES = new Retries(Backoff.ORDERS, Duration.ofMinutes(10));

  @TempDir private Path folder;

  /** Placed and looked at by the queue's time, which ours is so far ahead of. */
  private Order checkedAfter(Duration wait, Duration ahead) throws Exception {
    Instant placed = Go.now().minus(ahead);
    PromptAuthority ca = new PromptAuthority(LIFE);
    Order order =
        Order.submitted("o", new Order.Request("c", List.of("one.test"), null), placed)
            .with(ca.place(List.of("one.test")).at(placed).by("account"))
            .to(OrderState.CHECKING);
    try (Queue queue = Queues.open(folder.resolve("queue").toString(), 1)) {
      Metrics metrics = new Metrics(queue);
      CheckStage check =
          new CheckStage(
              new Preflight(Map.of(), List.of(), Limits.DEFAULT), // nothing is ever ready
              Set.of("http-01"),
              Duration.ofHours(1),
              RETRIES,
              metrics);
      StageHandler handler =
          new StageHandler(
              OrderState.CHECKING,
              _ -> check,
              Accounts.one("account", ca, Chain.Verifier.system()),
              new Ownership(queue),
              RETRIES,
              Polling.STANDARD,
              new Fallback(
                  Accounts.one("account", ca, Chain.Verifier.system()),
                  Duration.ofMinutes(10),
                  AccountHold.LOOK),
              new AccountHold(AccountHold.LOOK),
              Duration.ofDays(90),
              Renewals.DEFAULT,
              Notifications.NONE,
              new Events(OrderState.CHECKING, Log.NONE, metrics));
      Go.sleep(wait);
      Delivery delivery =
          new Delivery(
              1,
              1,
              "checking",
              "o",
              OrderJson.write(order),
              "",
              1,
              0,
              0,
              null,
              placed,
              placed.plus(wait),
              Go.nanoTime());
      return switch (handler.handle(delivery, Context.background())) {
        case Outcome.Retry(_, _, var body) -> OrderJson.read(body);
        case Outcome.Dead(_, var body, _) -> OrderJson.read(body);
        case Outcome other -> throw new AssertionError(other);
      };
    }
  }

  @Test
  void anOrderIsGivenUpWhenItsTimeIsOverAndNotWhenAClockSaysSo() throws Exception {
    for (Duration ahead : List.of(Duration.ZERO, Duration.ofHours(10), Duration.ofHours(-10))) {
      Order tried = checkedAfter(Duration.ofHours(6), ahead);
      assertEquals(OrderState.CHECKING, tried.state(), ahead::toString);
      Authorization one = tried.authorizations().getFirst();
      assertEquals(Go.now().minus(ahead), one.lastCheck().at(), "others compare it with theirs");
      Order late = checkedAfter(LIFE, ahead);
      assertEquals(OrderState.DEAD, late.state(), ahead::toString);
      assertEquals("urn:heddle:orders:expired", late.problem().type());
    }
  }

  /** The CA has made it, and in a while our clock may be right: it is fetched again then. */
  @Test
  void aCertificateThatIsNotValidByOurClockIsLookedAtAgain() throws Exception {
    PromptAuthority ca = new PromptAuthority(LIFE);
    FinalizeStage stage =
        new FinalizeStage(
            ca,
            new CertificateFolder(folder),
            Chain.Verifier.trusting(List.of(ca.root())),
            RETRIES,
            Polling.STANDARD);
    Instant now = Go.now();
    Order order = ca.finalizing(now);
    Go.sleep(PromptAuthority.AGES);
    Order held = stage.work(order, Deliveries.at(now), Context.background()).order();
    assertEquals(OrderState.FINALIZING, held.state());
    assertEquals(1, held.attempts());
    assertTrue(held.problem().detail().contains("is that right?"), held.problem().detail());
  }
}

package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.heddle.Go;
import io.heddle.orders.Authorization;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.ca.CaException.Kind;
import io.heddle.orders.ca.CertificateAuthority.Progress;
import io.heddle.queue.Backoff;
import io.heddle.testing.Bubbled;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A refusal alone decides nothing: what the CA shows of the order does. */
@Bubbled
final class RefusalsTest {
  private static final Retries RETRIES = new Retries(Backoff.ORDERS, Duration.ofMinutes(10));

  private static CaException failure(Kind kind) {
    return new CaException(kind, Problem.of("no", "No", "said the CA"), null, null);
  }

  /** Shows an order and its authorizations as they are to be. */
  private static final class Showing extends PromptAuthority {
    private final Progress order;
    private final Authorization.Status authorization;
    private final Kind failure;

    Showing(Progress order, Authorization.Status authorization, Kind failure) {
      super(Duration.ofDays(7));
      this.order = order;
      this.authorization = authorization;
      this.failure = failure;
    }

    @Override
    public OrderView order(URI location) throws CaException {
      if (failure != null) {
        throw failure(failure);
      }
      return new OrderView(order, null, null);
    }

    @Override
    public AuthorizationView authorization(URI location) {
      return new AuthorizationView(authorization, null, null, null);
    }
  }

  private static Order judged(Showing ca, OrderState state, Kind kind) throws Exception {
    Order placed = ca.finalizing(Go.now());
    Order order =
        new Order(
            placed.id(),
            placed.request(),
            state,
            placed.created(),
            0,
            0,
            state == OrderState.SUBMITTED ? null : placed.placement(),
            null,
            null,
            null);
    return new Refusals(ca, RETRIES, Polling.STANDARD)
        .judge(order, failure(kind), Go.now())
        .order();
  }

  @ParameterizedTest
  @CsvSource({
    "VALIDATING, REFUSED, PENDING,    PENDING, DEAD,       0",
    "VALIDATING, REFUSED, PENDING,    INVALID, SUBMITTED,  1",
    "VALIDATING, REFUSED, INVALID,    INVALID, SUBMITTED,  1",
    "VALIDATING, REFUSED, READY,      VALID,   VALIDATING, 0",
    "VALIDATING, REFUSED, PROCESSING, VALID,   VALIDATING, 0",
    "VALIDATING, REFUSED, VALID,      VALID,   VALIDATING, 0",
    "VALIDATING, GONE,    PENDING,    PENDING, SUBMITTED,  1",
    "VALIDATING, GONE,    READY,      VALID,   VALIDATING, 0",
    "FINALIZING, REFUSED, READY,      VALID,   DEAD,       0",
    "FINALIZING, REFUSED, INVALID,    VALID,   SUBMITTED,  1",
    "FINALIZING, REFUSED, PROCESSING, VALID,   FINALIZING, 0",
    "FINALIZING, REFUSED, VALID,      VALID,   FINALIZING, 0",
    "FINALIZING, GONE,    READY,      VALID,   SUBMITTED,  1",
    "FINALIZING, GONE,    VALID,      VALID,   FINALIZING, 0",
    "SUBMITTED,  REFUSED, PENDING,    PENDING, DEAD,       0",
    "SUBMITTED,  GONE,    PENDING,    PENDING, SUBMITTED,  1"
  })
  void whatTheCaShowsDecides(
      OrderState stage,
      Kind kind,
      Progress order,
      Authorization.Status authorization,
      OrderState left,
      int attempts)
      throws Exception {
    Order judged = judged(new Showing(order, authorization, null), stage, kind);
    assertEquals(left, judged.state());
    assertEquals(attempts, judged.attempts());
  }

  @Test
  void anOrderThatTheCaDoesNotShowIsPlacedAnew() throws Exception {
    for (Kind kind : List.of(Kind.GONE, Kind.REFUSED)) {
      Showing ca = new Showing(null, null, kind);
      assertEquals(OrderState.SUBMITTED, judged(ca, OrderState.FINALIZING, Kind.REFUSED).state());
    }
  }

  @Test
  void nothingIsKnownWhileTheCaDoesNotAnswer() {
    for (Kind kind : List.of(Kind.TRANSIENT, Kind.RATE_LIMITED, Kind.ACCOUNT)) {
      Showing ca = new Showing(null, null, kind);
      assertEquals(
          kind,
          assertThrows(CaException.class, () -> judged(ca, OrderState.VALIDATING, Kind.REFUSED))
              .kind());
    }
  }
}

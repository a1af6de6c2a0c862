package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whom a limit holds up: as many as the CA says, and not one more. */
final class ReachTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant LATER = NOW.plus(Duration.ofHours(3));

  private static Order order(String... domains) {
    return Order.submitted("o", new Order.Request("c", List.of(domains), null), NOW);
  }

  private static Order placed(String... domains) {
    return order(domains)
        .with(new Order.Placement(URI.create("https://ca/order"), null, List.of()))
        .to(OrderState.CHECKING)
        .to(OrderState.VALIDATING);
  }

  private static Reach reach(String detail, Order order) {
    return Reach.of(new Problem(Problem.ACME + "rateLimited", "No", 429, detail), order);
  }

  /** What Let's Encrypt says, word for word but for the figures. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "too many certificates (5) already issued for this exact set of identifiers in the last "
            + "168h0m0s, retry after 2026-01-01 03:00:00 UTC: see https://letsencrypt.org/docs/"
            + "rate-limits/#new-certificates-per-exact-set-of-identifiers | Alone[]",
        "too many certificates (50) already issued for \"shop.test\" in the last 168h0m0s, retry "
            + "after 2026-01-01 03:00:00 UTC: see https://letsencrypt.org/docs/rate-limits/"
            + "#new-certificates-per-registered-domain | Domains[names=[shop.test]]",
        "too many failed authorizations (5) for \"www.shop.test\" in the last 1h0m0s, retry after "
            + "2026-01-01 03:00:00 UTC: see https://letsencrypt.org/docs/rate-limits/"
            + "#authorization-failures-per-identifier-per-account | Domains[names=[www.shop.test]]",
        "too many new orders (300) from this account in the last 3h0m0s, retry after 2026-01-01 "
            + "03:00:00 UTC: see https://letsencrypt.org/docs/rate-limits/#new-orders-per-account "
            + "| Account[]",
        "too many new registrations (10) from this IP address in the last 3h0m0s, retry after "
            + "2026-01-01 03:00:00 UTC: see https://letsencrypt.org/docs/rate-limits/"
            + "#new-registrations-per-ip-address | Everything[]",
        "Your account is temporarily prevented from requesting certificates for www.shop.test. "
            + "Please visit: https://sfe.example/unpause | Domains[names=[www.shop.test]]",
        "Service busy; retry later. | Everything[]",
        "another CA's words, about other.test | Alone[]",
      })
  void theDetailSaysIt(String detail, String expected) {
    assertEquals(expected, reach(detail, order("www.shop.test", "*.www.shop.test")).toString());
  }

  @Test
  void aDomainsLimitHoldsUpWhatIsInItAndIsOverInTime() {
    CaPause pause = new CaPause();
    pause.extend(new Reach.Domains(Set.of("shop.test")), OrderState.SUBMITTED, "one", LATER, NOW);
    assertEquals(LATER, pause.until(order("shop.test"), "one", NOW));
    assertEquals(LATER, pause.until(order("free.test", "*.shop.test"), "one", NOW));
    assertNull(pause.until(order("workshop.test", "test"), "one", NOW));
    assertNull(pause.until(placed("shop.test"), "one", NOW), "it does not affect placed orders");
    assertNull(pause.until(order("shop.test"), "one", LATER));
  }

  @Test
  void anAccountsLimitHoldsUpOneKindOfRequest() {
    CaPause pause = new CaPause();
    pause.extend(new Reach.Account(), OrderState.SUBMITTED, "one", LATER, NOW);
    assertNotNull(pause.until(order("free.test"), "one", NOW));
    assertNull(pause.until(placed("free.test"), "one", NOW));
    assertNull(pause.until(order("free.test"), "another", NOW), "another account has its own");
  }

  @Test
  void ourAddressesLimitHoldsUpEverythingAndTheLongestCounts() {
    CaPause pause = new CaPause();
    pause.extend(new Reach.Everything(), OrderState.SUBMITTED, "one", LATER, NOW);
    pause.extend(new Reach.Everything(), OrderState.SUBMITTED, "one", NOW.plusSeconds(1), NOW);
    assertEquals(LATER, pause.until(placed("free.test"), "one", NOW));
  }

  @Test
  void anOrdersOwnLimitHoldsUpNobodyElse() {
    CaPause pause = new CaPause();
    pause.extend(new Reach.Alone(), OrderState.SUBMITTED, "one", LATER, NOW);
    assertNull(pause.until(order("free.test"), "one", NOW));
  }
}

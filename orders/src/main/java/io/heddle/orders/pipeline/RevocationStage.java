package io.heddle.orders.pipeline;

import io.heddle.Context;
import io.heddle.orders.Order;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.files.CertificateFolder;
import io.heddle.orders.files.Chain;
import io.heddle.orders.store.Interventions;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.store.Revocation;
import io.heddle.orders.store.StoredOrder;
import io.heddle.orders.telemetry.RenewalEvents;
import io.heddle.queue.Delivery;
import io.heddle.queue.Handler;
import io.heddle.queue.Outcome;
import io.heddle.queue.QueueException;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;

/**
 * Revokes certificates. After the CA has revoked a certificate, its key is deleted, and then its
 * order is dead: if the order is replayed, the CA issues another certificate for a new key. If the
 * worker dies in between, the CA answers the next worker that the certificate is revoked already,
 * and that worker performs the remaining steps.
 */
final class RevocationStage implements Handler {
  private static final String ALREADY = Problem.ACME + "alreadyRevoked";
  private static final Duration LONGEST_WAIT = Duration.ofHours(1);

  private final Accounts accounts;
  private final OrderStore store;
  private final CertificateFolder folder;
  private final RenewalEvents events;

  RevocationStage(
      Accounts accounts, OrderStore store, CertificateFolder folder, RenewalEvents events) {
    this.accounts = accounts;
    this.store = store;
    this.folder = folder;
    this.events = events;
  }

  @Override
  public Outcome handle(Delivery delivery, Context context)
      throws IOException, QueueException, InterruptedException {
    Revocation wanted;
    try {
      wanted = Revocation.read(delivery.body());
    } catch (IllegalArgumentException e) {
      return new Outcome.Dead(String.valueOf(e.getMessage()).replace('\0', '?'));
    }
    StoredOrder stored = store.find(wanted.order());
    Order order = stored == null ? null : stored.order();
    if (order == null || !wanted.isFor(order)) {
      return Outcome.done(); // it has been revoked, or forgotten
    }
    try {
      if (!accounts.cas().contains(order.ca()) && accounts.isCaOfQueue(order.ca())) {
        return new Outcome.Defer(
            Duration.ofSeconds(30), "this worker's configuration has no CA named " + order.ca());
      }
      Accounts.Account account = accounts.of(order);
      if (account == null) {
        return new Outcome.Dead("the account that ordered the certificate is not used any more");
      }
      Order.Certificate certificate = Objects.requireNonNull(order.certificate());
      account.ca().revoke(Chain.parse(certificate.chain()).leaf(), wanted.reason().code());
    } catch (CaException e) {
      if (!e.problem().type().equals(ALREADY)) {
        events.failed(order, e);
        return switch (e.kind()) {
          case REFUSED, GONE -> new Outcome.Dead(e.problem().toString().replace('\0', '?'));
          case TRANSIENT, RATE_LIMITED, ACCOUNT ->
              new Outcome.Retry(wait(delivery, e), e.problem().title().replace('\0', '?'));
        };
      }
    }
    folder.delete(order.id()); // first: a dead order can be replayed, and would use this key again
    new Interventions(store).revoked(wanted);
    events.revoked(order, wanted);
    return Outcome.done();
  }

  private static Duration wait(Delivery delivery, CaException failure) {
    Duration own = Duration.ofMinutes(1L << Math.min(delivery.attempt() - 1, 6));
    Duration wish = failure.retryAfter();
    Duration wait = wish == null || wish.compareTo(own) < 0 ? own : wish;
    return wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT;
  }
}

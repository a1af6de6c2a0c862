package io.heddle.orders.telemetry;

import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.ca.CertificateAuthority.RenewalWindow;
import io.heddle.orders.store.Revocation;
import io.heddle.queue.Delivery;
import io.heddle.queue.Observer;
import io.heddle.queue.QueueException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Notifies the log and the metrics of renewals and revocations. */
public final class RenewalEvents implements Observer {
  private final Events events;
  private final Log log;
  private final Metrics metrics;

  /** Makes the observer. */
  public RenewalEvents(Log log, Metrics metrics) {
    this.events = new Events(OrderState.ISSUED, log, metrics);
    this.log = log;
    this.metrics = metrics;
  }

  /**
   * Reports that an order for a renewal was submitted.
   *
   * @param renewal the id of that order
   * @param window the CA's window; null if the CA suggests none
   */
  public void begun(Order order, String renewal, Instant expires, @Nullable RenewalWindow window) {
    metrics.renewal("begun");
    log.write(
        "renewal_begun",
        "order",
        order.id(),
        "renewal",
        renewal,
        "expires",
        expires,
        "explanation",
        window == null ? null : window.explanation());
  }

  /** Reports that an order for a renewal was dead, and is replayed. */
  public void replayed(Order order, Order renewal) {
    metrics.renewal("replayed");
    log.write(
        "renewal_replayed",
        "order",
        order.id(),
        "renewal",
        renewal.id(),
        "problem",
        renewal.problem());
  }

  /** Reports that a certificate has expired by this machine's clock, and no other replaced it. */
  public void expired(Order order) {
    metrics.renewal("expired");
    log.write("certificate_expired", "order", order.id(), "domains", order.request().domains());
  }

  /** Reports that the CA has revoked a certificate. */
  public void revoked(Order order, Revocation revocation) {
    metrics.renewal("revoked");
    log.write(
        "certificate_revoked",
        "order",
        order.id(),
        "serial",
        revocation.serial(),
        "reason",
        revocation.reason().label(),
        "by",
        revocation.by());
  }

  /** Reports that the CA could not be asked for a window, or did not revoke. */
  public void failed(Order order, CaException failure) {
    events.failed(order, failure);
  }

  /** Reports that the account of an order could not be used. */
  public void failed(Order order, Exception failure) {
    events.failed(order, (Throwable) failure);
  }

  @Override
  public void lost(Delivery delivery) {
    events.lost(delivery);
  }

  @Override
  public void failed(String stage, QueueException failure) {
    events.failed(stage, failure);
  }
}

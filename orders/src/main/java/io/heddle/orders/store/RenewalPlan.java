package io.heddle.orders.store;

import com.google.gson.Gson;
import io.heddle.orders.Order;
import io.heddle.queue.Entry;
import io.heddle.queue.Message;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The plan to renew the certificate of an issued order: a message of a stage of its own, which is
 * due when the plan has to be looked at. The order itself stays in its state until its certificate
 * has expired.
 *
 * @param order the id of the issued order
 * @param serial the serial number of its certificate
 * @param begun the number of renewals that have begun, in most cases 0 or 1
 * @param renewal the id of the order that renews the certificate; null if none has begun
 * @param planned when the renewal is to begin, in ISO 8601; null as long as that is not known
 */
public record RenewalPlan(
    String order, String serial, int begun, @Nullable String renewal, @Nullable String planned) {
  /** The stage of the plans. */
  public static final String STAGE = "renewal";

  private static final Gson GSON = new Gson();

  /** Checks that it names a certificate: plans are also read from the store. */
  public RenewalPlan {
    Objects.requireNonNull(order, "order");
    Objects.requireNonNull(serial, "serial");
  }

  /** A new plan for an issued order. */
  public static RenewalPlan of(Order issued) {
    Order.Certificate certificate = Objects.requireNonNull(issued.certificate(), "certificate");
    return new RenewalPlan(issued.id(), certificate.serial(), 0, null, null);
  }

  /** Whether it is for the certificate that an order has. */
  public boolean isFor(Order issued) {
    Order.Certificate certificate = issued.certificate();
    return certificate != null && certificate.serial().equals(serial);
  }

  /** The same plan with another time. */
  public RenewalPlan at(Instant time) {
    return new RenewalPlan(order, serial, begun, renewal, time.toString());
  }

  /** The same plan after an order for the renewal was submitted. */
  public RenewalPlan begunAs(String id) {
    return new RenewalPlan(order, serial, begun + 1, id, planned);
  }

  /**
   * The message of this plan.
   *
   * @param delay the time until it has to be looked at
   */
  public Message in(Duration delay, String customer) {
    return new Message(STAGE, key(), json(), delay, customer);
  }

  /**
   * The key of its message. It is not the order's id, which is the key of the order's own message.
   * It names the certificate, because an id is used again if an idempotency key is.
   */
  String key() {
    return STAGE + " " + order + " " + serial;
  }

  /** The plan as text. */
  public String json() {
    return GSON.toJson(this);
  }

  /**
   * Reads a plan.
   *
   * @throws IllegalArgumentException if the text is not a plan
   */
  public static RenewalPlan read(String json) {
    try {
      return Objects.requireNonNull(GSON.fromJson(json, RenewalPlan.class), "plan");
    } catch (RuntimeException e) { // Gson wraps the exception of a record's constructor in one
      throw new IllegalArgumentException("not the plan of a renewal: " + e.getMessage(), e);
    }
  }

  static RenewalPlan of(Entry entry) {
    return read(entry.body());
  }
}

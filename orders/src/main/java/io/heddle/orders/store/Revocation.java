package io.heddle.orders.store;

import com.google.gson.Gson;
import io.heddle.orders.Order;
import io.heddle.queue.Message;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * A request to revoke the certificate of an issued order: a message of a stage of its own, which a
 * worker sends to the CA. The process that takes the request may have no access to the CA.
 *
 * @param order the id of the issued order
 * @param serial the serial number of its certificate
 * @param reason why it is revoked
 * @param by the user who requests the revocation
 */
public record Revocation(String order, String serial, Reason reason, String by) {
  /** The stage of revocations. */
  public static final String STAGE = "revocation";

  private static final Gson GSON = new Gson();

  /** Why a certificate is revoked: the reasons of RFC 5280 that its owner may give. */
  public enum Reason {
    /** No reason is given. */
    UNSPECIFIED(0),
    /** Somebody else may have the private key. */
    KEY_COMPROMISE(1),
    /** The owner's data in the certificate has changed. */
    AFFILIATION_CHANGED(3),
    /** Another certificate has replaced it. */
    SUPERSEDED(4),
    /** The site is gone. */
    CESSATION_OF_OPERATION(5);

    private final int code;

    Reason(int code) {
      this.code = code;
    }

    /** Its number in RFC 5280. */
    public int code() {
      return code;
    }

    /** Its name in the API and on the command line. */
    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The reason with a label.
     *
     * @throws IllegalArgumentException if there is none; the message lists the labels
     */
    public static Reason of(String label) {
      return Arrays.stream(values())
          .filter(reason -> reason.label().equals(label))
          .findFirst()
          .orElseThrow(() ->
              new IllegalArgumentException(
                  "'"
                      + label
                      + "' is not one of "
                      + Arrays.stream(values())
                          .map(Reason::label)
                          .collect(Collectors.joining(", "))));
    }
  }

  /** Checks that it names a certificate: revocations are also read from the store. */
  public Revocation {
    Objects.requireNonNull(order, "order");
    Objects.requireNonNull(serial, "serial");
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(by, "by");
  }

  /** The revocation of an issued order's certificate. */
  static Revocation of(Order issued, Reason reason, String by) {
    Order.Certificate certificate = Objects.requireNonNull(issued.certificate(), "certificate");
    return new Revocation(issued.id(), certificate.serial(), reason, by);
  }

  /** Whether it is for the certificate that an order has. */
  public boolean isFor(Order issued) {
    Order.Certificate certificate = issued.certificate();
    return certificate != null && certificate.serial().equals(serial);
  }

  /** The key of its message, which is not the key of the order's own message. */
  String key() {
    return STAGE + " " + order + " " + serial;
  }

  Message message(String customer) {
    return new Message(STAGE, key(), GSON.toJson(this)).ownedBy(customer);
  }

  /**
   * Reads a revocation.
   *
   * @throws IllegalArgumentException if the text is not a revocation
   */
  public static Revocation read(String json) {
    try {
      return Objects.requireNonNull(GSON.fromJson(json, Revocation.class), "revocation");
    } catch (RuntimeException e) { // Gson wraps the exception of a record's constructor in one
      throw new IllegalArgumentException("not a revocation: " + e.getMessage(), e);
    }
  }
}

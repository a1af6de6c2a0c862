package io.heddle.orders;

import com.google.gson.annotations.SerializedName;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * The state of an order. Each state but the last two is also a stage of the pipeline, and of the
 * queue, with that stage's work.
 *
 * <pre>
 * submitted ──▶ checking ──▶ validating ──▶ finalizing ──▶ issued
 *     ▲            │             │              │
 *     └────────────┴── again ────┴──────────────┘          any ──▶ dead ──▶ (replay)
 * </pre>
 *
 * <p>An issued order is dead when its certificate has been revoked.
 *
 * <p>An order returns to the first state when the CA's order has become useless, because a failed
 * validation has made it invalid for good, or because it has expired.
 */
public enum OrderState {
  /** Accepted from the customer; the CA does not know of it yet. */
  @SerializedName("submitted")
  SUBMITTED,
  /** The CA has sent its challenges; waits until each domain would pass one. */
  @SerializedName("checking")
  CHECKING,
  /** All domains would pass: the CA is asked to validate. */
  @SerializedName("validating")
  VALIDATING,
  /** The CA has validated; the certificate is requested, fetched and verified. */
  @SerializedName("finalizing")
  FINALIZING,
  /** The certificate has been issued. */
  @SerializedName("issued")
  ISSUED,
  /** Given up, for a reason that is part of the order; can be replayed. */
  @SerializedName("dead")
  DEAD;

  /** The states that are stages of the pipeline, in order. */
  public static final Set<OrderState> STAGES =
      EnumSet.of(SUBMITTED, CHECKING, VALIDATING, FINALIZING);

  private Set<OrderState> next() {
    return switch (this) {
      case SUBMITTED -> EnumSet.of(SUBMITTED, CHECKING, VALIDATING, FINALIZING, DEAD);
      case CHECKING -> EnumSet.of(CHECKING, VALIDATING, SUBMITTED, DEAD);
      case VALIDATING -> EnumSet.of(VALIDATING, FINALIZING, CHECKING, SUBMITTED, DEAD);
      case FINALIZING -> EnumSet.of(FINALIZING, ISSUED, SUBMITTED, DEAD);
      case ISSUED -> EnumSet.of(DEAD);
      case DEAD -> EnumSet.of(SUBMITTED, CHECKING);
    };
  }

  /** Whether an order may change from this state to another. */
  public boolean canBecome(OrderState next) {
    return next().contains(next);
  }

  /** Whether an order stays in this state unless a person acts. */
  public boolean isFinal() {
    return !STAGES.contains(this);
  }

  /** The name in the API, in the store and on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The state with a label.
   *
   * @param label the name, in lower case
   * @throws IllegalArgumentException if there is none; the message lists the labels
   */
  public static OrderState of(String label) {
    for (OrderState state : values()) {
      if (state.label().equals(label)) {
        return state;
      }
    }
    throw new IllegalArgumentException(
        "'" + label + "' is not one of submitted, checking, validating, finalizing, issued, dead");
  }
}
